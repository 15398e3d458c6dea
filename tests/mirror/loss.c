/* SPDX-License-Identifier: BSD-2-Clause */
/* Redis lost something: an emptied one, a hole, a tail, a fence. */
#include "tests/mirror/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void mirror_is_lost_when_redis_is_emptied(void **state)
{
    struct bench *bench = *state;

    bench_start(bench);
    bench_write_many(bench, 0, 20, 2000);
    assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
    bench_ask(bench, "FLUSHALL");
    assert_true(rig_run(&bench->rig, rig_is_lost, 5000));
    assert_int_equal(bench->rig.stub.drops, 0); /* reads go on */
    assert_true(mirror_may_read(bench->rig.mirror, 0));
    assert_int_equal(mirror_gate(bench->rig.mirror, 0), MIRROR_GATE_DOWN);
    rig_run_for(&bench->rig, 1500);
    assert_true(rig_is_lost(&bench->rig));
    assert_int_equal(bench_ask(bench, "DBSIZE"), 0);
    /* A restart does not make "no rooms" out of it either (D4). */
    rig_stop(&bench->rig);
    assert_true(rig_start(&bench->rig));
    assert_true(rig_run(&bench->rig, rig_is_lost, 5000));
    assert_int_equal(bench_ask(bench, "DBSIZE"), 0);
}

static void mirror_returns_when_the_data_returns(void **state)
{
    struct bench *bench = *state;

    bench_start(bench);
    bench_write_many(bench, 0, 20, 2000);
    assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
    bench_ask(bench, "MOVE tuan:{0}:head 1");
    assert_true(rig_run(&bench->rig, rig_is_lost, 5000));
    test_redis_ask(bench->redis.socket, NULL, 0, "EVAL %s 0",
                   "redis.call('SELECT', 1) redis.call('MOVE', 'tuan:{0}:head', 0)");
    assert_true(rig_run(&bench->rig, rig_is_committed, 5000));
    bench_write_many(bench, 20, 20, 2000);
    assert_true(rig_run(&bench->rig, rig_is_committed, 5000));
    assert_int_equal(bench->rig.stub.drops, 0);
}

static bool is_broken(struct rig *rig)
{
    struct mirror_info info;

    mirror_info(rig->mirror, &info);
    return strcmp(info.state, "broken") == 0 && info.alarm[0] != '\0';
}

static void mirror_does_not_serve_a_log_with_a_hole(void **state)
{
    struct bench *bench = *state;

    bench->rig.config.snapshot_every_ms = 100000;
    bench_start(bench);
    bench_write_many(bench, 0, 30, 2000);
    assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
    rig_stop(&bench->rig);
    bench_ask(bench, "XDEL tuan:{0}:log 1-7");
    assert_true(rig_start(&bench->rig));
    assert_true(rig_run(&bench->rig, is_broken, 3000));
}

static void mirror_repairs_a_lost_tail_and_a_lost_fence(void **state)
{
    struct bench *bench = *state;
    struct mirror_info info;

    bench->rig.config.snapshot_every_ms = 100000;
    bench->rig.config.lease_ms = 600;
    bench_start(bench);
    bench_write_many(bench, 0, 30, 2000);
    assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
    /* As after a failover that lost the last ten batches (R3), and then all (R4). */
    test_redis_ask(bench->redis.socket, NULL, 0, "EVAL %s 2 tuan:{0}:log tuan:{0}:head",
                   "local h = redis.call('GET', KEYS[2])\n"
                   "redis.call('XTRIM', KEYS[1], 'MINID', '0')\n"
                   "for i = 21, 30 do redis.call('XDEL', KEYS[1], '1-'..i) end\n"
                   "redis.call('XSETID', KEYS[1], '1-20')\n"
                   "redis.call('SET', KEYS[2], (string.gsub(h, '^1%-30', '1-20')))");
    rig_run_for(&bench->rig, 500);
    assert_true(rig_run(&bench->rig, rig_is_committed, 3000));
    mirror_info(bench->rig.mirror, &info);
    assert_int_equal(info.repaired, 10);
    test_redis_ask(bench->redis.socket, NULL, 0, "EVAL %s 2 tuan:{0}:log tuan:{0}:head",
                   "local h = redis.call('GET', KEYS[2])\n"
                   "for i = 0, 30 do redis.call('XDEL', KEYS[1], '1-'..i) end\n"
                   "redis.call('XSETID', KEYS[1], '0-1')\n"
                   "redis.call('SET', KEYS[2], '0-1 0 '..string.match(h, '(%S+)$'))");
    rig_run_for(&bench->rig, 500);
    assert_true(rig_run(&bench->rig, rig_is_committed, 3000));
    mirror_info(bench->rig.mirror, &info);
    assert_int_equal(info.repaired, 10 + 31);
    assert_int_equal(bench->rig.stub.drops, 0);
    bench_assert_reload_is_equal(bench);
}

static void run_shell(struct bench *bench, const char *command)
{
    char line[300];

    snprintf(line, sizeof line, "cd %s && %s", bench->redis.dir, command);
    assert_int_equal(system(line), 0);
}

static void set_back(struct bench *bench)
{
    test_redis_kill(&bench->redis);
    rig_run_for(&bench->rig, 10);
    run_shell(bench, "rm -r appendonlydir && cp -a kept appendonlydir");
    test_redis_start(&bench->redis);
}

static void mirror_repairs_a_redis_set_back(void **state)
{
    struct bench *bench = *state;
    struct mirror_info info;

    bench->rig.config.snapshot_every_ms = 3;
    bench_start(bench);
    for (uint64_t round = 0; round < 4; round++) {
        size_t marks = bench->rig.stub.marks;

        bench_write_many(bench, round * 1000, 300, 10000);
        rig_run_for(&bench->rig, 60);
        assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
        run_shell(bench, "rm -rf kept && cp -a appendonlydir kept");
        bench_write_many(bench, round * 1000 + 300, 300, 10000);
        if (round % 2 == 1) rig_run_for(&bench->rig, 60); /* slices are lost as well */
        set_back(bench);
        assert_true(rig_run(&bench->rig, rig_is_committed, 5000));
        bench_write_many(bench, round * 1000 + 600, 100, 10000);
        rig_run_for(&bench->rig, 100);
        if (round % 2 == 1) assert_true(bench->rig.stub.marks > marks);
        mirror_info(bench->rig.mirror, &info);
        assert_true(info.repaired > 0);
        assert_int_equal(info.lost_acks, 0);
        assert_int_equal(bench->rig.stub.drops, 0);
        bench_assert_reload_is_equal(bench);
    }
}

/* What the ring does not have is lost: loaded anew from what Redis still has, and said. */
static void mirror_counts_what_it_cannot_repair(void **state)
{
    struct bench *bench = *state;
    struct mirror_info info;

    bench->rig.config.keep_bytes = 1000;
    bench_start(bench);
    bench_write_many(bench, 0, 50, 5000);
    assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
    bench->before = bench->rig.stub;
    run_shell(bench, "rm -rf kept && cp -a appendonlydir kept");
    bench_write_many(bench, 50, 200, 5000);
    assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
    set_back(bench);
    assert_true(rig_run(&bench->rig, rig_was_dropped, 5000));
    assert_true(rig_run(&bench->rig, rig_is_ready, 5000));
    mirror_info(bench->rig.mirror, &info);
    assert_int_equal(info.lost_acks, 200);
    assert_true(stub_equal(&bench->before, &bench->rig.stub));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(mirror_is_lost_when_redis_is_emptied),
        BENCH_TEST(mirror_returns_when_the_data_returns),
        BENCH_TEST(mirror_does_not_serve_a_log_with_a_hole),
        BENCH_TEST(mirror_repairs_a_lost_tail_and_a_lost_fence),
        BENCH_TEST(mirror_repairs_a_redis_set_back),
        BENCH_TEST(mirror_counts_what_it_cannot_repair),
    };

    return cmocka_run_group_tests_name("mirror: loss", tests, NULL, NULL);
}
