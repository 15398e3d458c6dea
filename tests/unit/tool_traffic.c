/* SPDX-License-Identifier: BSD-2-Clause */
/* What shoppers do with the seats they hold, as often as the mix says and in good time. */
#include "bench/load/traffic.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ARRIVALS = 2000000, SEED = 7 };

struct day {
    struct plan plan;
    struct journal journal;
    struct traffic traffic;
    int64_t asked[OP_COUNT];
    uint64_t waiting_max; /* orders that were to be paid, or given back, at one time */
};

/* All seats are given. */
static void live(struct day *day, const char *mix, const char *rate)
{
    *day = (struct day){.waiting_max = 0};
    plan_init(&day->plan);
    assert_null(plan_set(&day->plan, PLAN_ROW_mix, mix));
    assert_null(plan_set(&day->plan, PLAN_ROW_rate, rate));
    assert_null(plan_set(&day->plan, PLAN_ROW_hold_ms, "5s"));
    assert_true(plan_check(&day->plan));
    journal_init(&day->journal, (uint32_t)day->plan.campaigns, 0);
    traffic_init(&day->traffic, &day->plan, &day->journal, SEED);
    for (int i = 0; i < ARRIVALS; i++) {
        struct request request;
        traffic_choose(&day->traffic, &request);
        day->asked[request.op]++;
        if (request.op == OP_MATCH) traffic_held(&day->traffic, request.order);
        const uint64_t waiting[] = {day->traffic.to_pay.count, day->traffic.to_cancel.count};
        for (int w = 0; w < 2; w++)
            if (waiting[w] > day->waiting_max) day->waiting_max = waiting[w];
    }
}

static void end(struct day *day)
{
    traffic_free(&day->traffic);
    journal_free(&day->journal);
    plan_free(&day->plan);
}

/* So many in a thousand of all arrivals, give or take a few. */
static void assert_share(const struct day *day, enum op op, int64_t share, int64_t few)
{
    assert_in_range(day->asked[op], (share - few) * ARRIVALS / 1000,
                    (share + few) * ARRIVALS / 1000);
}

static void payments_keep_pace_with_seats(void **state)
{
    struct day day;

    (void)state;
    live(&day, "match=0.5,pay=0.3,list=0.2", "50k");
    assert_share(&day, OP_PAY, 300, 3);
    assert_share(&day, OP_MATCH, 500, 3);
    assert_in_range(day.waiting_max, 10, 150);
    end(&day);
}

static void seats_given_back_do_too(void **state)
{
    struct day day;

    (void)state;
    live(&day, "match=0.5,pay=0.3,cancel=0.05,list=0.15", "50k");
    assert_share(&day, OP_PAY, 300, 3);
    assert_share(&day, OP_CANCEL, 50, 3);
    assert_in_range(day.waiting_max, 10, 150);
    end(&day);
}

static void where_all_pay_none_waits_long(void **state)
{
    struct day day;

    (void)state;
    live(&day, "match=0.5,pay=0.5", "50k");
    assert_in_range(day.waiting_max, 10, 150);
    assert_share(&day, OP_PAY, 500, 10); /* at times there is none left to pay: a match instead */
    end(&day);
}

/* While a hold lasts there are 30 payments at 20 requests a second, and six at four. */
static void none_waits_for_long_at_a_slow_rate_either(void **state)
{
    struct day day;

    (void)state;
    live(&day, "match=0.5,pay=0.3,list=0.2", "20");
    assert_share(&day, OP_PAY, 300, 15);
    assert_in_range(day.waiting_max, 6, 15); /* half a hold */
    end(&day);
    live(&day, "match=0.5,pay=0.3,list=0.2", "4");
    assert_in_range(day.waiting_max, 1, 3);
    assert_share(&day, OP_PAY, 250, 50);
    end(&day);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payments_keep_pace_with_seats),
        cmocka_unit_test(seats_given_back_do_too),
        cmocka_unit_test(where_all_pay_none_waits_long),
        cmocka_unit_test(none_waits_for_long_at_a_slow_rate_either),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
