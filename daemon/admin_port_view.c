/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_port_view.c - the daemon's own state as JSON: what INFO, CLIENT LIST, SLOWLOG, LATENCY and
 * CONFIG show, from the same counters. */
#include <ctype.h>
#include <string.h>

#include "daemon/admin.h"
#include "daemon/admin_port.h"
#include "daemon/info.h"
#include "daemon/page.h"

enum { CONNECTIONS_SHOWN = 500 };

static const char json[] = "application/json";

/* ---- INFO ---- */

static void page_command(void *context, const char *name, int64_t calls, int64_t refused)
{
    struct tuan_out *out = context;

    page_name(out, name);
    tuan_out_text(out, "{");
    page_number(out, "calls", calls);
    page_number(out, "failed_calls", refused);
    tuan_out_text(out, "}");
}

void admin_port_info(const struct http_call *call, const struct tuan_http_request *request)
{
    struct tuan_out *page = &call->host->page;
    const struct info_sink sink = {.context = page,
                                   .text = page_text,
                                   .number = page_number,
                                   .error = page_number,
                                   .command = page_command};

    (void)request;
    info_sample(call->host);
    page->len = 0;
    tuan_out_text(page, "{");
    for (int section = 0; section < INFO_SECTION_COUNT; section++) {
        char name[32];
        size_t len = 0;
        for (const char *at = info_section_name(section); *at != '\0'; at++)
            name[len++] = (char)tolower((unsigned char)*at);
        name[len] = '\0';
        page_name(page, name);
        tuan_out_text(page, "{");
        info_walk(call->host, section, &sink);
        tuan_out_text(page, "}");
    }
    tuan_out_text(page, "}");
    http_page(call, 200, json, NULL);
}

/* ---- CLIENT LIST ---- */

static void print_connection(struct conn *conn, struct tuan_out *page)
{
    const struct session *session = conn_session(conn);
    struct conn_facts facts;

    conn_describe(conn, &facts);
    page_comma(page);
    tuan_out_text(page, "{");
    page_number(page, "id", (int64_t)facts.id);
    page_text(page, "address", facts.peer);
    page_text(page, "name", session->name);
    page_text(page, "user", session->user);
    page_text(page, "role", admin_role_word(session->role));
    page_text(page, "protocol", admin_protocol_word(session));
    page_text(page, "library", session->lib_name == NULL ? "" : session->lib_name);
    page_text(page, "command",
              session->last == TUAN_CMD_COUNT ? "" : tuan_commands[session->last].name);
    page_number(page, "age_ms", facts.age_ms);
    page_number(page, "idle_ms", facts.idle_ms);
    page_number(page, "requests", facts.requests);
    page_number(page, "parked", facts.parked);
    page_number(page, "input_bytes", (int64_t)facts.input_bytes);
    page_number(page, "output_bytes", (int64_t)facts.output_bytes);
    page_number(page, "paused", facts.is_paused);
    tuan_out_text(page, "}");
}

/* The first 500, and how many there are. */
void admin_port_connections(const struct http_call *call, const struct tuan_http_request *request)
{
    const struct conns *conns = call->host->conns;
    struct tuan_out *page = &call->host->page;
    struct conn *conn = NULL;

    if (!admin_port_admits(call, request, TUAN_CMD_SLOWLOG)) return;
    page->len = 0;
    tuan_out_text(page, "{\"connections\":[");
    for (int i = 0; i < CONNECTIONS_SHOWN && (conn = conns_next(conns, conn)) != NULL; i++)
        print_connection(conn, page);
    tuan_out_text(page, "]");
    page_number(page, "total", (int64_t)conns_count(conns));
    tuan_out_text(page, "}");
    http_page(call, 200, json, NULL);
}

/* ---- SLOWLOG GET ---- */

void admin_port_slowlog(const struct http_call *call, const struct tuan_http_request *request)
{
    const struct slowlog *slowlog = &call->host->slowlog;
    struct tuan_out *page = &call->host->page;
    const struct slow_entry *entry;

    if (!admin_port_admits(call, request, TUAN_CMD_SLOWLOG)) return;
    page->len = 0;
    tuan_out_text(page, "{\"requests\":[");
    for (size_t i = 0; (entry = slowlog_at(slowlog, i)) != NULL; i++) {
        page_comma(page);
        tuan_out_text(page, "{");
        page_number(page, "id", entry->id);
        page_number(page, "at", entry->at_ms);
        page_text(page, "command", tuan_commands[entry->command].name);
        page_number(page, "took_us", entry->times.took_us);
        page_number(page, "queue_us", entry->times.queue_us);
        page_number(page, "match_us", entry->times.match_us);
        page_number(page, "store_us", entry->times.store_us);
        page_text(page, "client", entry->peer);
        page_text(page, "name", entry->name);
        if (entry->trace[0] != '\0') page_text(page, "trace", entry->trace);
        tuan_out_text(page, "}");
    }
    tuan_out_text(page, "]");
    page_number(page, "slower_than_ms", call->host->options->slowlog_slower_than_ms);
    tuan_out_text(page, "}");
    http_page(call, 200, json, NULL);
}

/* ---- LATENCY HISTOGRAM ---- */

static void print_counts(const struct histogram *row, struct tuan_out *page)
{
    tuan_out_text(page, "{");
    page_number(page, "calls", row->count);
    page_number(page, "sum_us", row->sum);
    page_name(page, "counts");
    tuan_out_text(page, "[");
    for (int i = 0; i <= HISTOGRAM_BOUND_COUNT; i++) {
        page_comma(page);
        tuan_out_int(page, row->counts[i]);
    }
    tuan_out_text(page, "]}");
}

/* As many counts as bounds and one more: not cumulative, the last is what took longer than all. */
void admin_port_latency(const struct http_call *call, const struct tuan_http_request *request)
{
    const struct latency *latency = &call->host->latency;
    struct tuan_out *page = &call->host->page;

    (void)request;
    page->len = 0;
    tuan_out_text(page, "{\"bounds_us\":[");
    for (int i = 0; i < HISTOGRAM_BOUND_COUNT; i++) {
        page_comma(page);
        tuan_out_int(page, histogram_bounds[HISTOGRAM_US][i]);
    }
    tuan_out_text(page, "],\"commands\":{");
    for (int i = 0; i < TUAN_CMD_COUNT; i++) {
        if (latency->rows[i].count == 0) continue;
        page_name(page, tuan_commands[i].name);
        print_counts(&latency->rows[i], page);
    }
    tuan_out_text(page, "}}");
    http_page(call, 200, json, NULL);
}

/* ---- CONFIG GET ---- */

void admin_port_config(const struct http_call *call, const struct tuan_http_request *request)
{
    const struct options *options = call->host->options;
    struct tuan_out *page = &call->host->page;
    char value[OPTION_TEXT_MAX], origin[OPTION_TEXT_MAX + 64];

    if (!admin_port_admits(call, request, TUAN_CMD_CONFIG)) return;
    page->len = 0;
    tuan_out_text(page, "{\"options\":[");
    for (int i = 0; i < OPTION_COUNT; i++) {
        options_print_value(options, (enum option)i, value, sizeof value);
        options_print_origin(options, (enum option)i, origin, sizeof origin);
        page_comma(page);
        tuan_out_text(page, "{");
        page_text(page, "key", option_rows[i].key);
        page_text(page, "value", value);
        page_text(page, "default", option_rows[i].dflt);
        page_text(page, "source", origin);
        page_number(page, "reloadable", option_rows[i].is_live);
        page_text(page, "doc", option_rows[i].doc);
        tuan_out_text(page, "}");
    }
    tuan_out_text(page, "]}");
    http_page(call, 200, json, NULL);
}
