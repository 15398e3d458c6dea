/* SPDX-License-Identifier: BSD-2-Clause */
/* event.c - what other systems act on, told from the facts: the feed. An event says nothing that
 * its fact and the room at that moment do not hold, so it is as certain as the fact. */
#include <assert.h>

#include "engine/answer.h"

static void about_room(struct tuan_event *out, const struct room *room, int64_t version, int64_t at)
{
    TUAN_SET(event, out, version, version);
    TUAN_SET(event, out, at, at);
    TUAN_SET(event, out, size, room->size);
    if (room->deadline > 0) TUAN_SET(event, out, deadline, room->deadline);
}

static void about_seat(struct tuan_event *out, const struct seat *seat)
{
    TUAN_SET(event, out, order, seat_order(seat));
    TUAN_SET(event, out, user, seat_user(seat));
}

static int64_t amount_of(const struct seat *seat)
{
    return seat->paid != NULL && seat->paid->has_amount ? seat->paid->amount
                                                        : seat->price * seat->qty;
}

static void event_seat(const struct seat *seat, struct tuan_event_seat *out)
{
    const struct extra *extra = seat->extra;

    *out = (struct tuan_event_seat){0};
    TUAN_SET(event_seat, out, order, seat_order(seat));
    TUAN_SET(event_seat, out, user, seat_user(seat));
    TUAN_SET(event_seat, out, qty, seat->qty);
    TUAN_SET(event_seat, out, amount, amount_of(seat));
    TUAN_SET(event_seat, out, new_user, extra != NULL && extra->new_user);
    if (extra == NULL) return;
    if (extra->channel.len > 0) TUAN_SET(event_seat, out, channel, extra->channel);
    if (extra->referrer.len > 0) TUAN_SET(event_seat, out, referrer, extra->referrer);
    if (extra->referrer2.len > 0) TUAN_SET(event_seat, out, referrer2, extra->referrer2);
}

static void about_formed(struct engine *e, struct tuan_event *out, const struct room *room)
{
    struct tuan_event_seat *seats = arena_take(&e->arena, room->seat_count * sizeof *seats);
    uint32_t count = 0;

    for (uint32_t i = 0; i < room->seat_count; i++)
        if (room->seats[i]->state == TUAN_SEAT_SETTLED) event_seat(room->seats[i], &seats[count++]);
    TUAN_SET(event, out, reason, room->reason);
    TUAN_SET(event, out, real, count);
    TUAN_SET(event, out, virtuals, 0);
    TUAN_SET(event, out, forced, room->reason == TUAN_REASON_FORCED);
    TUAN_SET(event, out, seats, ((struct tuan_list){seats, count}));
}

static void about_refund_due(struct tuan_event *out, const struct tuan_refund_due_fact *f)
{
    TUAN_SET(event, out, refund, f->refund);
    TUAN_SET(event, out, order, f->order);
    if (f->user.len > 0) TUAN_SET(event, out, user, f->user);
    TUAN_SET(event, out, refund_reason, f->reason);
    TUAN_SET(event, out, amount, f->amount);
}

/* The rooms of facts that make events are in memory until their outbox is drained. */
static const struct room *room_of(const struct engine *e, struct tuan_id id)
{
    const struct room *room = room_find(e, id);

    assert(room != NULL);
    return room;
}

bool engine_event(struct engine *e, size_t index, bool tells_seats, struct engine_event *out)
{
    const struct tuan_fact *fact = engine_fact(e, index);
    struct tuan_event *data = BODY(e, event);
    int64_t version = e->versions[index];

    *out = (struct engine_event){.type = tuan_fact_message(fact->type)->name, .data = data};
    TUAN_SET(event, data, at, e->now_ms);
    switch (fact->type) {
    case TUAN_FACT_ROOM_OPENED: out->room = fact->room_opened.room; break;
    case TUAN_FACT_LEADER_CHANGED: out->room = fact->leader_changed.room; break;
    case TUAN_FACT_ROOM_FORMED: out->room = fact->room_formed.room; break;
    case TUAN_FACT_ROOM_FAILED: out->room = fact->room_failed.room; break;
    case TUAN_FACT_REFUND_DUE:
        out->room = fact->refund_due.room;
        out->campaign = fact->refund_due.campaign;
        about_refund_due(data, &fact->refund_due);
        break;
    case TUAN_FACT_REFUND_ACKED:
        out->room = fact->refund_acked.room;
        out->campaign = fact->refund_acked.campaign;
        TUAN_SET(event, data, refund, fact->refund_acked.refund);
        if (fact->refund_acked.ref.len > 0) TUAN_SET(event, data, ref, fact->refund_acked.ref);
        break;
    case TUAN_FACT_SEAT_PAID: out->room = fact->seat_paid.room; break;
    case TUAN_FACT_SEAT_RELEASED: out->room = fact->seat_released.room; break;
    default: return false;
    }
    bool is_of_seat = fact->type == TUAN_FACT_SEAT_PAID || fact->type == TUAN_FACT_SEAT_RELEASED;
    if (is_of_seat && !tells_seats) return false;
    if (tuan_rid_is_none(out->room)) return true;
    const struct room *room = room_of(e, out->room);
    out->campaign = room->campaign->id;
    about_room(data, room, version, e->now_ms);
    if (fact->type == TUAN_FACT_ROOM_FORMED) about_formed(e, data, room);
    if (fact->type == TUAN_FACT_ROOM_FAILED) {
        TUAN_SET(event, data, reason, fact->room_failed.reason);
        TUAN_SET(event, data, refunds, room->refunds_open);
    }
    if (fact->type == TUAN_FACT_SEAT_PAID) about_seat(data, room->seats[fact->seat_paid.n - 1]);
    if (fact->type == TUAN_FACT_SEAT_RELEASED) {
        about_seat(data, room->seats[fact->seat_released.n - 1]);
        TUAN_SET(event, data, released, fact->seat_released.why);
    }
    bool tells_leader =
        fact->type == TUAN_FACT_LEADER_CHANGED || fact->type == TUAN_FACT_ROOM_OPENED;
    if (tells_leader && room->leader > 0)
        TUAN_SET(event, data, leader, seat_user(room->seats[room->leader - 1]));
    return true;
}
