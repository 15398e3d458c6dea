/* SPDX-License-Identifier: BSD-2-Clause */
/* json.c - messages as JSON objects. Names come from the rows and need no escaping; strings are
 * escaped. */
#include "proto/json.h"
#include "proto/write.h"

/* Bytes that cannot stand in a JSON string, and those that mean something to HTML. */
static bool must_escape(unsigned char c)
{
    return c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c == 0x7f;
}

static void write_escape(struct tuan_out *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    if (c == '"')
        tuan_out_text(out, "\\\"");
    else if (c == '\\')
        tuan_out_text(out, "\\\\");
    else
        tuan_out_bytes(out, escape, sizeof escape);
}

static inline tuan_sixteen needs_escape(tuan_sixteen bytes)
{
    return (tuan_sixteen)((bytes < ' ') | (bytes == '"') | (bytes == '\\') | (bytes == '<') |
                          (bytes == '>') | (bytes == '&') | (bytes == 0x7f));
}

/* What needs no escaping; with its quotes. */
static inline char *put_plain(char *at, struct tuan_str text)
{
    *at = '"';
    at = tuan_put_bytes(at + 1, text.ptr, text.len);
    *at = '"';
    return at + 1;
}

static void write_escaped(struct tuan_out *out, struct tuan_str text)
{
    uint32_t done = 0;

    tuan_out_text(out, "\"");
    for (uint32_t i = 0; i < text.len; i++) {
        if (!must_escape((unsigned char)text.ptr[i])) continue;
        tuan_out_bytes(out, text.ptr + done, i - done);
        write_escape(out, (unsigned char)text.ptr[i]);
        done = i + 1;
    }
    tuan_out_bytes(out, text.ptr + done, text.len - done);
    tuan_out_text(out, "\"");
}

void tuan_json_string(struct tuan_out *out, struct tuan_str text)
{
    if (tuan_none_is(needs_escape, text.ptr, text.len))
        tuan_out_end(out, put_plain(tuan_out_room(out, text.len + (size_t)2), text));
    else
        write_escaped(out, text);
}

static void write_comma(struct tuan_out *out, bool is_first)
{
    if (!is_first) tuan_out_text(out, ",");
}

/* Of a part of a row's name, or of none: ",\"mode\":". */
static char *put_key(char *at, const char *name, uint32_t len)
{
    memcpy(at, ",\"", 2);
    at = tuan_put_bytes(at + 2, name, len);
    memcpy(at, "\":", 2);
    return at + 2;
}

static void write_key(struct tuan_out *out, const char *name, uint32_t len)
{
    tuan_out_end(out, put_key(tuan_out_room(out, len + (size_t)4), name, len));
}

/* Each key brings the comma before it: that of the first one becomes the brace. */
static void write_end(struct tuan_out *out, size_t start)
{
    if (out->len == start)
        tuan_out_text(out, "{");
    else
        out->data[start] = '{';
    tuan_out_text(out, "}");
}

static inline char *put_rid(char *at, struct tuan_id id)
{
    at[0] = '"';
    tuan_rid_print(id, at + 1);
    at[TUAN_RID_CHARS + 1] = '"';
    return at + TUAN_RID_CHARS + 2;
}

void tuan_json_tags(struct tuan_out *out, struct tuan_tags tags)
{
    tuan_out_text(out, "{");
    for (uint32_t i = 0; i < tags.count; i++) {
        write_comma(out, i == 0);
        tuan_json_string(out, tags.items[i].name);
        tuan_out_text(out, ":");
        tuan_json_string(out, tags.items[i].value);
    }
    tuan_out_text(out, "}");
}

static void write_names(struct tuan_out *out, struct tuan_names names)
{
    tuan_out_text(out, "[");
    for (uint32_t i = 0; i < names.count; i++) {
        write_comma(out, i == 0);
        tuan_json_string(out, names.items[i]);
    }
    tuan_out_text(out, "]");
}

static void write_rids(struct tuan_out *out, struct tuan_ids ids)
{
    tuan_out_text(out, "[");
    for (uint32_t i = 0; i < ids.count; i++) {
        write_comma(out, i == 0);
        tuan_out_end(out, put_rid(tuan_out_room(out, TUAN_RID_CHARS + 2), ids.items[i]));
    }
    tuan_out_text(out, "]");
}

static void write_tiers(struct tuan_out *out, struct tuan_tiers tiers)
{
    tuan_out_text(out, "[");
    for (uint32_t i = 0; i < tiers.count; i++) {
        write_comma(out, i == 0);
        tuan_out_text(out, "{\"size\":");
        tuan_out_int(out, tiers.items[i].size);
        tuan_out_text(out, ",\"price\":");
        tuan_out_int(out, tiers.items[i].price);
        tuan_out_text(out, "}");
    }
    tuan_out_text(out, "]");
}

static void write_list(struct tuan_out *out, const struct tuan_message *message,
                       struct tuan_list list)
{
    tuan_out_text(out, "[");
    for (uint32_t i = 0; i < list.count; i++) {
        write_comma(out, i == 0);
        tuan_json_message(out, message, (const char *)list.items + i * message->size);
    }
    tuan_out_text(out, "]");
}

static void write_rules(struct tuan_out *out, const struct tuan_rules *rules);

/* Apart from put_value: these would take all its registers. */
static __attribute__((noinline)) void
write_nested(struct tuan_out *out, const struct tuan_field *field, const void *value)
{
    switch (field->type) {
    case TUAN_TAGS: tuan_json_tags(out, *(const struct tuan_tags *)value); break;
    case TUAN_NAMES: write_names(out, *(const struct tuan_names *)value); break;
    case TUAN_RIDS: write_rids(out, *(const struct tuan_ids *)value); break;
    case TUAN_TIERS: write_tiers(out, *(const struct tuan_tiers *)value); break;
    case TUAN_LIST: write_list(out, field->items, *(const struct tuan_list *)value); break;
    case TUAN_MAP: tuan_json_message(out, field->items, *(const void *const *)value); break;
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_ID:
    case TUAN_TEXT:
    case TUAN_RID:
    case TUAN_WORD:
    case TUAN_RULES: break;
    }
}

/* What a member takes, without the bytes of a string and without what is nested. */
enum { MEMBER_MAX = 2 * TUAN_LABEL_BYTES };

/* The value of a member, whose key is behind. Before and after there is room for `members` further
 * ones. */
static inline char *put_value(struct tuan_out *out, char *at, size_t members,
                              const struct tuan_field *field, const void *value)
{
    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG: return tuan_put_int(at, *(const int64_t *)value);
    case TUAN_RID: return put_rid(at, *(const struct tuan_id *)value);
    case TUAN_WORD: return put_plain(at, tuan_word_str(field->words, *(const int64_t *)value));
    case TUAN_ID:
    case TUAN_TEXT:
        tuan_out_end(out, at);
        tuan_json_string(out, *(const struct tuan_str *)value);
        break;
    case TUAN_TAGS:
    case TUAN_NAMES:
    case TUAN_RIDS:
    case TUAN_TIERS:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES:
        tuan_out_end(out, at);
        write_nested(out, field, value);
        break;
    }
    return tuan_out_room(out, members * MEMBER_MAX);
}

/* The fields of an object, of whose names the first `skip` characters are told already. There is
 * always room for all members that are left, so that each is put without looking. */
static void write_members(struct tuan_out *out, const struct tuan_field *fields, uint32_t skip,
                          const void *object, uint64_t given)
{
    size_t left = (size_t)__builtin_popcountll(given);
    char *at = tuan_out_room(out, left * MEMBER_MAX);

    while (left-- > 0) {
        const struct tuan_field *field = &fields[tuan_next_bit(&given)];
        if (field->type == TUAN_RULES) { /* they stand among the others */
            tuan_out_end(out, at);
            write_rules(out, *(const struct tuan_rules *const *)tuan_field_at(field, object));
            at = tuan_out_room(out, left * MEMBER_MAX);
            continue;
        }
        at = skip == 0 ? tuan_put_label(at, &field->key)
                       : put_key(at, field->name + skip, field->name_len - skip);
        at = put_value(out, at, left, field, tuan_field_at(field, object));
    }
    tuan_out_end(out, at);
}

/* "virtual.mode" and "virtual.value" become one object under "virtual". */
static void write_rules(struct tuan_out *out, const struct tuan_rules *rules)
{
    int end;

    for (int param = 0; param < TUAN_PARAM_COUNT; param = end) {
        uint32_t group = tuan_param_group(param, &end);
        uint64_t given =
            tuan_rules_given(rules) & (UINT64_MAX << param) & (UINT64_MAX >> (64 - end));
        if (given == 0) continue;
        if (group > 0) write_key(out, tuan_param_fields[param].name, group);
        size_t start = out->len;
        write_members(out, tuan_param_fields, group > 0 ? group + 1 : 0, rules, given);
        if (group > 0) write_end(out, start);
    }
}

void tuan_json_message(struct tuan_out *out, const struct tuan_message *message, const void *body)
{
    size_t start = out->len;

    write_members(out, message->fields, 0, body, tuan_given(message, body));
    write_end(out, start);
}

void tuan_json_error(struct tuan_out *out, const struct tuan_reply *reply)
{
    const struct tuan_error_row *row = &tuan_errors[reply->err];
    char text[TUAN_ERROR_LINE_MAX];
    struct tuan_str message = tuan_error_text(reply);
    size_t start = out->len;

    message.len = message.len < sizeof text ? message.len : (uint32_t)sizeof text;
    memcpy(text, message.ptr, message.len);
    tuan_text_mend(text, message.len);
    write_key(out, "code", 4);
    tuan_json_string(out, (struct tuan_str){row->name, (uint32_t)strlen(row->name)});
    write_key(out, "message", 7);
    tuan_json_string(out, (struct tuan_str){text, message.len});
    write_key(out, "retryable", 9);
    tuan_out_int(out, row->retryable);
    write_members(out, tuan_problem_message.fields, 0, &reply->problem,
                  tuan_given(&tuan_problem_message, &reply->problem));
    write_end(out, start);
}
