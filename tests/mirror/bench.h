/* SPDX-License-Identifier: BSD-2-Clause */
/* bench.h - what a test of the mirror stands on: a redis-server, a rig, and what was in memory. */
#ifndef TUAN_TESTS_MIRROR_BENCH_H
#define TUAN_TESTS_MIRROR_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/mirror/redis.h"
#include "tests/mirror/rig.h"

struct bench {
    struct test_redis redis;
    struct rig rig;
    struct stub before; /* memory at the last stop */
};

/* cmocka's: each test has a bench of its own. The mirror is not started yet. */
int bench_set_up(void **state);
int bench_tear_down(void **state);
#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)

void bench_start(struct bench *bench); /* until ready */
void bench_write_many(struct bench *bench, uint64_t from, uint64_t count, int timeout_ms);
/* Stop, start anew, and the loaded state is the one in memory before. */
void bench_assert_reload_is_equal(struct bench *bench);
/* One command to Redis by hand. */
#define bench_ask(bench, ...) test_redis_ask((bench)->redis.socket, NULL, 0, __VA_ARGS__)

#endif
