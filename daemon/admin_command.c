/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_command.c - COMMAND [COUNT | LIST | INFO name ... | DOCS name ...], grown from the rows.
 *
 * The shapes are those of Redis 7.0, because redis-cli builds its help and hints from them. It
 * aborts when flags are bulk strings: they must be simple strings. On msgpack-rpc the answer is a
 * text, one command a line.
 */
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "daemon/admin.h"
#include "proto/resp.h"

static void bulk(struct admin_call *call, const char *text)
{
    tuan_resp_bulk(call->out, admin_str(text));
}

/* How Redis shows tokens; case does not matter. */
static void bulk_upper(struct admin_call *call, const char *text)
{
    char upper[64];
    size_t len = strlen(text) < sizeof upper ? strlen(text) : sizeof upper;

    for (size_t i = 0; i < len; i++)
        upper[i] = (char)toupper((unsigned char)text[i]);
    tuan_resp_bulk(call->out, (struct tuan_str){upper, (uint32_t)len});
}

static void map(struct admin_call *call, size_t pairs)
{
    tuan_resp_map(call->out, call->session->resp_version, pairs);
}

static const char *group_of(const struct tuan_command_row *row)
{
    if (strncmp(row->name, "campaign.", 9) == 0) return "campaign";
    if (strncmp(row->name, "room.", 5) == 0) return "room";
    if (strncmp(row->name, "seat.", 5) == 0 || strncmp(row->name, "user.", 5) == 0 ||
        strncmp(row->name, "refund.", 7) == 0)
        return "seat";
    if (row->role == TUAN_ROLE_ANY) return "connection";
    if (strstr(row->name, "watch") != NULL) return "feed";
    return row->kind == TUAN_KIND_DAEMON || row->role == TUAN_ROLE_OPERATOR ? "server" : "feed";
}

static const char *role_flag(const struct tuan_command_row *row)
{
    switch (row->role) {
    case TUAN_ROLE_ANY: return "no_auth";
    case TUAN_ROLE_READ: return "role_read";
    case TUAN_ROLE_CLIENT: return "role_client";
    case TUAN_ROLE_OPERATOR: return "admin";
    }
    return "admin";
}

static const char *kind_flag(const struct tuan_command_row *row)
{
    return row->kind == TUAN_KIND_WRITE ? "write" : "readonly";
}

/* As in Redis: the name counts; negative: or more. */
static int64_t arity_of(const struct tuan_command_row *row)
{
    int64_t required = 1;
    bool is_open = false;

    for (const struct tuan_use *use = row->uses; use->kind != TUAN_USE_END; use++) {
        if (use->kind == TUAN_USE_REQUIRED)
            required++;
        else
            is_open = true;
    }
    return is_open ? -required : required;
}

/* ---- COMMAND INFO: ten elements a command; nothing of ours is a key ---- */

static void write_info(struct admin_call *call, const struct tuan_command_row *row)
{
    char category[32] = "@";

    strncat(category, group_of(row), sizeof category - 2);
    tuan_resp_array(call->out, 10);
    bulk(call, row->name);
    tuan_resp_int(call->out, arity_of(row));
    tuan_resp_array(call->out, 2);
    tuan_resp_simple(call->out, kind_flag(row));
    tuan_resp_simple(call->out, role_flag(row));
    for (int i = 0; i < 3; i++)
        tuan_resp_int(call->out, 0);
    tuan_resp_array(call->out, 1);
    tuan_resp_simple(call->out, category);
    for (int i = 0; i < 3; i++)
        tuan_resp_array(call->out, 0);
}

static void answer_info(struct admin_call *call, uint32_t first)
{
    uint32_t count = admin_word_count(call);

    if (first >= count) {
        tuan_resp_array(call->out, TUAN_CMD_COUNT);
        for (int i = 0; i < TUAN_CMD_COUNT; i++)
            write_info(call, &tuan_commands[i]);
        return;
    }
    tuan_resp_array(call->out, count - first);
    for (uint32_t i = first; i < count; i++) {
        enum tuan_cmd id = tuan_command_find(admin_word(call, i));
        if (id == TUAN_CMD_COUNT)
            tuan_resp_null(call->out, call->session->resp_version);
        else
            write_info(call, &tuan_commands[id]);
    }
}

/* ---- COMMAND DOCS ---- */

static const char *type_of(const struct tuan_field *field)
{
    return field->type == TUAN_INT || field->type == TUAN_FLAG ? "integer" : "string";
}

static void write_argument(struct admin_call *call, const struct tuan_field *field, bool is_named,
                           bool is_optional, bool is_multiple)
{
    size_t flags = (size_t)is_optional + is_multiple;

    map(call, 3 + (size_t)is_named + (flags > 0));
    bulk(call, "name");
    bulk(call, field->name);
    bulk(call, "type");
    bulk(call, type_of(field));
    if (is_named) {
        bulk(call, "token");
        bulk_upper(call, field->name);
    }
    bulk(call, "summary");
    bulk(call, field->doc);
    if (flags == 0) return;
    bulk(call, "flags");
    tuan_resp_array(call->out, flags);
    if (is_optional) tuan_resp_simple(call->out, "optional");
    if (is_multiple) tuan_resp_simple(call->out, "multiple");
}

static size_t count_arguments(const struct tuan_command_row *row)
{
    size_t count = 0;

    for (const struct tuan_use *use = row->uses; use->kind != TUAN_USE_END; use++)
        count += use->kind == TUAN_USE_PARAMS ? TUAN_PARAM_COUNT : 1;
    return count;
}

static void write_arguments(struct admin_call *call, const struct tuan_command_row *row)
{
    tuan_resp_array(call->out, count_arguments(row));
    for (const struct tuan_use *use = row->uses; use->kind != TUAN_USE_END; use++) {
        if (use->kind == TUAN_USE_PARAMS)
            for (int i = 0; i < TUAN_PARAM_COUNT; i++)
                write_argument(call, &tuan_param_fields[i], true, true, false);
        else
            write_argument(call, &tuan_arg_fields[use->arg], use->kind == TUAN_USE_OPTION,
                           use->kind != TUAN_USE_REQUIRED, use->kind == TUAN_USE_REST);
    }
}

static void write_docs(struct admin_call *call, const struct tuan_command_row *row)
{
    bool has_arguments = count_arguments(row) > 0;

    bulk(call, row->name);
    map(call, 3 + (size_t)has_arguments);
    bulk(call, "summary");
    bulk(call, row->summary);
    bulk(call, "since");
    bulk(call, "0.1.0");
    bulk(call, "group");
    bulk(call, group_of(row));
    if (!has_arguments) return;
    bulk(call, "arguments");
    write_arguments(call, row);
}

static void answer_docs(struct admin_call *call)
{
    uint32_t count = admin_word_count(call);
    size_t known = 0;

    if (count == 1) {
        map(call, TUAN_CMD_COUNT);
        for (int i = 0; i < TUAN_CMD_COUNT; i++)
            write_docs(call, &tuan_commands[i]);
        return;
    }
    for (uint32_t i = 1; i < count; i++)
        known += tuan_command_find(admin_word(call, i)) != TUAN_CMD_COUNT;
    map(call, known);
    for (uint32_t i = 1; i < count; i++) {
        enum tuan_cmd id = tuan_command_find(admin_word(call, i));
        if (id != TUAN_CMD_COUNT) write_docs(call, &tuan_commands[id]);
    }
}

/* ---- the rest ---- */

static void answer_list(struct admin_call *call)
{
    tuan_resp_array(call->out, TUAN_CMD_COUNT);
    for (int i = 0; i < TUAN_CMD_COUNT; i++)
        bulk(call, tuan_commands[i].name);
}

static void answer_as_text(struct admin_call *call)
{
    struct buf text;

    buf_init(&text);
    for (int i = 0; i < TUAN_CMD_COUNT; i++)
        buf_printf(&text, "%s\t%s%s\n", tuan_commands[i].name, tuan_commands[i].summary,
                   tuan_commands[i].kind == TUAN_KIND_LATER ? " (not served yet)" : "");
    admin_text(call, (struct tuan_str){text.data, (uint32_t)text.len});
    buf_free(&text);
}

void admin_command(struct admin_call *call)
{
    struct tuan_str action = admin_word(call, 0);

    if (action.len > 0 && tuan_str_equal_nocase(action, TUAN_STR("COUNT")))
        admin_int(call, TUAN_CMD_COUNT);
    else if (call->is_rpc)
        answer_as_text(call);
    else if (action.len == 0)
        answer_info(call, 0);
    else if (tuan_str_equal_nocase(action, TUAN_STR("INFO")))
        answer_info(call, 1);
    else if (tuan_str_equal_nocase(action, TUAN_STR("DOCS")))
        answer_docs(call);
    else if (tuan_str_equal_nocase(action, TUAN_STR("LIST")))
        answer_list(call);
    else
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "COMMAND takes COUNT, LIST, INFO or DOCS");
}
