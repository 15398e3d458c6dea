/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/recorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

enum { WARMUP, LOAD, MORE, STAGES };

static struct recorder recorder;
static struct reply reply;

static int setup(void **state)
{
    (void)state;
    recorder_init(&recorder, STAGES, true);
    memset(&reply, 0, sizeof reply);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    recorder_free(&recorder);
    return 0;
}

static void is_about(int64_t got, int64_t wanted)
{
    assert_in_range(got, wanted, wanted + wanted / 512 + 1);
}

/* A thousand requests, one due each ms. The server answers in 1 ms, but stalls once for 500 ms, and
 * a generator on one connection cannot send meanwhile. By service time one request was slow; by
 * response time everybody who came during the stall was. */
static void response_counts_from_when_a_request_was_due(void **state)
{
    int64_t free_ns = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t due_ns = i * MS, sent_ns = due_ns > free_ns ? due_ns : free_ns;
        int64_t now_ns = sent_ns + (i == 100 ? 500 * MS : MS / 2);
        free_ns = now_ns;
        recorder_due(&recorder, LOAD, due_ns, due_ns);
        recorder_ended(&recorder, LOAD, OP_MATCH, &reply, due_ns, sent_ns, now_ns);
    }
    is_about(histogram_percentile(recorder.all_service, 99), MS / 2);
    is_about(histogram_percentile(recorder.all_service, 100), 500 * MS);
    /* The stall is made up for at half a ms each: it is felt from 101 to 1099, less each time. */
    is_about(histogram_percentile(recorder.all_response, 10), MS / 2 + 0);
    is_about(histogram_percentile(recorder.all_response, 55), 275 * MS);
    is_about(histogram_percentile(recorder.all_response, 100), 500 * MS);
}

static void the_warm_up_is_in_the_seconds_but_not_in_the_results(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        size_t stage = i < 4 ? WARMUP : LOAD;
        recorder_due(&recorder, stage, i * MS, i * MS + 7);
        recorder_ended(&recorder, stage, OP_GET, &reply, i * MS, i * MS + 7, i * MS + MS);
    }
    assert_int_equal(recorder.due, 6);
    assert_int_equal(recorder_count(&recorder, OP_GET, CLASS_OK), 6);
    const struct interval *second = recorder_close_second(&recorder, 1000, 10, 0, 0, true);
    assert_int_equal(second->due, 10);
    assert_int_equal(second->by_class[CLASS_OK], 10);
    is_about(second->p50_ns, MS);
    assert_int_equal(second->lag_max_ns, 7);
    second = recorder_close_second(&recorder, 2000, 10, 0, 0, false);
    assert_int_equal(second->due, 0);
    assert_int_equal(second->start_ms, 1000);
    assert_int_equal(second->max_ns, 0);
}

/* Ten were due in each; a stalled generator takes the last ones up in the next stage's time, or
 * when all is over, and the answers come later still. */
static void a_stage_has_what_was_due_in_it_however_late(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++) {
        int64_t taken_ns = i % 10 > 6 ? (i + 5) * MS : i * MS;
        recorder_due(&recorder, (size_t)i / 10, i * MS, taken_ns);
        recorder_ended(&recorder, (size_t)i / 10, OP_GET, &reply, i * MS, taken_ns,
                       taken_ns + (i / 10 + 1) * MS);
    }
    for (int stage = WARMUP; stage < STAGES; stage++) {
        const struct stage_figures *figures = &recorder.stages[stage];
        assert_int_equal(figures->due, 10);
        assert_int_equal(figures->by_class[CLASS_OK], 10);
        is_about(histogram_percentile(&figures->response, 70), (stage + 1) * MS);
        assert_int_equal(figures->response.max, (stage + 1 + 5) * MS);
    }
    assert_int_equal(recorder.due, 20);
}

static void classes_and_operations_are_kept_apart(void **state)
{
    (void)state;
    recorder_ended(&recorder, LOAD, OP_MATCH, &reply, 0, 1, MS);
    reply_refuse(&reply, "ROOM_FULL no seat is free", 25);
    recorder_ended(&recorder, LOAD, OP_JOIN, &reply, 0, 1, 2 * MS);
    reply_refuse(&reply, "BUSY the daemon is overloaded", 29);
    recorder_ended(&recorder, LOAD, OP_JOIN, &reply, 0, 1, 3 * MS);
    reply_refuse(&reply, "WHAT nobody knows", 17);
    recorder_ended(&recorder, LOAD, OP_JOIN, &reply, 0, 1, 3 * MS);
    reply_reset(&reply);
    reply.class = CLASS_ERROR;
    reply.fate = FATE_TIMED_OUT;
    recorder_ended(&recorder, LOAD, OP_JOIN, &reply, 0, 1, 5 * MS);
    assert_int_equal(recorder_total(&recorder, CLASS_OK), 1);
    assert_int_equal(recorder_total(&recorder, CLASS_REFUSED), 1);
    assert_int_equal(recorder_total(&recorder, CLASS_ERROR), 3);
    assert_int_equal(recorder.refusals[TUAN_ERR_ROOM_FULL], 1);
    assert_int_equal(recorder.refusals[TUAN_ERR_BUSY], 1);
    assert_int_equal(recorder.refusals[TUAN_ERR_COUNT], 1);
    assert_int_equal(recorder.timed_out, 1);
    is_about(histogram_percentile(recorder.response[OP_JOIN][CLASS_REFUSED], 50), 2 * MS);
    const struct interval *second = recorder_close_second(&recorder, 1000, 5, 0, 0, false);
    assert_int_equal(second->by_class[CLASS_REFUSED], 1);
    assert_int_equal(second->max_ns, MS); /* of the one that was accepted */
    assert_int_equal(histogram_percentile(recorder.all_response, 100), 5 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(response_counts_from_when_a_request_was_due, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_warm_up_is_in_the_seconds_but_not_in_the_results, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_stage_has_what_was_due_in_it_however_late, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(classes_and_operations_are_kept_apart, setup, teardown),
    };

    return cmocka_run_group_tests_name("tool/recorder", tests, NULL, NULL);
}
