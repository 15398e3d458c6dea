/* SPDX-License-Identifier: BSD-2-Clause */
/* compare.h - the engine and the naive one side by side.
 *
 * An episode is a script: commands in RESP words with their times. Words that name what an engine
 * draws are written so that they hold in any run: `@1500` is T0 + 1500, `$o7` the room that order
 * o7 opened last, `$f0.o7` the first refund of order o7. So steps may be left out of a script, and
 * what is left still means the same.
 */
#ifndef TUAN_TESTS_COMPARE_H
#define TUAN_TESTS_COMPARE_H

#include "base/rng.h"
#include "engine/engine.h"
#include "naive.h"
#include "store.h"

enum {
    STEPS_MAX = 512,
    WORDS_MAX = 60,
    TEXT_BYTES = 1 << 17,
    NAMES_MAX = 4096,
    FACTS_MAX = 4096,
    FLAW_BYTES = 8192,
};
#define T0 INT64_C(1700000000000)

struct step {
    int64_t at;                /* after T0 */
    uint32_t words[WORDS_MAX]; /* where they begin in the script's text */
    uint32_t word_count;
};
struct script {
    uint64_t seed; /* of the episode: what the engine draws */
    struct step steps[STEPS_MAX];
    uint32_t step_count, text_used;
    char text[TEXT_BYTES];
};

struct drawn { /* an id that the engine drew, and the order it was for */
    char order[TUAN_ID_MAX + 1];
    struct tuan_id id;
};

struct tally { /* how often what came up: is every rule really tried? */
    uint64_t facts[TUAN_FACT_TYPE_END], errors[TUAN_ERR_COUNT];
    uint64_t reasons[TUAN_REASON_MERGED_AWAY + 1], refunds[TUAN_REFUND_AFTER_SALE + 1];
};

struct both {
    struct engine_config config;
    struct engine *engine;
    struct naive *naive;
    struct rng rng;  /* the engine's random bytes */
    struct rng dice; /* what the harness does by chance: the same for the same seed */
    int64_t now;
    uint64_t position;
    struct tuan_arena arena; /* what commands point to: lives as long as it */
    struct drawn *rooms, *refunds;
    size_t room_count, refund_count;
    const struct tuan_fact **facts;
    struct store store;
    bool logs; /* keeps a log, and is rebuilt from it now and then */
    bool tells;
    uint64_t steps;
    struct tally *tally; /* may be NULL */
    enum tuan_err last_err;
    char flaw[FLAW_BYTES];
};

/* ---- both.c ---- */
void both_init(struct both *both, uint64_t seed, struct tally *tally);
void both_clear(struct both *both);
/* Retire what falls due up to then, then the command. False: see flaw. */
bool both_step(struct both *both, const struct script *script, const struct step *step);
bool both_advance(struct both *both, int64_t now);
/* Judge the same command by both and compare. */
bool both_judge(struct both *both, struct engine *engine, const struct tuan_command *command);

/* ---- check.c ---- */
void both_flaw(struct both *both, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool same_replies(struct both *both, const struct tuan_reply *theirs,
                  const struct tuan_reply *ours);
/* Every room, seat, refund, campaign and user, as this engine and the naive one show them. */
bool both_check(struct both *both, struct engine *engine);

/* ---- make.c ---- */
struct maker {
    struct rng rng;
    const uint8_t *bytes; /* not NULL: chance is read from here, and is 0 behind the end */
    const uint8_t *bytes_end;
    uint64_t kinds; /* which rules this episode is about */
    int orders, payments;
    int64_t now; /* after T0 */
};
void maker_init(struct maker *maker, uint64_t seed);
/* The next step, by what the naive engine knows. */
void make_step(struct maker *maker, struct script *script, const struct both *both);

/* ---- shrink.c ---- */
void print_step(const struct script *script, const struct step *step);
/* Run a script in a child. True: it fails; its flaw is printed if asked for. `checks`: everything
 * that can be read is compared after each step. */
bool script_fails(const struct script *script, bool prints, bool checks);
void shrink(struct script *script, bool checks);

#endif
