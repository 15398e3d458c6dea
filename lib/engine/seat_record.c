/* SPDX-License-Identifier: BSD-2-Clause */
/* seat_record.c - a seat as a record and back: for the snapshot, and for a seat that moves. */
#include "engine/record.h"

enum { RELEASED_MAX = 15 }; /* struct seat keeps four bits of it */

void seat_save(const struct seat *seat, struct tuan_seat_record *out)
{
    *out = (struct tuan_seat_record){0};
    TUAN_SET(seat_record, out, user, seat_user(seat));
    TUAN_SET(seat_record, out, order, seat_order(seat));
    TUAN_SET(seat_record, out, state, seat->state);
    TUAN_SET(seat_record, out, role, seat_leads(seat) ? TUAN_ROLE_LEADER : TUAN_ROLE_MEMBER);
    TUAN_SET(seat_record, out, joined_at, seat->joined_at);
    TUAN_SET(seat_record, out, print, seat->print);
    TUAN_SET(seat_record, out, qty, seat_qty(seat));
    SET_INT(seat_record, out, forgotten, seat->is_forgotten);
    if (seat_hold(seat) != NULL) {
        TUAN_SET(seat_record, out, hold_until, seat_hold(seat)->until);
        TUAN_SET(seat_record, out, release_at, seat_hold(seat)->release_at);
    }
    SET_INT(seat_record, out, ended_at, seat_ended_at(seat));
    SET_INT(seat_record, out, released, seat->released);
    SET_INT(seat_record, out, price, seat_price(seat));
    SET_INT(seat_record, out, opened, seat->opened);
    SET_INT(seat_record, out, won, seat->has_won);
    const struct paid *paid = seat_paid(seat);
    if (paid != NULL) {
        TUAN_SET(seat_record, out, paid_at, paid->paid_at);
        if (paid->has_amount) TUAN_SET(seat_record, out, amount, paid->amount);
        SET_STR(seat_record, out, payment, paid_payment(paid));
        SET_INT(seat_record, out, amount_differs, paid->differs);
        SET_INT(seat_record, out, pay_seen_at, paid->seen_at);
    }
    const struct extra *extra = seat_extra(seat);
    if (extra == NULL) return;
    SET_STR(seat_record, out, reason, extra->reason);
    SET_INT(seat_record, out, tier, extra->tier);
    if (!tuan_rid_is_none(extra->rerouted_from))
        TUAN_SET(seat_record, out, rerouted_from, extra->rerouted_from);
    SET_STR(seat_record, out, profile, extra->profile);
    SET_STR(seat_record, out, referrer, extra->referrer);
    SET_STR(seat_record, out, referrer2, extra->referrer2);
    SET_STR(seat_record, out, channel, extra->channel);
    SET_INT(seat_record, out, new_user, extra->new_user);
    SET_INT(seat_record, out, level, extra->level);
    SET_INT(seat_record, out, cut, extra->cut);
    SET_INT(seat_record, out, moved_n, extra->moved_n);
    if (extra->tags.count > 0) TUAN_SET(seat_record, out, tags, extra->tags);
}

static bool has_extra(const struct tuan_seat_record *in)
{
    return in->reason.len > 0 || in->tier != 0 || !tuan_rid_is_none(in->rerouted_from) ||
           in->profile.len > 0 || in->referrer.len > 0 || in->referrer2.len > 0 ||
           in->channel.len > 0 || in->new_user != 0 || in->level != 0 || in->tags.count > 0 ||
           in->cut != 0 || in->moved_n != 0;
}

static void restore_extra(struct engine *e, struct seat *seat, const struct tuan_seat_record *in)
{
    if (!has_extra(in)) return;
    struct extra *extra = extra_make(e, seat);
    extra->reason = str_copy(e, in->reason);
    extra->tier = in->tier;
    extra->rerouted_from = in->rerouted_from;
    extra->profile = str_copy(e, in->profile);
    extra->referrer = str_copy(e, in->referrer);
    extra->referrer2 = str_copy(e, in->referrer2);
    extra->channel = str_copy(e, in->channel);
    extra->new_user = in->new_user != 0;
    extra->level = in->level;
    extra->cut = in->cut;
    extra->moved_n = (uint32_t)in->moved_n;
    extra->tags = tags_copy(e, in->tags);
}

struct seat *seat_restore(struct engine *e, struct room *room, const struct tuan_seat_record *in)
{
    if (!tuan_id_is_valid(in->user) || !tuan_id_is_valid(in->order) || in->state < TUAN_SEAT_HELD ||
        in->state > TUAN_SEAT_VIRTUAL || in->released < 0 || in->released > RELEASED_MAX ||
        in->payment.len > TUAN_ID_MAX || !seat_time_is_sane(in->joined_at) || in->qty < 1 ||
        in->qty > INT32_MAX || in->moved_n < 0 || in->moved_n > UINT32_MAX)
        return NULL;
    bool is_held = in->state == TUAN_SEAT_HELD;
    if (is_held != TUAN_HAS(seat_record, in, hold_until)) return NULL;
    if (is_held && !room_is_live(room)) return NULL;
    struct seat *seat = seat_make(e, room, in->order, in->user);
    seat_set_joined(seat, in->joined_at);
    seat_set_released(seat, in->released);
    seat->print = in->print;
    seat_set_qty(e, seat, (uint32_t)in->qty);
    seat_set_price(e, seat, in->price);
    seat->is_forgotten = in->forgotten != 0;
    seat->opened = in->opened != 0;
    seat->has_won = in->won != 0;
    seat->state = (enum tuan_seat_state)in->state;
    if (in->role == TUAN_ROLE_LEADER) room->leader = seat->n;
    if (is_held)
        hold_make(e, seat, in->hold_until, in->release_at);
    else if (in->released != TUAN_RELEASE_ROOM_ENDED)
        seat_set_left(e, seat, in->ended_at);
    if (TUAN_HAS(seat_record, in, paid_at)) {
        struct paid *paid = paid_make(e, seat, in->payment);
        paid->paid_at = in->paid_at;
        paid->seen_at = in->pay_seen_at;
        paid->has_amount = TUAN_HAS(seat_record, in, amount);
        paid->amount = in->amount;
        paid->differs = in->amount_differs != 0;
    }
    restore_extra(e, seat, in);
    return seat;
}
