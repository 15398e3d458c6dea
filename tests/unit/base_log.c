/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int pipe_fds[2];
static int64_t clock_ms;
static char got[LOG_LINE_MAX * 2];

static int64_t read_test_clock(void)
{
    return clock_ms;
}

static void log_to_pipe(enum log_format format, int64_t (*now_ms)(void))
{
    log_init(&(struct log_config){pipe_fds[1], LOG_LEVEL_INFO, format, now_ms});
}

static int open_pipe(void **state)
{
    (void)state;
    clock_ms = 1795298657123; /* 2026-11-21T22:04:17.123Z */
    if (pipe(pipe_fds) != 0) return -1;
    log_to_pipe(LOG_FORMAT_AUTO, read_test_clock);
    return fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
}

static int close_pipe(void **state)
{
    (void)state;
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    return 0;
}

/* What one read(2) yields; "" when nothing was written. */
static const char *written(void)
{
    ssize_t len = read(pipe_fds[0], got, sizeof got - 1);

    got[len > 0 ? len : 0] = '\0';
    return got;
}

static void log_writes_logfmt_to_a_pipe(void **state)
{
    (void)state;
    log_info("mirror is up", "redis=%s position=%d", "127.0.0.1:6379", 7);
    assert_string_equal(written(), "ts=2026-11-21T22:04:17.123Z level=info msg=\"mirror is up\" "
                                   "redis=127.0.0.1:6379 position=7\n");
}

static void log_leaves_out_the_time_without_a_clock(void **state)
{
    (void)state;
    log_to_pipe(LOG_FORMAT_AUTO, NULL);
    log_error("bye", "");
    assert_string_equal(written(), "level=error msg=\"bye\"\n");
}

static void log_text_is_aligned_and_plain_off_a_terminal(void **state)
{
    (void)state;
    log_to_pipe(LOG_FORMAT_TEXT, read_test_clock);
    log_warn("slow", "ms=%d", 12);
    assert_string_equal(written(),
                        "22:04:17.123 WARN  slow                                 ms=12\n");
    log_warn("slow", "");
    assert_string_equal(written(), "22:04:17.123 WARN  slow\n");
}

static void log_drops_what_is_below_the_level(void **state)
{
    uint64_t count = log_count(LOG_LEVEL_DEBUG);

    (void)state;
    log_debug("detail", "n=%d", 1);
    assert_string_equal(written(), "");
    assert_int_equal(log_count(LOG_LEVEL_DEBUG), count);
}

static void log_line_cannot_be_forged(void **state)
{
    (void)state;
    log_to_pipe(LOG_FORMAT_LOGFMT, NULL);
    log_info("hello", "user=%s", "a\nlevel=error\x1b[2J\x7f\t\xc2\x9b\xe5\x9c\x98");
    assert_string_equal(written(), "level=info msg=\"hello\" user=a\\x0alevel=error\\x1b[2J\\x7f"
                                   "\\x09\\xc2\\x9b\xe5\x9c\x98\n");
    log_info("zero", "c=%c.", 0);
    assert_string_equal(written(), "level=info msg=\"zero\" c=\\x00.\n");
}

static void log_cuts_a_long_line_with_a_mark(void **state)
{
    static const char *const fills[] = {"x", "\n"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        char value[2 * LOG_LINE_MAX];
        size_t len;

        memset(value, fills[i][0], sizeof value - 1);
        value[sizeof value - 1] = '\0';
        log_info("long", "value=%s", value);
        len = strlen(written());
        assert_in_range(len, LOG_LINE_MAX - 20, LOG_LINE_MAX);
        assert_string_equal(got + len - strlen(LOG_CUT) - 1, LOG_CUT "\n");
        assert_ptr_equal(strchr(got, '\n'), got + len - 1);
    }
}

static void say_limited(int n)
{
    log_limited(LOG_LEVEL_WARN, "often", "n=%d", n);
}

static void log_limited_counts_what_it_suppressed(void **state)
{
    (void)state;
    log_to_pipe(LOG_FORMAT_TEXT, read_test_clock);
    for (int n = 0; n < 5; n++)
        say_limited(n);
    assert_non_null(strstr(written(), "n=0\n"));
    assert_string_equal(written(), "");
    clock_ms += LOG_LIMIT_MS - 1;
    say_limited(5);
    assert_string_equal(written(), "");
    clock_ms += 1;
    say_limited(6);
    assert_non_null(strstr(written(), "n=6 suppressed=5\n"));
    clock_ms += LOG_LIMIT_MS;
    say_limited(7);
    assert_non_null(strstr(written(), "n=7\n"));
    clock_ms -= 3600 * 1000; /* set back: no silence of an hour */
    say_limited(8);
    assert_non_null(strstr(written(), "n=8\n"));
}

static void log_counts_lines_and_failed_writes(void **state)
{
    uint64_t lines = log_count(LOG_LEVEL_ERROR);
    uint64_t failed = log_failed_writes();

    (void)state;
    log_error("one", "");
    assert_int_equal(log_count(LOG_LEVEL_ERROR), lines + 1);
    assert_int_equal(log_failed_writes(), failed);
    log_init(&(struct log_config){.fd = 9999, .level_min = LOG_LEVEL_INFO});
    errno = EDOM;
    log_error("two", "");
    assert_int_equal(errno, EDOM);
    assert_int_equal(log_failed_writes(), failed + 1);
}

static void log_quote_renders_any_bytes(void **state)
{
    char out[32];

    (void)state;
    assert_string_equal(log_quote(out, sizeof out, "abc", 3), "\"abc\"");
    assert_string_equal(log_quote(out, sizeof out, NULL, 0), "\"\"");
    assert_string_equal(log_quote(out, sizeof out, "a\"b\\c", 5), "\"a\\\"b\\\\c\"");
    assert_string_equal(log_quote(out, sizeof out, "\0\n", 2), "\"\\x00\\x0a\"");
}

static void log_quote_stays_inside_its_buffer(void **state)
{
    char bytes[64];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = "a\n\"\\"[i % 4];
    for (size_t size = 8; size < 80; size++) {
        char out[81];

        memset(out, '#', sizeof out);
        log_quote(out, size, bytes, sizeof bytes);
        assert_in_range(strlen(out), size - 8, size - 1);
        assert_string_equal(out + strlen(out) - 4, "...\"");
        assert_int_equal(out[size], '#');
    }
}

#define PIPE_TEST(test) cmocka_unit_test_setup_teardown(test, open_pipe, close_pipe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PIPE_TEST(log_writes_logfmt_to_a_pipe),
        PIPE_TEST(log_leaves_out_the_time_without_a_clock),
        PIPE_TEST(log_text_is_aligned_and_plain_off_a_terminal),
        PIPE_TEST(log_drops_what_is_below_the_level),
        PIPE_TEST(log_line_cannot_be_forged),
        PIPE_TEST(log_cuts_a_long_line_with_a_mark),
        PIPE_TEST(log_limited_counts_what_it_suppressed),
        PIPE_TEST(log_counts_lines_and_failed_writes),
        PIPE_TEST(log_quote_renders_any_bytes),
        PIPE_TEST(log_quote_stays_inside_its_buffer),
    };
    return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
