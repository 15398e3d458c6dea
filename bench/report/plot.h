/* SPDX-License-Identifier: BSD-2-Clause */
/* plot.h - a diagram as inline SVG, drawn in the colours of the page around it (classes s0, s1,
 * ...). */
#ifndef TUAN_REPORT_PLOT_H
#define TUAN_REPORT_PLOT_H

#include <stdbool.h>

#include "base/buf.h"

struct plot_axis {
    const char *label;
    double from, to;
    bool is_log; /* from > 0 */
};

struct plot {
    struct buf *out;
    struct plot_axis x, y;
    int series;
};

/* title: for who cannot see it. The x axis' marks are the caller's. */
void plot_begin(struct plot *plot, const char *title);
void plot_mark_x(struct plot *plot, double x, const char *text);
/* A series: begin, its points by rising x, end. colour: 0, 1, ...; dashed: the lesser of two. */
void plot_line_begin(struct plot *plot, int colour, bool is_dashed);
void plot_line_to(struct plot *plot, double x, double y);
void plot_line_end(struct plot *plot, const char *name, int colour);
void plot_end(struct plot *plot);

#endif
