/* SPDX-License-Identifier: BSD-2-Clause */
/* The vectors against a real redis-server of the test's own. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/mirror/scripts.h"
#include "tests/mirror/redis.h"
#include "tests/sim/vectors.h"

struct real {
    struct test_redis redis;
    redisContext *connection;
    char sha[SCRIPT_COUNT][SCRIPT_SHA_SIZE];
};

static redisReply *command(struct real *real, const char *const *words, const size_t *lens,
                           size_t count)
{
    redisReply *reply =
        redisCommandArgv(real->connection, (int)count, (const char **)(uintptr_t)words, lens);

    assert(reply != NULL);
    return reply;
}

static void order(struct real *real, const char *text)
{
    redisReply *reply = redisCommand(real->connection, text);

    assert(reply != NULL && reply->type != REDIS_REPLY_ERROR);
    freeReplyObject(reply);
}

static void trouble(void *context, const char *word)
{
    struct real *real = context;

    if (strcmp(word, "oom") == 0) order(real, "CONFIG SET maxmemory 1");
    if (strcmp(word, "readonly") == 0) order(real, "REPLICAOF 127.0.0.1 1");
    if (strcmp(word, "noreplicas") == 0) order(real, "CONFIG SET min-replicas-to-write 1");
    if (strcmp(word, "forget") == 0) order(real, "SCRIPT FLUSH");
    if (strcmp(word, "well") != 0) return;
    order(real, "CONFIG SET maxmemory 0");
    order(real, "REPLICAOF NO ONE");
    order(real, "CONFIG SET min-replicas-to-write 0");
}

static void begin(void *context)
{
    struct real *real = context;

    trouble(real, "well");
    order(real, "FLUSHALL");
    for (int i = 0; i < SCRIPT_COUNT; i++) {
        const char *const words[] = {"SCRIPT", "LOAD", script_text((enum script)i)};
        const size_t lens[] = {6, 4, strlen(words[2])};
        redisReply *reply = command(real, words, lens, 3);
        assert(reply->type == REDIS_REPLY_STRING && reply->len == SCRIPT_SHA_SIZE - 1);
        memcpy(real->sha[i], reply->str, SCRIPT_SHA_SIZE);
        freeReplyObject(reply);
    }
}

static const char *sha(void *context, enum script script)
{
    return ((struct real *)context)->sha[script];
}

static void print_reply(const redisReply *reply, struct buf *out)
{
    switch (reply->type) {
    case REDIS_REPLY_NIL: buf_append_str(out, "nil"); return;
    case REDIS_REPLY_INTEGER: buf_printf(out, ":%lld", reply->integer); return;
    case REDIS_REPLY_STATUS: buf_printf(out, "+%s", reply->str); return;
    case REDIS_REPLY_ERROR: buf_printf(out, "-%s", reply->str); return;
    case REDIS_REPLY_STRING: buf_printf(out, "\"%.*s\"", (int)reply->len, reply->str); return;
    case REDIS_REPLY_ARRAY:
        buf_append_str(out, "[ ");
        for (size_t i = 0; i < reply->elements; i++) {
            print_reply(reply->element[i], out);
            buf_append_byte(out, ' ');
        }
        buf_append_byte(out, ']');
        return;
    default: assert(false && "a reply of no known type");
    }
}

static void ask(void *context, const char *const *words, const size_t *lens, size_t count,
                struct buf *out)
{
    redisReply *reply = command(context, words, lens, count);

    print_reply(reply, out);
    freeReplyObject(reply);
}

int main(int argc, char **argv)
{
    struct real real = {.connection = NULL};
    const struct vector_server server = {&real, begin, trouble, sha, ask};
    int asked = 0, others;

    if (argc < 2) return 2;
    test_redis_create(&real.redis);
    real.connection = test_redis_connect(real.redis.socket);
    others = vectors_run(argv[1], &server, &asked);
    redisFree(real.connection);
    test_redis_destroy(&real.redis);
    printf("%d replies of redis-server, %d of them others\n", asked, others);
    return others > 0 || asked < 100;
}
