/* SPDX-License-Identifier: BSD-2-Clause */
/* merge.c - 合團: who of a due room goes where, and who comes into it.
 *
 * Moves are planned first and done when they make a room whole: a plan is a list of seats. */
#include <stdlib.h>
#include <string.h>

#include "impl.h"

enum { MATES_MAX = 1024, MOVES_MAX = 1024 };

struct move {
    struct n_room *from;
    size_t seat; /* its place, not its number */
};
struct plan {
    struct move moves[MOVES_MAX];
    size_t count;
    int64_t need;
};
struct mates {
    struct n_room *rooms[MATES_MAX];
    bool is_out[MATES_MAX];
    size_t count;
};

/* ---- mates ---- */

static int64_t price_of(const struct n_room *room)
{
    const struct tuan_tiers *tiers = &room->rules.tiers;

    if (tiers->count == 0) return room->rules.price;
    return tiers->items[room->rules.tier_mode == TUAN_TIER_AT_OPEN ? room->tier - 1 : 0].price;
}

static bool same_tags(const struct n_room *a, const struct n_room *b)
{
    struct tuan_names one = a->rules.match_tags, two = b->rules.match_tags;

    if (one.count != two.count) return false;
    for (uint32_t i = 0; i < one.count; i++) {
        if (!n_same(one.items[i], two.items[i])) return false;
        if (!n_same(n_tag_value(a->seats[0].tags, one.items[i]),
                    n_tag_value(b->seats[0].tags, one.items[i])))
            return false;
    }
    return true;
}

static bool is_mate(const struct n_room *due, const struct n_room *room)
{
    return room != due && room->campaign == due->campaign && !room->is_gone &&
           room->state == TUAN_ROOM_OPEN && room->rules.merge == TUAN_MERGE_DEADLINE &&
           room->size == due->size && room->tier == due->tier && price_of(room) == price_of(due) &&
           room->rules.count_by == due->rules.count_by &&
           room->rules.payment == due->rules.payment && same_tags(due, room) &&
           n_held_of(room) == 0;
}

static void find_mates(const struct naive *naive, const struct n_room *due, struct mates *mates)
{
    mates->count = 0;
    for (size_t i = 0; i < naive->room_count && mates->count < MATES_MAX; i++) {
        if (!is_mate(due, naive->rooms[i])) continue;
        mates->is_out[mates->count] = false;
        mates->rooms[mates->count++] = naive->rooms[i];
    }
}

/* Then soonest deadline, none last, then oldest, then id. */
static int order_alike(const struct n_room *a, const struct n_room *b)
{
    if (a->deadline != b->deadline) return a->deadline < b->deadline ? -1 : 1;
    if (a->opened_at != b->opened_at) return a->opened_at < b->opened_at ? -1 : 1;
    if (a->id.hi != b->id.hi) return a->id.hi < b->id.hi ? -1 : 1;
    return a->id.lo < b->id.lo ? -1 : a->id.lo > b->id.lo;
}

static bool is_fuller(const struct n_room *a, const struct n_room *b)
{
    int64_t one = n_paid_of(a), two = n_paid_of(b);

    return one != two ? one > two : order_alike(a, b) < 0;
}

static int order_emptier(const void *a, const void *b)
{
    const struct n_room *one = *(struct n_room *const *)a, *two = *(struct n_room *const *)b;

    if (n_paid_of(one) != n_paid_of(two)) return n_paid_of(one) < n_paid_of(two) ? -1 : 1;
    return order_alike(one, two);
}

/* ---- plans ---- */

/* His user has no live seat there, and no other seat of his moves there. */
static bool may_move(const struct plan *plan, const struct n_room *to, const struct n_seat *seat)
{
    if (n_user_seats_in(to, seat->user) > 0) return false;
    for (size_t i = 0; i < plan->count; i++)
        if (n_same(plan->moves[i].from->seats[plan->moves[i].seat].user, seat->user)) return false;
    return true;
}

/* As many of its seats as may move and fit, by number. */
static void plan_some(struct plan *plan, struct n_room *from, const struct n_room *to)
{
    for (size_t i = 0; i < from->seat_count; i++) {
        const struct n_seat *seat = &from->seats[i];
        int64_t needs = n_weight(from, seat->qty);
        if (seat->state != TUAN_SEAT_PAID || needs > plan->need) continue;
        if (!may_move(plan, to, seat) || plan->count == MOVES_MAX) continue;
        plan->moves[plan->count++] = (struct move){from, i};
        plan->need -= needs;
    }
}

static bool plan_whole(struct plan *plan, struct n_room *from, const struct n_room *to)
{
    size_t count = plan->count;
    int64_t need = plan->need, paid = n_paid_of(from);

    if (paid > need) return false;
    plan_some(plan, from, to);
    if (plan->need == need - paid) return true;
    plan->count = count;
    plan->need = need;
    return false;
}

/* ---- moving ---- */

static void tell_move(struct naive *naive, struct n_room *to, const struct n_seat *seat,
                      struct n_room *from, int64_t from_n)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_SEAT_REROUTED);
    struct tuan_seat_rerouted_fact *rerouted = &fact.seat_rerouted;

    TUAN_SET(seat_rerouted_fact, rerouted, campaign, to->campaign->id);
    TUAN_SET(seat_rerouted_fact, rerouted, room, to->id);
    TUAN_SET(seat_rerouted_fact, rerouted, n, seat->n);
    TUAN_SET(seat_rerouted_fact, rerouted, from, from->id);
    TUAN_SET(seat_rerouted_fact, rerouted, from_n, from_n);
    from->version++;
    n_tell(naive, to, &fact);
    struct tuan_life *life = n_add_life(naive, to, TUAN_LIFE_SEAT_REROUTED);
    TUAN_SET(life, life, n, seat->n);
    TUAN_SET(life, life, from, from->id);
    life = n_add_life(naive, from, TUAN_LIFE_SEAT_RELEASED);
    TUAN_SET(life, life, n, from_n);
    TUAN_SET(life, life, released, TUAN_RELEASE_MOVED);
    TUAN_SET(life, life, into, to->id);
}

static void move_seat(struct naive *naive, const struct move *move, struct n_room *to)
{
    struct n_seat *seat = n_seat_add(to), *old = &move->from->seats[move->seat];
    int64_t n = seat->n;

    *seat = *old;
    seat->n = n;
    seat->role = TUAN_ROLE_MEMBER;
    seat->rerouted_from = seat->moved_from = move->from->id;
    seat->moved_from_n = old->n;
    old->state = TUAN_SEAT_RELEASED;
    old->released = TUAN_RELEASE_MOVED;
    old->ended_at = naive->now;
    old->quota = 0;
    old->is_forgotten = true;
    tell_move(naive, to, seat, move->from, old->n);
}

static void move_all(struct naive *naive, const struct plan *plan, struct n_room *to)
{
    for (size_t i = 0; i < plan->count; i++)
        move_seat(naive, &plan->moves[i], to);
}

static bool leader_is_gone(const struct n_room *room)
{
    const struct n_seat *leader = n_leader_of(room);

    return leader == NULL || !n_is_live(leader);
}

static void fail_emptied(struct naive *naive, struct n_room *room, const struct n_room *into)
{
    room->merged_into = into->id;
    n_room_fail(naive, room, TUAN_REASON_MERGED_AWAY, (struct tuan_str){NULL, 0});
}

/* ---- 1. into others ---- */

static struct n_room *next_target(const struct n_room *due, const struct mates *mates, size_t *at)
{
    struct n_room *best = NULL;

    for (size_t i = 0; i < mates->count; i++) {
        struct n_room *mate = mates->rooms[i];
        if (mates->is_out[i] || mate->state != TUAN_ROOM_OPEN) continue;
        if (mate->size - n_paid_of(mate) > n_paid_of(due)) continue;
        if (best != NULL && !is_fuller(mate, best)) continue;
        best = mate;
        *at = i;
    }
    return best;
}

/* The next mate that seats of the due room make whole, and which they are. */
static struct n_room *plan_into(struct n_room *due, struct mates *mates, struct plan *plan)
{
    struct n_room *mate;
    size_t at = 0;

    while ((mate = next_target(due, mates, &at)) != NULL) {
        mates->is_out[at] = true;
        plan->count = 0;
        plan->need = mate->size - n_paid_of(mate);
        plan_some(plan, due, mate);
        if (plan->need == 0) return mate;
    }
    return NULL;
}

struct n_room *n_merge_first_target(struct naive *naive, struct n_room *due)
{
    struct mates mates;
    struct plan plan = {.count = 0};

    find_mates(naive, due, &mates);
    return plan_into(due, &mates, &plan);
}

/* ---- 2. into the due room ---- */

static bool is_certain(const struct n_room *room)
{
    const struct tuan_rules *rules = &room->rules;
    int64_t paid = n_paid_of(room);

    if (rules->min_success > 0 && paid >= rules->min_success) return true;
    return rules->tiers.count > 0 && rules->tier_mode == TUAN_TIER_AT_DEADLINE &&
           paid >= rules->tiers.items[0].size;
}

static bool gather(struct naive *naive, struct n_room *due)
{
    struct mates mates;
    struct plan plan = {.count = 0, .need = due->size - n_paid_of(due)};

    find_mates(naive, due, &mates);
    qsort(mates.rooms, mates.count, sizeof *mates.rooms, order_emptier);
    for (size_t i = 0; i < mates.count; i++)
        mates.is_out[i] = plan_whole(&plan, mates.rooms[i], due);
    for (size_t i = 0; i < mates.count; i++)
        if (!mates.is_out[i] && !is_certain(mates.rooms[i])) plan_some(&plan, mates.rooms[i], due);
    if (plan.need > 0) return false;
    for (size_t i = 0; i < plan.count; i++) {
        struct n_room *from = plan.moves[i].from;
        move_seat(naive, &plan.moves[i], due);
        if (i + 1 < plan.count && plan.moves[i + 1].from == from) continue;
        if (n_live_seats(from) == 0)
            fail_emptied(naive, from, due);
        else if (leader_is_gone(from))
            n_room_lead(naive, from);
    }
    if (leader_is_gone(due)) n_room_lead(naive, due);
    n_room_form(naive, due, TUAN_REASON_MERGED, (struct tuan_str){NULL, 0});
    return true;
}

bool n_room_merges(struct naive *naive, struct n_room *due)
{
    struct mates mates;
    struct plan plan = {.count = 0};
    struct n_room *target, *last = NULL;

    find_mates(naive, due, &mates);
    while ((target = plan_into(due, &mates, &plan)) != NULL) {
        move_all(naive, &plan, target);
        n_room_form(naive, target, TUAN_REASON_MERGED, (struct tuan_str){NULL, 0});
        last = target;
        memset(mates.is_out, 0, sizeof mates.is_out); /* others may fit where these did not */
    }
    if (n_live_seats(due) == 0 && last != NULL) {
        fail_emptied(naive, due, last);
        return true;
    }
    if (n_paid_of(due) > 0 && gather(naive, due)) return true;
    return last != NULL;
}
