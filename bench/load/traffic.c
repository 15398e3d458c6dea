/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/traffic.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum {
    FEW_MAX = 32,      /* orders that wait: enough for any mix */
    FEW_OF_A_LIFE = 6, /* and the sixth part of those that the mix takes while a hold lasts */
    REPEATS_MAX = 5,
    REDRAWS = 16, /* while there is nothing to pay, another wish of the mix */
    DEPTH = 1000,
    ROOMS_RING = 1 << 16
};

void orders_push(struct orders *orders, uint64_t order)
{
    if (orders->count == orders->cap) {
        uint64_t cap = orders->cap == 0 ? 1024 : orders->cap * 2;
        uint64_t *items = mem_alloc(cap * sizeof *items);
        for (uint64_t i = 0; i < orders->count; i++)
            items[i] = orders->items[(orders->head + i) & (orders->cap - 1)];
        mem_free(orders->items);
        *orders = (struct orders){items, 0, orders->count, cap};
    }
    orders->items[(orders->head + orders->count++) & (orders->cap - 1)] = order;
}

bool orders_pop(struct orders *orders, uint64_t *order)
{
    if (orders->count == 0) return false;
    *order = orders->items[orders->head];
    orders->head = (orders->head + 1) & (orders->cap - 1);
    orders->count--;
    return true;
}

/* How many orders may wait for this operation and none for long, at the schedule's slowest. */
static uint64_t few(const struct plan *plan, enum op op)
{
    int64_t life_ms = plan->hold_ms < plan->room_ttl_ms ? plan->hold_ms : plan->room_ttl_ms;
    double rate = INFINITY;

    for (size_t i = 0; i < plan->schedule.count; i++)
        rate = fmin(rate, plan->schedule.stages[i].rate);
    double taken = rate * plan->shares[op] * (double)life_ms / 1000 / FEW_OF_A_LIFE;
    return plan->is_closed || taken > FEW_MAX ? FEW_MAX : taken < 1 ? 1 : (uint64_t)taken;
}

void traffic_init(struct traffic *traffic, const struct plan *plan, struct journal *journal,
                  uint64_t seed)
{
    double sum = 0, seats = plan->shares[OP_OPEN] + plan->shares[OP_JOIN] + plan->shares[OP_MATCH];

    *traffic = (struct traffic){.plan = plan, .journal = journal};
    rng_seed(&traffic->rng, seed);
    zipf_init(&traffic->campaigns, (size_t)plan->campaigns, plan->zipf);
    zipf_init(&traffic->depth, DEPTH, 1);
    for (int op = 0; op < OP_COUNT; op++)
        traffic->op_sums[op] = sum += plan->shares[op];
    if (seats > 0) {
        traffic->pays_a_seat = plan->shares[OP_PAY] / seats;
        traffic->cancels_a_seat = plan->shares[OP_CANCEL] / seats;
    }
    traffic->pays_few = few(plan, OP_PAY);
    traffic->cancels_few = few(plan, OP_CANCEL);
    traffic->rooms = mem_alloc(ROOMS_RING * sizeof *traffic->rooms);
}

void traffic_free(struct traffic *traffic)
{
    zipf_free(&traffic->campaigns);
    zipf_free(&traffic->depth);
    mem_free(traffic->to_pay.items);
    mem_free(traffic->to_cancel.items);
    queue_free(&traffic->repeats);
    mem_free(traffic->rooms);
    *traffic = (struct traffic){0};
}

void traffic_seen_room(struct traffic *traffic, uint32_t room)
{
    traffic->rooms[traffic->room_count++ % ROOMS_RING] = room;
}

/* Whether one more seat waits for what the mix does with so many of a seat. Chance alone would let
 * their number wander, and any surplus would add up until all wait longer than their holds last; so
 * some more come while there are few, less while there are more, and none beyond thrice as many. */
static bool is_wanted(struct traffic *traffic, const struct orders *orders, uint64_t few,
                      double of_a_seat)
{
    double lean = orders->count < few ? 1.25 : orders->count < 3 * few ? 0.8 : 0;

    return of_a_seat > 0 && rng_chance(&traffic->rng, of_a_seat * lean);
}

void traffic_held(struct traffic *traffic, uint64_t order)
{
    double unpaid = 1 - traffic->pays_a_seat;

    if (is_wanted(traffic, &traffic->to_pay, traffic->pays_few, traffic->pays_a_seat))
        orders_push(&traffic->to_pay, order);
    else if (unpaid > 0 && is_wanted(traffic, &traffic->to_cancel, traffic->cancels_few,
                                     traffic->cancels_a_seat / unpaid))
        orders_push(&traffic->to_cancel, order);
}

bool traffic_repeat(struct traffic *traffic, const struct request *request)
{
    if (request->tries >= REPEATS_MAX) return false;
    queue_push(&traffic->repeats, request, 0);
    return true;
}

bool traffic_has_repeat(const struct traffic *traffic)
{
    return traffic->repeats.count > 0;
}

/* A room to share or to poll: of the prepared ones any, else rather a new one than an old. */
static uint32_t pick_room(struct traffic *traffic)
{
    if (traffic->plan->shares_prepared)
        return traffic->prepared == 0 ? NO_ROOM
                                      : (uint32_t)rng_below(&traffic->rng, traffic->prepared);
    if (traffic->room_count == 0) return NO_ROOM;
    uint32_t back = (uint32_t)zipf_draw(&traffic->depth, &traffic->rng);
    if (back >= traffic->room_count) back %= traffic->room_count;
    return traffic->rooms[(traffic->room_count - 1 - back) % ROOMS_RING];
}

static void set_room(struct traffic *traffic, struct request *request, uint32_t room)
{
    request->room = room;
    memcpy(request->room_id, traffic->journal->rooms[room].id, ROOM_ID_MAX);
    request->campaign = traffic->journal->rooms[room].campaign;
}

static uint64_t pick_user(struct traffic *traffic, uint64_t order)
{
    uint64_t users = (uint64_t)traffic->plan->users;

    return users == 0 ? order : rng_below(&traffic->rng, users);
}

void traffic_make(struct traffic *traffic, enum op op, uint32_t campaign, uint64_t user,
                  struct request *request)
{
    uint32_t room = op == OP_JOIN || op == OP_GET ? pick_room(traffic) : NO_ROOM;

    *request = (struct request){.op = op, .campaign = campaign, .room = NO_ROOM};
    if ((op == OP_JOIN || op == OP_GET) && room == NO_ROOM) {
        traffic->substituted++;
        request->op = op == OP_GET ? OP_LIST : OP_MATCH;
    } else if (room != NO_ROOM) {
        set_room(traffic, request, room);
    }
    if (op_rows[request->op].kind != OP_KIND_SEAT) return;
    request->order = journal_add(traffic->journal, request->campaign);
    request->user = user == UINT64_MAX ? pick_user(traffic, request->order) : user;
}

void traffic_make_get(struct traffic *traffic, uint32_t room, struct request *request)
{
    *request = (struct request){.op = OP_GET};
    set_room(traffic, request, room);
}

static bool make_of_order(struct traffic *traffic, enum op op, struct request *request)
{
    struct orders *orders = op == OP_CANCEL ? &traffic->to_cancel : &traffic->to_pay;
    uint64_t order;

    if (op == OP_SEAT && traffic->journal->seat_count > 0)
        order = rng_below(&traffic->rng, traffic->journal->seat_count);
    else if (op == OP_SEAT || !orders_pop(orders, &order))
        return false;
    if (op == OP_SEAT && traffic->journal->seats[order].fate != JOURNAL_SEATED) return false;
    *request = (struct request){.op = op,
                                .campaign = traffic->journal->seats[order].campaign,
                                .room = NO_ROOM,
                                .order = order};
    return true;
}

static enum op pick_op(struct traffic *traffic)
{
    double uniform = (double)(rng_u64(&traffic->rng) >> 11) * 0x1p-53;
    int op = 0;

    while (op < OP_COUNT - 1 && traffic->op_sums[op] <= uniform)
        op++;
    return op == OP_SEATS ? OP_MATCH : (enum op)op;
}

void traffic_choose(struct traffic *traffic, struct request *request)
{
    const struct queued *repeat = queue_first(&traffic->repeats);

    if (repeat != NULL) {
        *request = repeat->request;
        request->tries++;
        queue_pop(&traffic->repeats);
        return;
    }
    enum op op = OP_MATCH;

    for (int tries = 0; tries < REDRAWS; tries++) {
        op = pick_op(traffic);
        if (op != OP_PAY && op != OP_CANCEL && op != OP_SEAT) break;
        if (make_of_order(traffic, op, request)) return;
        traffic->substituted++;
        op = OP_MATCH;
    }
    traffic_make(traffic, op, (uint32_t)zipf_draw(&traffic->campaigns, &traffic->rng), UINT64_MAX,
                 request);
}
