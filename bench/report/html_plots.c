/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/html_plots.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bench/report/plot.h"
#include "bench/report/spread.h"

enum { TARGETS_MAX = 4 };

static const char *text(const json_t *json, const char *name)
{
    const char *value = json_string_value(json_object_get(json, name));

    return value == NULL ? "" : value;
}

/* The targets of the runs, in the order of their first; how many. */
static size_t find_targets(const json_t *runs, const char *targets[TARGETS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(runs); i++) {
        const char *target = text(json_array_get(runs, i), "target");
        size_t at = 0;
        while (at < count && strcmp(targets[at], target) != 0)
            at++;
        if (at == count && count < TARGETS_MAX) targets[count++] = target;
    }
    return count;
}

static void merge(const json_t *runs, const char *target, const char *latency,
                  struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
    for (size_t i = 0; i < json_array_size(runs); i++) {
        const json_t *run = json_array_get(runs, i);
        if (strcmp(text(run, "target"), target) == 0)
            spread_gather(run, "ok", NULL, latency, histogram);
    }
}

/* ---- percentiles: each nine is as wide as the one before ---- */

static void draw_distribution(struct plot *plot, const struct histogram *histogram)
{
    unsigned cursor = 0;
    int64_t value;
    uint64_t count, within = 0;
    double drawn = -1;

    while (histogram_next(histogram, &cursor, &value, &count)) {
        within += count;
        double left = 1 - (double)(within - 1) / (double)histogram->count;
        double x = 1 / left;
        if (log10(x) - drawn < 0.004 && within < histogram->count) continue;
        drawn = log10(x);
        plot_line_to(plot, x, (double)value / 1e6);
    }
}

static void draw_target(struct plot *plot, const json_t *runs, const char *target, int colour,
                        struct histogram *histogram)
{
    static const char *const latencies[] = {"response", "service"};
    char name[80];

    for (int i = 0; i < 2; i++) {
        merge(runs, target, latencies[i], histogram);
        plot_line_begin(plot, colour * 2 + i, i == 1);
        draw_distribution(plot, histogram);
        snprintf(name, sizeof name, "%s %s", target, latencies[i]);
        plot_line_end(plot, name, colour * 2 + i);
    }
}

void html_percentiles(struct buf *out, const json_t *runs)
{
    static const char *const marks[] = {"0",       "90 %",     "99 %",     "99.9 %",
                                        "99.99 %", "99.999 %", "99.9999 %"};
    struct histogram *histogram = mem_zalloc(sizeof *histogram);
    const char *targets[TARGETS_MAX];
    size_t count = find_targets(runs, targets);
    double most = 1, highest = 0.1, lowest = 0.01;

    for (size_t i = 0; i < count * 2; i++) {
        merge(runs, targets[i / 2], i % 2 == 0 ? "response" : "service", histogram);
        if (histogram->count == 0) continue;
        most = fmax(most, (double)histogram->count);
        highest = fmax(highest, (double)histogram->max / 1e6);
        lowest = fmin(lowest, (double)histogram_percentile(histogram, 1) / 1e6);
    }
    struct plot plot = {
        out,
        {"percentile", 1, fmax(10, most), true},
        {"ms", pow(10, floor(log10(fmax(lowest, 0.001)))), pow(10, ceil(log10(highest))), true},
        0};
    plot_begin(&plot, "latency by percentile");
    for (size_t i = 0; i < sizeof marks / sizeof marks[0] && pow(10, (double)i) <= plot.x.to; i++)
        plot_mark_x(&plot, pow(10, (double)i), marks[i]);
    for (size_t i = 0; i < count; i++)
        draw_target(&plot, runs, targets[i], (int)i, histogram);
    plot_end(&plot);
    mem_free(histogram);
}

/* ---- over time ---- */

static const json_t *first_run_of(const json_t *runs, const char *target)
{
    for (size_t i = 0; i < json_array_size(runs); i++)
        if (strcmp(text(json_array_get(runs, i), "target"), target) == 0)
            return json_array_get(runs, i);
    return NULL;
}

/* done: all answers of the second, by second; else a field of it in the unit. */
static double second_value(const json_t *second, const char *field, double unit)
{
    if (strcmp(field, "done") != 0) return json_number_value(json_object_get(second, field)) / unit;
    double span_ms = json_number_value(json_object_get(second, "span_ms"));
    double done = json_number_value(json_object_get(second, "ok")) +
                  json_number_value(json_object_get(second, "refused")) +
                  json_number_value(json_object_get(second, "error"));
    return span_ms > 0 ? done * 1000 / span_ms : 0;
}

struct line {
    const char *field, *name;
};

/* A last second that was cut short says nothing. */
static bool is_whole(const json_t *second)
{
    return json_integer_value(json_object_get(second, "span_ms")) >= 500;
}

static void measure_seconds(struct plot *plot, const json_t *run, const struct line *lines,
                            size_t line_count, double unit)
{
    const json_t *seconds = json_object_get(run, "seconds");

    for (size_t i = 0; i < json_array_size(seconds) * line_count; i++) {
        const json_t *second = json_array_get(seconds, i / line_count);
        double value = second_value(second, lines[i % line_count].field, unit);
        if (!is_whole(second)) continue;
        plot->x.to =
            fmax(plot->x.to, json_number_value(json_object_get(second, "start_ms")) / 1000 + 1);
        plot->y.to = fmax(plot->y.to, value);
    }
}

static void draw_seconds(struct plot *plot, const json_t *run, const struct line *line, int colour,
                         double unit)
{
    const json_t *seconds = json_object_get(run, "seconds");
    char name[80];

    plot_line_begin(plot, colour, false);
    for (size_t i = 0; i < json_array_size(seconds); i++) {
        const json_t *second = json_array_get(seconds, i);
        if (!is_whole(second)) continue;
        plot_line_to(plot, json_number_value(json_object_get(second, "start_ms")) / 1000 + 1,
                     second_value(second, line->field, unit));
    }
    snprintf(name, sizeof name, "%s %s", text(run, "target"), line->name);
    plot_line_end(plot, name, colour);
}

static void draw_over_time(struct plot *plot, const char *title, const json_t *runs,
                           const struct line *lines, size_t line_count, double unit)
{
    const char *targets[TARGETS_MAX];
    size_t count = find_targets(runs, targets);
    char mark[24];

    for (size_t i = 0; i < count; i++)
        measure_seconds(plot, first_run_of(runs, targets[i]), lines, line_count, unit);
    plot->y.to = plot->y.is_log ? pow(10, ceil(log10(plot->y.to))) : plot->y.to * 1.05;
    plot_begin(plot, title);
    double step = plot->x.to > 100 ? ceil(plot->x.to / 100) * 10 : plot->x.to > 20 ? 5 : 1;
    for (double x = 0; x <= plot->x.to; x += step) {
        snprintf(mark, sizeof mark, "%.0f", x);
        plot_mark_x(plot, x, mark);
    }
    for (size_t i = 0; i < count * line_count; i++)
        draw_seconds(plot, first_run_of(runs, targets[i / line_count]), &lines[i % line_count],
                     (int)(i / line_count * 2 + i % line_count), unit);
    plot_end(plot);
}

void html_latency_over_time(struct buf *out, const json_t *runs)
{
    static const struct line lines[] = {{"p50_ns", "p50"}, {"p99_ns", "p99"}};
    struct plot plot = {out, {"second", 0, 1, false}, {"response ms", 0.01, 1, true}, 0};

    draw_over_time(&plot, "response time over the run", runs, lines, 2, 1e6);
}

void html_rate_over_time(struct buf *out, const json_t *runs)
{
    static const struct line lines[] = {{"target", "due"}, {"done", "answered"}};
    struct plot plot = {out, {"second", 0, 1, false}, {"a second", 0, 1, false}, 0};

    draw_over_time(&plot, "requests due and answered", runs, lines, 2, 1);
}

void html_lag_over_time(struct buf *out, const json_t *runs)
{
    static const struct line lines[] = {{"lag_p99_ns", "lag p99"}};
    struct plot plot = {out, {"second", 0, 1, false}, {"ms", 0.001, 1, true}, 0};

    draw_over_time(&plot, "how late the generator itself was", runs, lines, 1, 1e6);
}
