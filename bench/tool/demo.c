/* SPDX-License-Identifier: BSD-2-Clause */
/* demo.c - `tuan demo`: a private daemon, a shop in it, and the shop on the screen until Ctrl-C. */
#include <stdio.h>

#include "base/mem.h"
#include "bench/tool/args.h"
#include "bench/tool/clock.h"
#include "bench/tool/demo_screen.h"
#include "bench/tool/spawn.h"
#include "bench/tool/stop.h"

#define TICK_MS     50
#define REDRAW_MS   200
#define DISCOVER_MS 1000

struct demo {
    struct tool *tool;
    struct spawn spawn;
    struct spawn_options options;
    int64_t seconds; /* 0: until Ctrl-C */
    struct screen screen;
    struct shop shop;
};

static bool run_shop(struct demo *demo)
{
    struct shop *shop = &demo->shop;
    int64_t start_us = clock_now_us(), redraw_ms = 0, discover_ms = 0;

    while (!stop_asked() && ferror(stdout) == 0) { /* a closed pipe ends the demo as well */
        int64_t now_ms = clock_wall_ms(), past_ms = (clock_now_us() - start_us) / 1000;
        if (demo->seconds > 0 && past_ms >= demo->seconds * 1000) return true;
        if (!shop_step(shop, now_ms, TICK_MS)) return false;
        if (past_ms >= discover_ms) {
            discover_ms = past_ms + DISCOVER_MS;
            if (!shop_discover(shop)) return false;
        }
        if (past_ms >= redraw_ms) {
            redraw_ms = past_ms + REDRAW_MS;
            if (!shop_refresh(shop, now_ms)) return false;
            screen_show(&demo->screen, shop, now_ms);
        }
        clock_sleep_ms(TICK_MS);
    }
    return true;
}

/* The daemon serves. */
static int run_client(struct demo *demo)
{
    struct tuan_client *client;

    demo->tool->address = demo->spawn.rpc;
    client = tool_connect(demo->tool);
    if (client == NULL) return TOOL_UNREACHABLE;
    screen_introduce(&demo->screen, demo->spawn.rpc, demo->spawn.dir, (int)demo->spawn.pid);
    bool is_good = shop_open(&demo->shop, client, clock_wall_ms()) && run_shop(demo);
    screen_end(&demo->screen);
    int code = is_good ? TOOL_OK : tool_fail(&demo->shop.error);
    shop_close(&demo->shop);
    tuan_client_close(client);
    return code;
}

static int run_demo(struct demo *demo)
{
    stop_watch();
    if (!spawn_start(&demo->spawn, &demo->options)) return TOOL_UNREACHABLE;
    int code = run_client(demo);
    if (code != TOOL_OK) {
        if (!spawn_is_alive(&demo->spawn)) fprintf(stderr, "tuan: the daemon has died\n");
        spawn_show_log(&demo->spawn);
    }
    spawn_stop(&demo->spawn);
    if (code == TOOL_OK && !demo->tool->json) printf("The daemon has ended; its files are gone.\n");
    return code;
}

int demo_command(struct tool *tool, int argc, char **argv)
{
    struct demo *demo = mem_zalloc(sizeof *demo);

    demo->tool = tool;
    demo->options.timeout_ms = 15000;
    demo->screen = (struct screen){.tool = tool, .rooms_shown = 14};
    const struct flag flags[] = {
        {"--json", NULL, FLAG_SWITCH, &tool->json, NULL, "a JSON line for each thing that happens"},
        {"--seconds", NULL, FLAG_COUNT, &demo->seconds, "N", "end by itself"},
        {"--rooms", NULL, FLAG_COUNT, &demo->screen.rooms_shown, "N",
         "rooms on the screen, at most"},
        {"--tuand", NULL, FLAG_TEXT, &demo->options.binary, "PATH",
         "which daemon (beside this program, then in PATH)"},
        {"--mirror", NULL, FLAG_TEXT, &demo->options.mirror, "M",
         "private (default: a Redis of its own), none, redis://..."},
    };
    const struct usage usage = {
        "tuan demo [flags]",
        "Start a private daemon, fill its shop with simulated shoppers, and show it live.\n"
        "Nothing is left behind. On a pipe: a line for each thing that happens.\n",
        flags, sizeof flags / sizeof flags[0]};
    int code = TOOL_USAGE;

    switch (args_parse(&usage, &argc, argv, false)) {
    case ARGS_BAD: break;
    case ARGS_HELP: code = TOOL_OK; break;
    case ARGS_OK:
        if (argc > 1)
            fprintf(stderr, "tuan: demo takes no words\n");
        else
            code = run_demo(demo);
        break;
    }
    mem_free(demo);
    return code;
}
