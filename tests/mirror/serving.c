/* SPDX-License-Identifier: BSD-2-Clause */
/* A quiet day with a real redis-server: append, feed, snapshot, load. */
#include "tests/mirror/bench.h"

static void mirror_makes_takes_appends_and_reloads(void **state)
{
    struct bench *bench = *state;
    char head[200];

    bench_start(bench);
    test_redis_ask(bench->redis.socket, head, sizeof head, "GET tuan:{0}:head");
    assert_memory_equal(head, "1-0 ", 4);
    bench_write_many(bench, 0, 300, 5000);
    assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
    bench_assert_reload_is_equal(bench);
    test_redis_ask(bench->redis.socket, head, sizeof head, "GET tuan:{0}:head");
    assert_memory_equal(head, "2-0 ", 4);
}

static void mirror_feeds_events_with_their_batch(void **state)
{
    struct bench *bench = *state;

    bench_start(bench);
    for (uint64_t i = 0; i < 10; i++)
        assert_true(rig_write(&bench->rig, i, 2));
    assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
    assert_int_equal(bench_ask(bench, "XLEN tuan:{0}:feed"), 20);
    assert_int_equal(bench_ask(bench, "XRANGE tuan:{0}:feed 1-3145728 1-3145729"), 2);
}

static bool log_is_short(struct rig *rig)
{
    return rig_is_committed(rig) && rig->stub.slices_ok > 0 &&
           test_redis_ask(rig->config.path, NULL, 0, "XLEN tuan:{0}:log") == 1;
}

static bool tombstones_are_gone(struct rig *rig)
{
    size_t live = 0;
    size_t stored = 0;

    for (size_t i = 0; i < STUB_KEYS; i++)
        live += rig->stub.records[i].value[0] != '\0';
    stored += (size_t)test_redis_ask(rig->config.path, NULL, 0, "HLEN tuan:{0}:rooms");
    stored += (size_t)test_redis_ask(rig->config.path, NULL, 0, "HLEN tuan:{0}:users");
    stored += (size_t)test_redis_ask(rig->config.path, NULL, 0, "HLEN tuan:{0}:campaigns");
    stored += (size_t)test_redis_ask(rig->config.path, NULL, 0, "HLEN tuan:{0}:refunds");
    return live == stored;
}

static void mirror_slices_trims_and_purges(void **state)
{
    struct bench *bench = *state;

    bench_start(bench);
    bench_write_many(bench, 0, 500, 5000);
    assert_true(rig_run(&bench->rig, log_is_short, 5000));
    assert_true(rig_run(&bench->rig, tombstones_are_gone, 5000));
    bench_write_many(bench, 500, 50, 5000);
    assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
    bench_assert_reload_is_equal(bench);
    assert_true(bench->rig.stub.records_loaded > 0);
}

static void mirror_loads_its_scripts_again(void **state)
{
    struct bench *bench = *state;
    struct mirror_info info;

    bench_start(bench);
    bench_ask(bench, "SCRIPT FLUSH");
    bench_write_many(bench, 0, 50, 2000);
    assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
    bench_ask(bench, "SCRIPT FLUSH");
    rig_run_for(&bench->rig, 300);
    bench_write_many(bench, 50, 50, 2000);
    assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
    mirror_info(bench->rig.mirror, &info);
    assert_int_equal(info.reconnects, 0);
    bench_assert_reload_is_equal(bench);
}

static void mirror_tells_what_redis_does_not_keep(void **state)
{
    const struct {
        const char *setting, *value, *promise;
    } cases[] = {{"aof-load-truncated", "no", ""},
                 {"aof-load-truncated", "yes", "aof-load-truncated yes: "},
                 {"appendfsync", "everysec", "appendfsync everysec: "},
                 {"appendonly", "no", "Redis keeps no append-only file: "}};
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mirror_info info;

        bench_ask(bench, "CONFIG SET %s %s", cases[i].setting, cases[i].value);
        bench_start(bench);
        mirror_info(bench->rig.mirror, &info);
        assert_memory_equal(info.promise, cases[i].promise, strlen(cases[i].promise));
        assert_int_equal(info.promise[0] == '\0', cases[i].promise[0] == '\0');
        rig_stop(&bench->rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(mirror_makes_takes_appends_and_reloads),
        BENCH_TEST(mirror_feeds_events_with_their_batch),
        BENCH_TEST(mirror_slices_trims_and_purges),
        BENCH_TEST(mirror_loads_its_scripts_again),
        BENCH_TEST(mirror_tells_what_redis_does_not_keep),
    };

    return cmocka_run_group_tests_name("mirror: serving", tests, NULL, NULL);
}
