/* SPDX-License-Identifier: BSD-2-Clause */
/* conn.c - the life of connections, their timers, and the border between what may leave and what is
 * parked. */
#include "daemon/conn.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/clock.h"
#include "daemon/conn_impl.h"

/* ---- what is parked ---- */

void conn_need_flush(struct conn *conn)
{
    if (!conn->is_dead && !list_is_linked(&conn->flush))
        list_push_tail(&conn->conns->to_flush, &conn->flush);
}

/* Give the bytes of all replies whose fate is known: those that leave become ready in place. From
 * the first replaced one on, the rest of the output is written anew: once, however many there are.
 */
static void replace_parked(struct conn *conn, struct park_entry *entry)
{
    struct conns *conns = conn->conns;
    struct tuan_out old = conn->out, fresh = {.grow = mem_realloc};
    size_t at = conn->sent + conn->ready;
    enum park_fate fate = PARK_REPLACED;

    tuan_out_bytes(&fresh, old.data + conn->sent, conn->ready);
    for (; fate != PARK_WAITS;
         fate = park_take(&conns->park, &conn->parked, conns->boot_ms, entry)) {
        if (fate == PARK_REPLACED) {
            conns->config.metrics->parked_timeouts++;
            conns->config.give_up(conns->config.context, conn, entry->is_write, entry->msgid,
                                  &fresh);
        } else {
            tuan_out_bytes(&fresh, old.data + at, entry->bytes);
        }
        at += entry->bytes;
    }
    conn->ready = fresh.len;
    tuan_out_bytes(&fresh, old.data + at, old.len - at);
    conns->output_bytes += (int64_t)fresh.len - (int64_t)(old.len - conn->sent);
    conn->out = fresh;
    conn->sent = 0;
    mem_free(old.data);
}

void conn_release(struct conn *conn)
{
    struct park_entry entry;

    for (;;) {
        switch (park_take(&conn->conns->park, &conn->parked, conn->conns->boot_ms, &entry)) {
        case PARK_LEAVES: conn->ready += entry.bytes; continue;
        case PARK_REPLACED: replace_parked(conn, &entry); break;
        case PARK_WAITS: break;
        }
        break;
    }
    assert(conn->parked.count > 0 || conn->sent + conn->ready == conn->out.len);
    conn_need_flush(conn);
}

static void on_advance(void *context, struct list *link)
{
    (void)context;
    conn_release(container_of(link, struct conn, parked.link));
}

struct tuan_out *conn_out(struct conn *conn)
{
    struct conns *conns = conn->conns;

    if (conn->out.data == NULL && conns->spare_count > 0)
        conn->out = conns->spares[--conns->spare_count];
    conn->mark = conn->out.len;
    return &conn->out;
}

void conn_out_done(struct conn *conn, const struct dispatch_answer *answer, uint32_t msgid)
{
    struct conns *conns = conn->conns;
    size_t bytes = conn->out.len - conn->mark;

    assert(conn->out.len >= conn->mark && bytes <= UINT32_MAX);
    conns->output_bytes += (int64_t)bytes;
    conn->requests++;
    if (!park_must_wait(&conns->park, &conn->parked, answer)) {
        conn->ready += bytes;
        conn_need_flush(conn);
        return;
    }
    struct park_reply reply = {(uint32_t)bytes, msgid, conns->boot_ms + conns->config.timeout_ms};
    conns->config.metrics->parked_total++;
    park_add(&conns->park, &conn->parked, answer, &reply);
    if (!wheel_is_armed(&conn->timer) || conn->timer.due_ms > reply.deadline_ms) conn_arm(conn);
}

/* ---- timers ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Arm the timer for the earliest of its reasons. It is never put later when a reason goes away: it
 * then fires for nothing, once, which is cheaper than moving it with each reply. */
void conn_arm(struct conn *conn)
{
    int64_t at = park_deadline_ms(&conn->parked);

    if (conn->alarm_ms != 0) at = earlier(at, conn->alarm_ms);
    if (conn->stalled_ms != 0) at = earlier(at, conn->stalled_ms + conn->conns->config.stall_ms);
    if (at == INT64_MAX || conn->is_dead) return;
    if (wheel_is_armed(&conn->timer)) {
        if (conn->timer.due_ms <= at) return;
        wheel_remove(&conn->conns->wheel, &conn->timer);
    }
    wheel_add(&conn->conns->wheel, &conn->timer, at);
}

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

void conn_set_alarm(struct conn *conn, int64_t at_ms)
{
    conn->alarm_ms = at_ms;
    conn_arm(conn);
}

/* ---- life ---- */

struct conns *conns_create(const struct conns_config *config)
{
    struct conns *conns = mem_zalloc(sizeof *conns);
    struct park_config park = {
        .context = config->context, .is_committed = config->is_committed, .advance = on_advance};

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
    for (int i = 0; i < conns->spare_count; i++)
        mem_free(conns->spares[i].data);
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
    conns->config.metrics->total_connections_received++;
    return conn;
}

void conn_close(struct conn *conn)
{
    struct conns *conns = conn->conns;

    if (conn->is_dead) return;
    conns->config.ended(conns->config.context, conn);
    conn->is_dead = true;
    event_del(&conn->on_read);
    event_del(&conn->on_write);
    close(conn->fd);
    wheel_remove(&conns->wheel, &conn->timer);
    park_clear(&conns->park, &conn->parked);
    conns->output_bytes -= (int64_t)conn_output_bytes(conn);
    mem_free(conn->out.data);
    conn->out = (struct tuan_out){.grow = mem_realloc};
    conn->sent = conn->ready = conn->mark = 0;
    buf_free(&conn->input);
    list_remove(&conn->flush);
    list_remove(&conn->resume);
    list_remove(&conn->all);
    list_push_tail(&conns->dead, &conn->all);
    conns->count--;
}

void conn_finish(struct conn *conn)
{
    if (conn->is_dead || conn->is_finishing) return;
    conn->is_finishing = true;
    event_del(&conn->on_read);
    list_remove(&conn->resume);
    conn_need_flush(conn);
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

void *conn_session(struct conn *conn)
{
    return conn + 1;
}

uint64_t conn_id(const struct conn *conn)
{
    return conn->id;
}

bool conn_may_take(const struct conn *conn)
{
    const struct conns_config *config = &conn->conns->config;

    return !conn->is_dead && !conn->is_finishing && conn->parked.replies < config->in_flight_max &&
           conn_output_bytes(conn) < config->output_max;
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
