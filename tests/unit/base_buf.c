/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/rng.h"

static void assert_holds(const struct buf *buf, const char *expected)
{
    assert_int_equal(buf->len, strlen(expected));
    assert_memory_equal(buf->data, expected, buf->len);
}

static void buf_init_allocates_nothing(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf);
    assert_null(buf.data);
    buf_append(&buf, NULL, 0);
    assert_null(buf.data);
    buf_consume_head(&buf, 0);
    buf_free(&buf);
}

static void buf_appends_all_kinds(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf);
    buf_append(&buf, "ab", 2);
    buf_append_byte(&buf, '-');
    buf_append_str(&buf, "cd=");
    buf_append_int(&buf, -42);
    buf_printf(&buf, " %s/%d", "x", 7);
    memcpy(buf_reserve(&buf, 3), "end", 3);
    buf.len += 3;
    assert_holds(&buf, "ab-cd=-42 x/7end");
    buf_free(&buf);
    assert_null(buf.data);
}

static void buf_append_int_agrees_with_printf(void **state)
{
    static const int64_t edges[] = {0, 1, -1, 9, 10, 99, 100, -10, INT64_MAX, INT64_MIN};
    struct rng rng;
    struct buf buf;

    (void)state;
    rng_seed(&rng, 1);
    buf_init(&buf);
    for (size_t i = 0; i < 10000; i++) {
        int64_t value = i < 10 ? edges[i] : (int64_t)rng_u64(&rng) >> rng_below(&rng, 64);
        char expected[32];

        snprintf(expected, sizeof expected, "%" PRId64, value);
        buf_reset(&buf);
        buf_append_int(&buf, value);
        assert_holds(&buf, expected);
    }
    buf_free(&buf);
}

static void buf_printf_fits_at_any_fill(void **state)
{
    (void)state;
    for (int fill = 0; fill < 200; fill++) {
        struct buf buf;

        buf_init(&buf);
        for (int i = 0; i < fill; i++)
            buf_append_byte(&buf, '.');
        buf_printf(&buf, "%0100d", 5);
        assert_int_equal(buf.len, (size_t)fill + 100);
        assert_int_equal(buf.data[buf.len - 1], '5');
        buf_free(&buf);
    }
}

static void buf_keeps_the_stream_under_random_append_and_consume(void **state)
{
    struct rng rng;
    struct buf buf;
    uint8_t in = 0;
    uint8_t out = 0;

    (void)state;
    rng_seed(&rng, 2);
    buf_init(&buf);
    for (int i = 0; i < 20000; i++) {
        for (uint64_t n = rng_below(&rng, 40); n > 0; n--)
            buf_append_byte(&buf, (char)in++);
        size_t take = rng_below(&rng, buf.len + 1);

        for (size_t k = 0; k < take; k++)
            assert_int_equal((uint8_t)buf.data[k], out++);
        buf_consume_head(&buf, take);
    }
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_init_allocates_nothing),
        cmocka_unit_test(buf_appends_all_kinds),
        cmocka_unit_test(buf_append_int_agrees_with_printf),
        cmocka_unit_test(buf_printf_fits_at_any_fill),
        cmocka_unit_test(buf_keeps_the_stream_under_random_append_and_consume),
    };
    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
