/* SPDX-License-Identifier: BSD-2-Clause */
/* quality.c - `tuan bench quality`: which policy of matching seats most people. */
#include "bench/load/quality.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench/load/load.h"
#include "bench/load/quality_report.h"
#include "bench/tool/args.h"
#include "bench/tool/clock.h"
#include "proto/schema.h"

#define PROGRESS_AFTER_US 2000000
#define PROGRESS_EACH_US  1000000

static const char summary[] =
    "Arrivals drive the engine alone, in virtual time, under each matching policy, with merge off "
    "and at the deadline: the same\npeople with the same intents at the same moments. Reported: "
    "the share of shoppers whose room formed, how long they waited,\nwhat became of the rooms, "
    "and the most that any rule could seat. FILE (- is standard input) holds recorded shopper\n"
    "events as `tuan replay` reads them; `buy` and `cart` rows are shoppers, categories are "
    "campaigns. Without FILE the\narrivals are generated, from the seed.\n";

static const enum tuan_match policies[] = {TUAN_MATCH_NEARLY_FULL, TUAN_MATCH_OLDEST,
                                           TUAN_MATCH_SPREAD};
#define POLICIES (sizeof policies / sizeof policies[0])

struct quality_command {
    struct quality_rules rules; /* of every run, but for match and merges */
    struct arrivals_generated generated;
    int64_t seed;
    const char *file, *arrivals, *zipf;
    bool each, csv;
};

static int complain(const char *what)
{
    fprintf(stderr, "tuan bench quality: %s\n", what);
    return TOOL_USAGE;
}

static int check(struct quality_command *command)
{
    const struct quality_rules *rules = &command->rules;
    struct arrivals_generated *generated = &command->generated;
    char *end;

    if (rules->size < 2 || rules->size > 10000) return complain("--size is from 2 to 10000");
    if (rules->life_ms < 1 || rules->life_ms > INT64_C(31622400000))
        return complain("--life is from 1ms to 366d");
    if (rules->open_pct + rules->link_pct > 100 || rules->open_pct > 100)
        return complain("--open and --link are per cent of the shoppers: at most 100 together");
    errno = 0;
    generated->zipf = strtod(command->zipf, &end);
    if (end == command->zipf || *end != '\0' || errno != 0 ||
        !(generated->zipf >= 0 && generated->zipf <= 10))
        return complain("--zipf is a number from 0 (all campaigns alike) to 10");
    if (generated->shoppers < 1 || generated->shoppers > 100000000 || generated->campaigns < 1 ||
        generated->campaigns > 10000000 || generated->span_ms < 1 ||
        generated->span_ms > INT64_C(31622400000) || generated->burst_ms < 1 ||
        generated->burst_ms > INT64_C(31622400000))
        return complain("--shoppers is 1 to 100000000, --campaigns 1 to 10000000, --span and "
                        "--burst 1ms to 366d");
    if (strcmp(command->arrivals, "poisson") == 0)
        generated->kind = ARRIVALS_POISSON;
    else if (strcmp(command->arrivals, "burst") == 0)
        generated->kind = ARRIVALS_BURST;
    else
        return complain("--arrivals is poisson or burst");
    return TOOL_OK;
}

/* ---- arrivals ---- */

static int read_file(const struct quality_command *command, struct arrivals *arrivals)
{
    bool is_stdin = strcmp(command->file, "-") == 0;
    const struct arrivals_recorded source = {
        .file = is_stdin ? stdin : fopen(command->file, "r"),
        .seed = (uint64_t)command->seed,
        .life_ms = command->rules.life_ms,
        .each = command->each,
    };
    bool is_bad = false;

    if (source.file == NULL) {
        fprintf(stderr, "tuan bench quality: %s: %s\n", command->file, strerror(errno));
        return TOOL_USAGE;
    }
    arrivals_read(&source, arrivals);
    is_bad = ferror(source.file) != 0;
    if (!is_stdin) fclose(source.file);
    if (!is_bad && arrivals->count > 0) return TOOL_OK;
    if (is_bad)
        fprintf(stderr, "tuan bench quality: %s cannot be read\n", command->file);
    else
        fprintf(stderr, "tuan bench quality: %s has no buy and no cart row%s%s\n", command->file,
                arrivals->skipped > 0 ? "; " : "", arrivals->note);
    return TOOL_USAGE;
}

static int get_arrivals(struct quality_command *command, struct arrivals *arrivals)
{
    if (command->file != NULL) return read_file(command, arrivals);
    command->generated.seed = (uint64_t)command->seed;
    arrivals_generate(&command->generated, arrivals);
    return TOOL_OK;
}

/* ---- runs ---- */

/* What stands on stderr while it takes long. */
struct progress {
    const struct quality_row *row;
    size_t shoppers;
    int64_t started_us, told_us;
};

static void tell(void *context, size_t done)
{
    struct progress *progress = context;
    int64_t now_us = clock_now_us();

    if (now_us - progress->started_us < PROGRESS_AFTER_US ||
        now_us - progress->told_us < PROGRESS_EACH_US)
        return;
    progress->told_us = now_us;
    fprintf(stderr, "%6.1f s  %s, merge %s: %zu of %zu shoppers\n",
            (double)(now_us - progress->started_us) / 1e6,
            tuan_word_text(&tuan_match_words, progress->row->rules.match),
            progress->row->rules.merges ? "deadline" : "off", done, progress->shoppers);
}

static void run_all(const struct quality_command *command, const struct arrivals *arrivals,
                    struct quality_row *rows)
{
    struct progress progress = {.shoppers = arrivals->count, .started_us = clock_now_us()};

    for (size_t i = 0; i < 2 * POLICIES; i++) {
        rows[i].rules = command->rules;
        rows[i].rules.match = policies[i / 2];
        rows[i].rules.merges = i % 2 == 1;
        progress.row = &rows[i];
        quality_run(arrivals, &rows[i].rules, tell, &progress, &rows[i].result);
    }
}

/* A result that cannot be: the engine refused a newcomer, or seated more than is possible. */
static int verify(const struct quality_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct quality_result *result = &report->rows[i].result;
        if (result->refused == 0 && result->formed <= report->bound_rooms &&
            result->seated == result->formed * report->rows[i].rules.size)
            continue;
        fprintf(stderr,
                "tuan bench quality: the engine is wrong: it refused %lld shoppers, and formed "
                "%lld rooms with %lld seats of %lld rooms that are possible\n",
                (long long)result->refused, (long long)result->formed, (long long)result->seated,
                (long long)report->bound_rooms);
        return TOOL_WRONG;
    }
    return TOOL_OK;
}

static int run(const struct tool *tool, struct quality_command *command)
{
    struct arrivals arrivals = {0};
    int code = get_arrivals(command, &arrivals);

    if (code == TOOL_OK) {
        struct quality_row *rows = mem_zalloc(2 * POLICIES * sizeof *rows);
        const struct quality_report report = {
            .source = command->file != NULL ? command->file : command->arrivals,
            .seed = command->seed,
            .arrivals = &arrivals,
            .bound_rooms =
                bound_rooms(&arrivals, (size_t)command->rules.size, command->rules.life_ms),
            .rows = rows,
            .count = 2 * POLICIES,
        };
        run_all(command, &arrivals, rows);
        if (tool->json)
            quality_print_json(&report);
        else if (command->csv)
            quality_print_csv(&report);
        else
            quality_print_table(&report);
        code = verify(&report);
        mem_free(rows);
    }
    arrivals_free(&arrivals);
    return code;
}

int bench_quality(struct tool *tool, int argc, char **argv)
{
    struct quality_command command = {
        .rules = {.size = 5, .life_ms = 1800000, .open_pct = 30, .link_pct = 20},
        .generated = {.shoppers = 100000,
                      .campaigns = 1000,
                      .span_ms = 7200000,
                      .burst_ms = 120000},
        .seed = 1,
        .arrivals = "poisson",
        .zipf = "1",
    };
    struct quality_rules *rules = &command.rules;
    struct arrivals_generated *generated = &command.generated;
    const struct flag flags[] = {
        TOOL_FLAGS(tool),
        {"--csv", NULL, FLAG_SWITCH, &command.csv, NULL, "a row a run, with a header"},
        {"--size", NULL, FLAG_COUNT, &rules->size, "N", "seats of a room"},
        {"--life", NULL, FLAG_SPAN, &rules->life_ms, "SPAN", "of a room"},
        {"--open", NULL, FLAG_COUNT, &rules->open_pct, "PCT", "shoppers who open their own room"},
        {"--link", NULL, FLAG_COUNT, &rules->link_pct, "PCT",
         "shoppers who follow a link to a room; the others ask to be matched"},
        {"--seed", NULL, FLAG_COUNT, &command.seed, "N", "of arrivals and intents"},
        {"--each", NULL, FLAG_SWITCH, &command.each, NULL,
         "FILE: each row is a shopper of his own, even if the user may still be waiting"},
        {"--arrivals", NULL, FLAG_TEXT, &command.arrivals, "KIND",
         "generated: poisson, or burst (each campaign goes live once) (poisson)"},
        {"--shoppers", NULL, FLAG_COUNT, &generated->shoppers, "N", "generated"},
        {"--campaigns", NULL, FLAG_COUNT, &generated->campaigns, "N", "generated"},
        {"--zipf", NULL, FLAG_TEXT, &command.zipf, "S",
         "generated: campaign n draws 1/n^S of the shoppers (1)"},
        {"--span", NULL, FLAG_SPAN, &generated->span_ms, "SPAN", "generated: they come within"},
        {"--burst", NULL, FLAG_SPAN, &generated->burst_ms, "SPAN",
         "generated: mean delay after going live"},
    };
    const struct usage usage = {"tuan bench quality [FILE|-] [flags]", summary, flags,
                                sizeof flags / sizeof flags[0]};
    int code;

    switch (args_parse(&usage, &argc, argv, false)) {
    case ARGS_BAD: return TOOL_USAGE;
    case ARGS_HELP: return TOOL_OK;
    case ARGS_OK: break;
    }
    if (argc > 2) return complain("one FILE at most");
    command.file = argc == 2 ? argv[1] : NULL;
    code = check(&command);
    return code == TOOL_OK ? run(tool, &command) : code;
}
