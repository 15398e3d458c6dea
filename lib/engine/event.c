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

static void event_seat(const struct seat *seat, struct tuan_event_seat *out)
{
    const struct extra *extra = seat_extra(seat);

    *out = (struct tuan_event_seat){0};
    TUAN_SET(event_seat, out, order, seat_order(seat));
    TUAN_SET(event_seat, out, user, seat_user(seat));
    TUAN_SET(event_seat, out, qty, seat_qty(seat));
    TUAN_SET(event_seat, out, amount, seat_amount(seat));
    TUAN_SET(event_seat, out, new_user, extra != NULL && extra->new_user);
    if (extra == NULL) return;
    if (extra->channel.len > 0) TUAN_SET(event_seat, out, channel, extra->channel);
    if (extra->referrer.len > 0) TUAN_SET(event_seat, out, referrer, extra->referrer);
    if (extra->referrer2.len > 0) TUAN_SET(event_seat, out, referrer2, extra->referrer2);
}

/* Whoever was in when the room formed: what became of his money since is told by other events. */
static void about_formed(struct engine *e, struct tuan_event *out, const struct room *room,
                         const struct tuan_room_formed_fact *f)
{
    struct tuan_event_seat *seats = arena_take(&e->arena, room->seat_count * sizeof *seats);
    uint32_t count = 0;

    for (uint32_t i = 0; i < room->seat_count; i++)
        if (room->seats[i]->released == 0) event_seat(room->seats[i], &seats[count++]);
    TUAN_SET(event, out, reason, room->reason);
    TUAN_SET(event, out, real, count);
    TUAN_SET(event, out, virtuals, room_virtuals(room));
    TUAN_SET(event, out, amount, f->amount);
    TUAN_SET(event, out, leader, seat_user(room->seats[room->leader - 1]));
    if (room->tier > 0) TUAN_SET(event, out, tier, room->tier);
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

static void about_draw(struct engine *e, struct tuan_event *out, const struct room *room)
{
    struct tuan_room status = {0};

    view_room(e, room, 0, &status);
    TUAN_SET(event, out, draw_seed, status.draw_seed);
    TUAN_SET(event, out, winners, status.winners);
}

static void about_commission(struct tuan_event *out, const struct room *room,
                             const struct tuan_commission_fact *f)
{
    about_seat(out, room->seats[f->n - 1]);
    TUAN_SET(event, out, referrer, f->referrer);
    TUAN_SET(event, out, level, f->level);
    TUAN_SET(event, out, amount, f->amount);
}

/* The event of a fact: its type, and its room or campaign. */
struct subject {
    const char *type; /* NULL: none */
    struct tuan_id room;
    struct tuan_str campaign;
    bool is_of_seat; /* told only where single seats are */
};

static struct subject subject_of(const struct tuan_fact *fact)
{
    const char *name = tuan_fact_message(fact->type)->name;

    switch (fact->type) {
    case TUAN_FACT_ROOM_OPENED: return (struct subject){name, .room = fact->room_opened.room};
    case TUAN_FACT_LEADER_CHANGED: return (struct subject){name, .room = fact->leader_changed.room};
    case TUAN_FACT_ROOM_FORMED: return (struct subject){name, .room = fact->room_formed.room};
    case TUAN_FACT_ROOM_FAILED:
        if (fact->room_failed.reason == TUAN_REASON_MERGED_AWAY) name = "room_merged";
        return (struct subject){name, .room = fact->room_failed.room};
    case TUAN_FACT_REFUND_DUE:
        return (struct subject){name, fact->refund_due.room, fact->refund_due.campaign, false};
    case TUAN_FACT_REFUND_ACKED:
        return (struct subject){name, fact->refund_acked.room, fact->refund_acked.campaign, false};
    case TUAN_FACT_SEAT_REROUTED: return (struct subject){name, .room = fact->seat_rerouted.room};
    case TUAN_FACT_SEAT_HELD:
        if (tuan_rid_is_none(fact->seat_held.rerouted_from)) break;
        return (struct subject){"seat_rerouted", .room = fact->seat_held.room};
    case TUAN_FACT_TIER_SETTLED: return (struct subject){name, .room = fact->tier_settled.room};
    case TUAN_FACT_DRAW_RESULT: return (struct subject){name, .room = fact->draw_result.room};
    case TUAN_FACT_COMMISSION: return (struct subject){name, .room = fact->commission.room};
    case TUAN_FACT_CAMPAIGN_ENDED:
        return (struct subject){name, .campaign = fact->campaign_ended.campaign};
    case TUAN_FACT_CAMPAIGN_CLOSED:
        return (struct subject){"campaign_ended", .campaign = fact->campaign_closed.campaign};
    case TUAN_FACT_SEAT_PAID:
        return (struct subject){name, .room = fact->seat_paid.room, .is_of_seat = true};
    case TUAN_FACT_SEAT_RELEASED:
        return (struct subject){name, .room = fact->seat_released.room, .is_of_seat = true};
    default: break;
    }
    return (struct subject){NULL, .is_of_seat = false};
}

/* What needs no room. */
static void about_fact(struct tuan_event *out, const struct tuan_fact *fact)
{
    switch (fact->type) {
    case TUAN_FACT_REFUND_DUE: about_refund_due(out, &fact->refund_due); break;
    case TUAN_FACT_REFUND_ACKED:
        TUAN_SET(event, out, refund, fact->refund_acked.refund);
        if (fact->refund_acked.ref.len > 0) TUAN_SET(event, out, ref, fact->refund_acked.ref);
        break;
    case TUAN_FACT_CAMPAIGN_CLOSED: TUAN_SET(event, out, closed, 1); break;
    default: break;
    }
}

static void about_fact_of_room(struct engine *e, struct tuan_event *out,
                               const struct tuan_fact *fact, const struct room *room)
{
    switch (fact->type) {
    case TUAN_FACT_ROOM_OPENED:
    case TUAN_FACT_LEADER_CHANGED:
        if (room->leader > 0)
            TUAN_SET(event, out, leader, seat_user(room->seats[room->leader - 1]));
        break;
    case TUAN_FACT_ROOM_FORMED: about_formed(e, out, room, &fact->room_formed); break;
    case TUAN_FACT_ROOM_FAILED:
        TUAN_SET(event, out, reason, fact->room_failed.reason);
        TUAN_SET(event, out, refunds, room->refunds_open);
        if (!tuan_rid_is_none(fact->room_failed.merged_into))
            TUAN_SET(event, out, merged_into, fact->room_failed.merged_into);
        break;
    case TUAN_FACT_SEAT_REROUTED:
        about_seat(out, room->seats[fact->seat_rerouted.n - 1]);
        TUAN_SET(event, out, from, fact->seat_rerouted.from);
        break;
    case TUAN_FACT_SEAT_HELD:
        about_seat(out, room->seats[fact->seat_held.n - 1]);
        TUAN_SET(event, out, from, fact->seat_held.rerouted_from);
        break;
    case TUAN_FACT_TIER_SETTLED:
        TUAN_SET(event, out, tier, fact->tier_settled.tier);
        TUAN_SET(event, out, price, fact->tier_settled.price);
        break;
    case TUAN_FACT_DRAW_RESULT: about_draw(e, out, room); break;
    case TUAN_FACT_COMMISSION: about_commission(out, room, &fact->commission); break;
    case TUAN_FACT_SEAT_PAID: about_seat(out, room->seats[fact->seat_paid.n - 1]); break;
    case TUAN_FACT_SEAT_RELEASED:
        about_seat(out, room->seats[fact->seat_released.n - 1]);
        TUAN_SET(event, out, released, fact->seat_released.why);
        break;
    default: break;
    }
}

bool engine_event(struct engine *e, size_t index, bool tells_seats, struct engine_event *out)
{
    const struct tuan_fact *fact = engine_fact(e, index);
    struct subject subject = subject_of(fact);

    if (subject.type == NULL || (subject.is_of_seat && !tells_seats)) return false;
    struct tuan_event *data = BODY(e, event);
    *out = (struct engine_event){
        .type = subject.type, .room = subject.room, .campaign = subject.campaign, .data = data};
    TUAN_SET(event, data, at, e->now_ms);
    about_fact(data, fact);
    if (tuan_rid_is_none(out->room)) return true;
    const struct change *change = &e->changes[index];
    struct room *room = change->room != NULL ? change->room : room_find(e, out->room);
    assert(room != NULL && tuan_rid_equal(room->id, out->room));
    e->memo->room = room; /* whoever is told of the fact asks for it next */
    out->campaign = room->campaign->id;
    about_room(data, room, change->version, e->now_ms);
    about_fact_of_room(e, data, fact, room);
    return true;
}
