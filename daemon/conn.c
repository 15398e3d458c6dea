/* SPDX-License-Identifier: BSD-2-Clause */
/* conn.c - all connections: making them, their timers, the turns they take. */
#include "daemon/conn.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/clock.h"
#include "daemon/conn_impl.h"

static void on_timer(struct conn *conn)
{
    struct conns *conns = conn->conns;
    char peer[CONN_PEER_MAX * 2];

    if (park_deadline_ms(&conn->parked) <= conns->boot_ms) conn_release(conn);
    if (conn->stalled_ms != 0 && conn->stalled_ms + conns->config.stall_ms <= conns->boot_ms) {
        conns->config.metrics->slow_closes++;
        log_limited(LOG_LEVEL_WARN, "closed a client that does not read its replies",
                    "client=%s unsent_bytes=%zu",
                    log_quote(peer, sizeof peer, conn->peer, strlen(conn->peer)),
                    conn_output_bytes(conn));
        conn_close(conn);
        return;
    }
    if (conn->alarm_ms != 0 && conn->alarm_ms <= conns->boot_ms) {
        conn->alarm_ms = 0;
        conns->config.alarm(conns->config.context, conn);
    }
    conn_arm(conn);
}

/* ---- life ---- */

struct conns *conns_create(const struct conns_config *config)
{
    struct conns *conns = mem_zalloc(sizeof *conns);
    struct park_config park = {.context = config->context,
                               .is_committed = config->is_committed,
                               .advance = conn_on_advance};

    conns->config = *config;
    conns->boot_ms = clock_boot_ms();
    list_init(&conns->all);
    list_init(&conns->dead);
    list_init(&conns->to_flush);
    list_init(&conns->to_resume);
    wheel_init(&conns->wheel, conns->boot_ms);
    park_init(&conns->park, &park);
    conns->scratch = mem_alloc(config->input_max + CONN_READ_BYTES);
    return conns;
}

static void reap(struct conns *conns)
{
    for (struct list *link = list_pop_head(&conns->dead); link != NULL;
         link = list_pop_head(&conns->dead)) {
        struct conn *conn = container_of(link, struct conn, all);
        assert(conn->is_dead && !wheel_is_armed(&conn->timer) && conn->parked.count == 0);
        mem_free(conn);
    }
}

void conns_destroy(struct conns *conns)
{
    if (conns == NULL) return;
    while (!list_is_empty(&conns->all))
        conn_close(container_of(conns->all.next, struct conn, all));
    reap(conns);
    assert(conns->count == 0 && conns->output_bytes == 0);
    park_destroy(&conns->park);
    while (conns->spares != NULL)
        mem_free(conn_take_spare(conns).data);
    mem_free(conns->scratch);
    mem_free(conns);
}

struct conn *conns_adopt(struct conns *conns, int fd, bool is_unix, const char *peer)
{
    struct conn *conn = mem_zalloc(sizeof *conn + conns->config.session_size);

    assert(fd >= 0);
    conn->conns = conns;
    conn->fd = fd;
    conn->id = ++conns->ids;
    conn->is_unix = is_unix;
    conn->since_ms = conn->used_ms = conns->boot_ms;
    conn->out.grow = mem_realloc;
    snprintf(conn->peer, sizeof conn->peer, "%s", peer);
    list_init(&conn->flush);
    list_init(&conn->resume);
    list_push_tail(&conns->all, &conn->all);
    event_assign(&conn->on_read, conns->config.base, fd, EV_READ | EV_PERSIST, conn_on_read, conn);
    event_assign(&conn->on_write, conns->config.base, fd, EV_WRITE | EV_PERSIST, conn_on_write,
                 conn);
    event_add(&conn->on_read, NULL);
    conns->count++;
    conns->config.metrics->connections[METRIC_PROTO_NEW]++;
    conns->config.metrics->total_connections_received++;
    return conn;
}

/* ---- turns ---- */

void conns_turn_begin(struct conns *conns, int64_t boot_ms)
{
    assert(boot_ms >= conns->boot_ms);
    conns->boot_ms = boot_ms;
}

void conns_turn(struct conns *conns)
{
    struct wheel_node *node;

    while ((node = wheel_pop_due(&conns->wheel, conns->boot_ms)) != NULL)
        on_timer(container_of(node, struct conn, timer));
    struct list resume;
    list_init(&resume);
    for (struct list *link = list_pop_head(&conns->to_resume); link != NULL;
         link = list_pop_head(&conns->to_resume))
        list_push_tail(&resume, link);
    for (struct list *link = list_pop_head(&resume); link != NULL; link = list_pop_head(&resume))
        conn_take_buffered(container_of(link, struct conn, resume));
}

void conns_turn_end(struct conns *conns)
{
    for (struct list *link = list_pop_head(&conns->to_flush); link != NULL;
         link = list_pop_head(&conns->to_flush))
        conn_flush(container_of(link, struct conn, flush));
    reap(conns);
}

bool conns_have_work(const struct conns *conns)
{
    return !list_is_empty(&conns->to_resume) || !list_is_empty(&conns->to_flush);
}

int64_t conns_next_ms(const struct conns *conns)
{
    return wheel_next_ms(&conns->wheel);
}

void conns_drain(struct conns *conns)
{
    conns->is_draining = true;
    list_for_each (link, &conns->all)
        conn_finish(container_of(link, struct conn, all));
}

void conns_committed(struct conns *conns, uint32_t partition, uint64_t position)
{
    park_committed(&conns->park, partition, position);
}

void conns_dropped(struct conns *conns, uint32_t partition)
{
    park_dropped(&conns->park, partition);
}

/* ---- looking in ---- */

size_t conns_count(const struct conns *conns)
{
    return conns->count;
}

struct conn *conns_next(const struct conns *conns, const struct conn *after)
{
    const struct list *link = after == NULL ? conns->all.next : after->all.next;

    return link == &conns->all ? NULL
                               : container_of((struct list *)(uintptr_t)link, struct conn, all);
}

void conns_set_limits(struct conns *conns, size_t output_max, uint32_t in_flight_max)
{
    conns->config.output_max = output_max;
    conns->config.in_flight_max = in_flight_max;
}

int64_t conns_parked(const struct conns *conns)
{
    return conns->park.entries;
}

int64_t conns_blocked(const struct conns *conns)
{
    return conns->park.queues;
}

int64_t conns_output_bytes(const struct conns *conns)
{
    return conns->output_bytes;
}

size_t conns_timers(const struct conns *conns)
{
    return wheel_count(&conns->wheel);
}

void *conn_session(struct conn *conn)
{
    return conn + 1;
}

uint64_t conn_id(const struct conn *conn)
{
    return conn->id;
}

void conn_set_proto(struct conn *conn, enum metric_proto proto)
{
    int64_t *connections = conn->conns->config.metrics->connections;

    connections[conn->proto]--;
    connections[proto]++;
    conn->proto = proto;
}

void conn_describe(const struct conn *conn, struct conn_facts *out)
{
    int64_t boot_ms = conn->conns->boot_ms;

    *out = (struct conn_facts){.id = conn->id,
                               .fd = conn->fd,
                               .peer = conn->peer,
                               .age_ms = boot_ms - conn->since_ms,
                               .idle_ms = boot_ms - conn->used_ms,
                               .input_bytes = conn->input.len,
                               .output_bytes = conn_output_bytes(conn),
                               .parked = conn->parked.replies,
                               .is_unix = conn->is_unix,
                               .is_paused = conn->is_paused,
                               .requests = conn->requests};
}
