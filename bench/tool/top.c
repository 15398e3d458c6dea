/* SPDX-License-Identifier: BSD-2-Clause */
/* top.c - `tuan top`: what a daemon does, second by second. */
#include <stdio.h>

#include "bench/tool/args.h"
#include "bench/tool/clock.h"
#include "bench/tool/info.h"
#include "bench/tool/stop.h"
#include "bench/tool/top_view.h"
#include "bench/tool/value.h"

enum { ANSWER_MS = 10000, CAMPAIGNS = 30, SLEEP_MS = 200, INTERVAL_MIN_MS = 50 };

static void free_sample(struct top_sample *sample)
{
    json_decref(sample->info);
    json_decref(sample->campaigns);
    *sample = (struct top_sample){0};
}

static int list_campaigns(struct tuan_client *client, struct top_sample *sample)
{
    struct tuan_client_error error;
    struct tuan_answer *answer =
        tuan_client_call(client, &error, "campaign.list limit=%d", (int)CAMPAIGNS);

    if (answer == NULL) return tool_fail(&error);
    json_t *page = value_json(tuan_answer_result(answer));
    sample->campaigns = json_incref(json_object_get(page, "campaigns"));
    json_decref(page);
    tuan_answer_free(answer);
    return TOOL_OK;
}

static int take_sample(const struct tool *tool, struct tuan_client *client,
                       struct top_sample *sample)
{
    int code;

    sample->info = info_read(client, "everything", &code);
    sample->at_us = clock_now_us();
    if (sample->info == NULL) return code;
    return tool->is_terminal && !tool->json ? list_campaigns(client, sample) : TOOL_OK;
}

static bool goes_on(void)
{
    return !stop_asked() && ferror(stdout) == 0;
}

static void wait_until(int64_t at_us)
{
    while (goes_on() && clock_now_us() < at_us) {
        int64_t left_ms = (at_us - clock_now_us() + 999) / 1000;
        clock_sleep_ms(left_ms < SLEEP_MS ? left_ms : SLEEP_MS);
    }
}

/* count 0: until it is asked to stop. */
static int show(struct tool *tool, struct tuan_client *client, int64_t interval_ms, int64_t count)
{
    struct top_view view = {.tool = tool};
    struct top_sample before = {0}, now = {0};
    int code = take_sample(tool, client, &before);

    for (int64_t shown = 0; code == TOOL_OK && (count == 0 || shown < count); shown++) {
        wait_until(before.at_us + interval_ms * 1000);
        if (!goes_on()) break;
        code = take_sample(tool, client, &now);
        if (code != TOOL_OK) break;
        top_view_show(&view, &before, &now);
        free_sample(&before);
        before = now;
        now = (struct top_sample){0};
    }
    top_view_close(&view);
    free_sample(&before);
    free_sample(&now);
    return code;
}

int top_command(struct tool *tool, int argc, char **argv)
{
    static const char summary[] =
        "What the daemon does, sample by sample: requests, rooms, where the time goes.\n"
        "A terminal shows a live picture. A pipe gets a line for each sample: tab-separated\n"
        "under one line of names, or JSON with --json.\n\n"
        "Names:\n"
#define TOP(group, column, kind, of, by, doc) "  " column ": " doc "\n"
#include "bench/tool/top.def"
        ;
    int64_t interval_ms = 1000, count = 0;
    const struct flag flags[] = {
        TOOL_FLAGS(tool),
        {"--interval", "-i", FLAG_SPAN, &interval_ms, "SPAN", "between two samples"},
        {"--count", "-n", FLAG_COUNT, &count, "N", "end after that many; without it: Ctrl-C"},
    };
    const struct usage usage = {"tuan top [flags]", summary, flags, sizeof flags / sizeof flags[0]};

    switch (args_parse(&usage, &argc, argv, false)) {
    case ARGS_BAD: return TOOL_USAGE;
    case ARGS_HELP: return TOOL_OK;
    case ARGS_OK: break;
    }
    if (argc > 1 || interval_ms < INTERVAL_MIN_MS) {
        fprintf(stderr, argc > 1 ? "tuan: top takes no words (tuan top --help)\n"
                                 : "tuan: --interval: at least 50ms\n");
        return TOOL_USAGE;
    }
    struct tuan_client *client = tool_connect(tool);
    if (client == NULL) return TOOL_UNREACHABLE;
    stop_watch();
    int code = show(tool, client, interval_ms, count);
    tuan_client_close(client);
    return code;
}
