/* SPDX-License-Identifier: BSD-2-Clause */
#include <assert.h>

#include "base/mem.h"
#include "tests/sim/sim.h"

enum direction { UP, DOWN };

static void pipe_clear(struct pipe *pipe)
{
    buf_reset(&pipe->bytes);
    pipe->first = pipe->count = 0;
}

void net_free(struct net *net)
{
    for (size_t i = 0; i < CONNS_MAX; i++) {
        struct conn *conn = &net->conns[i];
        struct pipe *pipes[] = {&conn->up, &conn->down};
        for (size_t p = 0; p < 2; p++) {
            buf_free(&pipes[p]->bytes);
            mem_free(pipes[p]->chunks);
        }
        buf_free(&conn->input);
        buf_free(&conn->received);
    }
}

static uint32_t index_of(const struct sim *sim, const struct conn *conn)
{
    return (uint32_t)(conn - sim->net.conns);
}

static void arm(struct sim *sim, struct conn *conn, enum direction direction)
{
    struct pipe *pipe = direction == UP ? &conn->up : &conn->down;

    if (pipe->is_armed || pipe->count == 0) return;
    pipe->is_armed = true;
    int64_t at_us = pipe->chunks[pipe->first].at_us;
    if (at_us < conn->clogged_until_us) at_us = conn->clogged_until_us;
    queue_add(&sim->queue, at_us, EVENT_PIPE, index_of(sim, conn),
              (uint64_t)conn->generation * 2 + direction);
}

static void put(struct sim *sim, struct conn *conn, enum direction direction, const void *bytes,
                size_t len)
{
    struct pipe *pipe = direction == UP ? &conn->up : &conn->down;
    int64_t at_us = sim->now_us + sim_spread(sim, sim->config.delay_us);

    if (len == 0) return;
    buf_append(&pipe->bytes, bytes, len);
    if (at_us < pipe->last_us) at_us = pipe->last_us;
    pipe->last_us = at_us;
    if (pipe->first + pipe->count == pipe->room) {
        if (pipe->count > 0)
            memmove(pipe->chunks, pipe->chunks + pipe->first, pipe->count * sizeof *pipe->chunks);
        pipe->first = 0;
        if (pipe->count * 2 >= pipe->room) {
            pipe->room = pipe->room == 0 ? 16 : pipe->room * 2;
            pipe->chunks = mem_realloc(pipe->chunks, pipe->room * sizeof *pipe->chunks);
        }
    }
    pipe->chunks[pipe->first + pipe->count++] = (struct chunk){len, at_us};
    arm(sim, conn, direction);
}

/* ---- life ---- */

static bool is_done(const struct conn *conn)
{
    return !conn->is_open && (conn->server_gone || conn->up.count == 0);
}

static void release(struct conn *conn)
{
    if (!is_done(conn)) return;
    pipe_clear(&conn->up);
    pipe_clear(&conn->down);
    buf_reset(&conn->input);
    buf_reset(&conn->received);
    conn->state = CONN_FREE;
    conn->generation++;
    conn->up.is_armed = conn->down.is_armed = false;
    conn->up.last_us = conn->down.last_us = conn->clogged_until_us = 0;
    conn->cut_after = 0;
}

struct conn *net_connect(struct sim *sim, uint32_t node)
{
    struct conn *conn = sim->net.conns;

    while (conn->state != CONN_FREE) {
        conn++;
        assert(conn < sim->net.conns + CONNS_MAX);
    }
    conn->state = CONN_CONNECTING;
    conn->is_open = true;
    conn->server_gone = conn->has_ended = false;
    conn->node = node;
    conn->server = sim->redis.primary;
    return conn;
}

/* What is under way may get lost from some point on, and what arrives arrives late. */
static void orphan(struct sim *sim, struct conn *conn)
{
    struct pipe *up = &conn->up;

    conn->state = CONN_CUT;
    pipe_clear(&conn->down);
    if (up->count > 0 && rng_below(&sim->rng, 2) == 0) {
        size_t kept = rng_below(&sim->rng, up->count + 1);
        for (; up->count > kept; up->count--)
            up->bytes.len -= up->chunks[up->first + up->count - 1].len;
        if (up->count > 0 && rng_below(&sim->rng, 2) == 0) { /* also inside a request */
            struct chunk *last = &up->chunks[up->first + up->count - 1];
            size_t cut = rng_below(&sim->rng, last->len);
            last->len -= cut;
            up->bytes.len -= cut;
        }
    }
    if (up->count > 0 && rng_below(&sim->rng, 2) == 0)
        conn->clogged_until_us = sim->now_us + sim_spread(sim, sim->config.still_us);
}

void net_cut(struct sim *sim, struct conn *conn)
{
    orphan(sim, conn);
    buf_reset(&conn->received);
    /* Mostly the daemon hears of it; else its own time-out must notice. */
    conn->has_ended = rng_below(&sim->rng, 4) != 0;
    if (conn->has_ended) node_wake(sim, conn->node, sim->now_us + 1);
}

void net_send(struct sim *sim, struct conn *conn, const void *bytes, size_t len)
{
    if (conn->state != CONN_UP || conn->server_gone) return;
    put(sim, conn, UP, bytes, len);
    if (conn->cut_after > 0 && --conn->cut_after == 0) net_cut(sim, conn);
}

void net_answer(struct sim *sim, struct conn *conn, const struct buf *bytes)
{
    if (conn->state == CONN_UP) put(sim, conn, DOWN, bytes->data, bytes->len);
}

void net_close(struct sim *sim, struct conn *conn)
{
    assert(conn->is_open);
    conn->is_open = false;
    if (conn->state == CONN_UP) orphan(sim, conn);
    conn->state = CONN_CUT;
    release(conn);
}

void net_clog(struct sim *sim, struct conn *conn, int64_t until_us)
{
    (void)sim;
    conn->clogged_until_us = until_us;
}

void net_server_gone(struct sim *sim, int server)
{
    for (struct conn *conn = sim->net.conns; conn < sim->net.conns + CONNS_MAX; conn++) {
        if (conn->state == CONN_FREE || conn->server != server) continue;
        conn->server_gone = true;
        pipe_clear(&conn->up);
        if (conn->state == CONN_UP) {
            conn->state = CONN_CUT;
            conn->has_ended = true;
            node_wake(sim, conn->node, sim->now_us + 1);
        }
        release(conn);
    }
}

struct conn *net_some(struct sim *sim, uint32_t node)
{
    size_t from = rng_below(&sim->rng, CONNS_MAX);
    struct conn *found = NULL;

    for (size_t i = 0; i < CONNS_MAX; i++) {
        struct conn *conn = &sim->net.conns[(from + i) % CONNS_MAX];
        if (conn->state == CONN_UP && (found == NULL || conn->node == node)) found = conn;
    }
    return found;
}

/* ---- arriving ---- */

static size_t take_due(struct sim *sim, struct pipe *pipe, struct buf *out)
{
    size_t len = 0;

    while (pipe->count > 0 && pipe->chunks[pipe->first].at_us <= sim->now_us) {
        struct chunk *chunk = &pipe->chunks[pipe->first];
        size_t part = chunk->len;
        if (sim->config.slice_bytes > 0 && part > sim->config.slice_bytes)
            part = 1 + rng_below(&sim->rng, sim->config.slice_bytes);
        len += part;
        chunk->len -= part;
        if (chunk->len > 0) {
            chunk->at_us = sim->now_us + 1 + (int64_t)rng_below(&sim->rng, 20);
            break;
        }
        pipe->first++;
        pipe->count--;
    }
    buf_append(out, pipe->bytes.data, len);
    buf_consume_head(&pipe->bytes, len);
    if (pipe->count == 0) pipe->first = 0;
    return len;
}

void net_arrived(struct sim *sim, uint32_t index, uint64_t token)
{
    struct conn *conn = &sim->net.conns[index];
    enum direction direction = (enum direction)(token & 1);
    struct pipe *pipe = direction == UP ? &conn->up : &conn->down;

    if (conn->state == CONN_FREE || token / 2 != conn->generation) return;
    pipe->is_armed = false;
    if (sim->now_us >= conn->clogged_until_us) {
        if (direction == UP) {
            if (take_due(sim, pipe, &conn->input) > 0 && !conn->server_gone) redis_take(sim, conn);
        } else if (take_due(sim, pipe, &conn->received) > 0) {
            node_wake(sim, conn->node, sim->now_us);
        }
    }
    arm(sim, conn, direction);
    release(conn);
}
