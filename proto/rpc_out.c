/* SPDX-License-Identifier: BSD-2-Clause */
/* rpc_out.c - MessagePack-RPC replies, packed by msgpack-c into the caller's buffer. */
#include "proto/packer.h"
#include "proto/rpc.h"

enum { TYPE_RESPONSE = 1, TYPE_NOTIFICATION = 2 };

#define pack_literal(out, literal) tuan_pack_str((out), TUAN_STR(literal))

static void pack_rid(struct tuan_out *out, struct tuan_id id)
{
    char text[TUAN_RID_CHARS];

    tuan_rid_print(id, text);
    tuan_pack_text(out, text, sizeof text);
}

static void pack_tags(struct tuan_out *out, struct tuan_tags tags)
{
    tuan_pack_map(out, tags.count);
    for (uint32_t i = 0; i < tags.count; i++) {
        tuan_pack_str(out, tags.items[i].name);
        tuan_pack_str(out, tags.items[i].value);
    }
}

static void pack_names(struct tuan_out *out, struct tuan_names names)
{
    tuan_pack_array(out, names.count);
    for (uint32_t i = 0; i < names.count; i++)
        tuan_pack_str(out, names.items[i]);
}

static void pack_rids(struct tuan_out *out, struct tuan_ids ids)
{
    tuan_pack_array(out, ids.count);
    for (uint32_t i = 0; i < ids.count; i++)
        pack_rid(out, ids.items[i]);
}

static void pack_tiers(struct tuan_out *out, struct tuan_tiers tiers)
{
    tuan_pack_array(out, tiers.count);
    for (uint32_t i = 0; i < tiers.count; i++) {
        tuan_pack_map(out, 2);
        pack_literal(out, "size");
        tuan_pack_int(out, tiers.items[i].size);
        pack_literal(out, "price");
        tuan_pack_int(out, tiers.items[i].price);
    }
}

static void pack_fields(struct tuan_out *out, const struct tuan_message *message, const void *body,
                        uint64_t given);

static void pack_list(struct tuan_out *out, const struct tuan_message *message,
                      struct tuan_list list)
{
    tuan_pack_array(out, list.count);
    for (uint32_t i = 0; i < list.count; i++) {
        const void *item = (const char *)list.items + i * message->size;
        pack_fields(out, message, item, tuan_given(message, item));
    }
}

static void pack_map(struct tuan_out *out, const struct tuan_message *message, const void *body)
{
    pack_fields(out, message, body, tuan_given(message, body));
}

static void pack_value(struct tuan_out *out, const struct tuan_field *field, const void *value)
{
    struct tuan_str str;

    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG: tuan_pack_int(out, *(const int64_t *)value); break;
    case TUAN_ID:
    case TUAN_TEXT:
        str = *(const struct tuan_str *)value;
        tuan_pack_str(out, str);
        break;
    case TUAN_RID: pack_rid(out, *(const struct tuan_id *)value); break;
    case TUAN_WORD:
        str = tuan_word_str(field->words, *(const int64_t *)value);
        tuan_pack_str(out, str);
        break;
    case TUAN_TAGS: pack_tags(out, *(const struct tuan_tags *)value); break;
    case TUAN_NAMES: pack_names(out, *(const struct tuan_names *)value); break;
    case TUAN_RIDS: pack_rids(out, *(const struct tuan_ids *)value); break;
    case TUAN_TIERS: pack_tiers(out, *(const struct tuan_tiers *)value); break;
    case TUAN_LIST: pack_list(out, field->items, *(const struct tuan_list *)value); break;
    case TUAN_MAP: pack_map(out, field->items, *(const void *const *)value); break;
    case TUAN_RULES: break; /* stands in its message's own map */
    }
}

static void pack_param(struct tuan_out *out, int param, uint32_t skip,
                       const struct tuan_rules *rules)
{
    const struct tuan_field *field = &tuan_param_fields[param];

    tuan_pack_text(out, field->name + skip, field->name_len - skip);
    pack_value(out, field, tuan_field_at(field, rules));
}

/* The given parameters from `param` up to `end`. */
static uint64_t given_between(const struct tuan_rules *rules, int param, int end)
{
    return tuan_rules_given(rules) & (UINT64_MAX << param) & (UINT64_MAX >> (64 - end));
}

/* "virtual.mode" and "virtual.value" become one map under "virtual". */
static void pack_rules(struct tuan_out *out, const struct tuan_rules *rules)
{
    int end;

    for (int param = 0; param < TUAN_PARAM_COUNT; param = end) {
        uint32_t group = tuan_param_group(param, &end);
        uint64_t given = given_between(rules, param, end);
        if (given != 0 && group > 0) {
            tuan_pack_text(out, tuan_param_fields[param].name, group);
            tuan_pack_map(out, (size_t)__builtin_popcountll(given));
        }
        while (given != 0)
            pack_param(out, tuan_next_bit(&given), group > 0 ? group + 1 : 0, rules);
    }
}

static size_t count_rules(const struct tuan_rules *rules)
{
    size_t pairs = 0;
    int end;

    for (int param = 0; param < TUAN_PARAM_COUNT; param = end) {
        tuan_param_group(param, &end);
        pairs += given_between(rules, param, end) != 0;
    }
    return pairs;
}

static const struct tuan_rules *rules_at(const struct tuan_field *field, const void *body)
{
    return *(const struct tuan_rules *const *)tuan_field_at(field, body);
}

static size_t count_pairs(const struct tuan_message *message, const void *body, uint64_t given)
{
    size_t pairs = (size_t)__builtin_popcountll(given);

    for (size_t i = 0; i < message->count; i++)
        if (message->fields[i].type == TUAN_RULES && ((given >> i) & 1))
            pairs += count_rules(rules_at(&message->fields[i], body)) - 1;
    return pairs;
}

static void pack_fields(struct tuan_out *out, const struct tuan_message *message, const void *body,
                        uint64_t given)
{
    tuan_pack_map(out, count_pairs(message, body, given));
    while (given != 0) {
        const struct tuan_field *field = &message->fields[tuan_next_bit(&given)];
        if (field->type == TUAN_RULES) {
            pack_rules(out, rules_at(field, body));
            continue;
        }
        tuan_pack_text(out, field->name, field->name_len);
        pack_value(out, field, tuan_field_at(field, body));
    }
}

static void pack_error_map(struct tuan_out *out, const struct tuan_reply *reply)
{
    uint64_t given = tuan_given(&tuan_problem_message, &reply->problem);
    const struct tuan_error_row *row = &tuan_errors[reply->err];
    char text[TUAN_ERROR_LINE_MAX];
    struct tuan_str message = tuan_error_text(reply);

    message.len = message.len < sizeof text ? message.len : (uint32_t)sizeof text;
    memcpy(text, message.ptr, message.len);
    tuan_text_mend(text, message.len);
    tuan_pack_map(out, 3 + (size_t)__builtin_popcountll(given));
    pack_literal(out, "code");
    tuan_pack_text(out, row->name, strlen(row->name));
    pack_literal(out, "message");
    tuan_pack_text(out, text, message.len);
    pack_literal(out, "retryable");
    tuan_pack_int(out, row->retryable);
    while (given != 0) {
        const struct tuan_field *field = &tuan_problem_message.fields[tuan_next_bit(&given)];
        tuan_pack_text(out, field->name, field->name_len);
        pack_value(out, field, tuan_field_at(field, &reply->problem));
    }
}

static void pack_error(struct tuan_out *out, enum tuan_error_form form,
                       const struct tuan_reply *reply)
{
    char line[TUAN_ERROR_LINE_MAX];

    if (form == TUAN_ERRORS_MAP) {
        pack_error_map(out, reply);
    } else {
        size_t len = tuan_error_line(reply, line);
        tuan_pack_text(out, line, len);
    }
    tuan_pack_nil(out);
}

/* ROOM.MGET: a bare list, each element a status or {error: "CODE text"}. */
static void pack_statuses(struct tuan_out *out, const struct tuan_rooms *page)
{
    const struct tuan_room *rooms = page->rooms.items;

    tuan_pack_array(out, page->rooms.count);
    for (uint32_t i = 0; i < page->rooms.count; i++)
        pack_fields(out, &tuan_room_message, &rooms[i], tuan_status_given(&rooms[i]));
}

static void pack_result(struct tuan_out *out, enum tuan_cmd command, const struct tuan_reply *reply)
{
    if (reply->message == NULL)
        pack_literal(out, "OK");
    else if (command == TUAN_CMD_ROOM_MGET && reply->message == &tuan_rooms_message)
        pack_statuses(out, reply->body);
    else
        pack_fields(out, reply->message, reply->body, tuan_given(reply->message, reply->body));
}

static void begin_response(struct tuan_out *out, uint32_t msgid)
{
    tuan_pack_array(out, 4);
    tuan_pack_int(out, TYPE_RESPONSE);
    tuan_pack_int(out, msgid);
}

void tuan_rpc_reply(struct tuan_out *out, uint32_t msgid, enum tuan_error_form errors,
                    enum tuan_cmd command, const struct tuan_reply *reply)
{
    begin_response(out, msgid);
    if (reply->err != TUAN_OK) {
        pack_error(out, errors, reply);
    } else {
        tuan_pack_nil(out);
        pack_result(out, command, reply);
    }
}

void tuan_rpc_notify(struct tuan_out *out, const char *method, const struct tuan_message *message,
                     const void *body)
{
    tuan_pack_array(out, 3);
    tuan_pack_int(out, TYPE_NOTIFICATION);
    tuan_pack_text(out, method, strlen(method));
    tuan_pack_array(out, 1);
    pack_fields(out, message, body, tuan_given(message, body));
}

void tuan_rpc_text_reply(struct tuan_out *out, uint32_t msgid, struct tuan_str text)
{
    begin_response(out, msgid);
    tuan_pack_nil(out);
    tuan_pack_str(out, text);
}
