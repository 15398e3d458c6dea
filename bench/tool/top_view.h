/* SPDX-License-Identifier: BSD-2-Clause */
/* top_view.h - two samples of a daemon's INFO, and what happened between them. */
#ifndef TUAN_TOOL_TOP_VIEW_H
#define TUAN_TOOL_TOP_VIEW_H

#include <jansson.h>

#include "bench/tool/picture.h"
#include "bench/tool/tool.h"

struct top_sample {
    json_t *info;      /* "everything" */
    json_t *campaigns; /* of CAMPAIGN.LIST; NULL: not asked for */
    int64_t at_us;     /* our clock, when it came */
};

struct top_view {
    const struct tool *tool;
    struct picture picture;
    bool has_heads; /* of the table on a pipe */
};

void top_view_show(struct top_view *view, const struct top_sample *before,
                   const struct top_sample *now);
void top_view_close(struct top_view *view);

#endif
