/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/replies.h"

#include <hiredis/read.h>
#include <string.h>

#include "base/mem.h"

#define ARRAY_MAX    (1 << 20)
#define BUFFERED_MAX ((size_t)1 << 30)

static struct arena *arena_of(const redisReadTask *task)
{
    return task->privdata;
}

/* The place of this node: in its parent's array, or on its own. */
static struct reply *place(const redisReadTask *task, enum reply_type type)
{
    struct reply *reply;

    if (task->parent != NULL)
        reply = &((struct reply *)task->parent->obj)->elements[task->idx];
    else
        reply = arena_take(arena_of(task), sizeof *reply);
    *reply = (struct reply){.type = type};
    return reply;
}

static void *create_string(const redisReadTask *task, char *str, size_t len)
{
    enum reply_type type = task->type == REDIS_REPLY_ERROR    ? REPLY_ERROR
                           : task->type == REDIS_REPLY_STATUS ? REPLY_STATUS
                                                              : REPLY_STRING;
    struct reply *reply = place(task, type);
    char *copy = arena_take(arena_of(task), len + 1);

    if (len > 0) memcpy(copy, str, len);
    copy[len] = '\0';
    reply->text = (struct mirror_bytes){copy, len};
    return reply;
}

static void *create_array(const redisReadTask *task, int count)
{
    struct reply *reply;

    if (count < 0 || count > ARRAY_MAX) return NULL;
    reply = place(task, REPLY_ARRAY);
    reply->count = (size_t)count;
    reply->elements = arena_take(arena_of(task), reply->count * sizeof *reply->elements + 1);
    return reply;
}

static void *create_integer(const redisReadTask *task, long long value)
{
    struct reply *reply = place(task, REPLY_INTEGER);

    reply->integer = value;
    return reply;
}

static void *create_nil(const redisReadTask *task)
{
    return place(task, REPLY_NIL);
}

static void free_object(void *object)
{
    (void)object; /* the arena has it */
}

static redisReader *create_reader(struct replies *replies)
{
    static redisReplyObjectFunctions functions = {create_string, create_array, create_integer,
                                                  create_nil, free_object};
    redisReader *reader = redisReaderCreateWithFunctions(&functions);

    if (reader == NULL) mem_alloc(SIZE_MAX / 2); /* out of memory: mem.c says so and aborts */
    reader->maxbuf = 0;
    reader->privdata = &replies->arena;
    return reader;
}

void replies_init(struct replies *replies)
{
    *replies = (struct replies){0};
    replies->reader = create_reader(replies);
}

void replies_free(struct replies *replies)
{
    redisReaderFree(replies->reader);
    arena_free(&replies->arena);
    *replies = (struct replies){0};
}

void replies_reset(struct replies *replies)
{
    redisReaderFree(replies->reader);
    arena_reset(&replies->arena);
    replies->reader = create_reader(replies);
}

bool replies_feed(struct replies *replies, const char *bytes, size_t len)
{
    if (replies->reader->len > BUFFERED_MAX) return false;
    return redisReaderFeed(replies->reader, bytes, len) == REDIS_OK;
}

bool replies_next(struct replies *replies, const struct reply **out)
{
    void *reply = NULL;

    /* A reply half read keeps its place in the arena: only a finished one is given up. */
    if (replies->reader->ridx < 0) arena_reset(&replies->arena);
    if (redisReaderGetReply(replies->reader, &reply) != REDIS_OK) return false;
    *out = reply;
    return true;
}
