/* SPDX-License-Identifier: BSD-2-Clause */
/* evolve_room.c - the facts of rooms and their seats. */
#include <assert.h>

#include "engine/evolve.h"
#include "engine/match.h"
#include "engine/ticker.h"

void room_changed(struct engine *e, struct room *room, uint64_t position)
{
    room->version++;
    e->fact_version = room->version;
    record_touch(e, &room->record, position);
}

/* ---- what is derived ---- */

/* What a seat adds to (sign 1) or takes from (sign -1) its member's counts. */
static void member_count(struct seat *seat, int sign)
{
    struct member *member = seat->member;

    if (seat_counts(seat)) {
        member->opens += sign * seat_opened_room(seat);
        member->joins += sign * !seat_opened_room(seat);
        member->qty += sign * (int64_t)seat->qty;
    }
    if (seat_is_live(seat) && room_is_live(seat->room))
        member->live = (uint32_t)((int)member->live + sign);
}

/* What a seat adds to its room's counts: part of the record, since it follows from the seats alone.
 */
static void room_count(struct seat *seat, int sign)
{
    struct room *room = seat->room;

    if (seat->state == TUAN_SEAT_HELD)
        room->held = (uint32_t)((int)room->held + sign);
    else if (seat->state == TUAN_SEAT_PAID || seat->state == TUAN_SEAT_SETTLED)
        room->paid = (uint32_t)((int)room->paid + sign);
}

void seat_move(struct engine *e, struct seat *seat, enum tuan_seat_state state)
{
    if (!e->loading) {
        match_leave(seat->room);
        member_count(seat, -1);
    }
    room_count(seat, -1);
    seat->state = (uint8_t)state;
    room_count(seat, 1);
    if (state != TUAN_SEAT_HELD) hold_unmake(e, seat);
    if (!e->loading) {
        member_count(seat, 1);
        match_enter(seat->room);
    }
}

void seat_index(struct engine *e, struct seat *seat)
{
    member_list_seat(seat);
    if (!seat->is_forgotten) order_enter(e, seat);
    member_count(seat, 1);
    if (seat->hold != NULL) timer_arm(e, &seat->hold->timer, seat->hold->release_at);
}

/* When an ended room is forgotten; one with an open refund is kept until that is acknowledged. */
static void arm_memory(struct engine *e, struct room *room)
{
    if (room->refunds_open == 0)
        timer_arm(e, &room->timer, room->ended_at + room->revision->rules.keep_ms);
}

void room_index(struct engine *e, struct room *room)
{
    struct campaign *campaign = room->campaign;

    room->revision->rooms++;
    campaign->rooms_kept++;
    e->rooms_by_state[room->state]++;
    if (!room_is_live(room)) {
        if (room->state == TUAN_ROOM_FORMED) ticker_enter(e, room);
        arm_memory(e, room);
        return;
    }
    campaign->rooms_live++;
    campaign_list_room(room);
    if (room->deadline > 0) timer_arm(e, &room->timer, room->deadline);
    match_enter(room);
}

/* The room leaves life: what is derived from its being live, before its state changes. */
static void room_unlive(struct engine *e, struct room *room)
{
    match_leave(room);
    timer_disarm(e, &room->timer);
    list_remove(&room->live_link);
    room->campaign->rooms_live--;
    if (room->campaign->rooms_live == 0 && list_is_linked(&room->campaign->closing))
        list_remove(&room->campaign->closing);
    for (uint32_t i = 0; i < room->seat_count; i++)
        room->seats[i]->member->live -= seat_is_live(room->seats[i]);
}

static struct revision *revision_find(struct campaign *campaign, int64_t number)
{
    list_for_each (link, &campaign->revisions) {
        struct revision *revision = container_of(link, struct revision, link);
        if (revision->number == number) return revision;
    }
    return NULL;
}

/* ---- rooms ---- */

bool evolve_room_opened(struct engine *e, const struct tuan_room_opened_fact *f, uint64_t position)
{
    struct campaign *campaign = NULL;
    struct room *room = NULL;

    if (!fact_campaign(e, f->campaign, position, &campaign)) return false;
    if (campaign != NULL) {
        campaign->rooms_opened++;
        campaign->quota_used += f->quota;
        record_touch(e, &campaign->record, position);
    }
    if (room_find(e, f->room) != NULL || fact_room(e, f->room, position, &room))
        return e->loading; /* its record, or its tombstone, holds the fact */
    campaign = campaign_find(e, f->campaign);
    if (campaign == NULL || f->size < 2) return false;
    room = room_make(e, campaign, f->room);
    room->revision_number = f->revision;
    room->revision = revision_find(campaign, f->revision);
    room->state = (enum tuan_room_state)f->state;
    room->size = (uint32_t)f->size;
    room->deadline = f->deadline;
    room->is_listed = f->listed != 0;
    room->ends_campaign = f->ends_campaign != 0;
    room->tier = f->tier;
    room->opened_at = e->now_ms;
    room_changed(e, room, position);
    if (!e->loading) room_index(e, room);
    return true;
}

bool evolve_room_started(struct engine *e, const struct tuan_room_started_fact *f,
                         uint64_t position)
{
    struct room *room;

    if (!fact_room(e, f->room, position, &room)) return false;
    if (room == NULL) return true;
    if (!e->loading) e->rooms_by_state[room->state]--;
    room->state = TUAN_ROOM_OPEN;
    room->deadline = f->deadline;
    room->ends_campaign = f->ends_campaign != 0;
    room_changed(e, room, position);
    if (!e->loading) {
        e->rooms_by_state[room->state]++;
        if (room->deadline > 0) timer_arm(e, &room->timer, room->deadline);
        match_enter(room);
    }
    return true;
}

/* formed and failed alike: the room's state, its time, and the memory of it. */
static void room_end(struct engine *e, struct room *room, enum tuan_room_state state,
                     int64_t reason, struct tuan_str note, uint64_t position)
{
    if (!e->loading) {
        room_unlive(e, room);
        e->rooms_by_state[room->state]--;
        e->rooms_by_state[state]++;
    }
    room->state = state;
    room->reason = (enum tuan_room_reason)reason;
    room->note = str_copy(e, note);
    room->ended_at = e->now_ms;
    room_changed(e, room, position);
}

bool evolve_room_formed(struct engine *e, const struct tuan_room_formed_fact *f, uint64_t position)
{
    struct campaign *campaign;
    struct room *room;

    if (!fact_campaign(e, f->campaign, position, &campaign) ||
        !fact_room(e, f->room, position, &room))
        return false;
    if (campaign != NULL) {
        campaign->rooms_formed++;
        campaign->quota_used -= f->quota;
        record_touch(e, &campaign->record, position);
    }
    if (room == NULL) return true;
    room_end(e, room, TUAN_ROOM_FORMED, f->reason, f->note, position);
    for (uint32_t i = 0; i < room->seat_count; i++)
        if (room->seats[i]->state == TUAN_SEAT_PAID)
            seat_move(e, room->seats[i], TUAN_SEAT_SETTLED);
    if (!e->loading) {
        ticker_enter(e, room);
        arm_memory(e, room);
    }
    return true;
}

/* A paid seat for which no money was asked is released with the room; the others wait for their
 * refund_due. */
bool evolve_room_failed(struct engine *e, const struct tuan_room_failed_fact *f, uint64_t position)
{
    struct campaign *campaign;
    struct room *room;

    if (!fact_campaign(e, f->campaign, position, &campaign) ||
        !fact_room(e, f->room, position, &room))
        return false;
    if (campaign != NULL) {
        campaign->rooms_failed++;
        campaign->quota_used -= f->quota;
        record_touch(e, &campaign->record, position);
    }
    if (room == NULL) return true;
    room_end(e, room, TUAN_ROOM_FAILED, f->reason, f->note, position);
    for (uint32_t i = 0; i < room->seat_count; i++) {
        struct seat *seat = room->seats[i];
        if (seat->state != TUAN_SEAT_PAID || seat->paid != NULL) continue;
        seat_move(e, seat, TUAN_SEAT_RELEASED);
        seat->released = TUAN_RELEASE_ROOM_ENDED;
        seat->ended_at = e->now_ms;
    }
    if (!e->loading) arm_memory(e, room);
    return true;
}

bool evolve_room_dropped(struct engine *e, const struct tuan_room_dropped_fact *f,
                         uint64_t position)
{
    struct room *room;

    if (!fact_room(e, f->room, position, &room)) return false;
    if (room == NULL) return true;
    struct campaign *campaign = room->campaign;
    struct revision *revision = room->revision;
    if (!e->loading) {
        e->rooms_by_state[room->state]--;
        campaign->rooms_kept--;
        for (uint32_t i = 0; i < room->seat_count; i++)
            member_count(room->seats[i], -1);
    }
    room_bury(e, room);
    if (!e->loading) {
        revision->rooms--;
        revision_release(e, campaign, revision);
    }
    return true;
}

bool evolve_leader_changed(struct engine *e, const struct tuan_leader_changed_fact *f,
                           uint64_t position)
{
    struct room *room;

    if (!fact_room(e, f->room, position, &room)) return false;
    if (room == NULL) return true;
    if (f->n < 1 || f->n > room->seat_count) return false;
    room->leader = (uint32_t)f->n;
    room_changed(e, room, position);
    return true;
}

/* ---- seats ---- */

bool evolve_order_forgotten(struct engine *e, const struct tuan_order_forgotten_fact *f,
                            uint64_t position)
{
    struct room *room;

    if (!fact_room(e, f->room, position, &room)) return false;
    if (room == NULL) return true;
    if (f->n < 1 || f->n > room->seat_count) return false;
    struct seat *seat = room->seats[f->n - 1];
    if (seat->is_forgotten) return false;
    seat->is_forgotten = true;
    if (!e->loading) order_leave(e, seat);
    room_changed(e, room, position);
    return true;
}

static void fill_extra(struct engine *e, struct seat *seat, const struct tuan_seat_held_fact *f)
{
    if (!(FACT_HAS(seat_held, profile) || FACT_HAS(seat_held, referrer) ||
          FACT_HAS(seat_held, referrer2) || FACT_HAS(seat_held, channel) ||
          FACT_HAS(seat_held, new_user) || FACT_HAS(seat_held, level) ||
          FACT_HAS(seat_held, tags) || FACT_HAS(seat_held, rerouted_from) ||
          FACT_HAS(seat_held, tier)))
        return;
    struct extra *extra = seat_extra(e, seat);
    extra->profile = str_copy(e, f->profile);
    extra->referrer = str_copy(e, f->referrer);
    extra->referrer2 = str_copy(e, f->referrer2);
    extra->channel = str_copy(e, f->channel);
    extra->tags = tags_copy(e, f->tags);
    extra->rerouted_from = f->rerouted_from;
    extra->level = f->level;
    extra->tier = f->tier;
    extra->new_user = f->new_user != 0;
}

bool evolve_seat_held(struct engine *e, const struct tuan_seat_held_fact *f, uint64_t position)
{
    struct campaign *campaign;
    struct room *room;
    bool asks_payment = FACT_HAS(seat_held, hold_until);

    if (!fact_campaign(e, f->campaign, position, &campaign) ||
        !fact_room(e, f->room, position, &room))
        return false;
    if (campaign != NULL) {
        campaign->seats_held++;
        campaign->seats_paid += !asks_payment;
        campaign->quota_used += f->quota;
        record_touch(e, &campaign->record, position);
    }
    if (room == NULL) return true;
    if (f->n != room->seat_count + 1) return false;
    struct member *member = member_find(e, room->campaign, f->user);
    if (member == NULL) member = member_make(e, room->campaign, f->user);
    struct seat *seat = seat_make(e, room, member, f->order);
    seat->joined_at = e->now_ms;
    seat->print = f->print;
    seat->qty = FACT_HAS(seat_held, qty) ? (uint32_t)f->qty : 1;
    seat->price = f->price;
    fill_extra(e, seat, f);
    if (f->role == TUAN_ROLE_LEADER) room->leader = seat->n;
    if (asks_payment) hold_make(e, seat, f->hold_until, f->release_at);
    if (!e->loading) match_leave(room);
    seat->state = asks_payment ? TUAN_SEAT_HELD : TUAN_SEAT_PAID;
    room_count(seat, 1);
    room_changed(e, room, position);
    if (!e->loading) {
        seat_index(e, seat);
        match_enter(room);
    }
    return true;
}

bool evolve_seat_paid(struct engine *e, const struct tuan_seat_paid_fact *f, uint64_t position)
{
    struct campaign *campaign;
    struct room *room;

    if (!fact_campaign(e, f->campaign, position, &campaign) ||
        !fact_room(e, f->room, position, &room))
        return false;
    if (campaign != NULL) {
        campaign->seats_paid++;
        campaign->quota_used += f->quota; /* a released seat takes its pieces again */
        record_touch(e, &campaign->record, position);
    }
    if (room == NULL) return true;
    if (f->n < 1 || f->n > room->seat_count) return false;
    struct seat *seat = room->seats[f->n - 1];
    struct paid *paid = seat_paid(e, seat);
    paid->paid_at = f->paid_at;
    paid->amount = f->amount;
    paid->has_amount = FACT_HAS(seat_paid, amount);
    paid->differs = f->amount_differs != 0;
    paid->payment = str_copy(e, f->payment);
    seat_move(e, seat, TUAN_SEAT_PAID);
    seat->released = 0;
    seat->ended_at = 0;
    room_changed(e, room, position);
    return true;
}

bool evolve_seat_released(struct engine *e, const struct tuan_seat_released_fact *f,
                          uint64_t position)
{
    struct campaign *campaign;
    struct room *room;

    if (!fact_campaign(e, f->campaign, position, &campaign) ||
        !fact_room(e, f->room, position, &room))
        return false;
    if (campaign != NULL) {
        campaign->seats_released++;
        campaign->quota_used -= f->quota;
        record_touch(e, &campaign->record, position);
    }
    if (room == NULL) return true;
    if (f->n < 1 || f->n > room->seat_count) return false;
    struct seat *seat = room->seats[f->n - 1];
    seat_move(e, seat, TUAN_SEAT_RELEASED);
    seat->released = (uint8_t)f->why;
    seat->ended_at = e->now_ms;
    if (FACT_HAS(seat_released, reason)) seat_extra(e, seat)->reason = str_copy(e, f->reason);
    room_changed(e, room, position);
    return true;
}
