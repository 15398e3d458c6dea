/* SPDX-License-Identifier: BSD-2-Clause */
/* codec_rpc.c - tuan's commands in MessagePack-RPC: [0, msgid, method, [{arguments}]], answered by
 * [1, msgid, error, result], in any order. */
#include <string.h>

#include "bench/wire/codec.h"

enum { DEPTH_MAX = 8 };

/* ---- out ---- */

static void put_big(struct buf *out, unsigned char mark, uint64_t value, unsigned bytes)
{
    buf_append_byte(out, (char)mark);
    for (unsigned i = bytes; i > 0; i--)
        buf_append_byte(out, (char)(value >> (8 * (i - 1)) & 0xff));
}

static void put_text(struct buf *out, const char *text, size_t len)
{
    if (len < 32)
        buf_append_byte(out, (char)(0xa0 | len));
    else
        put_big(out, 0xd9, len, 1); /* nothing that is sent is longer than 255 */
    buf_append(out, text, len);
}

static void put_name(struct buf *out, const char *name)
{
    put_text(out, name, strlen(name));
}

static void begin(struct buf *out, uint32_t msgid, const char *method, unsigned arguments)
{
    buf_append(out, "\x94\x00", 2);
    put_big(out, 0xce, msgid, 4);
    put_name(out, method);
    buf_append_byte(out, (char)0x91);
    buf_append_byte(out, (char)(0x80 | arguments));
}

static void put_campaign(struct buf *out, const struct wording *wording, uint32_t campaign)
{
    char id[CAMPAIGN_ID_LEN];

    names_campaign(&wording->names, campaign, id);
    put_name(out, "campaign");
    put_text(out, id, sizeof id);
}

static void put_room(struct buf *out, const struct request *request)
{
    struct tuan_str id = room_id_str(request->room_id);

    put_name(out, "room");
    put_text(out, id.ptr, id.len);
}

static void put_person(struct buf *out, const char *name, char mark, uint64_t number)
{
    char id[PERSON_ID_LEN];

    names_person(mark, number, id);
    put_name(out, name);
    put_text(out, id, sizeof id);
}

static void put_number(struct buf *out, const char *name, int64_t number)
{
    put_name(out, name);
    put_big(out, 0xd3, (uint64_t)number, 8);
}

static void encode_seat(struct buf *out, const struct wording *wording,
                        const struct request *request, uint32_t msgid, const char *method)
{
    begin(out, msgid, method, 3);
    if (request->op == OP_JOIN)
        put_room(out, request);
    else
        put_campaign(out, wording, request->campaign);
    put_person(out, "user", 'u', request->user);
    put_person(out, "order", 'o', request->order);
}

static void encode_order(struct buf *out, const struct wording *wording,
                         const struct request *request, uint32_t msgid, const char *method)
{
    bool is_payment = request->op == OP_PAY;

    begin(out, msgid, method, is_payment ? 4 : 2);
    put_campaign(out, wording, request->campaign);
    put_person(out, "order", 'o', request->order);
    if (!is_payment) return;
    put_number(out, "amount", wording->price);
    put_person(out, "payment", 'p', request->order);
}

static void encode_seats(struct buf *out, const struct request *request, uint32_t msgid)
{
    bool is_first = request->cursor[0] == '\0';

    begin(out, msgid, "room.seats", is_first ? 2 : 3);
    put_room(out, request);
    put_number(out, "limit", 500);
    if (is_first) return;
    put_name(out, "cursor");
    put_name(out, request->cursor);
}

static void encode(struct buf *out, const struct wording *wording, const struct request *request,
                   uint32_t msgid)
{
    switch (request->op) {
    case OP_OPEN: encode_seat(out, wording, request, msgid, "room.open"); return;
    case OP_JOIN: encode_seat(out, wording, request, msgid, "room.join"); return;
    case OP_MATCH: encode_seat(out, wording, request, msgid, "room.match"); return;
    case OP_PAY: encode_order(out, wording, request, msgid, "seat.pay"); return;
    case OP_CANCEL: encode_order(out, wording, request, msgid, "seat.cancel"); return;
    case OP_SEAT: encode_order(out, wording, request, msgid, "seat.get"); return;
    case OP_SEATS: encode_seats(out, request, msgid); return;
    case OP_GET:
        begin(out, msgid, "room.get", 1);
        put_room(out, request);
        return;
    case OP_LIST:
        begin(out, msgid, "room.list", 2);
        put_campaign(out, wording, request->campaign);
        put_number(out, "limit", 10);
        return;
    case OP_PING:
    case OP_COUNT: break;
    }
    begin(out, msgid, "ping", 0);
}

/* ---- in ---- */

struct cursor {
    const unsigned char *at, *end;
};

struct value {
    enum { VALUE_NIL, VALUE_NUMBER, VALUE_TEXT, VALUE_LIST, VALUE_MAP, VALUE_OTHER } kind;
    int64_t number; /* of a list or map: its elements, keys too */
    struct tuan_str text;
};

static enum decoded read_big(struct cursor *cursor, unsigned bytes, uint64_t *value)
{
    if (cursor->end - cursor->at < (ptrdiff_t)bytes) return DECODED_MORE;
    *value = 0;
    for (unsigned i = 0; i < bytes; i++)
        *value = *value << 8 | *cursor->at++;
    return DECODED_ONE;
}

static enum decoded read_bytes(struct cursor *cursor, uint64_t len, struct value *value)
{
    if (len > (1 << 24)) return DECODED_BAD;
    if ((uint64_t)(cursor->end - cursor->at) < len) return DECODED_MORE;
    value->text = (struct tuan_str){(const char *)cursor->at, (uint32_t)len};
    cursor->at += len;
    return DECODED_ONE;
}

static void set_container(struct value *value, bool is_map, uint64_t count)
{
    value->kind = is_map ? VALUE_MAP : VALUE_LIST;
    value->number = (int64_t)(is_map ? count * 2 : count);
}

/* What the mark alone says. */
static enum decoded read_short(struct cursor *cursor, unsigned char mark, struct value *value)
{
    value->kind = VALUE_NUMBER;
    value->number = mark < 0x80 ? mark : (int64_t)mark - 0x100;
    if (mark < 0x80 || mark >= 0xe0) return DECODED_ONE;
    if (mark < 0xa0) {
        set_container(value, mark < 0x90, mark & 0x0f);
        return DECODED_ONE;
    }
    value->kind = VALUE_TEXT;
    return read_bytes(cursor, mark & 0x1f, value);
}

/* A scalar, or the head of a container. */
static enum decoded read_value(struct cursor *cursor, struct value *value)
{
    static const unsigned char width[32] = {
        [0x04] = 1, [0x05] = 2, [0x06] = 4, [0x0a] = 4, [0x0b] = 8, [0x0c] = 1, [0x0d] = 2,
        [0x0e] = 4, [0x0f] = 8, [0x10] = 1, [0x11] = 2, [0x12] = 4, [0x13] = 8, [0x19] = 1,
        [0x1a] = 2, [0x1b] = 4, [0x1c] = 2, [0x1d] = 4, [0x1e] = 2, [0x1f] = 4};
    uint64_t big;

    *value = (struct value){.kind = VALUE_NIL};
    if (cursor->at == cursor->end) return DECODED_MORE;
    unsigned char mark = *cursor->at++;
    if (mark < 0xc0 || mark >= 0xe0) return read_short(cursor, mark, value);
    enum decoded got = read_big(cursor, width[mark & 0x1f], &big);
    if (got != DECODED_ONE || mark == 0xc0) return got;
    switch (mark) {
    case 0xc2:
    case 0xc3:
        value->kind = VALUE_NUMBER;
        value->number = mark == 0xc3;
        return DECODED_ONE;
    case 0xca:
    case 0xcb: value->kind = VALUE_OTHER; return DECODED_ONE;
    case 0xdc:
    case 0xdd:
    case 0xde:
    case 0xdf: set_container(value, mark >= 0xde, big); return DECODED_ONE;
    case 0xc4:
    case 0xc5:
    case 0xc6:
    case 0xd9:
    case 0xda:
    case 0xdb: value->kind = VALUE_TEXT; return read_bytes(cursor, big, value);
    default: break;
    }
    if (mark < 0xcc || mark > 0xd3) return DECODED_BAD; /* extensions: the daemon sends none */
    unsigned shift = mark >= 0xd0 ? 64 - 8u * width[mark & 0x1f] : 0;
    value->kind = VALUE_NUMBER;
    value->number = (int64_t)(big << shift) >> shift; /* signed ones are stretched */
    return DECODED_ONE;
}

static int64_t element_count(const struct value *value)
{
    return value->kind == VALUE_LIST || value->kind == VALUE_MAP ? value->number : 0;
}

static enum decoded skip_elements(struct cursor *cursor, int64_t count, int depth)
{
    struct value value;

    if (depth > DEPTH_MAX) return DECODED_BAD;
    for (; count > 0; count--) {
        enum decoded got = read_value(cursor, &value);
        if (got != DECODED_ONE) return got;
        if (element_count(&value) == 0) continue;
        got = skip_elements(cursor, element_count(&value), depth + 1);
        if (got != DECODED_ONE) return got;
    }
    return DECODED_ONE;
}

static enum decoded read_seat(struct cursor *cursor, struct reply *reply)
{
    struct value name, value;
    struct reply_seat seat = {{"", 0}, {"", 0}};
    enum decoded got = read_value(cursor, &value);

    if (got != DECODED_ONE) return got;
    for (int64_t pairs = element_count(&value) / 2; pairs > 0; pairs--) {
        if ((got = read_value(cursor, &name)) != DECODED_ONE ||
            (got = read_value(cursor, &value)) != DECODED_ONE)
            return got;
        reply_seat_set(&seat, name.text, value.text);
        if ((got = skip_elements(cursor, element_count(&value), 2)) != DECODED_ONE) return got;
    }
    reply_add_seat(reply, &seat);
    return DECODED_ONE;
}

static enum decoded take_value(struct cursor *cursor, const struct value *value, unsigned field,
                               struct reply *reply)
{
    enum decoded got = DECODED_ONE;

    if (value->kind == VALUE_LIST && field == REPLY_SEATS) {
        for (int64_t i = 0; i < value->number && got == DECODED_ONE; i++)
            got = read_seat(cursor, reply);
        return got;
    }
    if (element_count(value) > 0) return skip_elements(cursor, element_count(value), 1);
    if (value->kind == VALUE_NUMBER) reply_set_number(reply, field, value->number);
    if (value->kind == VALUE_TEXT) reply_set_text(reply, field, value->text.ptr, value->text.len);
    return DECODED_ONE;
}

static enum decoded read_result(struct cursor *cursor, struct reply *reply)
{
    struct value name, value;
    enum decoded got = read_value(cursor, &value);

    if (got != DECODED_ONE) return got;
    if (value.kind != VALUE_MAP) return skip_elements(cursor, element_count(&value), 1);
    for (int64_t pairs = value.number / 2; pairs > 0; pairs--) {
        if ((got = read_value(cursor, &name)) != DECODED_ONE ||
            (got = read_value(cursor, &value)) != DECODED_ONE ||
            (got = take_value(cursor, &value, reply_find(reply, name.text.ptr, name.text.len),
                              reply)) != DECODED_ONE)
            return got;
    }
    return DECODED_ONE;
}

/* [1, msgid, error, result] or a notification [2, method, [params]]. */
static enum decoded read_message(struct cursor *cursor, struct reply *reply)
{
    struct value list, kind, value;
    enum decoded got;

    if ((got = read_value(cursor, &list)) != DECODED_ONE ||
        (got = read_value(cursor, &kind)) != DECODED_ONE)
        return got;
    reply->is_push = kind.number == 2 && list.number == 3;
    if (reply->is_push) return skip_elements(cursor, 2, 1);
    if (list.kind != VALUE_LIST || list.number != 4 || kind.number != 1) return DECODED_BAD;
    if ((got = read_value(cursor, &value)) != DECODED_ONE) return got;
    reply->msgid = (uint32_t)value.number;
    if ((got = read_value(cursor, &value)) != DECODED_ONE) return got;
    if (value.kind != VALUE_NIL && value.kind != VALUE_TEXT) return DECODED_BAD;
    struct tuan_str refusal = value.text;
    bool is_refused = value.kind == VALUE_TEXT;
    if ((got = read_result(cursor, reply)) != DECODED_ONE) return got;
    if (is_refused) reply_refuse(reply, refusal.ptr, refusal.len);
    return DECODED_ONE;
}

static enum decoded decode(const char *data, size_t len, enum op op, struct reply *reply,
                           size_t *consumed)
{
    const unsigned char *start = (const unsigned char *)data;
    struct cursor cursor = {start, start + len};

    (void)op;
    enum decoded got = read_message(&cursor, reply);
    *consumed = (size_t)(cursor.at - start);
    return got;
}

const struct codec codec_rpc = {"msgpack-rpc", false, encode, decode};
