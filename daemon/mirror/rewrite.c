/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/rewrite.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#define MIB            ((uint64_t)1024 * 1024)
#define LOOK_MS        1000
#define ASK_AGAIN_MS   30000 /* one that fails, for want of room say, is not tried all the time */
#define CALM_BYTES     (MIB / 4)  /* a look: what two hundred orders add */
#define CALM_LOOKS     3          /* a short breath is no calm */
#define WORTH_BYTES    (64 * MIB) /* read again in half a second */
#define TOO_MUCH_BYTES (1024 * MIB)
#define FILES          "appendonlydir"

struct sizes {
    uint64_t whole; /* as it was written last */
    uint64_t added; /* since */
};

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static struct sizes measure(const struct private_redis *redis)
{
    char path[DIRECTORY_PATH_SIZE + sizeof "/" FILES];
    struct sizes sizes = {0};
    struct stat status;
    struct dirent *entry;
    DIR *files;

    snprintf(path, sizeof path, "%s/%s", redis->directory->path, FILES);
    files = opendir(path);
    if (files == NULL) return sizes;
    while ((entry = readdir(files)) != NULL) {
        bool is_whole =
            ends_with(entry->d_name, ".base.rdb") || ends_with(entry->d_name, ".base.aof");

        if (!is_whole && !ends_with(entry->d_name, ".incr.aof")) continue;
        if (fstatat(dirfd(files), entry->d_name, &status, 0) != 0) continue;
        *(is_whole ? &sizes.whole : &sizes.added) += (uint64_t)status.st_size;
    }
    closedir(files);
    return sizes;
}

/* Over a connection of its own, whose answer nobody waits for: how it goes is told in redis.log,
 * and seen in the files. */
static void ask(const struct private_redis *redis)
{
    static const char request[] = "BGREWRITEAOF\r\n";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) return;
    memcpy(address.sun_path, redis->socket, sizeof address.sun_path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        (void)!send(fd, request, sizeof request - 1, MSG_NOSIGNAL);
    close(fd);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void rewrite_look(struct rewrite *rewrite, const struct private_redis *redis, int64_t now_ms)
{
    struct sizes sizes = measure(redis);
    bool is_calm = sizes.added < rewrite->added_bytes + CALM_BYTES;

    rewrite->calm_looks = is_calm ? rewrite->calm_looks + 1 : 0;
    rewrite->added_bytes = sizes.added;
    rewrite->look_ms = now_ms + LOOK_MS;
    bool is_worth_it =
        rewrite->calm_looks >= CALM_LOOKS && sizes.added >= larger(WORTH_BYTES, sizes.whole / 2);
    bool is_too_much = sizes.added >= larger(TOO_MUCH_BYTES, sizes.whole);
    if ((!is_worth_it && !is_too_much) || now_ms < rewrite->ask_ms) return;
    log_info("redis-server writes its file anew", "whole_bytes=%llu added_bytes=%llu cause=%s",
             (unsigned long long)sizes.whole, (unsigned long long)sizes.added,
             is_worth_it ? "calm" : "size");
    rewrite->ask_ms = now_ms + ASK_AGAIN_MS;
    ask(redis);
}
