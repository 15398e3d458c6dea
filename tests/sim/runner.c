/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/runner.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

/* For the handler of a death: the run under way. */
static struct {
    char *program;
    bool shrinks;
    const struct sim *sim;
    const struct run_wish *wish;
} under_way;

/* ---- one run ---- */

static void add(struct sim_stats *total, const struct sim_stats *stats)
{
    uint64_t *to = (uint64_t *)total;
    const uint64_t *from = (const uint64_t *)stats;

    for (size_t i = 0; i < sizeof *total / sizeof *to; i++)
        to[i] += from[i];
}
_Static_assert(sizeof(struct sim_stats) % sizeof(uint64_t) == 0, "all of its members are counters");

void run_one(const struct run_wish *wish, struct run_report *report, struct sim_stats *total)
{
    struct sim *sim = mem_alloc(sizeof *sim);
    struct config config;

    config_make(&config, &wish->config);
    *report = (struct run_report){.steps = 0};
    for (int round = 0; round <= (int)wish->is_twice; round++) {
        under_way.sim = sim;
        under_way.wish = wish;
        sim_run(sim, &config, wish->is_traced);
        if (round == 1 && sim->hash != report->hash)
            sim_flaw(sim, "the same seed made two histories");
        report->steps = sim->stats.steps;
        report->hash = sim->hash;
        memcpy(report->flaw, sim->flaw, sizeof report->flaw);
        if (total != NULL) add(total, &sim->stats);
        sim_free(sim);
        under_way.sim = NULL;
    }
    mem_free(sim);
}

void run_print_command(const struct run_wish *wish, struct buf *out)
{
    buf_printf(out, "tuan-sim --seed %llu --steps %llu", (unsigned long long)wish->config.seed,
               (unsigned long long)wish->config.steps);
    if (wish->config.calm_steps > 0)
        buf_printf(out, " --calm %llu", (unsigned long long)wish->config.calm_steps);
    for (int i = 0; i < FAULT_COUNT; i++)
        if ((wish->config.without >> i) & 1) buf_printf(out, " --without %s", fault_rows[i].word);
    if (wish->config.duels) buf_append_str(out, " --duels");
    if (wish->config.moves) buf_append_str(out, " --moves");
    if (!wish->config.excuses) buf_append_str(out, " --no-excuses");
}

/* ---- in a process of its own ---- */

static void child(const struct run_wish *wish, int fd)
{
    struct run_report report;
    ssize_t written;

    signal(SIGABRT, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    if (freopen("/dev/null", "w", stderr) == NULL) _exit(1);
    run_one(wish, &report, NULL);
    written = write(fd, &report, sizeof report);
    _exit(written == (ssize_t)sizeof report ? 0 : 1);
}

void run_apart(const struct run_wish *wish, struct run_report *report)
{
    int fds[2], status = 0;
    pid_t pid;

    if (pipe(fds) != 0) abort();
    fflush(stdout);
    pid = fork();
    if (pid == 0) child(wish, fds[1]);
    close(fds[1]);
    if (read(fds[0], report, sizeof *report) != (ssize_t)sizeof *report) {
        *report = (struct run_report){.steps = wish->config.steps};
        snprintf(report->flaw, sizeof report->flaw, "an assertion fails");
    }
    close(fds[0]);
    waitpid(pid, &status, 0);
}

/* ---- smaller ---- */

static bool still_fails(const struct run_wish *wish, struct run_report *report)
{
    run_apart(wish, report);
    return report->flaw[0] != '\0';
}

static void shrink_steps(struct run_wish *wish, struct run_report *report)
{
    struct run_report tried;

    if (report->steps < wish->config.steps) wish->config.steps = report->steps;
    for (uint64_t cut = wish->config.steps / 2; cut > wish->config.steps / 64; cut /= 2) {
        struct run_wish smaller = *wish;
        smaller.config.steps -= cut;
        if (!still_fails(&smaller, &tried)) continue;
        if (tried.steps < smaller.config.steps) smaller.config.steps = tried.steps;
        *wish = smaller;
        *report = tried;
    }
}

static void shrink_faults(struct run_wish *wish, struct run_report *report)
{
    struct run_report tried;
    struct config config;

    for (int i = 0; i < FAULT_COUNT; i++) {
        struct run_wish smaller = *wish;
        config_make(&config, &wish->config);
        if (config.fault_us[i] == 0) continue;
        smaller.config.without |= 1U << i;
        if (!still_fails(&smaller, &tried)) continue;
        *wish = smaller;
        *report = tried;
    }
}

void shrink(const struct run_wish *wish)
{
    struct run_wish smallest = *wish;
    struct run_report report;
    struct buf text = {0};
    struct config config;

    smallest.is_twice = smallest.is_traced = false;
    if (!still_fails(&smallest, &report)) {
        printf("  it does not fail again by itself\n");
        return;
    }
    for (int round = 0; round < 2; round++) {
        shrink_steps(&smallest, &report);
        shrink_faults(&smallest, &report);
    }
    config_make(&config, &smallest.config);
    run_print_command(&smallest, &text);
    buf_append_str(&text, " --trace\n  ");
    config_print(&config, &text);
    printf("  smallest: %s\n  %.*s", report.flaw, (int)text.len, text.data);
    buf_free(&text);
}

/* ---- death ---- */

static void on_death(int signal_number)
{
    static char seed[24], steps[24];
    char *argv[9 + 2 * FAULT_COUNT] = {under_way.program, "--shrink", "--seed", seed,
                                       "--steps",         steps};
    size_t count = 6;

    signal(signal_number, SIG_DFL);
    if (under_way.sim == NULL) abort();
    const struct config_wish *wish = &under_way.wish->config;
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)wish->seed);
    snprintf(steps, sizeof steps, "%llu", (unsigned long long)wish->steps);
    for (int i = 0; i < FAULT_COUNT; i++) {
        if (((wish->without >> i) & 1) == 0) continue;
        argv[count++] = (char *)(uintptr_t) "--without";
        argv[count++] = (char *)(uintptr_t)fault_rows[i].word;
    }
    if (wish->duels) argv[count++] = (char *)(uintptr_t) "--duels";
    if (wish->moves) argv[count++] = (char *)(uintptr_t) "--moves";
    if (!wish->excuses) argv[count++] = (char *)(uintptr_t) "--no-excuses";
    dprintf(2, "seed %s died in step %llu\n", seed, (unsigned long long)under_way.sim->stats.steps);
    if (under_way.shrinks && !under_way.wish->is_traced) execv("/proc/self/exe", argv);
    _exit(1);
}

void run_catch_death(char *program, bool shrinks)
{
    under_way.program = program;
    under_way.shrinks = shrinks;
    signal(SIGABRT, on_death);
#ifndef TUAN_SANITIZED
    signal(SIGSEGV, on_death);
#endif
}
