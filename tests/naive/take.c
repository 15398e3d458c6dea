/* SPDX-License-Identifier: BSD-2-Clause */
/* take.c - ROOM.OPEN, ROOM.JOIN, ROOM.MATCH: the refusals in the contract's order, then a seat. */
#include "take.h"

static bool has_ended(const struct naive *naive, const struct n_campaign *campaign)
{
    return campaign->rules.end_at != 0 && naive->now >= campaign->rules.end_at;
}

/* ---- seen before ---- */

static bool same_request(const struct n_request *a, const struct n_request *b)
{
    return a->command == b->command && tuan_rid_equal(a->room, b->room) &&
           n_same(a->campaign, b->campaign) && n_same(a->user, b->user) && a->qty == b->qty &&
           a->tier == b->tier;
}

/* The room asked for is forgotten, but the seat that it was asked for may be in another one. */
static struct n_spot find_repeat(const struct naive *naive)
{
    for (size_t i = 0; i < naive->campaign_count; i++) {
        if (naive->campaigns[i]->is_dropped) continue;
        struct n_spot spot = n_find_order(naive, naive->campaigns[i], naive->command->arg.order);
        if (spot.seat != NULL && tuan_rid_equal(spot.seat->rerouted_from, naive->command->arg.room))
            return spot;
    }
    return (struct n_spot){NULL, NULL};
}

static bool is_repeat(struct naive *naive, struct n_campaign *campaign)
{
    struct n_request request = n_request_of(naive->command);
    struct n_spot spot = n_find_order(naive, campaign, naive->command->arg.order);

    if (spot.seat != NULL && same_request(&spot.seat->request, &request)) {
        n_answer_seat(naive, spot, true);
        return true;
    }
    if (spot.seat == NULL && !n_is_stray(naive, campaign, naive->command->arg.order)) return false;
    n_refuse(naive, TUAN_ERR_IDEMPOTENCY_CONFLICT);
    return true;
}

/* ---- the refusals, step by step; true: refused ---- */

static bool tier_is_refused(struct naive *naive, const struct n_campaign *campaign,
                            const struct n_room *room)
{
    const struct tuan_rules *rules = room != NULL ? &room->rules : &campaign->rules;
    int64_t tier = naive->command->arg.tier;

    if (!TUAN_GIVEN(naive->command, tier)) return false;
    bool is_right = n_has_tiers_at_open(rules) &&
                    (room != NULL ? tier == room->tier : tier <= rules->tiers.count);
    if (!is_right) n_refuse(naive, TUAN_ERR_BAD_ARGUMENT);
    return !is_right;
}

/* Of the campaign as such: paused, closed, not started. */
static bool is_shut(struct naive *naive, const struct n_campaign *campaign, bool opens)
{
    const struct tuan_rules *rules = &campaign->rules;

    if (rules->status == TUAN_STATUS_PAUSED ||
        (campaign->is_closed && (opens || campaign->close_rooms == TUAN_CLOSE_FAIL))) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_CLOSED);
        return true;
    }
    if (naive->now < rules->start_at) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_NOT_STARTED);
        TUAN_SET(problem, &naive->reply.problem, retry_after_ms, rules->start_at - naive->now);
        return true;
    }
    return false;
}

static bool cannot_open(struct naive *naive, const struct n_campaign *campaign)
{
    if (campaign->is_closed)
        n_refuse(naive, TUAN_ERR_CAMPAIGN_CLOSED);
    else if (has_ended(naive, campaign))
        n_refuse(naive, TUAN_ERR_CAMPAIGN_ENDED);
    return campaign->is_closed || has_ended(naive, campaign);
}

/* One of his live seats in other rooms: that which the engine names, if it is one. */
static struct n_spot other_seat(const struct naive *naive, const struct taker *taker,
                                const struct n_room *room)
{
    struct n_spot first = {NULL, NULL};

    for (size_t i = 0; i < naive->room_count; i++) {
        struct n_room *other = naive->rooms[i];
        if (other == room || other->campaign != taker->campaign || !n_is_alive(other)) continue;
        for (size_t s = 0; s < other->seat_count; s++) {
            struct n_seat *seat = &other->seats[s];
            if (!n_is_live(seat) || !n_same(seat->user, taker->arg->user)) continue;
            bool is_shown = n_same(seat->order, naive->order_shown);
            if (first.seat == NULL || is_shown) first = (struct n_spot){other, seat};
        }
    }
    return first;
}

static bool is_already_in(struct naive *naive, const struct taker *taker, struct n_room *room)
{
    struct n_spot spot = {NULL, NULL};
    enum tuan_err err = TUAN_ERR_ALREADY_IN_CAMPAIGN;

    if (room != NULL &&
        n_user_seats_in(room, taker->arg->user) >= room->rules.seats_per_room_user) {
        err = TUAN_ERR_ALREADY_IN_ROOM;
        for (size_t i = 0; i < room->seat_count; i++) {
            struct n_seat *seat = &room->seats[i];
            if (!n_is_live(seat) || !n_same(seat->user, taker->arg->user)) continue;
            if (seat->role == TUAN_ROLE_LEADER) err = TUAN_ERR_OWN_ROOM;
            if (err == TUAN_ERR_ALREADY_IN_ROOM || seat->role == TUAN_ROLE_LEADER)
                spot = (struct n_spot){room, seat};
        }
    } else if (taker->campaign->rules.one_open_per_user) {
        spot = other_seat(naive, taker, room);
    }
    if (spot.seat == NULL) return false;
    n_refuse_room(naive, err, spot.room);
    TUAN_SET(problem, &naive->reply.problem, order, spot.seat->order);
    return true;
}

/* From "who he is" on, as an opener. */
static void try_to_open(struct naive *naive, const struct taker *taker)
{
    const struct tuan_rules *rules = &taker->campaign->rules;
    int64_t size = rules->size, needs = 1;
    enum tuan_err err = n_who_is_wrong(taker, rules, NULL);

    if (n_has_tiers_at_open(rules))
        size = rules->tiers.items[TUAN_GIVEN(taker->command, tier) ? taker->arg->tier - 1 : 0].size;
    if (rules->count_by == TUAN_COUNT_PIECES) needs = taker->arg->qty;
    if (err == TUAN_OK && size < needs) err = TUAN_ERR_ROOM_FULL;
    if (err == TUAN_OK) err = n_limit_is_reached(naive, taker, true);
    int64_t more = rules->reserve == TUAN_RESERVE_WHOLE_ROOM ? size : taker->arg->qty;
    if (err == TUAN_OK && !n_has_quota(taker->campaign, more)) err = TUAN_ERR_OUT_OF_QUOTA;
    if (err != TUAN_OK)
        n_refuse(naive, err);
    else
        n_open_room(naive, taker);
}

/* ---- matching and joining ---- */

/* From "limits" on, as a member. */
static enum tuan_err seat_is_refused(const struct naive *naive, const struct taker *taker,
                                     const struct n_room *room)
{
    enum tuan_err err = n_limit_is_reached(naive, taker, false);
    int64_t more = room->rules.reserve == TUAN_RESERVE_ON_HOLD ? taker->arg->qty : 0;

    if (err == TUAN_OK && !n_has_quota(taker->campaign, more)) err = TUAN_ERR_OUT_OF_QUOTA;
    return err;
}

static void try_to_sit(struct naive *naive, const struct taker *taker, struct n_room *room)
{
    enum tuan_err err = seat_is_refused(naive, taker, room);

    if (err != TUAN_OK)
        n_refuse(naive, err);
    else
        n_sit_down(naive, taker, room, false);
}

static struct tuan_id shown_room(struct naive *naive)
{
    const struct tuan_fact *fact = n_next_fact(naive);

    return fact != NULL && fact->type == TUAN_FACT_SEAT_HELD ? fact->seat_held.room
                                                             : (struct tuan_id){0, 0};
}

static struct n_wish wish_of(const struct naive *naive, const struct taker *taker)
{
    return (struct n_wish){.campaign = taker->campaign,
                           .user = taker->arg->user,
                           .qty = taker->arg->qty,
                           .tier = taker->arg->tier,
                           .tags = taker->arg->tags,
                           .only_run_on = has_ended(naive, taker->campaign)};
}

/* Where several rooms may be taken and some refuse him: one that fits what the engine did. */
static struct n_room *pick_for(struct naive *naive, const struct taker *taker,
                               const struct n_wish *wish)
{
    struct n_room *rooms[REPLY_LIST_MAX];
    struct tuan_id shown = shown_room(naive);
    size_t count = n_pick_rooms(naive, wish, rooms);

    for (size_t i = 0; i < count; i++)
        if (tuan_rid_equal(rooms[i]->id, shown)) return rooms[i];
    const struct tuan_fact *fact = n_next_fact(naive);
    bool opened = fact != NULL && fact->type == TUAN_FACT_ROOM_OPENED;
    for (size_t i = 0; i < count; i++) {
        enum tuan_err who = n_who_is_wrong(taker, &rooms[i]->rules, rooms[i]);
        enum tuan_err err = who != TUAN_OK ? who : seat_is_refused(naive, taker, rooms[i]);
        if (opened ? who != TUAN_OK : err == naive->err_shown) return rooms[i];
    }
    for (size_t i = 0; i < count; i++) { /* it refused him, and so did opening one instead */
        bool may_open = taker->campaign->rules.leader_exempt && taker->arg->open;
        if (may_open && n_who_is_wrong(taker, &rooms[i]->rules, rooms[i]) != TUAN_OK)
            return rooms[i];
    }
    return count == 0 ? NULL : rooms[0];
}

static void match_room(struct naive *naive, struct taker *taker)
{
    struct n_campaign *campaign = taker->campaign;
    bool may_open = taker->arg->open && !campaign->is_closed && !has_ended(naive, campaign);

    taker->is_join = false;
    struct n_wish wish = wish_of(naive, taker);
    struct n_room *room = pick_for(naive, taker, &wish);
    if (is_shut(naive, campaign, room == NULL)) return;
    enum tuan_err err = room == NULL ? TUAN_OK : n_who_is_wrong(taker, &room->rules, room);
    if (err != TUAN_OK && campaign->rules.leader_exempt && taker->arg->open) room = NULL;
    if (room == NULL && cannot_open(naive, campaign)) return;
    if (is_already_in(naive, taker, room)) return;
    if (room == NULL && !may_open)
        n_refuse(naive, TUAN_ERR_NO_JOINABLE_ROOM);
    else if (room == NULL)
        try_to_open(naive, taker);
    else if (err != TUAN_OK)
        n_refuse(naive, err);
    else
        try_to_sit(naive, taker, room);
}

/* Full or ended: another room, or a refusal that may name one. */
static void turn_away(struct naive *naive, struct taker *taker, struct n_room *room,
                      enum tuan_err err)
{
    int64_t soonest = FAR_AWAY;

    if (room->rules.full_join == TUAN_FULL_REROUTE) {
        taker->rerouted_from = room->id;
        if (tier_is_refused(naive, taker->campaign, NULL)) return;
        match_room(naive, taker);
        return;
    }
    n_refuse_room(naive, err, room);
    for (size_t i = 0; err == TUAN_ERR_ROOM_FULL && i < room->seat_count; i++)
        if (room->seats[i].state == TUAN_SEAT_HELD && room->seats[i].release_at < soonest)
            soonest = room->seats[i].release_at;
    if (soonest != FAR_AWAY)
        TUAN_SET(problem, &naive->reply.problem, retry_after_ms, soonest - naive->now);
    if (taker->campaign->rules.one_open_per_user && other_seat(naive, taker, NULL).seat != NULL)
        return;
    struct n_wish wish = wish_of(naive, taker);
    struct n_room *other = n_pick_room(naive, &wish, naive->suggestion_shown);
    if (other != NULL) TUAN_SET(problem, &naive->reply.problem, suggest_room, other->id);
}

static void join_room(struct naive *naive, struct taker *taker, struct n_room *room)
{
    if (is_shut(naive, taker->campaign, false)) return;
    if (has_ended(naive, taker->campaign) && room->rules.on_campaign_end != TUAN_END_RUN_ON) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_ENDED);
        return;
    }
    if (room->state == TUAN_ROOM_PENDING) {
        n_refuse_room(naive, TUAN_ERR_LEADER_UNPAID, room);
        return;
    }
    if (!n_is_alive(room)) {
        bool expired =
            room->state == TUAN_ROOM_FAILED &&
            (room->reason == TUAN_REASON_DEADLINE || room->reason == TUAN_REASON_CAMPAIGN_END);
        turn_away(naive, taker, room, expired ? TUAN_ERR_ROOM_EXPIRED : TUAN_ERR_ROOM_CLOSED);
        return;
    }
    if (is_already_in(naive, taker, room)) return;
    enum tuan_err err = n_who_is_wrong(taker, &room->rules, room);
    if (err == TUAN_ERR_TAG_MISMATCH)
        n_refuse_room(naive, err, room);
    else if (err != TUAN_OK)
        n_refuse(naive, err);
    else if (n_free_of(room) < n_weight(room, taker->arg->qty))
        turn_away(naive, taker, room, TUAN_ERR_ROOM_FULL);
    else
        try_to_sit(naive, taker, room);
}

void n_take_seat(struct naive *naive)
{
    const struct tuan_command *command = naive->command;
    bool joins = command->id == TUAN_CMD_ROOM_JOIN;
    struct n_room *room = joins ? n_find_room(naive, command->arg.room) : NULL;
    struct taker taker = {.command = command, .arg = &command->arg, .is_join = joins};

    if (joins && room == NULL) {
        struct n_spot spot = find_repeat(naive);
        if (spot.seat == NULL)
            n_refuse(naive, TUAN_ERR_ROOM_NOT_FOUND);
        else
            is_repeat(naive, spot.room->campaign);
        return;
    }
    taker.campaign = room != NULL ? room->campaign : n_find_campaign(naive, command->arg.campaign);
    if (taker.campaign == NULL) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_NOT_FOUND);
        return;
    }
    if (is_repeat(naive, taker.campaign) || tier_is_refused(naive, taker.campaign, room)) return;
    if (command->id == TUAN_CMD_ROOM_MATCH) {
        match_room(naive, &taker);
    } else if (joins) {
        join_room(naive, &taker, room);
    } else if (!is_shut(naive, taker.campaign, true) && !cannot_open(naive, taker.campaign) &&
               !is_already_in(naive, &taker, NULL)) {
        try_to_open(naive, &taker);
    }
}
