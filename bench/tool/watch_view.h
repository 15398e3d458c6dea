/* SPDX-License-Identifier: BSD-2-Clause */
/* watch_view.h - rooms as `tuan watch` knows them, and how it shows them: a picture on a terminal,
 * a line for each change to a pipe. */
#ifndef TUAN_TOOL_WATCH_VIEW_H
#define TUAN_TOOL_WATCH_VIEW_H

#include <jansson.h>

#include "bench/tool/picture.h"
#include "bench/tool/tool.h"

enum { WATCH_VIEW_ROOMS = 200 };

struct watch_view {
    const struct tool *tool;
    const char *title;
    struct picture picture;
    json_t *rooms[WATCH_VIEW_ROOMS]; /* statuses; what changed last comes first */
    size_t count;
    int64_t clock_offset_ms; /* the daemon's clock minus ours */
    int64_t changes, gaps;
};

void watch_view_open(struct watch_view *view, const struct tool *tool, const char *title);
void watch_view_close(struct watch_view *view);

/* A room's status as WATCH and ROOM.GET tell it; borrowed. On a pipe it is printed now, unless this
 * version of it was shown before. False: it holds no room. */
bool watch_view_take(struct watch_view *view, const json_t *status);
/* Changes were left out since the last one. */
void watch_view_note_gap(struct watch_view *view);
/* The picture, on a terminal: countdowns move too. */
void watch_view_draw(struct watch_view *view);
size_t watch_view_live(const struct watch_view *view); /* rooms that have not ended */

#endif
