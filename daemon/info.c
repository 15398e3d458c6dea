/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/info.h"

#include <unistd.h>

#include "base/log.h"
#include "daemon/clock.h"
#include "daemon/feed_read.h"
#include "engine/engine.h"

bool info_is_ready(const struct session_host *host)
{
    return host->has_served && !host->is_draining && dispatch_is_ready(host->dispatch);
}

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
    m->seats_open = totals.seats_open;
    m->timers[METRIC_TIMER_MATCHING] = totals.timers;
    m->users = totals.users;
    m->orders = totals.orders;
    m->dirty = totals.dirty;
    m->sweep_portion = (int64_t)dispatch_sweep_portion(host->dispatch);
    m->used_memory_engine = totals.bytes;
}

void info_sample(struct session_host *host)
{
    struct metrics *m = host->metrics;

    m->uptime_in_seconds = (clock_boot_ms() - host->started_ms) / 1000;
    m->process_id = getpid();
    m->now = dispatch_now(host->dispatch);
    m->ready = info_is_ready(host);
    m->draining = host->is_draining;
    m->loading = !host->has_served; /* Redis clients do not start before it is 0 */
    m->maxclients = host->options->limit_connections;
    m->blocked_clients = conns_blocked(host->conns);
    m->parked_replies = conns_parked(host->conns);
    m->output_bytes = conns_output_bytes(host->conns);
    m->timers[METRIC_TIMER_CONNECTION] = (int64_t)conns_timers(host->conns);
    m->timers[METRIC_TIMER_WATCH] =
        (int64_t)(watch_timers(host->watch) + feed_readers_timers(host->feed_readers));
    m->notification_queue = (int64_t)watch_due(host->watch);
    m->watches = (int64_t)(watch_count(host->watch) + feed_readers_waiting(host->feed_readers));
    m->log_warnings = (int64_t)log_count(LOG_LEVEL_WARN);
    m->log_errors = (int64_t)log_count(LOG_LEVEL_ERROR);
    metrics_sample_memory(m);
    sample_mirror(host);
    sample_engine(host);
    metrics_sum_up(m);
}

/* ---- walking ---- */

static void walk_server(const struct session_host *host, const struct info_sink *sink)
{
    sink->text(sink->context, "tuan_version", TUAN_VERSION);
    sink->text(sink->context, "tuan_build", TUAN_BUILD);
    sink->text(sink->context, "tcp_address", host->rpc_address);
    sink->text(sink->context, "web_address", host->web_address);
    sink->text(sink->context, "admin_address", host->admin_address);
    sink->text(sink->context, "redis_mode", "standalone");
    sink->text(sink->context, "role", "master");
    sink->text(sink->context, "config_file", host->options->file);
}

static void walk_mirror(const struct session_host *host, const struct info_sink *sink)
{
    struct mirror_info info;
    bool is_memory = host->options->mirror_ack == OPTION_ACK_MEMORY;

    if (!dispatch_mirror_info(host->dispatch, &info)) {
        sink->text(sink->context, "mirror", "none");
        sink->text(sink->context, "mirror_ack", "none");
        sink->text(sink->context, "mirror_promise",
                   "everything is forgotten when this process ends");
        return;
    }
    sink->text(sink->context, "mirror", host->options->mirror);
    sink->text(sink->context, "mirror_ack", is_memory ? "memory" : "durable");
    sink->text(sink->context, "mirror_state", info.state);
    sink->text(sink->context, "mirror_server", info.server);
    sink->text(sink->context, "mirror_redis_version", info.version);
    sink->text(sink->context, "mirror_dataset", info.dataset);
    sink->text(sink->context, "mirror_promise",
               info.promise[0] != '\0' ? info.promise : "nothing acknowledged is lost");
    sink->text(sink->context, "mirror_alarm", info.alarm);
}

static void walk_errors(const struct metrics *metrics, const struct info_sink *sink)
{
    for (int i = 1; i < TUAN_ERR_COUNT; i++)
        if (metrics->errors[i] > 0)
            sink->error(sink->context, tuan_errors[i].name, metrics->errors[i]);
}

static void walk_commands(const struct metrics *metrics, const struct info_sink *sink)
{
    for (int i = 0; i < TUAN_CMD_COUNT; i++) {
        struct metric_outcomes seen = metrics_outcomes(metrics, (enum tuan_cmd)i);
        if (seen.done + seen.refused > 0)
            sink->command(sink->context, tuan_commands[i].name, seen.done + seen.refused,
                          seen.refused);
    }
}

static void walk_numbers(const struct metrics *metrics, int section, const struct info_sink *sink)
{
    for (size_t i = 0; i < metric_row_count; i++)
        if ((int)metric_rows[i].section == section)
            sink->number(sink->context, metric_rows[i].name,
                         metric_value(metrics, &metric_rows[i]));
    for (size_t i = 0; i < metric_histogram_row_count; i++) {
        const struct metric_histogram_row *row = &metric_histogram_rows[i];
        if ((int)row->section != section) continue;
        sink->number(sink->context, row->count_name, metric_histogram(metrics, row)->count);
        sink->number(sink->context, row->sum_name, metric_histogram(metrics, row)->sum);
    }
}

const char *info_section_name(int section)
{
    if (section == INFO_ERRORS) return "Errorstats";
    return section == INFO_COMMANDS ? "Commandstats" : metric_section_names[section];
}

void info_walk(const struct session_host *host, int section, const struct info_sink *sink)
{
    if (section == METRIC_SERVER) walk_server(host, sink);
    if (section == METRIC_MIRROR) walk_mirror(host, sink);
    walk_numbers(host->metrics, section, sink);
    if (section == INFO_ERRORS) walk_errors(host->metrics, sink);
    if (section == INFO_COMMANDS) walk_commands(host->metrics, sink);
}
