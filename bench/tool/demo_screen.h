/* SPDX-License-Identifier: BSD-2-Clause */
/* demo_screen.h - the shop as seen on a terminal (redrawn in place) or on a pipe (a line for each
 * thing that happens). */
#ifndef TUAN_TOOL_DEMO_SCREEN_H
#define TUAN_TOOL_DEMO_SCREEN_H

#include "bench/tool/demo_shop.h"
#include "bench/tool/tool.h"

/* Where things are, as ADDR:PORT; the strings must outlive the screen. */
struct screen_places {
    const char *shop, *admin, *rpc, *web, *dir;
    int pid; /* 0: the daemon has ended */
};

struct screen {
    const struct tool *tool;
    struct screen_places at; /* set by its owner */
    int64_t rooms_shown;     /* wanted */
    size_t lines_drawn;      /* of the last picture: redrawn over it */
    int64_t news_told;       /* on a pipe: how much of shop->news_count */
    int64_t told_at_ms;      /* on a pipe: the last line of counters */
};

/* Where to look and what to try, before anything moves. */
void screen_introduce(const struct screen *screen);
/* The daemon has ended (0), or serves again as pid. */
void screen_tell_daemon(struct screen *screen, int pid);

void screen_show(struct screen *screen, const struct shop *shop, int64_t now_ms);
void screen_end(struct screen *screen); /* the cursor comes back; the last picture stays */

#endif
