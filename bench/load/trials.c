/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/trials.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "bench/report/objective.h"
#include "bench/report/result.h"
#include "bench/tool/stop.h"
#include "bench/tool/tool.h"

enum { TRIALS_MAX = 24 };
#define PRECISE_ENOUGH 1.05 /* between the highest rate that holds and the lowest that does not */
#define RATE_MAX       4e6

static int judge(const struct trials *trials, const struct outcome *outcome, const json_t *run)
{
    bool is_ours = outcome->target == &trials->targets[0];

    if (laws_broken(&outcome->laws) > 0) return TOOL_WRONG;
    if (outcome->end != DRIVE_DONE || !outcome->is_verified) return TOOL_UNREACHABLE;
    if (outcome->is_generator_bound) return TOOL_GENERATOR;
    return is_ours && !objectives_met(json_object_get(run, "objectives")) ? TOOL_REFUSED : TOOL_OK;
}

/* Wrong answers are worse than none, and those than slow ones. */
static int worse(int a, int b)
{
    static const int order[] = {TOOL_WRONG,   TOOL_UNREACHABLE, TOOL_USAGE,
                                TOOL_REFUSED, TOOL_GENERATOR,   TOOL_OK};

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (a == order[i] || b == order[i]) return order[i];
    return a;
}

/* One run of a plan; NULL: it could not be run. A new reference. */
static json_t *run_target(const struct trials *trials, struct target *target,
                          const char *objectives, int *code)
{
    const struct run_options options = {.plan = trials->plan,
                                        .target = target,
                                        .shoppers = trials->shoppers,
                                        .label = trials->target_count > 1 ? target->label : "",
                                        .is_quiet = trials->is_quiet,
                                        .leaves_traces =
                                            trials->leaves_traces || !target->may_watch};
    struct outcome outcome;

    if (!run_once(&options, &outcome, code)) return NULL;
    json_t *run = result_run(&outcome);
    json_object_set_new(run, "objectives", objectives_judge(objectives, run));
    *code = judge(trials, &outcome, run);
    outcome_free(&outcome);
    return run;
}

static void keep(const struct trials *trials, json_t *run)
{
    json_array_append_new(json_object_get(trials->result, "runs"), run);
    trials->done(trials->context, run);
}

static int repeat(const struct trials *trials)
{
    struct buf objectives = {0};
    int worst = TOOL_OK, code;

    objectives_complete(trials->plan->slo, &objectives);
    for (int64_t i = 0; i < trials->plan->repeat; i++)
        for (size_t t = 0; t < trials->target_count && !stop_asked(); t++) {
            json_t *run = run_target(trials, &trials->targets[t], objectives.data, &code);
            worst = worse(worst, code);
            if (run == NULL) goto done;
            keep(trials, run);
        }
done:
    buf_free(&objectives);
    return worst;
}

/* ---- the highest rate ---- */

struct search {
    struct trials *trials;
    struct target *target;
    const char *objectives;
    double holds, breaks; /* the highest that holds, the lowest that does not; 0: not known */
    json_t *best;         /* owned */
    json_t *tried;
    bool is_generator; /* what broke was the generator */
};

/* False: it could not be run, or is wrong; *code says so. */
static bool try_rate(struct search *search, double rate, int *code)
{
    plan_set_rate(search->trials->plan, rate);
    json_t *run = run_target(search->trials, search->target, search->objectives, code);
    if (run == NULL) return false;
    json_t *objectives = json_object_get(run, "objectives");
    bool holds = objectives_met(objectives);
    fprintf(stderr, "find-max: %s %.0f/s: %s%s\n", search->target->name, rate,
            holds ? "holds" : "does not hold",
            *code == TOOL_GENERATOR ? " (the generator was late)" : "");
    json_array_append_new(search->tried,
                          json_pack("{s:f, s:b, s:b, s:O}", "rate", rate, "holds", holds,
                                    "generator_bound", *code == TOOL_GENERATOR, "objectives",
                                    objectives));
    if (holds) {
        search->holds = rate;
        json_decref(search->best);
        search->best = json_incref(run);
    } else {
        search->breaks = rate;
        search->is_generator = *code == TOOL_GENERATOR;
    }
    json_decref(run);
    return *code != TOOL_WRONG && *code != TOOL_UNREACHABLE;
}

static double next_rate(const struct search *search)
{
    if (search->breaks == 0) return search->holds * 2;
    if (search->holds == 0) return search->breaks / 2;
    return (search->holds + search->breaks) / 2;
}

static bool is_found(const struct search *search)
{
    if (search->holds >= RATE_MAX || (search->breaks > 0 && search->breaks < 1)) return true;
    return search->holds > 0 && search->breaks > 0 &&
           search->breaks / search->holds < PRECISE_ENOUGH;
}

static int search_target(struct trials *trials, struct target *target, double rate)
{
    struct buf objectives = {0};
    struct search search = {.trials = trials, .target = target, .tried = json_array()};
    int code = TOOL_OK;

    objectives_complete(trials->plan->find_max, &objectives);
    search.objectives = objectives.data;
    for (int i = 0; i < TRIALS_MAX && !is_found(&search) && !stop_asked(); i++) {
        if (!try_rate(&search, rate, &code)) break;
        code = TOOL_OK;
        rate = next_rate(&search);
    }
    if (code == TOOL_OK && search.is_generator) code = TOOL_GENERATOR;
    if (code == TOOL_OK && search.holds == 0) code = TOOL_REFUSED;
    printf("%s: the highest rate that holds %s: %.0f/s%s\n", target->name, search.objectives,
           search.holds, search.is_generator ? ", and there the generator was the limit" : "");
    json_array_append_new(
        json_object_get(trials->result, "find_max"),
        json_pack("{s:s, s:f, s:s, s:o}", "target", target->name, "rate", search.holds, "limit",
                  search.is_generator ? "generator" : "objective", "tried", search.tried));
    if (search.best != NULL) keep(trials, search.best);
    buf_free(&objectives);
    return code;
}

int trials_run(struct trials *trials)
{
    const struct schedule *schedule = &trials->plan->schedule;
    double rate = schedule->stages[schedule->count - 1].rate; /* every search begins there */
    int worst = TOOL_OK;

    if (trials->plan->find_max[0] == '\0') return repeat(trials);
    json_object_set_new(trials->result, "find_max", json_array());
    for (size_t t = 0; t < trials->target_count; t++)
        worst = worse(worst, search_target(trials, &trials->targets[t], rate));
    return worst;
}
