/* SPDX-License-Identifier: BSD-2-Clause */
/* codec_resp.c - tuan's commands in RESP: what any Redis client sends. */
#include "bench/wire/resp.h"

static void encode_seat(struct buf *out, const struct wording *wording,
                        const struct request *request, const char *command)
{
    resp_begin(out, 4);
    resp_text(out, command);
    if (request->op == OP_JOIN)
        resp_room(out, request);
    else
        resp_campaign(out, wording, request->campaign);
    resp_person(out, 'u', request->user);
    resp_person(out, 'o', request->order);
}

static void encode_order(struct buf *out, const struct wording *wording,
                         const struct request *request, const char *command)
{
    bool is_payment = request->op == OP_PAY;

    resp_begin(out, is_payment ? 7 : 3);
    resp_text(out, command);
    resp_campaign(out, wording, request->campaign);
    resp_person(out, 'o', request->order);
    if (!is_payment) return;
    resp_text(out, "amount");
    resp_number(out, wording->price);
    resp_text(out, "payment");
    resp_person(out, 'p', request->order);
}

static void encode_seats(struct buf *out, const struct request *request)
{
    bool is_first = request->cursor[0] == '\0';

    resp_begin(out, is_first ? 4 : 6);
    resp_text(out, "ROOM.SEATS");
    resp_room(out, request);
    resp_text(out, "limit");
    resp_text(out, "500");
    if (is_first) return;
    resp_text(out, "cursor");
    resp_text(out, request->cursor);
}

static void encode(struct buf *out, const struct wording *wording, const struct request *request,
                   uint32_t msgid)
{
    (void)msgid;
    switch (request->op) {
    case OP_OPEN: encode_seat(out, wording, request, "ROOM.OPEN"); return;
    case OP_JOIN: encode_seat(out, wording, request, "ROOM.JOIN"); return;
    case OP_MATCH: encode_seat(out, wording, request, "ROOM.MATCH"); return;
    case OP_PAY: encode_order(out, wording, request, "SEAT.PAY"); return;
    case OP_CANCEL: encode_order(out, wording, request, "SEAT.CANCEL"); return;
    case OP_SEAT: encode_order(out, wording, request, "SEAT.GET"); return;
    case OP_SEATS: encode_seats(out, request); return;
    case OP_GET:
        resp_begin(out, 2);
        resp_text(out, "ROOM.GET");
        resp_room(out, request);
        return;
    case OP_LIST:
        resp_begin(out, 4);
        resp_text(out, "ROOM.LIST");
        resp_campaign(out, wording, request->campaign);
        resp_text(out, "limit");
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
    (void)op;
    return resp_decode(data, len, NULL, 0, reply, consumed);
}

const struct codec codec_resp = {"resp", true, encode, decode};
