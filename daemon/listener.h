/* SPDX-License-Identifier: BSD-2-Clause */
/* listener.h - a listening socket: bind early, accept gently.
 *
 * At most 64 connections are accepted a turn. When no descriptor is free, accepting rests for 50
 * ms. Beyond the limit of connections the caller is told so and closed, and so is who has not been
 * accepted when the daemon drains.
 */
#ifndef TUAN_DAEMON_LISTENER_H
#define TUAN_DAEMON_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/conn.h"

struct listener;

struct listener_config {
    struct event_base *base;
    struct conns *conns;
    struct metrics *metrics;
    int64_t *rejected;             /* of metrics: those beyond the limit */
    const size_t *connections_max; /* read at each accept: it may be changed */
    const char *refusal;           /* what those beyond it are told */
    const char *farewell;          /* what those are told who come too late */
    void *context;
    void (*turn)(void *context);
    void (*accepted)(void *context, struct conn *conn);
};

/* Bind and listen. `address` is ADDR:PORT ([ADDR]:PORT for IPv6; port 0 picks one) or, with
 * is_unix, a path. NULL: a line in `error`. */
struct listener *listener_open(const struct listener_config *config, const char *address,
                               bool is_unix, char *error, size_t error_size);
/* Turn away those who wait to be accepted: without that their connections are cut without a word.
 * NULL is fine. */
void listener_turn_away(struct listener *listener);
/* Stops listening; a Unix socket's file goes too. NULL is fine. */
void listener_close(struct listener *listener);
const char *listener_address(const struct listener *listener); /* ADDR:PORT as bound, or the path */

#endif
