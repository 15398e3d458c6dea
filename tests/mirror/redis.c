/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/mirror/redis.h"

#include <assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void test_redis_start(struct test_redis *redis)
{
    redisContext *connection = NULL;
    pid_t parent = getpid();

    redis->pid = (int)fork();
    if (redis->pid == 0) {
        int null_fd = open("/dev/null", O_RDWR);

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(126);
        dup2(null_fd, 1);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", redis->socket,
               "--dir", redis->dir, "--save", "", "--appendonly", "yes", "--appendfsync",
               getenv("MIRROR_TEST_FSYNC") != NULL ? getenv("MIRROR_TEST_FSYNC") : "always",
               "--maxmemory-policy", "noeviction", "--enable-debug-command", "yes", (char *)0);
        _exit(127);
    }
    for (int i = 0; i < 500 && connection == NULL; i++) {
        redisReply *reply;

        usleep(10000);
        connection = redisConnectUnix(redis->socket);
        if (connection == NULL) continue;
        reply = connection->err == 0 ? redisCommand(connection, "PING") : NULL;
        if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
            redisFree(connection);
            connection = NULL;
        }
        freeReplyObject(reply);
    }
    assert(connection != NULL);
    redisFree(connection);
}

void test_redis_create(struct test_redis *redis)
{
    strcpy(redis->dir, "/tmp/tuan-mirror-XXXXXX");
    if (mkdtemp(redis->dir) == NULL) abort();
    snprintf(redis->socket, sizeof redis->socket, "%s/r.sock", redis->dir);
    test_redis_start(redis);
}

void test_redis_kill(struct test_redis *redis)
{
    kill(redis->pid, SIGKILL);
    waitpid(redis->pid, NULL, 0);
    unlink(redis->socket);
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *ftw)
{
    (void)status;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void remove_tree(const char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void test_redis_destroy(struct test_redis *redis)
{
    test_redis_kill(redis);
    remove_tree(redis->dir);
}

redisContext *test_redis_connect(const char *socket)
{
    redisContext *connection = redisConnectUnix(socket);

    assert(connection != NULL && connection->err == 0);
    return connection;
}

long long test_redis_ask(const char *socket, char *out, size_t size, const char *format, ...)
{
    redisContext *connection = test_redis_connect(socket);
    redisReply *reply;
    long long number;
    va_list args;

    va_start(args, format);
    reply = redisvCommand(connection, format, args);
    va_end(args);
    assert(reply != NULL);
    if (out != NULL) snprintf(out, size, "%s", reply->str == NULL ? "" : reply->str);
    number = reply->type == REDIS_REPLY_ARRAY ? (long long)reply->elements : reply->integer;
    freeReplyObject(reply);
    redisFree(connection);
    return number;
}
