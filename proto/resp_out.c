/* SPDX-License-Identifier: BSD-2-Clause */
/* resp_out.c - replies in RESP2 and RESP3, straight from the rows. */
#include "proto/resp.h"

#include "proto/write.h"

/* Most bytes around a string or in a number: a mark, digits, CR LF, and CR LF behind. */
enum { FRAME_MAX = TUAN_DECIMAL_MAX + 6 };

/* ---- putting: at `at`, which has room; what is behind is returned ---- */

static inline char *put_crlf(char *at)
{
    memcpy(at, "\r\n", 2);
    return at + 2;
}

/* "*3\r\n", "$5\r\n", ":42\r\n" … */
static inline char *put_head(char *at, char mark, uint64_t number)
{
    *at++ = mark;
    if (number < 10) {
        *at++ = (char)('0' + number);
    } else if (number < 100) {
        *at++ = (char)('0' + number / 10);
        *at++ = (char)('0' + number % 10);
    } else {
        at = tuan_put_decimal(at, number);
    }
    return put_crlf(at);
}

static inline char *put_bulk(char *at, struct tuan_str bytes)
{
    return put_crlf(tuan_put_bytes(put_head(at, '$', bytes.len), bytes.ptr, bytes.len));
}

static inline char *put_int(char *at, int64_t value)
{
    *at = ':';
    return put_crlf(tuan_put_int(at + 1, value));
}

static inline char *put_rid(char *at, struct tuan_id id)
{
    at = put_head(at, '$', TUAN_RID_CHARS);
    tuan_rid_print(id, at);
    return put_crlf(at + TUAN_RID_CHARS);
}

static inline char *put_word(char *at, const struct tuan_words *words, int64_t number)
{
    const struct tuan_word *word = tuan_word_at(words, number);

    return word == NULL ? put_bulk(at, TUAN_STR("")) : tuan_put_label(at, &word->bulk);
}

/* ---- writing ---- */

static void write_head(struct tuan_out *out, char mark, uint64_t number)
{
    tuan_out_end(out, put_head(tuan_out_room(out, FRAME_MAX), mark, number));
}

void tuan_resp_simple(struct tuan_out *out, const char *text)
{
    tuan_out_text(out, "+");
    tuan_out_bytes(out, text, strlen(text));
    tuan_out_text(out, "\r\n");
}

void tuan_resp_bulk(struct tuan_out *out, struct tuan_str bytes)
{
    tuan_out_end(out, put_bulk(tuan_out_room(out, bytes.len + (size_t)FRAME_MAX), bytes));
}

void tuan_resp_int(struct tuan_out *out, int64_t value)
{
    tuan_out_end(out, put_int(tuan_out_room(out, FRAME_MAX), value));
}

void tuan_resp_null(struct tuan_out *out, int version)
{
    if (version >= 3)
        tuan_out_text(out, "_\r\n");
    else
        tuan_out_text(out, "$-1\r\n");
}

void tuan_resp_array(struct tuan_out *out, size_t count)
{
    write_head(out, '*', count);
}

void tuan_resp_push(struct tuan_out *out, size_t count)
{
    write_head(out, '>', count);
}

void tuan_resp_map(struct tuan_out *out, int version, size_t pairs)
{
    if (version >= 3)
        write_head(out, '%', pairs);
    else
        write_head(out, '*', 2 * pairs);
}

/* JSON text as a bulk string: its length is known once it is written, so it is moved to make room
 * for its head. */
static void write_tags(struct tuan_out *out, struct tuan_tags tags)
{
    char head[FRAME_MAX];
    size_t start = out->len;

    tuan_json_tags(out, tags);
    size_t len = out->len - start;
    size_t head_len = (size_t)(put_head(head, '$', len) - head);
    tuan_out_room(out, head_len + 2);
    memmove(out->data + start + head_len, out->data + start, len);
    memcpy(out->data + start, head, head_len);
    out->len += head_len;
    tuan_out_text(out, "\r\n");
}

static void write_tiers(struct tuan_out *out, int version, struct tuan_tiers tiers)
{
    tuan_resp_array(out, tiers.count);
    for (uint32_t i = 0; i < tiers.count; i++) {
        tuan_resp_map(out, version, 2);
        tuan_resp_bulk(out, TUAN_STR("size"));
        tuan_resp_int(out, tiers.items[i].size);
        tuan_resp_bulk(out, TUAN_STR("price"));
        tuan_resp_int(out, tiers.items[i].price);
    }
}

static void write_names(struct tuan_out *out, struct tuan_names names)
{
    tuan_resp_array(out, names.count);
    for (uint32_t i = 0; i < names.count; i++)
        tuan_resp_bulk(out, names.items[i]);
}

static void write_rids(struct tuan_out *out, struct tuan_ids ids)
{
    tuan_resp_array(out, ids.count);
    for (uint32_t i = 0; i < ids.count; i++)
        tuan_out_end(out, put_rid(tuan_out_room(out, FRAME_MAX + TUAN_RID_CHARS), ids.items[i]));
}

static void write_fields(struct tuan_out *out, int version, const struct tuan_message *message,
                         const void *body, uint64_t given);

static void write_list(struct tuan_out *out, int version, const struct tuan_message *message,
                       struct tuan_list list)
{
    tuan_resp_array(out, list.count);
    for (uint32_t i = 0; i < list.count; i++) {
        const void *item = (const char *)list.items + i * message->size;
        write_fields(out, version, message, item, tuan_given(message, item));
    }
}

/* Apart from put_value: these would take all its registers. */
static __attribute__((noinline)) void
write_nested(struct tuan_out *out, int version, const struct tuan_field *field, const void *value)
{
    switch (field->type) {
    case TUAN_TAGS: write_tags(out, *(const struct tuan_tags *)value); break;
    case TUAN_NAMES: write_names(out, *(const struct tuan_names *)value); break;
    case TUAN_RIDS: write_rids(out, *(const struct tuan_ids *)value); break;
    case TUAN_TIERS: write_tiers(out, version, *(const struct tuan_tiers *)value); break;
    case TUAN_LIST: write_list(out, version, field->items, *(const struct tuan_list *)value); break;
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_ID:
    case TUAN_TEXT:
    case TUAN_RID:
    case TUAN_WORD:
    case TUAN_MAP:
    case TUAN_RULES: break; /* the fields of these two stand in their message's own map */
    }
}

/* What a pair takes, without the bytes of a string and without what is nested. */
enum { PAIR_MAX = 2 * TUAN_LABEL_BYTES + FRAME_MAX + TUAN_RID_CHARS };

/* "failed.deadline": a field of a map that stands in the map around it. */
static char *put_dotted(char *at, const struct tuan_field *outer, const struct tuan_field *field)
{
    at = put_head(at, '$', (uint64_t)outer->name_len + 1 + field->name_len);
    at = tuan_put_bytes(at, outer->name, outer->name_len);
    *at++ = '.';
    return put_crlf(tuan_put_bytes(at, field->name, field->name_len));
}

/* The value of a pair, whose name is behind. Before and after there is room for `pairs` further
 * ones. */
static inline char *put_value(struct tuan_out *out, char *at, size_t pairs, int version,
                              const struct tuan_field *field, const void *value)
{
    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG: return put_int(at, *(const int64_t *)value);
    case TUAN_RID: return put_rid(at, *(const struct tuan_id *)value);
    case TUAN_WORD: return put_word(at, field->words, *(const int64_t *)value);
    case TUAN_ID:
    case TUAN_TEXT: {
        struct tuan_str text = *(const struct tuan_str *)value;
        tuan_out_end(out, at);
        return put_bulk(tuan_out_room(out, (pairs + 1) * PAIR_MAX + text.len), text);
    }
    case TUAN_TAGS:
    case TUAN_NAMES:
    case TUAN_RIDS:
    case TUAN_TIERS:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES:
        tuan_out_end(out, at);
        write_nested(out, version, field, value);
        return tuan_out_room(out, pairs * PAIR_MAX);
    }
    return at;
}

static const struct tuan_rules *rules_at(const struct tuan_field *field, const void *body)
{
    return *(const struct tuan_rules *const *)tuan_field_at(field, body);
}

static const void *map_at(const struct tuan_field *field, const void *body)
{
    return *(const void *const *)tuan_field_at(field, body);
}

static size_t count_pairs(const struct tuan_message *message, const void *body, uint64_t given)
{
    size_t pairs = (size_t)__builtin_popcountll(given);

    for (uint64_t maps = given & message->maps; maps != 0;) {
        const struct tuan_field *field = &message->fields[tuan_next_bit(&maps)];
        uint64_t inner;

        if (field->type == TUAN_RULES)
            inner = tuan_rules_given(rules_at(field, body));
        else
            inner = tuan_given(field->items, map_at(field, body));
        pairs += (size_t)__builtin_popcountll(inner) - 1;
    }
    return pairs;
}

/* The fields of an object; `outer` is the MAP they are the fields of, or NULL. There is always room
 * for all pairs that are left, so that each is put without looking. */
static void write_pairs(struct tuan_out *out, int version, const struct tuan_field *outer,
                        const struct tuan_field *fields, const void *object, uint64_t given)
{
    size_t left = (size_t)__builtin_popcountll(given);
    char *at = tuan_out_room(out, left * PAIR_MAX);

    while (left-- > 0) {
        const struct tuan_field *field = &fields[tuan_next_bit(&given)];
        if (field->type != TUAN_MAP && field->type != TUAN_RULES) {
            at = outer == NULL ? tuan_put_label(at, &field->bulk) : put_dotted(at, outer, field);
            at = put_value(out, at, left, version, field, tuan_field_at(field, object));
            continue;
        }
        tuan_out_end(out, at);
        if (field->type == TUAN_MAP)
            write_pairs(out, version, field, field->items->fields, map_at(field, object),
                        tuan_given(field->items, map_at(field, object)));
        else
            write_pairs(out, version, NULL, tuan_param_fields, rules_at(field, object),
                        tuan_rules_given(rules_at(field, object)));
        at = tuan_out_room(out, left * PAIR_MAX);
    }
    tuan_out_end(out, at);
}

static void write_fields(struct tuan_out *out, int version, const struct tuan_message *message,
                         const void *body, uint64_t given)
{
    tuan_resp_map(out, version, count_pairs(message, body, given));
    write_pairs(out, version, NULL, message->fields, body, given);
}

/* ROOM.MGET: a bare list, each element a status or {error: "CODE text"}. */
static void write_statuses(struct tuan_out *out, int version, const struct tuan_rooms *page)
{
    const struct tuan_room *rooms = page->rooms.items;

    tuan_resp_array(out, page->rooms.count);
    for (uint32_t i = 0; i < page->rooms.count; i++)
        write_fields(out, version, &tuan_room_message, &rooms[i], tuan_status_given(&rooms[i]));
}

void tuan_resp_reply(struct tuan_out *out, int version, enum tuan_cmd command,
                     const struct tuan_reply *reply)
{
    if (reply->err != TUAN_OK)
        tuan_resp_error(out, reply);
    else if (reply->message == NULL)
        tuan_resp_simple(out, "OK");
    else if (command == TUAN_CMD_ROOM_MGET && reply->message == &tuan_rooms_message)
        write_statuses(out, version, reply->body);
    else
        write_fields(out, version, reply->message, reply->body,
                     tuan_given(reply->message, reply->body));
}

void tuan_resp_error(struct tuan_out *out, const struct tuan_reply *reply)
{
    char line[TUAN_ERROR_LINE_MAX];
    size_t len = tuan_error_line(reply, line);

    tuan_out_text(out, "-");
    tuan_out_bytes(out, line, len);
    tuan_out_text(out, "\r\n");
}
