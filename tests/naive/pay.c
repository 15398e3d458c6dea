/* SPDX-License-Identifier: BSD-2-Clause */
/* pay.c - SEAT.PAY: every payment finds a seat, or is owed back. */
#include "impl.h"

struct payment {
    int64_t paid_at, amount;
    bool has_amount;
    struct tuan_str id;
};

static struct payment payment_of(const struct naive *naive)
{
    const struct tuan_command *command = naive->command;
    struct payment payment = {.paid_at = naive->now,
                              .amount = command->arg.amount,
                              .has_amount = TUAN_GIVEN(command, amount),
                              .id = command->arg.payment};

    if (TUAN_GIVEN(command, paid_at) && command->arg.paid_at < naive->now)
        payment.paid_at = command->arg.paid_at;
    return payment;
}

/* ---- orders without a seat ---- */

static const struct n_refund *known_refund(const struct naive *naive,
                                           const struct n_campaign *campaign, struct tuan_str order,
                                           struct tuan_str payment)
{
    for (size_t i = 0; i < naive->refund_count; i++) {
        const struct n_refund *refund = naive->refunds[i];
        if (!refund->is_gone && refund->campaign == campaign && n_same(refund->order, order) &&
            tuan_rid_is_none(refund->room) && n_same(refund->payment, payment))
            return refund;
    }
    return NULL;
}

static void pay_stray(struct naive *naive, struct n_campaign *campaign,
                      const struct payment *payment)
{
    const struct tuan_command *command = naive->command;
    struct tuan_str order = command->arg.order;

    if (campaign->rules.payment == TUAN_PAYMENT_NONE) {
        n_refuse(naive, TUAN_ERR_BAD_ARGUMENT);
        return;
    }
    if (payment->id.len > 0) naive->owed = known_refund(naive, campaign, order, payment->id);
    if (naive->owed != NULL || (payment->id.len == 0 && n_is_stray(naive, campaign, order))) {
        n_answer_stray(naive, campaign, order, true);
        return;
    }
    bool is_young = payment->paid_at > naive->now - campaign->rules.keep_ms;
    bool is_second = n_is_stray(naive, campaign, order);
    if (!payment->has_amount || !is_young) {
        if (is_second)
            n_answer_stray(naive, campaign, order, true);
        else
            n_refuse(naive, TUAN_ERR_SEAT_NOT_FOUND);
        return;
    }
    struct n_owed owed = {.reason = is_second ? TUAN_REFUND_DUPLICATE : TUAN_REFUND_UNMATCHED,
                          .amount = payment->has_amount ? payment->amount : 0,
                          .order = order,
                          .payment = payment->id,
                          .paid_at = payment->paid_at,
                          .has_paid_at = true};
    naive->owed = n_refund_owe(naive, campaign, NULL, &owed);
    n_answer_stray(naive, campaign, order, false);
}

/* ---- a seat gets its money ---- */

/* The seat as it is now: it may have moved. */
static void answer_order(struct naive *naive, struct n_campaign *campaign, struct tuan_str order)
{
    struct n_spot spot = n_find_order(naive, campaign, order);

    if (spot.seat == NULL)
        n_flaw(naive, "a seat is lost");
    else
        n_answer_seat(naive, spot, false);
}

static void note_payment(const struct naive *naive, struct n_seat *seat,
                         const struct payment *payment)
{
    (void)naive;
    seat->paid_at = payment->paid_at;
    seat->has_paid_at = true;
    seat->has_amount = payment->has_amount;
    seat->amount = payment->amount;
    seat->payment = payment->id;
    seat->amount_differs = payment->has_amount && payment->amount != seat->price * seat->qty;
}

static void seat_is_paid(struct naive *naive, struct n_room *room, struct n_seat *seat,
                         const struct payment *payment)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_SEAT_PAID);
    struct tuan_seat_paid_fact *paid = &fact.seat_paid;
    int64_t quota = 0;

    if (seat->state == TUAN_SEAT_RELEASED && room->rules.reserve == TUAN_RESERVE_ON_HOLD)
        quota = seat->qty;
    if (quota > 0) seat->quota = quota;
    room->campaign->quota_used += quota;
    room->campaign->paid++;
    note_payment(naive, seat, payment);
    seat->state = TUAN_SEAT_PAID;
    seat->released = 0;
    seat->ended_at = 0;
    TUAN_SET(seat_paid_fact, paid, campaign, room->campaign->id);
    TUAN_SET(seat_paid_fact, paid, room, room->id);
    TUAN_SET(seat_paid_fact, paid, n, seat->n);
    TUAN_SET(seat_paid_fact, paid, paid_at, seat->paid_at);
    if (payment->has_amount) TUAN_SET(seat_paid_fact, paid, amount, seat->amount);
    TUAN_SET(seat_paid_fact, paid, payment, seat->payment);
    TUAN_SET(seat_paid_fact, paid, amount_differs, seat->amount_differs);
    TUAN_SET(seat_paid_fact, paid, quota, quota);
    n_tell(naive, room, &fact);
    struct tuan_life *life = n_add_life(naive, room, TUAN_LIFE_SEAT_PAID);
    TUAN_SET(life, life, n, seat->n);
    if (room->state == TUAN_ROOM_PENDING) n_room_start(naive, room);
    if (n_is_alive(room) && room->deadline <= naive->now)
        n_room_due(naive, room);
    else
        n_room_full_forms(naive, room);
}

/* ---- late payments ---- */

static bool can_reseat(const struct n_room *room, const struct n_seat *seat)
{
    int64_t more = room->rules.reserve == TUAN_RESERVE_ON_HOLD ? seat->qty : 0;

    if (seat->state == TUAN_SEAT_HELD) return true;
    return room->state == TUAN_ROOM_OPEN && n_free_of(room) >= n_weight(room, seat->qty) &&
           n_user_seats_in(room, seat->user) == 0 && n_has_quota(room->campaign, more);
}

static struct tuan_id shown_room(struct naive *naive)
{
    struct tuan_id none = {0, 0};

    n_next_fact(naive);
    for (size_t i = naive->fact_at; i < naive->fact_count; i++)
        if (naive->facts[i]->type == TUAN_FACT_SEAT_HELD) return naive->facts[i]->seat_held.room;
    return none;
}

static struct n_room *room_to_go(struct naive *naive, struct n_room *room,
                                 const struct n_seat *seat)
{
    struct n_wish wish = {.campaign = room->campaign,
                          .user = seat->user,
                          .qty = seat->qty,
                          .tier = seat->tier,
                          .tags = seat->tags,
                          .only_run_on = room->campaign->rules.end_at != 0 &&
                                         naive->now >= room->campaign->rules.end_at,
                          .pays = true,
                          .not_room = room->id};

    if (room->campaign->is_closed && room->campaign->close_rooms == TUAN_CLOSE_FAIL) return NULL;
    struct n_room *rooms[REPLY_LIST_MAX];
    struct tuan_id shown = shown_room(naive);
    size_t count = n_pick_rooms(naive, &wish, rooms);
    bool lacks_quota = false; /* where several may be taken, one that fits what the engine did */
    for (size_t i = 0; i < count; i++) {
        bool needs = rooms[i]->rules.reserve == TUAN_RESERVE_ON_HOLD;
        bool fits = n_has_quota(room->campaign, needs ? seat->qty : 0);
        if (tuan_rid_equal(rooms[i]->id, shown)) return fits ? rooms[i] : NULL;
        lacks_quota = lacks_quota || !fits;
    }
    return count == 0 || lacks_quota ? NULL : rooms[0];
}

static void reroute(struct naive *naive, struct n_spot old, struct n_room *to,
                    const struct payment *payment)
{
    struct n_seat *seat = n_seat_add(to);
    int64_t n = seat->n;

    *seat = *old.seat;
    seat->n = n;
    seat->role = TUAN_ROLE_MEMBER;
    seat->opened = false;
    seat->rerouted_from = old.room->id;
    seat->state = TUAN_SEAT_HELD;
    seat->released = 0;
    seat->ended_at = 0;
    seat->is_forgotten = seat->was_in = false;
    n_set_hold(naive, to, seat, to->rules.hold_ms);
    old.seat->is_forgotten = true;
    n_seat_put(naive, to, seat);
    struct tuan_str order = seat->order;
    seat_is_paid(naive, to, seat, payment);
    answer_order(naive, to->campaign, order);
}

static void owe_late(struct naive *naive, struct n_spot spot, const struct payment *payment)
{
    struct n_seat *seat = spot.seat;

    note_payment(naive, seat, payment);
    seat->amount_differs = false;
    struct n_owed owed = {.n = seat->n,
                          .reason = TUAN_REFUND_LATE,
                          .amount = n_seat_amount(seat),
                          .order = seat->order,
                          .user = seat->user,
                          .payment = payment->id,
                          .paid_at = payment->paid_at,
                          .has_paid_at = true,
                          .of_seat = true};
    seat->state = TUAN_SEAT_REFUND_DUE;
    naive->owed = n_refund_owe(naive, spot.room->campaign, spot.room, &owed);
    n_answer_seat(naive, spot, false);
}

static void pay_late(struct naive *naive, struct n_spot spot, const struct payment *payment)
{
    int64_t policy = spot.room->rules.late_pay;

    if (policy != TUAN_LATE_REFUND && can_reseat(spot.room, spot.seat)) {
        struct tuan_str order = spot.seat->order;
        seat_is_paid(naive, spot.room, spot.seat, payment);
        answer_order(naive, spot.room->campaign, order);
        return;
    }
    if (spot.seat->state == TUAN_SEAT_HELD) {
        n_seat_release(naive, spot.room, spot.seat, TUAN_RELEASE_EXPIRED,
                       (struct tuan_str){NULL, 0});
        n_room_follow(naive, spot.room, spot.seat, TUAN_REASON_LEADER_UNPAID);
    }
    naive->leaving = spot.seat;
    struct n_room *to =
        policy == TUAN_LATE_REROUTE ? room_to_go(naive, spot.room, spot.seat) : NULL;
    naive->leaving = NULL;
    if (to != NULL)
        reroute(naive, spot, to, payment);
    else
        owe_late(naive, spot, payment);
}

/* ---- again, or a second charge ---- */

static bool is_refund_of(const struct naive *naive, struct n_spot spot, struct tuan_str payment)
{
    for (size_t i = 0; i < naive->refund_count; i++)
        if (n_refund_is_of(naive->refunds[i], spot) && n_same(naive->refunds[i]->payment, payment))
            return true;
    return false;
}

static void pay_again(struct naive *naive, struct n_spot spot, const struct payment *payment)
{
    struct n_seat *seat = spot.seat;

    if (payment->id.len == 0 || n_same(payment->id, seat->payment) ||
        is_refund_of(naive, spot, payment->id)) {
        n_answer_seat(naive, spot, true);
        return;
    }
    struct n_owed owed = {.n = seat->n,
                          .reason = TUAN_REFUND_DUPLICATE,
                          .amount = payment->has_amount ? payment->amount : seat->price * seat->qty,
                          .order = seat->order,
                          .user = seat->user,
                          .payment = payment->id,
                          .paid_at = payment->paid_at,
                          .has_paid_at = true};
    naive->owed = n_refund_owe(naive, spot.room->campaign, spot.room, &owed);
    n_answer_seat(naive, spot, false);
}

void n_seat_pay(struct naive *naive)
{
    const struct tuan_command *command = naive->command;
    struct n_campaign *campaign = n_find_campaign(naive, command->arg.campaign);
    struct payment payment = payment_of(naive);

    if (campaign == NULL) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_NOT_FOUND);
        return;
    }
    struct n_spot spot = n_find_order(naive, campaign, command->arg.order);
    if (spot.seat == NULL) {
        pay_stray(naive, campaign, &payment);
    } else if (spot.room->rules.payment == TUAN_PAYMENT_NONE) {
        n_refuse(naive, TUAN_ERR_BAD_ARGUMENT);
    } else if (spot.seat->state == TUAN_SEAT_HELD && payment.paid_at < spot.seat->hold_until) {
        seat_is_paid(naive, spot.room, spot.seat, &payment);
        answer_order(naive, campaign, command->arg.order);
    } else if (spot.seat->state == TUAN_SEAT_HELD || spot.seat->state == TUAN_SEAT_RELEASED) {
        pay_late(naive, spot, &payment);
    } else {
        pay_again(naive, spot, &payment);
    }
}
