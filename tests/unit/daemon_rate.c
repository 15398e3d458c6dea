/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "daemon/rate.h"

enum { SECOND_US = 1000000 };

static int take_many(struct rate *rate, int64_t per_second, int64_t now_us, int tries)
{
    int taken = 0;

    for (int i = 0; i < tries; i++)
        taken += rate_take(rate, per_second, now_us) == 0;
    return taken;
}

static void a_second_s_worth_may_come_at_once(void **state)
{
    struct rates *rates = rates_create(1);
    struct rate *rate = rates_hold(rates, "a", 0);

    (void)state;
    assert_int_equal(take_many(rate, 100, 5, 1000), 100);
    assert_int_equal(take_many(rate, 100, 5 + 10000, 1000), 1);
    assert_int_equal(take_many(rate, 100, 5 + SECOND_US / 2, 1000), 49);
    assert_int_equal(take_many(rate, 100, 5 + 9 * SECOND_US, 1000), 100);
    rates_give_back(rates, rate, 0);
    rates_destroy(rates);
}

static void the_rate_is_what_was_set_however_high(void **state)
{
    static const int rates_set[] = {3, 70, 3000, 300000, 700000, 1000000};

    (void)state;
    for (size_t i = 0; i < sizeof rates_set / sizeof rates_set[0]; i++) {
        struct rates *rates = rates_create(1);
        struct rate *rate = rates_hold(rates, "a", 0);
        int taken = 0, wanted = rates_set[i] * 3; /* a second's worth at once, then two seconds */

        for (int64_t now_us = 0; now_us <= 2 * SECOND_US; now_us += 1000)
            while (rate_take(rate, rates_set[i], now_us) == 0)
                taken++;
        assert_in_range(taken, wanted - wanted / 500 - 1, wanted + wanted / 500 + 1);
        rates_give_back(rates, rate, 2 * SECOND_US);
        rates_destroy(rates);
    }
}

static void who_comes_when_he_was_told_is_served(void **state)
{
    struct rates *rates = rates_create(1);
    int64_t now_us = 7;

    (void)state;
    for (int64_t per_second = 1; per_second <= 1000000; per_second = per_second * 3 + 1) {
        struct rate *rate = rates_hold(rates, "a", now_us);
        int64_t wait_ms;
        while ((wait_ms = rate_take(rate, per_second, now_us)) == 0)
            ;
        assert_true(wait_ms > 0 && wait_ms <= 1000);
        now_us += wait_ms * 1000;
        assert_int_equal(rate_take(rate, per_second, now_us), 0);
        rates_give_back(rates, rate, now_us);
        now_us += 10 * SECOND_US;
    }
    rates_destroy(rates);
}

static void a_client_s_connections_share_and_coming_anew_brings_nothing(void **state)
{
    struct rates *rates = rates_create(1);
    struct rate *one = rates_hold(rates, "a", 0), *two = rates_hold(rates, "a", 0);
    struct rate *other = rates_hold(rates, "b", 0);

    (void)state;
    assert_ptr_equal(one, two);
    assert_ptr_not_equal(one, other);
    assert_int_equal(take_many(one, 10, 0, 100), 10);
    assert_int_equal(take_many(other, 10, 0, 100), 10);
    rates_give_back(rates, one, 0);
    rates_give_back(rates, two, 0);
    one = rates_hold(rates, "a", 1);
    assert_int_equal(take_many(one, 10, 1, 100), 0);
    rates_give_back(rates, one, 1);
    rates_give_back(rates, other, 1);
    assert_int_equal(rates_count(rates), 2);
    one = rates_hold(rates, "c", 2 * SECOND_US); /* those before are full again */
    assert_int_equal(rates_count(rates), 1);
    rates_give_back(rates, one, 2 * SECOND_US);
    rates_destroy(rates);
}

static void those_who_are_gone_are_bounded(void **state)
{
    struct rates *rates = rates_create(1);
    char name[32];

    (void)state;
    for (int i = 0; i < 3 * RATE_IDLE_MAX; i++) {
        snprintf(name, sizeof name, "10.0.%d.%d", i / 256, i % 256);
        struct rate *rate = rates_hold(rates, name, 0);
        assert_int_equal(rate_take(rate, 1, 0), 0);
        rates_give_back(rates, rate, 0);
        assert_true(rates_count(rates) <= RATE_IDLE_MAX + 1);
    }
    rates_destroy(rates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_s_worth_may_come_at_once),
        cmocka_unit_test(the_rate_is_what_was_set_however_high),
        cmocka_unit_test(who_comes_when_he_was_told_is_served),
        cmocka_unit_test(a_client_s_connections_share_and_coming_anew_brings_nothing),
        cmocka_unit_test(those_who_are_gone_are_bounded),
    };

    return cmocka_run_group_tests_name("daemon: rate", tests, NULL, NULL);
}
