/* SPDX-License-Identifier: BSD-2-Clause */
/* join.c - how a seat is taken. All that one decision needs happens in one step: the order seen
 * before, the refusals in the contract's order, then the hold. Nothing is written before the last
 * refusal has been ruled out.
 */
#include "engine/join.h"

#include <assert.h>

#include "engine/cut.h"
#include "engine/draw.h"
#include "engine/evolve.h"
#include "engine/match.h"
#include "engine/room.h"
#include "engine/rules.h"

/* ---- holding ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct hold_times {
    int64_t until, release_at;
};

/* A hold ends with its room, and with the campaign unless rooms run on; its grace ends with the
 * room. */
static struct hold_times hold_times(const struct tuan_rules *rules, int64_t deadline,
                                    int64_t hold_ms, int64_t now_ms)
{
    int64_t end = deadline > 0 ? deadline : INT64_MAX;
    struct hold_times times = {.until = least(now_ms + hold_ms, end)};

    if (rules->on_campaign_end != TUAN_END_RUN_ON && rules->end_at > 0)
        times.until = least(times.until, rules->end_at);
    times.release_at = least(times.until + rules->late_grace_ms, end);
    return times;
}

/* What few tell about themselves. */
struct details {
    struct tuan_str profile, referrer, referrer2, channel;
    struct tuan_tags tags;
    int64_t level;
    bool is_new_user;
};

enum {
    DETAILS = 1 << TUAN_ARG_profile | 1 << TUAN_ARG_referrer | 1 << TUAN_ARG_referrer2 |
              1 << TUAN_ARG_channel | 1 << TUAN_ARG_tags | 1 << TUAN_ARG_level |
              1 << TUAN_ARG_new_user
};

static struct details details_of_wish(const struct tuan_args *arg)
{
    return (struct details){.profile = arg->profile,
                            .referrer = arg->referrer,
                            .referrer2 = arg->referrer2,
                            .channel = arg->channel,
                            .tags = arg->tags,
                            .level = arg->level,
                            .is_new_user = arg->new_user != 0};
}

static struct details details_of_seat(const struct extra *extra)
{
    return (struct details){.profile = extra->profile,
                            .referrer = extra->referrer,
                            .referrer2 = extra->referrer2,
                            .channel = extra->channel,
                            .tags = extra->tags,
                            .level = extra->level,
                            .is_new_user = extra->new_user};
}

static void set_details(struct tuan_seat_held_fact *f, const struct details *details)
{
    if (details->profile.len > 0) FACT_SET(seat_held, profile, details->profile);
    if (details->referrer.len > 0) FACT_SET(seat_held, referrer, details->referrer);
    if (details->referrer2.len > 0) FACT_SET(seat_held, referrer2, details->referrer2);
    if (details->channel.len > 0) FACT_SET(seat_held, channel, details->channel);
    if (details->is_new_user) FACT_SET(seat_held, new_user, 1);
    if (details->level != 0) FACT_SET(seat_held, level, details->level);
    if (details->tags.count > 0) FACT_SET(seat_held, tags, details->tags);
}

/* Who takes a seat, and under what: by a request, or for the seat that he had. */
struct newcomer {
    struct tuan_str user, order;
    const struct details *details; /* NULL: none */
    struct tuan_id rerouted_from;
    int64_t print, qty, price, hold_ms;
    bool leads;
};

static inline struct seat *hold_seat(struct engine *e, struct room *room,
                                     const struct newcomer *who)
{
    const struct tuan_rules *rules = &room->revision->rules;
    uint32_t n = room->seat_count + 1;

    forget_order(e, room->campaign, who->order);
    FACT_OF(e, seat_held, SEAT_HELD);
    FACT_SET(seat_held, campaign, room->campaign->id);
    FACT_SET(seat_held, room, room->id);
    FACT_SET(seat_held, n, n);
    FACT_SET(seat_held, user, who->user);
    FACT_SET(seat_held, order, who->order);
    FACT_SET(seat_held, print, who->print);
    if (rules->payment == TUAN_PAYMENT_REQUIRED) {
        struct hold_times times =
            hold_times(rules, room->deadline, least(who->hold_ms, rules->hold_ms), e->now_ms);
        FACT_SET(seat_held, hold_until, times.until);
        FACT_SET(seat_held, release_at, times.release_at);
    }
    if (rules->reserve == TUAN_RESERVE_ON_HOLD) FACT_SET(seat_held, quota, who->qty);
    if (who->qty != 1) FACT_SET(seat_held, qty, who->qty);
    if (who->leads) FACT_SET(seat_held, role, TUAN_ROLE_LEADER);
    if (who->price > 0) FACT_SET(seat_held, price, who->price);
    if (!tuan_rid_is_none(who->rerouted_from))
        FACT_SET(seat_held, rerouted_from, who->rerouted_from);
    if (who->details != NULL) set_details(f, who->details);
    int64_t cut = cut_next(room);
    if (cut > 0) FACT_SET(seat_held, cut, cut);
    emit(e, fact);
    return room->seats[n - 1];
}

static inline void take_seat(const struct wish *wish, struct room *room, bool leads,
                             struct engine_answer *answer)
{
    const struct tuan_command *command = wish->command;
    const struct tuan_args *arg = &command->arg;
    struct newcomer who = {
        .user = arg->user,
        .order = arg->order,
        .rerouted_from = wish->rerouted_from,
        .print = wish->print,
        .qty = arg->qty,
        .price = TUAN_GIVEN(command, price) ? arg->price : rules_price(wish->rules, wish->tier),
        .hold_ms = TUAN_GIVEN(command, hold_ms) ? arg->hold_ms : INT64_MAX,
        .leads = leads};
    struct details details;

    if ((command->given & DETAILS) != 0) {
        details = details_of_wish(arg);
        who.details = &details;
    }
    struct seat *seat = hold_seat(wish->e, room, &who);
    if (seat->state == TUAN_SEAT_PAID) room_after_payment(wish->e, seat);
    answer_seat(wish->e, answer, seat, false);
}

/* ---- opening ---- */

/* A room opened by hand may wait for its leader's payment; one that matching opens starts at once,
 * so that shoppers who arrive together meet. */
static struct room *open_room(const struct wish *wish, bool is_listed, bool waits)
{
    struct engine *e = wish->e;
    const struct tuan_rules *rules = wish->rules;
    FACT_OF(e, room_opened, ROOM_OPENED);
    struct tuan_id id = make_rid(e, ENGINE_ROOM);
    bool ends_campaign = false;
    int64_t size = rules_size(rules, wish->tier);
    int64_t deadline =
        waits ? 0 : room_deadline(campaign_rules(wish->campaign), e->now_ms, &ends_campaign);

    FACT_SET(room_opened, campaign, wish->campaign->id);
    FACT_SET(room_opened, room, id);
    FACT_SET(room_opened, revision, campaign_rules(wish->campaign)->number);
    FACT_SET(room_opened, state, waits ? TUAN_ROOM_PENDING : TUAN_ROOM_OPEN);
    FACT_SET(room_opened, size, size);
    if (wish->tier > 0) FACT_SET(room_opened, tier, wish->tier);
    if (rules->count_by == TUAN_COUNT_PIECES) FACT_SET(room_opened, pieces, 1);
    if (rules->draw_winners > 0) FACT_SET(room_opened, draw_seed, draw_make_seed(e));
    if (deadline > 0) FACT_SET(room_opened, deadline, deadline);
    if (is_listed) FACT_SET(room_opened, listed, 1);
    if (ends_campaign) FACT_SET(room_opened, ends_campaign, 1);
    if (rules->reserve == TUAN_RESERVE_WHOLE_ROOM) FACT_SET(room_opened, quota, size);
    emit(e, fact);
    return room_find(e, id);
}

static bool waits_for_leader(const struct tuan_rules *rules)
{
    return rules->clock_start == TUAN_CLOCK_LEADER_PAID && rules->payment == TUAN_PAYMENT_REQUIRED;
}

/* The tier that a new room would have, and whether the one that was asked for can be had. */
static bool pick_tier(struct wish *wish, struct engine_answer *answer)
{
    const struct tuan_rules *rules = &campaign_rules(wish->campaign)->rules;
    int64_t tier = wish->command->arg.tier;

    wish->tier = 0;
    if (rules_pick_tier(rules)) wish->tier = TUAN_GIVEN(wish->command, tier) ? tier : 1;
    if (TUAN_GIVEN(wish->command, tier) && wish->tier == 0)
        refuse_because(wish->e, answer, TUAN_ERR_BAD_ARGUMENT,
                       "tier: the campaign has none to pick");
    else if (wish->tier > rules->tiers.count)
        refuse_because(wish->e, answer, TUAN_ERR_BAD_ARGUMENT,
                       "tier: %lld, and the campaign has %u", (long long)tier, rules->tiers.count);
    return answer->reply.err == TUAN_OK;
}

static struct wish wish_in(struct engine *e, const struct tuan_command *command,
                           struct campaign *campaign)
{
    prefetch_join(e, campaign, command->arg.user, command->arg.order);
    return (struct wish){.e = e,
                         .command = command,
                         .campaign = campaign,
                         .rules = &campaign_rules(campaign)->rules,
                         .print = request_print(e, command)};
}

/* Who it is. His own overdue seats must not stand in his way; and a merge may give him another. */
static inline void meet_user(struct wish *wish)
{
    struct engine *e = wish->e;
    struct tuan_str name = wish->command->arg.user;

    wish->user = user_find(e, wish->campaign, name);
    if (!user_is_waiting(wish->user)) return;
    user_for_each(seat, wish->user)
    {
        if (seat_is_waiting(seat)) room_retire(e, seat->room);
    }
    wish->user = user_find(e, wish->campaign, name);
}

void handle_ROOM_OPEN(struct engine *e, const struct tuan_command *command,
                      struct engine_answer *answer)
{
    struct campaign *campaign = campaign_asked(e, command->arg.campaign, answer);

    if (campaign == NULL) return;
    struct wish wish = wish_in(e, command, campaign);
    if (answer_if_seen(e, campaign, command, wish.print, answer) || !pick_tier(&wish, answer))
        return;
    meet_user(&wish);
    if (judge_campaign(&wish, true, answer) != TUAN_OK ||
        judge_presence(&wish, answer) != TUAN_OK || judge_crowd(&wish, answer) != TUAN_OK ||
        judge_free(&wish, answer) != TUAN_OK || judge_limits(&wish, answer) != TUAN_OK ||
        judge_quota(&wish, answer) != TUAN_OK)
        return;
    take_seat(&wish, open_room(&wish, command->arg.listed != 0, waits_for_leader(wish.rules)), true,
              answer);
}

/* ---- matching ---- */

static struct seeker seeker_of(const struct wish *wish)
{
    const struct tuan_args *arg = &wish->command->arg;

    return (struct seeker){.user = wish->user,
                           .tags = arg->tags,
                           .tier = TUAN_GIVEN(wish->command, tier) ? arg->tier : 0,
                           .qty = arg->qty};
}

static void aim_at(struct wish *wish, struct room *room)
{
    wish->room = room;
    wish->is_matched = true;
    wish->rules = room == NULL ? &campaign_rules(wish->campaign)->rules : &room->revision->rules;
    if (room != NULL) wish->tier = room->tier;
}

/* Who may not join the room, but may open one, opens one. */
static bool may_only_open(const struct wish *wish)
{
    if (wish->room == NULL || wish->command->arg.open == 0 ||
        campaign_rules(wish->campaign)->rules.leader_exempt == 0)
        return false;
    struct engine_answer refusal = {.reply.err = TUAN_OK};
    return judge_crowd(wish, &refusal) != TUAN_OK;
}

/* Take a seat in the best room, else open one where that is allowed. The order is known to be new.
 */
static inline void match(struct wish *wish, struct engine_answer *answer)
{
    struct engine *e = wish->e;
    struct seeker seeker = seeker_of(wish);
    int64_t tier = wish->tier;

    aim_at(wish, match_pick(e, wish->campaign, &seeker));
    if (may_only_open(wish)) {
        aim_at(wish, NULL);
        wish->tier = tier;
    }
    bool opens = wish->room == NULL;
    if (judge_campaign(wish, opens, answer) != TUAN_OK) return;
    if (judge_presence(wish, answer) != TUAN_OK) return;
    if (opens && wish->command->arg.open == 0) {
        refuse(answer, TUAN_ERR_NO_JOINABLE_ROOM);
        return;
    }
    if (judge_crowd(wish, answer) != TUAN_OK || judge_free(wish, answer) != TUAN_OK ||
        judge_limits(wish, answer) != TUAN_OK || judge_quota(wish, answer) != TUAN_OK)
        return;
    take_seat(wish, opens ? open_room(wish, true, false) : wish->room, opens, answer);
}

void handle_ROOM_MATCH(struct engine *e, const struct tuan_command *command,
                       struct engine_answer *answer)
{
    struct campaign *campaign = campaign_asked(e, command->arg.campaign, answer);

    if (campaign == NULL) return;
    struct wish wish = wish_in(e, command, campaign);
    if (answer_if_seen(e, campaign, command, wish.print, answer) || !pick_tier(&wish, answer))
        return;
    meet_user(&wish);
    match(&wish, answer);
}

/* ---- joining ---- */

static bool is_past_joining(enum tuan_err err)
{
    return err == TUAN_ERR_ROOM_FULL || err == TUAN_ERR_ROOM_EXPIRED || err == TUAN_ERR_ROOM_CLOSED;
}

static enum tuan_err judge_join(const struct wish *wish, struct engine_answer *answer)
{
    enum tuan_err err;

    if ((err = judge_campaign(wish, false, answer)) != TUAN_OK ||
        (err = judge_room(wish, answer)) != TUAN_OK ||
        (err = judge_presence(wish, answer)) != TUAN_OK ||
        (err = judge_crowd(wish, answer)) != TUAN_OK ||
        (err = judge_free(wish, answer)) != TUAN_OK ||
        (err = judge_limits(wish, answer)) != TUAN_OK ||
        (err = judge_quota(wish, answer)) != TUAN_OK)
        return err;
    return TUAN_OK;
}

/* The room cannot be joined any more: take another as ROOM.MATCH would, or name one. */
static void reroute(struct wish *wish, struct engine_answer *answer)
{
    if (wish->rules->full_join == TUAN_FULL_REROUTE) {
        uint64_t depends_on = answer->depends_on;
        wish->rerouted_from = wish->room->id;
        *answer = (struct engine_answer){.depends_on = depends_on};
        if (pick_tier(wish, answer)) match(wish, answer);
        return;
    }
    struct seeker seeker = seeker_of(wish);
    const struct room *other = match_peek(wish->e, wish->campaign, &seeker);
    bool sits_elsewhere =
        user_is_waiting(wish->user) && campaign_rules(wish->campaign)->rules.one_open_per_user != 0;
    if (other != NULL && !sits_elsewhere) {
        TUAN_SET(problem, &answer->reply.problem, suggest_room, other->id);
        depend_on(answer, other->record.at);
    }
}

/* The room is not known, but an order that was sent to another from there may still be. */
static void answer_forgotten_room(struct engine *e, const struct tuan_command *command,
                                  struct engine_answer *answer)
{
    const struct seat *seat = seat_find_rerouted(e, command->arg.room, command->arg.order);

    depend_on(answer, e->newest);
    if (seat == NULL ||
        !answer_if_seen(e, seat->room->campaign, command, request_print(e, command), answer))
        refuse(answer, TUAN_ERR_ROOM_NOT_FOUND);
}

/* A joiner inherits the room's tier: he may name it, but no other. */
static bool is_tier_of(const struct wish *wish, const struct room *room,
                       struct engine_answer *answer)
{
    bool has_tier = rules_pick_tier(&room->revision->rules);

    if (!TUAN_GIVEN(wish->command, tier)) return true;
    if (!has_tier)
        refuse_because(wish->e, answer, TUAN_ERR_BAD_ARGUMENT, "tier: the room has none");
    else if (wish->command->arg.tier != room->tier)
        refuse_because(wish->e, answer, TUAN_ERR_BAD_ARGUMENT, "tier: the room's is %lld",
                       (long long)room->tier);
    return answer->reply.err == TUAN_OK;
}

void handle_ROOM_JOIN(struct engine *e, const struct tuan_command *command,
                      struct engine_answer *answer)
{
    struct room *room = room_find(e, command->arg.room);

    if (room == NULL || room->campaign->is_dropped) {
        answer_forgotten_room(e, command, answer);
        return;
    }
    struct wish wish = wish_in(e, command, room->campaign);
    if (answer_if_seen(e, room->campaign, command, wish.print, answer) ||
        !is_tier_of(&wish, room, answer))
        return;
    room_retire(e, room);
    meet_user(&wish);
    wish.room = room;
    wish.tier = room->tier;
    wish.rules = &room->revision->rules;
    enum tuan_err err = judge_join(&wish, answer);
    if (err == TUAN_OK)
        take_seat(&wish, room, false, answer);
    else if (is_past_joining(err))
        reroute(&wish, answer);
}

/* ---- late payers ---- */

struct seat *join_rerouted(struct engine *e, struct room *room, const struct seat *from)
{
    struct newcomer who = {.user = seat_user(from),
                           .order = seat_order(from),
                           .rerouted_from = from->room->id,
                           .print = from->print,
                           .qty = seat_qty(from),
                           .price = seat_price(from),
                           .hold_ms = INT64_MAX};
    const struct extra *extra = seat_extra(from);
    struct details details;

    if (extra != NULL) {
        details = details_of_seat(extra);
        who.details = &details;
    }
    return hold_seat(e, room, &who);
}
