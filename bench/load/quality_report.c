/* SPDX-License-Identifier: BSD-2-Clause */
/* quality_report.c - the same figures in three forms. */
#include "bench/load/quality_report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "bench/tool/text.h"
#include "proto/schema.h"

#define REPORT_SCHEMA 1

static double share(int64_t part, size_t whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

static double bound_share(const struct quality_report *report)
{
    return share(report->bound_rooms * report->rows[0].rules.size, report->arrivals->count);
}

static const char *match_word(const struct quality_row *row)
{
    return tuan_word_text(&tuan_match_words, row->rules.match);
}

/* ---- for people ---- */

static void print_head(const struct quality_report *report)
{
    const struct arrivals *arrivals = report->arrivals;
    const struct quality_rules *rules = &report->rows[0].rules;
    char life[16];

    printf("%zu shoppers in %" PRIu32 " campaigns (%s), rooms of %" PRId64 " that live %s\n",
           arrivals->count, arrivals->campaigns, report->source, rules->size,
           text_span(life, rules->life_ms));
    printf("%" PRId64 " %% open their own room, %" PRId64 " %% follow a link, %" PRId64
           " %% ask to be matched\n",
           rules->open_pct, rules->link_pct, 100 - rules->open_pct - rules->link_pct);
    if (arrivals->again > 0)
        printf("left out: %" PRId64 " who came again while they could still be waiting\n",
               arrivals->again);
    if (arrivals->skipped > 0)
        printf("left out: %" PRId64 " rows that cannot be read (%s)\n", arrivals->skipped,
               arrivals->note);
    printf("At most %.1f %% can be seated if nobody waits longer than a room lives.\n\n",
           100 * bound_share(report));
}

static void print_row(const struct quality_report *report, const struct quality_row *row)
{
    const struct quality_result *result = &row->result;
    double seated = share(result->seated, report->arrivals->count), bound = bound_share(report);
    char p50[16], p95[16];

    printf("%-12s %-9s %6.1f %% %7.1f %% %9s %9s %8" PRId64 " %8" PRId64 " %8" PRId64 " %8" PRId64
           "\n",
           match_word(row), row->rules.merges ? "deadline" : "off", 100 * seated,
           bound > 0 ? 100 * seated / bound : 0,
           text_span(p50, histogram_percentile(&result->wait_ms, 50)),
           text_span(p95, histogram_percentile(&result->wait_ms, 95)), result->opened,
           result->formed, result->failed[TUAN_REASON_DEADLINE],
           result->failed[TUAN_REASON_MERGED_AWAY]);
}

void quality_print_table(const struct quality_report *report)
{
    print_head(report);
    printf("%-12s %-9s %8s %9s %9s %9s %8s %8s %8s %8s\n", "match", "merge", "seated", "of bound",
           "wait p50", "wait p95", "opened", "formed", "failed", "merged");
    for (size_t i = 0; i < report->count; i++)
        print_row(report, &report->rows[i]);
    printf("\nwait: from a shopper's arrival to his room's forming. failed: rooms at their "
           "deadline; merged: rooms\nwhose people all went on into others.\n");
}

/* ---- for programs ---- */

static json_t *failed_json(const struct quality_result *result)
{
    json_t *json = json_object();

    for (int reason = 1; reason < QUALITY_REASONS; reason++)
        if (result->failed[reason] > 0)
            json_object_set_new(json, tuan_word_text(&tuan_room_reason_words, reason),
                                json_integer(result->failed[reason]));
    return json;
}

static json_t *row_json(const struct quality_report *report, const struct quality_row *row)
{
    const struct quality_result *result = &row->result;

    return json_pack("{s:s, s:s, s:I, s:f, s:{s:I, s:I, s:I}, s:{s:I, s:I, s:o}, s:I, s:I}",
                     "match", match_word(row), "merge", row->rules.merges ? "deadline" : "off",
                     "seated", (json_int_t)result->seated, "share",
                     share(result->seated, report->arrivals->count), "wait_ms", "p50",
                     (json_int_t)histogram_percentile(&result->wait_ms, 50), "p95",
                     (json_int_t)histogram_percentile(&result->wait_ms, 95), "max",
                     (json_int_t)result->wait_ms.max, "rooms", "opened", (json_int_t)result->opened,
                     "formed", (json_int_t)result->formed, "failed", failed_json(result), "links",
                     (json_int_t)result->links, "links_dead", (json_int_t)result->links_dead);
}

void quality_print_json(const struct quality_report *report)
{
    const struct arrivals *arrivals = report->arrivals;
    const struct quality_rules *rules = &report->rows[0].rules;
    json_t *runs = json_array();

    for (size_t i = 0; i < report->count; i++)
        json_array_append_new(runs, row_json(report, &report->rows[i]));
    json_t *json = json_pack(
        "{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:{s:I, s:f}, s:o}", "schema",
        REPORT_SCHEMA, "source", report->source, "seed", (json_int_t)report->seed, "shoppers",
        (json_int_t)arrivals->count, "campaigns", (json_int_t)arrivals->campaigns, "again",
        (json_int_t)arrivals->again, "skipped", (json_int_t)arrivals->skipped, "size",
        (json_int_t)rules->size, "life_ms", (json_int_t)rules->life_ms, "open_pct",
        (json_int_t)rules->open_pct, "link_pct", (json_int_t)rules->link_pct, "bound", "rooms",
        (json_int_t)report->bound_rooms, "share", bound_share(report), "runs", runs);
    json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    printf("\n");
    json_decref(json);
}

void quality_print_csv(const struct quality_report *report)
{
    printf("match,merge,size,life_ms,open_pct,link_pct,seed,shoppers,seated,share,bound_share,"
           "wait_p50_ms,wait_p95_ms,opened,formed,failed_deadline,failed_merged_away\n");
    for (size_t i = 0; i < report->count; i++) {
        const struct quality_row *row = &report->rows[i];
        const struct quality_result *result = &row->result;
        printf(
            "%s,%s,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%zu,%" PRId64
            ",%.6f,%.6f,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "\n",
            match_word(row), row->rules.merges ? "deadline" : "off", row->rules.size,
            row->rules.life_ms, row->rules.open_pct, row->rules.link_pct, report->seed,
            report->arrivals->count, result->seated, share(result->seated, report->arrivals->count),
            bound_share(report), histogram_percentile(&result->wait_ms, 50),
            histogram_percentile(&result->wait_ms, 95), result->opened, result->formed,
            result->failed[TUAN_REASON_DEADLINE], result->failed[TUAN_REASON_MERGED_AWAY]);
    }
}
