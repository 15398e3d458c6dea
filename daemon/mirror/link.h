/* SPDX-License-Identifier: BSD-2-Clause */
/* link.h - the socket to Redis. Nobody else knows hiredis or the event loop.
 *
 * Connects, and connects again with growing pauses; writes the outbox once a turn; hands each reply
 * out with the expectation it answers. Any doubt ends the connection (R1), and ending is put off
 * until no callback is running. A new connection starts with an empty outbox.
 */
#ifndef TUAN_DAEMON_MIRROR_LINK_H
#define TUAN_DAEMON_MIRROR_LINK_H

#include "daemon/mirror/wire.h"

struct event_base;
struct link;

struct link_address {
    bool is_unix;
    char path[108];
    char host[256];
    uint16_t port;
    int64_t backoff_min_ms, backoff_max_ms; /* between attempts */
    const struct mirror_meter *meter;       /* outlives the link */
};

struct link_hooks {
    void *context;
    void (*up)(void *context);
    void (*reply)(void *context, const struct expected *expected, const struct reply *reply);
    void (*down)(void *context, const char *why);
};

/* Resolves the host, so it may block. NULL and a line in `error` if that fails, or with
 * `must_reach` if nobody listens there. */
struct link *link_create(struct event_base *base, const struct link_address *address,
                         bool must_reach, struct outbox *out, const struct link_hooks *hooks,
                         char *error, size_t error_size);
void link_destroy(struct link *link); /* no hook is called any more */

/* End this connection; `down` is called before the next turn is over. wait_ms: at least so long
 * until the next attempt. */
void link_end(struct link *link, const char *why, int64_t wait_ms);
bool link_is_up(const struct link *link);
void link_settled(struct link *link); /* the connection is good: forget the growing pauses */

void link_turn(struct link *link, int64_t now_ms, int64_t timeout_ms);
int64_t link_next_ms(const struct link *link, int64_t timeout_ms);
void link_flush(struct link *link); /* write what the socket takes */
/* Going down in order: let the last requests reach the server, at most wait_ms. */
void link_drain(struct link *link, int wait_ms);

#endif
