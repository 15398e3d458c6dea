/* SPDX-License-Identifier: BSD-2-Clause */
/* codec_redis.c - the functions of shop.lua, and their answers: short lists whose places have
 * names. */
#include "bench/peers/redis.h"
#include "bench/wire/resp.h"

static const enum reply_field seat_places[] = {REPLY_ROOM,       REPLY_ORDER,      REPLY_SEAT,
                                               REPLY_ROOM_STATE, REPLY_SIZE,       REPLY_PAID,
                                               REPLY_HELD,       REPLY_HOLD_UNTIL, REPLY_DEADLINE};
static const enum reply_field room_places[] = {REPLY_ID,   REPLY_STATE, REPLY_SIZE,
                                               REPLY_PAID, REPLY_HELD,  REPLY_DEADLINE};

/* FCALL function 1 campaign, and so many arguments. */
static void begin(struct buf *out, const struct wording *wording, const struct request *request,
                  const char *function, unsigned arguments)
{
    resp_begin(out, 4 + arguments);
    resp_text(out, "FCALL");
    resp_text(out, function);
    resp_text(out, "1");
    resp_campaign(out, wording, request->campaign);
}

static int64_t deadline_ms(const struct wording *wording, uint32_t campaign)
{
    int64_t deadline = wording->now_ms + wording->room_ttl_ms;
    bool is_due = wording->due_at_ms > 0 && campaign == wording->due_campaign;

    return is_due && wording->due_at_ms < deadline ? wording->due_at_ms : deadline;
}

static void encode_seat(struct buf *out, const struct wording *wording,
                        const struct request *request, const char *function)
{
    bool has_room = request->op == OP_JOIN;

    begin(out, wording, request, function, has_room ? 7 : 6);
    resp_person(out, 'u', request->user);
    resp_person(out, 'o', request->order);
    resp_number(out, wording->now_ms);
    resp_number(out, wording->size);
    resp_number(out, deadline_ms(wording, request->campaign));
    resp_number(out, wording->has_payment ? wording->hold_ms : 0);
    if (has_room) resp_room(out, request);
}

static void encode_pay(struct buf *out, const struct wording *wording,
                       const struct request *request)
{
    begin(out, wording, request, "shop_pay", 4);
    resp_person(out, 'o', request->order);
    resp_number(out, wording->now_ms);
    resp_number(out, wording->price);
    resp_person(out, 'p', request->order);
}

static void encode_order(struct buf *out, const struct wording *wording,
                         const struct request *request, const char *function)
{
    begin(out, wording, request, function, 1);
    resp_person(out, 'o', request->order);
}

static void encode_seats(struct buf *out, const struct wording *wording,
                         const struct request *request)
{
    begin(out, wording, request, "shop_seats", 2);
    resp_room(out, request);
    resp_text(out, request->cursor[0] == '\0' ? "0" : request->cursor);
}

static void encode(struct buf *out, const struct wording *wording, const struct request *request,
                   uint32_t msgid)
{
    (void)msgid;
    switch (request->op) {
    case OP_OPEN: encode_seat(out, wording, request, "shop_open"); return;
    case OP_JOIN: encode_seat(out, wording, request, "shop_join"); return;
    case OP_MATCH: encode_seat(out, wording, request, "shop_match"); return;
    case OP_PAY: encode_pay(out, wording, request); return;
    case OP_CANCEL: encode_order(out, wording, request, "shop_cancel"); return;
    case OP_SEAT: encode_order(out, wording, request, "shop_seat"); return;
    case OP_SEATS: encode_seats(out, wording, request); return;
    case OP_GET:
        begin(out, wording, request, "shop_get", 1);
        resp_room(out, request);
        return;
    case OP_LIST:
        begin(out, wording, request, "shop_list", 1);
        resp_text(out, "10");
        return;
    case OP_PING:
    case OP_COUNT: break;
    }
    resp_begin(out, 1);
    resp_text(out, "PING");
}

static enum decoded decode(const char *data, size_t len, enum op op, struct reply *reply,
                           size_t *consumed)
{
    if (op == OP_SEATS) return resp_decode(data, len, NULL, 0, reply, consumed);
    if (op == OP_GET) return resp_decode(data, len, room_places, 6, reply, consumed);
    return resp_decode(data, len, seat_places, op == OP_LIST ? 0 : 9, reply, consumed);
}

const struct codec codec_redis = {"redis", true, encode, decode};
