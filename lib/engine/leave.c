/* SPDX-License-Identifier: BSD-2-Clause */
/* leave.c - SEAT.LEAVE, before the room forms; SEAT.REFUND, after the sale. */
#include <assert.h>

#include "engine/judge.h"
#include "engine/refund.h"
#include "engine/room.h"

handler handle_SEAT_LEAVE, handle_SEAT_REFUND;

/* The seat of the order, its room's overdue things retired; NULL: refused. */
static struct seat *find_seat(struct engine *e, const struct tuan_command *command,
                              struct engine_answer *answer)
{
    struct campaign *campaign = campaign_asked(e, command->arg.campaign, answer);

    if (campaign == NULL) return NULL;
    struct seat *seat = seat_remembered(e, campaign, command->arg.order);
    if (seat == NULL) {
        depend_on(answer, campaign->record.at);
        refuse(answer, TUAN_ERR_SEAT_NOT_FOUND);
        return NULL;
    }
    room_retire(e, seat->room);
    return seat_remembered(e, campaign, command->arg.order); /* a merge may have moved him */
}

/* ---- leaving ---- */

static bool may_leave(const struct seat *seat)
{
    const struct tuan_rules *rules = &seat->room->revision->rules;

    if (seat->state != TUAN_SEAT_PAID || seat->room->state != TUAN_ROOM_OPEN) return false;
    return seat_leads(seat) ? rules->leader_leave != TUAN_LEADER_FORBID
                            : rules->member_leave == TUAN_MEMBER_ALLOW;
}

static void leave(struct engine *e, struct seat *seat, struct tuan_str reason)
{
    struct room *room = seat->room;
    bool dissolves = seat_leads(seat) && room->revision->rules.leader_leave == TUAN_LEADER_DISSOLVE;

    if (seat_paid(seat) == NULL) {
        seat_give_back(e, seat, TUAN_RELEASE_LEFT, reason);
    } else {
        struct refund_claim claim = refund_claim(seat, TUAN_REFUND_LEFT, seat_amount(seat));
        claim.of_seat = true;
        claim.quota = seat_quota(seat);
        refund_owe(e, seat, &claim);
    }
    if (dissolves)
        room_fail(e, room, TUAN_REASON_LEADER_LEFT, NULL);
    else
        room_after_leaving(e, seat, TUAN_REASON_LEADER_LEFT);
}

void handle_SEAT_LEAVE(struct engine *e, const struct tuan_command *command,
                       struct engine_answer *answer)
{
    struct seat *seat = find_seat(e, command, answer);

    if (seat == NULL) return;
    bool again = seat->released == TUAN_RELEASE_LEFT || seat->state == TUAN_SEAT_RELEASED;
    if (!again && !may_leave(seat)) {
        refuse_room(answer, TUAN_ERR_CANNOT_LEAVE, seat->room);
        return;
    }
    if (!again) leave(e, seat, command->arg.reason);
    answer_seat(e, answer, seat, again);
}

/* ---- after the sale ---- */

/* His after-sale refund, and what the others leave of his payment. */
static const struct refund *look_at_refunds(const struct engine *e, const struct seat *seat,
                                            int64_t *left)
{
    const struct refund *after_sale = NULL;

    *left = seat_amount(seat);
    for (const struct seat *at = seat; at != NULL; at = seat_before(e, at))
        for (const struct refund *refund = seat_refunds(at); refund != NULL;
             refund = refund->next_of_seat) {
            if (refund->reason == TUAN_REFUND_AFTER_SALE) after_sale = refund;
            if (refund->reason != TUAN_REFUND_DUPLICATE) *left -= refund->amount;
        }
    return after_sale;
}

/* TUAN_OK, or why there is no after-sale refund of this seat. */
static bool refuse_after_sale(struct engine *e, const struct seat *seat,
                              struct engine_answer *answer)
{
    depend_on(answer, seat->room->record.at);
    if (seat->room->revision->rules.payment == TUAN_PAYMENT_NONE && seat_paid(seat) == NULL)
        refuse_because(e, answer, TUAN_ERR_BAD_ARGUMENT, "payment: the campaign asks for none");
    else if (seat->state != TUAN_SEAT_SETTLED)
        refuse_because(e, answer, TUAN_ERR_CANNOT_LEAVE,
                       "only a settled seat has an after-sale refund");
    return answer->reply.err != TUAN_OK;
}

void handle_SEAT_REFUND(struct engine *e, const struct tuan_command *command,
                        struct engine_answer *answer)
{
    bool has_amount = TUAN_GIVEN(command, amount);
    struct seat *seat = find_seat(e, command, answer);
    int64_t left;

    if (seat == NULL) return;
    const struct refund *before = look_at_refunds(e, seat, &left);
    if (before != NULL) {
        depend_on(answer, seat->room->record.at);
        if (has_amount && command->arg.amount != before->amount)
            refuse_because(e, answer, TUAN_ERR_IDEMPOTENCY_CONFLICT,
                           "the after-sale refund of that order is of %lld",
                           (long long)before->amount);
        else
            answer_seat(e, answer, seat, true);
        return;
    }
    if (refuse_after_sale(e, seat, answer)) return;
    if (has_amount && command->arg.amount > left) {
        refuse_because(e, answer, TUAN_ERR_BAD_ARGUMENT,
                       "amount: %lld is more than the %lld left of the payment",
                       (long long)command->arg.amount, (long long)left);
        return;
    }
    struct refund_claim claim =
        refund_claim(seat, TUAN_REFUND_AFTER_SALE, has_amount ? command->arg.amount : left);
    claim.of_seat = claim.amount == left;
    refund_owe(e, seat, &claim);
    answer_seat(e, answer, seat, false);
}
