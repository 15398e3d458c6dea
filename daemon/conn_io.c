/* SPDX-License-Identifier: BSD-2-Clause */
/* conn_io.c - reading, taking requests, pausing, writing.
 *
 * All input is parsed in one shared scratch buffer: what a connection had left over, and behind it
 * what one read brings. Only an incomplete rest is copied back, so an idle connection has no input
 * buffer, and a busy one mostly not either.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/clock.h"
#include "daemon/conn_impl.h"

static void keep_rest(struct conn *conn, const char *rest, size_t len)
{
    buf_reset(&conn->input);
    if (len > 0)
        buf_append(&conn->input, rest, len);
    else if (conn->input.cap > 0)
        buf_free(&conn->input);
}

/* In a long turn nobody waits for its end with a page of replies: they leave while they are in the
 * processor's cache, and are read while we go on. Less than that is not worth waking somebody for
 * each. */
static void send_early(struct conn *conn)
{
    int64_t from_us = clock_boot_us();

    list_remove(&conn->flush);
    conn_flush(conn);
    conn->conns->config.metrics->phase_write_us += clock_boot_us() - from_us;
}

/* The connection may have been closed or finished by what it sent. */
static void take_requests(struct conn *conn, const char *data, size_t len)
{
    struct conns *conns = conn->conns;
    size_t taken = conns->config.input(conns->config.context, conn, data, len);

    assert(taken <= len);
    if (conn->is_dead) return;
    assert(conn->is_finishing || len - taken <= conns->config.input_max + CONN_READ_BYTES);
    keep_rest(conn, data + taken, conn->is_finishing ? 0 : len - taken);
    conn_check_pause(conn);
    if (conn->ready >= CONN_EARLY_BYTES) send_early(conn);
}

void conn_take_buffered(struct conn *conn)
{
    struct conns *conns = conn->conns;
    size_t len = conn->input.len;

    if (conn->is_dead || conn->is_finishing) return;
    conns->config.turn(conns->config.context);
    if (len > 0) memcpy(conns->scratch, conn->input.data, len);
    take_requests(conn, conns->scratch, len);
    conn_read_on(conn);
}

/* The peer sends nothing more, but may well wait for its replies; or it is gone, which looks the
 * same until something is written. The end is met again by conn_read_on. */
static void meet_end(struct conn *conn)
{
    const struct conns_config *config = &conn->conns->config;

    event_del(&conn->on_read);
    bool is_all_answered = config->is_all_answered(config->context, conn);
    if (is_all_answered && !list_is_linked(&conn->resume)) conn_finish(conn);
}

void conn_on_read(evutil_socket_t fd, short what, void *context)
{
    struct conn *conn = context;
    struct conns *conns = conn->conns;
    size_t kept = conn->input.len;

    (void)what;
    assert(!conn->is_dead && !conn->is_finishing && !conn->is_paused);
    assert(kept <= conns->config.input_max);
    conns->config.turn(conns->config.context);
    if (kept > 0) memcpy(conns->scratch, conn->input.data, kept);
    ssize_t got = recv(fd, conns->scratch + kept, CONN_READ_BYTES, 0);
    if (got < 0) {
        if (errno != EAGAIN && errno != EINTR) conn_close(conn);
        return;
    }
    if (got == 0) {
        meet_end(conn);
        return;
    }
    conn->used_ms = conns->boot_ms;
    take_requests(conn, conns->scratch, kept + (size_t)got);
    conns->config.metrics->net_input_bytes[conn->proto] += got; /* its first bytes tell it */
}

static bool must_pause(const struct conn *conn)
{
    return conn->is_held ? conn->input.len >= CONN_HELD_BYTES : !conn_may_take(conn);
}

static bool may_go_on(const struct conn *conn)
{
    const struct conns_config *config = &conn->conns->config;

    return !conn->is_held && conn->parked.replies <= config->in_flight_max / 2 &&
           conn_output_bytes(conn) <= config->output_max / 2;
}

/* Stop reading while too much is in flight or unread; go on when half of it is gone. What is
 * buffered already raises no event, so it is taken by hand in the next turn, and only then is more
 * read: the buffer never grows beyond one frame and one read. */
void conn_check_pause(struct conn *conn)
{
    struct conns *conns = conn->conns;

    if (conn->is_dead || conn->is_finishing) return;
    if (!conn->is_paused && must_pause(conn)) {
        conn->is_paused = true;
        conns->config.metrics->reads_paused++;
        event_del(&conn->on_read);
        list_remove(&conn->resume);
    } else if (conn->is_paused && may_go_on(conn)) {
        conn->is_paused = false;
        if (conn->input.len > 0)
            list_push_tail(&conns->to_resume, &conn->resume);
        else
            event_add(&conn->on_read, NULL);
    }
}

void conn_hold(struct conn *conn)
{
    assert(!conn->is_held);
    conn->is_held = true;
}

/* What came meanwhile raises no event any more, so it is taken by hand. */
void conn_unhold(struct conn *conn)
{
    assert(conn->is_held);
    conn->is_held = false;
    if (conn->is_dead || conn->is_finishing) return;
    if (conn->is_paused)
        conn_check_pause(conn);
    else if (conn->input.len == 0)
        conn_read_on(conn);
    else if (!list_is_linked(&conn->resume))
        list_push_tail(&conn->conns->to_resume, &conn->resume);
}

void conn_read_on(struct conn *conn)
{
    if (conn->is_dead || conn->is_finishing || conn->is_paused) return;
    if (!list_is_linked(&conn->resume)) event_add(&conn->on_read, NULL);
}

/* Nothing is left to send: an idle connection owns no large buffer. */
static void give_back(struct conn *conn)
{
    struct conns *conns = conn->conns;

    conn->sent = conn->ready = 0;
    conn->out.len = 0;
    if (!conn_keep_spare(conns, &conn->out)) {
        if (conn->out.cap <= CONN_KEEP_BYTES) return;
        mem_free(conn->out.data);
    }
    conn->out = (struct tuan_out){.grow = mem_realloc};
}

/* The sent head is dropped when it is the larger part, so that each byte is moved once at most. */
static void drop_sent(struct conn *conn)
{
    size_t rest = conn_output_bytes(conn);

    if (conn->sent < CONN_READ_BYTES || conn->sent < rest) return;
    memmove(conn->out.data, conn->out.data + conn->sent, rest);
    conn->out.len = rest;
    conn->sent = 0;
}

/* All is out: say so to the peer first, and take what it still sends, so that the kernel does not
 * cut the reply off. */
static void end_politely(struct conn *conn)
{
    char *scratch = conn->conns->scratch;
    ssize_t got = 1;

    shutdown(conn->fd, SHUT_WR);
    for (int i = 0; i < 16 && got > 0; i++)
        got = recv(conn->fd, scratch, CONN_READ_BYTES, MSG_DONTWAIT);
    conn_close(conn);
}

static void watch_stall(struct conn *conn, bool has_moved)
{
    struct conns *conns = conn->conns;
    bool is_over = conn->ready > 0 &&
                   (conn->is_finishing || conn_output_bytes(conn) >= conns->config.output_max / 2);

    if (!is_over) {
        conn->stalled_ms = 0;
    } else if (has_moved || conn->stalled_ms == 0) {
        conn->stalled_ms = conns->boot_ms;
        conn_arm(conn);
    }
}

void conn_flush(struct conn *conn)
{
    struct conns *conns = conn->conns;
    ssize_t wrote = 0;

    assert(!conn->is_dead && conn->sent + conn->ready <= conn->out.len);
    if (conn->ready > 0 && !conn->is_writing) {
        wrote = send(conn->fd, conn->out.data + conn->sent, conn->ready, MSG_NOSIGNAL);
        if (wrote < 0 && errno != EAGAIN && errno != EINTR) {
            conn_close(conn);
            return;
        }
        if (wrote < 0) wrote = 0;
        conn->sent += (size_t)wrote;
        conn->ready -= (size_t)wrote;
        conns->output_bytes -= wrote;
        conns->config.metrics->net_output_bytes[conn->proto] += wrote;
    }
    watch_stall(conn, wrote > 0);
    if (conn->ready > 0 && !conn->is_writing) {
        conn->is_writing = true;
        event_add(&conn->on_write, NULL);
    }
    if (conn_output_bytes(conn) == 0) {
        give_back(conn);
        if (conn->parked.cap > 0) park_trim(&conns->park, &conn->parked);
        if (conn->is_finishing) {
            end_politely(conn);
            return;
        }
    } else {
        drop_sent(conn);
    }
    conn_check_pause(conn);
}

size_t conn_unsent(struct conn *conn, size_t enough)
{
    if (!conn->is_dead && conn_output_bytes(conn) > enough) conn_flush(conn);
    return conn->is_dead ? SIZE_MAX : conn_output_bytes(conn);
}

/* The socket takes bytes again: written at the turn's end, with whatever has been released by then.
 */
void conn_on_write(evutil_socket_t fd, short what, void *context)
{
    struct conn *conn = context;

    (void)fd;
    (void)what;
    assert(!conn->is_dead);
    conn->is_writing = false;
    event_del(&conn->on_write);
    conn->conns->config.turn(conn->conns->config.context);
    conn_need_flush(conn);
}
