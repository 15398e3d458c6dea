/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/wire/resp.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 8
#define LINE_MAX_ 4096

/* ---- out ---- */

static void append_head(struct buf *out, char mark, size_t number)
{
    char head[24];
    int at = (int)sizeof head;

    head[--at] = '\n';
    head[--at] = '\r';
    do
        head[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    head[--at] = mark;
    buf_append(out, head + at, sizeof head - (size_t)at);
}

void resp_begin(struct buf *out, unsigned words)
{
    append_head(out, '*', words);
}

void resp_word(struct buf *out, const char *word, size_t len)
{
    append_head(out, '$', len);
    buf_append(out, word, len);
    buf_append(out, "\r\n", 2);
}

void resp_text(struct buf *out, const char *word)
{
    resp_word(out, word, strlen(word));
}

void resp_number(struct buf *out, int64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)number);

    resp_word(out, text, (size_t)len);
}

void resp_campaign(struct buf *out, const struct wording *wording, uint32_t campaign)
{
    char id[CAMPAIGN_ID_LEN];

    names_campaign(&wording->names, campaign, id);
    resp_word(out, id, sizeof id);
}

void resp_person(struct buf *out, char mark, uint64_t number)
{
    char id[PERSON_ID_LEN];

    names_person(mark, number, id);
    resp_word(out, id, sizeof id);
}

void resp_room(struct buf *out, const struct request *request)
{
    struct tuan_str id = room_id_str(request->room_id);

    resp_word(out, id.ptr, id.len);
}

/* ---- in ---- */

struct cursor {
    const char *at, *end;
};

struct value {
    char mark;
    int64_t number; /* ':' '#': value; '*' '%' '>': elements */
    struct tuan_str text;
};

static enum decoded read_number(struct cursor *cursor, int64_t *number)
{
    bool is_negative = cursor->at < cursor->end && *cursor->at == '-';
    const char *at = cursor->at + is_negative;
    uint64_t value = 0;

    for (; at < cursor->end && *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    if (cursor->end - at < 2) return DECODED_MORE;
    if (at[0] != '\r' || at[1] != '\n' || at - cursor->at > 19) return DECODED_BAD;
    *number = is_negative ? -(int64_t)value : (int64_t)value;
    cursor->at = at + 2;
    return DECODED_ONE;
}

static enum decoded read_line(struct cursor *cursor, struct tuan_str *line)
{
    const char *newline = memchr(cursor->at, '\n', (size_t)(cursor->end - cursor->at));

    if (newline == NULL) return cursor->end - cursor->at > LINE_MAX_ ? DECODED_BAD : DECODED_MORE;
    if (newline == cursor->at || newline[-1] != '\r') return DECODED_BAD;
    *line = (struct tuan_str){cursor->at, (uint32_t)(newline - 1 - cursor->at)};
    cursor->at = newline + 1;
    return DECODED_ONE;
}

static enum decoded read_bulk(struct cursor *cursor, struct value *value)
{
    int64_t len;
    enum decoded got = read_number(cursor, &len);

    if (got != DECODED_ONE) return got;
    if (len == -1) {
        value->mark = '_';
        return DECODED_ONE;
    }
    if (len < 0 || len > (1 << 24)) return DECODED_BAD;
    if (cursor->end - cursor->at < len + 2) return DECODED_MORE;
    value->text = (struct tuan_str){cursor->at, (uint32_t)len};
    cursor->at += len + 2;
    return cursor->at[-2] == '\r' && cursor->at[-1] == '\n' ? DECODED_ONE : DECODED_BAD;
}

/* A scalar, or the head of a container. */
static enum decoded read_value(struct cursor *cursor, struct value *value)
{
    if (cursor->at == cursor->end) return DECODED_MORE;
    value->mark = *cursor->at++;
    value->text = (struct tuan_str){"", 0};
    switch (value->mark) {
    case '$': return read_bulk(cursor, value);
    case ':':
    case '*':
    case '%':
    case '~':
    case '>': return read_number(cursor, &value->number);
    case '+':
    case '-':
    case '#':
    case ',':
    case '(':
    case '_': return read_line(cursor, &value->text);
    default: return DECODED_BAD;
    }
}

static int64_t element_count(const struct value *value)
{
    bool is_container =
        value->mark == '*' || value->mark == '%' || value->mark == '~' || value->mark == '>';

    if (!is_container || value->number < 0) return 0;
    return value->mark == '%' ? value->number * 2 : value->number;
}

static enum decoded skip_elements(struct cursor *cursor, int64_t count, int depth)
{
    struct value value;

    if (depth > DEPTH_MAX) return DECODED_BAD;
    for (; count > 0; count--) {
        enum decoded got = read_value(cursor, &value);
        if (got != DECODED_ONE) return got;
        int64_t inner = element_count(&value);
        if (inner > 0 && (got = skip_elements(cursor, inner, depth + 1)) != DECODED_ONE) return got;
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
        int64_t inner = element_count(&value);
        if (inner > 0 && (got = skip_elements(cursor, inner, 2)) != DECODED_ONE) return got;
    }
    reply_add_seat(reply, &seat);
    return DECODED_ONE;
}

static enum decoded take_value(struct cursor *cursor, const struct value *value, unsigned field,
                               struct reply *reply)
{
    int64_t inner = element_count(value);
    enum decoded got = DECODED_ONE;

    if (inner > 0 && field == REPLY_SEATS) {
        for (; inner > 0 && got == DECODED_ONE; inner--)
            got = read_seat(cursor, reply);
        return got;
    }
    if (inner > 0) return skip_elements(cursor, inner, 1);
    if (value->mark == ':')
        reply_set_number(reply, field, value->number);
    else if (value->mark == '$' || value->mark == '+')
        reply_set_text(reply, field, value->text.ptr, value->text.len);
    return DECODED_ONE;
}

static enum decoded read_pairs(struct cursor *cursor, int64_t count, struct reply *reply)
{
    struct value name, value;
    enum decoded got;

    for (; count >= 2; count -= 2) {
        if ((got = read_value(cursor, &name)) != DECODED_ONE) return got;
        int64_t inner = element_count(&name); /* a bare list: nothing in it is named */
        if (inner > 0) {
            if ((got = skip_elements(cursor, inner, 1)) != DECODED_ONE) return got;
            count++;
            continue;
        }
        if ((got = read_value(cursor, &value)) != DECODED_ONE ||
            (got = take_value(cursor, &value, reply_find(reply, name.text.ptr, name.text.len),
                              reply)) != DECODED_ONE)
            return got;
    }
    return count == 1 ? skip_elements(cursor, 1, 1) : DECODED_ONE;
}

static enum decoded read_positions(struct cursor *cursor, int64_t count,
                                   const enum reply_field *positions, unsigned position_count,
                                   struct reply *reply)
{
    struct value value;
    enum decoded got;

    for (unsigned i = 0; i < count; i++) {
        unsigned field = i < position_count ? positions[i] : (unsigned)REPLY_FIELDS;
        if ((got = read_value(cursor, &value)) != DECODED_ONE ||
            (got = take_value(cursor, &value, field, reply)) != DECODED_ONE)
            return got;
    }
    return DECODED_ONE;
}

/* `>2 message {map}`: the name of the push, then a map. */
static enum decoded read_push(struct cursor *cursor, int64_t count, struct reply *reply)
{
    struct value value;
    enum decoded got;

    reply->is_push = true;
    for (; count > 0; count--) {
        if ((got = read_value(cursor, &value)) != DECODED_ONE) return got;
        if (element_count(&value) > 0 &&
            (got = read_pairs(cursor, element_count(&value), reply)) != DECODED_ONE)
            return got;
    }
    return DECODED_ONE;
}

enum decoded resp_decode(const char *data, size_t len, const enum reply_field *positions,
                         unsigned position_count, struct reply *reply, size_t *consumed)
{
    struct cursor cursor = {data, data + len};
    struct value value;
    enum decoded got = read_value(&cursor, &value);

    if (got != DECODED_ONE) return got;
    if (value.mark == '-')
        reply_refuse(reply, value.text.ptr, value.text.len);
    else if (value.mark == '>')
        got = read_push(&cursor, value.number, reply);
    else if (positions != NULL && value.mark == '*')
        got = read_positions(&cursor, element_count(&value), positions, position_count, reply);
    else if (element_count(&value) > 0)
        got = read_pairs(&cursor, element_count(&value), reply);
    *consumed = (size_t)(cursor.at - data);
    return got;
}
