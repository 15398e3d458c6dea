/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/objective.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

#define MS 1000000

/* A daemon that turns nine in ten of those who join away within 1 ms, lets the others wait for 80
 * ms, answers polls in 2 ms, and one poll in 20 never. */
static json_t *busy_run(void)
{
    json_t *run =
        json_pack("{s:{s:i, s:i, s:i, s:i, s:f}, s:{s:[[i, i]]}, s:{s:{s:[[i, i]]}}}", "totals",
                  "due", 1100, "ok", 195, "refused", 900, "error", 5, "rate", 100.0, "lag",
                  "counts", MS, 1100, "domain", "deadline_to_ended", "counts", 3 * MS, 10);
    static const struct {
        const char *operation, *class;
        int response_ms, service_ms, count;
    } rows[] = {{"join", "ok", 80, 8, 100},
                {"join", "refused", 1, 1, 900},
                {"get", "ok", 2, 1, 95},
                {"get", "error", 900, 900, 5}};
    json_t *operations = json_array();

    assert_non_null(run);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        json_array_append_new(
            operations,
            json_pack("{s:s, s:s, s:{s:[[i, i]]}, s:{s:[[i, i]]}}", "operation", rows[i].operation,
                      "class", rows[i].class, "response", "counts", rows[i].response_ms * MS,
                      rows[i].count, "service", "counts", rows[i].service_ms * MS, rows[i].count));
    json_object_set_new(run, "operations", operations);
    return run;
}

static void is_ms(const json_t *run, const char *measure, double wanted_ms)
{
    double ms = objective_measure(measure, run) / MS;

    if (!(fabs(ms - wanted_ms) <= wanted_ms / 1000))
        fail_msg("%s is %.3f ms, not %.3f", measure, ms, wanted_ms);
}

static void times_are_of_those_who_got_what_they_asked_for(void **state)
{
    json_t *run = busy_run();

    (void)state;
    is_ms(run, "p50", 80);
    is_ms(run, "p99", 80);
    is_ms(run, "ok.p99", 80);
    is_ms(run, "service.p99", 8);
    is_ms(run, "get.p99.9", 2);
    is_ms(run, "mean", (80 * 100 + 2 * 95) / 195.0);
    is_ms(run, "lag.p99", 1);
    is_ms(run, "deadline_to_ended.max", 3);
    json_decref(run);
}

static void those_who_were_turned_away_have_a_name_of_their_own(void **state)
{
    json_t *run = busy_run();

    (void)state;
    is_ms(run, "refused.p99", 1);
    is_ms(run, "refused.join.p50", 1);
    is_ms(run, "join.refused.response.max", 1);
    is_ms(run, "error.p50", 900);
    is_ms(run, "error.service.max", 900);
    assert_true(isnan(objective_measure("refused.get.p99", run))); /* nobody was */
    assert_true(fabs(objective_measure("refused", run) - 900 / 1100.0) < 1e-9);
    assert_true(fabs(objective_measure("errors", run) - 5 / 1100.0) < 1e-9);
    json_decref(run);
}

static void what_was_not_measured_is_not_met(void **state)
{
    json_t *run = busy_run();
    json_t *judged = objectives_judge("p99<100ms,p99<5ms,pay.p99<9s,refused>50%", run);
    static const bool met[] = {true, false, false, true};

    (void)state;
    assert_int_equal(json_array_size(judged), 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(json_is_true(json_object_get(json_array_get(judged, i), "met")), met[i]);
    assert_true(json_is_null(json_object_get(json_array_get(judged, 2), "value")));
    assert_false(objectives_met(judged));
    json_decref(judged);
    json_decref(run);
}

static void a_list_that_means_nothing_is_refused(void **state)
{
    static const char *const good[] = {"",
                                       "p99<5ms",
                                       "p99.99<5us,mean<1ns",
                                       "refused.p99<5ms",
                                       "pay.service.p50<1s",
                                       "refused<5%",
                                       "error.p99<1ms",
                                       "lag.max<1ms",
                                       "rate>4.9k",
                                       "ok.open.p90<1ms"};
    static const char *const bad[] = {"p99",
                                      "p98<5ms",
                                      "p99<5",
                                      "p99<5%",
                                      "jion.p99<5ms",
                                      "pay.rate>5",
                                      "lag.ok.p99<1ms",
                                      "join.pay.p50<1ms",
                                      "service.lag.p50<1ms",
                                      "p99.<1ms",
                                      "errors.p99<1ms",
                                      "ok.errors<1%",
                                      ".p99<5ms",
                                      "rate<5ms",
                                      "errors<1ms",
                                      "p99<-1ms"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_null(objectives_check(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (objectives_check(bad[i]) == NULL) fail_msg("%s is taken", bad[i]);
}

static void lists_that_say_nothing_of_errors_allow_few(void **state)
{
    static const char *const lists[][2] = {
        {"p99<5ms", "p99<5ms,errors<1%"}, {"p99<5ms,errors<9%", "p99<5ms,errors<9%"}, {"", ""}};
    struct buf completed = {0};

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        buf_reset(&completed);
        objectives_complete(lists[i][0], &completed);
        assert_string_equal(completed.data, lists[i][1]);
    }
    buf_free(&completed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_of_those_who_got_what_they_asked_for),
        cmocka_unit_test(those_who_were_turned_away_have_a_name_of_their_own),
        cmocka_unit_test(what_was_not_measured_is_not_met),
        cmocka_unit_test(a_list_that_means_nothing_is_refused),
        cmocka_unit_test(lists_that_say_nothing_of_errors_allow_few),
    };

    return cmocka_run_group_tests_name("tool/objective", tests, NULL, NULL);
}
