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

/* '<' and '>' differ in one bit, so do '"' and '&'. */
static inline bool needs_no_escape(uint64_t word)
{
    return !(tuan_some_below(word, ' ') || tuan_some_equal(word, '\\') ||
             tuan_some_equal(word, 0x7f) || tuan_some_equal(word | TUAN_EACH_BYTE(0x02), '>') ||
             tuan_some_equal(word | TUAN_EACH_BYTE(0x04), '&'));
}

static void write_plain(struct tuan_out *out, struct tuan_str text)
{
    char *at = tuan_out_room(out, text.len + (size_t)2);

    *at = '"';
    at = tuan_put_bytes(at + 1, text.ptr, text.len);
    *at = '"';
    out->len += text.len + (size_t)2;
}

void tuan_json_string(struct tuan_out *out, struct tuan_str text)
{
    uint32_t done = 0;

    if (tuan_words_are(needs_no_escape, text.ptr, text.len)) {
        write_plain(out, text);
        return;
    }
    tuan_out_text(out, "\"");
    for (uint32_t i = 0; i < text.len; i++) {
        if (!must_escape((unsigned char)text.ptr[i])) continue;
        tuan_out_bytes(out, text.ptr + done, i - done);
        write_escape(out, (unsigned char)text.ptr[i]);
        done = i + 1;
    }
    if (done < text.len) tuan_out_bytes(out, text.ptr + done, text.len - done);
    tuan_out_text(out, "\"");
}

static void write_comma(struct tuan_out *out, bool is_first)
{
    if (!is_first) tuan_out_text(out, ",");
}

/* A name that needs no escaping, with its colon, and a comma in front unless an object just opened.
 */
static void write_name(struct tuan_out *out, const char *name, uint32_t len)
{
    char *at = tuan_out_room(out, len + (size_t)4);

    if (at[-1] != '{') *at++ = ',';
    *at++ = '"';
    at = tuan_put_bytes(at, name, len);
    memcpy(at, "\":", 2);
    out->len = (size_t)(at + 2 - out->data);
}

static void write_rid(struct tuan_out *out, struct tuan_id id)
{
    char *at = tuan_out_room(out, TUAN_RID_CHARS + 2);

    at[0] = '"';
    tuan_rid_print(id, at + 1);
    at[TUAN_RID_CHARS + 1] = '"';
    out->len += TUAN_RID_CHARS + 2;
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
        write_rid(out, ids.items[i]);
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

static void write_value(struct tuan_out *out, const struct tuan_field *field, const void *value)
{
    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG: tuan_out_int(out, *(const int64_t *)value); break;
    case TUAN_ID:
    case TUAN_TEXT: tuan_json_string(out, *(const struct tuan_str *)value); break;
    case TUAN_RID: write_rid(out, *(const struct tuan_id *)value); break;
    case TUAN_WORD: write_plain(out, tuan_word_str(field->words, *(const int64_t *)value)); break;
    case TUAN_TAGS: tuan_json_tags(out, *(const struct tuan_tags *)value); break;
    case TUAN_NAMES: write_names(out, *(const struct tuan_names *)value); break;
    case TUAN_RIDS: write_rids(out, *(const struct tuan_ids *)value); break;
    case TUAN_TIERS: write_tiers(out, *(const struct tuan_tiers *)value); break;
    case TUAN_LIST: write_list(out, field->items, *(const struct tuan_list *)value); break;
    case TUAN_MAP: tuan_json_message(out, field->items, *(const void *const *)value); break;
    case TUAN_RULES: break; /* stands in its message's own object */
    }
}

/* "virtual.mode" and "virtual.value" become one object under "virtual". */
static void write_rules(struct tuan_out *out, const struct tuan_rules *rules)
{
    int end;

    for (int param = 0; param < TUAN_PARAM_COUNT; param = end) {
        uint32_t group = tuan_param_group(param, &end);
        uint64_t given =
            tuan_rules_given(rules) & (UINT64_MAX << param) & (UINT64_MAX >> (64 - end));
        uint32_t skip = group > 0 ? group + 1 : 0;
        if (given == 0) continue;
        if (group > 0) {
            write_name(out, tuan_param_fields[param].name, group);
            tuan_out_text(out, "{");
        }
        while (given != 0) {
            const struct tuan_field *field = &tuan_param_fields[tuan_next_bit(&given)];
            write_name(out, field->name + skip, field->name_len - skip);
            write_value(out, field, tuan_field_at(field, rules));
        }
        if (group > 0) tuan_out_text(out, "}");
    }
}

void tuan_json_message(struct tuan_out *out, const struct tuan_message *message, const void *body)
{
    tuan_out_text(out, "{");
    for (uint64_t given = tuan_given(message, body); given != 0;) {
        const struct tuan_field *field = &message->fields[tuan_next_bit(&given)];
        const void *value = tuan_field_at(field, body);
        if (field->type == TUAN_RULES) {
            write_rules(out, *(const struct tuan_rules *const *)value);
            continue;
        }
        write_name(out, field->name, field->name_len);
        write_value(out, field, value);
    }
    tuan_out_text(out, "}");
}

void tuan_json_error(struct tuan_out *out, const struct tuan_reply *reply)
{
    const struct tuan_error_row *row = &tuan_errors[reply->err];
    char text[TUAN_ERROR_LINE_MAX];
    struct tuan_str message = tuan_error_text(reply);

    message.len = message.len < sizeof text ? message.len : (uint32_t)sizeof text;
    memcpy(text, message.ptr, message.len);
    tuan_text_mend(text, message.len);
    tuan_out_text(out, "{");
    write_name(out, "code", 4);
    tuan_json_string(out, (struct tuan_str){row->name, (uint32_t)strlen(row->name)});
    write_name(out, "message", 7);
    tuan_json_string(out, (struct tuan_str){text, message.len});
    write_name(out, "retryable", 9);
    tuan_out_int(out, row->retryable);
    for (uint64_t given = tuan_given(&tuan_problem_message, &reply->problem); given != 0;) {
        const struct tuan_field *field = &tuan_problem_message.fields[tuan_next_bit(&given)];
        write_name(out, field->name, field->name_len);
        write_value(out, field, tuan_field_at(field, &reply->problem));
    }
    tuan_out_text(out, "}");
}
