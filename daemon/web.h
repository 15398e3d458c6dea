/* SPDX-License-Identifier: BSD-2-Clause */
/* web.h - the web port: what storefronts read, and nothing that changes anything.
 *
 * web.c finds the route of a request and takes its query apart; web_route.c answers the routes;
 * web_push.c answers later: long polls and event streams.
 */
#ifndef TUAN_DAEMON_WEB_H
#define TUAN_DAEMON_WEB_H

#include "daemon/http_answer.h"
#include "daemon/web_room.h"

void web_run(const struct http_call *call, const struct tuan_http_request *request);

/* ---- between the web files ---- */

enum { WEB_IDS_MAX = 50, WEB_WAIT_MS_MAX = 25000 };

struct web_call {
    const struct http_call *http;
    const struct tuan_http_request *request;
    struct tuan_str id; /* the part of the path that names a room or campaign; decoded */
    struct tuan_str since, wait, ids, sort, limit; /* the query, decoded; NULL: not given */
};

typedef void web_route(const struct web_call *call);
web_route web_time, web_room_get, web_rooms_get, web_room_events;
web_route web_campaign_get, web_campaign_rooms, web_campaign_ticker;

/* The answer that shows a room: 200, or 304 where the client has it. */
void web_answer_room(const struct http_call *http, const struct web_room *room, int status);

/* The room is as the client knows it: hold the connection until it changes, or until the time is
 * up. */
void web_wait(const struct http_call *http, const struct web_room *room, int64_t wait_ms);
/* Start a stream of events with this room, unless the client has it (`known`). */
void web_stream(const struct http_call *http, const struct web_room *room, bool is_known);

/* What happens to those who wait and to streams. */
void web_told(struct session_host *host, struct conn *conn, enum watch_why why);
void web_beat(struct session_host *host, struct conn *conn); /* the alarm of a stream */
void web_end(struct session_host *host, struct conn *conn);  /* nobody is there any more */

#endif
