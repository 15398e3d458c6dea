/* SPDX-License-Identifier: BSD-2-Clause */
/* A campaign that somebody says was dumped: with its sum made anew nothing tells that it was not.
 * It is refused with a reason; or it lives here as any other, and a restart finds it again. */
#include "daemon/dumped.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mover.h"
#include "proto/resp.h"
#include "tests/fuzz/fuzz.h"

enum { WORDS_MAX = 16, LINE_BYTES = 512, SOME = 4, SWEEPS = 200 };
#define YEAR_MS (INT64_C(366) * 86400000)
#define T0      INT64_C(1790000000000)

static void stop_at_flaw(const struct world *world)
{
    if (world->flaw[0] == '\0') return;
    fprintf(stderr, "%s\n", world->flaw);
    abort();
}

/* Words between which there is one space; ids hold none. */
static enum tuan_err ask(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static enum tuan_err ask(struct world *world, const char *format, ...)
{
    char line[LINE_BYTES], *next = line;
    struct tuan_str words[WORDS_MAX];
    struct outcome outcome;
    size_t count = 0;
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (char *word; (word = strsep(&next, " ")) != NULL && count < WORDS_MAX; count++)
        words[count] = (struct tuan_str){word, (uint32_t)strlen(word)};
    world_do(world, words, count, &outcome);
    enum tuan_err err = outcome.err;
    outcome_clear(&outcome);
    return err;
}

static size_t few(const struct names *names)
{
    return names->count < SOME ? names->count : SOME;
}

static void do_business(struct world *world, const char *campaign)
{
    for (size_t i = 0; i < few(&world->orders); i++) {
        const char *order = world->orders.items[i];
        ask(world, "SEAT.PAY %s %s payment fp%zu", campaign, order, i);
        ask(world, "SEAT.CANCEL %s %s", campaign, order);
        ask(world, "SEAT.LEAVE %s %s", campaign, order);
        ask(world, "SEAT.REFUND %s %s", campaign, order);
    }
    for (size_t i = 0; i < few(&world->rooms); i++)
        ask(world, "ROOM.JOIN %s fuzz-j%zu fuzz-jo%zu", world->rooms.items[i], i, i);
    ask(world, "ROOM.MATCH %s fuzz-m fuzz-mo", campaign);
    ask(world, "SEAT.PAY %s fuzz-mo", campaign);
    ask(world, "ROOM.OPEN %s fuzz-o fuzz-oo tier 1", campaign);
    ask(world, "ROOM.OPEN %s fuzz-p fuzz-po", campaign);
    ask(world, "SEAT.PAY %s fuzz-po", campaign);
    for (size_t i = 0; i < few(&world->rooms); i++)
        ask(world, i % 2 == 0 ? "ROOM.FORM %s" : "ROOM.DISSOLVE %s", world->rooms.items[i]);
    ask(world, "STATS %s", campaign);
    ask(world, "CAMPAIGN.PUT %s name fuzz", campaign);
    stop_at_flaw(world);
}

static void pass_time(struct world *world)
{
    struct outcome outcome;

    for (int i = 0; i < SWEEPS; i++) {
        int64_t due_ms = engine_next_deadline_ms(world->engine);
        if (due_ms > ENGINE_TIME_MAX - 2 * YEAR_MS) break;
        if (due_ms > world->now_ms) world->now_ms = due_ms;
        world_sweep(world, SIZE_MAX, &outcome);
        outcome_clear(&outcome);
    }
    stop_at_flaw(world);
}

static void settle(struct world *world)
{
    struct tuan_str words[] = {TUAN_STR("REFUND.LIST"), TUAN_STR("limit"), TUAN_STR("1000")};
    struct outcome outcome;
    const char *refund;
    char path[40];

    world_do(world, words, 3, &outcome);
    for (int i = 0; snprintf(path, sizeof path, "refunds.%d.refund", i),
             (refund = pairs_find(&outcome.pairs, path)) != NULL;
         i++)
        ask(world, "REFUND.ACK %s", refund);
    outcome_clear(&outcome);
}

/* It ends as every campaign can be ended. */
static void end(struct world *world, const char *campaign)
{
    struct outcome outcome;

    ask(world, "CAMPAIGN.CLOSE %s rooms fail", campaign);
    world_sweep(world, SIZE_MAX, &outcome);
    outcome_clear(&outcome);
    settle(world);
    if (ask(world, "CAMPAIGN.DROP %s", campaign) == TUAN_ERR_CAMPAIGN_IN_USE) {
        fprintf(stderr, "a closed campaign without refunds is still in use\n");
        abort();
    }
    world_sweep(world, SIZE_MAX, &outcome);
    outcome_clear(&outcome);
    world_check(world);
    stop_at_flaw(world);
    assert(ask(world, "CAMPAIGN.GET %s", campaign) == TUAN_ERR_CAMPAIGN_NOT_FOUND);
}

static void live(struct world *world, const char *campaign)
{
    world_check(world);
    stop_at_flaw(world);
    do_business(world, campaign);
    world_check(world);
    stop_at_flaw(world);
    pass_time(world);
    do_business(world, campaign);
    world_check(world);
    stop_at_flaw(world);
    end(world, campaign);
}

/* Of which campaign are these? Empty: none of them says so. */
static struct tuan_str name_of(struct mirror_bytes data, struct arena *memory)
{
    union stored_body body;
    enum engine_kind kind;

    while (data.len > 0 && dumped_next(&data, memory, &kind, &body))
        if (kind == ENGINE_CAMPAIGN) return body.campaign.campaign;
    return TUAN_STR("");
}

static void restore(struct world *world, const struct engine *apart, struct mirror_bytes data,
                    struct tuan_str name)
{
    char campaign[TUAN_ID_MAX + 1] = "", why[256] = "";

    memcpy(campaign, name.ptr, name.len);
    world->now_ms = engine_last_now_ms(apart) > T0 ? engine_last_now_ms(apart) : T0;
    if (world->now_ms > ENGINE_TIME_MAX - 10 * YEAR_MS) return;
    if (engine_may_restore(world->engine, apart, name, world->now_ms, why, sizeof why) != TUAN_OK) {
        assert(why[0] != '\0');
        return;
    }
    struct luggage *luggage = mover_read(data.ptr, data.len);
    assert(luggage != NULL && mover_unpack(world, luggage, name));
    mover_throw_away(luggage);
    live(world, campaign);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena memory;
    struct mirror_bytes bytes = {(const char *)data, size};
    struct world world;
    char why[256] = "";

    world_init(&world, WORLD_PLAIN, size);
    struct engine *apart = dumped_load(&world.config, bytes, &memory, why, sizeof why);
    assert((apart == NULL) == (why[0] != '\0'));
    if (apart != NULL) restore(&world, apart, bytes, name_of(bytes, &memory));
    engine_destroy(apart);
    world_clear(&world);
    return 0;
}
