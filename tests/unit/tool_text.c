/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_cell(const char *text, size_t width, const char *expected)
{
    struct buf out = {0};

    text_cell(&out, text, strlen(text), width);
    buf_append_byte(&out, '\0');
    assert_string_equal(out.data, expected);
    buf_free(&out);
}

static void han_takes_two_cells(void **state)
{
    (void)state;
    assert_int_equal(text_width("拼團", 6), 4);
    assert_int_equal(text_width("3人拼團", strlen("3人拼團")), 7);
    assert_int_equal(text_width("●●○", strlen("●●○")), 3);
}

static void cells_are_cut_and_padded_by_width(void **state)
{
    (void)state;
    assert_cell("拼團", 6, "拼團  ");
    assert_cell("拼團", 4, "拼團");
    assert_cell("拼團", 3, "拼…");
    assert_cell("五常大米", 6, "五常… ");
    assert_cell("", 2, "  ");
    assert_cell("abc", 0, "");
}

static void no_text_steers_the_terminal(void **state)
{
    struct buf out = {0};

    (void)state;
    text_safe(&out, "a\033[2Jb\xff\xc2\x9b\n", 10);
    buf_append_byte(&out, '\0');
    assert_string_equal(out.data, "a?[2Jb???");
    buf_free(&out);
    assert_cell("a\033b", 3, "a?b");
    assert_cell("a\xe2\x80\xae"
                "b",
                3, "a?b"); /* right-to-left override */
}

static void spans_read_well(void **state)
{
    char out[16];

    (void)state;
    assert_string_equal(text_span(out, -5), "0.0 s");
    assert_string_equal(text_span(out, 400), "0.4 s");
    assert_string_equal(text_span(out, 12900), "12 s");
    assert_string_equal(text_span(out, 185000), "3:05");
    assert_string_equal(text_span(out, 7800000), "2:10:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(han_takes_two_cells),
        cmocka_unit_test(cells_are_cut_and_padded_by_width),
        cmocka_unit_test(no_text_steers_the_terminal),
        cmocka_unit_test(spans_read_well),
    };

    return cmocka_run_group_tests_name("tool/text", tests, NULL, NULL);
}
