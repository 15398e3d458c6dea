/* SPDX-License-Identifier: BSD-2-Clause */
/* room.c - a room's clock, its leader, its holds, its failing, and what is tried at its deadline.
 */
#include "base/mem.h"
#include "impl.h"

/* ---- clock ---- */

void n_room_set_deadline(struct n_room *room, int64_t start)
{
    const struct tuan_rules *rules = &room->rules;
    int64_t own = FAR_AWAY;

    if (rules->room_ttl_ms > 0) own = start + rules->room_ttl_ms;
    if (rules->cutoff.len > 0) {
        int64_t cutoff = n_zone_next(rules->cutoff_zone, rules->cutoff, start);
        if (cutoff < own) own = cutoff;
    }
    room->deadline = own;
    room->is_cut_short = false;
    bool ends = rules->on_campaign_end != TUAN_END_RUN_ON || rules->room_ttl_ms == 0;
    if (rules->end_at == 0 || !ends || rules->end_at >= own) return;
    room->deadline = rules->end_at;
    room->is_cut_short = rules->on_campaign_end != TUAN_END_RUN_ON;
}

void n_room_start(struct naive *naive, struct n_room *room)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_ROOM_STARTED);
    struct tuan_room_started_fact *started = &fact.room_started;

    room->state = TUAN_ROOM_OPEN;
    n_room_set_deadline(room, naive->now);
    TUAN_SET(room_started_fact, started, campaign, room->campaign->id);
    TUAN_SET(room_started_fact, started, room, room->id);
    if (room->deadline != FAR_AWAY) TUAN_SET(room_started_fact, started, deadline, room->deadline);
    TUAN_SET(room_started_fact, started, ends_campaign, room->is_cut_short);
    n_tell(naive, room, &fact);
}

/* ---- holds and leaders ---- */

void n_seat_release(struct naive *naive, struct n_room *room, struct n_seat *seat, int64_t why,
                    struct tuan_str reason)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_SEAT_RELEASED);
    struct tuan_seat_released_fact *released = &fact.seat_released;

    seat->state = TUAN_SEAT_RELEASED;
    seat->released = why;
    seat->ended_at = naive->now;
    TUAN_SET(seat_released_fact, released, campaign, room->campaign->id);
    TUAN_SET(seat_released_fact, released, room, room->id);
    TUAN_SET(seat_released_fact, released, n, seat->n);
    TUAN_SET(seat_released_fact, released, why, why);
    TUAN_SET(seat_released_fact, released, quota, seat->quota);
    TUAN_SET(seat_released_fact, released, reason, reason);
    room->campaign->released++;
    room->campaign->quota_used -= seat->quota;
    seat->quota = 0;
    n_tell(naive, room, &fact);
    struct tuan_life *life = n_add_life(naive, room, TUAN_LIFE_SEAT_RELEASED);
    TUAN_SET(life, life, n, seat->n);
    TUAN_SET(life, life, released, why);
}

void n_room_end_holds(struct naive *naive, struct n_room *room)
{
    for (size_t i = 0; i < room->seat_count; i++) {
        if (room->seats[i].state != TUAN_SEAT_HELD) continue;
        room->seats[i].was_in = true;
        n_seat_release(naive, room, &room->seats[i], TUAN_RELEASE_ROOM_ENDED,
                       (struct tuan_str){NULL, 0});
    }
}

static struct n_seat *first_in(struct n_room *room, int64_t state)
{
    for (size_t i = 0; i < room->seat_count; i++)
        if (room->seats[i].state == state) return &room->seats[i];
    return NULL;
}

/* The lead passes to the earliest paid seat, else the earliest held. */
void n_room_lead(struct naive *naive, struct n_room *room)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_LEADER_CHANGED);
    struct n_seat *old = n_leader_of(room), *next = first_in(room, TUAN_SEAT_PAID);

    if (next == NULL) next = first_in(room, TUAN_SEAT_HELD);
    if (old != NULL) old->role = TUAN_ROLE_MEMBER;
    next->role = TUAN_ROLE_LEADER;
    TUAN_SET(leader_changed_fact, &fact.leader_changed, campaign, room->campaign->id);
    TUAN_SET(leader_changed_fact, &fact.leader_changed, room, room->id);
    TUAN_SET(leader_changed_fact, &fact.leader_changed, n, next->n);
    n_tell(naive, room, &fact);
    struct tuan_life *life = n_add_life(naive, room, TUAN_LIFE_LEADER_CHANGED);
    TUAN_SET(life, life, n, next->n);
}

/* A seat is gone: does the room go on, and who leads it? */
void n_room_follow(struct naive *naive, struct n_room *room, struct n_seat *gone, int64_t reason)
{
    if (!n_is_alive(room)) return;
    if (n_live_seats(room) == 0)
        n_room_fail(naive, room, reason, (struct tuan_str){NULL, 0});
    else if (gone->role == TUAN_ROLE_LEADER)
        n_room_lead(naive, room);
}

/* ---- money ---- */

struct n_refund *n_refund_owe(struct naive *naive, struct n_campaign *campaign, struct n_room *room,
                              const struct n_owed *owed)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_REFUND_DUE);
    struct tuan_refund_due_fact *due = &fact.refund_due;
    struct n_refund *refund = mem_zalloc(sizeof *refund);

    naive->refunds =
        n_grown(naive->refunds, naive->refund_count, &naive->refund_room, sizeof *naive->refunds);
    naive->refunds[naive->refund_count++] = refund;
    TUAN_SET(refund_due_fact, due, campaign, campaign->id);
    if (room != NULL) TUAN_SET(refund_due_fact, due, room, room->id);
    if (room != NULL) TUAN_SET(refund_due_fact, due, n, owed->n);
    TUAN_SET(refund_due_fact, due, order, owed->order);
    TUAN_SET(refund_due_fact, due, user, owed->user);
    TUAN_SET(refund_due_fact, due, reason, owed->reason);
    TUAN_SET(refund_due_fact, due, amount, owed->amount);
    TUAN_SET(refund_due_fact, due, payment, owed->payment);
    if (owed->has_paid_at) TUAN_SET(refund_due_fact, due, paid_at, owed->paid_at);
    TUAN_SET(refund_due_fact, due, of_seat, owed->of_seat);
    TUAN_SET(refund_due_fact, due, quota, owed->quota);
    n_tell(naive, room, &fact);
    *refund = (struct n_refund){.id = due->refund,
                                .campaign = campaign,
                                .n = owed->n,
                                .order = owed->order,
                                .user = owed->user,
                                .payment = owed->payment,
                                .reason = owed->reason,
                                .amount = owed->amount,
                                .at = naive->now,
                                .asked = -1,
                                .of_seat = owed->of_seat};
    campaign->due++;
    if (room == NULL) return refund;
    refund->room = room->id;
    struct tuan_life *life = n_add_life(naive, room, TUAN_LIFE_REFUND_DUE);
    TUAN_SET(life, life, n, owed->n);
    TUAN_SET(life, life, refund_reason, owed->reason);
    TUAN_SET(life, life, amount, owed->amount);
    TUAN_SET(life, life, refund, refund->id);
    return refund;
}

static void owe_for_failure(struct naive *naive, struct n_room *room, struct n_seat *seat)
{
    struct n_owed owed = {.n = seat->n,
                          .reason = TUAN_REFUND_ROOM_FAILED,
                          .amount = n_seat_amount(seat),
                          .order = seat->order,
                          .user = seat->user,
                          .payment = seat->payment,
                          .paid_at = seat->paid_at,
                          .has_paid_at = true,
                          .of_seat = true};

    seat->state = TUAN_SEAT_REFUND_DUE;
    n_refund_owe(naive, room->campaign, room, &owed);
}

/* ---- failing ---- */

static void count_failure(struct n_campaign *campaign, int64_t reason)
{
    struct tuan_failures *failures = &campaign->failures;

    if (reason == TUAN_REASON_MERGED_AWAY)
        campaign->merged++;
    else
        campaign->failed++;
    if (reason == TUAN_REASON_DEADLINE) failures->deadline++;
    if (reason == TUAN_REASON_CAMPAIGN_END) failures->campaign_end++;
    if (reason == TUAN_REASON_LEADER_UNPAID) failures->leader_unpaid++;
    if (reason == TUAN_REASON_LEADER_LEFT) failures->leader_left++;
    if (reason == TUAN_REASON_DISSOLVED) failures->dissolved++;
}

static void end_unpaid_seats(struct naive *naive, struct n_room *room)
{
    for (size_t i = 0; i < room->seat_count; i++) {
        struct n_seat *seat = &room->seats[i];
        if (seat->state != TUAN_SEAT_PAID) continue;
        seat->state = TUAN_SEAT_RELEASED;
        seat->released = TUAN_RELEASE_ROOM_ENDED;
        seat->ended_at = naive->now;
        struct tuan_life *life = n_add_life(naive, room, TUAN_LIFE_SEAT_RELEASED);
        TUAN_SET(life, life, n, seat->n);
        TUAN_SET(life, life, released, TUAN_RELEASE_ROOM_ENDED);
    }
}

void n_room_fail(struct naive *naive, struct n_room *room, int64_t reason, struct tuan_str note)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_ROOM_FAILED);
    struct tuan_room_failed_fact *failed = &fact.room_failed;
    int64_t quota = room->quota;

    n_room_end_holds(naive, room);
    for (size_t i = 0; i < room->seat_count; i++) {
        if (room->seats[i].state != TUAN_SEAT_PAID) continue;
        room->seats[i].was_in = true;
        quota += room->seats[i].quota;
        room->seats[i].quota = 0;
    }
    room->state = TUAN_ROOM_FAILED;
    room->reason = reason;
    room->note = note;
    room->ended_at = naive->now;
    room->quota = 0;
    room->campaign->quota_used -= quota;
    count_failure(room->campaign, reason);
    TUAN_SET(room_failed_fact, failed, campaign, room->campaign->id);
    TUAN_SET(room_failed_fact, failed, room, room->id);
    TUAN_SET(room_failed_fact, failed, reason, reason);
    TUAN_SET(room_failed_fact, failed, note, note);
    TUAN_SET(room_failed_fact, failed, quota, quota);
    if (reason == TUAN_REASON_MERGED_AWAY)
        TUAN_SET(room_failed_fact, failed, merged_into, room->merged_into);
    n_tell(naive, room, &fact);
    struct tuan_life *life = n_add_life(naive, room, TUAN_LIFE_ROOM_FAILED);
    TUAN_SET(life, life, room_reason, reason);
    if (room->rules.payment == TUAN_PAYMENT_NONE) end_unpaid_seats(naive, room);
    for (size_t i = 0; i < room->seat_count; i++)
        if (room->seats[i].state == TUAN_SEAT_PAID) owe_for_failure(naive, room, &room->seats[i]);
}

/* ---- the deadline ---- */

static bool virtual_members_help(const struct n_room *room)
{
    const struct tuan_rules *rules = &room->rules;
    int64_t paid = n_paid_of(room), missing = room->size - paid, value = rules->virtual_value;

    if (paid == 0) return false;
    switch (rules->virtual_mode) {
    case TUAN_VIRTUAL_ALL: return true;
    case TUAN_VIRTUAL_THRESHOLD_PCT: return paid * 100 >= value * room->size;
    case TUAN_VIRTUAL_MAX_PCT: return missing <= room->size * value / 100;
    case TUAN_VIRTUAL_MAX_COUNT: return missing <= value;
    default: return false;
    }
}

void n_room_full_forms(struct naive *naive, struct n_room *room)
{
    if (room->state == TUAN_ROOM_OPEN && n_paid_of(room) == room->size)
        n_room_form(naive, room, TUAN_REASON_FULL, (struct tuan_str){NULL, 0});
}

static void form_at_deadline(struct naive *naive, struct n_room *room, int64_t reason)
{
    n_room_form(naive, room, reason, (struct tuan_str){NULL, 0});
}

void n_room_due(struct naive *naive, struct n_room *room)
{
    const struct tuan_rules *rules = &room->rules;
    bool is_fail = room->is_cut_short && rules->on_campaign_end == TUAN_END_FAIL;
    int64_t why = room->is_cut_short ? TUAN_REASON_CAMPAIGN_END : TUAN_REASON_DEADLINE;

    n_room_end_holds(naive, room);
    int64_t paid = n_paid_of(room);
    if (is_fail) {
        n_room_fail(naive, room, TUAN_REASON_CAMPAIGN_END, (struct tuan_str){NULL, 0});
    } else if (paid == room->size) {
        form_at_deadline(naive, room, TUAN_REASON_FULL);
    } else if (rules->tiers.count > 0 && rules->tier_mode == TUAN_TIER_AT_DEADLINE &&
               paid >= rules->tiers.items[0].size) {
        form_at_deadline(naive, room, TUAN_REASON_DEADLINE_TIER);
    } else if (rules->min_success > 0 && paid >= rules->min_success) {
        form_at_deadline(naive, room, TUAN_REASON_DEADLINE_MIN);
    } else if (rules->merge == TUAN_MERGE_DEADLINE && n_room_merges(naive, room)) {
        if (n_is_alive(room)) n_room_fail(naive, room, why, (struct tuan_str){NULL, 0});
    } else if (virtual_members_help(room)) {
        room->virtuals = room->size - paid;
        form_at_deadline(naive, room, TUAN_REASON_VIRTUAL);
    } else {
        n_room_fail(naive, room, why, (struct tuan_str){NULL, 0});
    }
}
