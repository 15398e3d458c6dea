/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/monitor.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "proto/resp.h"

enum { UNREAD_MAX_BYTES = 256 * 1024, VALUE_MAX = 160 };

void monitor_start(struct admin_call *call)
{
    struct session_monitor *monitor = &call->session->monitor;

    if (call->is_rpc) {
        admin_fail(call, TUAN_ERR_BAD_REQUEST, "MONITOR speaks RESP");
        return;
    }
    if (!list_is_linked(&monitor->link)) list_push_tail(&call->host->monitors, &monitor->link);
    monitor->conn = call->conn;
    admin_simple(call, "OK");
}

void monitor_end(struct session *session)
{
    list_remove(&session->monitor.link);
}

/* ---- a line ---- */

static void print_quoted(struct buf *out, const char *text, size_t len)
{
    char quoted[VALUE_MAX];

    buf_printf(out, " %s", log_quote(quoted, sizeof quoted, text, len));
}

/* Lists are told by their length. */
static void print_value(struct buf *out, const struct tuan_field *field, const void *value)
{
    char rid[TUAN_RID_CHARS];

    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG: buf_printf(out, " \"%lld\"", (long long)*(const int64_t *)value); return;
    case TUAN_ID:
    case TUAN_TEXT: {
        const struct tuan_str *text = value;
        print_quoted(out, text->len == 0 ? "" : text->ptr, text->len);
        return;
    }
    case TUAN_RID:
        tuan_rid_print(*(const struct tuan_id *)value, rid);
        print_quoted(out, rid, sizeof rid);
        return;
    case TUAN_WORD:
        buf_printf(out, " \"%s\"", tuan_word_text(field->words, *(const int64_t *)value));
        return;
    case TUAN_RIDS: buf_printf(out, " \"(%u)\"", ((const struct tuan_ids *)value)->count); return;
    case TUAN_NAMES:
        buf_printf(out, " \"(%u)\"", ((const struct tuan_names *)value)->count);
        return;
    case TUAN_TAGS: buf_printf(out, " \"(%u)\"", ((const struct tuan_tags *)value)->count); return;
    case TUAN_TIERS:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: return; /* no argument has these types */
    }
}

static void print_line(const struct session_host *host, const struct conn *conn, struct buf *out)
{
    const struct tuan_command *command = &host->command;
    const struct tuan_command_row *row = &tuan_commands[command->id];
    int64_t now_ms = dispatch_now(host->dispatch);
    struct conn_facts facts;

    conn_describe(conn, &facts);
    buf_printf(out, "%lld.%03lld000 [0 %s] \"%s\"", (long long)(now_ms / 1000),
               (long long)(now_ms % 1000), facts.peer, row->name);
    for (int i = 0; row->role != TUAN_ROLE_ANY && i < TUAN_ARG_COUNT; i++) {
        const struct tuan_field *field = &tuan_arg_fields[i];
        if (!((command->given >> i) & 1)) continue;
        buf_printf(out, " \"%s\"", field->name);
        print_value(out, field, (const char *)&command->arg + field->offset);
    }
    buf_append_byte(out, '\0');
}

/* ---- to all who look ---- */

static void show(struct session_monitor *monitor, const char *line)
{
    struct dispatch_answer unasked = {.is_push = true};
    char missed[64];

    if (conn_unsent(monitor->conn, UNREAD_MAX_BYTES) > UNREAD_MAX_BYTES) {
        monitor->missed++;
        return;
    }
    struct tuan_out *out = conn_out(monitor->conn);
    if (monitor->missed > 0) {
        snprintf(missed, sizeof missed, "(%llu requests were left out)",
                 (unsigned long long)monitor->missed);
        tuan_resp_simple(out, missed);
        monitor->missed = 0;
    }
    tuan_resp_simple(out, line);
    conn_out_done(monitor->conn, &unasked, 0);
}

void monitor_show(struct session_host *host, struct conn *conn)
{
    struct buf line;

    if (list_is_empty(&host->monitors)) return;
    buf_init(&line);
    print_line(host, conn, &line);
    list_for_each (link, &host->monitors)
        show(container_of(link, struct session_monitor, link), line.data);
    buf_free(&line);
}
