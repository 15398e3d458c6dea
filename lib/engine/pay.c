/* SPDX-License-Identifier: BSD-2-Clause */
/* pay.c - a payment arrived. Money is never refused and never lost: each payment ends in exactly
 * one of a paid seat or a refund obligation, whatever became of the hold, the room or the order in
 * between.
 *
 *   seat held      in time: paid. Late (within the grace): as the campaign's late_pay says.
 *   seat released  late: the same seat if its room lives and has room (reseat), else another room
 * (reroute), else refund. seat paid …    the same payment: the seat as it is. Another payment: a
 * second charge, owed back. no seat        a payment before or without its order: owed back, and
 * the order is spent.
 */
#include <assert.h>

#include "engine/evolve.h"
#include "engine/join.h"
#include "engine/match.h"
#include "engine/refund.h"
#include "engine/room.h"
#include "engine/rules.h"

handler handle_SEAT_PAY;

struct payment {
    struct engine *e;
    const struct tuan_args *arg;
    int64_t paid_at;
    bool has_amount;
    struct tuan_id owed; /* the refund that it became; none */
};

/* What this payment is worth for this seat: as told, else the seat's price. */
static int64_t payment_amount(const struct payment *payment, const struct seat *seat)
{
    return payment->has_amount ? payment->arg->amount : seat_price(seat) * (int64_t)seat_qty(seat);
}

static void take_payment(const struct payment *payment, struct seat *seat)
{
    FACT_OF(payment->e, seat_paid, SEAT_PAID);
    const struct room *room = seat->room;
    bool takes_quota =
        seat->state == TUAN_SEAT_RELEASED && room->revision->rules.reserve == TUAN_RESERVE_ON_HOLD;

    FACT_SET(seat_paid, campaign, room->campaign->id);
    FACT_SET(seat_paid, room, room->id);
    FACT_SET(seat_paid, n, seat->n);
    FACT_SET(seat_paid, paid_at, payment->paid_at);
    if (payment->has_amount) FACT_SET(seat_paid, amount, payment->arg->amount);
    if (payment->arg->payment.len > 0) FACT_SET(seat_paid, payment, payment->arg->payment);
    if (payment->has_amount && payment->arg->amount != seat_price(seat) * (int64_t)seat_qty(seat))
        FACT_SET(seat_paid, amount_differs, 1);
    if (takes_quota) FACT_SET(seat_paid, quota, seat_qty(seat));
    emit(payment->e, fact);
    room_after_payment(payment->e, seat);
}

static void owe(struct payment *payment, const struct seat *seat, enum tuan_refund_reason reason,
                bool of_seat)
{
    struct refund_claim claim = {.reason = reason,
                                 .amount = payment_amount(payment, seat),
                                 .paid_at = payment->paid_at,
                                 .payment = payment->arg->payment,
                                 .of_seat = of_seat};

    payment->owed = refund_owe(payment->e, seat, &claim);
}

/* ---- late ---- */

/* May this room take so many pieces again? One that was reserved whole has them already. */
static bool quota_allows(const struct room *room, int64_t qty)
{
    int64_t quota = campaign_rules(room->campaign)->rules.quota;

    return quota == 0 || room->revision->rules.reserve == TUAN_RESERVE_WHOLE_ROOM ||
           room->campaign->quota_used + qty <= quota;
}

/* The same room takes him back if it lives, a seat is free, and he has none there. */
static bool can_reseat(struct seat *seat, int64_t now_ms)
{
    const struct room *room = seat->room;

    return room->state == TUAN_ROOM_OPEN && (room->deadline == 0 || now_ms < room->deadline) &&
           room_free(room) >= seat_weight(seat) && !room_has_user(room, user_of(seat)) &&
           quota_allows(room, seat_qty(seat));
}

/* Returns the seat that the money is on now. */
static struct seat *pay_released(struct payment *payment, struct seat *seat)
{
    struct engine *e = payment->e;
    enum tuan_late_pay policy = (enum tuan_late_pay)seat->room->revision->rules.late_pay;

    if (policy != TUAN_LATE_REFUND && can_reseat(seat, e->now_ms)) {
        take_payment(payment, seat);
        return seat;
    }
    if (policy == TUAN_LATE_REROUTE) {
        const struct extra *extra = seat_extra(seat);
        struct seeker seeker = {.user = user_of(seat),
                                .tags = extra == NULL ? (struct tuan_tags){NULL, 0} : extra->tags,
                                .tier = seat->room->tier,
                                .qty = seat_qty(seat),
                                .pays = true,
                                .but = seat->room};
        if (!rules_pick_tier(&seat->room->revision->rules)) seeker.tier = 0;
        struct room *room = match_pick(e, seat->room->campaign, &seeker);
        if (room != NULL && quota_allows(room, seat_qty(seat))) {
            struct seat *moved = join_rerouted(e, room, seat);
            take_payment(payment, moved);
            return moved;
        }
    }
    owe(payment, seat, TUAN_REFUND_LATE, true);
    return seat;
}

static struct seat *pay_held(struct payment *payment, struct seat *seat)
{
    struct engine *e = payment->e;
    bool in_time = payment->paid_at < seat_hold(seat)->until;

    assert(e->now_ms < seat_hold(seat)->release_at); /* an overdue hold was retired before */
    if (in_time || seat->room->revision->rules.late_pay != TUAN_LATE_REFUND) {
        take_payment(payment,
                     seat); /* late, but his seat is still kept for him: that is a reseat */
        return seat;
    }
    seat_release(e, seat, TUAN_RELEASE_EXPIRED, (struct tuan_str){NULL, 0});
    owe(payment, seat, TUAN_REFUND_LATE, true);
    return seat;
}

/* ---- again ---- */

/* This payment among these refunds; NULL: not there. One without an id is taken for the newest. */
static const struct refund *find_placed(const struct refund *first, struct tuan_str id)
{
    for (const struct refund *refund = first; refund != NULL; refund = refund->next_of_seat)
        if (id.len == 0 || tuan_str_equal(refund_payment(refund), id)) return refund;
    return NULL;
}

static bool is_repeat(const struct payment *payment, const struct seat *seat)
{
    struct tuan_str id = payment->arg->payment;
    const struct paid *paid = seat_paid(seat);

    if (id.len == 0 || (paid != NULL && tuan_str_equal(paid_payment(paid), id))) return true;
    for (const struct seat *at = seat; at != NULL; at = seat_before(payment->e, at))
        if (find_placed(seat_refunds(at), id) != NULL) return true;
    return false;
}

/* A released seat that money came for before is refund_due, so `held` and `released` never had a
 * payment. */
static struct seat *place(struct payment *payment, struct seat *seat, bool *again)
{
    *again = false;
    switch ((enum tuan_seat_state)seat->state) {
    case TUAN_SEAT_HELD: return pay_held(payment, seat);
    case TUAN_SEAT_RELEASED: return pay_released(payment, seat);
    case TUAN_SEAT_PAID:
    case TUAN_SEAT_SETTLED:
    case TUAN_SEAT_REFUND_DUE:
    case TUAN_SEAT_REFUNDED:
        *again = is_repeat(payment, seat);
        if (!*again) owe(payment, seat, TUAN_REFUND_DUPLICATE, false);
        return seat;
    case TUAN_SEAT_VIRTUAL: break;
    }
    assert(false && "a virtual seat has no order");
    return seat;
}

/* ---- without a seat ---- */

static void answer_stray(struct engine *e, struct engine_answer *answer,
                         const struct refund *refund, bool again)
{
    struct tuan_seat *body = BODY(e, seat);

    TUAN_SET(seat, body, campaign, refund->campaign->id);
    TUAN_SET(seat, body, order, refund_order(refund));
    TUAN_SET(seat, body, state, stray_state(stray_find(e, refund->campaign, refund_order(refund))));
    TUAN_SET(seat, body, now, e->now_ms);
    TUAN_SET(seat, body, refund, refund->id);
    TUAN_SET(seat, body, reason, refund->reason);
    if (again) TUAN_SET(seat, body, again, 1);
    for (const struct refund *at = stray_find(e, refund->campaign, refund_order(refund));
         at != NULL; at = at->next_of_seat)
        depend_on(answer, at->record.at); /* the state is that of all of them */
    answer_with(answer, &tuan_seat_message, body);
}

static void pay_without_seat(const struct payment *payment, struct campaign *campaign,
                             struct engine_answer *answer)
{
    struct engine *e = payment->e;
    const struct tuan_args *arg = payment->arg;
    const struct refund *stray = stray_find(e, campaign, arg->order);
    int64_t keep_ms = campaign_rules(campaign)->rules.keep_ms;

    depend_on(answer, campaign->record.at);
    bool is_fresh = payment->has_amount && e->now_ms - payment->paid_at < keep_ms;
    const struct refund *placed = find_placed(stray, arg->payment);
    if (stray != NULL && (placed != NULL || !is_fresh)) {
        answer_stray(e, answer, placed != NULL ? placed : stray, true);
        return;
    }
    if (!is_fresh) {
        refuse(answer, TUAN_ERR_SEAT_NOT_FOUND);
        return;
    }
    struct refund_claim claim = {.reason =
                                     stray == NULL ? TUAN_REFUND_UNMATCHED : TUAN_REFUND_DUPLICATE,
                                 .amount = arg->amount,
                                 .paid_at = payment->paid_at,
                                 .payment = arg->payment};
    forget_order(e, campaign, arg->order);
    struct tuan_id owed = refund_owe_stray(e, campaign, arg->order, &claim);
    answer_stray(e, answer, refund_find(e, owed), false);
}

void handle_SEAT_PAY(struct engine *e, const struct tuan_command *command,
                     struct engine_answer *answer)
{
    const struct tuan_args *arg = &command->arg;
    struct campaign *campaign = campaign_asked(e, arg->campaign, answer);
    struct payment payment = {.e = e, .arg = arg, .has_amount = TUAN_GIVEN(command, amount)};

    if (campaign == NULL) return;
    payment.paid_at =
        TUAN_GIVEN(command, paid_at) && arg->paid_at < e->now_ms ? arg->paid_at : e->now_ms;
    struct seat *seat = seat_remembered(e, campaign, arg->order);
    const struct tuan_rules *rules =
        seat == NULL ? &campaign_rules(campaign)->rules : &seat->room->revision->rules;
    if (rules->payment == TUAN_PAYMENT_NONE) {
        refuse_because(e, answer, TUAN_ERR_BAD_ARGUMENT, "payment: the campaign asks for none");
        return;
    }
    if (seat == NULL) {
        pay_without_seat(&payment, campaign, answer);
        return;
    }
    bool again;
    room_retire(e, seat->room);
    seat = seat_remembered(e, campaign, arg->order); /* a merge may have moved it */
    seat = place(&payment, seat, &again);
    if (seat->released == TUAN_RELEASE_MOVED) seat = seat_remembered(e, campaign, arg->order);
    answer_seat(e, answer, seat, again);
    if (!tuan_rid_is_none(payment.owed)) {
        struct tuan_seat *body = (struct tuan_seat *)(uintptr_t)answer->reply.body;
        TUAN_SET(seat, body, refund, payment.owed);
        TUAN_SET(seat, body, reason, refund_find(e, payment.owed)->reason);
    }
}
