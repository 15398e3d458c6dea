/* SPDX-License-Identifier: BSD-2-Clause */
/* conn_impl.h - inside of conn.c, conn_io.c and conn_life.c; nobody else includes it. */
#ifndef TUAN_DAEMON_CONN_IMPL_H
#define TUAN_DAEMON_CONN_IMPL_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/wheel.h"
#include "daemon/conn.h"
#include "daemon/park.h"

enum {
    CONN_READ_BYTES = 64 * 1024,              /* at most, from one connection in one turn */
    CONN_EARLY_BYTES = 4 * 1024,              /* replies that leave before the turn's end */
    CONN_KEEP_BYTES = 1024,                   /* an idle connection keeps no larger buffer */
    CONN_HELD_BYTES = 16 * 1024,              /* a held connection is not read beyond this */
    CONN_SPARES_BYTES_MAX = 16 * 1024 * 1024, /* output buffers kept for the next who needs one */
    CONN_PEER_MAX = 56,
};

struct conn {
    struct conns *conns;
    struct list all;    /* in conns->all, or conns->dead */
    struct list flush;  /* in conns->to_flush when something may leave */
    struct list resume; /* in conns->to_resume when buffered requests may be taken again */
    struct event on_read, on_write;
    struct wheel_node timer; /* the next of: parked reply too late, alarm, stall */
    uint64_t id;
    int fd;
    enum metric_proto proto;
    bool is_unix, is_dead, is_paused, is_finishing, is_writing, is_held;
    struct buf input;    /* requests not taken yet; empty most of the time */
    struct tuan_out out; /* [sent, sent + ready) may leave, what follows is parked */
    size_t sent, ready, mark;
    struct park_queue parked;
    int64_t since_ms, used_ms, alarm_ms, stalled_ms;
    int64_t requests;
    char peer[CONN_PEER_MAX];
};

/* A buffer that nobody writes to, in its own first bytes. */
struct conn_spare {
    struct conn_spare *next;
    size_t cap;
};

struct conns {
    struct conns_config config;
    struct list all, dead, to_flush, to_resume;
    struct wheel wheel;
    struct park park;
    size_t count;
    uint64_t ids;
    int64_t boot_ms;
    int64_t output_bytes;
    char *scratch;             /* input_max + CONN_READ_BYTES: where all requests are parsed */
    struct conn_spare *spares; /* the largest first, which then never grows, behind it the latest */
    size_t spares_bytes;
    bool is_draining;
};

static inline size_t conn_output_bytes(const struct conn *conn)
{
    return conn->out.len - conn->sent;
}

/* conn_io.c */
void conn_on_read(evutil_socket_t fd, short what, void *context);
void conn_on_write(evutil_socket_t fd, short what, void *context);
void conn_flush(struct conn *conn);
void conn_take_buffered(struct conn *conn); /* parse what is in `input` already */
void conn_check_pause(struct conn *conn);

/* conn_life.c */
bool conn_keep_spare(struct conns *conns, const struct tuan_out *out); /* false: it is yours */
struct tuan_out conn_take_spare(struct conns *conns);                  /* one is there */
void conn_on_advance(void *context, struct list *link);
void conn_release(struct conn *conn); /* move what may leave from parked to ready */
void conn_arm(struct conn *conn);
void conn_need_flush(struct conn *conn);

#endif
