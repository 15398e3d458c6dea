/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/plot.h"

#include <math.h>
#include <stdio.h>

enum { WIDTH = 900, HEIGHT = 340, LEFT = 70, RIGHT = 20, TOP = 30, BOTTOM = 45, LEGEND = 210 };

static double share(const struct plot_axis *axis, double value)
{
    if (value < axis->from) value = axis->from;
    if (value > axis->to) value = axis->to;
    if (axis->is_log) return log(value / axis->from) / log(axis->to / axis->from);
    return axis->to > axis->from ? (value - axis->from) / (axis->to - axis->from) : 0;
}

static double at_x(const struct plot *plot, double x)
{
    return LEFT + share(&plot->x, x) * (WIDTH - LEFT - RIGHT);
}

static double at_y(const struct plot *plot, double y)
{
    return HEIGHT - BOTTOM - share(&plot->y, y) * (HEIGHT - TOP - BOTTOM);
}

static void mark_y(struct plot *plot, double y)
{
    buf_printf(plot->out,
               "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%d\" "
               "y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
               LEFT, WIDTH - RIGHT, at_y(plot, y), at_y(plot, y), LEFT - 6, at_y(plot, y) + 4, y);
}

static void mark_all_y(struct plot *plot)
{
    if (plot->y.is_log) {
        for (double y = pow(10, ceil(log10(plot->y.from) - 1e-9)); y <= plot->y.to * 1.0001;
             y *= 10)
            mark_y(plot, y);
        return;
    }
    double rough = (plot->y.to - plot->y.from) / 5,
           step = pow(10, floor(log10(rough > 0 ? rough : 1)));
    step *= rough / step > 5 ? 10 : rough / step > 2 ? 5 : 2;
    for (double y = ceil(plot->y.from / step) * step; y <= plot->y.to * 1.0001; y += step)
        mark_y(plot, y);
}

void plot_begin(struct plot *plot, const char *title)
{
    plot->series = 0;
    buf_printf(
        plot->out,
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n<text x=\"%d\" y=\"%d\" "
        "text-anchor=\"middle\">%s</text><text x=\"14\" y=\"%d\" text-anchor=\"middle\" "
        "transform=\"rotate(-90 14 %d)\">%s</text>\n",
        WIDTH, HEIGHT, title, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, plot->x.label,
        (TOP + HEIGHT - BOTTOM) / 2, (TOP + HEIGHT - BOTTOM) / 2, plot->y.label);
    mark_all_y(plot);
}

void plot_mark_x(struct plot *plot, double x, const char *text)
{
    buf_printf(plot->out,
               "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/><text x=\"%.1f\" "
               "y=\"%d\" text-anchor=\"middle\">%s</text>\n",
               at_x(plot, x), at_x(plot, x), TOP, HEIGHT - BOTTOM, at_x(plot, x),
               HEIGHT - BOTTOM + 16, text);
}

void plot_line_begin(struct plot *plot, int colour, bool is_dashed)
{
    buf_printf(plot->out, "<polyline class=\"s%d%s\" points=\"", colour,
               is_dashed ? " dashed" : "");
}

void plot_line_to(struct plot *plot, double x, double y)
{
    buf_printf(plot->out, "%.1f,%.1f ", at_x(plot, x), at_y(plot, y));
}

void plot_line_end(struct plot *plot, const char *name, int colour)
{
    int x = LEFT + 8 + plot->series++ * LEGEND;

    buf_printf(
        plot->out,
        "\"/>\n<rect class=\"s%d\" x=\"%d\" y=\"8\" width=\"12\" height=\"12\"/><text x=\"%d\" "
        "y=\"18\">%s</text>\n",
        colour, x, x + 17, name);
}

void plot_end(struct plot *plot)
{
    buf_append_str(plot->out, "</svg>\n");
}
