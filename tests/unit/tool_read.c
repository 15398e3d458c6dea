/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/replay_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_row_becomes_an_event(void **state)
{
    struct event event;

    (void)state;
    assert_null(event_parse("543462,1715,1464116,cart,1511658000", &event));
    assert_string_equal(event.user, "543462");
    assert_string_equal(event.category, "1464116");
    assert_int_equal(event.kind, EVENT_CART);
    assert_int_equal(event.at_s, 1511658000);
}

static void rows_that_are_none_are_told_why(void **state)
{
    static const char *const rows[] = {
        "",
        "a,b,c,pv",
        "a,b,c,pv,1,2",
        "a,b,c,pv,",
        "a,b,c,pv,-5",
        "a,b,c,pv,1x",
        "a,b,c,look,1",
        ",b,c,pv,1",
        "a,b,,pv,1",
        "a b,b,c,pv,1",
        "a\xff,b,c,pv,1",
        "a,b,c,pv, 1",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,b,c,pv,1",
        "a,b,c,pv,99999999999999999999",
    };
    struct event event;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_non_null(event_parse(rows[i], &event));
}

static struct reader reader_of(const char *text)
{
    FILE *file = tmpfile();

    fputs(text, file);
    rewind(file);
    return (struct reader){.file = file};
}

static void assert_next(struct reader *reader, int64_t line, int64_t at_s)
{
    struct event event;

    assert_true(reader_next(reader, &event));
    assert_int_equal(event.line, line);
    assert_int_equal(event.at_s, at_s);
}

static void assert_end(struct reader *reader)
{
    struct event event;

    assert_false(reader_next(reader, &event));
    fclose(reader->file);
}

static void a_header_line_ends_and_a_missing_last_break_are_fine(void **state)
{
    struct reader reader =
        reader_of("user,item,category,behaviour,timestamp\na,1,c,pv,100\r\nb,1,c,buy,101");

    (void)state;
    assert_next(&reader, 2, 100);
    assert_next(&reader, 3, 101);
    assert_int_equal(reader.skipped, 0);
    assert_end(&reader);
}

static void time_never_runs_back(void **state)
{
    struct reader reader =
        reader_of("a,1,c,pv,1000\na,1,c,pv,1010\na,1,c,pv,1005\na,1,c,pv,15\na,1,c,pv,1011\n");

    (void)state;
    assert_next(&reader, 1, 1000);
    assert_next(&reader, 2, 1010);
    assert_next(&reader, 3, 1010);
    assert_next(&reader, 5, 1011);
    assert_int_equal(reader.skipped, 1);
    assert_string_equal(reader.first_skipped,
                        "line 4: its time lies far behind the rows before it");
    assert_end(&reader);
}

static void a_line_without_end_is_one_bad_row(void **state)
{
    char text[3000];

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "a,1,c,pv,1\n", 11);
    strcpy(text + 2900, "\nb,1,c,pv,2\n");
    struct reader reader = reader_of(text);
    assert_next(&reader, 1, 1);
    assert_next(&reader, 3, 2);
    assert_int_equal(reader.skipped, 1);
    assert_end(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_becomes_an_event),
        cmocka_unit_test(rows_that_are_none_are_told_why),
        cmocka_unit_test(a_header_line_ends_and_a_missing_last_break_are_fine),
        cmocka_unit_test(time_never_runs_back),
        cmocka_unit_test(a_line_without_end_is_one_bad_row),
    };

    return cmocka_run_group_tests_name("tool/read", tests, NULL, NULL);
}
