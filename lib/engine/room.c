/* SPDX-License-Identifier: BSD-2-Clause */
/* room.c - a room is pending until its leader has paid (where its clock waits for that), open until
 * exactly one cause ends it, and formed or failed for ever. Everything that follows from one cause
 * is emitted in one step: failing releases the holds and creates every refund, so that no crash can
 * fall between them.
 */
#include "engine/room.h"

#include <assert.h>

#include "engine/evolve.h"
#include "engine/merge.h"
#include "engine/rules.h"
#include "engine/user.h"
#include "engine/zone.h"

static int64_t earliest(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

int64_t room_deadline(const struct revision *revision, int64_t now_ms, bool *ends_campaign)
{
    const struct tuan_rules *rules = &revision->rules;
    bool runs_on = rules->on_campaign_end == TUAN_END_RUN_ON;
    int64_t own = rules->room_ttl_ms > 0 ? now_ms + rules->room_ttl_ms : 0;

    if (rules->cutoff.len > 0)
        own = earliest(own, zone_next_ms(revision->zone, zone_minutes(rules->cutoff), now_ms));
    int64_t deadline = runs_on && rules->room_ttl_ms > 0 ? own : earliest(own, rules->end_at);
    bool is_cut = own == 0 || rules->end_at < own || rules->on_campaign_end == TUAN_END_FAIL;
    *ends_campaign = rules->end_at > 0 && !runs_on && deadline == rules->end_at && is_cut;
    return deadline;
}

enum tuan_err room_end_err(const struct room *room)
{
    assert(!room_is_live(room));
    return room->state == TUAN_ROOM_FAILED && (room->reason == TUAN_REASON_DEADLINE ||
                                               room->reason == TUAN_REASON_CAMPAIGN_END)
               ? TUAN_ERR_ROOM_EXPIRED
               : TUAN_ERR_ROOM_CLOSED;
}

/* ---- the deadline ---- */

/* 虛擬成團: may the missing seats be virtual? */
static bool may_be_virtual(const struct room *room)
{
    const struct tuan_rules *rules = &room->revision->rules;
    int64_t size = room->size, paid = room->paid, missing = size - paid;
    int64_t value = rules->virtual_value;

    if (paid == 0) return false;
    switch ((enum tuan_virtual_mode)rules->virtual_mode) {
    case TUAN_VIRTUAL_OFF: return false;
    case TUAN_VIRTUAL_ALL: return true;
    case TUAN_VIRTUAL_THRESHOLD_PCT: return paid * 100 >= value * size;
    case TUAN_VIRTUAL_MAX_PCT: return missing <= size * value / 100;
    case TUAN_VIRTUAL_MAX_COUNT: return missing <= value;
    }
    return false;
}

/* The first that applies, in the order of the contract. */
void room_settle(struct engine *e, struct room *room)
{
    const struct tuan_rules *rules = &room->revision->rules;
    int64_t enough = rules_least_success(rules);
    enum tuan_room_reason failure =
        room->ends_campaign ? TUAN_REASON_CAMPAIGN_END : TUAN_REASON_DEADLINE;

    assert(room->state == TUAN_ROOM_OPEN);
    room_release_holds(e, room);
    if (room->ends_campaign && rules->on_campaign_end == TUAN_END_FAIL)
        room_fail(e, room, failure, NULL);
    else if (room->paid == room->size)
        room_form(e, room, TUAN_REASON_FULL, NULL);
    else if (enough > 0 && room->paid >= enough)
        room_form(e, room,
                  rules_settle_tier(rules) ? TUAN_REASON_DEADLINE_TIER : TUAN_REASON_DEADLINE_MIN,
                  NULL);
    else if (merge_due_room(e, room, failure))
        assert(!room_is_live(room));
    else if (may_be_virtual(room))
        room_form(e, room, TUAN_REASON_VIRTUAL, NULL);
    else
        room_fail(e, room, failure, NULL);
}

/* ---- payments ---- */

static void start_clock(struct engine *e, struct room *room)
{
    FACT_OF(e, room_started, ROOM_STARTED);
    bool ends_campaign;
    int64_t deadline = room_deadline(room->revision, e->now_ms, &ends_campaign);

    FACT_SET(room_started, campaign, room->campaign->id);
    FACT_SET(room_started, room, room->id);
    if (deadline > 0) FACT_SET(room_started, deadline, deadline);
    if (ends_campaign) FACT_SET(room_started, ends_campaign, 1);
    emit(e, fact);
}

void room_after_payment(struct engine *e, struct seat *seat)
{
    struct room *room = seat->room;

    assert(seat->state == TUAN_SEAT_PAID);
    if (room->state == TUAN_ROOM_PENDING) start_clock(e, room);
    if (room->deadline > 0 &&
        room->deadline <= e->now_ms) { /* paid in the grace, too late to live */
        room_settle(e, room);
        return;
    }
    if (room->paid == room->size) room_form(e, room, TUAN_REASON_FULL, NULL);
}

/* ---- releases ---- */

void room_after_leaving(struct engine *e, const struct seat *seat, enum tuan_room_reason failure)
{
    struct room *room = seat->room;

    if (room->held + room->paid == 0)
        room_fail(e, room, failure, NULL);
    else if (seat_leads(seat))
        room_pass_lead(e, room);
}

void seat_release(struct engine *e, struct seat *seat, enum tuan_release_reason why,
                  struct tuan_str reason)
{
    assert(seat->state == TUAN_SEAT_HELD);
    assert(room_is_live(seat->room));
    seat_give_back(e, seat, why, reason);
    room_after_leaving(e, seat, TUAN_REASON_LEADER_UNPAID);
}

/* ---- what is overdue ---- */

static bool was_dissolved(const struct room *room)
{
    return room->campaign->is_closed && room->campaign->close_rooms == TUAN_CLOSE_FAIL;
}

/* The hold that ended first, of those that ended before the room's own end. A room of thousands is
 * looked through only when a hold of it may have ended. */
static struct seat *first_overdue(struct room *room, int64_t now_ms)
{
    struct seat *first = NULL;
    int64_t bound = 0;

    if (room->held == 0 || room->release_bound > now_ms) return NULL;
    for (uint32_t i = 0; i < room->seat_count; i++) {
        struct seat *seat = room->seats[i];
        if (seat_hold(seat) == NULL) continue;
        if (bound == 0 || seat_hold(seat)->release_at < bound) bound = seat_hold(seat)->release_at;
        if (seat_hold(seat)->release_at > now_ms) continue;
        if (room->deadline > 0 && seat_hold(seat)->release_at >= room->deadline) continue;
        if (first == NULL || seat_hold(seat)->release_at < seat_hold(first)->release_at)
            first = seat;
    }
    room->release_bound = bound;
    return first;
}

/* In the order of their due times: holds, the deadline, and only then an operator's close. */
void room_retire(struct engine *e, struct room *room)
{
    struct tuan_str no_text = {NULL, 0};

    while (room_is_live(room)) {
        struct seat *seat = first_overdue(room, e->now_ms);
        if (seat == NULL) break;
        seat_release(e, seat, TUAN_RELEASE_EXPIRED, no_text);
    }
    if (room->state == TUAN_ROOM_OPEN && room->deadline > 0 && room->deadline <= e->now_ms)
        room_settle(e, room);
    if (room_is_live(room) && was_dissolved(room)) room_fail(e, room, TUAN_REASON_DISSOLVED, NULL);
}

/* ---- memory ---- */

/* Limits count over the campaign's life: what a forgotten seat counted stays with its user, where a
 * limit asks. */
static void roll_up(struct engine *e, struct seat *seat)
{
    const struct member *member = user_of(seat).member;
    FACT_OF(e, user_rolled_up, USER_ROLLED_UP);

    FACT_SET(user_rolled_up, campaign, seat->room->campaign->id);
    FACT_SET(user_rolled_up, user, seat_user(seat));
    const struct base none = {.opens = 0}, *base = &none;
    if (member != NULL && member->base != NULL) base = member->base;
    FACT_SET(user_rolled_up, opens, base->opens + seat->opened);
    FACT_SET(user_rolled_up, joins, base->joins + !seat->opened);
    FACT_SET(user_rolled_up, qty, base->qty + seat_qty(seat));
    emit(e, fact);
}

void room_drop(struct engine *e, struct room *room)
{
    const struct tuan_rules *rules = &campaign_rules(room->campaign)->rules;
    bool limits = (rules->opens_per_user | rules->joins_per_user | rules->qty_per_user) != 0 &&
                  !room->campaign->is_dropped;

    assert(!room_is_live(room));
    assert(room->refunds_open == 0);
    for (uint32_t i = 0; limits && i < room->seat_count; i++)
        if (seat_counts(room->seats[i])) roll_up(e, room->seats[i]);
    FACT_OF(e, room_dropped, ROOM_DROPPED);
    FACT_SET(room_dropped, campaign, room->campaign->id);
    FACT_SET(room_dropped, room, room->id);
    emit(e, fact);
}
