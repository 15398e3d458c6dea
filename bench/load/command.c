/* SPDX-License-Identifier: BSD-2-Clause */
/* command.c - `tuan bench [SCENARIO]`: a daemon under load. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/mem.h"
#include "bench/load/load.h"
#include "bench/load/trials.h"
#include "bench/peers/redis.h"
#include "bench/report/conclude.h"
#include "bench/report/objective.h"
#include "bench/report/result.h"
#include "bench/report/summary.h"
#include "bench/tool/args.h"
#include "bench/tool/spawn.h"
#include "bench/tool/stop.h"

static const char summary[] =
    "Puts a daemon under the load of a shop, and says how long shoppers waited. The loop is open: "
    "requests leave when they are due,\nhowever the server fares, and response times count from "
    "then. Every answer is verified, and at the end every room is read back.\nSCENARIO is one of "
    "those below or a JSON file of the same keys; flags change it. Without one: shop-day.\n"
    "Exit codes: 0 ok, 1 usage, 2 cannot connect, 3 objective missed, 4 wrong answers, 5 the "
    "generator was the limit.\n";

enum { OWN_FLAGS = 16, TARGETS = 2 };

struct load_command {
    const char *texts[PLAN_ROWS]; /* as given; NULL: not given */
    bool switches[PLAN_ROWS];
    char docs[PLAN_ROWS][256], names[PLAN_ROWS][32];
    const char *replay, *mirror, *tuand, *peer, *max_regress;
    struct conclusion conclusion;
    struct shoppers *shoppers; /* owned; NULL: by the mix */
    bool starts_private, is_yes, is_quiet, keeps, lists;
};

extern const struct embedded_folder bench_scenarios;

/* ---- scenarios ---- */

static void list_scenarios(void)
{
    printf("\nScenarios:\n");
    for (size_t i = 0; i < bench_scenarios.count; i++) {
        const struct embedded_file *file = &bench_scenarios.files[i];
        json_t *json = json_loadb((const char *)file->data, file->len, 0, NULL);
        const char *about = json_string_value(json_object_get(json, "about"));
        printf("  %-22.*s %s\n", (int)strcspn(file->path, "."), file->path,
               about == NULL ? "" : about);
        json_decref(json);
    }
}

/* A name among those built in, else a file. NULL: said on stderr. */
static json_t *load_scenario(const char *name)
{
    json_error_t error;

    for (size_t i = 0; i < bench_scenarios.count; i++) {
        const struct embedded_file *file = &bench_scenarios.files[i];
        size_t len = strcspn(file->path, ".");
        if (strlen(name) == len && memcmp(name, file->path, len) == 0)
            return json_loadb((const char *)file->data, file->len, 0, NULL);
    }
    if (strchr(name, '.') == NULL && strchr(name, '/') == NULL) {
        fprintf(stderr,
                "tuan bench: no such scenario: %s (--list names them; files end in .json)\n", name);
        return NULL;
    }
    json_t *json = json_load_file(name, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) fprintf(stderr, "tuan bench: %s:%d: %s\n", name, error.line, error.text);
    return json;
}

/* ---- the command line ---- */

static void describe_rows(struct load_command *command)
{
    for (int row = 0; row < PLAN_ROWS; row++) {
        const struct plan_row_info *info = &plan_rows[row];
        char *name = command->names[row];
        bool has_default = info->dflt[0] != '\0' && !info->is_switch;
        snprintf(name, sizeof command->names[row], "--%s", info->key);
        for (char *at = name; *at != '\0'; at++)
            if (*at == '_') *at = '-';
        snprintf(command->docs[row], sizeof command->docs[row], "%s%s%s%s", info->doc,
                 has_default ? " (" : "", has_default ? info->dflt : "", has_default ? ")" : "");
    }
}

static void fill_flags(struct load_command *command, struct tool *tool, struct flag *flags)
{
    const struct flag own[OWN_FLAGS] = {
        TOOL_FLAGS(tool),
        {"--list", NULL, FLAG_SWITCH, &command->lists, NULL, "the scenarios"},
        {"--private", NULL, FLAG_SWITCH, &command->starts_private, NULL,
         "start a tuand for this run"},
        {"--mirror", NULL, FLAG_TEXT, &command->mirror, "M",
         "of the private tuand: private, none (private)"},
        {"--tuand", NULL, FLAG_TEXT, &command->tuand, "PATH",
         "of the private tuand (beside this program)"},
        {"--peer", NULL, FLAG_TEXT, &command->peer, "PEER",
         "redis-lua[:FSYNC]: the same in Redis with a Lua library, side by side"},
        {"--out", "-o", FLAG_TEXT, &command->conclusion.out, "FILE",
         "write the result there, as JSON"},
        {"--csv", NULL, FLAG_TEXT, &command->conclusion.csv, "FILE", "the latencies as a table"},
        {"--hgrm", NULL, FLAG_TEXT, &command->conclusion.hgrm, "FILE",
         "response times of what was accepted, as HdrHistogram prints them"},
        {"--report", NULL, FLAG_TEXT, &command->conclusion.html, "FILE",
         "a page with tables and diagrams"},
        {"--compare", NULL, FLAG_TEXT, &command->conclusion.base, "FILE",
         "what has changed against that result"},
        {"--max-regress", NULL, FLAG_TEXT, &command->max_regress, "P",
         "exit 3 if it is worse than the base by more: 5%"},
        {"--replay", NULL, FLAG_TEXT, &command->replay, "FILE", "the plan of a result, once more"},
        {"--quiet", "-q", FLAG_SWITCH, &command->is_quiet, NULL, "no line each second"},
        {"--yes", NULL, FLAG_SWITCH, &command->is_yes, NULL,
         "the server is not on this machine, and may be loaded"},
    };

    memcpy(flags, own, sizeof own);
    for (int row = 0; row < PLAN_ROWS; row++)
        flags[OWN_FLAGS + row] =
            (struct flag){command->names[row],
                          NULL,
                          plan_rows[row].is_switch ? FLAG_SWITCH : FLAG_TEXT,
                          plan_rows[row].is_switch ? (void *)&command->switches[row]
                                                   : (void *)&command->texts[row],
                          plan_rows[row].is_switch ? NULL : plan_rows[row].value,
                          command->docs[row]};
}

static bool check_objectives(const struct plan *plan)
{
    const char *wrong = objectives_check(plan->slo);

    if (wrong == NULL) wrong = objectives_check(plan->find_max);
    if (wrong != NULL) fprintf(stderr, "tuan bench: slo, find-max: %s\n", wrong);
    return wrong == NULL;
}

static bool read_regress(struct load_command *command)
{
    const char *text = command->max_regress;
    char *end;

    if (text == NULL) return true;
    double percent = strtod(text, &end);
    command->conclusion.max_regress = percent / 100;
    if (end != text && (*end == '\0' || strcmp(end, "%") == 0) && percent > 0 && percent <= 1e6 &&
        command->conclusion.base != NULL)
        return true;
    fprintf(stderr, "tuan bench: --max-regress is a share such as 5%%, with --compare FILE\n");
    return false;
}

/* Scenario, or the plan of a result; then the flags. False: said on stderr. */
static bool make_plan(const struct load_command *command, const char *scenario, struct plan *plan)
{
    json_t *json = command->replay == NULL ? load_scenario(scenario) : result_read(command->replay);
    const json_t *keys = command->replay == NULL ? json : json_object_get(json, "plan");
    bool is_good =
        json != NULL && plan_read(plan, keys, command->replay == NULL ? scenario : command->replay);

    json_decref(json);
    for (int row = 0; is_good && row < PLAN_ROWS; row++) {
        const char *text =
            plan_rows[row].is_switch ? command->switches[row] ? "1" : NULL : command->texts[row];
        const char *wrong = text == NULL ? NULL : plan_set(plan, (enum plan_row)row, text);
        if (wrong == NULL) continue;
        fprintf(stderr, "tuan bench: %s %s: %s\n", command->names[row], text, wrong);
        is_good = false;
    }
    return is_good && plan_check(plan) && check_objectives(plan);
}

/* The trace, whose categories are the campaigns. False: said on stderr. */
static bool read_trace(struct load_command *command, struct plan *plan)
{
    if (plan->trace[0] == '\0') return true;
    command->shoppers = shoppers_read(plan->trace);
    if (command->shoppers != NULL) plan->campaigns = shoppers_campaigns(command->shoppers);
    return command->shoppers != NULL;
}

/* ---- the runs ---- */

static void tell_run(void *context, const json_t *run)
{
    if (context != NULL) summary_print(stdout, context, run);
}

static int run_on(const struct load_command *command, struct plan *plan, struct target *targets,
                  size_t target_count, const struct tool *tool, json_t *result)
{
    struct trials trials = {.plan = plan,
                            .targets = targets,
                            .target_count = target_count,
                            .shoppers = command->shoppers,
                            .is_quiet = command->is_quiet,
                            .leaves_traces = command->starts_private,
                            .result = result,
                            .done = tell_run,
                            .context = tool->json ? NULL : json_object_get(result, "plan")};
    int code = trials_run(&trials), verdict = conclude(&command->conclusion, result);

    return code == TOOL_OK || verdict == TOOL_USAGE ? verdict : code;
}

static bool may_load(const struct load_command *command, const char *address)
{
    struct link_address resolved;

    if (!link_resolve(address, "8826", &resolved)) return false;
    if (resolved.is_loopback || command->is_yes) return true;
    fprintf(stderr,
            "tuan bench: %s is not on this machine. A load may hurt whoever shops there; --yes "
            "says that it may be.\n",
            address);
    return false;
}

/* "redis-lua", or with ":always": as durable as ours, where that is not said. */
static bool open_peer(const char *peer, const struct target *ours, struct target *target)
{
    static const char name[] = "redis-lua";
    const char *fsync = ours->is_durable ? "always" : "off";

    if (strncmp(peer, "redis-lua:", sizeof name) == 0) fsync = peer + sizeof name;
    return target_open_redis(target, fsync);
}

static bool is_peer(const char *peer)
{
    static const char *const peers[] = {"redis-lua", "redis-lua:always", "redis-lua:everysec",
                                        "redis-lua:no", "redis-lua:off"};

    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++)
        if (strcmp(peer, peers[i]) == 0) return true;
    fprintf(stderr, "tuan bench: --peer %s: redis-lua, redis-lua:always, :everysec, :no or :off\n",
            peer);
    return false;
}

static int bench_at(const struct load_command *command, const char *address, struct plan *plan,
                    const struct tool *tool, json_t *result)
{
    struct target targets[TARGETS];
    size_t count = 0;
    int code = TOOL_UNREACHABLE;

    if (!may_load(command, address)) return TOOL_USAGE;
    if (!target_open_tuan(&targets[0], address)) return TOOL_UNREACHABLE;
    count++;
    if (command->peer == NULL || open_peer(command->peer, &targets[0], &targets[1])) {
        count += command->peer != NULL;
        code = run_on(command, plan, targets, count, tool, result);
    }
    while (count > 0) {
        count--;
        targets[count].close(&targets[count]);
    }
    return code;
}

static int bench(const struct load_command *command, struct plan *plan, const struct tool *tool,
                 json_t *result)
{
    const struct spawn_options options = {
        .binary = command->tuand, .mirror = command->mirror, .timeout_ms = 60000};
    struct spawn daemon = {0};

    if (command->peer != NULL && !is_peer(command->peer)) return TOOL_USAGE;
    if (!command->starts_private) return bench_at(command, tool->address, plan, tool, result);
    if (!spawn_start(&daemon, &options)) return TOOL_UNREACHABLE;
    int code = bench_at(command, daemon.rpc, plan, tool, result);
    spawn_stop(&daemon);
    return code;
}

int bench_load(struct tool *tool, int argc, char **argv)
{
    struct load_command *command = mem_zalloc(sizeof *command);
    struct flag flags[OWN_FLAGS + PLAN_ROWS];
    const struct usage usage = {"tuan bench [SCENARIO] [flags]", summary, flags,
                                OWN_FLAGS + PLAN_ROWS};
    struct plan plan;
    int code = TOOL_USAGE;

    json_t *words = json_array();
    for (int i = 0; i < argc; i++)
        json_array_append_new(words, json_string(argv[i]));
    describe_rows(command);
    fill_flags(command, tool, flags);
    plan_init(&plan);
    enum args_result parsed = args_parse(&usage, &argc, argv, false);
    if (parsed == ARGS_HELP || command->lists) {
        list_scenarios();
        code = TOOL_OK;
    } else if (parsed == ARGS_OK && argc > 2) {
        fprintf(stderr, "tuan bench: one scenario at a time\n");
    } else if (parsed == ARGS_OK && read_regress(command) &&
               make_plan(command, argc > 1 ? argv[1] : "shop-day", &plan) &&
               read_trace(command, &plan)) {
        json_t *result = result_create(&plan, words);
        command->conclusion.tells_json = tool->json;
        stop_watch();
        code = bench(command, &plan, tool, result);
        json_decref(result);
    }
    plan_free(&plan);
    shoppers_free(command->shoppers);
    json_decref(words);
    mem_free(command);
    return code;
}
