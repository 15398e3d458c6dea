/* SPDX-License-Identifier: BSD-2-Clause */
/* net.h - connections of daemons to Redis: two pipes with delays.
 *
 * A connection that was cut or closed lives on as an orphan as long as bytes of it are under way to
 * the server: they run late, or never (R2).
 */
#ifndef TUAN_TESTS_SIM_NET_H
#define TUAN_TESTS_SIM_NET_H

#include <stdbool.h>

#include "base/buf.h"

struct sim;

enum { CONNS_MAX = 256 };

struct chunk {
    size_t len;
    int64_t at_us;
};
struct pipe {
    struct buf bytes; /* under way */
    struct chunk *chunks;
    size_t first, count, room; /* a queue */
    int64_t last_us;           /* when the newest chunk arrives */
    bool is_armed;
};

enum conn_state { CONN_FREE, CONN_CONNECTING, CONN_REFUSED, CONN_UP, CONN_CUT };
struct conn {
    enum conn_state state; /* as the daemon sees it */
    bool is_open;          /* the daemon has not closed it */
    bool server_gone;      /* nobody reads what arrives */
    uint32_t generation;
    uint32_t node;
    int server;
    struct pipe up, down;
    struct buf input;    /* at the server: not a whole request yet */
    struct buf received; /* at the daemon: not read yet */
    bool has_ended;      /* the daemon reads the end next */
    int64_t clogged_until_us;
    uint32_t cut_after; /* so many more writes of the daemon; 0: not by that */
};

struct net {
    struct conn conns[CONNS_MAX];
};

void net_free(struct net *net);
struct conn *net_connect(struct sim *sim, uint32_t node); /* to the primary of now */
void net_send(struct sim *sim, struct conn *conn, const void *bytes, size_t len);
void net_answer(struct sim *sim, struct conn *conn, const struct buf *bytes);
void net_close(struct sim *sim, struct conn *conn); /* by the daemon */
void net_cut(struct sim *sim, struct conn *conn);
void net_clog(struct sim *sim, struct conn *conn, int64_t until_us);
void net_server_gone(struct sim *sim, int server);
void net_arrived(struct sim *sim, uint32_t index, uint64_t token); /* EVENT_PIPE */
/* One that is up, of this node if it has one, by chance; NULL: there is none. */
struct conn *net_some(struct sim *sim, uint32_t node);

#endif
