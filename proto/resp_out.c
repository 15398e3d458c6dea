/* SPDX-License-Identifier: BSD-2-Clause */
/* resp_out.c - replies in RESP2 and RESP3, straight from the rows. */
#include "proto/resp.h"

#include <assert.h>

#include "proto/write.h"

/* Most bytes around a string or in a number: a mark, digits, CR LF, and CR LF behind. */
enum { FRAME_MAX = TUAN_DECIMAL_MAX + 6 };

/* "*3\r\n", "$5\r\n", ":42\r\n" … */
static char *put_head(char *at, char mark, uint64_t number)
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
    memcpy(at, "\r\n", 2);
    return at + 2;
}

static char *put_bulk(char *at, const char *bytes, uint32_t len)
{
    at = tuan_put_bytes(put_head(at, '$', len), bytes, len);
    memcpy(at, "\r\n", 2);
    return at + 2;
}

static void advance(struct tuan_out *out, const char *end)
{
    out->len = (size_t)(end - out->data);
}

static void write_head(struct tuan_out *out, char mark, uint64_t number)
{
    advance(out, put_head(tuan_out_room(out, FRAME_MAX), mark, number));
}

void tuan_resp_simple(struct tuan_out *out, const char *text)
{
    tuan_out_text(out, "+");
    tuan_out_bytes(out, text, strlen(text));
    tuan_out_text(out, "\r\n");
}

void tuan_resp_bulk(struct tuan_out *out, struct tuan_str bytes)
{
    advance(out, put_bulk(tuan_out_room(out, bytes.len + (size_t)FRAME_MAX), bytes.ptr, bytes.len));
}

void tuan_resp_int(struct tuan_out *out, int64_t value)
{
    char *at = tuan_out_room(out, FRAME_MAX);

    *at = ':';
    at = tuan_put_int(at + 1, value);
    memcpy(at, "\r\n", 2);
    advance(out, at + 2);
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

static void write_rid(struct tuan_out *out, struct tuan_id id)
{
    char *at = put_head(tuan_out_room(out, FRAME_MAX + TUAN_RID_CHARS), '$', TUAN_RID_CHARS);

    tuan_rid_print(id, at);
    memcpy(at + TUAN_RID_CHARS, "\r\n", 2);
    advance(out, at + TUAN_RID_CHARS + 2);
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
        write_rid(out, ids.items[i]);
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

static void write_value(struct tuan_out *out, int version, const struct tuan_field *field,
                        const void *value)
{
    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG: tuan_resp_int(out, *(const int64_t *)value); break;
    case TUAN_ID:
    case TUAN_TEXT: tuan_resp_bulk(out, *(const struct tuan_str *)value); break;
    case TUAN_RID: write_rid(out, *(const struct tuan_id *)value); break;
    case TUAN_WORD:
        tuan_resp_bulk(out, tuan_word_str(field->words, *(const int64_t *)value));
        break;
    case TUAN_TAGS: write_tags(out, *(const struct tuan_tags *)value); break;
    case TUAN_NAMES: write_names(out, *(const struct tuan_names *)value); break;
    case TUAN_RIDS: write_rids(out, *(const struct tuan_ids *)value); break;
    case TUAN_TIERS: write_tiers(out, version, *(const struct tuan_tiers *)value); break;
    case TUAN_LIST: write_list(out, version, field->items, *(const struct tuan_list *)value); break;
    case TUAN_MAP:
    case TUAN_RULES: break; /* their fields stand in their message's own map */
    }
}

static void write_pair(struct tuan_out *out, int version, const struct tuan_field *field,
                       const void *object)
{
    char *at = tuan_out_room(out, field->name_len + (size_t)FRAME_MAX);

    memcpy(at, field->bulk, sizeof field->bulk);
    at = tuan_put_bytes(at + field->bulk_len, field->name, field->name_len);
    memcpy(at, "\r\n", 2);
    advance(out, at + 2);
    write_value(out, version, field, tuan_field_at(field, object));
}

static const struct tuan_rules *rules_at(const struct tuan_field *field, const void *body)
{
    return *(const struct tuan_rules *const *)tuan_field_at(field, body);
}

static const void *map_at(const struct tuan_field *field, const void *body)
{
    return *(const void *const *)tuan_field_at(field, body);
}

/* "failed.deadline 3 failed.dissolved 1" */
static void write_dotted(struct tuan_out *out, int version, const struct tuan_field *outer,
                         const void *map)
{
    for (uint64_t given = tuan_given(outer->items, map); given != 0;) {
        const struct tuan_field *field = &outer->items->fields[tuan_next_bit(&given)];
        char name[2 * TUAN_ID_MAX];
        char *end = tuan_put_bytes(name, outer->name, outer->name_len);

        assert(outer->name_len + field->name_len < sizeof name);
        *end++ = '.';
        end = tuan_put_bytes(end, field->name, field->name_len);
        tuan_resp_bulk(out, (struct tuan_str){name, (uint32_t)(end - name)});
        write_value(out, version, field, tuan_field_at(field, map));
    }
}

static size_t count_pairs(const struct tuan_message *message, const void *body, uint64_t given)
{
    size_t pairs = (size_t)__builtin_popcountll(given);

    while (given != 0) {
        const struct tuan_field *field = &message->fields[tuan_next_bit(&given)];
        uint64_t inner = 0;

        if (field->type != TUAN_RULES && field->type != TUAN_MAP) continue;
        if (field->type == TUAN_RULES)
            inner = tuan_rules_given(rules_at(field, body));
        else
            inner = tuan_given(field->items, map_at(field, body));
        pairs += (size_t)__builtin_popcountll(inner) - 1;
    }
    return pairs;
}

static void write_fields(struct tuan_out *out, int version, const struct tuan_message *message,
                         const void *body, uint64_t given)
{
    tuan_resp_map(out, version, count_pairs(message, body, given));
    while (given != 0) {
        const struct tuan_field *field = &message->fields[tuan_next_bit(&given)];
        if (field->type == TUAN_MAP) {
            write_dotted(out, version, field, map_at(field, body));
            continue;
        }
        if (field->type != TUAN_RULES) {
            write_pair(out, version, field, body);
            continue;
        }
        const struct tuan_rules *rules = rules_at(field, body);
        for (uint64_t params = tuan_rules_given(rules); params != 0;)
            write_pair(out, version, &tuan_param_fields[tuan_next_bit(&params)], rules);
    }
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
