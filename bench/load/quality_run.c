/* SPDX-License-Identifier: BSD-2-Clause */
/* quality_run.c - the arrivals, one policy, one engine, in virtual time.
 *
 * Time goes from one due moment to the next, so nothing happens late, and runs on after the last
 * arrival until every room has ended. What became of whom is read from the facts, not from the
 * replies: a merge seats people who ask nothing at that moment. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "bench/load/quality.h"
#include "engine/engine.h"
#include "proto/schema.h"

enum { ID_SIZE = 16, SWEEP_FACTS = 1000, PROGRESS_EVERY = 1000, KEEP_MIN_MS = 60000 };

/* The rooms of a campaign, oldest first: their links go from hand to hand for a room's life. */
struct links {
    struct link {
        struct tuan_id room;
        int64_t opened_ms;
    } * items;
    size_t first, count, room_for;
};

struct run {
    const struct arrivals *arrivals;
    const struct quality_rules *rules;
    struct quality_result *result;
    struct engine *engine;
    struct rng rng;
    struct links *links; /* by campaign */
    int64_t now_ms;
    uint64_t position;
    struct tuan_command command;
};

static void random_bytes(void *context, void *out, size_t size)
{
    struct rng *rng = context;
    uint64_t word;

    for (size_t at = 0; at < size; at += sizeof word) {
        word = rng_u64(rng);
        memcpy((char *)out + at, &word, size - at < sizeof word ? size - at : sizeof word);
    }
}

static struct tuan_str print_id(char text[ID_SIZE], char mark, uint64_t number)
{
    int len = snprintf(text, ID_SIZE, "%c%" PRIu64, mark, number);

    return (struct tuan_str){text, (uint32_t)len};
}

/* An id's number: what print_id printed. */
static uint64_t number_of(struct tuan_str id)
{
    uint64_t number = 0;

    for (uint32_t i = 1; i < id.len; i++)
        number = number * 10 + (uint64_t)(id.ptr[i] - '0');
    return number;
}

/* ---- what happened ---- */

static void note_opened(struct run *run, const struct tuan_room_opened_fact *fact)
{
    struct links *links = &run->links[number_of(fact->campaign)];

    run->result->opened++;
    if (links->count == links->room_for) {
        links->room_for = links->room_for == 0 ? 8 : links->room_for * 2;
        links->items = mem_realloc(links->items, links->room_for * sizeof *links->items);
    }
    links->items[links->count++] = (struct link){fact->room, run->now_ms};
}

static void note_formed(struct run *run, size_t index)
{
    struct engine_event event;

    run->result->formed++;
    if (!engine_event(run->engine, index, false, &event)) return;
    const struct tuan_event_seat *seats = event.data->seats.items;
    for (uint32_t i = 0; i < event.data->seats.count; i++) {
        const struct arrival *shopper = &run->arrivals->items[number_of(seats[i].order)];
        histogram_add(&run->result->wait_ms, run->now_ms - shopper->at_ms);
        run->result->seated++;
    }
}

static void note_facts(struct run *run)
{
    for (size_t i = 0; i < engine_fact_count(run->engine); i++) {
        const struct tuan_fact *fact = engine_fact(run->engine, i);
        if (fact->type == TUAN_FACT_ROOM_OPENED)
            note_opened(run, &fact->room_opened);
        else if (fact->type == TUAN_FACT_ROOM_FORMED)
            note_formed(run, i);
        else if (fact->type == TUAN_FACT_ROOM_FAILED)
            run->result->failed[fact->room_failed.reason]++;
    }
    engine_drain(run->engine);
    engine_set_position(run->engine, ++run->position);
}

/* ---- what is done ---- */

static void apply(struct run *run, struct engine_answer *answer)
{
    engine_apply(run->engine, &run->command, run->now_ms, answer);
    run->result->refused += answer->reply.err != TUAN_OK;
}

/* Everything that is due up to this moment, each at its own. */
static void pass_time(struct run *run, int64_t until_ms)
{
    int64_t due_ms;

    while ((due_ms = engine_next_deadline_ms(run->engine)) <= until_ms) {
        if (due_ms > run->now_ms) run->now_ms = due_ms;
        while (engine_expire(run->engine, run->now_ms, SWEEP_FACTS))
            note_facts(run);
        note_facts(run);
    }
    run->now_ms = until_ms;
}

static void put_campaigns(struct run *run)
{
    struct tuan_rules *rules = &run->command.rules;
    struct engine_answer answer;
    char id[ID_SIZE];

    run->command = (struct tuan_command){.id = TUAN_CMD_CAMPAIGN_PUT, .arg = tuan_args_default};
#define GIVE(member, value)                                                                        \
    (rules->member = (value), rules->given |= UINT64_C(1) << TUAN_PARAM_##member)
    GIVE(size, run->rules->size);
    GIVE(room_ttl_ms, run->rules->life_ms);
    GIVE(match, run->rules->match);
    GIVE(merge, run->rules->merges ? TUAN_MERGE_DEADLINE : TUAN_MERGE_OFF);
    GIVE(payment, TUAN_PAYMENT_NONE);
    GIVE(full_join, TUAN_FULL_REROUTE); /* a dead link is followed to any other room */
    GIVE(keep_ms, run->rules->life_ms > KEEP_MIN_MS ? run->rules->life_ms : KEEP_MIN_MS);
#undef GIVE
    for (uint32_t i = 0; i < run->arrivals->campaigns; i++) {
        run->command.arg.campaign = print_id(id, 'c', i);
        apply(run, &answer);
    }
    note_facts(run);
    rules->given = 0;
}

/* Any room opened within a room's life; NULL: there is none. */
static const struct link *pick_link(struct run *run, const struct arrival *shopper)
{
    struct links *links = &run->links[shopper->campaign];

    while (links->first < links->count &&
           run->now_ms - links->items[links->first].opened_ms >= run->rules->life_ms)
        links->first++;
    if (links->first == links->count) return NULL;
    return &links->items[links->first + (shopper->draw >> 32) % (links->count - links->first)];
}

static void seat(struct run *run, size_t index)
{
    const struct arrival *shopper = &run->arrivals->items[index];
    int64_t intent = (int64_t)(shopper->draw % 100); /* his own room, then a link, then a match */
    bool opens = intent < run->rules->open_pct;
    bool follows = !opens && intent < run->rules->open_pct + run->rules->link_pct;
    const struct link *link = follows ? pick_link(run, shopper) : NULL;
    char campaign[ID_SIZE], user[ID_SIZE], order[ID_SIZE];
    struct engine_answer answer;

    run->command.id = opens          ? TUAN_CMD_ROOM_OPEN
                      : link != NULL ? TUAN_CMD_ROOM_JOIN
                                     : TUAN_CMD_ROOM_MATCH;
    run->command.arg.campaign = print_id(campaign, 'c', shopper->campaign);
    run->command.arg.user = print_id(user, 'u', shopper->user);
    run->command.arg.order = print_id(order, 'o', index);
    if (link != NULL) run->command.arg.room = link->room;
    apply(run, &answer);
    if (link != NULL && answer.reply.err == TUAN_OK) {
        const struct tuan_seat *reply = answer.reply.body;
        run->result->links++;
        if (TUAN_HAS(seat, reply, rerouted_from)) run->result->links_dead++;
    }
    note_facts(run);
}

static bool has_live_rooms(const struct run *run)
{
    const struct quality_result *result = run->result;
    int64_t ended = result->formed;

    for (int reason = 0; reason < QUALITY_REASONS; reason++)
        ended += result->failed[reason];
    return ended < result->opened;
}

void quality_run(const struct arrivals *arrivals, const struct quality_rules *rules,
                 quality_progress *progress, void *context, struct quality_result *out)
{
    struct run run = {.arrivals = arrivals, .rules = rules, .result = out};
    const struct engine_config config = {
        .hash_seed = 1, .random = random_bytes, .random_context = &run.rng};

    memset(out, 0, sizeof *out);
    if (arrivals->count == 0) return;
    rng_seed(&run.rng, 1);
    run.engine = engine_create(&config);
    run.links = mem_zalloc(arrivals->campaigns * sizeof *run.links);
    run.now_ms = arrivals->items[0].at_ms;
    engine_set_position(run.engine, ++run.position);
    put_campaigns(&run);
    for (size_t i = 0; i < arrivals->count; i++) {
        pass_time(&run, arrivals->items[i].at_ms);
        seat(&run, i);
        if (progress != NULL && i % PROGRESS_EVERY == 0) progress(context, i);
    }
    pass_time(&run, run.now_ms + rules->life_ms);
    assert(!has_live_rooms(&run));
    for (uint32_t i = 0; i < arrivals->campaigns; i++)
        mem_free(run.links[i].items);
    mem_free(run.links);
    engine_destroy(run.engine);
}
