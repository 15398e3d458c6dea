/* SPDX-License-Identifier: BSD-2-Clause */
/* replay_report.c - what a replay found, as one JSON tree; people get the same tree line by line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bench/tool/clock.h"
#include "bench/tool/replay.h"
#include "bench/tool/value.h"

#define REPORT_SCHEMA 1

static double seconds(int64_t us)
{
    return (double)us / 1e6;
}

void replay_progress(const struct replay *replay, int64_t in_flight)
{
    const struct replay_stats *stats = &replay->stats;
    int64_t refused = 0;

    for (int err = 0; err < TUAN_ERR_COUNT; err++)
        refused += stats->refusals[err];
    fprintf(stderr,
            "%6.1f s  %8" PRId64 " events  %5" PRId64 " in flight  %6" PRId64 " rooms  %6" PRId64
            " refused  match p99 %" PRId64 " us  late p99 %" PRId64 " us\n",
            seconds(clock_now_us() - stats->started_us), stats->events, in_flight,
            replay->book.room_count, refused,
            histogram_percentile(&stats->latency_us[OP_MATCH], 99),
            histogram_percentile(&stats->late_us, 99));
}

static json_t *spread(const struct histogram *histogram, double factor)
{
    json_t *json = json_object();
    static const struct {
        const char *name;
        double percent;
    } rows[] = {{"p50", 50}, {"p95", 95}, {"p99", 99}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        json_object_set_new(
            json, rows[i].name,
            json_integer(
                (json_int_t)((double)histogram_percentile(histogram, rows[i].percent) * factor)));
    json_object_set_new(json, "max", json_integer((json_int_t)((double)histogram->max * factor)));
    json_object_set_new(json, "count", json_integer((json_int_t)histogram->count));
    return json;
}

static json_t *events_json(const struct replay *replay)
{
    const struct replay_stats *stats = &replay->stats;
    json_t *json = json_object();

    json_object_set_new(json, "total", json_integer(stats->events));
    for (int kind = 0; kind < EVENT_KINDS; kind++)
        json_object_set_new(json, event_words[kind], json_integer(stats->by_kind[kind]));
    json_object_set_new(json, "fav_without_room", json_integer(stats->nothing_to_see));
    json_object_set_new(json, "rows_skipped", json_integer(replay->reader.skipped));
    if (replay->reader.skipped > 0)
        json_object_set_new(json, "first_skipped", json_string(replay->reader.first_skipped));
    json_object_set_new(json, "trace_s", json_integer(stats->last_s - stats->first_s));
    json_object_set_new(json, "cut_short", json_boolean(replay->is_cut));
    return json;
}

static void add_one(json_t *json, const char *name)
{
    json_object_set_new(json, name,
                        json_integer(json_integer_value(json_object_get(json, name)) + 1));
}

static json_t *rooms_json(const struct replay *replay)
{
    json_t *json = json_object(), *formed = json_object(), *failed = json_object();
    int64_t formed_count = 0, failed_count = 0, other = 0;

    for (const struct book_room *room = replay->book.rooms; room != NULL; room = room->next) {
        const char *reason = tuan_word_text(&tuan_room_reason_words, room->reason);
        if (room->state == TUAN_ROOM_FORMED) {
            formed_count++;
            add_one(formed, reason);
        } else if (room->state == TUAN_ROOM_FAILED) {
            failed_count++;
            add_one(failed, reason);
        } else {
            other++;
        }
    }
    json_object_set_new(json, "opened", json_integer(replay->book.room_count));
    json_object_set_new(json, "formed", json_integer(formed_count));
    json_object_set_new(json, "formed_by", formed);
    json_object_set_new(json, "failed", json_integer(failed_count));
    json_object_set_new(json, "failed_by", failed);
    json_object_set_new(json, "other", json_integer(other));
    return json;
}

enum { SHOPPER_SEATED = 1, SHOPPER_PAID = 2, SHOPPER_SERVED = 4, SHOPPER_REFUNDED = 8 };

static int64_t count_shoppers(struct map *marks, int bit)
{
    const struct book_user *user;
    int64_t count = 0;
    size_t cursor = 0;

    while ((user = map_next(marks, &cursor)) != NULL)
        count += (user->marks & bit) != 0;
    return count;
}

static json_t *shoppers_json(struct replay *replay)
{
    struct book *book = &replay->book;
    json_t *json = json_object();
    int64_t seats = 0, paid = 0, settled = 0, owed = 0;

    for (struct book_seat *seat = book->seats; seat != NULL; seat = seat->next) {
        bool is_settled = seat->state == TUAN_SEAT_SETTLED;
        bool is_refunded = seat->state == TUAN_SEAT_REFUND_DUE || seat->state == TUAN_SEAT_REFUNDED;
        seat->user->marks |=
            (seat->is_acknowledged ? SHOPPER_SEATED : 0) | (seat->is_paid ? SHOPPER_PAID : 0) |
            (is_settled ? SHOPPER_SERVED : 0) | (is_refunded ? SHOPPER_REFUNDED : 0);
        seats += seat->is_acknowledged;
        paid += seat->is_paid;
        settled += is_settled;
    }
    for (const struct book_refund *refund = book->refunds; refund != NULL; refund = refund->next)
        owed += refund->amount;
    json_object_set_new(json, "seen", json_integer(book->user_count));
    json_object_set_new(json, "seated",
                        json_integer(count_shoppers(&book->user_by_id, SHOPPER_SEATED)));
    json_object_set_new(json, "paid",
                        json_integer(count_shoppers(&book->user_by_id, SHOPPER_PAID)));
    json_object_set_new(json, "served",
                        json_integer(count_shoppers(&book->user_by_id, SHOPPER_SERVED)));
    json_object_set_new(json, "refunded",
                        json_integer(count_shoppers(&book->user_by_id, SHOPPER_REFUNDED)));
    json_object_set_new(json, "seats", json_integer(seats));
    json_object_set_new(json, "seats_paid", json_integer(paid));
    json_object_set_new(json, "seats_settled", json_integer(settled));
    json_object_set_new(json, "refunds", json_integer(book->refund_count));
    json_object_set_new(json, "refunds_amount", json_integer(owed));
    return json;
}

static json_t *fill_json(const struct replay *replay)
{
    struct histogram *fill = mem_zalloc(sizeof *fill);
    json_t *json = json_object();

    for (const struct book_room *room = replay->book.rooms; room != NULL; room = room->next)
        if (room->state == TUAN_ROOM_FORMED) histogram_add(fill, room->ended_at - room->opened_at);
    json_object_set_new(json, "real_ms", spread(fill, 1));
    json_object_set_new(json, "trace_ms", spread(fill, replay->options.scale));
    mem_free(fill);
    return json;
}

static json_t *refusals_json(const struct replay_stats *stats)
{
    json_t *json = json_object();

    for (int err = 0; err < TUAN_ERR_COUNT; err++)
        if (stats->refusals[err] > 0)
            json_object_set_new(json, err == TUAN_OK ? "other" : tuan_errors[err].name,
                                json_integer(stats->refusals[err]));
    return json;
}

static json_t *latency_json(const struct replay_stats *stats)
{
    json_t *json = json_object();

    for (int op = 0; op < OPS; op++)
        if (stats->latency_us[op].count > 0)
            json_object_set_new(json, op_words[op], spread(&stats->latency_us[op], 1));
    return json;
}

static json_t *check_json(const struct check_result *check)
{
    json_t *json = json_object();

    json_object_set_new(json, "violations", json_integer(check->violations));
    json_object_set_new(json, "unchecked", json_integer(check->unchecked));
    if (check->violations > 0) {
        json_object_set_new(json, "law", json_string(check->law));
        json_object_set_new(json, "first", json_string(check->first));
    }
    return json;
}

static json_t *run_json(const struct replay *replay)
{
    const struct replay_stats *stats = &replay->stats;
    json_t *json = json_object();
    double fed_s = seconds(stats->fed_us - stats->started_us);

    json_object_set_new(json, "speed", json_real(replay->options.speed));
    json_object_set_new(json, "spans_divided_by", json_real(replay->options.scale));
    json_object_set_new(json, "prefix", json_string(replay->options.prefix));
    json_object_set_new(json, "size", json_integer(replay->options.size));
    json_object_set_new(json, "campaigns", json_integer(replay->book.campaign_count));
    json_object_set_new(json, "fed_s", json_real(fed_s));
    json_object_set_new(json, "until_last_room_s",
                        json_real(seconds(stats->ended_us - stats->started_us)));
    json_object_set_new(json, "events_per_s",
                        json_integer(fed_s > 0 ? (json_int_t)((double)stats->events / fed_s) : 0));
    json_object_set_new(json, "repeats_after_unknown", json_integer(stats->repeats));
    return json;
}

void replay_report(const struct tool *tool, struct replay *replay, const struct check_result *check)
{
    json_t *json = json_object();

    json_object_set_new(json, "schema", json_integer(REPORT_SCHEMA));
    json_object_set_new(json, "run", run_json(replay));
    json_object_set_new(json, "events", events_json(replay));
    json_object_set_new(json, "rooms", rooms_json(replay));
    json_object_set_new(json, "shoppers", shoppers_json(replay));
    json_object_set_new(json, "time_to_form", fill_json(replay));
    json_object_set_new(json, "refusals", refusals_json(&replay->stats));
    json_object_set_new(json, "latency_us", latency_json(&replay->stats));
    json_object_set_new(json, "generator_late_us", spread(&replay->stats.late_us, 1));
    json_object_set_new(json, "check", check_json(check));
    value_print(tool, json);
    json_decref(json);
}
