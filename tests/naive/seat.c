/* SPDX-License-Identifier: BSD-2-Clause */
/* seat.c - giving seats and money back: cancel, leave, refund, acknowledge; and ending by hand. */
#include "impl.h"

/* The seat of the command's order; NULL: refused. */
static struct n_spot spot_of(struct naive *naive, struct n_campaign **campaign)
{
    struct n_spot none = {NULL, NULL};

    *campaign = n_find_campaign(naive, naive->command->arg.campaign);
    if (*campaign == NULL) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_NOT_FOUND);
        return none;
    }
    struct n_spot spot = n_find_order(naive, *campaign, naive->command->arg.order);
    if (spot.seat == NULL) n_refuse(naive, TUAN_ERR_SEAT_NOT_FOUND);
    return spot;
}

void n_seat_cancel(struct naive *naive)
{
    struct n_campaign *campaign;
    struct n_spot spot = spot_of(naive, &campaign);

    if (spot.seat == NULL) return;
    if (spot.seat->state == TUAN_SEAT_RELEASED) {
        n_answer_seat(naive, spot, true);
        return;
    }
    if (spot.seat->state != TUAN_SEAT_HELD) {
        n_refuse_room(naive, TUAN_ERR_CANNOT_CANCEL, spot.room);
        return;
    }
    n_seat_release(naive, spot.room, spot.seat, TUAN_RELEASE_CANCELLED, naive->command->arg.reason);
    n_room_follow(naive, spot.room, spot.seat, TUAN_REASON_LEADER_UNPAID);
    n_answer_seat(naive, spot, false);
}

/* ---- leaving ---- */

static bool has_left(const struct naive *naive, struct n_spot spot)
{
    if (spot.seat->state == TUAN_SEAT_RELEASED) return true;
    if (spot.seat->state != TUAN_SEAT_REFUND_DUE && spot.seat->state != TUAN_SEAT_REFUNDED)
        return false;
    for (size_t i = 0; i < naive->refund_count; i++) {
        const struct n_refund *refund = naive->refunds[i];
        if (!refund->is_gone && refund->reason == TUAN_REFUND_LEFT &&
            tuan_rid_equal(refund->room, spot.room->id) && refund->n == spot.seat->n)
            return true;
    }
    return false;
}

static bool may_leave(const struct n_room *room, const struct n_seat *seat)
{
    if (room->state != TUAN_ROOM_OPEN || seat->state != TUAN_SEAT_PAID) return false;
    if (seat->role == TUAN_ROLE_LEADER) return room->rules.leader_leave != TUAN_LEADER_FORBID;
    return room->rules.member_leave == TUAN_MEMBER_ALLOW;
}

static void leave(struct naive *naive, struct n_room *room, struct n_seat *seat)
{
    if (room->rules.payment == TUAN_PAYMENT_NONE) {
        n_seat_release(naive, room, seat, TUAN_RELEASE_LEFT, naive->command->arg.reason);
        return;
    }
    struct n_owed owed = {.n = seat->n,
                          .reason = TUAN_REFUND_LEFT,
                          .amount = n_seat_amount(seat),
                          .order = seat->order,
                          .user = seat->user,
                          .payment = seat->payment,
                          .paid_at = seat->paid_at,
                          .has_paid_at = true,
                          .of_seat = true,
                          .quota = seat->quota};
    seat->state = TUAN_SEAT_REFUND_DUE;
    struct tuan_life *life = n_add_life(naive, room, TUAN_LIFE_SEAT_RELEASED);
    TUAN_SET(life, life, n, seat->n);
    TUAN_SET(life, life, released, TUAN_RELEASE_LEFT);
    seat->released = TUAN_RELEASE_LEFT;
    seat->ended_at = naive->now;
    room->campaign->quota_used -= seat->quota;
    seat->quota = 0;
    n_refund_owe(naive, room->campaign, room, &owed);
}

void n_seat_leave(struct naive *naive)
{
    struct n_campaign *campaign;
    struct n_spot spot = spot_of(naive, &campaign);

    if (spot.seat == NULL) return;
    if (has_left(naive, spot)) {
        n_answer_seat(naive, spot, true);
        return;
    }
    if (!may_leave(spot.room, spot.seat)) {
        n_refuse_room(naive, TUAN_ERR_CANNOT_LEAVE, spot.room);
        return;
    }
    bool dissolves = spot.seat->role == TUAN_ROLE_LEADER &&
                     spot.room->rules.leader_leave == TUAN_LEADER_DISSOLVE;
    leave(naive, spot.room, spot.seat);
    if (dissolves)
        n_room_fail(naive, spot.room, TUAN_REASON_LEADER_LEFT, (struct tuan_str){NULL, 0});
    else
        n_room_follow(naive, spot.room, spot.seat, TUAN_REASON_LEADER_LEFT);
    n_answer_seat(naive, spot, false);
}

/* ---- after the sale ---- */

static struct n_refund *after_sale_of(const struct naive *naive, struct n_spot spot)
{
    for (size_t i = 0; i < naive->refund_count; i++) {
        struct n_refund *refund = naive->refunds[i];
        if (!refund->is_gone && refund->reason == TUAN_REFUND_AFTER_SALE &&
            tuan_rid_equal(refund->room, spot.room->id) && refund->n == spot.seat->n)
            return refund;
    }
    return NULL;
}

/* Amount less all refunds of the seat but duplicate ones. */
static int64_t left_of(const struct naive *naive, struct n_spot spot)
{
    int64_t left = n_seat_amount(spot.seat);

    for (size_t i = 0; i < naive->refund_count; i++) {
        const struct n_refund *refund = naive->refunds[i];
        if (!refund->is_gone && refund->reason != TUAN_REFUND_DUPLICATE &&
            tuan_rid_equal(refund->room, spot.room->id) && refund->n == spot.seat->n)
            left -= refund->amount;
    }
    return left;
}

static void refund_seat(struct naive *naive, struct n_spot spot)
{
    const struct tuan_command *command = naive->command;
    int64_t left = left_of(naive, spot);
    int64_t amount = TUAN_GIVEN(command, amount) ? command->arg.amount : left;

    if (amount > left) {
        n_refuse(naive, TUAN_ERR_BAD_ARGUMENT);
        return;
    }
    struct n_owed owed = {.n = spot.seat->n,
                          .reason = TUAN_REFUND_AFTER_SALE,
                          .amount = amount,
                          .order = spot.seat->order,
                          .user = spot.seat->user,
                          .payment = spot.seat->payment,
                          .paid_at = spot.seat->paid_at,
                          .has_paid_at = true,
                          .of_seat = amount == left};
    if (owed.of_seat) spot.seat->state = TUAN_SEAT_REFUND_DUE;
    struct n_refund *refund = n_refund_owe(naive, spot.room->campaign, spot.room, &owed);
    refund->asked = TUAN_GIVEN(command, amount) ? amount : -1;
    n_answer_seat(naive, spot, false);
}

void n_seat_refund(struct naive *naive)
{
    const struct tuan_command *command = naive->command;
    struct n_campaign *campaign;
    struct n_spot spot = spot_of(naive, &campaign);

    if (spot.seat == NULL) return;
    const struct n_refund *before = after_sale_of(naive, spot);
    if (before != NULL) {
        if (TUAN_GIVEN(command, amount) && command->arg.amount != before->amount)
            n_refuse(naive, TUAN_ERR_IDEMPOTENCY_CONFLICT);
        else
            n_answer_seat(naive, spot, true);
    } else if (spot.room->rules.payment == TUAN_PAYMENT_NONE) {
        n_refuse(naive, TUAN_ERR_BAD_ARGUMENT);
    } else if (spot.seat->state != TUAN_SEAT_SETTLED) {
        n_refuse(naive, TUAN_ERR_CANNOT_LEAVE);
    } else {
        refund_seat(naive, spot);
    }
}

/* ---- settled by the payment system ---- */

static void acknowledge(struct naive *naive, struct n_refund *refund)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_REFUND_ACKED);
    struct tuan_refund_acked_fact *acked = &fact.refund_acked;
    struct n_room *room = n_find_room(naive, refund->room);

    refund->is_acked = true;
    refund->acked_at = naive->now;
    refund->ref = naive->command->arg.ref;
    refund->forget_at = naive->now + refund->campaign->rules.keep_ms;
    refund->campaign->acked++;
    TUAN_SET(refund_acked_fact, acked, campaign, refund->campaign->id);
    TUAN_SET(refund_acked_fact, acked, refund, refund->id);
    TUAN_SET(refund_acked_fact, acked, room, refund->room);
    TUAN_SET(refund_acked_fact, acked, n, refund->n);
    TUAN_SET(refund_acked_fact, acked, ref, refund->ref);
    TUAN_SET(refund_acked_fact, acked, of_seat, refund->of_seat);
    if (room == NULL) TUAN_SET(refund_acked_fact, acked, forget_at, refund->forget_at);
    n_tell(naive, room, &fact);
    if (room == NULL) return;
    if (refund->of_seat) room->seats[refund->n - 1].state = TUAN_SEAT_REFUNDED;
    struct tuan_life *life = n_add_life(naive, room, TUAN_LIFE_REFUND_ACKED);
    TUAN_SET(life, life, n, refund->n);
    TUAN_SET(life, life, refund, refund->id);
}

void n_refund_ack(struct naive *naive)
{
    struct n_refund *refund = n_find_refund(naive, naive->command->arg.refund);

    if (refund == NULL) {
        n_refuse(naive, TUAN_ERR_REFUND_NOT_FOUND);
        return;
    }
    if (!refund->is_acked) acknowledge(naive, refund);
    n_fill_refund(refund, &naive->body.refund);
    n_answer(naive, &tuan_refund_message);
}

/* ---- an operator's hand ---- */

void n_room_by_hand(struct naive *naive)
{
    const struct tuan_command *command = naive->command;
    struct n_room *room = n_find_room(naive, command->arg.room);
    bool forms = command->id == TUAN_CMD_ROOM_FORM;

    if (room == NULL) {
        n_refuse(naive, TUAN_ERR_ROOM_NOT_FOUND);
        return;
    }
    if (!n_is_alive(room)) {
        bool expired =
            room->state == TUAN_ROOM_FAILED &&
            (room->reason == TUAN_REASON_DEADLINE || room->reason == TUAN_REASON_CAMPAIGN_END);
        n_refuse_room(naive, expired ? TUAN_ERR_ROOM_EXPIRED : TUAN_ERR_ROOM_CLOSED, room);
    } else if (forms && room->state == TUAN_ROOM_PENDING) {
        n_refuse_room(naive, TUAN_ERR_LEADER_UNPAID, room);
    } else if (forms && n_held_of(room) > 0) {
        n_refuse_room(naive, TUAN_ERR_FORCE_BLOCKED_UNPAID, room);
    } else {
        if (forms)
            n_room_form(naive, room, TUAN_REASON_FORCED, command->arg.reason);
        else
            n_room_fail(naive, room, TUAN_REASON_DISSOLVED, command->arg.reason);
        n_answer_room(naive, room);
    }
}
