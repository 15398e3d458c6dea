/* SPDX-License-Identifier: BSD-2-Clause */
/* evolve_seat.c - the facts of seats. */
#include "engine/evolve.h"
#include "engine/match.h"
#include "engine/user.h"

/* ---- what is derived ---- */

/* What a seat adds to its room's counts: part of the record, since it follows from the seats alone.
 */
static void room_count(struct seat *seat, int sign)
{
    struct room *room = seat->room;
    uint32_t weight = seat_weight(seat) * (uint32_t)sign;

    if (seat->state == TUAN_SEAT_HELD)
        room->held += weight;
    else if (seat_is_paid(seat))
        room->paid += weight;
}

void seat_move(struct engine *e, struct seat *seat, enum tuan_seat_state state)
{
    if (!e->loading) {
        match_pause(e, seat->room);
        user_count(seat, -1);
    }
    room_count(seat, -1);
    if (seat->state == TUAN_SEAT_HELD && state != TUAN_SEAT_HELD) hold_unmake(e, seat);
    seat->state = state;
    room_count(seat, 1);
    if (!e->loading) {
        user_count(seat, 1);
        match_go_on(e, seat->room);
    }
}

void seat_unindex(struct seat *seat)
{
    user_count(seat, -1);
}

void seat_index(struct engine *e, struct seat *seat, struct tuan_str order, struct tuan_str user)
{
    user_gain(e, seat, user);
    if (!seat->is_forgotten) order_enter(e, seat, order);
    if (seat_hold(seat) != NULL) timer_arm(e, &seat_hold(seat)->timer, seat_hold(seat)->release_at);
}

/* ---- facts ---- */

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
          FACT_HAS(seat_held, tier) || FACT_HAS(seat_held, cut)))
        return;
    struct extra *extra = extra_make(e, seat);
    extra->profile = str_copy(e, f->profile);
    extra->referrer = str_copy(e, f->referrer);
    extra->referrer2 = str_copy(e, f->referrer2);
    extra->channel = str_copy(e, f->channel);
    extra->tags = tags_copy(e, f->tags);
    extra->rerouted_from = f->rerouted_from;
    extra->level = f->level;
    extra->tier = f->tier;
    extra->cut = f->cut;
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
    if (!room_is_live(room) || !seat_time_is_sane(e->now_ms)) return false;
    struct seat *seat = seat_make(e, room, f->order, f->user);
    seat_set_joined(seat, e->now_ms);
    seat->print = f->print;
    if (FACT_HAS(seat_held, qty)) seat_set_qty(e, seat, (uint32_t)f->qty);
    seat_set_price(e, seat, f->price);
    fill_extra(e, seat, f);
    if (f->role == TUAN_ROLE_LEADER) room->leader = seat->n;
    if (asks_payment) hold_make(e, seat, f->hold_until, f->release_at);
    if (!e->loading) match_pause(e, room);
    seat->state = asks_payment ? TUAN_SEAT_HELD : TUAN_SEAT_PAID;
    room_count(seat, 1);
    room_changed(e, room, position);
    if (!e->loading) {
        seat_index(e, seat, f->order, f->user);
        match_go_on(e, room);
    }
    return true;
}

static bool leave_for_another(struct engine *e, const struct tuan_seat_rerouted_fact *f,
                              uint64_t position)
{
    struct room *room;

    if (!fact_room(e, f->from, position, &room)) return false;
    if (room == NULL) return true;
    if (f->from_n < 1 || f->from_n > room->seat_count) return false;
    struct seat *seat = room->seats[f->from_n - 1];
    seat_move(e, seat, TUAN_SEAT_RELEASED);
    seat_set_released(seat, TUAN_RELEASE_MOVED);
    seat_set_left(e, seat, e->now_ms);
    if (!e->loading && !seat->is_forgotten) order_leave(e, seat);
    seat->is_forgotten = true;
    room_changed(e, room, position);
    return true;
}

bool evolve_seat_rerouted(struct engine *e, const struct tuan_seat_rerouted_fact *f,
                          uint64_t position)
{
    struct room *room;

    if (f->seat.count != 1 || !leave_for_another(e, f, position)) return false;
    if (!fact_room(e, f->room, position, &room)) return false;
    if (room == NULL) return true;
    if (f->n != room->seat_count + 1 || !room_is_live(room)) return false;
    if (!e->loading) match_pause(e, room);
    struct seat *seat = seat_restore(e, room, f->seat.items);
    if (seat == NULL) return false;
    room_count(seat, 1);
    room_changed(e, room, position);
    if (!e->loading) {
        seat_index(e, seat, seat_order(seat), seat_user(seat));
        match_go_on(e, room);
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
    if (f->n < 1 || f->n > room->seat_count || f->payment.len > TUAN_ID_MAX) return false;
    struct seat *seat = room->seats[f->n - 1];
    struct paid *paid = paid_make(e, seat, f->payment);
    paid->paid_at = f->paid_at;
    paid->amount = f->amount;
    paid->seen_at = e->now_ms;
    paid->has_amount = FACT_HAS(seat_paid, amount);
    paid->differs = f->amount_differs != 0;
    seat_move(e, seat, TUAN_SEAT_PAID);
    seat_set_released(seat, 0);
    seat_set_left(e, seat, 0);
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
    seat_set_released(seat, f->why);
    if (f->why != TUAN_RELEASE_ROOM_ENDED) seat_set_left(e, seat, e->now_ms);
    if (FACT_HAS(seat_released, reason)) extra_make(e, seat)->reason = str_copy(e, f->reason);
    room_changed(e, room, position);
    return true;
}
