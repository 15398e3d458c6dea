/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/judge.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "engine/evolve.h"
#include "engine/match.h"
#include "engine/room.h"
#include "engine/rules.h"
#include "engine/shelf.h"

/* ---- order seen before ---- */

int64_t request_print(const struct engine *e, const struct tuan_command *command)
{
    char bytes[TUAN_ID_MAX * 2 + TUAN_RID_BYTES + 3 * sizeof(int64_t) + 3];
    const struct tuan_args *arg = &command->arg;
    int64_t numbers[3] = {e->command_prints[command->id], arg->qty, arg->tier};
    size_t len = 0;

    assert(arg->campaign.len <= TUAN_ID_MAX && arg->user.len <= TUAN_ID_MAX);
    memcpy(bytes, numbers, sizeof numbers);
    len += sizeof numbers;
    if (command->id == TUAN_CMD_ROOM_JOIN) {
        tuan_rid_pack(arg->room, (unsigned char *)bytes + len);
        len += TUAN_RID_BYTES;
    } else {
        name_copy(bytes + len, arg->campaign);
        len += arg->campaign.len;
    }
    bytes[len++] = '\0';
    name_copy(bytes + len, arg->user);
    len += arg->user.len;
    return (int64_t)(hash_bytes(bytes, len, 0) >> 1); /* seed 0: it is stored */
}

bool seat_is_over(const struct engine *e, const struct seat *seat)
{
    const struct room *room = seat->room;
    bool was_released = seat->state == TUAN_SEAT_RELEASED;
    int64_t ended_at = was_released ? seat_ended_at(seat) : room_ended_at(room);

    return ended_at > 0 && ended_at + room->revision->rules.keep_ms <= e->now_ms &&
           (was_released || room->refunds_open == 0);
}

struct seat *seat_remembered(const struct engine *e, const struct campaign *campaign,
                             struct tuan_str order)
{
    struct seat *seat = seat_find(e, campaign, order);

    return seat == NULL || seat_is_over(e, seat) ? NULL : seat;
}

void forget_order(struct engine *e, const struct campaign *campaign, struct tuan_str order)
{
    const struct seat *seat = seat_find(e, campaign, order);

    if (seat == NULL) return;
    FACT_OF(e, order_forgotten, ORDER_FORGOTTEN);
    FACT_SET(order_forgotten, campaign, campaign->id);
    FACT_SET(order_forgotten, room, seat->room->id);
    FACT_SET(order_forgotten, n, seat->n);
    emit(e, fact);
}

bool answer_if_seen(struct engine *e, const struct campaign *campaign,
                    const struct tuan_command *command, int64_t print, struct engine_answer *answer)
{
    struct seat *seat = seat_remembered(e, campaign, command->arg.order);

    if (seat != NULL) {
        room_retire(e, seat->room);
        seat = seat_remembered(e, campaign, command->arg.order); /* a merge may have moved it */
        depend_on(answer, seat->room->record.at);
        if (seat->print == print)
            answer_seat(e, answer, seat, true);
        else
            refuse(answer, TUAN_ERR_IDEMPOTENCY_CONFLICT);
        return true;
    }
    const struct refund *stray = stray_find(e, campaign, command->arg.order);
    if (stray == NULL) return false;
    depend_on(answer, stray->record.at);
    refuse_because(e, answer, TUAN_ERR_IDEMPOTENCY_CONFLICT,
                   "that order's payment came first and is owed back");
    return true;
}

/* ---- campaign ---- */

enum tuan_err judge_campaign(const struct wish *wish, bool opens, struct engine_answer *answer)
{
    const struct campaign *campaign = wish->campaign;
    const struct tuan_rules *rules = &campaign_rules(campaign)->rules;
    enum tuan_err err = TUAN_OK;

    depend_on(answer, campaign->record.at);
    if (rules->status == TUAN_STATUS_PAUSED || (campaign->is_closed && opens) ||
        (campaign->is_closed && campaign->close_rooms == TUAN_CLOSE_FAIL))
        err = TUAN_ERR_CAMPAIGN_CLOSED;
    else if (wish->e->now_ms < rules->start_at)
        err = TUAN_ERR_CAMPAIGN_NOT_STARTED;
    else if (rules->end_at > 0 && wish->e->now_ms >= rules->end_at &&
             (opens || wish->rules->on_campaign_end != TUAN_END_RUN_ON))
        err = TUAN_ERR_CAMPAIGN_ENDED;
    if (err == TUAN_OK) return TUAN_OK;
    refuse(answer, err);
    if (err == TUAN_ERR_CAMPAIGN_NOT_STARTED)
        TUAN_SET(problem, &answer->reply.problem, retry_after_ms,
                 rules->start_at - wish->e->now_ms);
    return err;
}

/* ---- room ---- */

enum tuan_err judge_room(const struct wish *wish, struct engine_answer *answer)
{
    enum tuan_err err = TUAN_OK;

    if (wish->room->state == TUAN_ROOM_PENDING)
        err = TUAN_ERR_LEADER_UNPAID;
    else if (!room_is_live(wish->room))
        err = room_end_err(wish->room);
    if (err != TUAN_OK) refuse_room(answer, err, wish->room);
    return err;
}

/* ---- already there ---- */

static enum tuan_err refuse_seat(struct engine_answer *answer, enum tuan_err err,
                                 const struct seat *seat)
{
    refuse_room(answer, err, seat->room);
    TUAN_SET(problem, &answer->reply.problem, order, seat_order(seat));
    return err;
}

enum tuan_err judge_presence(const struct wish *wish, struct engine_answer *answer)
{
    const struct seat *elsewhere = NULL, *here = NULL;
    int64_t seats_here = 0;

    if (!user_is_waiting(wish->user)) return TUAN_OK;
    user_for_each(seat, wish->user)
    {
        if (!seat_is_waiting(seat)) continue;
        if (seat->room == wish->room) {
            here = here == NULL || seat_leads(seat) ? seat : here;
            seats_here++;
        } else {
            elsewhere = seat;
        }
    }
    if (here != NULL && seats_here >= wish->rules->seats_per_room_user)
        return refuse_seat(answer, seat_leads(here) ? TUAN_ERR_OWN_ROOM : TUAN_ERR_ALREADY_IN_ROOM,
                           here);
    if (elsewhere != NULL && campaign_rules(wish->campaign)->rules.one_open_per_user)
        return refuse_seat(answer, TUAN_ERR_ALREADY_IN_CAMPAIGN, elsewhere);
    return TUAN_OK;
}

/* ---- full ---- */

/* When the first hold of a full room ends: then trying again makes sense. */
static int64_t next_release_ms(const struct room *room, int64_t now_ms)
{
    int64_t first = INT64_MAX;

    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct hold *hold = seat_hold(room->seats[i]);
        if (hold != NULL && hold->release_at < first) first = hold->release_at;
    }
    return first == INT64_MAX || first < now_ms ? 0 : first - now_ms;
}

/* What the wish fills of a room. */
static int64_t wish_weight(const struct wish *wish)
{
    bool by_pieces =
        wish->room == NULL ? wish->rules->count_by == TUAN_COUNT_PIECES : wish->room->by_pieces;

    return by_pieces ? wish->command->arg.qty : 1;
}

enum tuan_err judge_free(const struct wish *wish, struct engine_answer *answer)
{
    if (wish->room == NULL) {
        if (wish_weight(wish) <= rules_size(wish->rules, wish->tier)) return TUAN_OK;
        refuse_because(wish->e, answer, TUAN_ERR_ROOM_FULL, "qty is more than a whole room");
        return TUAN_ERR_ROOM_FULL;
    }
    if (room_free(wish->room) >= wish_weight(wish)) return TUAN_OK;
    refuse_room(answer, TUAN_ERR_ROOM_FULL, wish->room);
    if (wish->room->held > 0)
        TUAN_SET(problem, &answer->reply.problem, retry_after_ms,
                 next_release_ms(wish->room, wish->e->now_ms));
    return TUAN_ERR_ROOM_FULL;
}

/* ---- limits ---- */

/* Holds that he let expire in the last day. */
int64_t user_unpaid(struct user user, int64_t now_ms)
{
    int64_t unpaid = 0;

    user_for_each(seat, user)
    {
        unpaid += seat_expired(seat) && seat_ended_at(seat) > now_ms - UNPAID_COUNTS_MS;
    }
    return unpaid;
}

static bool is_over(int64_t used, int64_t more, int64_t limit)
{
    return limit > 0 && used + more > limit;
}

enum tuan_err judge_limits(const struct wish *wish, struct engine_answer *answer)
{
    const struct campaign *campaign = wish->campaign;
    const struct tuan_rules *rules = &campaign_rules(campaign)->rules;
    const struct engine *e = wish->e;
    int64_t qty = wish->command->arg.qty;
    struct user_counts used = user_counts(wish->user);
    enum tuan_err err = TUAN_OK;

    if (is_over(0, qty, rules->qty_per_order))
        err = TUAN_ERR_LIMIT_PER_ORDER;
    else if (is_over(used.qty, qty, rules->qty_per_user))
        err = TUAN_ERR_LIMIT_TOTAL;
    else if (wish->room == NULL && is_over(used.opens, 1, rules->opens_per_user))
        err = TUAN_ERR_LIMIT_OPENS;
    else if (wish->room != NULL && is_over(used.joins, 1, rules->joins_per_user))
        err = TUAN_ERR_LIMIT_JOINS;
    else if (wish->room == NULL &&
             is_over(campaign->rooms_live + campaign->rooms_formed, 1, rules->max_rooms))
        err = TUAN_ERR_LIMIT_ROOMS;
    else if (rules->unpaid_per_user > 0 &&
             user_unpaid(wish->user, e->now_ms) >= rules->unpaid_per_user)
        err = TUAN_ERR_LIMIT_UNPAID;
    else if (wish->room == NULL && is_over((int64_t)map_count(&e->rooms), 1, e->config.rooms_max))
        err = TUAN_ERR_TOO_MANY;
    else if (is_over(e->seat_count, 1, e->config.seats_max))
        err = TUAN_ERR_TOO_MANY;
    if (err == TUAN_ERR_TOO_MANY)
        refuse_because(wish->e, answer, err,
                       "the daemon keeps no more rooms or seats (limit.rooms, limit.seats)");
    else if (err == TUAN_OK && wish->room == NULL &&
             shelf_is_crowded(campaign, rules, wish->command->arg.tags)) {
        err = TUAN_ERR_TOO_MANY;
        refuse_because(wish->e, answer, err,
                       "match_tags: the campaign has rooms of %d combinations already",
                       BUCKETS_MAX);
    } else if (err != TUAN_OK)
        refuse(answer, err);
    return err;
}

enum tuan_err judge_quota(const struct wish *wish, struct engine_answer *answer)
{
    const struct tuan_rules *rules = wish->rules;
    bool whole = rules->reserve == TUAN_RESERVE_WHOLE_ROOM;
    int64_t size = wish->room == NULL ? rules_size(rules, wish->tier) : 0;
    int64_t more = whole ? size : wish->command->arg.qty;

    if (more == 0 ||
        !is_over(wish->campaign->quota_used, more, campaign_rules(wish->campaign)->rules.quota))
        return TUAN_OK;
    refuse(answer, TUAN_ERR_OUT_OF_QUOTA);
    return TUAN_ERR_OUT_OF_QUOTA;
}
