/* SPDX-License-Identifier: BSD-2-Clause */
/* conn.h - connections: bytes in, bytes out, back-pressure, and the end.
 *
 * struct conns is all of them and what they share. A connection is read once a turn of the event
 * loop, and written once, at its end or as soon as a page of replies is ready; its output is one
 * buffer whose tail may be parked (park.h). Reading stops while too much is in flight or unread by
 * the peer, and goes on by itself. A connection that dies is dead at once and freed at the turn's
 * end, so a pointer is good for the turn. Times are clock_boot_ms().
 *
 * Not here: what the bytes mean. The user's hooks do that, with `session_size` zeroed bytes of
 * their own per connection.
 */
#ifndef TUAN_DAEMON_CONN_H
#define TUAN_DAEMON_CONN_H

#include "daemon/dispatch.h"
#include "daemon/metrics.h"
#include "proto/codec.h"

struct conn;
struct conns;
struct event_base;

/* A reply that will never leave: what it answered. */
struct conn_lost {
    uint32_t msgid;
    bool is_write, is_push;
};

/* A reply that has waited. */
struct conn_left {
    enum tuan_cmd command;
    int64_t at_us; /* clock_boot_us() of the turn in which it was judged */
    uint32_t trace;
};

struct conns_config {
    struct event_base *base;
    struct metrics *metrics;
    size_t session_size;
    size_t input_max;  /* most unread bytes that are kept (a frame and one read) */
    size_t output_max; /* unsent and parked bytes of a connection, beyond which it is not read */
    uint32_t in_flight_max; /* parked replies of a connection, likewise */
    int64_t timeout_ms;     /* a parked reply is given up */
    int64_t stall_ms;       /* a peer over output_max that reads nothing for that long is cut off */
    void *context;
    bool (*is_committed)(void *context, uint32_t partition, uint64_t position);
    void (*turn)(void *context); /* before anything is read in a turn */
    /* Take whole requests from the front of data; returns how many bytes. Stops when conn_may_take
     * says so. */
    size_t (*input)(void *context, struct conn *conn, const char *data, size_t len);
    /* A parked reply was given up: write what the peer gets in its place. */
    void (*give_up)(void *context, struct conn *conn, const struct conn_lost *lost,
                    struct tuan_out *out);
    /* A parked reply may leave. */
    void (*left)(void *context, struct conn *conn, const struct conn_left *left);
    void (*alarm)(void *context, struct conn *conn); /* conn_set_alarm */
    /* The peer sends nothing more. True: all that it asked for is answered; false: something still
     * comes, then conn_unhold or conn_read_on, and it is asked again. */
    bool (*is_all_answered)(void *context, struct conn *conn);
    void (*ended)(void *context, struct conn *conn);
};

struct conns *conns_create(const struct conns_config *config);
void conns_destroy(struct conns *conns);

/* Takes over a connected, non-blocking socket. `peer` is shown to people. */
struct conn *conns_adopt(struct conns *conns, int fd, bool is_unix, const char *peer);
size_t conns_count(const struct conns *conns);
struct conn *conns_next(const struct conns *conns, const struct conn *after); /* NULL: the first */
/* New bounds; what is beyond them already stays until it drains. */
void conns_set_limits(struct conns *conns, size_t output_max, uint32_t in_flight_max);

/* From dispatch. */
void conns_committed(struct conns *conns, uint32_t partition, uint64_t position);
void conns_dropped(struct conns *conns, uint32_t partition);

/* The first thing in a turn: what time it is. After the callbacks: give up what is too late, take
 * on buffered requests of connections that may be read again. Then dispatch ends its turn; then
 * conns_turn_end writes and frees. */
void conns_turn_begin(struct conns *conns, int64_t boot_ms);
void conns_turn(struct conns *conns);
void conns_turn_end(struct conns *conns);
bool conns_have_work(const struct conns *conns);  /* the next turn must not sleep */
int64_t conns_next_ms(const struct conns *conns); /* when a turn must run at the latest */

/* Shutting down: nobody is read any more; everybody is closed once his replies are out. */
void conns_drain(struct conns *conns);
int64_t conns_parked(const struct conns *conns);
int64_t conns_blocked(const struct conns *conns);
int64_t conns_output_bytes(const struct conns *conns);
size_t conns_timers(const struct conns *conns);

/* ---- one connection ---- */

void *conn_session(struct conn *conn);
uint64_t conn_id(const struct conn *conn);
void conn_set_proto(struct conn *conn, enum metric_proto proto); /* METRIC_PROTO_NEW before */
bool conn_may_take(const struct conn *conn);                     /* one more request? */

/* Answer a request: append to conn_out, then say what the reply waits for (NULL: nothing). */
struct tuan_out *conn_out(struct conn *conn);
/* True: it leaves in this turn, at the latest at its end; false: it is parked. */
bool conn_out_done(struct conn *conn, const struct dispatch_answer *answer, uint32_t msgid);

/* Take no more requests until conn_unhold: one is still to be answered, and the next ones wait
 * behind it. Little more is read meanwhile, enough to see that the peer sends nothing more. */
void conn_hold(struct conn *conn);
void conn_unhold(struct conn *conn);
void conn_read_on(struct conn *conn); /* where is_all_answered was false */
/* Bytes of replies that the peer takes no more of for now, or that are parked: tries to send what
 * it can if there are more than `enough`. SIZE_MAX: the connection has ended by that. */
size_t conn_unsent(struct conn *conn, size_t enough);

void conn_close(struct conn *conn);  /* at once */
void conn_finish(struct conn *conn); /* read nothing more; close when all replies are out */
void conn_set_alarm(struct conn *conn, int64_t at_ms); /* one; 0: none */

struct conn_facts { /* for CLIENT LIST and the log */
    uint64_t id;
    int fd;
    const char *peer;
    int64_t age_ms, idle_ms;
    size_t input_bytes, output_bytes;
    uint32_t parked;
    bool is_unix, is_paused;
    int64_t requests;
};
void conn_describe(const struct conn *conn, struct conn_facts *out);

#endif
