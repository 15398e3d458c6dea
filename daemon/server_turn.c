/* SPDX-License-Identifier: BSD-2-Clause */
/* server_turn.c - how a turn begins, and the timer that begins one when something is due. */
#include "daemon/clock.h"
#include "daemon/server_impl.h"

void server_turn(void *context)
{
    struct server *server = context;

    if (server->is_in_turn) return;
    server->is_in_turn = true;
    server->metrics.turns++;
    server->host.turn_us = clock_boot_us();
    conns_turn_begin(server->host.conns, server->host.turn_us / 1000);
    dispatch_turn_begin(server->host.dispatch);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;

    (void)fd;
    (void)what;
    int64_t lag_us = clock_boot_us() - server->timer_due_us;
    server->timer_ms = 0;
    histogram_add(&server->metrics.loop_lag, HISTOGRAM_US, lag_us > 0 ? lag_us : 0, 1);
    server_turn(server);
}

bool server_open_timer(struct server *server)
{
    server->timer = evtimer_new(server->base, on_timer, server);
    return server->timer != NULL;
}
