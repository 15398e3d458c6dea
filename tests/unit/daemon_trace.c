/* SPDX-License-Identifier: BSD-2-Clause */
/* Which trace ids are still known by their numbers. */
#include "daemon/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct tuan_str text_of(const char *text)
{
    return (struct tuan_str){text, (uint32_t)strlen(text)};
}

static void the_newest_are_found_and_no_others(void **state)
{
    static struct traces traces;
    uint32_t numbers[2 * TRACES_KEPT];
    char text[16];

    (void)state;
    traces.newest = UINT32_MAX - TRACES_KEPT; /* numbers begin anew on the way */
    for (int i = 0; i < 2 * TRACES_KEPT; i++) {
        snprintf(text, sizeof text, "t%d", i);
        numbers[i] = traces_keep(&traces, text_of(text));
        assert_int_not_equal(numbers[i], 0);
        assert_string_equal(traces_find(&traces, numbers[i]), text);
    }
    assert_string_equal(traces_find(&traces, numbers[0]), "");
    assert_string_equal(traces_find(&traces, numbers[TRACES_KEPT - 1]), "");
    assert_string_equal(traces_find(&traces, numbers[TRACES_KEPT + 1]), "t1025");
}

static void none_is_zero_and_long_ones_are_cut(void **state)
{
    static struct traces traces;
    char text[TRACE_ID_MAX + 8];

    (void)state;
    assert_int_equal(traces_keep(&traces, text_of("")), 0);
    assert_string_equal(traces_find(&traces, 0), "");
    memset(text, 'x', sizeof text);
    uint32_t number = traces_keep(&traces, (struct tuan_str){text, sizeof text});
    assert_int_equal(strlen(traces_find(&traces, number)), TRACE_ID_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_are_found_and_no_others),
        cmocka_unit_test(none_is_zero_and_long_ones_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
