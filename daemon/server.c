/* SPDX-License-Identifier: BSD-2-Clause */
/* server.c - the loop. */
#include "daemon/server.h"

#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/clock.h"
#include "daemon/feed_read.h"
#include "daemon/notify.h"
#include "daemon/push_text.h"
#include "daemon/server_impl.h"
#include "daemon/web_room.h"
#include "engine/engine.h"

enum {
    SLEEP_MAX_MS = 1000
}; /* even when nothing is due, the loop turns: it is how liveness is told */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* One timer for all deadlines. It is only ever moved forward: firing too early costs one empty
 * turn, moving it back with each change would cost more. */
static void arm_timer(struct server *server)
{
    int64_t boot_ms = clock_boot_ms();
    int64_t at =
        earlier(dispatch_next_boot_ms(server->host.dispatch), conns_next_ms(server->host.conns));

    at = earlier(at, watch_next_ms(server->host.watch));
    at = earlier(at, feed_readers_next_ms(server->host.feed_readers));
    at = earlier(at, boot_ms + SLEEP_MAX_MS);
    if (server->phase == SERVER_DRAINING || server->phase == SERVER_CLOSING)
        at = earlier(at, boot_ms + 10);
    if (server->timer_ms != 0 && server->timer_ms <= at) return;
    int64_t wait_ms = at > boot_ms ? at - boot_ms : 0;
    struct timeval wait = {wait_ms / 1000, wait_ms % 1000 * 1000};
    evtimer_add(server->timer, &wait);
    server->timer_ms = at;
    server->timer_due_us = clock_boot_us() + wait_ms * 1000;
}

static const char *address_of(const struct listener *listener)
{
    return listener == NULL ? "off" : listener_address(listener);
}

/* A Redis that will never do ends a start; once served, it is an alarm. */
static void stop_if_refused(struct server *server)
{
    struct mirror_info info;

    if (!dispatch_mirror_info(server->host.dispatch, &info) || info.refused == 0) return;
    log_error("cannot start", "error=\"%s\"", info.alarm);
    server->exit_code = info.refused;
    server->phase = SERVER_STOPPED;
}

static void note_recovery(struct server *server)
{
    struct engine_totals totals;

    dispatch_totals(server->host.dispatch, &totals);
    server->metrics.recovery_ms = clock_boot_ms() - server->host.started_ms;
    server->metrics.recovery_rooms = totals.rooms;
}

static void check_ready(struct server *server)
{
    struct mirror_info info;
    char line[4 * OPTION_TEXT_MAX];

    if (server->phase != SERVER_LOADING) return;
    if (!dispatch_is_ready(server->host.dispatch)) {
        stop_if_refused(server);
        return;
    }
    server->phase = SERVER_SERVING;
    server->host.has_served = true;
    note_recovery(server);
    /* One sentence in this very form: scripts wait for it and read the addresses from it. */
    snprintf(line, sizeof line, "ready rpc=%s web=%s admin=%s mirror=%s after %lld ms",
             address_of(server->rpc), address_of(server->web), address_of(server->admin),
             server->options.mirror, (long long)(clock_boot_ms() - server->host.started_ms));
    log_info(line, "rpc_unix=%s connections=%zu", address_of(server->rpc_unix),
             server->connections_max);
    if (!dispatch_mirror_info(server->host.dispatch, &info))
        log_warn("mirror is none: everything is forgotten when this process ends", "");
    else if (info.promise[0] != '\0')
        log_warn("the mirror's own settings do not keep everything", "promise=\"%s\"",
                 info.promise);
    notify_send("READY=1\nSTATUS=serving");
}

static void beat(struct server *server, int64_t boot_ms)
{
    if (server->beat_every_ms == 0 || boot_ms < server->beat_at_ms) return;
    server->beat_at_ms = boot_ms + server->beat_every_ms;
    notify_beat(server->phase == SERVER_LOADING);
}

static void end_turn(struct server *server)
{
    conns_turn(server->host.conns);
    watch_turn(server->host.watch, clock_boot_ms());
    dispatch_turn_end(server->host.dispatch);
    feed_readers_turn(server->host.feed_readers, clock_boot_ms());
    if (server->host.is_asked_to_stop && server->phase < SERVER_DRAINING)
        server_start_drain(server, "SHUTDOWN");
    check_ready(server);
    beat(server, clock_boot_ms());
    server_check_drain(server, clock_boot_ms());
    int64_t write_us = clock_boot_us();
    conns_turn_end(server->host.conns);
    int64_t end_us = clock_boot_us();
    server->metrics.phase_write_us += end_us - write_us;
    server->metrics.busy_us += end_us - server->host.turn_us;
    latency_turn_end(&server->host.latency, end_us - server->host.turn_us);
    server->is_in_turn = false;
}

int server_run(struct server *server)
{
    server_turn(server);
    end_turn(server);
    while (server->phase != SERVER_STOPPED) {
        arm_timer(server);
        int how = conns_have_work(server->host.conns) ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE;
        event_base_loop(server->base, how);
        server_turn(server); /* a callback that is not ours may have been the only one */
        end_turn(server);
    }
    return server->exit_code;
}

struct server *server_create(const struct options *options, const struct server_line *line,
                             int *exit_code)
{
    struct server *server = mem_zalloc(sizeof *server);

    server->options = *options;
    server->line = *line;
    if (server_open(server, exit_code)) return server;
    server_destroy(server);
    return NULL;
}

static void free_event(struct event *event)
{
    if (event != NULL) event_free(event);
}

/* Accepts half-built ones. Connections go before dispatch, whose hooks they use. */
void server_destroy(struct server *server)
{
    if (server == NULL) return;
    listener_close(server->rpc);
    listener_close(server->rpc_unix);
    listener_close(server->web);
    listener_close(server->admin);
    dispatch_destroy(server->host.dispatch);
    conns_destroy(server->host.conns);
    watch_destroy(server->host.watch);
    feed_readers_destroy(server->host.feed_readers);
    hot_room_free(&server->host.hot_room);
    web_rooms_destroy(server->host.web_rooms);
    push_texts_destroy(server->host.push_texts);
    auth_close(server->host.auth);
    rates_destroy(server->host.rates);
    free_event(server->timer);
    free_event(server->on_term);
    free_event(server->on_int);
    free_event(server->on_hup);
    if (server->base != NULL) event_base_free(server->base);
    mem_free(server->host.arena.base);
    mem_free(server->host.page.data);
    mem_free(server);
}
