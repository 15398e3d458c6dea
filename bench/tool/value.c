/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/tool/text.h"

static json_t *json_text(const struct tuan_value *value)
{
    const char *text = "";
    size_t len = 0;

    tuan_value_text(value, &text, &len);
    json_t *json = json_stringn(text, len);
    return json == NULL ? json_string("?") : json;
}

static json_t *json_list(const struct tuan_value *value)
{
    json_t *list = json_array();

    for (size_t i = 0; i < tuan_value_count(value); i++)
        json_array_append_new(list, value_json(tuan_value_at(value, i)));
    return list;
}

static json_t *json_map(const struct tuan_value *value)
{
    json_t *map = json_object();

    for (size_t i = 0; i < tuan_value_count(value); i++) {
        json_t *key = json_text(tuan_value_key(value, i));
        json_object_set_new(map, json_string_value(key), value_json(tuan_value_at(value, i)));
        json_decref(key);
    }
    return map;
}

json_t *value_json(const struct tuan_value *value)
{
    int64_t number = 0;

    switch (tuan_value_kind(value)) {
    case TUAN_VALUE_NIL: return json_null();
    case TUAN_VALUE_INT: tuan_value_int(value, &number); return json_integer(number);
    case TUAN_VALUE_TEXT: return json_text(value);
    case TUAN_VALUE_LIST: return json_list(value);
    case TUAN_VALUE_MAP: return json_map(value);
    case TUAN_VALUE_OTHER: break;
    }
    return json_string("?");
}

/* The leaves of a tree, each with its dotted name. */
typedef void leaf_visitor(void *context, const char *name, const json_t *leaf);

static void visit_leaves(const json_t *json, struct buf *name, leaf_visitor *visit, void *context);

static void visit_child(const json_t *child, struct buf *name, const char *key, leaf_visitor *visit,
                        void *context)
{
    size_t before = name->len;

    if (before > 0) buf_append_byte(name, '.');
    buf_append_str(name, key);
    visit_leaves(child, name, visit, context);
    name->len = before;
}

static void visit_leaves(const json_t *json, struct buf *name, leaf_visitor *visit, void *context)
{
    const char *key;
    json_t *child;
    size_t index;
    char number[24];

    if (json_is_object(json)) {
        json_object_foreach((json_t *)(uintptr_t)json, key, child)
        {
            visit_child(child, name, key, visit, context);
        }
    } else if (json_is_array(json)) {
        json_array_foreach(json, index, child)
        {
            snprintf(number, sizeof number, "%zu", index);
            visit_child(child, name, number, visit, context);
        }
    } else {
        struct buf copy = {0};
        buf_append(&copy, name->data, name->len);
        buf_append_byte(&copy, '\0');
        visit(context, copy.data, json);
        buf_free(&copy);
    }
}

static void append_leaf(struct buf *out, const json_t *leaf)
{
    if (json_is_string(leaf))
        text_safe(out, json_string_value(leaf), json_string_length(leaf));
    else if (json_is_integer(leaf))
        buf_append_int(out, json_integer_value(leaf));
    else if (json_is_real(leaf))
        buf_printf(out, "%.3f", json_real_value(leaf));
    else
        buf_append_str(out, json_is_true(leaf) ? "1" : json_is_false(leaf) ? "0" : "");
}

static void measure_name(void *context, const char *name, const json_t *leaf)
{
    size_t *width = context, own = text_width(name, strlen(name));

    (void)leaf;
    if (own > *width) *width = own;
}

struct lines {
    struct buf out;
    size_t width; /* of the names; 0: name=value */
};

static void append_line(void *context, const char *name, const json_t *leaf)
{
    struct lines *lines = context;

    if (*name != '\0' && lines->width > 0) {
        text_cell(&lines->out, name, strlen(name), lines->width);
        buf_append_str(&lines->out, "  ");
    } else if (*name != '\0') {
        text_safe(&lines->out, name, strlen(name));
        buf_append_byte(&lines->out, '=');
    }
    append_leaf(&lines->out, leaf);
    buf_append_byte(&lines->out, '\n');
}

void value_print(const struct tool *tool, const json_t *json)
{
    struct lines lines = {0};
    struct buf name = {0};

    if (tool->json) {
        json_dumpf(json, stdout,
                   JSON_ENCODE_ANY | (tool->is_terminal ? JSON_INDENT(2) : JSON_COMPACT));
        printf("\n");
        return;
    }
    if (tool->is_terminal) visit_leaves(json, &name, measure_name, &lines.width);
    visit_leaves(json, &name, append_line, &lines);
    if (lines.out.len > 0) fwrite(lines.out.data, 1, lines.out.len, stdout);
    buf_free(&name);
    buf_free(&lines.out);
}

json_t *value_of_word(const char *text)
{
    char *end;

    errno = 0;
    long long number = strtoll(text, &end, 10);
    return *text != '\0' && *end == '\0' && errno == 0 ? json_integer(number) : json_string(text);
}

static bool send_children(struct tuan_client *client, const char *name, const json_t *json)
{
    const char *key;
    json_t *child;
    size_t index;
    bool is_good = true;

    if (json_is_array(json)) {
        tuan_client_list(client, name, json_array_size(json));
        json_array_foreach(json, index, child)
        {
            is_good &= value_send(client, NULL, child);
        }
        return is_good;
    }
    tuan_client_map(client, name, json_object_size(json));
    json_object_foreach((json_t *)(uintptr_t)json, key, child)
    {
        is_good &= value_send(client, key, child);
    }
    return is_good;
}

bool value_send(struct tuan_client *client, const char *name, const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
    case JSON_ARRAY: return send_children(client, name, json);
    case JSON_STRING:
        tuan_client_bytes(client, name, json_string_value(json), json_string_length(json));
        return true;
    case JSON_INTEGER: tuan_client_int(client, name, json_integer_value(json)); return true;
    case JSON_TRUE: tuan_client_int(client, name, 1); return true;
    case JSON_FALSE: tuan_client_int(client, name, 0); return true;
    case JSON_REAL:
    case JSON_NULL: break;
    }
    return false;
}
