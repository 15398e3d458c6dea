/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/html.h"

#include <stdlib.h>
#include <string.h>

#include "bench/report/html_plots.h"
#include "bench/report/spread.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
    ":root{color-scheme:light dark;--ink:#1c1f23;--paper:#fff;--soft:#6b7280;--line:#d9dde3;"
    "--c0:#0b63c5;--c1:#5fa3ee;--c2:#b4470b;--c3:#ef9a5f;--bad:#b00020;--good:#0a7a35}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--paper:#15181c;--soft:#9aa3ae;"
    "--line:#343a42;--c0:#6cb2ff;--c1:#3b78b8;--c2:#ff9d5c;--c3:#b56a35;--bad:#ff7b8a;"
    "--good:#58d68d}}\n"
    "body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);"
    "max-width:1180px;margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "th,td{padding:.2rem .7rem;border-bottom:1px solid var(--line);text-align:right;"
    "white-space:nowrap}th{font-weight:600}th:first-child,td:first-child,.t{text-align:left}\n"
    "svg{width:100%;height:auto;margin:.5rem 0}svg text{fill:var(--soft);font-size:12px}"
    "svg .grid{stroke:var(--line)}polyline{fill:none;stroke-width:1.8}.dashed{stroke-dasharray:5 3}"
    "polyline.s0{stroke:var(--c0)}polyline.s1{stroke:var(--c1)}polyline.s2{stroke:var(--c2)}"
    "polyline.s3{stroke:var(--c3)}rect.s0{fill:var(--c0)}rect.s1{fill:var(--c1)}"
    "rect.s2{fill:var(--c2)}rect.s3{fill:var(--c3)}\n"
    ".bad{color:var(--bad);font-weight:600}.good{color:var(--good)}.soft{color:var(--soft)}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:13px}"
    "@media print{body{margin:0;max-width:none}h2,svg,tr{break-inside:avoid}}\n</style>\n";

static const char *text(const json_t *json, const char *name)
{
    const char *value = json_string_value(json_object_get(json, name));

    return value == NULL ? "" : value;
}

static int64_t number(const json_t *json, const char *name)
{
    return json_integer_value(json_object_get(json, name));
}

static double real(const json_t *json, const char *name)
{
    return json_number_value(json_object_get(json, name));
}

static void append_text(struct buf *out, const char *words)
{
    for (; *words != '\0'; words++) {
        if (*words == '<')
            buf_append_str(out, "&lt;");
        else if (*words == '&')
            buf_append_str(out, "&amp;");
        else if (*words == '"')
            buf_append_str(out, "&quot;");
        else
            buf_append_byte(out, *words);
    }
}

static void append_cell(struct buf *out, const char *words)
{
    buf_append_str(out, "<td class=\"t\">");
    append_text(out, words);
    buf_append_str(out, "</td>");
}

static void append_title(struct buf *out, const json_t *result)
{
    const json_t *plan = json_object_get(result, "plan"),
                 *command = json_object_get(result, "command");

    buf_append_str(out, "<title>tuan bench: ");
    append_text(out, text(plan, "scenario"));
    buf_append_str(out, "</title>\n<h1>tuan bench: ");
    append_text(out, text(plan, "scenario"));
    buf_append_str(out, "</h1>\n<p class=\"soft\">");
    append_text(out, text(result, "started_at"));
    buf_append_str(out, " · <code>tuan");
    for (size_t i = 0; i < json_array_size(command); i++) {
        buf_append_byte(out, ' ');
        append_text(out, json_string_value(json_array_get(command, i)));
    }
    buf_append_str(out, "</code></p>\n");
}

/* ---- the runs ---- */

static void append_spread(struct buf *out, const json_t *spread)
{
    static const char *const keys[] = {"p50", "p99", "p99_9", "max"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        buf_printf(out, "<td>%.2f</td>", spread_value(spread, keys[i]) / 1e6);
}

/* Of a run's answers that were ok. */
static void append_accepted(struct buf *out, const json_t *run, const char *latency)
{
    json_t *spread = spread_of_class(run, "ok", latency);

    append_spread(out, spread);
    json_decref(spread);
}

static void append_state(struct buf *out, const json_t *run)
{
    const json_t *verified = json_object_get(run, "verified");
    bool is_bound =
        json_is_true(json_object_get(json_object_get(run, "totals"), "generator_bound"));

    if (number(verified, "violations") > 0)
        buf_printf(out, "<td class=\"t bad\">%lld wrong answers</td>",
                   (long long)number(verified, "violations"));
    else if (!json_is_true(json_object_get(verified, "complete")))
        buf_append_str(out, "<td class=\"t bad\">not verified whole</td>");
    else
        buf_printf(out, "<td class=\"t good\">%lld answers, %lld rooms verified%s</td>",
                   (long long)number(verified, "answers"), (long long)number(verified, "rooms"),
                   is_bound ? "; <span class=\"bad\">generator-bound</span>" : "");
}

static void append_runs(struct buf *out, const json_t *runs)
{
    buf_append_str(
        out, "<h2>Runs</h2><div class=\"scroll\"><table><tr><th>target<th "
             "class=\"t\">answers<th>due<th>answered/s"
             "<th>ok<th>refused<th>error<th colspan=\"4\">ok: response ms p50, p99, p99.9, max"
             "<th colspan=\"4\">ok: service ms</tr>\n");
    for (size_t i = 0; i < json_array_size(runs); i++) {
        const json_t *run = json_array_get(runs, i), *totals = json_object_get(run, "totals");
        buf_append_str(out, "<tr>");
        append_cell(out, text(run, "target"));
        append_state(out, run);
        buf_printf(out, "<td>%lld<td>%.0f<td>%lld<td>%lld<td>%lld",
                   (long long)number(totals, "due"), real(totals, "rate"),
                   (long long)number(totals, "ok"), (long long)number(totals, "refused"),
                   (long long)number(totals, "error"));
        append_accepted(out, run, "response");
        append_accepted(out, run, "service");
        buf_append_str(out, "</tr>\n");
    }
    buf_append_str(out, "</table></div>\n");
}

static void append_operations(struct buf *out, const json_t *run)
{
    const json_t *operations = json_object_get(run, "operations");
    const char *name;
    json_t *spread;

    buf_append_str(out, "<h2>");
    append_text(out, text(run, "target"));
    buf_append_str(
        out, ": what was asked</h2><div class=\"scroll\"><table><tr><th>operation<th class=\"t\">"
             "answer<th>count<th colspan=\"4\">response ms p50, p99, p99.9, max<th colspan=\"4\">"
             "service ms</tr>\n");
    for (size_t i = 0; i < json_array_size(operations); i++) {
        const json_t *each = json_array_get(operations, i);
        buf_append_str(out, "<tr>");
        append_cell(out, text(each, "operation"));
        append_cell(out, text(each, "class"));
        buf_printf(out, "<td>%.0f</td>", spread_value(json_object_get(each, "response"), "count"));
        append_spread(out, json_object_get(each, "response"));
        append_spread(out, json_object_get(each, "service"));
        buf_append_str(out, "</tr>\n");
    }
    json_object_foreach(json_object_get(run, "domain"), name, spread)
    {
        buf_append_str(out, "<tr>");
        append_cell(out, name);
        buf_printf(out, "<td></td><td>%.0f</td>", spread_value(spread, "count"));
        append_spread(out, spread);
        buf_append_str(out, "</tr>\n");
    }
    buf_append_str(out, "</table></div>\n");
}

/* ---- what was judged ---- */

static void append_objectives(struct buf *out, const json_t *runs)
{
    for (size_t i = 0; i < json_array_size(runs); i++) {
        const json_t *run = json_array_get(runs, i), *list = json_object_get(run, "objectives");
        for (size_t at = 0; at < json_array_size(list); at++) {
            const json_t *each = json_array_get(list, at);
            bool is_met = json_is_true(json_object_get(each, "met"));
            buf_printf(out, "<p class=\"%s\">", is_met ? "good" : "bad");
            append_text(out, text(run, "target"));
            buf_append_str(out, ": objective ");
            append_text(out, text(each, "objective"));
            buf_append_str(out, is_met ? " is met</p>\n" : " is missed</p>\n");
        }
    }
}

static void append_comparison(struct buf *out, const json_t *comparison)
{
    const json_t *rows = json_object_get(comparison, "rows");

    buf_append_str(out, "<h2>");
    append_text(out, text(comparison, "now"));
    buf_append_str(out, " against ");
    append_text(out, text(comparison, "base"));
    buf_append_str(out,
                   "</h2><div class=\"scroll\"><table><tr><th>measure<th>base<th>now<th>change<th>"
                   "noise<th class=\"t\">verdict</tr>\n");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        double unit = strcmp(text(row, "measure"), "rate") == 0 ? 1 : 1e6;
        buf_append_str(out, "<tr>");
        append_cell(out, text(row, "measure"));
        buf_printf(out, "<td>%.3f<td>%.3f<td>%+.1f %%<td>%.1f %%</td>", real(row, "base") / unit,
                   real(row, "now") / unit, real(row, "change") * 100, real(row, "band") * 100);
        append_cell(out, text(row, "verdict"));
        buf_append_str(out, "</tr>\n");
    }
    buf_append_str(out, "</table></div>\n");
}

static void append_settings(struct buf *out, const json_t *result)
{
    static const char *const names[] = {"machine", "tool", "plan"};

    buf_append_str(out, "<h2>Where and how</h2>\n");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *words = json_dumps(json_object_get(result, names[i]), JSON_REAL_PRECISION(6));
        buf_printf(out, "<p class=\"soft\">%s</p><pre>", names[i]);
        append_text(out, words == NULL ? "" : words);
        buf_append_str(out, "</pre>\n");
        free(words);
    }
}

void html_report(struct buf *out, const json_t *result)
{
    const json_t *runs = json_object_get(result, "runs");
    const json_t *comparisons = json_object_get(result, "comparisons");
    const char *last = "";

    buf_append_str(out, head);
    append_title(out, result);
    append_runs(out, runs);
    append_objectives(out, runs);
    for (size_t i = 0; i < json_array_size(comparisons); i++)
        append_comparison(out, json_array_get(comparisons, i));
    if (json_array_size(runs) > 0) {
        buf_append_str(out,
                       "<h2>Latency by percentile</h2>\n<p class=\"soft\">Of requests that were "
                       "accepted: response counts from when one was due, service from when it was "
                       "sent.</p>\n");
        html_percentiles(out, runs);
        buf_append_str(out, "<h2>Over time</h2>\n");
        html_latency_over_time(out, runs);
        html_rate_over_time(out, runs);
        html_lag_over_time(out, runs);
    }
    for (size_t i = 0; i < json_array_size(runs); i++) {
        const json_t *run = json_array_get(runs, i);
        if (strcmp(text(run, "target"), last) != 0) append_operations(out, run);
        last = text(run, "target");
    }
    append_settings(out, result);
    buf_append_str(out, "</html>\n");
}
