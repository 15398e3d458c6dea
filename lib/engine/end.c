/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/end.h"

#include <assert.h>

#include "engine/draw.h"
#include "engine/evolve.h"
#include "engine/refund.h"
#include "engine/rules.h"

/* ---- quota ---- */

int64_t seat_quota(const struct seat *seat)
{
    return seat->room->revision->rules.reserve == TUAN_RESERVE_WHOLE_ROOM ? 0 : seat_qty(seat);
}

/* What a room gives back: all of it when it fails; a whole-room reservation's unsold rest when it
 * forms. */
static int64_t quota_back(const struct room *room, bool formed)
{
    bool whole = room->revision->rules.reserve == TUAN_RESERVE_WHOLE_ROOM;
    int64_t taken = 0;

    if (formed && !whole) return 0;
    for (uint32_t i = 0; i < room->seat_count; i++)
        if (room->seats[i]->state == TUAN_SEAT_PAID) taken += seat_qty(room->seats[i]);
    if (formed) return taken < room->size ? room->size - taken : 0;
    return whole ? room->size : taken;
}

/* ---- releases ---- */

void seat_give_back(struct engine *e, const struct seat *seat, enum tuan_release_reason why,
                    struct tuan_str reason)
{
    FACT_OF(e, seat_released, SEAT_RELEASED);

    FACT_SET(seat_released, campaign, seat->room->campaign->id);
    FACT_SET(seat_released, room, seat->room->id);
    FACT_SET(seat_released, n, seat->n);
    FACT_SET(seat_released, why, why);
    if (seat_quota(seat) > 0) FACT_SET(seat_released, quota, seat_quota(seat));
    if (reason.len > 0) FACT_SET(seat_released, reason, reason);
    emit(e, fact);
}

void room_release_holds(struct engine *e, struct room *room)
{
    for (uint32_t i = 0; i < room->seat_count && room->held > 0; i++)
        if (room->seats[i]->state == TUAN_SEAT_HELD)
            seat_give_back(e, room->seats[i], TUAN_RELEASE_ROOM_ENDED, (struct tuan_str){NULL, 0});
    assert(room->held == 0);
}

static const struct seat *pick_leader(const struct room *room)
{
    const struct seat *held = NULL;

    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct seat *seat = room->seats[i];
        if (seat->state == TUAN_SEAT_PAID) return seat;
        if (seat->state == TUAN_SEAT_HELD && held == NULL) held = seat;
    }
    return held;
}

void room_pass_lead(struct engine *e, struct room *room)
{
    FACT_OF(e, leader_changed, LEADER_CHANGED);
    const struct seat *heir = pick_leader(room);

    assert(heir != NULL);
    FACT_SET(leader_changed, campaign, room->campaign->id);
    FACT_SET(leader_changed, room, room->id);
    FACT_SET(leader_changed, n, heir->n);
    emit(e, fact);
}

/* ---- forming ---- */

/* What forming decides, before anything is written. */
struct outcome {
    const struct tuan_tier *tier; /* settled now; NULL: none */
    int64_t tier_number;
    int64_t difference; /* of one piece, owed back to each */
    struct draw draw;
};

static void reach_tier(const struct room *room, struct outcome *outcome)
{
    const struct tuan_rules *rules = &room->revision->rules;

    if (!rules_settle_tier(rules)) return;
    for (uint32_t i = 0; i < rules->tiers.count && rules->tiers.items[i].size <= room->paid; i++) {
        outcome->tier = &rules->tiers.items[i];
        outcome->tier_number = i + 1;
        outcome->difference = rules->tiers.items[0].price - outcome->tier->price;
    }
}

/* What a seat is owed back of the first tier's price. */
static int64_t seat_difference(const struct outcome *outcome, const struct seat *seat)
{
    int64_t difference = outcome->difference * (int64_t)seat_qty(seat);

    return difference < seat_amount(seat) ? difference : seat_amount(seat);
}

static int64_t seat_net(const struct outcome *outcome, const struct seat *seat)
{
    return seat_amount(seat) - seat_difference(outcome, seat);
}

static void count_members(struct tuan_room_formed_fact *f, const struct room *room,
                          const struct outcome *outcome)
{
    int64_t members[2] = {0, 0}, referred = 0, amount = 0, amount_referred = 0;

    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct seat *seat = room->seats[i];
        if (seat->state != TUAN_SEAT_PAID || !draw_keeps(&outcome->draw, seat)) continue;
        const struct extra *extra = seat_extra(seat);
        bool is_referred = extra != NULL && extra->referrer.len > 0;
        members[extra != NULL && extra->new_user]++;
        referred += is_referred;
        amount += seat_net(outcome, seat);
        amount_referred += is_referred ? seat_net(outcome, seat) : 0;
    }
    if (members[1] > 0) FACT_SET(room_formed, members_new, members[1]);
    if (members[0] > 0) FACT_SET(room_formed, members_old, members[0]);
    if (referred > 0) FACT_SET(room_formed, referred, referred);
    if (amount > 0) FACT_SET(room_formed, amount, amount);
    if (amount_referred > 0) FACT_SET(room_formed, amount_referred, amount_referred);
}

static void emit_formed(struct engine *e, const struct room *room, enum tuan_room_reason reason,
                        const struct act *act, const struct outcome *outcome)
{
    FACT_OF(e, room_formed, ROOM_FORMED);

    FACT_SET(room_formed, campaign, room->campaign->id);
    FACT_SET(room_formed, room, room->id);
    FACT_SET(room_formed, reason, reason);
    if (act != NULL && act->note.len > 0) FACT_SET(room_formed, note, act->note);
    if (act != NULL && act->by.len > 0) FACT_SET(room_formed, by, act->by);
    int64_t quota = quota_back(room, true);
    if (quota > 0) FACT_SET(room_formed, quota, quota);
    if (reason == TUAN_REASON_VIRTUAL) FACT_SET(room_formed, virtuals, room_missing(room));
    FACT_SET(room_formed, opened_at, room->opened_at);
    count_members(f, room, outcome);
    emit(e, fact);
}

static void settle_tier(struct engine *e, const struct room *room, const struct outcome *outcome)
{
    FACT_OF(e, tier_settled, TIER_SETTLED);

    FACT_SET(tier_settled, campaign, room->campaign->id);
    FACT_SET(tier_settled, room, room->id);
    FACT_SET(tier_settled, tier, outcome->tier_number);
    FACT_SET(tier_settled, price, outcome->tier->price);
    emit(e, fact);
    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct seat *seat = room->seats[i];
        if (seat->state != TUAN_SEAT_SETTLED || seat_paid(seat) == NULL) continue;
        struct refund_claim claim =
            refund_claim(seat, TUAN_REFUND_TIER_DIFFERENCE, seat_difference(outcome, seat));
        if (claim.amount > 0) refund_owe(e, seat, &claim);
    }
}

static void announce_draw(struct engine *e, const struct room *room, const struct outcome *outcome)
{
    FACT_OF(e, draw_result, DRAW_RESULT);

    FACT_SET(draw_result, campaign, room->campaign->id);
    FACT_SET(draw_result, room, room->id);
    FACT_SET(draw_result, winners, draw_winners(e, &outcome->draw));
    emit(e, fact);
    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct seat *seat = room->seats[i];
        if (seat->state != TUAN_SEAT_SETTLED || seat->has_won || seat_paid(seat) == NULL) continue;
        struct refund_claim claim =
            refund_claim(seat, TUAN_REFUND_LOTTERY_LOST, seat_net(outcome, seat));
        claim.of_seat = true;
        refund_owe(e, seat, &claim);
    }
}

static void tell_commission(struct engine *e, const struct seat *seat, int64_t level,
                            struct tuan_str referrer, int64_t amount)
{
    FACT_OF(e, commission, COMMISSION);

    if (referrer.len == 0) return;
    FACT_SET(commission, campaign, seat->room->campaign->id);
    FACT_SET(commission, room, seat->room->id);
    FACT_SET(commission, n, seat->n);
    FACT_SET(commission, level, level);
    FACT_SET(commission, referrer, referrer);
    FACT_SET(commission, amount, amount);
    emit(e, fact);
}

static void tell_commissions(struct engine *e, const struct room *room,
                             const struct outcome *outcome)
{
    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct seat *seat = room->seats[i];
        const struct extra *extra = seat_extra(seat);
        if (seat->state != TUAN_SEAT_SETTLED || extra == NULL) continue;
        if (outcome->draw.is_on && !seat->has_won) continue;
        tell_commission(e, seat, 1, extra->referrer, seat_net(outcome, seat));
        tell_commission(e, seat, 2, extra->referrer2, seat_net(outcome, seat));
    }
}

void room_form(struct engine *e, struct room *room, enum tuan_room_reason reason,
               const struct act *act)
{
    struct outcome outcome = {.tier = NULL};

    assert(room->state == TUAN_ROOM_OPEN);
    assert(room->held == 0);
    reach_tier(room, &outcome);
    draw_lots(e, room, &outcome.draw);
    emit_formed(e, room, reason, act, &outcome);
    if (outcome.tier != NULL) settle_tier(e, room, &outcome);
    if (outcome.draw.is_on) announce_draw(e, room, &outcome);
    tell_commissions(e, room, &outcome);
}

/* ---- failing ---- */

static void emit_failed(struct engine *e, const struct room *room, enum tuan_room_reason reason,
                        const struct act *act, struct tuan_id merged_into)
{
    FACT_OF(e, room_failed, ROOM_FAILED);

    FACT_SET(room_failed, campaign, room->campaign->id);
    FACT_SET(room_failed, room, room->id);
    FACT_SET(room_failed, reason, reason);
    if (act != NULL && act->note.len > 0) FACT_SET(room_failed, note, act->note);
    if (act != NULL && act->by.len > 0) FACT_SET(room_failed, by, act->by);
    int64_t quota = quota_back(room, false);
    if (quota > 0) FACT_SET(room_failed, quota, quota);
    if (!tuan_rid_is_none(merged_into)) FACT_SET(room_failed, merged_into, merged_into);
    emit(e, fact);
}

void room_fail(struct engine *e, struct room *room, enum tuan_room_reason reason,
               const struct act *act)
{
    assert(room_is_live(room));
    room_release_holds(e, room);
    emit_failed(e, room, reason, act, (struct tuan_id){0, 0});
    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct seat *seat = room->seats[i];
        if (seat->state != TUAN_SEAT_PAID) continue;
        struct refund_claim claim = refund_claim(seat, TUAN_REFUND_ROOM_FAILED, seat_amount(seat));
        claim.of_seat = true;
        refund_owe(e, seat, &claim);
    }
    assert(room->paid == 0);
}

void room_merge_away(struct engine *e, struct room *room, struct tuan_id into)
{
    assert(room->held + room->paid == 0);
    emit_failed(e, room, TUAN_REASON_MERGED_AWAY, NULL, into);
}
