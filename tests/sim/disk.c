/* SPDX-License-Identifier: BSD-2-Clause */
/* disk.c - directory.h, private.h and rewrite.h over memory: a daemon's data directory outlives its
 * crashes, its own Redis is one of the simulated ones. */
#include <stdio.h>
#include <string.h>

#include "daemon/mirror/directory.h"
#include "daemon/mirror/rewrite.h"
#include "tests/sim/node.h"
#include "tests/sim/posix.h"

static struct disk *disk_of(const struct directory *directory)
{
    (void)directory;
    return &posix_running()->disk;
}

int directory_open(struct directory *directory, const char *path, char *error, size_t error_size)
{
    (void)error;
    (void)error_size;
    snprintf(directory->path, sizeof directory->path, "%s", path);
    directory->lock_fd = 0;
    return 0;
}

void directory_close(struct directory *directory)
{
    directory->lock_fd = -1;
}

bool directory_recall(const struct directory *directory, const char *address,
                      char dataset[FORM_ID_SIZE])
{
    const struct disk *disk = disk_of(directory);
    bool is_self = strcmp(address, DIRECTORY_SELF) == 0;

    memcpy(dataset, is_self ? disk->self : disk->dataset, FORM_ID_SIZE);
    return true;
}

bool directory_remember(const struct directory *directory, const char *address, const char *dataset)
{
    struct disk *disk = disk_of(directory);
    bool is_self = strcmp(address, DIRECTORY_SELF) == 0;

    memcpy(is_self ? disk->self : disk->dataset, dataset, FORM_ID_SIZE);
    return true;
}

int private_create(struct private_redis *redis, const struct directory *directory, char *error,
                   size_t error_size)
{
    (void)error;
    (void)error_size;
    redis->directory = directory;
    snprintf(redis->socket, sizeof redis->socket, "/redis.sock");
    return 0;
}

void private_turn(struct private_redis *redis, int64_t now_ms)
{
    (void)redis;
    (void)now_ms;
}

int64_t private_next_ms(const struct private_redis *redis)
{
    (void)redis;
    return INT64_MAX;
}

void private_destroy(struct private_redis *redis)
{
    (void)redis;
}

void rewrite_turn(struct rewrite *rewrite, const struct private_redis *redis, int64_t now_ms)
{
    (void)redis;
    rewrite->look_ms = now_ms + 1000;
}
