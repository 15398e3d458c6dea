/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/mirror/bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/clock.h"

int bench_set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    test_redis_create(&bench->redis);
    rig_config(&bench->rig.config, bench->redis.dir);
    snprintf(bench->rig.config.path, sizeof bench->rig.config.path, "%s", bench->redis.socket);
    *state = bench;
    return 0;
}

int bench_tear_down(void **state)
{
    struct bench *bench = *state;

    if (bench->rig.base != NULL) rig_stop(&bench->rig);
    test_redis_destroy(&bench->redis);
    free(bench);
    return 0;
}

void bench_start(struct bench *bench)
{
    assert_true(rig_start(&bench->rig));
    assert_true(rig_run(&bench->rig, rig_is_ready, 5000));
}

void bench_write_many(struct bench *bench, uint64_t from, uint64_t count, int timeout_ms)
{
    int64_t until_ms = clock_boot_ms() + timeout_ms;

    for (uint64_t i = from; i < from + count;) {
        size_t in_turn = 0;

        while (i < from + count && in_turn++ < 10 && rig_write(&bench->rig, i, i % 3))
            i++;
        rig_turn(&bench->rig, 5);
        assert_true(clock_boot_ms() < until_ms);
    }
}

void bench_assert_reload_is_equal(struct bench *bench)
{
    bench->before = bench->rig.stub;
    rig_stop(&bench->rig);
    bench_start(bench);
    assert_true(stub_equal(&bench->before, &bench->rig.stub));
}
