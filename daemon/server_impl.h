/* SPDX-License-Identifier: BSD-2-Clause */
/* server_impl.h - inside of the server's files; nobody else includes it. */
#ifndef TUAN_DAEMON_SERVER_IMPL_H
#define TUAN_DAEMON_SERVER_IMPL_H

#include <event2/event.h>

#include "daemon/listener.h"
#include "daemon/server.h"
#include "daemon/session.h"

enum server_phase {
    SERVER_LOADING,
    SERVER_SERVING,
    SERVER_DRAINING,
    SERVER_CLOSING,
    SERVER_STOPPED
};

struct server {
    struct options options;
    struct server_line line;
    struct metrics metrics;
    struct session_host host;
    struct event_base *base;
    struct event *timer, *on_term, *on_int, *on_hup;
    struct listener *rpc, *rpc_unix, *web, *admin;
    size_t connections_max;
    size_t admin_connections_max;      /* some more: a full daemon must be looked into */
    int64_t timer_ms;                  /* what the timer is armed for; 0: it is not */
    int64_t timer_due_us;              /* clock_boot_us() at which it should fire */
    int64_t beat_every_ms, beat_at_ms; /* notify_beat */
    int64_t drain_from_ms, drain_end_ms;
    enum server_phase phase;
    bool is_in_turn;
    int exit_code;
};

/* server_turn.c */
void server_turn(void *context); /* the first thing in every callback */
bool server_open_timer(struct server *server);

/* server_signal.c */
bool server_watch_signals(struct server *server);
/* Take over what may change while running, all or nothing; a hook of struct session_host. */
bool server_reconfigure(void *context, const struct options *fresh, struct options_fault *fault);
void server_start_drain(struct server *server, const char *why);
void server_check_drain(struct server *server, int64_t boot_ms);

/* server_start.c */
bool server_open(struct server *server, int *exit_code);

/* server_limits.c: as many connections as the options say, or as the limit of descriptors allows,
 * which is raised first. */
void server_limit_connections(struct server *server);

#endif
