/* SPDX-License-Identifier: BSD-2-Clause */
/* compare.c - episodes of random commands, judged by the engine and by the naive one.
 *
 *   engine_compare [--seed N] [--steps N] [--first N] [--episodes N] [--seeds FILE] [--verbose]
 * [--survey]
 *                  [--counts]
 *
 * The episodes run in a child; when it fails, or is ended by an assertion, the parent has the
 * script in shared memory and looks for the shortest one that still fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "compare.h"

enum { EPISODE_STEPS = 300, CHECK_EVERY = 60, KNOWN_MAX = 256 };

struct shared { /* by the child that runs and the parent that waits */
    struct script script;
    struct tally tally;
    uint64_t steps, episodes, episode, differing;
    char flaw[FLAW_BYTES];
};

struct options {
    uint64_t seed, first, episodes, steps;
    const char *seeds;
    bool is_verbose, is_survey, counts;
};

/* ---- episodes ---- */

static bool rebuild(struct both *both)
{
    struct engine *engine = store_load(&both->store, STORE_FROM_LOG, &both->config);

    if (engine == NULL) {
        both_flaw(both, "the log cannot be loaded");
        return false;
    }
    engine_set_position(engine, both->position + 1);
    engine_destroy(both->engine);
    both->engine = engine;
    return both_check(both, engine);
}

static bool check_now_and_then(struct both *both, uint32_t step)
{
    if (step % CHECK_EVERY != CHECK_EVERY - 1) return true;
    if (!both_check(both, both->engine)) return false;
    return !both->logs || step != EPISODE_STEPS - 1 || rebuild(both);
}

static bool run_episode(struct shared *shared, uint64_t seed, bool tells)
{
    static struct both both;
    struct maker maker;
    bool fits = true;

    both_init(&both, seed, &shared->tally);
    both.tells = tells;
    maker_init(&maker, seed);
    shared->script.seed = seed;
    shared->script.step_count = shared->script.text_used = 0;
    for (uint32_t i = 0; fits && i < EPISODE_STEPS; i++) {
        make_step(&maker, &shared->script, &both);
        if (tells) print_step(&shared->script, &shared->script.steps[i]);
        fits = both_step(&both, &shared->script, &shared->script.steps[i]) &&
               check_now_and_then(&both, i);
    }
    shared->steps += both.steps;
    memcpy(shared->flaw, both.flaw, sizeof shared->flaw);
    both_clear(&both);
    return fits;
}

static uint64_t seed_of(uint64_t seed, uint64_t episode)
{
    return seed * 1000003 + episode;
}

/* ---- failures ---- */

static void report(struct shared *shared, uint64_t seed)
{
    printf("seed %llu, episode %llu, step %u: %s\n", (unsigned long long)seed,
           (unsigned long long)shared->episode, shared->script.step_count,
           shared->flaw[0] == '\0' ? "ended by a signal" : shared->flaw);
    struct script *script = mem_dup(&shared->script, sizeof *script);
    bool checks = !script_fails(script, false, false);
    if (checks && !script_fails(script, false, true)) {
        printf("(not again when run by its script: run --seed %llu --first %llu --episodes 1)\n",
               (unsigned long long)seed, (unsigned long long)shared->episode);
    } else {
        shrink(script, checks);
        printf("the shortest script that fails:\n");
        script_fails(script, true, checks);
    }
    mem_free(script);
}

/* Run episodes in a child. True: all alike. */
static bool run_all(const struct options *options, struct shared *shared, uint64_t seed,
                    uint64_t first, uint64_t episodes)
{
    int status;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        for (shared->episode = first; shared->episode < first + episodes; shared->episode++) {
            shared->flaw[0] = '\0';
            bool fits = run_episode(shared, seed_of(seed, shared->episode), options->is_verbose);
            shared->episodes++;
            shared->differing += !fits;
            if (!fits && options->is_survey) {
                printf("%llu: %s\n   @ ", (unsigned long long)shared->episode, shared->flaw);
                print_step(&shared->script, &shared->script.steps[shared->script.step_count - 1]);
            }
            if (fits || options->is_survey) continue;
            fflush(stdout);
            _exit(1);
        }
        fflush(stdout);
        exit(0); /* not _exit: leaks are reported */
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    report(shared, seed);
    return false;
}

/* Lines of "seed episode": what failed once. Read whole before a child is made, which shares the
 * file's place. */
static bool run_known(const struct options *options, struct shared *shared)
{
    uint64_t seeds[KNOWN_MAX][2];
    FILE *file = options->seeds == NULL ? NULL : fopen(options->seeds, "r");
    char line[256];
    size_t count = 0;
    bool fits = true;

    if (options->seeds != NULL && file == NULL) {
        fprintf(stderr, "%s cannot be read\n", options->seeds);
        return false;
    }
    while (file != NULL && count < KNOWN_MAX && fgets(line, sizeof line, file) != NULL) {
        char *end;
        if (line[0] == '#' || line[0] == '\n') continue;
        seeds[count][0] = strtoull(line, &end, 10);
        seeds[count++][1] = strtoull(end, NULL, 10);
    }
    if (file != NULL) fclose(file);
    for (size_t i = 0; i < count; i++)
        fits = run_all(options, shared, seeds[i][0], seeds[i][1], 1) && fits;
    return fits;
}

static void print_counts(const struct tally *tally)
{
    for (int64_t i = 1; i < TUAN_FACT_TYPE_END; i++)
        printf("%12llu fact %s\n", (unsigned long long)tally->facts[i], tuan_fact_message(i)->name);
    for (int64_t i = 1; i <= TUAN_REASON_MERGED_AWAY; i++)
        printf("%12llu room %s\n", (unsigned long long)tally->reasons[i],
               tuan_word_text(&tuan_room_reason_words, i));
    for (int64_t i = 1; i <= TUAN_REFUND_AFTER_SALE; i++)
        printf("%12llu refund %s\n", (unsigned long long)tally->refunds[i],
               tuan_word_text(&tuan_refund_reason_words, i));
    printf("%12llu OK\n", (unsigned long long)tally->errors[TUAN_OK]);
    for (int i = 1; i < TUAN_ERR_COUNT; i++)
        if (tally->errors[i] > 0)
            printf("%12llu %s\n", (unsigned long long)tally->errors[i], tuan_errors[i].name);
}

static struct options parse(int argc, char **argv)
{
    struct options options = {.seed = 1};

    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--verbose") == 0) options.is_verbose = true;
        if (strcmp(argv[i], "--survey") == 0) options.is_survey = true;
        if (strcmp(argv[i], "--counts") == 0) options.counts = true;
        if (!has_value) continue;
        if (strcmp(argv[i], "--seed") == 0)
            options.seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--steps") == 0)
            options.steps = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--first") == 0)
            options.first = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--episodes") == 0)
            options.episodes = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seeds") == 0)
            options.seeds = argv[++i];
    }
    if (options.steps > 0) options.episodes = (options.steps + EPISODE_STEPS - 1) / EPISODE_STEPS;
    if (options.episodes == 0) options.episodes = 100;
    return options;
}

int main(int argc, char **argv)
{
    struct options options = parse(argc, argv);
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED) return 2;
    bool fits = run_known(&options, shared) &&
                run_all(&options, shared, options.seed, options.first, options.episodes);
    bool is_alike = fits && shared->differing == 0;
    if (options.counts) print_counts(&shared->tally);
    printf("compared %llu steps in %llu episodes, seed %llu: %s\n",
           (unsigned long long)shared->steps, (unsigned long long)shared->episodes,
           (unsigned long long)options.seed, is_alike ? "all alike" : "they differ");
    return is_alike ? 0 : 1;
}
