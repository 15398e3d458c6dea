/* SPDX-License-Identifier: BSD-2-Clause */
/* random.c - random commands over few users, rooms and orders, tiny limits, jumps of time, restarts
 * and failovers; campaigns that are dropped, and come back as they were. Episodes are short, each
 * with an engine and campaigns of its own.
 *
 *   engine_random [--seed N] [--steps N] [--verbose]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger.h"
#include "mover.h"

enum {
    EPISODE_STEPS = 250,
    CAMPAIGNS = 2,
    WORDS_MAX = 40,
    WORD_MAX = 48,
    USERS = 6,
    CHECK_EVERY = 25
};

static uint64_t seed = 1;
static long steps_wanted = 2500;
static bool is_verbose;

struct episode {
    struct world world;
    struct ledger ledger;
    struct rng rng;
    struct tuan_str words[WORDS_MAX];
    char texts[WORDS_MAX][WORD_MAX];
    size_t word_count;
    uint64_t number;
    int orders, payments, step;
    struct luggage *luggage[CAMPAIGNS]; /* NULL: not dumped yet */
    bool has_moved;                     /* the ledger knows nothing of lives that came back */
};

static uint64_t dice(struct episode *episode, uint64_t sides)
{
    return rng_below(&episode->rng, sides);
}

/* ---- making commands ---- */

static void word(struct episode *episode, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void word(struct episode *episode, const char *format, ...)
{
    va_list args;
    char *text = episode->texts[episode->word_count];

    assert_true(episode->word_count < WORDS_MAX);
    va_start(args, format);
    vsnprintf(text, WORD_MAX, format, args);
    va_end(args);
    episode->words[episode->word_count++] = (struct tuan_str){text, (uint32_t)strlen(text)};
}

/* One of these words, or none of the pair: "name" "value". */
static void maybe(struct episode *episode, uint64_t of, const char *name, const char *const *values,
                  uint64_t count)
{
    if (dice(episode, of) != 0) return;
    word(episode, "%s", name);
    word(episode, "%s", values[dice(episode, count)]);
}
#define MAYBE(of, name, ...)                                                                       \
    maybe(episode, of, name, (const char *const[]){__VA_ARGS__},                                   \
          sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void put_campaign(struct episode *episode)
{
    word(episode, "CAMPAIGN.PUT");
    word(episode, "c%d", (int)dice(episode, 2));
    MAYBE(2, "size", "2", "3", "4");
    MAYBE(2, "price", "0", "100");
    MAYBE(3, "min_success", "0", "1", "2");
    MAYBE(2, "room_ttl_ms", "30000", "90000", "400000");
    MAYBE(2, "hold_ms", "500", "5000", "20000");
    MAYBE(2, "late_grace_ms", "0", "300", "3000");
    MAYBE(2, "late_pay", "reseat", "reroute", "refund");
    MAYBE(3, "full_join", "refuse", "reroute");
    MAYBE(3, "clock_start", "open", "leader_paid");
    MAYBE(3, "on_campaign_end", "cap", "run_on", "fail");
    MAYBE(9, "payment", "required", "none");
    MAYBE(4, "reserve", "on_hold", "whole_room");
    MAYBE(4, "quota", "0", "7", "20");
    MAYBE(4, "opens_per_user", "0", "2");
    MAYBE(4, "joins_per_user", "0", "2");
    MAYBE(4, "qty_per_user", "0", "5");
    MAYBE(4, "max_rooms", "0", "4");
    MAYBE(4, "seats_per_room_user", "1", "2");
    MAYBE(3, "one_open_per_user", "0", "1");
    MAYBE(3, "name", "one", "two", "three");
    MAYBE(9, "status", "on", "paused", "on");
    word(episode, "keep_ms");
    word(episode, "%d", dice(episode, 2) == 0 ? 60000 : 100000);
    if (dice(episode, 6) != 0) return;
    word(episode, "end_at");
    word(episode, "%lld", (long long)(episode->world.now_ms + 1 + (int64_t)dice(episode, 900000)));
}

static const char *some_room(struct episode *episode)
{
    const struct names *rooms = &episode->world.rooms;
    size_t recent = rooms->count < 8 ? rooms->count : 8;

    return rooms->count == 0 ? "00000000000000000001"
                             : rooms->items[rooms->count - 1 - dice(episode, recent)];
}

static void some_order(struct episode *episode)
{
    bool is_new = episode->orders == 0 || dice(episode, 8) != 0;

    word(episode, "o%d",
         is_new ? episode->orders++ : (int)dice(episode, (uint64_t)episode->orders));
}

static void known_order(struct episode *episode)
{
    uint64_t recent = episode->orders < 10 ? (uint64_t)episode->orders + 1 : 10;
    int order = episode->orders - (int)dice(episode, recent);

    word(episode, "o%d", order < 0 ? 0 : order);
}

static void take_seat(struct episode *episode)
{
    uint64_t kind = dice(episode, 6);

    word(episode, kind < 2 ? "ROOM.MATCH" : kind < 5 ? "ROOM.JOIN" : "ROOM.OPEN");
    if (kind >= 2 && kind < 5)
        word(episode, "%s", some_room(episode));
    else
        word(episode, "c%d", (int)dice(episode, 2));
    word(episode, "u%d", (int)dice(episode, USERS));
    some_order(episode);
    MAYBE(5, "qty", "1", "2", "3");
    MAYBE(8, "hold_ms", "1", "400");
    MAYBE(9, "profile", "nick");
    MAYBE(9, "referrer", "r1");
    MAYBE(9, "tags", "{\"city\":\"sh\"}");
    if (kind < 2) MAYBE(6, "open", "0", "1");
    if (kind == 5) MAYBE(6, "listed", "0", "1");
}

static void pay(struct episode *episode)
{
    word(episode, "SEAT.PAY");
    word(episode, "c%d", (int)dice(episode, 2));
    known_order(episode);
    word(episode, "payment");
    bool is_new = episode->payments == 0 || dice(episode, 5) != 0;
    word(episode, "p%d",
         is_new ? episode->payments++ : (int)dice(episode, (uint64_t)episode->payments));
    word(episode, "amount");
    word(episode, "%d", dice(episode, 4) == 0 ? 99 : 100);
    if (dice(episode, 3) != 0) return;
    word(episode, "paid_at");
    word(episode, "%lld", (long long)(episode->world.now_ms - (int64_t)dice(episode, 3000)));
}

static const char *some_refund(struct episode *episode, struct outcome *list)
{
    struct tuan_str words[] = {TUAN_STR("REFUND.LIST"), TUAN_STR("limit"), TUAN_STR("3")};
    char path[32];

    world_do(&episode->world, words, 3, list);
    snprintf(path, sizeof path, "refunds.%d.refund", (int)dice(episode, 3));
    const char *refund = pairs_find(&list->pairs, path);
    return refund == NULL ? "00000000000000000001" : refund;
}

static void acknowledge(struct episode *episode)
{
    struct outcome list;

    const char *refund = some_refund(episode, &list);
    word(episode, "REFUND.ACK");
    word(episode, "%s", refund);
    outcome_clear(&list);
}

static void make_command(struct episode *episode)
{
    uint64_t kind = dice(episode, 100);

    episode->word_count = 0;
    if (kind < 50) {
        take_seat(episode);
    } else if (kind < 78) {
        pay(episode);
    } else if (kind < 84) {
        word(episode, "SEAT.CANCEL");
        word(episode, "c%d", (int)dice(episode, 2));
        known_order(episode);
    } else if (kind < 91) {
        acknowledge(episode);
    } else if (kind < 92) {
        word(episode, "CAMPAIGN.DROP");
        word(episode, "c%d", (int)dice(episode, 2));
    } else if (kind < 95) {
        put_campaign(episode);
    } else if (kind < 99) {
        word(episode, dice(episode, 3) == 0 ? "ROOM.FORM" : "ROOM.DISSOLVE");
        word(episode, "%s", some_room(episode));
    } else if (dice(episode, 6) == 0) {
        word(episode, "CAMPAIGN.CLOSE");
        word(episode, "c%d", (int)dice(episode, 2));
        MAYBE(2, "rooms", "run_on", "fail");
    } else {
        word(episode, "CAMPAIGN.LIST");
    }
}

/* ---- an episode ---- */

static void fail_episode(const struct episode *episode, const char *flaw)
{
    fprintf(stderr, "seed %llu, episode %llu, step %d: %s\n ", (unsigned long long)seed,
            (unsigned long long)episode->number, episode->step, flaw);
    for (size_t i = 0; i < episode->word_count; i++)
        fprintf(stderr, " %.*s", (int)episode->words[i].len, episode->words[i].ptr);
    fprintf(stderr, "\n");
    fail();
}

static void tell(const struct episode *episode, const struct outcome *outcome)
{
    fprintf(stderr, "%lld", (long long)(episode->world.now_ms - INT64_C(1700000000000)));
    for (size_t i = 0; i < episode->word_count; i++)
        fprintf(stderr, " %.*s", (int)episode->words[i].len, episode->words[i].ptr);
    fprintf(stderr, " -> %s |", outcome->err == TUAN_OK ? "" : tuan_errors[outcome->err].name);
    for (size_t i = 0; i < outcome->fact_count; i++)
        fprintf(stderr, " %s", outcome->facts[i]);
    fprintf(stderr, "\n");
}

static void pass_time(struct episode *episode)
{
    static const int64_t jumps[] = {1, 1, 1, 2, 10, 100, 500, 1000, 3000, 5000, 30000, 61000};
    struct world *world = &episode->world;
    struct outcome outcome;

    world->now_ms += jumps[dice(episode, sizeof jumps / sizeof *jumps)];
    if (dice(episode, 400) == 0) world->now_ms += 500000;
    if (dice(episode, 3) == 0) return; /* what is due stays until it is touched */
    episode->word_count = 0;
    word(episode, "sweep");
    world_sweep(world, dice(episode, 4) == 0 ? 1 + dice(episode, 5) : 1000000, &outcome);
    if (is_verbose) tell(episode, &outcome);
    outcome_clear(&outcome);
}

static void command(struct episode *episode)
{
    struct outcome outcome;

    make_command(episode);
    world_do(&episode->world, episode->words, episode->word_count, &outcome);
    if (is_verbose) tell(episode, &outcome);
    if (outcome.err == TUAN_OK) {
        const char *campaign = pairs_find(&outcome.pairs, "campaign");
        const char *order = pairs_find(&outcome.pairs, "order");
        const char *reason = pairs_find(&outcome.pairs, "reason");
        bool pays = strcmp(episode->texts[0], "SEAT.PAY") == 0;
        bool takes = strncmp(episode->texts[0], "ROOM.", 5) == 0 && order != NULL;
        bool is_stray = pays && reason != NULL && strcmp(reason, "unmatched") == 0;
        if ((takes || is_stray) && pairs_find(&outcome.pairs, "again") == NULL)
            ledger_forget_order(&episode->ledger, campaign, order);
        ledger_see_reply(&episode->ledger, &outcome.pairs);
        if (pays)
            ledger_see_payment(&episode->ledger, episode->texts[1], episode->texts[2],
                               episode->texts[4]);
    }
    outcome_clear(&outcome);
}

/* ---- a campaign that goes and comes back ---- */

static void ask(struct episode *episode, const char *command, const char *what)
{
    struct outcome outcome;

    episode->word_count = 0;
    word(episode, "%s", command);
    word(episode, "%s", what);
    world_do(&episode->world, episode->words, episode->word_count, &outcome);
    if (is_verbose) tell(episode, &outcome);
    outcome_clear(&outcome);
}

/* All that keeps a campaign from being dropped goes, of every campaign. */
static void clear_out(struct episode *episode)
{
    const struct names *rooms = &episode->world.rooms;
    struct tuan_str list[] = {TUAN_STR("REFUND.LIST")};
    struct outcome outcome;
    char path[32];

    for (size_t i = 0; i < rooms->count; i++)
        ask(episode, "ROOM.DISSOLVE", rooms->items[i]);
    world_do(&episode->world, list, 1, &outcome);
    for (int i = 0;; i++) {
        snprintf(path, sizeof path, "refunds.%d.refund", i);
        const char *refund = pairs_find(&outcome.pairs, path);
        if (refund == NULL) break;
        ask(episode, "REFUND.ACK", refund);
    }
    outcome_clear(&outcome);
}

static void move(struct episode *episode)
{
    int n = (int)dice(episode, CAMPAIGNS);
    struct luggage **luggage = &episode->luggage[n];
    uint64_t kind = dice(episode, 40);
    char name[] = {'c', (char)('0' + n), '\0'};
    struct tuan_str campaign = {name, 2};

    if (kind == 0) {
        mover_throw_away(*luggage);
        *luggage = mover_pack(&episode->world, campaign);
    } else if (kind == 1 && *luggage != NULL) {
        clear_out(episode);
        ask(episode, "CAMPAIGN.DROP", name);
    } else if (kind < 12 && *luggage != NULL && mover_unpack(&episode->world, *luggage, campaign)) {
        if (is_verbose) fprintf(stderr, "%s comes back\n", name);
        episode->has_moved = true;
    }
}

static void disturb(struct episode *episode)
{
    struct world *world = &episode->world;
    uint64_t kind = dice(episode, 60);

    store_work(&world->store, world->engine, &world->rng);
    if (kind == 0) world_reload(world, STORE_FROM_LOG);
    if (kind == 1) world_reload(world, STORE_FROM_SNAPSHOT);
    if (kind == 2) store_fail_over(&world->store, world->engine);
}

static void run_episode(uint64_t number)
{
    struct episode *episode = calloc(1, sizeof *episode);

    assert_non_null(episode);
    episode->number = number;
    rng_seed(&episode->rng, seed * 1000003 + number);
    world_init(&episode->world, WORLD_PLAIN, seed * 7919 + number);
    episode->world.now_ms = INT64_C(1700000000000);
    for (episode->step = 0; episode->step < EPISODE_STEPS; episode->step++) {
        if (episode->step < 4) {
            episode->word_count = 0;
            put_campaign(episode);
            struct outcome outcome;
            world_do(&episode->world, episode->words, episode->word_count, &outcome);
            outcome_clear(&outcome);
        }
        pass_time(episode);
        command(episode);
        engine_audit(episode->world.engine);
        if (episode->number % 3 == 0) move(episode);
        engine_audit(episode->world.engine);
        disturb(episode);
        engine_audit(episode->world.engine);
        if (episode->world.flaw[0] != '\0') fail_episode(episode, episode->world.flaw);
        if (episode->step % CHECK_EVERY == CHECK_EVERY - 1) {
            if (!world_check(&episode->world) || !mover_check(&episode->world))
                fail_episode(episode, episode->world.flaw);
            if (!episode->has_moved && !ledger_settle(&episode->ledger, &episode->world))
                fail_episode(episode, episode->ledger.flaw);
        }
    }
    for (int i = 0; i < CAMPAIGNS; i++)
        mover_throw_away(episode->luggage[i]);
    ledger_clear(&episode->ledger);
    world_clear(&episode->world);
    free(episode);
}

static void random_commands_keep_every_invariant(void **state __attribute__((unused)))
{
    for (long done = 0; done < steps_wanted; done += EPISODE_STEPS)
        run_episode((uint64_t)(done / EPISODE_STEPS));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_commands_keep_every_invariant)};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) seed = strtoull(argv[++i], NULL, 10);
        if (strcmp(argv[i], "--steps") == 0 && i + 1 < argc)
            steps_wanted = strtol(argv[++i], NULL, 10);
        if (strcmp(argv[i], "--verbose") == 0) is_verbose = true;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
