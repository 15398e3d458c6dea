/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of metrics.def as tables, and what is summed from them. */
#include "daemon/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "proto/schema.h"

static void a_bound_belongs_to_its_bucket_and_what_is_beyond_to_the_last(void **state)
{
    const int64_t *bounds = histogram_bounds[HISTOGRAM_MS];
    struct histogram histogram = {{0}, 0, 0};

    (void)state;
    histogram_add(&histogram, HISTOGRAM_MS, 0, 1);
    histogram_add(&histogram, HISTOGRAM_MS, bounds[3], 2);
    histogram_add(&histogram, HISTOGRAM_MS, bounds[3] + 1, 1);
    histogram_add(&histogram, HISTOGRAM_MS, bounds[HISTOGRAM_BOUND_COUNT - 1] + 1, 1);
    assert_int_equal(histogram.counts[0], 1);
    assert_int_equal(histogram.counts[3], 2);
    assert_int_equal(histogram.counts[4], 1);
    assert_int_equal(histogram.counts[HISTOGRAM_BOUND_COUNT], 1);
    assert_int_equal(histogram.count, 5);
    assert_int_equal(histogram.sum, 3 * bounds[3] + 1 + bounds[HISTOGRAM_BOUND_COUNT - 1] + 1);
}

static void bounds_rise(void **state)
{
    (void)state;
    for (int unit = 0; unit < HISTOGRAM_UNIT_COUNT; unit++)
        for (int i = 1; i < HISTOGRAM_BOUND_COUNT; i++)
            assert_true(histogram_bounds[unit][i - 1] < histogram_bounds[unit][i]);
}

/* A name in INFO is one number's, and no two rows show the same. */
static void rows_are_distinct(void **state)
{
    (void)state;
    for (size_t i = 0; i < metric_row_count; i++) {
        assert_true(metric_rows[i].offset + sizeof(int64_t) <= sizeof(struct metrics));
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(metric_rows[i].name, metric_rows[k].name);
            assert_int_not_equal(metric_rows[i].offset, metric_rows[k].offset);
            if (metric_rows[i].prometheus[0] != '\0')
                assert_string_not_equal(metric_rows[i].prometheus, metric_rows[k].prometheus);
        }
    }
}

static void histograms_are_distinct(void **state)
{
    (void)state;
    for (size_t i = 0; i < metric_histogram_row_count; i++) {
        const struct metric_histogram_row *row = &metric_histogram_rows[i];
        assert_true(row->offset + sizeof(struct histogram) <= sizeof(struct metrics));
        for (size_t k = 0; k < i; k++) {
            const struct metric_histogram_row *other = &metric_histogram_rows[k];
            assert_string_not_equal(row->count_name, other->count_name);
            assert_int_not_equal(row->offset, other->offset);
            assert_true(strcmp(row->prometheus, other->prometheus) != 0 ||
                        strcmp(row->labels, other->labels) != 0);
        }
    }
}

/* Every word that the vocabulary has is counted by a row. */
static void no_reason_is_left_out(void **state)
{
    static struct metrics metrics;
    int64_t seen = 0;

    (void)state;
    for (size_t i = 0; i < tuan_room_reason_words.count; i++) {
        int64_t number = tuan_room_reason_words.words[i].number;
        metrics.formed[number] = metrics.failed[number] = 1;
    }
    for (size_t i = 0; i < tuan_release_reason_words.count; i++)
        metrics.released[tuan_release_reason_words.words[i].number] = 1;
    for (size_t i = 0; i < tuan_refund_reason_words.count; i++)
        metrics.owed[tuan_refund_reason_words.words[i].number] = 1;
    for (size_t i = 0; i < metric_row_count; i++)
        seen += metric_value(&metrics, &metric_rows[i]);
    assert_int_equal(seen, tuan_room_reason_words.count + tuan_release_reason_words.count +
                               tuan_refund_reason_words.count);
}

static void what_shoppers_got_is_summed_over_commands_and_protocols(void **state)
{
    static struct metrics metrics;

    (void)state;
    metrics_count(&metrics, METRIC_PROTO_RESP, TUAN_CMD_ROOM_MATCH, TUAN_OK);
    metrics_count(&metrics, METRIC_PROTO_MSGPACK, TUAN_CMD_ROOM_OPEN, TUAN_OK);
    metrics_count(&metrics, METRIC_PROTO_MSGPACK, TUAN_CMD_ROOM_JOIN, TUAN_ERR_ROOM_FULL);
    metrics_count(&metrics, METRIC_PROTO_RESP, TUAN_CMD_ROOM_JOIN, TUAN_ERR_OUT_OF_QUOTA);
    metrics_count(&metrics, METRIC_PROTO_RESP, TUAN_CMD_ROOM_GET, TUAN_ERR_ROOM_NOT_FOUND);
    metrics_count(&metrics, METRIC_PROTO_NEW, TUAN_CMD_COUNT, TUAN_ERR_BAD_REQUEST);
    metrics_sum_up(&metrics);
    metrics_sum_up(&metrics); /* taken anew, not added */
    assert_int_equal(metrics.joins[METRIC_JOIN_OK], 2);
    assert_int_equal(metrics.joins[METRIC_JOIN_FULL], 1);
    assert_int_equal(metrics.joins[METRIC_JOIN_LIMITED], 1);
    assert_int_equal(metrics.joins[METRIC_JOIN_ERROR], 0);
    assert_int_equal(metrics.total_commands_processed, 6);
    assert_int_equal(metrics.total_error_replies, 4);
    assert_int_equal(metrics_outcomes(&metrics, TUAN_CMD_ROOM_JOIN).refused, 2);
    assert_int_equal(metrics_outcomes(&metrics, TUAN_CMD_ROOM_JOIN).done, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bound_belongs_to_its_bucket_and_what_is_beyond_to_the_last),
        cmocka_unit_test(bounds_rise),
        cmocka_unit_test(rows_are_distinct),
        cmocka_unit_test(histograms_are_distinct),
        cmocka_unit_test(no_reason_is_left_out),
        cmocka_unit_test(what_shoppers_got_is_summed_over_commands_and_protocols),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
