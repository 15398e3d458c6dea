/* SPDX-License-Identifier: BSD-2-Clause */
/* replay.c - `tuan replay`: the command line, and the order of the phases. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench/tool/args.h"
#include "bench/tool/clock.h"
#include "bench/tool/replay.h"
#include "bench/tool/spawn.h"
#include "bench/tool/stop.h"

#define SCALE_AT_MAX 3600 /* two hours in two seconds */

static const char summary[] = "Drive a daemon with recorded shopper events: lines of "
                              "`user,item,category,behaviour,unix seconds`, from FILE or\n"
                              "standard input (zcat trace.csv.gz | tuan replay -). A category is a "
                              "campaign; buy is ROOM.MATCH then SEAT.PAY (or\n"
                              "the payment of a seat he holds there), cart is ROOM.MATCH whose "
                              "hold is left to expire, fav is ROOM.GET of the\n"
                              "campaign's last touched room, pv is ROOM.LIST. Spans are given in "
                              "trace time and shrink with the speed.\n"
                              "At the end all rooms are waited for, and the daemon's books must "
                              "agree with every answer it gave: exit code 4,\n"
                              "and the first offender, if they do not.\n";

struct command_line {
    struct replay_options options;
    const char *speed, *scale;
    struct spawn_options spawn;
    bool is_private, is_left;
};

static bool read_factor(const char *name, const char *text, double least, double *out)
{
    char *end;

    errno = 0;
    *out = strtod(text, &end);
    if (end != text && *end == '\0' && errno == 0 && *out >= least && *out <= 1e9) return true;
    fprintf(stderr, "tuan: %s %s: a number from %g is expected\n", name, text, least);
    return false;
}

static bool check_options(struct command_line *line)
{
    struct replay_options *options = &line->options;
    bool is_max = strcmp(line->speed, "max") == 0;

    if (!is_max && !read_factor("--speed", line->speed, 0, &options->speed)) return false;
    options->scale = options->speed > 0 ? options->speed : SCALE_AT_MAX;
    if (line->scale != NULL && !read_factor("--scale", line->scale, 0.001, &options->scale))
        return false;
    if (options->size < 2 || options->size > 10000 || options->min_success > options->size) {
        fprintf(stderr, "tuan: --size is from 2 to 10000, --min-success at most that\n");
        return false;
    }
    if (strlen(options->prefix) > TUAN_ID_MAX - EVENT_ID_MAX || options->ttl_ms == 0 ||
        options->hold_ms == 0) {
        fprintf(stderr, "tuan: --prefix has at most %d bytes, --ttl and --hold are not 0\n",
                TUAN_ID_MAX - EVENT_ID_MAX);
        return false;
    }
    if (options->in_flight < 1) options->in_flight = 1;
    return true;
}

/* All phases against a daemon that serves. */
static int run_phases(const struct tool *tool, struct replay *replay, bool is_left)
{
    struct check_result check;
    bool is_good = replay_drive(replay);

    if (is_good && replay->is_cut) is_good = replay_close(replay);
    is_good = is_good && replay_await_rooms(replay) && replay_collect(replay);
    if (!is_good) return tool_fail(&replay->error);
    check_book(&replay->book, true, &check);
    replay_report(tool, replay, &check);
    if (!is_left && !(replay_close(replay) && replay_acknowledge(replay)))
        (void)tool_fail(&replay->error);
    if (check.violations == 0) return TOOL_OK;
    fprintf(stderr, "tuan: WRONG ANSWERS: %" PRId64 " violations; the first is of %s: %s\n",
            check.violations, check.law, check.first);
    return TOOL_WRONG;
}

static int run_replay(const struct tool *tool, FILE *file, const struct command_line *line)
{
    struct replay *replay = mem_zalloc(sizeof *replay);
    int code = TOOL_UNREACHABLE;

    replay->options = line->options;
    replay->reader.file = file;
    book_init(&replay->book, line->options.size, line->options.min_success);
    replay->client = tool_connect(tool);
    if (replay->client != NULL) code = run_phases(tool, replay, line->is_left || line->is_private);
    tuan_client_close(replay->client);
    book_free(&replay->book);
    mem_free(replay);
    return code;
}

static int run_private(struct tool *tool, FILE *file, const struct command_line *line)
{
    struct spawn spawn;

    if (!spawn_start(&spawn, &line->spawn)) return TOOL_UNREACHABLE;
    tool->address = spawn.rpc;
    fprintf(stderr, "private daemon: pid %d, rpc=%s, %s\n", (int)spawn.pid, spawn.rpc, spawn.dir);
    int code = run_replay(tool, file, line);
    if (code == TOOL_UNREACHABLE || code == TOOL_WRONG) spawn_show_log(&spawn);
    spawn_stop(&spawn);
    return code;
}

static int open_and_run(struct tool *tool, const char *path, const struct command_line *line)
{
    bool is_stdin = path == NULL || strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");

    if (file == NULL) {
        fprintf(stderr, "tuan: %s: %s\n", path, strerror(errno));
        return TOOL_USAGE;
    }
    stop_watch();
    int code = line->is_private ? run_private(tool, file, line) : run_replay(tool, file, line);
    if (!is_stdin) fclose(file);
    return code;
}

int replay_command(struct tool *tool, int argc, char **argv)
{
    char prefix[24];
    struct command_line line = {
        .options = {.size = 5,
                    .price = 9900,
                    .ttl_ms = 20 * 60000,
                    .hold_ms = 5 * 60000,
                    .grace_ms = 30000,
                    .keep_ms = 86400000,
                    .in_flight = 512,
                    .prefix = prefix},
        .speed = "100",
        .spawn = {.timeout_ms = 15000},
    };
    struct replay_options *options = &line.options;
    const struct flag flags[] = {
        TOOL_FLAGS(tool),
        {"--speed", NULL, FLAG_TEXT, &line.speed, "N",
         "trace seconds a second; 0 or max: as fast as possible (100)"},
        {"--scale", NULL, FLAG_TEXT, &line.scale, "N",
         "what spans are divided by (the speed; 3600 at max)"},
        {"--size", NULL, FLAG_COUNT, &options->size, "N", "seats of a room"},
        {"--min-success", NULL, FLAG_COUNT, &options->min_success, "N",
         "paid seats that are enough at the deadline"},
        {"--ttl", NULL, FLAG_SPAN, &options->ttl_ms, "SPAN", "life of a room"},
        {"--hold", NULL, FLAG_SPAN, &options->hold_ms, "SPAN", "how long an unpaid seat is kept"},
        {"--grace", NULL, FLAG_SPAN, &options->grace_ms, "SPAN", "how late a payment may arrive"},
        {"--keep", NULL, FLAG_SPAN, &options->keep_ms, "SPAN",
         "how long ended rooms are remembered, never under 60 s"},
        {"--price", NULL, FLAG_COUNT, &options->price, "N", "of a seat, minor units"},
        {"--in-flight", NULL, FLAG_COUNT, &options->in_flight, "N",
         "most events being worked on at a time"},
        {"--events", NULL, FLAG_COUNT, &options->events_max, "N", "stop after so many"},
        {"--prefix", NULL, FLAG_TEXT, &options->prefix, "TEXT",
         "of the campaigns' ids (one of its own each run)"},
        {"--leave", NULL, FLAG_SWITCH, &line.is_left, NULL,
         "leave campaigns open and refunds unacknowledged"},
        {"--private", NULL, FLAG_SWITCH, &line.is_private, NULL,
         "start a private daemon and end it afterwards"},
        {"--tuand", NULL, FLAG_TEXT, &line.spawn.binary, "PATH", "with --private: which daemon"},
        {"--mirror", NULL, FLAG_TEXT, &line.spawn.mirror, "M",
         "with --private: private (default), none, redis://..."},
    };
    const struct usage usage = {"tuan replay [FILE|-] [flags]", summary, flags,
                                sizeof flags / sizeof flags[0]};

    snprintf(prefix, sizeof prefix, "r%" PRIx64 "-", (uint64_t)clock_wall_ms());
    switch (args_parse(&usage, &argc, argv, false)) {
    case ARGS_BAD: return TOOL_USAGE;
    case ARGS_HELP: return TOOL_OK;
    case ARGS_OK: break;
    }
    if (argc > 2) {
        fprintf(stderr, "tuan: replay takes one file\n");
        return TOOL_USAGE;
    }
    return check_options(&line) ? open_and_run(tool, argc > 1 ? argv[1] : NULL, &line) : TOOL_USAGE;
}
