/* SPDX-License-Identifier: BSD-2-Clause */
/* demo.c - `tuan demo`: a private daemon, a shop before it, and both shown until Ctrl-C.
 *
 * One loop: browsers are served between ticks, simulated shoppers come at each. A daemon that ends
 * is started again where it was, so that everybody can see what a restart costs: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bench/tool/args.h"
#include "bench/tool/clock.h"
#include "bench/tool/demo_screen.h"
#include "bench/tool/spawn.h"
#include "bench/tool/stop.h"
#include "bench/tool/storefront.h"

#define TICK_MS        50
#define REDRAW_MS      200
#define DISCOVER_MS    1000
#define EARLY_SHOPPERS 3 /* of each product */
#define EARLY_MS       15000

struct demo {
    struct tool *tool;
    struct spawn spawn;
    struct spawn_options options;
    const char *shop_address; /* where to serve the shop */
    char origins[256];        /* of the shop's pages */
    char web[80];             /* where the daemon's web port is wanted */
    int64_t seconds;          /* 0: until Ctrl-C */
    int64_t pace_percent;     /* of simulated shoppers */
    struct screen screen;
    struct shop shop;
    struct storefront front;
    struct serve *serve;
    int64_t redraw_us, discover_us;
};

/* ---- the daemon ---- */

static void detach(struct demo *demo)
{
    tuan_client_close(demo->shop.client);
    demo->shop.client = NULL;
    demo->shop.is_lost = false;
}

/* Whether it worked or not is seen by shop->client. */
static void attach(struct demo *demo)
{
    struct tuan_client *client = tuan_client_connect(demo->spawn.rpc, NULL, &demo->shop.error);

    if (client != NULL && !shop_attach(&demo->shop, client)) demo->shop.is_lost = true;
    if (demo->shop.is_lost) detach(demo);
    if (demo->shop.client != NULL && demo->screen.at.pid == 0)
        screen_tell_daemon(&demo->screen, (int)demo->spawn.pid);
}

/* See to it that a daemon is there and connected with, as far as that goes without waiting. False:
 * it does not start any more. */
static bool keep_daemon(struct demo *demo)
{
    bool was_ready = demo->screen.at.pid != 0;

    if (demo->shop.is_lost) detach(demo);
    if (!spawn_is_alive(&demo->spawn)) {
        detach(demo);
        if (!was_ready) return false;
        screen_tell_daemon(&demo->screen, 0);
        return spawn_again(&demo->spawn);
    }
    if (demo->shop.client == NULL && spawn_is_ready(&demo->spawn)) attach(demo);
    return true;
}

/* ---- the loop ---- */

/* A refusal is of the moment (the mirror is away, say); whatever else went wrong, the connection
 * is of no use any more. */
static bool is_usable(struct shop *shop, bool is_good)
{
    if (!is_good && shop->error.failure != TUAN_CLIENT_REFUSED) shop->is_lost = true;
    return shop->client != NULL && !shop->is_lost;
}

static void turn(struct demo *demo, int64_t now_us)
{
    struct shop *shop = &demo->shop;
    int64_t now_ms = clock_wall_ms();

    if (is_usable(shop, true)) is_usable(shop, shop_step(shop, now_ms, TICK_MS));
    if (is_usable(shop, true) && now_us >= demo->discover_us) {
        demo->discover_us = now_us + DISCOVER_MS * 1000;
        is_usable(shop, shop_discover(shop));
    }
    if (now_us < demo->redraw_us) return;
    demo->redraw_us = now_us + REDRAW_MS * 1000;
    if (is_usable(shop, true)) is_usable(shop, shop_refresh(shop, now_ms));
    screen_show(&demo->screen, shop, now_ms);
}

static int run_shop(struct demo *demo)
{
    int64_t start_us = clock_now_us(), now_us;

    while (!stop_asked() && ferror(stdout) == 0) { /* a closed pipe ends the demo as well */
        now_us = clock_now_us();
        if (demo->seconds > 0 && now_us - start_us >= demo->seconds * 1000000) break;
        if (!keep_daemon(demo)) {
            fprintf(stderr, "tuan: the daemon has died and does not start again\n");
            return TOOL_UNREACHABLE;
        }
        turn(demo, now_us);
        serve_until(demo->serve, now_us + TICK_MS * 1000);
    }
    return TOOL_OK;
}

/* ---- from start to end ---- */

/* The shop is not empty when the first visitor comes. */
static void open_doors(struct shop *shop)
{
    for (int i = 0; i < EARLY_SHOPPERS && is_usable(shop, true); i++)
        is_usable(shop, shop_step(shop, clock_wall_ms(), EARLY_MS));
}

/* The daemon serves. */
static int run_client(struct demo *demo)
{
    const struct spawn *spawn = &demo->spawn;
    const struct screen_places places = {.shop = serve_address(demo->serve),
                                         .admin = spawn->admin,
                                         .rpc = spawn->rpc,
                                         .web = spawn->web,
                                         .dir = spawn->dir,
                                         .pid = (int)spawn->pid};

    demo->front =
        (struct storefront){.shop = &demo->shop, .web = spawn->web, .admin = spawn->admin};
    shop_init(&demo->shop, (double)demo->pace_percent / 100.0, clock_wall_ms());
    demo->screen.at = places;
    attach(demo);
    int code;
    if (demo->shop.client == NULL) {
        code = tool_fail(&demo->shop.error);
    } else {
        screen_introduce(&demo->screen);
        open_doors(&demo->shop);
        code = run_shop(demo);
        screen_end(&demo->screen);
    }
    detach(demo);
    shop_free(&demo->shop);
    return code;
}

/* Which pages may read from the daemon's web port, and where it must be for them: beside the shop.
 * A shop that is open to other machines has more names than can be told from here. */
static void place_web(struct demo *demo)
{
    const char *address = serve_address(demo->serve), *port = strrchr(address, ':') + 1;
    bool is_local = strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]", 5) == 0;

    if (is_local)
        snprintf(demo->origins, sizeof demo->origins, "http://%s http://localhost:%s", address,
                 port);
    else
        snprintf(demo->origins, sizeof demo->origins, "*");
    snprintf(demo->web, sizeof demo->web, "%.*s:0", (int)(port - 1 - address), address);
    demo->options.origins = demo->origins;
    if (demo->options.web == NULL) demo->options.web = demo->web;
}

static int run_demo(struct demo *demo)
{
    stop_watch();
    demo->serve = serve_open(demo->shop_address, storefront_answer, &demo->front);
    if (demo->serve == NULL) return TOOL_UNREACHABLE;
    place_web(demo);
    int code = TOOL_UNREACHABLE;
    if (spawn_start(&demo->spawn, &demo->options)) {
        code = run_client(demo);
        if (code != TOOL_OK) spawn_show_log(&demo->spawn);
        spawn_stop(&demo->spawn);
        if (code == TOOL_OK && !demo->tool->json)
            printf("The daemon has ended; its files are gone.\n");
    }
    serve_close(demo->serve);
    return code;
}

int demo_command(struct tool *tool, int argc, char **argv)
{
    struct demo *demo = mem_zalloc(sizeof *demo);

    demo->tool = tool;
    demo->options.timeout_ms = 15000;
    demo->shop_address = "127.0.0.1:0";
    demo->pace_percent = 100;
    demo->screen = (struct screen){.tool = tool, .rooms_shown = 14};
    const struct flag flags[] = {
        {"--json", NULL, FLAG_SWITCH, &tool->json, NULL, "a JSON line for each thing that happens"},
        {"--seconds", NULL, FLAG_COUNT, &demo->seconds, "N", "end by itself"},
        {"--rooms", NULL, FLAG_COUNT, &demo->screen.rooms_shown, "N",
         "rooms on the screen, at most"},
        {"--shoppers", NULL, FLAG_COUNT, &demo->pace_percent, "PERCENT",
         "how many are simulated: 100 is three every two seconds, 0 none"},
        {"--shop", NULL, FLAG_TEXT, &demo->shop_address, "ADDR:PORT",
         "where the shop is served (a free port on loopback)"},
        {"--web", NULL, FLAG_TEXT, &demo->options.web, "ADDR:PORT",
         "where the daemon's web port is, which the shop's pages read (beside the shop)"},
        {"--tuand", NULL, FLAG_TEXT, &demo->options.binary, "PATH",
         "which daemon (beside this program, then in PATH)"},
        {"--mirror", NULL, FLAG_TEXT, &demo->options.mirror, "M",
         "private (default: a Redis of its own), none, redis://..."},
    };
    const struct usage usage = {
        "tuan demo [flags]",
        "Start a private daemon and a shop that sells by it, for your browser, with simulated\n"
        "shoppers, and show here what happens. Nothing is left behind.\n"
        "On a pipe: a line for each thing that happens.\n",
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
