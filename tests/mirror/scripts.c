/* SPDX-License-Identifier: BSD-2-Clause */
/* The scripts by themselves. */
#include "tests/mirror/bench.h"

#include "daemon/mirror/scripts.h"

/* EVAL a script with these words; the first number of its answer. */
static long long eval(struct bench *bench, enum script script, const char *const *words,
                      size_t count)
{
    const char *argv[16] = {"EVAL", script_text(script)};
    redisContext *redis = test_redis_connect(bench->redis.socket);
    redisReply *reply;
    long long number;

    for (size_t i = 0; i < count; i++)
        argv[2 + i] = words[i];
    reply = redisCommandArgv(redis, (int)count + 2, argv, NULL);
    assert_non_null(reply);
    number = reply->type == REDIS_REPLY_ARRAY ? reply->element[0]->integer : reply->integer;
    freeReplyObject(reply);
    redisFree(redis);
    return number;
}

#define EVAL(bench, script, ...)                                                                   \
    eval(bench, script, (const char *const[]){__VA_ARGS__},                                        \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void purge_takes_covered_tombstones_only(void **state)
{
    struct bench *bench = *state;

    bench_ask(bench, "HSET rooms a %s b %s c %s d %s e %s", "5-9 x", "5-10 x", "4-99 x", "5-1 1 x",
              "6-0 x");
    assert_int_equal(
        EVAL(bench, SCRIPT_PURGE, "5", "snap", "campaigns", "rooms", "users", "refunds", "2", "a"),
        0); /* without a mark nothing is covered */
    bench_ask(bench, "SET snap %s", "5-9 7 n d");
    for (const char *field = "abcde"; *field != '\0'; field++) {
        char name[2] = {*field, '\0'};
        bool is_covered = *field == 'a' || *field == 'c';

        assert_int_equal(EVAL(bench, SCRIPT_PURGE, "5", "snap", "campaigns", "rooms", "users",
                              "refunds", "2", name),
                         is_covered);
        assert_int_equal(bench_ask(bench, "HEXISTS rooms %s", name), !is_covered);
    }
}

static void slice_checks_nonce_head_and_mark(void **state)
{
    static const struct {
        const char *nonce, *old, *need;
        int is_taken;
    } rows[] = {
        {"n", "1-1 1 n d", "5", 1}, {"m", "1-1 1 n d", "5", 0}, /* S2 */
        {"n", "1-1 1 n d", "6", 0},                             /* S3 */
        {"n", "1-1 2 n d", "5", 0},                             /* S4 */
        {"n", "", "5", 0},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bench_ask(bench, "FLUSHALL");
        bench_ask(bench, "MSET head %s snap %s", "7-5 n d", "1-1 1 n d");
        assert_int_equal(EVAL(bench, SCRIPT_SLICE, "6", "head", "snap", "campaigns", "rooms",
                              "users", "refunds", rows[i].nonce, rows[i].old, "7-5 2 n d",
                              rows[i].need, "2", "r1", "v"),
                         rows[i].is_taken);
        assert_int_equal(bench_ask(bench, "HEXISTS rooms r1"), rows[i].is_taken);
    }
}

static void trim_follows_the_stored_mark(void **state)
{
    struct bench *bench = *state;

    for (int i = 1; i <= 5; i++)
        bench_ask(bench, "XADD log 1-%d b x", i);
    assert_int_equal(EVAL(bench, SCRIPT_TRIM, "2", "log", "snap"), 0);
    bench_ask(bench, "SET snap %s", "1-3 1 n d");
    assert_int_equal(EVAL(bench, SCRIPT_TRIM, "2", "log", "snap"), 2);
    assert_int_equal(bench_ask(bench, "XRANGE log - 1-3"), 1); /* S6: the covered one stays */
}

static void create_makes_nothing_where_something_is(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(EVAL(bench, SCRIPT_CREATE, "3", "log", "head", "rooms", "d", "1"), 1);
    assert_int_equal(EVAL(bench, SCRIPT_CREATE, "3", "log", "head", "rooms", "e", "1"), 0);
    bench_ask(bench, "FLUSHALL");
    bench_ask(bench, "HSET rooms a b");
    assert_int_equal(EVAL(bench, SCRIPT_CREATE, "3", "log", "head", "rooms", "d", "1"), 0);
    assert_int_equal(bench_ask(bench, "EXISTS log head"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(purge_takes_covered_tombstones_only),
        BENCH_TEST(slice_checks_nonce_head_and_mark),
        BENCH_TEST(trim_follows_the_stored_mark),
        BENCH_TEST(create_makes_nothing_where_something_is),
    };

    return cmocka_run_group_tests_name("mirror: scripts", tests, NULL, NULL);
}
