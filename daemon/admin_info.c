/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_info.c - INFO: the metrics by section, and the few lines that are words. */
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "daemon/admin.h"
#include "daemon/clock.h"
#include "engine/engine.h"

enum { ERROR_STATS = METRIC_SECTION_COUNT, COMMAND_STATS, SECTION_COUNT };
static const char *const more_sections[] = {"Errorstats", "Commandstats"};

static void sample_mirror(struct session_host *host)
{
    struct metrics *m = host->metrics;
    struct mirror_info info;

    m->mirror_ready = dispatch_is_ready(host->dispatch);
    if (!dispatch_mirror_info(host->dispatch, &info)) return;
    m->mirror_ready = info.ready;
    m->mirror_batches = (int64_t)info.batches;
    m->mirror_batch_bytes = (int64_t)info.batch_bytes;
    m->mirror_commits = (int64_t)info.commits;
    m->mirror_resends = (int64_t)info.resends;
    m->mirror_reconnects = (int64_t)info.reconnects;
    m->mirror_slices = (int64_t)info.slices;
    m->mirror_records_stored = (int64_t)info.records_stored;
    m->mirror_events_refused = (int64_t)info.events_refused;
    m->mirror_repaired = (int64_t)info.repaired;
    m->mirror_lost_acks = (int64_t)info.lost_acks;
    m->mirror_flight_bytes = (int64_t)info.flight_bytes;
    m->mirror_oldest_unacked_ms = info.oldest_unacked_ms;
}

static void sample_engine(struct session_host *host)
{
    struct metrics *m = host->metrics;
    struct engine_totals totals = {0};

    dispatch_totals(host->dispatch, &totals);
    m->facts = totals.facts;
    m->rooms = totals.rooms;
    m->rooms_pending = totals.rooms_pending;
    m->rooms_open = totals.rooms_open;
    m->rooms_formed = totals.rooms_formed;
    m->rooms_failed = totals.rooms_failed;
    m->refunds = totals.refunds;
    m->refunds_open = totals.refunds_open;
    m->campaigns = totals.campaigns;
    m->seats = totals.seats;
    m->users = totals.users;
    m->orders = totals.orders;
    m->dirty = totals.dirty;
    m->used_memory_engine = totals.bytes;
}

void admin_sample(struct session_host *host)
{
    struct metrics *m = host->metrics;

    m->uptime_in_seconds = (clock_boot_ms() - host->started_ms) / 1000;
    m->process_id = getpid();
    m->now = dispatch_now(host->dispatch);
    m->draining = host->is_draining;
    m->loading = !host->has_served; /* Redis clients do not start before it is 0 */
    m->connected_clients = (int64_t)conns_count(host->conns);
    m->maxclients = host->options->limit_connections;
    m->blocked_clients = conns_blocked(host->conns);
    m->parked_replies = conns_parked(host->conns);
    m->output_bytes = conns_output_bytes(host->conns);
    m->watches = (int64_t)watch_count(host->watch);
    m->log_warnings = (int64_t)log_count(LOG_LEVEL_WARN);
    m->log_errors = (int64_t)log_count(LOG_LEVEL_ERROR);
    metrics_sample_memory(m);
    sample_mirror(host);
    sample_engine(host);
}

/* ---- printing ---- */

static void print_words(const struct session_host *host, int section, struct buf *out)
{
    struct mirror_info info;

    if (section == METRIC_SERVER) {
        buf_printf(out,
                   "tuan_version:%s\r\ntcp_address:%s\r\nredis_mode:standalone\r\nrole:master\r\n",
                   TUAN_VERSION, host->rpc_address);
        buf_printf(out, "config_file:%s\r\n", host->options->file);
    } else if (section == METRIC_MIRROR) {
        if (!dispatch_mirror_info(host->dispatch, &info)) {
            buf_printf(out, "mirror:none\r\nmirror_ack:none\r\n"
                            "mirror_promise:everything is forgotten when this process ends\r\n");
            return;
        }
        buf_printf(out, "mirror:%s\r\nmirror_ack:%s\r\n", host->options->mirror,
                   host->options->mirror_ack == OPTION_ACK_MEMORY ? "memory" : "durable");
        buf_printf(out, "mirror_state:%s\r\nmirror_server:%s\r\nmirror_dataset:%s\r\n", info.state,
                   info.server, info.dataset);
        buf_printf(out, "mirror_promise:%s\r\nmirror_alarm:%s\r\n",
                   info.promise[0] != '\0' ? info.promise : "nothing acknowledged is lost",
                   info.alarm);
    } else if (section == METRIC_KEYSPACE) {
        /* what redis-cli --stat shows as keys */
        buf_printf(out, "db0:keys=%lld,expires=0,avg_ttl=0\r\n", (long long)host->metrics->rooms);
    }
}

static void print_errors(const struct metrics *metrics, struct buf *out)
{
    for (int i = 1; i < TUAN_ERR_COUNT; i++)
        if (metrics->errors[i] > 0)
            buf_printf(out, "errorstat_%s:count=%lld\r\n", tuan_errors[i].name,
                       (long long)metrics->errors[i]);
}

static void print_commands(const struct metrics *metrics, struct buf *out)
{
    for (int i = 0; i < TUAN_CMD_COUNT; i++) {
        int64_t done = metrics->commands_done[i], refused = metrics->commands_refused[i];
        if (done + refused > 0)
            buf_printf(out, "cmdstat_%s:calls=%lld,failed_calls=%lld\r\n", tuan_commands[i].name,
                       (long long)(done + refused), (long long)refused);
    }
}

static const char *section_name(int section)
{
    return section < METRIC_SECTION_COUNT ? metric_section_names[section]
                                          : more_sections[section - METRIC_SECTION_COUNT];
}

static void print_section(const struct session_host *host, int section, struct buf *out)
{
    buf_printf(out, "%s# %s\r\n", out->len > 0 ? "\r\n" : "", section_name(section));
    print_words(host, section, out);
    for (size_t i = 0; i < metric_row_count; i++)
        if ((int)metric_rows[i].section == section)
            buf_printf(out, "%s:%lld\r\n", metric_rows[i].name,
                       (long long)metric_value(host->metrics, &metric_rows[i]));
    if (section == ERROR_STATS) print_errors(host->metrics, out);
    if (section == COMMAND_STATS) print_commands(host->metrics, out);
}

/* INFO alone shows all but the statistics by command, as in Redis; `all` and `everything` show
 * those too. Persistence and Replication are asked for by name by Redis's tools: they get the
 * Mirror section. */
static bool is_wanted(const struct admin_call *call, int section)
{
    uint32_t count = admin_word_count(call);

    for (uint32_t i = 0; i < count; i++) {
        struct tuan_str word = admin_word(call, i);
        if (tuan_str_equal_nocase(word, admin_str(section_name(section))) ||
            tuan_str_equal_nocase(word, TUAN_STR("all")) ||
            tuan_str_equal_nocase(word, TUAN_STR("everything")) ||
            (tuan_str_equal_nocase(word, TUAN_STR("default")) && section != COMMAND_STATS) ||
            (tuan_str_equal_nocase(word, TUAN_STR("persistence")) && section == METRIC_MIRROR))
            return true;
    }
    return count == 0 && section != COMMAND_STATS;
}

void admin_info(struct admin_call *call)
{
    struct buf text;

    admin_sample(call->host);
    buf_init(&text);
    for (int section = 0; section < SECTION_COUNT; section++)
        if (is_wanted(call, section)) print_section(call->host, section, &text);
    admin_text(call, (struct tuan_str){text.len > 0 ? text.data : "", (uint32_t)text.len});
    buf_free(&text);
}
