/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/top_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/tool/info.h"
#include "bench/tool/text.h"

enum group { GROUP_TRAFFIC, GROUP_SHOP, GROUP_TIME, GROUP_MACHINE, GROUP_COUNT };
enum kind { KIND_RATE, KIND_GAUGE, KIND_MEAN_MS, KIND_SHARE, KIND_MIB };

static const struct figure {
    enum group group;
    const char *column;
    enum kind kind;
    const char *of, *by, *doc;
} figures[] = {
#define TOP(group, column, kind, of, by, doc) {GROUP_##group, column, KIND_##kind, of, by, doc},
#include "bench/tool/top.def"
};
#define FIGURES (sizeof figures / sizeof figures[0])

static const char *const group_titles[GROUP_COUNT] = {[GROUP_TRAFFIC] = "請求 traffic",
                                                      [GROUP_SHOP] = "拼團 shop",
                                                      [GROUP_TIME] = "耗時 ms",
                                                      [GROUP_MACHINE] = "機器 machine"};

#define WIDTH_TITLE    14
#define WIDTH_LABEL    14
#define WIDTH_COMMAND  18
#define WIDTH_CAMPAIGN 20
#define WIDTH_PHASE    10

enum { FIGURES_A_LINE = 4, COMMANDS_SHOWN = 8, LINES_FIXED = 16 };

/* ---- figures ---- */

static double sum_of(const json_t *info, const char *name)
{
    size_t len = strlen(name);
    const char *section_name, *key;
    json_t *section, *value;
    double sum = 0;

    if (name[len - 1] != '*') return (double)info_number(info, name);
    json_object_foreach((json_t *)(uintptr_t)info, section_name, section)
    {
        json_object_foreach(section, key, value)
        {
            if (strncmp(key, name, len - 1) == 0) sum += (double)json_integer_value(value);
        }
    }
    return sum;
}

static double growth(const struct top_sample *before, const struct top_sample *now,
                     const char *name)
{
    double grown = sum_of(now->info, name) - sum_of(before->info, name);

    return grown > 0 ? grown : 0; /* a daemon that was started anew counts from 0 */
}

static double value_of(const struct figure *figure, const struct top_sample *before,
                       const struct top_sample *now)
{
    double us = (double)(now->at_us - before->at_us), by;

    if (us <= 0) us = 1;
    switch (figure->kind) {
    case KIND_RATE: return growth(before, now, figure->of) * 1e6 / us;
    case KIND_GAUGE: return sum_of(now->info, figure->of);
    case KIND_MEAN_MS:
        by = growth(before, now, figure->by);
        return by > 0 ? growth(before, now, figure->of) / by / 1000 : 0;
    case KIND_SHARE: return growth(before, now, figure->of) * 100 / us;
    case KIND_MIB: return sum_of(now->info, figure->of) / (1024.0 * 1024.0);
    }
    return 0;
}

static int decimals_of(enum kind kind)
{
    return kind == KIND_GAUGE ? 0 : kind == KIND_MEAN_MS ? 3 : 1;
}

/* ---- a pipe ---- */

static void print_line(struct top_view *view, const struct top_sample *before,
                       const struct top_sample *now)
{
    bool is_json = view->tool->json;

    if (!is_json && !view->has_heads) {
        printf("now");
        for (size_t i = 0; i < FIGURES; i++)
            printf("\t%s", figures[i].column);
        printf("\n");
        view->has_heads = true;
    }
    printf(is_json ? "{\"now\":%" PRId64 : "%" PRId64, info_number(now->info, "now"));
    for (size_t i = 0; i < FIGURES; i++) {
        if (is_json) printf(",\"%s\":", figures[i].column);
        printf(is_json ? "%.*f" : "\t%.*f", decimals_of(figures[i].kind),
               value_of(&figures[i], before, now));
    }
    printf(is_json ? "}\n" : "\n");
    fflush(stdout);
}

/* ---- a terminal ---- */

static void draw_head(struct top_view *view, const struct top_sample *now)
{
    struct buf *out = &view->picture.out;
    const char *alarm = info_text(now->info, "mirror_alarm");
    bool is_ready = info_number(now->info, "ready") != 0;
    char span[16];

    buf_printf(out, PICTURE_BOLD "tuan top" PICTURE_PLAIN "  %s  tuand %s, up %s, ",
               view->tool->address, info_text(now->info, "tuan_version"),
               text_span(span, info_number(now->info, "uptime_in_seconds") * 1000));
    buf_append_str(out, is_ready ? PICTURE_GREEN "ready" PICTURE_PLAIN
                                 : PICTURE_RED "not ready" PICTURE_PLAIN);
    buf_append_str(out, ", mirror ");
    text_safe(out, info_text(now->info, "mirror"), strlen(info_text(now->info, "mirror")));
    if (info_number(now->info, "mirror_ready") == 0)
        buf_append_str(out, PICTURE_RED " takes no writes" PICTURE_PLAIN);
    buf_append_str(out, PICTURE_DIM "  Ctrl-C ends" PICTURE_PLAIN);
    picture_end_line(&view->picture);
    buf_append_str(out, *alarm == '\0' ? "" : PICTURE_RED);
    text_safe(out, alarm, strlen(alarm));
    buf_append_str(out, PICTURE_PLAIN);
    picture_end_line(&view->picture);
}

static void draw_figures(struct top_view *view, const struct top_sample *before,
                         const struct top_sample *now)
{
    struct picture *picture = &view->picture;

    for (enum group group = 0; group < GROUP_COUNT; group++) {
        size_t in_line = 0;
        for (size_t i = 0; i < FIGURES; i++) {
            if (figures[i].group != group) continue;
            if (in_line == FIGURES_A_LINE) {
                picture_end_line(picture);
                in_line = 0;
            }
            if (in_line == 0) {
                bool is_first = i == 0 || figures[i - 1].group != group;
                buf_append_str(&picture->out, PICTURE_BOLD);
                picture_cell(picture, is_first ? group_titles[group] : "", WIDTH_TITLE);
                buf_append_str(&picture->out, PICTURE_PLAIN);
            }
            picture_cell(picture, figures[i].column, WIDTH_LABEL);
            buf_printf(&picture->out, "%9.*f  ", decimals_of(figures[i].kind),
                       value_of(&figures[i], before, now));
            in_line++;
        }
        picture_end_line(picture);
    }
    picture_end_line(picture);
}

struct command_rate {
    const char *name; /* behind cmdstat_ */
    double calls_s, refused_s;
};

/* "calls=12,failed_calls=3" */
static void count_calls(const json_t *text, double *calls, double *refused)
{
    const char *at = json_string_value(text);
    const char *failed = at == NULL ? NULL : strstr(at, "failed_calls=");

    *calls = at == NULL || strncmp(at, "calls=", 6) != 0 ? 0 : strtod(at + 6, NULL);
    *refused = failed == NULL ? 0 : strtod(failed + 13, NULL);
}

static int compare_rates(const void *left, const void *right)
{
    const struct command_rate *a = left, *b = right;

    return (a->calls_s < b->calls_s) - (a->calls_s > b->calls_s);
}

static void draw_commands(struct top_view *view, const struct top_sample *before,
                          const struct top_sample *now)
{
    struct command_rate rates[128];
    double s = (double)(now->at_us - before->at_us) / 1e6;
    size_t count = 0;
    const char *key;
    json_t *value;

    json_object_foreach(json_object_get(now->info, "Commandstats"), key, value)
    {
        double calls, refused, calls_before, refused_before;
        count_calls(value, &calls, &refused);
        count_calls(json_object_get(json_object_get(before->info, "Commandstats"), key),
                    &calls_before, &refused_before);
        if (count < sizeof rates / sizeof rates[0] && calls > calls_before && s > 0)
            rates[count++] =
                (struct command_rate){strncmp(key, "cmdstat_", 8) == 0 ? key + 8 : key,
                                      (calls - calls_before) / s, (refused - refused_before) / s};
    }
    qsort(rates, count, sizeof rates[0], compare_rates);
    buf_append_str(&view->picture.out, PICTURE_BOLD);
    picture_cell(&view->picture, "命令 command", WIDTH_COMMAND);
    buf_append_str(&view->picture.out, "      calls/s    refused/s" PICTURE_PLAIN);
    picture_end_line(&view->picture);
    for (size_t i = 0; i < count && i < COMMANDS_SHOWN; i++) {
        picture_cell(&view->picture, rates[i].name, WIDTH_COMMAND);
        buf_printf(&view->picture.out, " %12.1f %12.1f", rates[i].calls_s, rates[i].refused_s);
        picture_end_line(&view->picture);
    }
}

static void draw_campaign(struct picture *picture, const json_t *campaign)
{
    static const char *const numbers[] = {"rooms_open", "rooms_formed", "rooms_failed",
                                          "seats_held", "seats_paid",   "refunds_due"};

    picture_cell(picture, json_string_value(json_object_get(campaign, "campaign")), WIDTH_CAMPAIGN);
    picture_cell(picture, json_string_value(json_object_get(campaign, "phase")), WIDTH_PHASE);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        buf_printf(&picture->out, " %8" JSON_INTEGER_FORMAT,
                   json_integer_value(json_object_get(campaign, numbers[i])));
    picture_end_line(picture);
}

static void draw_campaigns(struct top_view *view, const struct top_sample *now)
{
    struct picture *picture = &view->picture;
    size_t rows = picture_rows(), index;
    json_t *campaign;

    picture_end_line(picture);
    buf_append_str(&picture->out, PICTURE_BOLD);
    picture_cell(picture, "活動 campaign", WIDTH_CAMPAIGN);
    picture_cell(picture, "phase", WIDTH_PHASE);
    buf_append_str(&picture->out, "     open   formed   failed     held     paid  refunds" //
                   PICTURE_PLAIN);
    picture_end_line(picture);
    json_array_foreach(now->campaigns, index, campaign)
    {
        if (picture->lines + 2 > rows) break;
        draw_campaign(picture, campaign);
    }
}

void top_view_show(struct top_view *view, const struct top_sample *before,
                   const struct top_sample *now)
{
    if (view->tool->json || !view->tool->is_terminal) {
        print_line(view, before, now);
        return;
    }
    picture_begin(&view->picture);
    draw_head(view, now);
    draw_figures(view, before, now);
    draw_commands(view, before, now);
    draw_campaigns(view, now);
    picture_show(&view->picture);
}

void top_view_close(struct top_view *view)
{
    picture_close(&view->picture);
}
