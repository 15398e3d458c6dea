/* SPDX-License-Identifier: BSD-2-Clause */
/* redis.h - a redis-server of the test's own, on a socket in a directory of its own. */
#ifndef TUAN_TESTS_MIRROR_REDIS_H
#define TUAN_TESTS_MIRROR_REDIS_H

#include <hiredis/hiredis.h>
#include <stddef.h>

struct test_redis {
    char dir[64];
    char socket[96];
    int pid;
};
void test_redis_create(struct test_redis *redis);
void test_redis_start(struct test_redis *redis); /* again, on the same data */
void test_redis_kill(struct test_redis *redis);  /* SIGKILL, by pid */
void test_redis_destroy(struct test_redis *redis);
redisContext *test_redis_connect(const char *socket);
/* One command by hand; the answer as text. */
long long test_redis_ask(const char *socket, char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void remove_tree(const char *dir);

#endif
