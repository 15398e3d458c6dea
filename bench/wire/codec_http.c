/* SPDX-License-Identifier: BSD-2-Clause */
/* codec_http.c - polls by the web port, as a storefront's pages make them: GET, answered by JSON.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bench/wire/codec.h"

/* ---- out ---- */

static void encode(struct buf *out, const struct wording *wording, const struct request *request,
                   uint32_t msgid)
{
    char campaign[CAMPAIGN_ID_LEN];
    struct tuan_str room = room_id_str(request->room_id);

    (void)msgid;
    if (request->op == OP_GET) {
        buf_append_str(out, "GET /v1/rooms/");
        buf_append(out, room.ptr, room.len);
    } else {
        names_campaign(&wording->names, request->campaign, campaign);
        buf_append_str(out, "GET /v1/campaigns/");
        buf_append(out, campaign, sizeof campaign);
        buf_append_str(out, "/rooms?limit=10");
    }
    buf_append_str(out, " HTTP/1.1\r\nHost: shop.example\r\n\r\n");
}

/* ---- in: JSON, of which only what stands in the outermost object matters ---- */

struct cursor {
    const char *at, *end;
};

static bool read_string(struct cursor *cursor, struct tuan_str *text)
{
    const char *start = ++cursor->at;

    while (cursor->at < cursor->end && *cursor->at != '"')
        cursor->at += *cursor->at == '\\' ? 2 : 1;
    if (cursor->at >= cursor->end) return false;
    *text = (struct tuan_str){start, (uint32_t)(cursor->at++ - start)};
    return true;
}

/* A whole object or list, strings with their brackets too. */
static bool skip_nested(struct cursor *cursor)
{
    struct tuan_str text;
    int depth = 0;

    while (cursor->at < cursor->end) {
        char here = *cursor->at;
        if (here == '"') {
            if (!read_string(cursor, &text)) return false;
            continue;
        }
        depth += here == '{' || here == '[' ? 1 : here == '}' || here == ']' ? -1 : 0;
        cursor->at++;
        if (depth == 0) return true;
    }
    return false;
}

static bool read_member(struct cursor *cursor, struct reply *reply)
{
    struct tuan_str name, text;
    char *end;

    if (*cursor->at != '"' || !read_string(cursor, &name) || cursor->at == cursor->end ||
        *cursor->at++ != ':' || cursor->at == cursor->end)
        return false;
    unsigned field = reply_find(reply, name.ptr, name.len);
    if (*cursor->at == '{' || *cursor->at == '[') return skip_nested(cursor);
    if (*cursor->at == '"') {
        if (!read_string(cursor, &text)) return false;
        reply_set_text(reply, field, text.ptr, text.len);
        return true;
    }
    /* The body ends in a brace (decode() has looked), which stops any number. */
    reply_set_number(reply, field, strtoll(cursor->at, &end, 10));
    if (end == cursor->at || end >= cursor->end) return false;
    cursor->at = end;
    return true;
}

static bool read_object(struct cursor *cursor, struct reply *reply)
{
    if (cursor->at == cursor->end || *cursor->at++ != '{') return false;
    while (cursor->at < cursor->end && *cursor->at != '}') {
        if (!read_member(cursor, reply)) return false;
        if (cursor->at < cursor->end && *cursor->at == ',') cursor->at++;
    }
    return cursor->at < cursor->end;
}

/* {"error":{"code":"ROOM_NOT_FOUND",...}} */
static void read_refusal(const char *body, size_t len, struct reply *reply)
{
    static const char mark[] = "\"code\":\"";
    const char *at = memmem(body, len, mark, sizeof mark - 1);
    const char *code = at == NULL ? "" : at + sizeof mark - 1;
    const char *end = at == NULL ? code : memchr(code, '"', len - (size_t)(code - body));

    reply_refuse(reply, code, end == NULL ? 0 : (size_t)(end - code));
}

/* ---- in: the head ---- */

/* The length that the head tells; -1: it does not. */
static long long content_length(const char *head, size_t len)
{
    static const char name[] = "content-length:";

    for (const char *at = head; at < head + len;) {
        const char *next = memchr(at, '\n', (size_t)(head + len - at));
        if (next == NULL) return -1;
        if ((size_t)(next - at) > sizeof name && strncasecmp(at, name, sizeof name - 1) == 0)
            return strtoll(at + sizeof name - 1, NULL, 10);
        at = next + 1;
    }
    return -1;
}

static enum decoded decode(const char *data, size_t len, enum op op, struct reply *reply,
                           size_t *consumed)
{
    static const char version[] = "HTTP/1.1 ";
    const char *blank = memmem(data, len, "\r\n\r\n", 4);

    (void)op;
    if (blank == NULL) return len > 16384 ? DECODED_BAD : DECODED_MORE;
    size_t head = (size_t)(blank - data) + 4;
    if (head < sizeof version + 4 || memcmp(data, version, sizeof version - 1) != 0)
        return DECODED_BAD;
    int status = atoi(data + sizeof version - 1);
    long long body = content_length(data, head);
    if (body < 0 || body > (1 << 24)) return DECODED_BAD;
    if (len - head < (size_t)body) return DECODED_MORE;
    *consumed = head + (size_t)body;
    struct cursor cursor = {data + head, data + *consumed};
    if (status != 200)
        read_refusal(cursor.at, (size_t)body, reply);
    else if (body == 0 || cursor.end[-1] != '}' || !read_object(&cursor, reply))
        return DECODED_BAD;
    return DECODED_ONE;
}

const struct codec codec_http = {"HTTP", true, encode, decode};
