/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c - tuan-sim: see usage() below and README.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/log.h"
#include "tests/sim/runner.h"

enum { PROGRESS_S = 30, FRESH_SEED_MAX = 1000000000, TEST_SEEDS = 12, TEST_STEPS = 2000 };

struct order {
    struct run_wish wish;
    uint64_t count;
    long seconds;   /* stop after so long; 0: after `count` seeds */
    uint64_t total; /* or after so many steps of all seeds; 0: no matter how many */
    bool is_shrink, is_test;
    bool is_first;          /* stop at the first failure, and do not make it smaller */
    const char *seeds_file; /* of a test */
};

static int usage(void)
{
    fprintf(stderr,
            "tuan-sim [--seed N] [--count N | --seconds N | --total STEPS] [--steps N]\n"
            "         [--without FAULT]... [--duels] [--moves] [--twice] [--trace] [--first] [--shrink]\n"
            "         [--calm STEPS] [--no-excuses] [--test SEEDS_FILE]\n"
            "faults:\n");
    for (int i = 0; i < FAULT_COUNT; i++)
        fprintf(stderr, "  %-11s %s\n", fault_rows[i].word, fault_rows[i].doc);
    return 2;
}

static bool turn_off(struct order *order, const char *word)
{
    for (int i = 0; i < FAULT_COUNT; i++) {
        if (strcmp(fault_rows[i].word, word) != 0) continue;
        order->wish.config.without |= 1U << i;
        return true;
    }
    return false;
}

static bool read_flag(struct order *order, const char *flag)
{
    if (strcmp(flag, "--twice") == 0)
        order->wish.is_twice = true;
    else if (strcmp(flag, "--trace") == 0)
        order->wish.is_traced = true;
    else if (strcmp(flag, "--shrink") == 0)
        order->is_shrink = true;
    else if (strcmp(flag, "--duels") == 0)
        order->wish.config.duels = true;
    else if (strcmp(flag, "--moves") == 0)
        order->wish.config.moves = true;
    else if (strcmp(flag, "--first") == 0)
        order->is_first = true;
    else if (strcmp(flag, "--no-excuses") == 0)
        order->wish.config.excuses = false;
    else
        return false;
    return true;
}

static bool read_option(struct order *order, const char *name, const char *value)
{
    uint64_t number = strtoull(value, NULL, 10);

    if (strcmp(name, "--seed") == 0)
        order->wish.config.seed = number;
    else if (strcmp(name, "--steps") == 0)
        order->wish.config.steps = number;
    else if (strcmp(name, "--calm") == 0)
        order->wish.config.calm_steps = number;
    else if (strcmp(name, "--count") == 0)
        order->count = number;
    else if (strcmp(name, "--total") == 0)
        order->total = number;
    else if (strcmp(name, "--seconds") == 0)
        order->seconds = (long)number;
    else if (strcmp(name, "--without") == 0)
        return turn_off(order, value);
    else if (strcmp(name, "--test") == 0) {
        order->is_test = true;
        order->seeds_file = value;
    } else
        return false;
    return true;
}

static bool read_order(struct order *order, int argc, char **argv)
{
    *order = (struct order){.count = 1};
    order->wish.config = (struct config_wish){.seed = 1, .steps = 20000, .excuses = true};
    for (int i = 1; i < argc; i++) {
        if (read_flag(order, argv[i])) continue;
        if (i + 1 == argc || !read_option(order, argv[i], argv[i + 1])) return false;
        i++;
    }
    return true;
}

/* ---- telling ---- */

static void print_summary(const struct sim_stats *stats, uint64_t seeds, time_t since)
{
    long seconds = (long)(time(NULL) - since);

    printf("%llu seeds, %.1f M steps, %.2f M steps/s, %.1f h simulated;", (unsigned long long)seeds,
           (double)stats->steps / 1e6,
           (double)stats->steps / 1e6 / (double)(seconds == 0 ? 1 : seconds),
           (double)stats->simulated_us / 3.6e9);
    printf(" %llu commands, %llu requests to Redis, %llu batches, %llu takes, %llu loads"
           " (%llu compared), %llu slices, %llu rewinds, %llu campaigns restored, %llu UNKNOWN or "
           "DOWN, %llu excused;",
           (unsigned long long)stats->commands, (unsigned long long)stats->requests,
           (unsigned long long)stats->appends, (unsigned long long)stats->takes,
           (unsigned long long)stats->loads, (unsigned long long)stats->loads_compared,
           (unsigned long long)stats->slices, (unsigned long long)stats->rewinds,
           (unsigned long long)stats->restored, (unsigned long long)stats->replaced,
           (unsigned long long)stats->excused);
    for (int i = 0; i < FAULT_COUNT; i++)
        printf(" %s %llu", fault_rows[i].word, (unsigned long long)stats->fails[i]);
    printf("\n");
    fflush(stdout);
}

static void print_failure(const struct run_wish *wish, const struct run_report *report)
{
    struct buf text = {0};

    run_print_command(wish, &text);
    printf("FAILED seed %llu, step %llu: %s\n  again: %.*s --trace\n",
           (unsigned long long)wish->config.seed, (unsigned long long)report->steps, report->flaw,
           (int)text.len, text.data);
    buf_free(&text);
}

static bool run_and_tell(const struct run_wish *wish, bool shrinks, struct sim_stats *total)
{
    struct run_report report;

    run_one(wish, &report, total);
    if (report.flaw[0] == '\0') return true;
    print_failure(wish, &report);
    if (shrinks && !wish->is_traced) shrink(wish);
    return false;
}

/* ---- orders ---- */

static bool goes_on(const struct order *order, time_t since, uint64_t seeds,
                    const struct sim_stats *total)
{
    if (order->seconds > 0) return time(NULL) - since < order->seconds;
    if (order->total > 0) return total->steps < order->total;
    return seeds < order->count;
}

static int run_many(const struct order *order)
{
    time_t since = time(NULL), told = since;
    struct run_wish wish = order->wish;
    struct sim_stats total = {0};
    uint64_t seeds = 0, failed = 0;

    for (; goes_on(order, since, seeds, &total); seeds++, wish.config.seed++) {
        failed += !run_and_tell(&wish, !order->is_first, &total);
        if (order->is_first && failed > 0) break;
        if (time(NULL) - told < PROGRESS_S) continue;
        told = time(NULL);
        printf("seed %llu: ", (unsigned long long)wish.config.seed);
        print_summary(&total, seeds + 1, since);
    }
    print_summary(&total, seeds, since);
    if (failed > 0) printf("%llu seeds FAILED\n", (unsigned long long)failed);
    return failed > 0;
}

/* Lines `seed steps [without…] # what it found`. */
static bool run_kept(const char *path, struct sim_stats *total, uint64_t *seeds)
{
    FILE *file = fopen(path, "re");
    bool is_good = true;
    char line[400];

    if (file == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        return false;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        struct order order = {.wish.config.excuses = true};
        char *rest = line, *word;
        line[strcspn(line, "#\n")] = '\0';
        if ((word = strsep(&rest, " ")) == NULL || *word == '\0') continue;
        order.wish.config.seed = strtoull(word, NULL, 10);
        order.wish.config.steps = strtoull(strsep(&rest, " "), NULL, 10);
        while ((word = strsep(&rest, " ")) != NULL)
            if (*word != '\0' && !turn_off(&order, word)) is_good = false;
        is_good = run_and_tell(&order.wish, true, total) && is_good;
        (*seeds)++;
    }
    fclose(file);
    return is_good;
}

/* What ctest runs: the kept seeds, some fixed ones twice, and a fresh one. */
static int run_test(const struct order *order)
{
    struct run_wish wish = {.config = {.steps = TEST_STEPS, .excuses = true}, .is_twice = true};
    struct sim_stats total = {0};
    time_t since = time(NULL);
    uint64_t seeds = 0, fresh = 0;
    bool is_good = run_kept(order->seeds_file, &total, &seeds);

    for (uint64_t seed = 1; seed <= TEST_SEEDS; seed++, seeds++) {
        wish.config.seed = seed;
        is_good = run_and_tell(&wish, true, &total) && is_good;
    }
    if (getrandom(&fresh, sizeof fresh, 0) != (ssize_t)sizeof fresh) return 1;
    wish.config.seed = fresh % FRESH_SEED_MAX;
    printf("a fresh seed: %llu\n", (unsigned long long)wish.config.seed);
    fflush(stdout);
    is_good = run_and_tell(&wish, true, &total) && is_good;
    print_summary(&total, seeds + 1, since);
    return is_good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct order order;

    if (!read_order(&order, argc, argv)) return usage();
    log_init(&(struct log_config){
        .fd = 2, .level_min = order.wish.is_traced ? LOG_LEVEL_DEBUG : (enum log_level)LOG_LEVELS});
    run_catch_death(argv[0], !order.is_first);
    if (order.wish.is_traced) {
        struct config config;
        struct buf text = {0};
        config_make(&config, &order.wish.config);
        config_print(&config, &text);
        fprintf(stderr, "%.*s", (int)text.len, text.data);
        buf_free(&text);
    }
    if (order.is_shrink) {
        shrink(&order.wish);
        return 1;
    }
    return order.is_test ? run_test(&order) : run_many(&order);
}
