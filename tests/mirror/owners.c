/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may write: another owner, a server that is not the right one. */
#include "tests/mirror/bench.h"

static void take_by_hand(struct bench *bench, const char *holder, int lease_ms)
{
    test_redis_ask(bench->redis.socket, NULL, 0,
                   "EVAL %s 3 tuan:{0}:log tuan:{0}:head tuan:{0}:owner %s %d",
                   "local h = redis.call('GET', KEYS[2])\n"
                   "local e, d = string.match(h, '^(%d+)%-%d+ %S+ (%S+)$')\n"
                   "local id, n = (tonumber(e)+1)..'-0', string.rep('ab', 16)\n"
                   "redis.call('XADD', KEYS[1], id, 'p', h, 'n', n, 'o', ARGV[1], 'v', '1')\n"
                   "redis.call('SET', KEYS[2], id..' '..n..' '..d)\n"
                   "redis.call('SET', KEYS[3], ARGV[1]..' '..n, 'PX', ARGV[2])",
                   holder, lease_ms);
}

static void mirror_gives_way_to_another_owner(void **state)
{
    struct bench *bench = *state;

    bench_start(bench);
    bench_write_many(bench, 0, 30, 2000);
    assert_true(rig_run(&bench->rig, rig_is_committed, 2000));
    bench->before = bench->rig.stub;
    take_by_hand(bench, "10.9.9.9:1", 700);
    assert_true(rig_write(&bench->rig, 31, 1)); /* this one never gets in */
    assert_true(rig_run(&bench->rig, rig_was_dropped, 3000));
    assert_int_equal(mirror_gate(bench->rig.mirror, 0), MIRROR_GATE_NOT_OWNER);
    assert_false(mirror_may_read(bench->rig.mirror, 0));
    assert_true(rig_run(&bench->rig, rig_is_ready, 5000)); /* the other's lease has ended */
    assert_true(stub_equal(&bench->before, &bench->rig.stub));
    assert_int_equal(mirror_epoch(bench->rig.stub.next), 3);
}

static void mirror_notices_another_owner_when_idle(void **state)
{
    struct bench *bench = *state;

    bench->rig.config.lease_ms = 600;
    bench_start(bench);
    take_by_hand(bench, "10.9.9.9:1", 500);
    assert_true(rig_run(&bench->rig, rig_was_dropped, 2000)); /* O3 */
}

static bool rig_is_refused(struct rig *rig)
{
    struct mirror_info info;

    mirror_info(rig->mirror, &info);
    return info.refused == 78;
}

static void mirror_refuses_a_server_that_evicts(void **state)
{
    struct bench *bench = *state;

    bench_ask(bench, "CONFIG SET maxmemory-policy allkeys-lru");
    assert_true(rig_start(&bench->rig));
    assert_true(rig_run(&bench->rig, rig_is_refused, 3000));
    assert_int_equal(bench_ask(bench, "DBSIZE"), 0);
}

static void mirror_refuses_an_exchanged_data_set(void **state)
{
    struct bench *bench = *state;

    bench_start(bench);
    rig_stop(&bench->rig);
    bench_ask(bench, "HSET tuan:meta dataset 00000000000000000000000000000000");
    assert_true(rig_start(&bench->rig));
    assert_true(rig_run(&bench->rig, rig_is_refused, 3000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(mirror_gives_way_to_another_owner),
        BENCH_TEST(mirror_notices_another_owner_when_idle),
        BENCH_TEST(mirror_refuses_a_server_that_evicts),
        BENCH_TEST(mirror_refuses_an_exchanged_data_set),
    };

    return cmocka_run_group_tests_name("mirror: owners", tests, NULL, NULL);
}
