/* SPDX-License-Identifier: BSD-2-Clause */
/* read.c - reads: rooms, their seats, lists, users, refunds. */
#include <stdlib.h>

#include "impl.h"

/* ---- rooms ---- */

static void fill_unchanged(const struct naive *naive, const struct n_room *room,
                           struct tuan_room *out)
{
    *out = (struct tuan_room){.given = 0};
    TUAN_SET(room, out, room, room->id);
    TUAN_SET(room, out, version, room->version);
    TUAN_SET(room, out, unchanged, 1);
    TUAN_SET(room, out, now, naive->now);
}

void n_room_get(struct naive *naive)
{
    const struct tuan_command *command = naive->command;
    const struct n_room *room = n_find_room(naive, command->arg.room);

    if (room == NULL) {
        n_refuse(naive, TUAN_ERR_ROOM_NOT_FOUND);
    } else if (TUAN_GIVEN(command, if_version) && command->arg.if_version == room->version) {
        fill_unchanged(naive, room, &naive->body.room);
        n_answer(naive, &tuan_room_message);
    } else {
        n_answer_room(naive, room);
    }
}

void n_room_mget(struct naive *naive)
{
    struct tuan_ids ids = naive->command->arg.room_list;
    struct tuan_rooms *out = &naive->body.rooms;

    for (uint32_t i = 0; i < ids.count; i++) {
        const struct n_room *room = n_find_room(naive, ids.items[i]);
        if (room != NULL) {
            n_fill_room(naive, room, &naive->room_list[i]);
        } else {
            naive->room_list[i] = (struct tuan_room){.given = 0};
            TUAN_SET(room, &naive->room_list[i], error, TUAN_STR("ROOM_NOT_FOUND no such room"));
        }
    }
    *out = (struct tuan_rooms){.given = 0};
    TUAN_SET(rooms, out, rooms, ((struct tuan_list){naive->room_list, ids.count}));
    n_answer(naive, &tuan_rooms_message);
}

/* All seats, by number. The cursor is the engine's own: only whether there is one is compared. */
void n_room_seats(struct naive *naive)
{
    const struct tuan_command *command = naive->command;
    const struct n_room *room = n_find_room(naive, command->arg.room);
    struct tuan_room_seats *out = &naive->body.room_seats;
    uint32_t count = 0;

    if (room == NULL) {
        n_refuse(naive, TUAN_ERR_ROOM_NOT_FOUND);
        return;
    }
    int64_t limit = TUAN_GIVEN(command, limit) ? command->arg.limit : 100;
    int64_t total = (int64_t)room->seat_count + room->virtuals, at = 0;
    for (; at < total && count < limit; at++) {
        bool is_real = at < (int64_t)room->seat_count;
        int64_t state = is_real ? room->seats[at].state : TUAN_SEAT_VIRTUAL;
        if (TUAN_GIVEN(command, state) && state != command->arg.state) continue;
        if (is_real)
            n_fill_room_seat(&room->seats[at], &naive->room_seat_list[count++]);
        else
            n_fill_virtual(room, at + 1, &naive->room_seat_list[count++]);
    }
    bool has_more = at < total;
    *out = (struct tuan_room_seats){.given = 0};
    TUAN_SET(room_seats, out, room, room->id);
    TUAN_SET(room_seats, out, version, room->version);
    TUAN_SET(room_seats, out, seats, ((struct tuan_list){naive->room_seat_list, count}));
    TUAN_SET(room_seats, out, cursor, has_more ? TUAN_STR("more") : TUAN_STR(""));
    n_answer(naive, &tuan_room_seats_message);
}

/* ---- the list of joinable rooms ---- */

struct offer {
    struct n_room *rooms[REPLY_LIST_MAX];
    size_t count, mine;
};

static bool is_sitting(const struct naive *naive, const struct n_campaign *campaign,
                       struct tuan_str user)
{
    for (size_t i = 0; i < naive->room_count; i++)
        if (naive->rooms[i]->campaign == campaign && n_is_alive(naive->rooms[i]) &&
            n_user_seats_in(naive->rooms[i], user) > 0)
            return true;
    return false;
}

static bool offers_nothing(const struct naive *naive, const struct n_campaign *campaign,
                           struct tuan_str user)
{
    const struct tuan_rules *rules = &campaign->rules;

    if (!rules->list_visible || rules->status == TUAN_STATUS_PAUSED) return true;
    if (naive->now < rules->start_at) return true;
    if (campaign->is_closed && campaign->close_rooms == TUAN_CLOSE_FAIL) return true;
    return user.len > 0 && rules->one_open_per_user && is_sitting(naive, campaign, user);
}

static void find_offer(const struct naive *naive, struct n_campaign *campaign, struct offer *offer)
{
    const struct tuan_args *arg = &naive->command->arg;
    int64_t end_at = campaign->rules.end_at;
    struct n_wish wish = {.campaign = campaign,
                          .user = arg->user,
                          .qty = 1,
                          .tags = arg->tags,
                          .any_tags = !TUAN_GIVEN(naive->command, tags),
                          .only_run_on = end_at != 0 && naive->now >= end_at};

    offer->count = 0;
    for (size_t i = 0; arg->user.len > 0 && i < naive->room_count; i++)
        if (naive->rooms[i]->campaign == campaign && n_is_alive(naive->rooms[i]) &&
            n_user_seats_in(naive->rooms[i], arg->user) > 0)
            offer->rooms[offer->count++] = naive->rooms[i];
    offer->mine = offer->count;
    if (offers_nothing(naive, campaign, arg->user)) return;
    for (size_t i = 0; i < naive->room_count && offer->count < REPLY_LIST_MAX; i++)
        if (n_room_takes(naive, naive->rooms[i], &wish))
            offer->rooms[offer->count++] = naive->rooms[i];
}

static void swap_rooms(struct offer *offer, size_t a, size_t b)
{
    struct n_room *room = offer->rooms[a];

    offer->rooms[a] = offer->rooms[b];
    offer->rooms[b] = room;
}

static bool may_follow(const struct naive *naive, const struct n_campaign *campaign,
                       const struct offer *offer, size_t place, const struct n_room *room)
{
    if (naive->command->arg.sort == TUAN_SORT_BEST)
        return n_may_be_next(campaign, offer->rooms + place, offer->count - place, room);
    for (size_t i = place; i < offer->count; i++)
        if (offer->rooms[i]->opened_at > room->opened_at) return false;
    return true;
}

/* Take the engine's order where it is one of those allowed. */
static void sort_offer(struct naive *naive, const struct n_campaign *campaign, struct offer *offer,
                       const struct tuan_rooms *told)
{
    for (size_t place = 0; place < offer->count; place++) {
        const struct tuan_room *shown = told == NULL || place >= told->rooms.count
                                            ? NULL
                                            : (const struct tuan_room *)told->rooms.items + place;
        size_t end = place < offer->mine ? offer->mine : offer->count, best = end;
        for (size_t i = place; i < end; i++) {
            bool fits =
                place < offer->mine || may_follow(naive, campaign, offer, place, offer->rooms[i]);
            bool is_shown = shown != NULL && tuan_rid_equal(shown->room, offer->rooms[i]->id);
            if (fits && (best == end || is_shown)) best = i;
        }
        if (best < end) swap_rooms(offer, place, best);
    }
}

void n_room_list(struct naive *naive)
{
    const struct tuan_args *arg = &naive->command->arg;
    struct n_campaign *campaign = n_find_campaign(naive, arg->campaign);
    struct tuan_rooms *out = &naive->body.rooms;
    struct offer offer;

    if (campaign == NULL) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_NOT_FOUND);
        return;
    }
    find_offer(naive, campaign, &offer);
    sort_offer(naive, campaign, &offer, naive->list_shown);
    size_t limit = TUAN_GIVEN(naive->command, limit) ? (size_t)arg->limit : 20;
    bool has_more = offer.count > (offer.mine > limit ? offer.mine : limit);
    if (offer.count > limit) offer.count = limit;
    for (size_t i = 0; i < offer.count; i++) {
        n_fill_room(naive, offer.rooms[i], &naive->room_list[i]);
        if (i < offer.mine) TUAN_SET(room, &naive->room_list[i], mine, 1);
    }
    *out = (struct tuan_rooms){.given = 0};
    TUAN_SET(rooms, out, rooms, ((struct tuan_list){naive->room_list, (uint32_t)offer.count}));
    TUAN_SET(rooms, out, cursor, has_more ? TUAN_STR("more") : TUAN_STR(""));
    n_answer(naive, &tuan_rooms_message);
}

/* ---- a seat, a user ---- */

void n_seat_get(struct naive *naive)
{
    const struct tuan_args *arg = &naive->command->arg;
    struct n_campaign *campaign = n_find_campaign(naive, arg->campaign);

    if (campaign == NULL) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_NOT_FOUND);
        return;
    }
    struct n_spot spot = n_find_order(naive, campaign, arg->order);
    if (spot.seat != NULL)
        n_answer_seat(naive, spot, false);
    else if (n_is_stray(naive, campaign, arg->order))
        n_answer_stray(naive, campaign, arg->order, false);
    else
        n_refuse(naive, TUAN_ERR_SEAT_NOT_FOUND);
}

static int order_newest(const void *a, const void *b)
{
    const struct n_spot *one = a, *two = b;

    return one->seat->joined_at > two->seat->joined_at
               ? -1
               : one->seat->joined_at < two->seat->joined_at;
}

/* Seats of the same moment stand as the engine shows them. */
static void follow_ties(const struct naive *naive, struct n_spot *spots, uint32_t count)
{
    const struct tuan_user_seats *shown = naive->seats_shown;

    for (uint32_t i = 0; shown != NULL && i < count && i < shown->seats.count; i++) {
        const struct tuan_seat *seat = (const struct tuan_seat *)shown->seats.items + i;
        for (uint32_t s = i; s < count && spots[s].seat->joined_at == spots[i].seat->joined_at; s++)
            if (tuan_rid_equal(spots[s].room->id, seat->room) &&
                n_same(spots[s].seat->order, seat->order)) {
                struct n_spot spot = spots[i];
                spots[i] = spots[s];
                spots[s] = spot;
                break;
            }
    }
}

/* Live ones, and those ended within keep_ms. */
static bool is_recent(const struct naive *naive, const struct n_room *room,
                      const struct n_seat *seat)
{
    if (n_is_live(seat)) return true;
    if (n_is_past(naive, room)) return false;
    return seat->state != TUAN_SEAT_RELEASED || naive->now < seat->ended_at + room->rules.keep_ms;
}

static void fill_limits(const struct naive *naive, const struct n_campaign *campaign,
                        struct tuan_str user, struct tuan_user_seats *out)
{
    const struct tuan_rules *rules = &campaign->rules;
    struct n_limits used = n_limits_of(naive, campaign, user);

    TUAN_SET(user_seats, out, opens, used.opens);
    TUAN_SET(user_seats, out, joins, used.joins);
    TUAN_SET(user_seats, out, qty, used.qty);
    if (rules->opens_per_user > 0) {
        int64_t left = rules->opens_per_user - used.opens;
        TUAN_SET(user_seats, out, opens_left, left < 0 ? 0 : left);
    }
    if (rules->joins_per_user > 0) {
        int64_t left = rules->joins_per_user - used.joins;
        TUAN_SET(user_seats, out, joins_left, left < 0 ? 0 : left);
    }
    if (rules->qty_per_user > 0) {
        int64_t left = rules->qty_per_user - used.qty;
        TUAN_SET(user_seats, out, qty_left, left < 0 ? 0 : left);
    }
    if (rules->unpaid_per_user > 0) {
        TUAN_SET(user_seats, out, unpaid, used.unpaid);
        int64_t left = rules->unpaid_per_user - used.unpaid;
        TUAN_SET(user_seats, out, unpaid_left, left < 0 ? 0 : left);
    }
}

void n_user_seats(struct naive *naive)
{
    const struct tuan_args *arg = &naive->command->arg;
    struct n_campaign *campaign = n_find_campaign(naive, arg->campaign);
    struct tuan_user_seats *out = &naive->body.user_seats;
    struct n_spot spots[REPLY_LIST_MAX];
    uint32_t count = 0;

    if (campaign == NULL) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_NOT_FOUND);
        return;
    }
    for (size_t i = 0; i < naive->room_count; i++) {
        struct n_room *room = naive->rooms[i];
        if (room->is_gone || room->campaign != campaign) continue;
        for (size_t s = 0; s < room->seat_count && count < REPLY_LIST_MAX; s++)
            if (n_same(room->seats[s].user, arg->user) && is_recent(naive, room, &room->seats[s]))
                spots[count++] = (struct n_spot){room, &room->seats[s]};
    }
    qsort(spots, count, sizeof *spots, order_newest);
    follow_ties(naive, spots, count);
    for (uint32_t i = 0; i < count; i++)
        n_fill_seat(naive, spots[i], &naive->seat_list[i]);
    *out = (struct tuan_user_seats){.given = 0};
    TUAN_SET(user_seats, out, campaign, campaign->id);
    TUAN_SET(user_seats, out, user, arg->user);
    TUAN_SET(user_seats, out, seats, ((struct tuan_list){naive->seat_list, count}));
    fill_limits(naive, campaign, arg->user, out);
    TUAN_SET(user_seats, out, now, naive->now);
    n_answer(naive, &tuan_user_seats_message);
}

/* ---- refunds ---- */

/* Of one moment by id. */
static int order_oldest(const void *a, const void *b)
{
    const struct n_refund *one = *(const struct n_refund *const *)a;
    const struct n_refund *two = *(const struct n_refund *const *)b;

    if (one->at != two->at) return one->at < two->at ? -1 : 1;
    if (one->id.hi != two->id.hi) return one->id.hi < two->id.hi ? -1 : 1;
    return one->id.lo < two->id.lo ? -1 : one->id.lo > two->id.lo;
}

void n_refund_list(struct naive *naive)
{
    const struct tuan_command *command = naive->command;
    struct n_campaign *campaign = NULL;
    struct tuan_refunds *out = &naive->body.refunds;
    int64_t limit = TUAN_GIVEN(command, limit) ? command->arg.limit : 100, open = 0;
    const struct n_refund *all[REPLY_LIST_MAX];

    if (TUAN_GIVEN(command, campaign)) {
        campaign = n_find_campaign(naive, command->arg.campaign);
        if (campaign == NULL) {
            n_refuse(naive, TUAN_ERR_CAMPAIGN_NOT_FOUND);
            return;
        }
    }
    for (size_t i = 0; i < naive->refund_count && open < REPLY_LIST_MAX; i++) {
        const struct n_refund *refund = naive->refunds[i];
        if (refund->is_gone || refund->is_acked) continue;
        if (campaign == NULL || refund->campaign == campaign) all[open++] = refund;
    }
    qsort(all, (size_t)open, sizeof *all, order_oldest);
    for (int64_t i = 0; i < open && i < limit; i++)
        n_fill_refund(all[i], &naive->refund_list[i]);
    *out = (struct tuan_refunds){.given = 0};
    uint32_t count = (uint32_t)(open < limit ? open : limit);
    TUAN_SET(refunds, out, refunds, ((struct tuan_list){naive->refund_list, count}));
    TUAN_SET(refunds, out, cursor, open > limit ? TUAN_STR("more") : TUAN_STR(""));
    TUAN_SET(refunds, out, open, open);
    if (open > 0) TUAN_SET(refunds, out, oldest_at, all[0]->at);
    n_answer(naive, &tuan_refunds_message);
}
