/* SPDX-License-Identifier: BSD-2-Clause */
/* demo_screen.h - the shop as seen on a terminal (redrawn in place) or on a pipe (a line for each
 * thing that happens). */
#ifndef TUAN_TOOL_DEMO_SCREEN_H
#define TUAN_TOOL_DEMO_SCREEN_H

#include "bench/tool/demo_shop.h"
#include "bench/tool/tool.h"

struct screen {
    const struct tool *tool;
    const char *port;    /* where to take part */
    int64_t rooms_shown; /* wanted */
    size_t lines_drawn;  /* of the last picture: redrawn over it */
    int64_t news_told;   /* on a pipe: how much of shop->news_count */
    int64_t told_at_ms;  /* on a pipe: the last line of counters */
};

/* What to type next, before anything moves. rpc is ADDR:PORT and must outlive the screen. */
void screen_introduce(struct screen *screen, const char *rpc, const char *dir, int pid);

void screen_show(struct screen *screen, const struct shop *shop, int64_t now_ms);
void screen_end(struct screen *screen); /* the cursor comes back; the last picture stays */

#endif
