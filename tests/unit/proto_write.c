/* SPDX-License-Identifier: BSD-2-Clause */
/* proto_write.c - what the encoders write by: decimals. */
#include "proto/write.h"
#include "unit/proto_testing.h"

#include <inttypes.h>

/* Exactly as much room as is promised to be enough. */
static void assert_prints(int64_t value)
{
    char expected[32], *room = malloc(TUAN_DECIMAL_MAX);
    int len = snprintf(expected, sizeof expected, "%" PRId64, value);

    assert_non_null(room);
    assert_int_equal(tuan_put_int(room, value) - room, len);
    assert_memory_equal(room, expected, (size_t)len);
    free(room);
}

CLAIM(an_integer_prints_as_printf_prints_it)
{
    uint64_t seed = 1;

    for (int64_t value = -100000; value <= 100000; value++)
        assert_prints(value);
    for (int64_t power = 1; power < INT64_MAX / 10; power *= 10)
        for (int64_t near = -2; near <= 2; near++) {
            assert_prints(power + near);
            assert_prints(-power + near);
        }
    for (int i = 0; i < 200000; i++)
        assert_prints((int64_t)(testing_random(&seed) >> (testing_random(&seed) % 64)));
    assert_prints(INT64_MAX);
    assert_prints(INT64_MIN);
}

CLAIM(the_largest_number_fits)
{
    char room[TUAN_DECIMAL_MAX];

    assert_ptr_equal(tuan_put_decimal(room, UINT64_MAX), room + sizeof room);
    assert_memory_equal(room, "18446744073709551615", sizeof room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_integer_prints_as_printf_prints_it),
        cmocka_unit_test(the_largest_number_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
