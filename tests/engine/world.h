/* SPDX-License-Identifier: BSD-2-Clause */
/* world.h - an engine with what surrounds it in a daemon: a clock that the test sets, a log, a
 * mirror's snapshot, restarts.
 *
 * After each step the world audits the engine and proves recovery: engines made from the whole log
 * and from snapshot and tail must dump the same bytes and answer all reads as the live one does.
 */
#ifndef TUAN_TESTS_ENGINE_WORLD_H
#define TUAN_TESTS_ENGINE_WORLD_H

#include "pairs.h"
#include "store.h"

/* What happens to the engine between the steps of a story; its answers must not depend on it. */
enum world_pass {
    WORLD_PLAIN,         /* nothing: what is due is retired when it is touched */
    WORLD_PUNCTUAL,      /* all that is due is retired at its very time */
    WORLD_FROM_LOG,      /* a restart before each step, from the log */
    WORLD_FROM_SNAPSHOT, /* a restart before each step, from snapshot and tail */
    WORLD_PASSES
};

/* Ids that were seen in facts: what can be read. */
struct names {
    char **items;
    size_t count, room;
};

struct world {
    enum world_pass pass;
    struct engine_config config;
    struct engine *engine;
    struct store store;
    struct rng rng;
    int64_t now_ms;
    uint64_t position; /* of the newest batch */
    struct names campaigns, rooms, users, orders;
    int64_t *room_facts; /* of rooms.items[i]: what its version must be */
    size_t room_facts_room;
    char flaw[256]; /* what the last check found; empty: nothing */
};

struct outcome {
    enum tuan_err err;
    bool more;  /* engine_expire: more is due */
    char *text; /* of an error */
    struct pairs pairs;
    char **facts; /* names */
    size_t fact_count;
};

void world_init(struct world *world, enum world_pass pass, uint64_t seed);
void world_clear(struct world *world);

/* Go on to now_ms as the pass has it. False: see flaw. */
bool world_advance(struct world *world, int64_t now_ms);
void world_do(struct world *world, const struct tuan_str *words, size_t count, struct outcome *out);
void world_sweep(struct world *world, size_t budget, struct outcome *out);
/* What was emitted but by a command or a sweep becomes a batch of the log. */
void world_take(struct world *world, struct outcome *out);
/* A restart, from the log or from the snapshot. False: see flaw. */
bool world_reload(struct world *world, enum store_way way);
/* Audit, recovery, reads. False: see flaw. */
bool world_check(struct world *world);

void outcome_clear(struct outcome *outcome);

#endif
