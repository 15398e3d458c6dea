/* SPDX-License-Identifier: BSD-2-Clause */
/* conn_life.c - one connection: what of its output may leave and what is parked, its timer, its
 * end. */
#include <assert.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/conn_impl.h"

/* ---- buffers ---- */

bool conn_keep_spare(struct conns *conns, const struct tuan_out *out)
{
    struct conn_spare *spare = (struct conn_spare *)(void *)out->data;

    if (out->cap < sizeof *spare || out->cap > CONN_READ_BYTES * 4 ||
        out->cap > CONN_SPARES_BYTES_MAX - conns->spares_bytes)
        return false;
    struct conn_spare **place = &conns->spares;
    if (*place != NULL && (*place)->cap > out->cap) place = &(*place)->next;
    *spare = (struct conn_spare){*place, out->cap};
    *place = spare;
    conns->spares_bytes += out->cap;
    return true;
}

struct tuan_out conn_take_spare(struct conns *conns)
{
    struct conn_spare *spare = conns->spares;
    struct tuan_out out = {.data = (char *)spare, .cap = spare->cap, .grow = mem_realloc};

    conns->spares = spare->next;
    conns->spares_bytes -= out.cap;
    return out;
}

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
            const struct conn_lost lost = {entry->msgid, entry->is_write, entry->is_push};
            conns->config.give_up(conns->config.context, conn, &lost, &fresh);
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

static void let_go(struct conn *conn, const struct park_entry *entry)
{
    const struct conns_config *config = &conn->conns->config;

    conn->ready += entry->bytes;
    const struct conn_left left = {(enum tuan_cmd)entry->command, entry->at_us, entry->trace};
    if (entry->at_us > 0 && !entry->is_push) config->left(config->context, conn, &left);
}

void conn_release(struct conn *conn)
{
    struct park_entry entry;

    for (;;) {
        switch (park_take(&conn->conns->park, &conn->parked, conn->conns->boot_ms, &entry)) {
        case PARK_LEAVES: let_go(conn, &entry); continue;
        case PARK_REPLACED: replace_parked(conn, &entry); break;
        case PARK_WAITS: break;
        }
        break;
    }
    assert(conn->parked.count > 0 || conn->sent + conn->ready == conn->out.len);
    conn_need_flush(conn);
}

void conn_on_advance(void *context, struct list *link)
{
    (void)context;
    conn_release(container_of(link, struct conn, parked.link));
}

struct tuan_out *conn_out(struct conn *conn)
{
    struct conns *conns = conn->conns;

    if (conn->out.data == NULL && conns->spares != NULL) conn->out = conn_take_spare(conns);
    conn->mark = conn->out.len;
    return &conn->out;
}

bool conn_out_done(struct conn *conn, const struct dispatch_answer *answer, uint32_t msgid)
{
    struct conns *conns = conn->conns;
    size_t bytes = conn->out.len - conn->mark;

    assert(conn->out.len >= conn->mark && bytes <= UINT32_MAX);
    conns->output_bytes += (int64_t)bytes;
    conn->requests += answer == NULL || !answer->is_push;
    if (!park_must_wait(&conns->park, &conn->parked, answer)) {
        conn->ready += bytes;
        conn_need_flush(conn);
        return true;
    }
    struct park_reply reply = {(uint32_t)bytes, msgid, conns->boot_ms + conns->config.timeout_ms};
    conns->config.metrics->parked_total++;
    park_add(&conns->park, &conn->parked, answer, &reply);
    if (!wheel_is_armed(&conn->timer) || conn->timer.due_ms > reply.deadline_ms) conn_arm(conn);
    return false;
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

void conn_set_alarm(struct conn *conn, int64_t at_ms)
{
    conn->alarm_ms = at_ms;
    conn_arm(conn);
}

/* ---- the end ---- */

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
    conns->config.metrics->connections[conn->proto]--;
}

void conn_finish(struct conn *conn)
{
    if (conn->is_dead || conn->is_finishing) return;
    conn->is_finishing = true;
    event_del(&conn->on_read);
    list_remove(&conn->resume);
    conn_need_flush(conn);
}

bool conn_may_take(const struct conn *conn)
{
    const struct conns_config *config = &conn->conns->config;

    return !conn->is_dead && !conn->is_finishing && !conn->is_held &&
           conn->parked.replies < config->in_flight_max &&
           conn_output_bytes(conn) < config->output_max;
}
