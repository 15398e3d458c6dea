/* SPDX-License-Identifier: BSD-2-Clause */
/* watch.c - `tuan watch`: rooms and campaigns as they change. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/tool/args.h"
#include "bench/tool/clock.h"
#include "bench/tool/stop.h"
#include "bench/tool/value.h"
#include "bench/tool/watch_view.h"
#include "proto/schema.h"

enum { DRAW_MS = 200, ANSWER_MS = 10000, ROOMS_MAX = 100, LIST_ROOMS = 50 };

struct watcher {
    struct tuan_client *client;
    struct watch_view view;
    const char *rooms[ROOMS_MAX];
    size_t room_count;
    const char **campaigns; /* among argv */
    size_t campaign_count;
};

static bool is_room_id(const char *word)
{
    struct tuan_id id;

    return tuan_rid_parse((struct tuan_str){word, (uint32_t)strlen(word)}, &id);
}

/* ---- asking ---- */

/* The answer to what was just built. Notifications that come first are taken on the way. NULL:
 * *code says why, told on stderr. */
static struct tuan_answer *ask(struct watcher *watcher, int *code);

static void take_notification(struct watcher *watcher, const struct tuan_answer *news)
{
    const char *method = tuan_answer_method(news);

    if (strcmp(method, "gap") == 0) {
        watch_view_note_gap(&watcher->view);
    } else if (strcmp(method, "room") == 0) {
        json_t *status = value_json(tuan_answer_result(news));
        watch_view_take(&watcher->view, status);
        json_decref(status);
    }
}

static struct tuan_answer *ask(struct watcher *watcher, int *code)
{
    struct tuan_client_error error;
    struct tuan_answer *answer = NULL;
    uint32_t msgid = tuan_client_end(watcher->client, &error);

    while (msgid != 0 &&
           (answer = tuan_client_receive(watcher->client, ANSWER_MS, &error)) != NULL) {
        if (tuan_answer_msgid(answer) == msgid) break;
        take_notification(watcher, answer);
        tuan_answer_free(answer);
    }
    *code = answer == NULL ? tool_fail(&error) : tool_refusal(answer);
    if (*code == TOOL_OK) return answer;
    tuan_answer_free(answer);
    return NULL;
}

static void take_statuses(struct watcher *watcher, const json_t *list)
{
    size_t index;
    json_t *status;

    json_array_foreach((json_t *)(uintptr_t)list, index, status)
    {
        watch_view_take(&watcher->view, status);
    }
}

/* What is open when the watching begins: a campaign's push tells changes only. */
static int list_campaign(struct watcher *watcher, const char *campaign)
{
    int code;

    tuan_client_begin(watcher->client, "room.list");
    tuan_client_str(watcher->client, "campaign", campaign);
    tuan_client_int(watcher->client, "limit", LIST_ROOMS);
    struct tuan_answer *answer = ask(watcher, &code);
    if (answer == NULL) return code;
    json_t *page = value_json(tuan_answer_result(answer));
    take_statuses(watcher, json_object_get(page, "rooms"));
    json_decref(page);
    tuan_answer_free(answer);
    return TOOL_OK;
}

/* Countdowns run by the daemon's clock. Frees the answer to WATCH. */
static void take_clock(struct watcher *watcher, struct tuan_answer *answer)
{
    int64_t now_ms;

    if (answer != NULL && tuan_answer_int(answer, "now", &now_ms))
        watcher->view.clock_offset_ms = now_ms - clock_wall_ms();
    tuan_answer_free(answer);
}

static int watch_campaign(struct watcher *watcher, const char *campaign)
{
    int code;

    tuan_client_begin(watcher->client, "watch");
    tuan_client_str(watcher->client, "campaign", campaign);
    take_clock(watcher, ask(watcher, &code));
    return code == TOOL_OK ? list_campaign(watcher, campaign) : code;
}

/* Each room's status is pushed at once. */
static int watch_rooms(struct watcher *watcher)
{
    int code;

    tuan_client_begin(watcher->client, "watch");
    tuan_client_list(watcher->client, "room", watcher->room_count);
    for (size_t i = 0; i < watcher->room_count; i++)
        tuan_client_str(watcher->client, NULL, watcher->rooms[i]);
    take_clock(watcher, ask(watcher, &code));
    return code;
}

static int begin(struct watcher *watcher)
{
    int code = watcher->room_count > 0 ? watch_rooms(watcher) : TOOL_OK;

    for (size_t i = 0; code == TOOL_OK && i < watcher->campaign_count; i++)
        code = watch_campaign(watcher, watcher->campaigns[i]);
    return code;
}

/* ---- watching ---- */

static bool is_over(const struct watcher *watcher)
{
    return watcher->campaign_count == 0 && watcher->view.count >= watcher->room_count &&
           watch_view_live(&watcher->view) == 0;
}

/* Until it is asked to stop, the span is over, or all rooms have ended. span_ms 0: no end. */
static int follow(struct watcher *watcher, int64_t span_ms)
{
    struct tuan_client_error error;
    int64_t end_us = clock_now_us() + span_ms * 1000;

    while (!stop_asked() && !is_over(watcher) && ferror(stdout) == 0 &&
           (span_ms == 0 || clock_now_us() < end_us)) {
        watch_view_draw(&watcher->view);
        struct tuan_answer *news = tuan_client_receive(watcher->client, DRAW_MS, &error);
        for (; news != NULL; news = tuan_client_receive(watcher->client, 0, &error)) {
            take_notification(watcher, news);
            tuan_answer_free(news);
        }
        if (error.failure != TUAN_CLIENT_TIMEOUT && !stop_asked()) return tool_fail(&error);
    }
    watch_view_draw(&watcher->view);
    return TOOL_OK;
}

static int watch(struct tool *tool, struct watcher *watcher, int64_t span_ms)
{
    watcher->client = tool_connect(tool);
    if (watcher->client == NULL) return TOOL_UNREACHABLE;
    stop_watch();
    watch_view_open(&watcher->view, tool, "tuan watch");
    int code = begin(watcher);
    if (code == TOOL_OK) code = follow(watcher, span_ms);
    watch_view_close(&watcher->view);
    tuan_client_close(watcher->client);
    return code;
}

/* argv keeps the campaigns. */
static bool sort_words(struct watcher *watcher, int argc, char **argv)
{
    watcher->campaigns = (const char **)argv + 1;
    for (int i = 1; i < argc; i++) {
        if (!is_room_id(argv[i])) {
            watcher->campaigns[watcher->campaign_count++] = argv[i];
        } else if (watcher->room_count == ROOMS_MAX) {
            fprintf(stderr, "tuan: at most %d rooms can be watched at a time\n", ROOMS_MAX);
            return false;
        } else {
            watcher->rooms[watcher->room_count++] = argv[i];
        }
    }
    return true;
}

int watch_command(struct tool *tool, int argc, char **argv)
{
    int64_t span_ms = 0;
    const struct flag flags[] = {
        TOOL_FLAGS(tool),
        {"--for", NULL, FLAG_SPAN, &span_ms, "SPAN", "end after 30s, 5m ...; without it: Ctrl-C"},
    };
    const struct usage usage = {
        "tuan watch ROOM|CAMPAIGN...",
        "Rooms as they change; of a campaign, its 50 best joinable ones and then every change.\n"
        "A terminal shows a live table. A pipe gets a line for each change: tab-separated under\n"
        "one line of names, or JSON with --json. Rooms alone: ends when all of them have.\n",
        flags, sizeof flags / sizeof flags[0]};
    struct watcher watcher = {0};

    switch (args_parse(&usage, &argc, argv, false)) {
    case ARGS_BAD: return TOOL_USAGE;
    case ARGS_HELP: return TOOL_OK;
    case ARGS_OK: break;
    }
    if (argc < 2) {
        fprintf(stderr, "tuan: watch which room or campaign? (tuan watch --help)\n");
        return TOOL_USAGE;
    }
    return sort_words(&watcher, argc, argv) ? watch(tool, &watcher, span_ms) : TOOL_USAGE;
}
