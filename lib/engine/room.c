/* SPDX-License-Identifier: BSD-2-Clause */
/* room.c - a room is pending until its leader has paid (where its clock waits for that), open until
 * exactly one cause ends it, and formed or failed for ever. Everything that follows from one cause
 * is emitted in one step: failing releases the holds and creates every refund, so that no crash can
 * fall between them.
 */
#include "engine/room.h"

#include <assert.h>

#include "engine/evolve.h"
#include "engine/refund.h"

static int64_t earliest(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

int64_t room_deadline(const struct tuan_rules *rules, int64_t now_ms, bool *ends_campaign)
{
    int64_t own = rules->room_ttl_ms > 0 ? now_ms + rules->room_ttl_ms : rules->end_at;
    int64_t deadline = own;

    if (rules->on_campaign_end != TUAN_END_RUN_ON) deadline = earliest(own, rules->end_at);
    bool is_cut =
        rules->room_ttl_ms == 0 || rules->end_at < own || rules->on_campaign_end == TUAN_END_FAIL;
    *ends_campaign = rules->end_at > 0 && rules->on_campaign_end != TUAN_END_RUN_ON &&
                     deadline == rules->end_at && is_cut;
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

/* ---- quota ---- */

/* Pieces of the quota that this seat holds by itself: none where the room reserved them all. */
static int64_t seat_quota(const struct seat *seat)
{
    return seat->room->revision->rules.reserve == TUAN_RESERVE_WHOLE_ROOM ? 0 : seat->qty;
}

/* What a room gives back: all of it when it fails; a whole-room reservation's unsold rest when it
 * forms. */
static int64_t quota_back(const struct room *room, bool formed)
{
    bool whole = room->revision->rules.reserve == TUAN_RESERVE_WHOLE_ROOM;
    int64_t taken = 0;

    for (uint32_t i = 0; i < room->seat_count; i++)
        if (room->seats[i]->state == TUAN_SEAT_PAID) taken += room->seats[i]->qty;
    if (formed) return whole && taken < room->size ? room->size - taken : 0;
    return whole ? room->size : taken;
}

/* ---- ends ---- */

void room_form(struct engine *e, struct room *room, enum tuan_room_reason reason,
               struct tuan_str note)
{
    FACT_OF(room_formed, ROOM_FORMED);

    assert(room->state == TUAN_ROOM_OPEN);
    assert(room->held == 0);
    FACT_SET(room_formed, campaign, room->campaign->id);
    FACT_SET(room_formed, room, room->id);
    FACT_SET(room_formed, reason, reason);
    if (note.len > 0) FACT_SET(room_formed, note, note);
    int64_t quota = quota_back(room, true);
    if (quota > 0) FACT_SET(room_formed, quota, quota);
    emit(e, &fact);
}

static void emit_released(struct engine *e, const struct seat *seat, enum tuan_release_reason why,
                          struct tuan_str reason)
{
    FACT_OF(seat_released, SEAT_RELEASED);

    FACT_SET(seat_released, campaign, seat->room->campaign->id);
    FACT_SET(seat_released, room, seat->room->id);
    FACT_SET(seat_released, n, seat->n);
    FACT_SET(seat_released, why, why);
    if (seat_quota(seat) > 0) FACT_SET(seat_released, quota, seat_quota(seat));
    if (reason.len > 0) FACT_SET(seat_released, reason, reason);
    emit(e, &fact);
}

static void release_holds(struct engine *e, struct room *room)
{
    for (uint32_t i = 0; i < room->seat_count && room->held > 0; i++)
        if (room->seats[i]->state == TUAN_SEAT_HELD)
            emit_released(e, room->seats[i], TUAN_RELEASE_ROOM_ENDED, (struct tuan_str){NULL, 0});
    assert(room->held == 0);
}

static void emit_failed(struct engine *e, const struct room *room, enum tuan_room_reason reason,
                        struct tuan_str note)
{
    FACT_OF(room_failed, ROOM_FAILED);

    FACT_SET(room_failed, campaign, room->campaign->id);
    FACT_SET(room_failed, room, room->id);
    FACT_SET(room_failed, reason, reason);
    if (note.len > 0) FACT_SET(room_failed, note, note);
    int64_t quota = quota_back(room, false);
    if (quota > 0) FACT_SET(room_failed, quota, quota);
    emit(e, &fact);
}

/* What was paid for a seat: as told, else its price. */
static int64_t seat_amount(const struct seat *seat)
{
    return seat->paid->has_amount ? seat->paid->amount : seat->price * seat->qty;
}

void room_fail(struct engine *e, struct room *room, enum tuan_room_reason reason,
               struct tuan_str note)
{
    assert(room_is_live(room));
    release_holds(e, room);
    emit_failed(e, room, reason, note);
    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct seat *seat = room->seats[i];
        if (seat->state != TUAN_SEAT_PAID) continue;
        struct refund_claim claim = {.reason = TUAN_REFUND_ROOM_FAILED,
                                     .amount = seat_amount(seat),
                                     .paid_at = seat->paid->paid_at,
                                     .payment = seat->paid->payment,
                                     .of_seat = true};
        refund_owe(e, seat, &claim);
    }
    assert(room->paid == 0);
}

void room_settle(struct engine *e, struct room *room)
{
    const struct tuan_rules *rules = &room->revision->rules;
    bool fails_with_campaign = room->ends_campaign && rules->on_campaign_end == TUAN_END_FAIL;
    struct tuan_str no_note = {NULL, 0};

    assert(room->state == TUAN_ROOM_OPEN);
    release_holds(e, room);
    if (!fails_with_campaign && rules->min_success > 0 && room->paid >= rules->min_success)
        room_form(e, room, TUAN_REASON_DEADLINE_MIN, no_note);
    else
        room_fail(e, room, room->ends_campaign ? TUAN_REASON_CAMPAIGN_END : TUAN_REASON_DEADLINE,
                  no_note);
}

/* ---- payments ---- */

static void start_clock(struct engine *e, struct room *room)
{
    FACT_OF(room_started, ROOM_STARTED);
    bool ends_campaign;
    int64_t deadline = room_deadline(&room->revision->rules, e->now_ms, &ends_campaign);

    FACT_SET(room_started, campaign, room->campaign->id);
    FACT_SET(room_started, room, room->id);
    if (deadline > 0) FACT_SET(room_started, deadline, deadline);
    if (ends_campaign) FACT_SET(room_started, ends_campaign, 1);
    emit(e, &fact);
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
    if (room->paid == room->size) room_form(e, room, TUAN_REASON_FULL, (struct tuan_str){NULL, 0});
}

/* ---- releases ---- */

/* The earliest paid seat leads, else the earliest held one. */
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

static void pass_leadership(struct engine *e, struct room *room)
{
    FACT_OF(leader_changed, LEADER_CHANGED);
    const struct seat *heir = pick_leader(room);

    assert(heir != NULL);
    FACT_SET(leader_changed, campaign, room->campaign->id);
    FACT_SET(leader_changed, room, room->id);
    FACT_SET(leader_changed, n, heir->n);
    emit(e, &fact);
}

void seat_release(struct engine *e, struct seat *seat, enum tuan_release_reason why,
                  struct tuan_str reason)
{
    struct room *room = seat->room;

    assert(seat->state == TUAN_SEAT_HELD);
    assert(room_is_live(room));
    emit_released(e, seat, why, reason);
    if (room->held + room->paid == 0)
        room_fail(e, room, TUAN_REASON_LEADER_UNPAID, (struct tuan_str){NULL, 0});
    else if (seat_leads(seat))
        pass_leadership(e, room);
}

/* ---- what is overdue ---- */

static bool was_dissolved(const struct room *room)
{
    return room->campaign->is_closed && room->campaign->close_rooms == TUAN_CLOSE_FAIL;
}

/* The hold that ended first, of those that ended before the room's own end. */
static struct seat *first_overdue(const struct room *room, int64_t now_ms)
{
    struct seat *first = NULL;

    for (uint32_t i = 0; i < room->seat_count && room->held > 0; i++) {
        struct seat *seat = room->seats[i];
        if (seat->hold == NULL || seat->hold->release_at > now_ms) continue;
        if (room->deadline > 0 && seat->hold->release_at >= room->deadline) continue;
        if (first == NULL || seat->hold->release_at < first->hold->release_at) first = seat;
    }
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
    if (room_is_live(room) && was_dissolved(room))
        room_fail(e, room, TUAN_REASON_DISSOLVED, no_text);
}

/* ---- memory ---- */

/* Limits count over the campaign's life: what a forgotten seat counted stays with its user, where a
 * limit asks. */
static void roll_up(struct engine *e, const struct seat *seat)
{
    const struct member *member = seat->member;
    FACT_OF(user_rolled_up, USER_ROLLED_UP);

    FACT_SET(user_rolled_up, campaign, member->campaign->id);
    FACT_SET(user_rolled_up, user, seat_user(seat));
    FACT_SET(user_rolled_up, opens, member->base_opens + seat_opened_room(seat));
    FACT_SET(user_rolled_up, joins, member->base_joins + !seat_opened_room(seat));
    FACT_SET(user_rolled_up, qty, member->base_qty + seat->qty);
    emit(e, &fact);
}

void room_drop(struct engine *e, struct room *room)
{
    const struct tuan_rules *rules = &campaign_rules(room->campaign)->rules;
    bool limits = (rules->opens_per_user | rules->joins_per_user | rules->qty_per_user) != 0;

    assert(!room_is_live(room));
    assert(room->refunds_open == 0);
    for (uint32_t i = 0; limits && i < room->seat_count; i++)
        if (seat_counts(room->seats[i])) roll_up(e, room->seats[i]);
    FACT_OF(room_dropped, ROOM_DROPPED);
    FACT_SET(room_dropped, campaign, room->campaign->id);
    FACT_SET(room_dropped, room, room->id);
    emit(e, &fact);
}
