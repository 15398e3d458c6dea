/* SPDX-License-Identifier: BSD-2-Clause */
/* view.c - what users see of seats, rooms, refunds and campaigns. */
#include "engine/answer.h"
#include "engine/cut.h"
#include "engine/draw.h"

static enum tuan_seat_role role_of(const struct seat *seat)
{
    return seat_leads(seat) ? TUAN_ROLE_LEADER : TUAN_ROLE_MEMBER;
}

static void view_seat_room(const struct seat *seat, struct tuan_seat *out)
{
    const struct room *room = seat->room;

    TUAN_SET(seat, out, room, room->id);
    TUAN_SET(seat, out, campaign, room->campaign->id);
    TUAN_SET(seat, out, room_state, room->state);
    TUAN_SET(seat, out, role, role_of(seat));
    TUAN_SET(seat, out, size, room->size);
    TUAN_SET(seat, out, paid, room->paid);
    TUAN_SET(seat, out, held, room->held);
    TUAN_SET(seat, out, missing, room_missing(room));
    TUAN_SET(seat, out, free, room_free(room));
    if (room->state != TUAN_ROOM_PENDING && room->deadline > 0)
        TUAN_SET(seat, out, deadline, room->deadline);
    TUAN_SET(seat, out, version, room->version);
}

/* Of the order: also of the rooms that it was moved from. */
static const struct refund *newest_refund(const struct engine *e, const struct seat *seat)
{
    const struct refund *newest = NULL;

    for (const struct seat *at = seat; at != NULL; at = seat_before(e, at))
        if (seat_refunds(at) != NULL &&
            (newest == NULL || refund_is_newer(seat_refunds(at), newest)))
            newest = seat_refunds(at);
    return newest;
}

void view_seat(struct engine *e, const struct seat *seat, struct tuan_seat *out)
{
    view_seat_room(seat, out);
    TUAN_SET(seat, out, order, seat_order(seat));
    TUAN_SET(seat, out, user, seat_user(seat));
    TUAN_SET(seat, out, state, seat->state);
    TUAN_SET(seat, out, now, e->now_ms);
    if (seat_hold(seat) != NULL) TUAN_SET(seat, out, hold_until, seat_hold(seat)->until);
    if (seat_price(seat) > 0) TUAN_SET(seat, out, price, seat_price(seat));
    if (seat_qty(seat) != 1) TUAN_SET(seat, out, qty, seat_qty(seat));
    if (seat->room->tier > 0) TUAN_SET(seat, out, tier, seat->room->tier);
    if (seat->released != 0) TUAN_SET(seat, out, released, seat->released);
    const struct refund *refund = newest_refund(e, seat);
    if (refund != NULL) {
        TUAN_SET(seat, out, refund, refund->id);
        TUAN_SET(seat, out, reason, refund->reason);
    }
    const struct paid *paid = seat_paid(seat);
    if (paid != NULL && paid->differs) TUAN_SET(seat, out, amount_differs, 1);
    if (seat->room->more != NULL && seat->room->more->is_drawn && seat->released == 0)
        TUAN_SET(seat, out, won, seat->has_won);
    const struct extra *extra = seat_extra(seat);
    if (extra == NULL) return;
    if (!tuan_rid_is_none(extra->rerouted_from))
        TUAN_SET(seat, out, rerouted_from, extra->rerouted_from);
    if (extra->cut > 0) TUAN_SET(seat, out, cut, extra->cut);
}

void view_room_seat(const struct seat *seat, struct tuan_room_seat *out)
{
    *out = (struct tuan_room_seat){0};
    TUAN_SET(room_seat, out, n, seat->n);
    TUAN_SET(room_seat, out, role, role_of(seat));
    TUAN_SET(room_seat, out, state, seat->state);
    TUAN_SET(room_seat, out, user, seat_user(seat));
    TUAN_SET(room_seat, out, order, seat_order(seat));
    TUAN_SET(room_seat, out, qty, seat_qty(seat));
    TUAN_SET(room_seat, out, is_virtual, 0);
    TUAN_SET(room_seat, out, joined_at, (int64_t)seat->joined_at);
    const struct extra *extra = seat_extra(seat);
    if (extra == NULL) return;
    if (extra->profile.len > 0) TUAN_SET(room_seat, out, profile, extra->profile);
    if (extra->cut > 0) TUAN_SET(room_seat, out, cut, extra->cut);
}

/* The i-th of a formed room's virtual seats: their numbers follow on those of the real ones. */
void view_virtual_seat(const struct room *room, uint32_t i, struct tuan_room_seat *out)
{
    *out = (struct tuan_room_seat){0};
    TUAN_SET(room_seat, out, n, room->seat_count + i + 1);
    TUAN_SET(room_seat, out, role, TUAN_ROLE_MEMBER);
    TUAN_SET(room_seat, out, state, TUAN_SEAT_VIRTUAL);
    TUAN_SET(room_seat, out, is_virtual, 1);
    TUAN_SET(room_seat, out, joined_at, room_ended_at(room));
}

/* The first `max` seats of those that are shown, the leader's first. */
static void view_room_seats(struct engine *e, const struct room *room, uint32_t max,
                            struct tuan_room *out)
{
    TUAN_SET(room, out, seats_total, room->seat_count - room->hidden + room_virtuals(room));
    if (max == 0) return;
    struct tuan_room_seat *shown = arena_take(&e->arena, max * sizeof *shown);
    uint32_t count = 0;

    if (room->leader > 0 && seat_is_shown(room->seats[room->leader - 1]))
        view_room_seat(room->seats[room->leader - 1], &shown[count++]);
    for (uint32_t i = 0; i < room->seat_count && count < max; i++) {
        const struct seat *seat = room->seats[i];
        if (seat_is_shown(seat) && seat->n != room->leader) view_room_seat(seat, &shown[count++]);
    }
    for (uint32_t i = 0; i < room_virtuals(room) && count < max; i++)
        view_virtual_seat(room, i, &shown[count++]);
    TUAN_SET(room, out, seats, ((struct tuan_list){shown, count}));
}

static void view_winners(struct engine *e, const struct room *room, struct tuan_room *out)
{
    struct tuan_winner *winners = arena_take(&e->arena, room->seat_count * sizeof *winners);
    uint32_t count = 0;

    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct seat *seat = room->seats[i];
        if (!seat->has_won) continue;
        winners[count] = (struct tuan_winner){0};
        TUAN_SET(winner, &winners[count], n, seat->n);
        TUAN_SET(winner, &winners[count], user, seat_user(seat));
        TUAN_SET(winner, &winners[count], order, seat_order(seat));
        count++;
    }
    TUAN_SET(room, out, winners, ((struct tuan_list){winners, count}));
}

static void view_more(struct engine *e, const struct room *room, struct tuan_room *out)
{
    const struct more *more = room->more;

    if (!tuan_rid_is_none(more->merged_into)) TUAN_SET(room, out, merged_into, more->merged_into);
    if (more->draw_seed.len > 0) TUAN_SET(room, out, draw_commit, draw_commit(e, more->draw_seed));
    if (!more->is_drawn) return;
    TUAN_SET(room, out, draw_seed, more->draw_seed);
    view_winners(e, room, out);
}

void view_room(struct engine *e, const struct room *room, uint32_t seats, struct tuan_room *out)
{
    TUAN_SET(room, out, room, room->id);
    TUAN_SET(room, out, campaign, room->campaign->id);
    TUAN_SET(room, out, state, room->state);
    if (room->reason != 0) TUAN_SET(room, out, reason, room->reason);
    TUAN_SET(room, out, size, room->size);
    TUAN_SET(room, out, paid, room->paid);
    TUAN_SET(room, out, held, room->held);
    TUAN_SET(room, out, missing, room_missing(room));
    TUAN_SET(room, out, free, room_free(room));
    TUAN_SET(room, out, virtuals, room_virtuals(room));
    TUAN_SET(room, out, version, room->version);
    TUAN_SET(room, out, opened_at, room->opened_at);
    if (room->state != TUAN_ROOM_PENDING && room->deadline > 0)
        TUAN_SET(room, out, deadline, room->deadline);
    if (room->state == TUAN_ROOM_FORMED) TUAN_SET(room, out, formed_at, room_ended_at(room));
    if (room->state == TUAN_ROOM_FAILED) TUAN_SET(room, out, failed_at, room_ended_at(room));
    if (room->leader > 0) TUAN_SET(room, out, leader, seat_user(room->seats[room->leader - 1]));
    if (room->tier > 0) TUAN_SET(room, out, tier, room->tier);
    if (room->revision->rules.cut_total > 0) TUAN_SET(room, out, cut, cut_sum(room));
    if (room->more != NULL) view_more(e, room, out);
    TUAN_SET(room, out, now, e->now_ms);
    view_room_seats(e, room, seats, out);
}

void view_refund(const struct refund *refund, struct tuan_refund *out)
{
    *out = (struct tuan_refund){0};
    TUAN_SET(refund, out, refund, refund->id);
    TUAN_SET(refund, out, campaign, refund->campaign->id);
    if (!tuan_rid_is_none(refund->room_id)) TUAN_SET(refund, out, room, refund->room_id);
    TUAN_SET(refund, out, order, refund_order(refund));
    if (refund_user(refund).len > 0) TUAN_SET(refund, out, user, refund_user(refund));
    TUAN_SET(refund, out, reason, refund->reason);
    TUAN_SET(refund, out, amount, refund->amount);
    TUAN_SET(refund, out, at, refund->at);
    if (refund->acked_at > 0) TUAN_SET(refund, out, acked_at, refund->acked_at);
    if (refund->ref.len > 0) TUAN_SET(refund, out, ref, refund->ref);
}

enum tuan_phase campaign_phase(const struct campaign *campaign, int64_t now_ms)
{
    const struct tuan_rules *rules = &campaign_rules(campaign)->rules;

    if (campaign->is_closed) return TUAN_PHASE_CLOSED;
    if (rules->end_at > 0 && now_ms >= rules->end_at) return TUAN_PHASE_ENDED;
    if (rules->status == TUAN_STATUS_PAUSED) return TUAN_PHASE_PAUSED;
    return now_ms < rules->start_at ? TUAN_PHASE_SCHEDULED : TUAN_PHASE_RUNNING;
}

void view_campaign(const struct engine *e, const struct campaign *campaign,
                   struct tuan_campaign *out)
{
    const struct revision *revision = campaign_rules(campaign);

    *out = (struct tuan_campaign){0};
    TUAN_SET(campaign, out, campaign, campaign->id);
    TUAN_SET(campaign, out, phase, campaign_phase(campaign, e->now_ms));
    TUAN_SET(campaign, out, revision, revision->number);
    TUAN_SET(campaign, out, rules, &revision->rules);
    TUAN_SET(campaign, out, rooms_open, campaign->rooms_live);
    TUAN_SET(campaign, out, rooms_opened, campaign->rooms_opened);
    TUAN_SET(campaign, out, rooms_formed, campaign->rooms_formed);
    TUAN_SET(campaign, out, rooms_failed, campaign->rooms_failed);
    TUAN_SET(campaign, out, rooms_merged, campaign->rooms_merged);
    TUAN_SET(campaign, out, seats_held, campaign->seats_held);
    TUAN_SET(campaign, out, seats_paid, campaign->seats_paid);
    TUAN_SET(campaign, out, seats_released, campaign->seats_released);
    TUAN_SET(campaign, out, refunds_due, campaign->refunds_due);
    TUAN_SET(campaign, out, refunds_acked, campaign->refunds_acked);
    TUAN_SET(campaign, out, quota_used, campaign->quota_used);
    TUAN_SET(campaign, out, now, e->now_ms);
}
