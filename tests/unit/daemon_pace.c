/* SPDX-License-Identifier: BSD-2-Clause */
/* The portions of a sweep follow how long the last ones took. */
#include "daemon/pace.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CLAIM(name) static void name(void **state __attribute__((unused)))

enum { MOST = 1000 };

/* One portion after the other, each taking so long; the last one's size. */
static size_t after(struct pace *pace, int portions, int64_t took_us)
{
    for (int i = 0; i < portions; i++) {
        pace_begin(pace, 7, 1000);
        pace_end(pace, 7, 1000 + took_us, MOST);
    }
    return pace_portion(pace, MOST);
}

CLAIM(the_first_portion_is_all_that_is_allowed)
{
    struct pace pace = {0};

    assert_int_equal(pace_portion(&pace, MOST), MOST);
    assert_int_equal(after(&pace, 1, PACE_QUICK_US - 1), MOST);
}

CLAIM(slow_ones_shrink_it_and_quick_ones_let_it_grow)
{
    struct pace pace = {0};

    assert_int_equal(after(&pace, 1, PACE_SLOW_US + 1), 750);
    assert_int_equal(after(&pace, 1, PACE_SLOW_US + 1), 563);
    assert_int_equal(after(&pace, 1, PACE_SLOW_US), 563);  /* neither */
    assert_int_equal(after(&pace, 1, PACE_QUICK_US), 563); /* neither */
    assert_int_equal(after(&pace, 1, PACE_QUICK_US - 1), 634);
    assert_int_equal(after(&pace, 100, 0), MOST);
    assert_int_equal(after(&pace, 100, PACE_SLOW_US + 1), PACE_LEAST);
}

CLAIM(no_more_is_allowed_than_is_set_even_below_the_least)
{
    struct pace pace = {0};

    pace_begin(&pace, 7, 0);
    pace_end(&pace, 7, PACE_SLOW_US + 1, 10);
    assert_int_equal(pace_portion(&pace, 10), 10);
}

CLAIM(one_portion_is_timed_at_a_time_until_it_is_committed)
{
    struct pace pace = {0};

    pace_begin(&pace, 7, 0);
    pace_begin(&pace, 8, PACE_SLOW_US);
    pace_end(&pace, 6, PACE_SLOW_US + 1, MOST); /* not yet */
    assert_int_equal(pace_portion(&pace, MOST), MOST);
    pace_end(&pace, 8, PACE_SLOW_US + 1, MOST);
    assert_int_equal(pace_portion(&pace, MOST), 750);
    pace_end(&pace, 9, 10 * PACE_SLOW_US, MOST); /* nothing is timed */
    assert_int_equal(pace_portion(&pace, MOST), 750);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_portion_is_all_that_is_allowed),
        cmocka_unit_test(slow_ones_shrink_it_and_quick_ones_let_it_grow),
        cmocka_unit_test(no_more_is_allowed_than_is_set_even_below_the_least),
        cmocka_unit_test(one_portion_is_timed_at_a_time_until_it_is_committed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
