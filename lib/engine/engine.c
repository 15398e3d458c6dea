/* SPDX-License-Identifier: BSD-2-Clause */
/* engine.c - the door: commands to their handlers, time to the timers, facts to the outbox. */
#include "engine/engine.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "engine/answer.h"
#include "engine/drop.h"
#include "engine/evolve.h"
#include "engine/ledger.h"
#include "engine/policy.h"
#include "engine/room.h"
#include "engine/shelf.h"

/* A row of commands.def that the engine judges and that has no handler does not link. */
#define HANDLER_WRITE(name)  handle_##name
#define HANDLER_READ(name)   handle_##name
#define HANDLER_DAEMON(name) NULL
#define HANDLER_LATER(name)  NULL
#define DECLARE_WRITE(name)  handler handle_##name;
#define DECLARE_READ(name)   handler handle_##name;
#define DECLARE_DAEMON(name)
#define DECLARE_LATER(name)

#define TUAN_COMMAND(name, wire, role, kind, args, summary) DECLARE_##kind(name)
#include "proto/commands.def"

static handler *const handlers[TUAN_CMD_COUNT] = {
#define TUAN_COMMAND(name, wire, role, kind, args, summary)                                        \
    [TUAN_CMD_##name] = HANDLER_##kind(name),
#include "proto/commands.def"
};

static int compare_campaigns(const struct tree_node *left, const struct tree_node *right)
{
    struct tuan_str a =
        container_of((struct tree_node *)(uintptr_t)left, struct campaign, by_id)->id;
    struct tuan_str b =
        container_of((struct tree_node *)(uintptr_t)right, struct campaign, by_id)->id;
    uint32_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : __builtin_memcmp(a.ptr, b.ptr, common);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

struct engine *engine_create(const struct engine_config *config)
{
    struct engine *e = mem_zalloc(sizeof *e);

    e->memo = memo_make();

    assert(config->random != NULL);
    e->config = *config;
    for (int id = 0; id < TUAN_CMD_COUNT; id++)
        e->command_prints[id] =
            (int64_t)hash_bytes(tuan_commands[id].name, strlen(tuan_commands[id].name), 0);
    pool_init(&e->pool);
    map_init(&e->campaigns, 0);
    map_init(&e->rooms, 0);
    map_init(&e->orders, 0);
    map_init(&e->members, 0);
    map_init(&e->refunds, 0);
    struct map *big[] = {&e->rooms, &e->orders, &e->members, &e->refunds};
    for (size_t i = 0; i < sizeof big / sizeof big[0]; i++)
        map_ask_huge_pages(big[i], config->huge_pages);
    map_init(&e->strays, 0);
    map_init(&e->reroutes, 0);
    map_init(&e->tombstones, 0);
    tree_init(&e->campaigns_by_id, compare_campaigns);
    ledger_init(&e->refunds_by_age);
    wheel_init(&e->wheel, INT64_MIN);
    list_init(&e->dirty);
    list_init(&e->closing);
    list_init(&e->dropping);
    list_init(&e->dead_campaigns);
    list_init(&e->graveyard);
    list_init(&e->dead_revisions);
    return e;
}

void engine_destroy(struct engine *e)
{
    struct campaign *campaign;

    if (e == NULL) return;
    for (size_t cursor = 0; (campaign = map_next(&e->campaigns, &cursor)) != NULL;)
        shelves_destroy(campaign);
    map_free(&e->campaigns);
    map_free(&e->rooms);
    map_free(&e->orders);
    map_free(&e->members);
    map_free(&e->refunds);
    map_free(&e->strays);
    map_free(&e->reroutes);
    map_free(&e->tombstones);
    arena_free(&e->arena);
    pool_destroy(&e->pool);
    mem_free(e->facts);
    mem_free(e->changes);
    mem_free(e->memo);
    mem_free(e);
}

static void advance(struct engine *e, int64_t now_ms)
{
    assert(now_ms >= e->now_ms && now_ms <= ENGINE_TIME_MAX);
    e->now_ms = now_ms;
}

enum { SWEEP_FACTS = 256 }; /* at most so many before a command */

/* ---- time ---- */

static void retire_timer(struct engine *e, struct timer *timer)
{
    switch (timer->kind) {
    case TIMER_HOLD: {
        struct seat *seat = container_of(timer, struct hold, timer)->seat;
        if (seat->room->deadline > 0 && seat->room->deadline <= seat_hold(seat)->release_at)
            room_settle(e, seat->room); /* due together: the room's end is the cause */
        else
            seat_release(e, seat, TUAN_RELEASE_EXPIRED, (struct tuan_str){NULL, 0});
        return;
    }
    case TIMER_ROOM: {
        struct room *room = container_of(timer, struct room, timer);
        e->memo->room = room; /* its facts come next */
        if (room_is_live(room))
            room_settle(e, room);
        else
            room_drop(e, room);
        return;
    }
    case TIMER_CAMPAIGN: {
        const struct campaign *campaign = container_of(timer, struct campaign, timer);
        FACT_OF(e, campaign_ended, CAMPAIGN_ENDED);
        FACT_SET(campaign_ended, campaign, campaign->id);
        emit(e, fact);
        return;
    }
    case TIMER_REFUND: {
        struct refund *refund = container_of(timer, struct refund, timer);
        FACT_OF(e, refund_dropped, REFUND_DROPPED);
        FACT_SET(refund_dropped, campaign, refund->campaign->id);
        FACT_SET(refund_dropped, refund, refund->id);
        emit(e, fact);
        return;
    }
    }
}

/* Rooms of campaigns that were closed with `rooms fail`. */
static bool fail_closing(struct engine *e, size_t fact_end)
{
    while (!list_is_empty(&e->closing)) {
        struct campaign *campaign = container_of(list_first(&e->closing), struct campaign, closing);
        if (e->fact_count >= fact_end) return false;
        assert(campaign->live.count > 0);
        room_retire(e, policy_live_room(tree_first(&campaign->live)));
    }
    return true;
}

/* What dropped campaigns keep. */
static bool forget_dropped(struct engine *e, size_t fact_end)
{
    while (!list_is_empty(&e->dropping)) {
        if (e->fact_count >= fact_end) return false;
        drop_step(e, container_of(list_first(&e->dropping), struct campaign, closing));
    }
    return true;
}

/* NULL: it is not the deadline of a room, nor its end. */
static const struct room *room_due(struct wheel_node *node)
{
    struct timer *timer = container_of(node, struct timer, node);

    return timer->kind == TIMER_ROOM ? container_of(timer, struct room, timer) : NULL;
}

/* Most of what falls due are rooms, and where a million do at once all of them are cold. So each is
 * fetched in steps, one whenever another before it ends: its timer, the room, what that points at.
 */
static void foresee_due(const struct wheel *wheel)
{
    struct wheel_node *first = wheel_peek(wheel), *second, *third;
    const struct room *room;

    if (first == NULL) return;
    if ((room = room_due(first)) != NULL && room->seat_count > 0)
        mem_prefetch(room->seats[0], sizeof *room->seats[0]);
    if ((second = wheel_peek_after(wheel, first)) == NULL) return;
    if ((room = room_due(second)) != NULL) {
        __builtin_prefetch(room->seats);
        if (room_is_live(room)) {
            tree_prefetch(&room->match_link);
            tree_prefetch(&room->live_link);
        }
    }
    if ((third = wheel_peek_after(wheel, second)) == NULL) return;
    if ((room = room_due(third)) != NULL) mem_prefetch(room, sizeof *room);
    __builtin_prefetch(third->next);
}

static bool sweep(struct engine *e, size_t budget)
{
    size_t fact_end = e->fact_count + budget;

    if (!wheel_prepare(&e->wheel, e->now_ms, budget)) return true;
    while (e->fact_count < fact_end) {
        struct wheel_node *node = wheel_pop_due(&e->wheel, e->now_ms);
        if (node == NULL) return !fail_closing(e, fact_end) || !forget_dropped(e, fact_end);
        foresee_due(&e->wheel);
        retire_timer(e, container_of(node, struct timer, node));
    }
    return true;
}

void engine_apply(struct engine *e, const struct tuan_command *command, int64_t now_ms,
                  struct engine_answer *answer)
{
    assert(!e->loading);
    assert(command->id < TUAN_CMD_COUNT && handlers[command->id] != NULL);
    if (e->fact_count == 0)
        arena_reset(&e->arena); /* else facts of this drain may still point there */
    advance(e, now_ms);
    *answer = (struct engine_answer){.reply.err = TUAN_OK};
    bool writes = tuan_commands[command->id].kind == TUAN_KIND_WRITE;
    /* Where rooms merge, one that is due may be another's rescue: late timers change no answer. */
    if (writes && e->rooms_merging > 0) sweep(e, SWEEP_FACTS);
    size_t facts = e->fact_count;
    handlers[command->id](e, command, answer);
    e->memo->user->text = e->memo->order->text = NULL;
    assert(writes || e->fact_count == facts);
}

void engine_foresee(const struct engine *e, struct tuan_str campaign, struct tuan_str user,
                    struct tuan_str order)
{
    const struct campaign *next = campaign_foresee(e, campaign);

    if (next != NULL) prefetch_next_join(e, next, user, order);
}

bool engine_expire(struct engine *e, int64_t now_ms, size_t budget)
{
    assert(!e->loading);
    assert(budget > 0);
    if (e->fact_count == 0) arena_reset(&e->arena);
    advance(e, now_ms);
    return sweep(e, budget);
}

int64_t engine_next_deadline_ms(const struct engine *e)
{
    bool has_work = !list_is_empty(&e->closing) || !list_is_empty(&e->dropping);

    return has_work ? e->now_ms : wheel_next_ms(&e->wheel);
}

/* ---- facts ---- */

size_t engine_fact_count(const struct engine *e)
{
    return e->fact_count;
}

const struct tuan_fact *engine_fact(const struct engine *e, size_t index)
{
    assert(index < e->fact_count);
    return &e->facts[index];
}

void engine_drain(struct engine *e)
{
    e->fact_count = 0;
    graveyard_clear(e);
}

void engine_set_position(struct engine *e, uint64_t position)
{
    assert(position >= e->position);
    e->position = position;
}

/* ---- looking in ---- */

static size_t index_bytes(const struct engine *e)
{
    const struct map *maps[] = {&e->campaigns, &e->rooms,  &e->orders,   &e->members,
                                &e->refunds,   &e->strays, &e->reroutes, &e->tombstones};
    size_t bytes = 0;

    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        bytes += map_bytes(maps[i]);
    return bytes;
}

void engine_totals(const struct engine *e, struct engine_totals *out)
{
    *out = (struct engine_totals){
        .campaigns = (int64_t)map_count(&e->campaigns),
        .rooms = (int64_t)map_count(&e->rooms),
        .rooms_pending = e->rooms_by_state[TUAN_ROOM_PENDING],
        .rooms_open = e->rooms_by_state[TUAN_ROOM_OPEN],
        .rooms_formed = e->rooms_by_state[TUAN_ROOM_FORMED],
        .rooms_failed = e->rooms_by_state[TUAN_ROOM_FAILED],
        .seats = e->seat_count,
        .seats_open = e->seats_open,
        .timers = (int64_t)wheel_count(&e->wheel),
        .users = (int64_t)map_count(&e->members),
        .refunds = (int64_t)map_count(&e->refunds),
        .refunds_open = (int64_t)e->refunds_by_age.count,
        .orders = (int64_t)map_count(&e->orders),
        .dirty = e->dirty_count,
        .bytes = (int64_t)(pool_bytes(&e->pool) + index_bytes(e)),
        .facts = e->facts_total,
    };
}

bool engine_ending(const struct engine *e, struct tuan_id id, struct engine_ending *out)
{
    const struct room *room = room_find(e, id);

    if (room == NULL || room_is_live(room)) return false;
    out->opened_at = room->opened_at;
    out->ended_at = room_ended_at(room);
    out->deadline = room->deadline;
    out->paid = room->paid;
    for (uint32_t i = 0; out->seat != NULL && i < room->seat_count; i++)
        if (seat_is_paid(room->seats[i]))
            out->seat(out->context, (int64_t)room->seats[i]->joined_at);
    return true;
}

const struct tuan_room *engine_room_status(struct engine *e, struct tuan_id id, int64_t now_ms)
{
    const struct room *room = room_find(e, id);

    if (room == NULL) return NULL;
    advance(e, now_ms);
    struct tuan_room *body = BODY(e, room);
    view_room(e, room, TUAN_STATUS_SEATS_MAX, body);
    return body;
}
