/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_latency.c - SLOWLOG and LATENCY HISTOGRAM, in the shapes that Redis has. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "daemon/admin.h"
#include "proto/resp.h"

enum { SLOWLOG_SHOWN = 10 };

static void answer_text(struct admin_call *call, struct buf *text)
{
    admin_text(call, (struct tuan_str){text->len > 0 ? text->data : "", (uint32_t)text->len});
    buf_free(text);
}

/* ---- SLOWLOG ---- */

static void print_phases(const struct slow_entry *entry, struct buf *out)
{
    buf_printf(out, "queue=%lld match=%lld store=%lld", (long long)entry->times.queue_us,
               (long long)entry->times.match_us, (long long)entry->times.store_us);
}

static void print_trace(const struct slow_entry *entry, struct buf *out)
{
    char quoted[2 * TRACE_ID_MAX];

    if (entry->trace[0] == '\0') return;
    buf_printf(out, " trace=%s",
               log_quote(quoted, sizeof quoted, entry->trace, strlen(entry->trace)));
}

/* Redis's six elements, a seventh: the phases, in microseconds, and with a trace id that. */
static void write_entry(struct admin_call *call, const struct slow_entry *entry)
{
    struct buf phases;

    buf_init(&phases);
    print_phases(entry, &phases);
    tuan_resp_array(call->out, entry->trace[0] == '\0' ? 7 : 8);
    tuan_resp_int(call->out, entry->id);
    tuan_resp_int(call->out, entry->at_ms / 1000);
    tuan_resp_int(call->out, entry->times.took_us);
    tuan_resp_array(call->out, 1);
    tuan_resp_bulk(call->out, admin_str(tuan_commands[entry->command].name));
    tuan_resp_bulk(call->out, admin_str(entry->peer));
    tuan_resp_bulk(call->out, admin_str(entry->name));
    tuan_resp_bulk(call->out, (struct tuan_str){phases.data, (uint32_t)phases.len});
    if (entry->trace[0] != '\0') tuan_resp_bulk(call->out, admin_str(entry->trace));
    buf_free(&phases);
}

/* -1: all of them. False: not a number. */
static bool take_count(const struct admin_call *call, size_t *count)
{
    struct tuan_str word = admin_word(call, 0);
    char text[8], *end;

    if (word.len == 0) return true;
    if (word.len >= sizeof text) return false;
    memcpy(text, word.ptr, word.len);
    text[word.len] = '\0';
    long number = strtol(text, &end, 10);
    if (*end != '\0' || number < -1) return false;
    *count = number < 0 ? SLOWLOG_ROOM : (size_t)number;
    return true;
}

static void get_slow(struct admin_call *call)
{
    const struct slowlog *slowlog = &call->host->slowlog;
    const struct slow_entry *entry;
    size_t count = SLOWLOG_SHOWN;
    struct buf text;

    if (!take_count(call, &count)) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "SLOWLOG GET takes a number, -1 for all");
        return;
    }
    if (count > slowlog->count) count = slowlog->count;
    buf_init(&text);
    if (!call->is_rpc) tuan_resp_array(call->out, count);
    for (size_t i = 0; i < count && (entry = slowlog_at(slowlog, i)) != NULL; i++) {
        if (!call->is_rpc) {
            write_entry(call, entry);
            continue;
        }
        buf_printf(&text, "id=%lld at=%lld took=%lld command=%s client=%s name=%s ",
                   (long long)entry->id, (long long)entry->at_ms, (long long)entry->times.took_us,
                   tuan_commands[entry->command].name, entry->peer, entry->name);
        print_phases(entry, &text);
        print_trace(entry, &text);
        buf_append_byte(&text, '\n');
    }
    if (call->is_rpc)
        answer_text(call, &text);
    else
        buf_free(&text);
}

void admin_slowlog(struct admin_call *call)
{
    struct tuan_str action = call->command->arg.action;

    if (tuan_str_equal_nocase(action, TUAN_STR("GET"))) {
        get_slow(call);
    } else if (tuan_str_equal_nocase(action, TUAN_STR("LEN"))) {
        admin_int(call, (int64_t)call->host->slowlog.count);
    } else if (tuan_str_equal_nocase(action, TUAN_STR("RESET"))) {
        slowlog_reset(&call->host->slowlog);
        admin_simple(call, "OK");
    } else {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "SLOWLOG takes GET [count], LEN or RESET");
    }
}

/* ---- LATENCY HISTOGRAM ---- */

static bool is_asked(const struct admin_call *call, enum tuan_cmd command)
{
    uint32_t count = admin_word_count(call);

    if (call->host->latency.rows[command].count == 0) return false;
    for (uint32_t i = 0; i < count; i++)
        if (tuan_command_find(admin_word(call, i)) == command) return true;
    return count == 0;
}

static size_t count_bounds(const struct histogram *row)
{
    size_t count = 0;

    for (int i = 0; i < HISTOGRAM_BOUND_COUNT; i++)
        count += row->counts[i] > 0;
    return count;
}

/* As in Redis: cumulative, bounds that add nothing are left out. */
static void write_row(struct admin_call *call, const struct histogram *row)
{
    int version = call->session->resp_version;
    int64_t total = 0;

    tuan_resp_map(call->out, version, 2);
    tuan_resp_bulk(call->out, TUAN_STR("calls"));
    tuan_resp_int(call->out, row->count);
    tuan_resp_bulk(call->out, TUAN_STR("histogram_usec"));
    tuan_resp_map(call->out, version, count_bounds(row));
    for (int i = 0; i < HISTOGRAM_BOUND_COUNT; i++) {
        if (row->counts[i] == 0) continue;
        total += row->counts[i];
        tuan_resp_int(call->out, histogram_bounds[HISTOGRAM_US][i]);
        tuan_resp_int(call->out, total);
    }
}

static void print_row(const struct histogram *row, const char *name, struct buf *out)
{
    int64_t total = 0;

    buf_printf(out, "%s calls=%lld", name, (long long)row->count);
    for (int i = 0; i < HISTOGRAM_BOUND_COUNT; i++) {
        if (row->counts[i] == 0) continue;
        total += row->counts[i];
        buf_printf(out, " %lld:%lld", (long long)histogram_bounds[HISTOGRAM_US][i],
                   (long long)total);
    }
    buf_append_byte(out, '\n');
}

void admin_latency(struct admin_call *call)
{
    struct tuan_str action = call->command->arg.action;
    const struct latency *latency = &call->host->latency;
    size_t count = 0;
    struct buf text;

    if (!tuan_str_equal_nocase(action, TUAN_STR("HISTOGRAM"))) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "LATENCY takes HISTOGRAM [command ...]");
        return;
    }
    buf_init(&text);
    for (int i = 0; i < TUAN_CMD_COUNT; i++)
        count += is_asked(call, (enum tuan_cmd)i);
    if (!call->is_rpc) tuan_resp_map(call->out, call->session->resp_version, count);
    for (int i = 0; i < TUAN_CMD_COUNT; i++) {
        if (!is_asked(call, (enum tuan_cmd)i)) continue;
        if (call->is_rpc) {
            print_row(&latency->rows[i], tuan_commands[i].name, &text);
            continue;
        }
        tuan_resp_bulk(call->out, admin_str(tuan_commands[i].name));
        write_row(call, &latency->rows[i]);
    }
    if (call->is_rpc)
        answer_text(call, &text);
    else
        buf_free(&text);
}
