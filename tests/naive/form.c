/* SPDX-License-Identifier: BSD-2-Clause */
/* form.c - 成團: seats are settled, then tier, draw and commission, in this order. */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"

static uint32_t tier_reached(const struct n_room *room)
{
    const struct tuan_tiers *tiers = &room->rules.tiers;
    uint32_t reached = 0;

    if (room->rules.tier_mode != TUAN_TIER_AT_DEADLINE) return 0;
    for (uint32_t i = 0; i < tiers->count; i++)
        if (tiers->items[i].size <= room->paid_end) reached = i + 1;
    return reached;
}

static int64_t difference_of(const struct n_room *room, const struct n_seat *seat, uint32_t tier)
{
    const struct tuan_tier *tiers = room->rules.tiers.items;

    if (tier == 0) return 0;
    int64_t difference = (tiers[0].price - tiers[tier - 1].price) * seat->qty;
    return difference < n_seat_amount(seat) ? difference : n_seat_amount(seat);
}

static void settle_tier(struct naive *naive, struct n_room *room, uint32_t tier)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_TIER_SETTLED);

    if (tier == 0) return;
    room->tier = tier;
    room->tier_price = room->rules.tiers.items[tier - 1].price;
    TUAN_SET(tier_settled_fact, &fact.tier_settled, campaign, room->campaign->id);
    TUAN_SET(tier_settled_fact, &fact.tier_settled, room, room->id);
    TUAN_SET(tier_settled_fact, &fact.tier_settled, tier, room->tier);
    TUAN_SET(tier_settled_fact, &fact.tier_settled, price, room->tier_price);
    n_tell(naive, room, &fact);
    struct tuan_life *life = n_add_life(naive, room, TUAN_LIFE_TIER_SETTLED);
    TUAN_SET(life, life, tier, tier);
    for (size_t i = 0; i < room->seat_count; i++) {
        struct n_seat *seat = &room->seats[i];
        if (seat->state != TUAN_SEAT_SETTLED || seat->tier_back <= 0) continue;
        if (room->rules.payment == TUAN_PAYMENT_NONE) continue;
        struct n_owed owed = {.n = seat->n,
                              .reason = TUAN_REFUND_TIER_DIFFERENCE,
                              .amount = seat->tier_back,
                              .order = seat->order,
                              .user = seat->user,
                              .payment = seat->payment,
                              .paid_at = seat->paid_at,
                              .has_paid_at = true};
        n_refund_owe(naive, room->campaign, room, &owed);
    }
}

struct ticket {
    unsigned char hash[SHA256_DIGEST_LENGTH];
    struct n_seat *seat;
};

static int order_tickets(const void *a, const void *b)
{
    const struct ticket *one = a, *two = b;
    int order = memcmp(one->hash, two->hash, sizeof one->hash);

    return order != 0 ? order : one->seat->n < two->seat->n ? -1 : 1;
}

static void draw_winners(struct n_room *room)
{
    struct ticket tickets[REPLY_LIST_MAX];
    unsigned char bytes[32 + TUAN_ID_MAX];
    size_t count = 0;

    for (size_t i = 0; i < room->seat_count && count < REPLY_LIST_MAX; i++) {
        struct n_seat *seat = &room->seats[i];
        if (seat->state != TUAN_SEAT_SETTLED) continue;
        seat->was_drawn = true;
        memcpy(bytes, room->seed, 32);
        memcpy(bytes + 32, seat->order.ptr, seat->order.len);
        SHA256(bytes, 32 + seat->order.len, tickets[count].hash);
        tickets[count++].seat = seat;
    }
    qsort(tickets, count, sizeof *tickets, order_tickets);
    for (size_t i = 0; i < count && (int64_t)i < room->rules.draw_winners; i++)
        tickets[i].seat->won = true;
}

static void check_winners(struct naive *naive, const struct n_room *room,
                          const struct tuan_fact *theirs)
{
    int64_t count = 0;

    for (size_t i = 0; i < room->seat_count; i++)
        count += room->seats[i].won;
    if (theirs == NULL || theirs->type != TUAN_FACT_DRAW_RESULT) return;
    const struct tuan_winner *winners = theirs->draw_result.winners.items;
    if ((int64_t)theirs->draw_result.winners.count != count)
        n_flaw(naive, "the engine draws %u winners, not %lld", theirs->draw_result.winners.count,
               (long long)count);
    for (uint32_t i = 0; i < theirs->draw_result.winners.count; i++)
        if (winners[i].n < 1 || winners[i].n > (int64_t)room->seat_count ||
            !room->seats[winners[i].n - 1].won)
            n_flaw(naive, "seat %lld does not win", (long long)winners[i].n);
}

static void draw(struct naive *naive, struct n_room *room)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_DRAW_RESULT);

    if (room->rules.draw_winners == 0) return;
    room->is_drawn = true;
    check_winners(naive, room, n_next_fact(naive));
    TUAN_SET(draw_result_fact, &fact.draw_result, campaign, room->campaign->id);
    TUAN_SET(draw_result_fact, &fact.draw_result, room, room->id);
    n_tell(naive, room, &fact);
    for (size_t i = 0; i < room->seat_count; i++) {
        if (!room->seats[i].won) continue;
        struct tuan_life *life = n_add_life(naive, room, TUAN_LIFE_DRAW_RESULT);
        TUAN_SET(life, life, n, room->seats[i].n);
    }
    for (size_t i = 0; i < room->seat_count; i++) {
        struct n_seat *seat = &room->seats[i];
        if (seat->state != TUAN_SEAT_SETTLED || seat->won) continue;
        if (room->rules.payment == TUAN_PAYMENT_NONE) continue;
        struct n_owed owed = {.n = seat->n,
                              .reason = TUAN_REFUND_LOTTERY_LOST,
                              .amount = n_seat_amount(seat) - seat->tier_back,
                              .order = seat->order,
                              .user = seat->user,
                              .payment = seat->payment,
                              .paid_at = seat->paid_at,
                              .has_paid_at = true,
                              .of_seat = true};
        seat->state = TUAN_SEAT_REFUND_DUE;
        n_refund_owe(naive, room->campaign, room, &owed);
    }
}

static void tell_commission(struct naive *naive, struct n_room *room, const struct n_seat *seat,
                            int64_t level, struct tuan_str referrer)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_COMMISSION);
    struct tuan_commission_fact *commission = &fact.commission;

    if (referrer.len == 0) return;
    TUAN_SET(commission_fact, commission, campaign, room->campaign->id);
    TUAN_SET(commission_fact, commission, room, room->id);
    TUAN_SET(commission_fact, commission, n, seat->n);
    TUAN_SET(commission_fact, commission, level, level);
    TUAN_SET(commission_fact, commission, referrer, referrer);
    TUAN_SET(commission_fact, commission, amount, n_seat_amount(seat) - seat->tier_back);
    n_tell(naive, room, &fact);
}

struct sums {
    int64_t members_new, members_old, referred, amount, amount_referred, sold;
};

/* Who loses the draw is not counted as a member. */
static struct sums settle_seats(struct n_room *room)
{
    struct sums sums = {.members_new = 0};
    uint32_t tier = tier_reached(room);

    for (size_t i = 0; i < room->seat_count; i++) {
        if (room->seats[i].state == TUAN_SEAT_PAID)
            room->seats[i].state = TUAN_SEAT_SETTLED;
        else
            room->seats[i].was_in = false;
    }
    if (room->rules.draw_winners > 0) draw_winners(room);

    for (size_t i = 0; i < room->seat_count; i++) {
        struct n_seat *seat = &room->seats[i];
        if (seat->state != TUAN_SEAT_SETTLED) continue;
        seat->was_in = true;
        seat->tier_back = difference_of(room, seat, tier);
        sums.sold += seat->qty;
        if (room->rules.draw_winners > 0 && !seat->won) continue;
        int64_t amount = n_seat_amount(seat) - seat->tier_back;
        bool is_referred = seat->referrer.len > 0;
        sums.members_new += seat->new_user == 1;
        sums.members_old += seat->new_user != 1;
        sums.referred += is_referred;
        sums.amount += amount;
        sums.amount_referred += is_referred ? amount : 0;
    }
    return sums;
}

static void count_form(struct naive *naive, struct n_room *room, const struct sums *sums)
{
    struct n_campaign *campaign = room->campaign;

    campaign->formed++;
    campaign->members_new += sums->members_new;
    campaign->members_old += sums->members_old;
    campaign->referred += sums->referred;
    campaign->amount += sums->amount;
    campaign->amount_referred += sums->amount_referred;
    campaign->fills = n_grown(campaign->fills, campaign->fill_count, &campaign->fill_room,
                              sizeof *campaign->fills);
    campaign->fills[campaign->fill_count++] = naive->now - room->opened_at;
}

void n_room_form(struct naive *naive, struct n_room *room, int64_t reason, struct tuan_str note)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_ROOM_FORMED);
    struct tuan_room_formed_fact *formed = &fact.room_formed;

    room->paid_end = n_paid_of(room);
    struct sums sums = settle_seats(room);
    int64_t back = room->quota > sums.sold ? room->quota - sums.sold : 0;
    room->state = TUAN_ROOM_FORMED;
    room->reason = reason;
    room->note = note;
    room->ended_at = naive->now;
    room->campaign->quota_used -= back;
    count_form(naive, room, &sums);
    TUAN_SET(room_formed_fact, formed, campaign, room->campaign->id);
    TUAN_SET(room_formed_fact, formed, room, room->id);
    TUAN_SET(room_formed_fact, formed, reason, reason);
    TUAN_SET(room_formed_fact, formed, note, note);
    TUAN_SET(room_formed_fact, formed, quota, back);
    TUAN_SET(room_formed_fact, formed, virtuals, room->virtuals);
    TUAN_SET(room_formed_fact, formed, opened_at, room->opened_at);
    TUAN_SET(room_formed_fact, formed, members_new, sums.members_new);
    TUAN_SET(room_formed_fact, formed, members_old, sums.members_old);
    TUAN_SET(room_formed_fact, formed, referred, sums.referred);
    TUAN_SET(room_formed_fact, formed, amount, sums.amount);
    TUAN_SET(room_formed_fact, formed, amount_referred, sums.amount_referred);
    n_tell(naive, room, &fact);
    struct tuan_life *life = n_add_life(naive, room, TUAN_LIFE_ROOM_FORMED);
    TUAN_SET(life, life, room_reason, reason);
    settle_tier(naive, room, tier_reached(room));
    draw(naive, room);
    for (size_t i = 0; i < room->seat_count; i++) {
        if (room->seats[i].state != TUAN_SEAT_SETTLED) continue;
        if (room->is_drawn && !room->seats[i].won) continue; /* filed 7 */
        tell_commission(naive, room, &room->seats[i], 1, room->seats[i].referrer);
        tell_commission(naive, room, &room->seats[i], 2, room->seats[i].referrer2);
    }
}
