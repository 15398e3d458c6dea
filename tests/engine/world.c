/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/tz.h"
#include "proto/resp.h"
#include "reads.h"

enum { ARENA_BYTES = 1 << 12, WORDS_MAX = 128, SWEEP_BUDGET = 1000000 };

static void flaw(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void flaw(struct world *world, const char *format, ...)
{
    va_list args;

    if (world->flaw[0] != '\0') return; /* the first one tells most */
    va_start(args, format);
    vsnprintf(world->flaw, sizeof world->flaw, format, args);
    va_end(args);
}

static void fill_random(void *context, void *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)out)[i] = (unsigned char)rng_u64(context);
}

void world_init(struct world *world, enum world_pass pass, uint64_t seed)
{
    *world = (struct world){.pass = pass};
    rng_seed(&world->rng, seed);
    world->config = (struct engine_config){
        .partition = 5, .hash_seed = seed, .random = fill_random, .random_context = &world->rng};
    world->engine = engine_create(&world->config);
    engine_set_position(world->engine, 1);
}

void world_clear(struct world *world)
{
    engine_destroy(world->engine);
    store_clear(&world->store);
    names_clear(&world->campaigns);
    names_clear(&world->rooms);
    names_clear(&world->users);
    names_clear(&world->orders);
    mem_free(world->room_facts);
}

void outcome_clear(struct outcome *outcome)
{
    for (size_t i = 0; i < outcome->fact_count; i++)
        mem_free(outcome->facts[i]);
    mem_free(outcome->facts);
    mem_free(outcome->text);
    pairs_clear(&outcome->pairs);
    *outcome = (struct outcome){.err = TUAN_OK};
}

/* ---- facts ---- */

static int64_t restored_version(const struct tuan_fact *fact)
{
    const struct tuan_room_record *room = fact->record_restored.rooms.items;

    return room->version;
}

/* A room's version counts the facts that name it, since it came here. */
static void count_fact(struct world *world, const struct tuan_fact *fact)
{
    const struct tuan_message *message = tuan_fact_message(fact->type);
    char id[TUAN_RID_CHARS];

    for (size_t i = 0; i < message->count; i++) {
        const struct tuan_field *field = &message->fields[i];
        bool is_room = strcmp(field->name, "room") == 0 || strcmp(field->name, "from") == 0;
        if (!((fact->given >> i) & 1) || !is_room || field->type != TUAN_RID) continue;
        tuan_rid_print(*(const struct tuan_id *)((const char *)&fact->given + field->offset), id);
        size_t at = names_add(&world->rooms, (struct tuan_str){id, sizeof id});
        if (at >= world->room_facts_room) {
            size_t room = at + 64;
            world->room_facts = mem_realloc(world->room_facts, room * sizeof *world->room_facts);
            for (size_t n = world->room_facts_room; n < room; n++)
                world->room_facts[n] = 0;
            world->room_facts_room = room;
        }
        world->room_facts[at]++;
        if (fact->type == TUAN_FACT_RECORD_RESTORED) world->room_facts[at] = restored_version(fact);
    }
}

static void check_versions(struct world *world)
{
    for (size_t i = 0; i < world->rooms.count; i++) {
        struct tuan_id id;
        bool is_id = tuan_rid_parse((struct tuan_str){world->rooms.items[i], TUAN_RID_CHARS}, &id);
        assert(is_id);
        const struct tuan_room *room = engine_room_status(world->engine, id, world->now_ms);
        if (room != NULL && room->version != world->room_facts[i])
            flaw(world, "a room's version is %lld after %lld facts", (long long)room->version,
                 (long long)world->room_facts[i]);
    }
}

static void see_restored(struct world *world, const struct tuan_record_restored_fact *fact)
{
    const struct tuan_room_record *room = fact->rooms.items;
    const struct tuan_seat_record *seats = room == NULL ? NULL : room->seats.items;
    const struct tuan_refund_record *refund = fact->refunds.items;

    names_add(&world->campaigns, fact->campaign);
    for (uint32_t i = 0; room != NULL && i < room->seats.count; i++) {
        names_add(&world->users, seats[i].user);
        names_add(&world->orders, seats[i].order);
    }
    if (refund != NULL) names_add(&world->orders, refund->order);
}

static void see_fact(struct world *world, const struct tuan_fact *fact)
{
    count_fact(world, fact);
    switch (fact->type) {
    case TUAN_FACT_CAMPAIGN_PUT: names_add(&world->campaigns, fact->campaign_put.campaign); break;
    case TUAN_FACT_SEAT_HELD:
        names_add(&world->users, fact->seat_held.user);
        names_add(&world->orders, fact->seat_held.order);
        break;
    case TUAN_FACT_REFUND_DUE: names_add(&world->orders, fact->refund_due.order); break;
    case TUAN_FACT_RECORD_RESTORED: see_restored(world, &fact->record_restored); break;
    default: break;
    }
}

/* Each event must be tellable as long as its fact is in the outbox. */
static void see_events(struct world *world)
{
    struct engine_event event;

    for (size_t i = 0; i < engine_fact_count(world->engine); i++) {
        if (!engine_event(world->engine, i, true, &event)) continue;
        struct pairs pairs = {.items = NULL};
        pairs_add_message(&pairs, "", &tuan_event_message, event.data);
        if (event.campaign.len == 0 || event.type == NULL) flaw(world, "an event of no campaign");
        pairs_clear(&pairs);
    }
}

/* Take the outbox into the log and the outcome. */
static void drain(struct world *world, struct outcome *out)
{
    size_t count = engine_fact_count(world->engine);

    out->facts = count == 0 ? NULL : mem_alloc(count * sizeof *out->facts);
    out->fact_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct tuan_fact *fact = engine_fact(world->engine, i);
        const char *name = tuan_fact_message(fact->type)->name;
        out->facts[i] = mem_dup(name, strlen(name) + 1);
        see_fact(world, fact);
    }
    see_events(world);
    if (count > 0) {
        world->position++;
        store_log(&world->store, world->engine, world->position, world->now_ms);
    }
    engine_drain(world->engine);
    engine_set_position(world->engine, world->position + 1);
}

void world_take(struct world *world, struct outcome *out)
{
    *out = (struct outcome){.err = TUAN_OK};
    drain(world, out);
}

/* ---- commands ---- */

static bool is_retiring(const char *fact)
{
    static const char *const facts[] = {
        "seat_released", "leader_changed", "room_failed",    "room_formed",       "refund_due",
        "seat_rerouted", "tier_settled",   "draw_result",    "commission",        "campaign_ended",
        "room_dropped",  "refund_dropped", "user_rolled_up", "campaign_forgotten"};

    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (strcmp(fact, facts[i]) == 0) return true;
    return false;
}

static void keep_answer(struct world *world, const struct engine_answer *answer,
                        struct outcome *out)
{
    const struct tuan_reply *reply = &answer->reply;
    uint64_t position = world->position + 1;
    bool has_facts = engine_fact_count(world->engine) > 0;

    out->err = reply->err;
    if (reply->err == TUAN_OK) {
        pairs_add_message(&out->pairs, "", reply->message, reply->body);
    } else {
        struct tuan_str text = reply->text;
        const char *row = tuan_errors[reply->err].text;
        out->text = text.len > 0 ? strndup(text.ptr, text.len) : strdup(row);
        pairs_add_message(&out->pairs, "", &tuan_problem_message, &reply->problem);
    }
    if (has_facts && answer->depends_on != position)
        flaw(world, "the answer does not wait for the facts of its own step");
    if (answer->depends_on > position || (!has_facts && answer->depends_on == position))
        flaw(world, "the answer waits for a position that is not there");
}

/* As a daemon does: the operator's name, and the offsets of a zone. */
static void complete(const struct world *world, struct tuan_command *command,
                     char zone[TZ_TABLE_MAX])
{
    struct tuan_str name = command->rules.cutoff_zone;
    bool has_zone = (command->rules.given >> TUAN_PARAM_cutoff_zone) & 1;

    command->by = TUAN_STR("op");
    if (!has_zone || name.len == 0) return;
    command->zone =
        (struct tuan_str){zone, (uint32_t)tz_table(name.ptr, name.len, world->now_ms, zone)};
}

void world_do(struct world *world, const struct tuan_str *words, size_t count, struct outcome *out)
{
    struct tuan_str copies[WORDS_MAX];
    struct tuan_arena arena = {.base = mem_alloc(ARENA_BYTES), .cap = ARENA_BYTES};
    struct tuan_command command;
    struct tuan_fault fault;
    struct engine_answer answer;
    char zone[TZ_TABLE_MAX];

    *out = (struct outcome){.err = TUAN_OK};
    assert(count <= WORDS_MAX);
    for (size_t i = 0; i < count; i++) /* as a request's bytes: gone after the step */
        copies[i] = (struct tuan_str){mem_dup(words[i].ptr, words[i].len), words[i].len};
    out->err = tuan_resp_command(copies, count, &command, &arena, &fault);
    if (out->err != TUAN_OK) {
        out->text = strdup(fault.text);
    } else if (tuan_commands[command.id].kind > TUAN_KIND_READ) {
        out->err = TUAN_ERR_UNKNOWN_COMMAND;
        out->text = strdup("not a command of the engine");
    } else {
        complete(world, &command, zone);
        engine_apply(world->engine, &command, world->now_ms, &answer);
        keep_answer(world, &answer, out);
    }
    drain(world, out);
    for (size_t i = 0; out->err != TUAN_OK && i < out->fact_count; i++)
        if (!is_retiring(out->facts[i])) flaw(world, "a refused command left a %s", out->facts[i]);
    for (size_t i = 0; i < count; i++)
        mem_free((void *)(uintptr_t)copies[i].ptr);
    mem_free(arena.base);
}

void world_sweep(struct world *world, size_t budget, struct outcome *out)
{
    *out = (struct outcome){.err = TUAN_OK};
    do
        out->more = engine_expire(world->engine, world->now_ms, budget);
    while (out->more && budget == SIZE_MAX);
    drain(world, out);
}

/* ---- time ---- */

static bool sweep_punctually(struct world *world, int64_t now_ms)
{
    for (int rounds = 0;; rounds++) {
        int64_t due = engine_next_deadline_ms(world->engine);
        if (due > now_ms) return true;
        if (due > world->now_ms) world->now_ms = due;
        struct outcome outcome;
        world_sweep(world, SWEEP_BUDGET, &outcome);
        outcome_clear(&outcome);
        if (rounds > 100000) {
            flaw(world, "engine_next_deadline_ms spins");
            return false;
        }
    }
}

bool world_reload(struct world *world, enum store_way way)
{
    struct engine_config config = world->config;

    config.hash_seed = rng_u64(&world->rng);
    struct engine *engine = store_load(&world->store, way, &config);
    if (engine == NULL) {
        flaw(world, "the engine cannot be loaded");
        return false;
    }
    if (engine_last_now_ms(engine) > world->now_ms) flaw(world, "a fact is newer than now");
    engine_destroy(world->engine);
    world->engine = engine;
    store_forget_slice(&world->store);
    if (way == STORE_FROM_LOG) store_forget_snapshot(&world->store);
    engine_set_position(engine, world->position + 1);
    return true;
}

bool world_advance(struct world *world, int64_t now_ms)
{
    bool fits = true;

    assert(now_ms >= world->now_ms);
    if (world->pass == WORLD_FROM_LOG) fits = world_reload(world, STORE_FROM_LOG);
    if (world->pass == WORLD_FROM_SNAPSHOT) fits = world_reload(world, STORE_FROM_SNAPSHOT);
    if (world->pass == WORLD_PUNCTUAL) fits = sweep_punctually(world, now_ms);
    world->now_ms = now_ms;
    return fits;
}

/* ---- checking ---- */

static void print_difference(const char *what, const char *expected, const char *got)
{
    size_t at = 0, line = 0;

    while (expected[at] != '\0' && expected[at] == got[at])
        if (expected[at++] == '\n') line = at;
    fprintf(stderr, "%s differ\n  live:   %.*s\n  loaded: %.*s\n", what,
            (int)strcspn(expected + line, "\n"), expected + line, (int)strcspn(got + line, "\n"),
            got + line);
}

/* The loaded engine answers as the live one; returns its dump. */
static struct tuan_out check_loaded(struct world *world, struct engine *engine, const char *reads)
{
    engine_audit(engine);
    char *theirs = reads_print(world, engine);
    if (strcmp(reads, theirs) != 0) {
        print_difference("answers to reads", reads, theirs);
        flaw(world, "a restarted engine answers otherwise");
    }
    mem_free(theirs);
    engine_audit(engine);
    return store_dump(&world->store, engine);
}

bool world_check(struct world *world)
{
    struct tuan_out dumps[2] = {{.grow = store_grow}, {.grow = store_grow}};
    struct engine_config config = world->config;

    engine_audit(world->engine);
    if (rng_below(&world->rng, 2) == 0) store_work(&world->store, world->engine, &world->rng);
    store_work(&world->store, world->engine, &world->rng);
    engine_audit(world->engine);
    check_versions(world);
    char *reads = reads_print(world, world->engine);
    for (enum store_way way = STORE_FROM_LOG; way <= STORE_FROM_SNAPSHOT; way++) {
        config.hash_seed = rng_u64(&world->rng);
        struct engine *engine = store_load(&world->store, way, &config);
        if (engine == NULL)
            flaw(world, "%s cannot be loaded", way == STORE_FROM_LOG ? "the log" : "the snapshot");
        else
            dumps[way] = check_loaded(world, engine, reads);
        engine_destroy(engine);
    }
    if (world->flaw[0] == '\0' &&
        (dumps[0].len != dumps[1].len ||
         (dumps[0].len > 0 && memcmp(dumps[0].data, dumps[1].data, dumps[0].len) != 0)))
        flaw(world, "log and snapshot make different records");
    mem_free(dumps[0].data);
    mem_free(dumps[1].data);
    mem_free(reads);
    return world->flaw[0] == '\0';
}
