/* SPDX-License-Identifier: BSD-2-Clause */
/* Zones from the system's database, and local times of day on days when clocks change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/tz.h"
#include "engine/zone.h"

#define NOON_MS INT64_C(1700000000000) /* 2023-11-14T22:13:20Z */

static struct tuan_str table_of(const char *zone)
{
    static char text[TZ_TABLE_MAX];
    size_t len = tz_table(zone, strlen(zone), NOON_MS, text);

    assert_true(len > 0);
    return (struct tuan_str){text, (uint32_t)len};
}

/* Seconds of the next moment after `from_s` at which clocks show HH:MM. */
static int64_t next_s(const char *zone, const char *time, int64_t from_s)
{
    struct tuan_str text = {time, (uint32_t)strlen(time)};

    return zone_next_ms(table_of(zone), zone_minutes(text), from_s * 1000) / 1000;
}

static void a_zone_that_never_changes_is_one_offset(void **state)
{
    struct tuan_str table = table_of("Asia/Shanghai");

    (void)state;
    assert_int_equal(table.len, 5);
    assert_memory_equal(table.ptr, "28800", 5);
}

static void names_that_are_no_zones_have_no_table(void **state)
{
    static const char *const names[] = {
        "", "Mars/Base", "/etc/passwd", "../zoneinfo/UTC", "Asia", "UTC ", "Asia/Shanghai;TZ=UTC"};
    char text[TZ_TABLE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(tz_table(names[i], strlen(names[i]), NOON_MS, text), 0);
}

/* Berlin, 2024-03-31: 02:00 becomes 03:00 at 01:00 UTC (1711846800). */
static void a_time_that_is_jumped_over_is_the_moment_after_the_jump(void **state)
{
    (void)state;
    assert_int_equal(next_s("Europe/Berlin", "01:59", 1711846800 - 3600), 1711846800 - 60);
    assert_int_equal(next_s("Europe/Berlin", "02:00", 1711846800 - 3600), 1711846800);
    assert_int_equal(next_s("Europe/Berlin", "02:30", 1711846800 - 3600), 1711846800);
    assert_int_equal(next_s("Europe/Berlin", "03:00", 1711846800 - 3600), 1711846800);
    assert_int_equal(next_s("Europe/Berlin", "03:01", 1711846800 - 3600), 1711846800 + 60);
    assert_int_equal(next_s("Europe/Berlin", "02:30", 1711846800), 1711846800 + 23 * 3600 + 1800);
}

/* Berlin, 2024-10-27: 03:00 becomes 02:00 at 01:00 UTC (1729990800): 02:30 comes twice. */
static void a_time_that_comes_twice_counts_the_first_time(void **state)
{
    (void)state;
    assert_int_equal(next_s("Europe/Berlin", "02:30", 1729990800 - 7200), 1729990800 - 1800);
    assert_int_equal(next_s("Europe/Berlin", "02:30", 1729990800 - 1800),
                     1729990800 + 23 * 3600 + 3600 + 1800);
    assert_int_equal(next_s("Europe/Berlin", "03:00", 1729990800 - 7200), 1729990800 + 3600);
}

static void the_next_one_is_strictly_later(void **state)
{
    struct tuan_str table = TUAN_STR("0");

    (void)state;
    assert_int_equal(zone_next_ms(table, 0, 0), 86400000);
    assert_int_equal(zone_next_ms(table, 0, -1), 0);
    assert_int_equal(zone_next_ms(table, 1, 59999), 60000);
    assert_int_equal(zone_next_ms(table, 1, 60000), 86460000);
}

static void times_of_day_are_strict(void **state)
{
    static const char *const bad[] = {"", "7:30", "24:00", "12:60", "12-30", "12:3a", "12:300"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(zone_minutes((struct tuan_str){bad[i], (uint32_t)strlen(bad[i])}), -1);
    assert_int_equal(zone_minutes(TUAN_STR("00:00")), 0);
    assert_int_equal(zone_minutes(TUAN_STR("23:59")), 1439);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_that_never_changes_is_one_offset),
        cmocka_unit_test(names_that_are_no_zones_have_no_table),
        cmocka_unit_test(a_time_that_is_jumped_over_is_the_moment_after_the_jump),
        cmocka_unit_test(a_time_that_comes_twice_counts_the_first_time),
        cmocka_unit_test(the_next_one_is_strictly_later),
        cmocka_unit_test(times_of_day_are_strict),
    };

    return cmocka_run_group_tests_name("engine: zone", tests, NULL, NULL);
}
