/* SPDX-License-Identifier: BSD-2-Clause */
/* storefront_call.h - one request to the demo's shop, as its routes see it. */
#ifndef TUAN_TOOL_STOREFRONT_CALL_H
#define TUAN_TOOL_STOREFRONT_CALL_H

#include <jansson.h>

#include "bench/tool/storefront.h"

enum { STOREFRONT_USER_SIZE = 16, STOREFRONT_ID_SIZE = 65, STOREFRONT_NICK_SIZE = 24 };

struct storefront_call {
    struct storefront *front;
    const struct tuan_http_request *request;
    struct serve_reply *reply;
    char user[STOREFRONT_USER_SIZE];  /* "" without a token */
    char args[2][STOREFRONT_ID_SIZE]; /* the stars of the route */
    const json_t *body;               /* of a POST: an object */
};

/* Takes the reference. */
void storefront_reply(struct storefront_call *call, int status, json_t *json);
void storefront_refuse(struct storefront_call *call, int status, const char *code,
                       const char *message);

/* What others call the visitor: an animal of the zodiac, and a number. */
void storefront_nick(const struct storefront_call *call, char nick[STOREFRONT_NICK_SIZE]);

typedef void storefront_route(struct storefront_call *call);
storefront_route storefront_seats_get, storefront_seats_post, storefront_seat_get, storefront_pay,
    storefront_leave, storefront_room_get;

#endif
