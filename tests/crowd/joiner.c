/* SPDX-License-Identifier: BSD-2-Clause */
#include "joiner.h"

#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watchers.h"

enum { ANSWER_MAX_US = 30000000 };

struct joiner {
    redisContext *calls, *joins; /* the second does not block */
    int64_t users;
};

/* ---- figures ---- */

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

struct figures figures_of(int64_t *values, size_t count)
{
    if (count == 0) give_up("nothing was measured");
    qsort(values, count, sizeof *values, compare);
    return (struct figures){values[count / 2], values[count * 99 / 100], values[count - 1]};
}

/* ---- one call after another ---- */

static redisContext *check_context(redisContext *context)
{
    if (context == NULL || context->err)
        give_up("the rpc port: %s", context ? context->errstr : "");
    return context;
}

struct joiner *joiner_create(int port)
{
    struct joiner *joiner = calloc(1, sizeof *joiner);

    if (joiner == NULL) give_up("no memory");
    joiner->calls = check_context(redisConnect("127.0.0.1", port));
    joiner->joins = check_context(redisConnectNonBlock("127.0.0.1", port));
    return joiner;
}

void joiner_destroy(struct joiner *joiner)
{
    if (joiner == NULL) return;
    redisFree(joiner->calls);
    redisFree(joiner->joins);
    free(joiner);
}

static redisReply *check_reply(redisReply *reply)
{
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
        give_up("refused: %s", reply ? reply->str : "the connection ended");
    return reply;
}

void joiner_call(struct joiner *joiner, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    freeReplyObject(check_reply(redisvCommand(joiner->calls, format, args)));
    va_end(args);
}

void joiner_open(struct joiner *joiner, const char *campaign, char room[21])
{
    long long user = (long long)joiner->users++;
    redisReply *reply =
        check_reply(redisCommand(joiner->calls, "ROOM.OPEN %s u%lld o%lld", campaign, user, user));

    room[0] = '\0';
    for (size_t i = 0; i + 1 < reply->elements; i += 2)
        if (strcmp(reply->element[i]->str, "room") == 0)
            snprintf(room, 21, "%s", reply->element[i + 1]->str);
    if (room[0] == '\0') give_up("ROOM.OPEN tells no room");
    freeReplyObject(reply);
}

/* ---- at a rate ---- */

static void send_join(struct joiner *joiner, const char *campaign)
{
    long long user = (long long)joiner->users++;
    int is_done = 0;

    redisAppendCommand(joiner->joins, "ROOM.MATCH %s u%lld o%lld", campaign, user, user);
    while (!is_done)
        if (redisBufferWrite(joiner->joins, &is_done) != REDIS_OK)
            give_up("%s", joiner->joins->errstr);
}

static size_t take_answers(struct joiner *joiner)
{
    void *reply;
    size_t count = 0;

    if (redisBufferRead(joiner->joins) != REDIS_OK) give_up("%s", joiner->joins->errstr);
    while (redisGetReplyFromReader(joiner->joins, &reply) == REDIS_OK && reply != NULL) {
        freeReplyObject(check_reply(reply));
        count++;
    }
    return count;
}

struct figures joiner_run(struct joiner *joiner, struct watchers *watchers, const char *campaign,
                          int rate, int seconds)
{
    size_t total = (size_t)rate * (size_t)(seconds + 1), sent = 0, answered = 0;
    int64_t *latencies = calloc(total, sizeof *latencies);
    int64_t start_us = now_us();

    if (latencies == NULL) give_up("no memory for %zu latencies", total);
    while (answered < total) {
        int64_t due_us, now = now_us();
        while ((due_us = start_us + (int64_t)sent * 1000000 / rate) <= now && sent < total) {
            send_join(joiner, campaign);
            sent++;
        }
        if (now > due_us + ANSWER_MAX_US) give_up("%zu joins have no answer", sent - answered);
        watchers_turn(watchers, joiner->joins->fd, sent < total ? due_us - now : 100000);
        size_t count = take_answers(joiner);
        for (now = now_us(); count > 0; count--, answered++)
            latencies[answered] = now - start_us - (int64_t)answered * 1000000 / rate;
    }
    struct figures figures = figures_of(latencies + rate, total - (size_t)rate);
    free(latencies);
    return figures;
}
