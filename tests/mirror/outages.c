/* SPDX-License-Identifier: BSD-2-Clause */
/* Redis dies, stalls, runs full, turns read-only: nothing is lost, and all comes back by itself. */
#include "tests/mirror/bench.h"

#include <stdio.h>
#include <stdlib.h>

static void mirror_survives_kill_9_of_redis_mid_flight(void **state)
{
    struct bench *bench = *state;
    struct mirror_info info;

    bench_start(bench);
    for (uint64_t round = 0; round < 5; round++) {
        bench_write_many(bench, round * 1000, 700, 10000);
        for (uint64_t i = 0; i < 300 && rig_write(&bench->rig, round * 1000 + 700 + i, 1); i++)
            if (i % 50 == 0) rig_turn(&bench->rig, 0);
        test_redis_kill(&bench->redis);
        rig_run_for(&bench->rig, 20);
        assert_false(rig_write(&bench->rig, 1, 0));
        test_redis_start(&bench->redis);
        assert_true(rig_run(&bench->rig, rig_is_committed, 5000));
    }
    mirror_info(bench->rig.mirror, &info);
    assert_int_equal(info.lost_acks, 0);
    assert_int_equal(info.repaired, 0);
    assert_int_equal(info.events_refused, 0);
    assert_int_equal(bench->rig.stub.drops, 0);
    assert_true(info.reconnects >= 5);
    bench_assert_reload_is_equal(bench);
}

static void mirror_sends_again_after_oom(void **state)
{
    struct bench *bench = *state;
    struct mirror_info info;

    bench_start(bench);
    bench_write_many(bench, 0, 20, 2000);
    bench_ask(bench, "CONFIG SET maxmemory 1");
    for (uint64_t i = 0; i < 50; i++)
        assert_true(rig_write(&bench->rig, 20 + i, 1));
    rig_run_for(&bench->rig, 300);
    assert_false(rig_is_committed(&bench->rig));
    bench_ask(bench, "CONFIG SET maxmemory 0");
    assert_true(rig_run(&bench->rig, rig_is_committed, 5000));
    mirror_info(bench->rig.mirror, &info);
    assert_true(info.resends >= 50);
    assert_int_equal(info.reconnects, 0);
    bench_assert_reload_is_equal(bench);
}

static void mirror_reconnects_after_client_kill(void **state)
{
    struct bench *bench = *state;
    struct mirror_info info;

    bench_start(bench);
    for (uint64_t i = 0; i < 10; i++) {
        bench_write_many(bench, i * 20, 20, 5000);
        bench_ask(bench, "CLIENT KILL TYPE normal");
    }
    assert_true(rig_run(&bench->rig, rig_is_committed, 5000));
    mirror_info(bench->rig.mirror, &info);
    assert_true(info.reconnects >= 3);
    assert_int_equal(bench->rig.stub.drops, 0);
    bench_assert_reload_is_equal(bench);
}

static void mirror_times_out_on_a_silent_redis(void **state)
{
    struct bench *bench = *state;
    struct mirror_info info;

    bench->rig.config.timeout_ms = 300;
    bench_start(bench);
    bench_write_many(bench, 0, 10, 2000);
    bench_ask(bench, "CLIENT PAUSE 1000 WRITE");
    for (uint64_t i = 0; i < 10; i++)
        assert_true(rig_write(&bench->rig, 10 + i, 0));
    assert_true(rig_run(&bench->rig, rig_is_committed, 8000));
    mirror_info(bench->rig.mirror, &info);
    assert_true(info.reconnects >= 1);
    assert_int_equal(bench->rig.stub.drops, 0);
    bench_assert_reload_is_equal(bench);
}

static void mirror_waits_out_a_read_only_server(void **state)
{
    struct bench *bench = *state;

    bench_start(bench);
    bench_write_many(bench, 0, 30, 2000);
    assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
    bench_ask(bench, "REPLICAOF 127.0.0.1 1");
    rig_write(&bench->rig, 30, 1);
    rig_run_for(&bench->rig, 500);
    assert_false(rig_is_ready(&bench->rig));
    bench_ask(bench, "REPLICAOF NO ONE");
    assert_true(rig_run(&bench->rig, rig_is_committed, 8000));
    assert_int_equal(bench->rig.stub.drops, 0);
    bench_assert_reload_is_equal(bench);
}

static void do_harm(struct bench *bench, unsigned kind)
{
    switch (kind % 8) {
    case 0:
        test_redis_kill(&bench->redis);
        rig_run_for(&bench->rig, 5);
        test_redis_start(&bench->redis);
        return;
    case 1: bench_ask(bench, "CLIENT KILL TYPE normal"); return;
    case 2: bench_ask(bench, "SCRIPT FLUSH"); return;
    case 3: bench_ask(bench, "CONFIG SET maxmemory 1"); return;
    case 4: bench_ask(bench, "CONFIG SET maxmemory 0"); return;
    case 5: bench_ask(bench, "CLIENT PAUSE 30 WRITE"); return;
    case 6: bench_ask(bench, "CLIENT KILL TYPE normal"); return;
    default: return;
    }
}

static void mirror_survives_a_bad_day(void **state)
{
    struct bench *bench = *state;
    const char *text = getenv("MIRROR_TEST_SEED");
    unsigned seed = text == NULL ? 1 : (unsigned)strtoul(text, NULL, 10);
    struct mirror_info info;
    uint64_t written = 0;

    bench->rig.config.timeout_ms = 300;
    bench->rig.config.snapshot_every_ms = 3;
    bench_start(bench);
    for (int i = 0; i < 120; i++) {
        do_harm(bench, (unsigned)rand_r(&seed) >> 8);
        for (unsigned n = (unsigned)rand_r(&seed) % 60; n > 0 && rig_write(&bench->rig, written, 1);
             n--)
            if (++written % 7 == 0) rig_turn(&bench->rig, 0);
        rig_run_for(&bench->rig, (int)(rand_r(&seed) % 20));
    }
    bench_ask(bench, "CONFIG SET maxmemory 0");
    assert_true(rig_run(&bench->rig, rig_is_committed, 10000));
    mirror_info(bench->rig.mirror, &info);
    assert_int_equal(info.lost_acks + info.repaired + info.events_refused, 0);
    assert_int_equal(bench->rig.stub.drops, 0);
    assert_int_equal(info.batches, written);
    bench_assert_reload_is_equal(bench);
    printf("seed %s: %llu batches, %llu resends, %llu reconnects, %llu slices\n",
           text == NULL ? "1" : text, (unsigned long long)written, (unsigned long long)info.resends,
           (unsigned long long)info.reconnects, (unsigned long long)info.slices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(mirror_survives_kill_9_of_redis_mid_flight),
        BENCH_TEST(mirror_sends_again_after_oom),
        BENCH_TEST(mirror_reconnects_after_client_kill),
        BENCH_TEST(mirror_times_out_on_a_silent_redis),
        BENCH_TEST(mirror_waits_out_a_read_only_server),
        BENCH_TEST(mirror_survives_a_bad_day),
    };

    return cmocka_run_group_tests_name("mirror: outages", tests, NULL, NULL);
}
