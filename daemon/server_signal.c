/* SPDX-License-Identifier: BSD-2-Clause */
/* server_signal.c - being told: SIGTERM and SIGINT drain, SIGHUP reloads.
 *
 * Draining: nothing new is accepted, writes are refused, reads go on until no reply is parked and a
 * moment has passed for what was on its way (with mirror.ack = memory also until the mirror has
 * all); then everybody's output is flushed and closed. All of that within shutdown.grace_ms.
 */
#include <signal.h>

#include "base/log.h"
#include "daemon/clock.h"
#include "daemon/log_setup.h"
#include "daemon/notify.h"
#include "daemon/server_impl.h"

enum { QUIET_MS = 50 };

void server_start_drain(struct server *server, const char *why)
{
    int64_t boot_ms = clock_boot_ms();

    server->phase = SERVER_DRAINING;
    server->host.is_draining = true;
    server->drain_from_ms = boot_ms;
    server->drain_end_ms = boot_ms + server->options.shutdown_grace_ms;
    struct listener **listeners[] = {&server->rpc, &server->rpc_unix, &server->web};
    for (size_t i = 0; i < sizeof listeners / sizeof listeners[0]; i++) {
        listener_turn_away(*listeners[i]);
        listener_close(*listeners[i]);
        *listeners[i] = NULL;
    }
    server->host.rpc_address = server->host.web_address = "off";
    watch_dropped(server->host.watch); /* nobody waits any longer */
    log_info("draining", "why=%s connections=%zu parked=%lld grace_ms=%lld", why,
             conns_count(server->host.conns), (long long)conns_parked(server->host.conns),
             (long long)server->options.shutdown_grace_ms);
    notify_send("STOPPING=1\nSTATUS=draining");
}

static void stop(struct server *server, bool is_cut)
{
    server->phase = SERVER_STOPPED;
    server->exit_code = is_cut ? SERVER_EXIT_CUT : SERVER_EXIT_OK;
    if (is_cut)
        log_error(
            "stopped before all replies were out", "parked=%lld unsent_bytes=%lld connections=%zu",
            (long long)conns_parked(server->host.conns),
            (long long)conns_output_bytes(server->host.conns), conns_count(server->host.conns));
    else
        log_info("stopped", "");
}

/* With mirror.ack = memory, answers were given for what the mirror may not have yet. */
static bool has_unsaved(const struct server *server)
{
    struct mirror_info info;

    return server->options.mirror_ack == OPTION_ACK_MEMORY &&
           dispatch_mirror_info(server->host.dispatch, &info) && info.flight_bytes > 0;
}

void server_check_drain(struct server *server, int64_t boot_ms)
{
    struct conns *conns = server->host.conns;

    if (server->phase != SERVER_DRAINING && server->phase != SERVER_CLOSING) return;
    if (server->phase == SERVER_DRAINING && conns_parked(conns) == 0 &&
        boot_ms >= server->drain_from_ms + QUIET_MS && !has_unsaved(server)) {
        server->phase = SERVER_CLOSING;
        listener_close(server->admin);
        server->admin = NULL;
        conns_drain(conns);
    }
    if (server->phase == SERVER_CLOSING && conns_count(conns) == 0)
        stop(server, false);
    else if (boot_ms >= server->drain_end_ms)
        stop(server,
             conns_parked(conns) > 0 || conns_output_bytes(conns) > 0 || has_unsaved(server));
}

static void on_stop(evutil_socket_t number, short what, void *context)
{
    struct server *server = context;

    (void)what;
    server_turn(server);
    if (server->phase < SERVER_DRAINING) {
        server_start_drain(server, number == SIGINT ? "SIGINT" : "SIGTERM");
        return;
    }
    log_warn("asked to stop a second time: stopping now", "");
    stop(server, true);
}

/* ---- new options ---- */

/* All or nothing: one option that needs a restart refuses the whole; the log names each. */
static bool may_take_over(const struct options *old, const struct options *fresh,
                          struct options_fault *fault)
{
    bool is_good = true;

    for (int id = 0; id < OPTION_COUNT; id++) {
        if (option_rows[id].is_live || options_equal(old, fresh, (enum option)id)) continue;
        log_error("option needs a restart", "key=%s", option_rows[id].key);
        is_good = options_fail(fault, "%s needs a restart", option_rows[id].key);
    }
    return is_good;
}

static void log_changes(const struct options *old, const struct options *fresh)
{
    char was[OPTION_TEXT_MAX], is[OPTION_TEXT_MAX];

    for (int id = 0; id < OPTION_COUNT; id++) {
        if (options_equal(old, fresh, (enum option)id)) continue;
        options_print_value(old, (enum option)id, was, sizeof was);
        options_print_value(fresh, (enum option)id, is, sizeof is);
        log_info("option changed", "key=%s from=\"%s\" to=\"%s\"", option_rows[id].key, was, is);
    }
}

bool server_reconfigure(void *context, const struct options *fresh, struct options_fault *fault)
{
    struct server *server = context;

    if (!options_check(fresh, fault) || !may_take_over(&server->options, fresh, fault))
        return false;
    struct auth *auth = auth_open(fresh->auth_file, fault);
    if (auth == NULL) return false;
    log_changes(&server->options, fresh);
    auth_close(server->host.auth);
    server->host.auth = auth;
    server->options = *fresh;
    session_check_tokens(&server->host);
    server_limit_connections(server);
    conns_set_limits(server->host.conns, (size_t)fresh->limit_output,
                     (uint32_t)fresh->limit_in_flight);
    log_setup(fresh);
    return true;
}

static void on_reload(evutil_socket_t number, short what, void *context)
{
    struct server *server = context;
    struct options fresh;
    struct options_line line;
    struct options_fault fault;
    bool is_serving = server->phase == SERVER_SERVING; /* READY=1 would end a start, too */

    (void)number;
    (void)what;
    server_turn(server);
    if (is_serving) notify_reloading();
    if (options_load(&fresh, server->line.argc, server->line.argv, server->line.environment, &line,
                     &fault) &&
        server_reconfigure(server, &fresh, &fault))
        log_info("reloaded", "");
    else
        log_error("reload refused: nothing was changed", "error=\"%s\"", fault.text);
    if (is_serving) notify_send("READY=1");
}

static struct event *watch(struct server *server, int number, event_callback_fn callback)
{
    struct event *event = evsignal_new(server->base, number, callback, server);

    if (event != NULL) evsignal_add(event, NULL);
    return event;
}

bool server_watch_signals(struct server *server)
{
    server->on_term = watch(server, SIGTERM, on_stop);
    server->on_int = watch(server, SIGINT, on_stop);
    server->on_hup = watch(server, SIGHUP, on_reload);
    return server->on_term != NULL && server->on_int != NULL && server->on_hup != NULL;
}
