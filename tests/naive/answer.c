/* SPDX-License-Identifier: BSD-2-Clause */
/* answer.c - replies: how a seat, a room, a refund, a campaign are shown. */
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"

void n_refuse(struct naive *naive, enum tuan_err err)
{
    naive->reply = (struct tuan_reply){.err = err};
}

void n_refuse_room(struct naive *naive, enum tuan_err err, const struct n_room *room)
{
    struct tuan_problem *problem = &naive->reply.problem;

    n_refuse(naive, err);
    TUAN_SET(problem, problem, room, room->id);
    TUAN_SET(problem, problem, room_state, room->state);
    TUAN_SET(problem, problem, version, room->version);
}

void n_answer(struct naive *naive, const struct tuan_message *message)
{
    naive->reply = (struct tuan_reply){.err = TUAN_OK, .message = message, .body = &naive->body};
}

/* ---- refunds ---- */

void n_fill_refund(const struct n_refund *refund, struct tuan_refund *out)
{
    *out = (struct tuan_refund){.given = 0};
    TUAN_SET(refund, out, refund, refund->id);
    TUAN_SET(refund, out, campaign, refund->campaign->id);
    if (!tuan_rid_is_none(refund->room)) TUAN_SET(refund, out, room, refund->room);
    TUAN_SET(refund, out, order, refund->order);
    if (refund->user.len > 0) TUAN_SET(refund, out, user, refund->user);
    TUAN_SET(refund, out, reason, refund->reason);
    TUAN_SET(refund, out, amount, refund->amount);
    TUAN_SET(refund, out, at, refund->at);
    if (!refund->is_acked) return;
    TUAN_SET(refund, out, acked_at, refund->acked_at);
    if (refund->ref.len > 0) TUAN_SET(refund, out, ref, refund->ref);
}

/* Newest first; of one moment the greatest id. */
static int order_newest(const void *a, const void *b)
{
    const struct n_refund *one = *(const struct n_refund *const *)a;
    const struct n_refund *two = *(const struct n_refund *const *)b;

    if (one->at != two->at) return one->at > two->at ? -1 : 1;
    if (one->id.hi != two->id.hi) return one->id.hi > two->id.hi ? -1 : 1;
    return one->id.lo > two->id.lo ? -1 : one->id.lo < two->id.lo;
}

/* All refunds of a seat or of an order without one, newest first; one is told by itself: that
 * which SEAT.PAY has just made, else the newest. */
static void fill_refunds(struct naive *naive, struct n_spot spot, const struct n_campaign *campaign,
                         struct tuan_str order, struct tuan_seat *out)
{
    const struct n_refund *his[REPLY_LIST_MAX];
    struct tuan_refund *list = &naive->refund_list[naive->refunds_used];
    uint32_t count = 0;

    for (size_t i = 0; i < naive->refund_count && count < REPLY_LIST_MAX; i++) {
        const struct n_refund *refund = naive->refunds[i];
        bool is_his = spot.seat != NULL
                          ? n_refund_is_of(refund, spot)
                          : !refund->is_gone && refund->campaign == campaign &&
                                tuan_rid_is_none(refund->room) && n_same(refund->order, order);
        if (is_his) his[count++] = refund;
    }
    if (count == 0) return;
    qsort(his, count, sizeof *his, order_newest);
    const struct n_refund *told = naive->owed != NULL ? naive->owed : his[0];
    TUAN_SET(seat, out, refund, told->id);
    TUAN_SET(seat, out, reason, told->reason);
    if (naive->command->id != TUAN_CMD_SEAT_GET) return;
    for (uint32_t i = 0; i < count; i++)
        n_fill_refund(his[i], &list[i]);
    naive->refunds_used += count;
    TUAN_SET(seat, out, refunds, ((struct tuan_list){list, count}));
}

/* ---- seats ---- */

void n_fill_seat(struct naive *naive, struct n_spot spot, struct tuan_seat *out)
{
    const struct n_room *room = spot.room;
    const struct n_seat *seat = spot.seat;
    bool is_told_tier = room->tier > 0;

    *out = (struct tuan_seat){.given = 0};
    TUAN_SET(seat, out, room, room->id);
    TUAN_SET(seat, out, campaign, room->campaign->id);
    TUAN_SET(seat, out, order, seat->order);
    TUAN_SET(seat, out, user, seat->user);
    TUAN_SET(seat, out, state, seat->state);
    TUAN_SET(seat, out, room_state, room->state);
    TUAN_SET(seat, out, role, seat->role);
    TUAN_SET(seat, out, size, room->size);
    TUAN_SET(seat, out, paid, n_paid_of(room));
    TUAN_SET(seat, out, held, n_is_alive(room) ? n_held_of(room) : 0);
    TUAN_SET(seat, out, missing, n_is_alive(room) ? room->size - n_paid_of(room) : 0);
    TUAN_SET(seat, out, free, n_free_of(room));
    if (seat->state == TUAN_SEAT_HELD) TUAN_SET(seat, out, hold_until, seat->hold_until);
    if (room->deadline != FAR_AWAY) TUAN_SET(seat, out, deadline, room->deadline);
    TUAN_SET(seat, out, version, room->version);
    TUAN_SET(seat, out, now, naive->now);
    if (is_told_tier) TUAN_SET(seat, out, tier, room->tier);
    if (seat->price > 0) TUAN_SET(seat, out, price, seat->price);
    if (seat->cut > 0) TUAN_SET(seat, out, cut, seat->cut);
    if (!tuan_rid_is_none(seat->rerouted_from))
        TUAN_SET(seat, out, rerouted_from, seat->rerouted_from);
    if (seat->amount_differs) TUAN_SET(seat, out, amount_differs, 1);
    if (seat->qty != 1) TUAN_SET(seat, out, qty, seat->qty);
    if (seat->released != 0) TUAN_SET(seat, out, released, seat->released);
    if (room->is_drawn && seat->was_drawn) TUAN_SET(seat, out, won, seat->won);
    fill_refunds(naive, spot, room->campaign, seat->order, out);
}

void n_answer_seat(struct naive *naive, struct n_spot spot, bool is_again)
{
    n_fill_seat(naive, spot, &naive->body.seat);
    if (is_again) TUAN_SET(seat, &naive->body.seat, again, 1);
    n_answer(naive, &tuan_seat_message);
}

void n_answer_stray(struct naive *naive, struct n_campaign *campaign, struct tuan_str order,
                    bool is_again)
{
    struct tuan_seat *out = &naive->body.seat;
    bool all_acked = true;

    for (size_t i = 0; i < naive->refund_count; i++) {
        const struct n_refund *refund = naive->refunds[i];
        if (!refund->is_gone && refund->campaign == campaign && tuan_rid_is_none(refund->room) &&
            n_same(refund->order, order) && !refund->is_acked)
            all_acked = false;
    }
    *out = (struct tuan_seat){.given = 0};
    TUAN_SET(seat, out, campaign, campaign->id);
    TUAN_SET(seat, out, order, order);
    TUAN_SET(seat, out, state, all_acked ? TUAN_SEAT_REFUNDED : TUAN_SEAT_REFUND_DUE);
    TUAN_SET(seat, out, now, naive->now);
    if (is_again) TUAN_SET(seat, out, again, 1);
    fill_refunds(naive, (struct n_spot){NULL, NULL}, campaign, order, out);
    n_answer(naive, &tuan_seat_message);
}

/* ---- rooms ---- */

static void to_hex(const unsigned char bytes[32], char out[65])
{
    for (int i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static bool is_shown(const struct n_room *room, const struct n_seat *seat)
{
    return n_is_alive(room) ? n_is_live(seat) : seat->was_in;
}

void n_fill_room_seat(const struct n_seat *seat, struct tuan_room_seat *out)
{
    *out = (struct tuan_room_seat){.given = 0};
    TUAN_SET(room_seat, out, n, seat->n);
    TUAN_SET(room_seat, out, role, seat->role);
    TUAN_SET(room_seat, out, state, seat->state);
    TUAN_SET(room_seat, out, user, seat->user);
    TUAN_SET(room_seat, out, order, seat->order);
    TUAN_SET(room_seat, out, qty, seat->qty);
    if (seat->profile.len > 0) TUAN_SET(room_seat, out, profile, seat->profile);
    TUAN_SET(room_seat, out, is_virtual, 0);
    TUAN_SET(room_seat, out, joined_at, seat->joined_at);
    if (seat->cut > 0) TUAN_SET(room_seat, out, cut, seat->cut);
}

void n_fill_virtual(const struct n_room *room, int64_t n, struct tuan_room_seat *out)
{
    *out = (struct tuan_room_seat){.given = 0};
    TUAN_SET(room_seat, out, n, n);
    TUAN_SET(room_seat, out, role, TUAN_ROLE_MEMBER);
    TUAN_SET(room_seat, out, state, TUAN_SEAT_VIRTUAL);
    TUAN_SET(room_seat, out, is_virtual, 1);
    TUAN_SET(room_seat, out, joined_at, room->ended_at);
}

static void fill_seats(struct naive *naive, const struct n_room *room, struct tuan_room *out)
{
    uint32_t most = TUAN_GIVEN(naive->command, seats) ? (uint32_t)naive->command->arg.seats
                                                      : SEATS_SHOWN;
    struct tuan_room_seat *list = &naive->room_seat_list[naive->room_seats_used];
    uint32_t count = 0;
    int64_t total = 0;

    for (size_t i = 0; i < room->seat_count; i++) {
        if (!is_shown(room, &room->seats[i])) continue;
        total++;
        if (room->seats[i].role == TUAN_ROLE_LEADER && most > 0)
            n_fill_room_seat(&room->seats[i], &list[count++]);
    }
    for (size_t i = 0; i < room->seat_count && count < most; i++)
        if (is_shown(room, &room->seats[i]) && room->seats[i].role != TUAN_ROLE_LEADER)
            n_fill_room_seat(&room->seats[i], &list[count++]);
    if (n_leader_of(room) != NULL) TUAN_SET(room, out, leader, n_leader_of(room)->user);
    for (int64_t i = 0; i < room->virtuals; i++, total++)
        if (count < most)
            n_fill_virtual(room, (int64_t)room->seat_count + 1 + i, &list[count++]);
    naive->room_seats_used += count;
    if (most > 0) TUAN_SET(room, out, seats, ((struct tuan_list){list, count}));
    TUAN_SET(room, out, seats_total, total);
}

static void fill_winners(struct naive *naive, const struct n_room *room, struct tuan_room *out)
{
    struct tuan_winner *list = &naive->winner_list[naive->winners_used];
    uint32_t count = 0;

    for (size_t i = 0; i < room->seat_count; i++) {
        const struct n_seat *seat = &room->seats[i];
        if (!seat->won) continue;
        struct tuan_winner *winner = &list[count++];
        *winner = (struct tuan_winner){.given = 0};
        TUAN_SET(winner, winner, n, seat->n);
        TUAN_SET(winner, winner, user, seat->user);
        TUAN_SET(winner, winner, order, seat->order);
    }
    naive->winners_used += count;
    TUAN_SET(room, out, winners, ((struct tuan_list){list, count}));
}

static void fill_draw(struct naive *naive, const struct n_room *room, struct tuan_room *out)
{
    unsigned char commit[SHA256_DIGEST_LENGTH];
    char(*hex)[65] = naive->hex[naive->hex_used++ % REPLY_LIST_MAX];

    if (!room->has_seed) return;
    SHA256(room->seed, 32, commit);
    to_hex(commit, hex[0]);
    TUAN_SET(room, out, draw_commit, ((struct tuan_str){hex[0], 64}));
    if (!room->is_drawn) return;
    to_hex(room->seed, hex[1]);
    TUAN_SET(room, out, draw_seed, ((struct tuan_str){hex[1], 64}));
    fill_winners(naive, room, out);
}

void n_fill_room(struct naive *naive, const struct n_room *room, struct tuan_room *out)
{
    bool alive = n_is_alive(room);
    int64_t cut = 0;

    *out = (struct tuan_room){.given = 0};
    for (size_t i = 0; i < room->seat_count; i++)
        if ((n_is_live(&room->seats[i]) || room->seats[i].state == TUAN_SEAT_SETTLED) &&
            room->seats[i].has_cut)
            cut += room->seats[i].cut;
    TUAN_SET(room, out, room, room->id);
    TUAN_SET(room, out, campaign, room->campaign->id);
    TUAN_SET(room, out, state, room->state);
    if (room->reason != 0) TUAN_SET(room, out, reason, room->reason);
    TUAN_SET(room, out, size, room->size);
    TUAN_SET(room, out, paid, n_paid_of(room));
    TUAN_SET(room, out, held, alive ? n_held_of(room) : 0);
    TUAN_SET(room, out, missing, alive ? room->size - n_paid_of(room) : 0);
    TUAN_SET(room, out, free, n_free_of(room));
    TUAN_SET(room, out, virtuals, room->virtuals);
    TUAN_SET(room, out, version, room->version);
    TUAN_SET(room, out, opened_at, room->opened_at);
    if (room->deadline != FAR_AWAY) TUAN_SET(room, out, deadline, room->deadline);
    if (room->state == TUAN_ROOM_FORMED) TUAN_SET(room, out, formed_at, room->ended_at);
    if (room->state == TUAN_ROOM_FAILED) TUAN_SET(room, out, failed_at, room->ended_at);
    if (room->tier > 0) TUAN_SET(room, out, tier, room->tier);
    if (!tuan_rid_is_none(room->merged_into)) TUAN_SET(room, out, merged_into, room->merged_into);
    TUAN_SET(room, out, now, naive->now);
    if (room->rules.cut_total > 0) TUAN_SET(room, out, cut, cut);
    fill_seats(naive, room, out);
    fill_draw(naive, room, out);
}

void n_answer_room(struct naive *naive, const struct n_room *room)
{
    n_fill_room(naive, room, &naive->body.room);
    n_answer(naive, &tuan_room_message);
}

/* ---- campaigns ---- */

static int64_t phase_of(const struct naive *naive, const struct n_campaign *campaign)
{
    const struct tuan_rules *rules = &campaign->rules;

    if (campaign->is_closed || campaign->is_dropped) return TUAN_PHASE_CLOSED;
    if (rules->end_at != 0 && naive->now >= rules->end_at) return TUAN_PHASE_ENDED;
    if (rules->status == TUAN_STATUS_PAUSED) return TUAN_PHASE_PAUSED;
    return naive->now < rules->start_at ? TUAN_PHASE_SCHEDULED : TUAN_PHASE_RUNNING;
}

void n_fill_campaign(const struct naive *naive, const struct n_campaign *campaign,
                     struct tuan_campaign *out)
{
    int64_t open = 0;

    for (size_t i = 0; i < naive->room_count; i++)
        open += naive->rooms[i]->campaign == campaign && n_is_alive(naive->rooms[i]);
    *out = (struct tuan_campaign){.given = 0};
    TUAN_SET(campaign, out, campaign, campaign->id);
    TUAN_SET(campaign, out, phase, phase_of(naive, campaign));
    TUAN_SET(campaign, out, revision, campaign->revision);
    TUAN_SET(campaign, out, rules, &campaign->rules);
    TUAN_SET(campaign, out, rooms_open, open);
    TUAN_SET(campaign, out, rooms_opened, campaign->opened);
    TUAN_SET(campaign, out, rooms_formed, campaign->formed);
    TUAN_SET(campaign, out, rooms_failed, campaign->failed);
    TUAN_SET(campaign, out, rooms_merged, campaign->merged);
    TUAN_SET(campaign, out, seats_held, campaign->held);
    TUAN_SET(campaign, out, seats_paid, campaign->paid);
    TUAN_SET(campaign, out, seats_released, campaign->released);
    TUAN_SET(campaign, out, refunds_due, campaign->due);
    TUAN_SET(campaign, out, refunds_acked, campaign->acked);
    TUAN_SET(campaign, out, quota_used, campaign->quota_used);
    TUAN_SET(campaign, out, now, naive->now);
}

void n_answer_campaign(struct naive *naive, const struct n_campaign *campaign)
{
    n_fill_campaign(naive, campaign, &naive->body.campaign);
    n_answer(naive, &tuan_campaign_message);
}
