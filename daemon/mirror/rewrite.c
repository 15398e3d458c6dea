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

#define MIB              ((uint64_t)1024 * 1024)
#define LOOK_MS          1000
#define ASK_AGAIN_MS     30000 /* one that fails, for want of room say, is not tried all the time */
#define CALM_BYTES       (MIB / 4)  /* a look: what two hundred orders add */
#define CALM_LOOKS       3          /* a short breath is no calm */
#define WORTH_BYTES      (64 * MIB) /* read again in half a second */
#define TOO_MUCH_BYTES   (1024 * MIB)
#define SHORTEN_BYTES    MIB /* a quarter of a millisecond, */
#define SHORTEN_EVERY_MS 10  /* a hundred times a second */
#define FILES            "appendonlydir"
#define MANIFEST         "appendonly.aof.manifest"

/* A file of Redis's, as a line of its manifest tells: "file NAME seq N type T". */
enum part_type { PART_WHOLE = 'b', PART_ADDED = 'i', PART_OLD = 'h' /* replaced: read no more */ };
struct part {
    char name[128];
    char type;
    uint64_t bytes;
};

struct files {
    DIR *dir;
    FILE *manifest;
};

static void close_files(struct files *files)
{
    if (files->manifest != NULL) fclose(files->manifest);
    if (files->dir != NULL) closedir(files->dir);
}

static bool open_files(struct files *files, const struct private_redis *redis)
{
    char path[DIRECTORY_PATH_SIZE + sizeof "/" FILES];
    int fd = -1;

    snprintf(path, sizeof path, "%s/%s", redis->directory->path, FILES);
    *files = (struct files){.dir = opendir(path)};
    if (files->dir != NULL) fd = openat(dirfd(files->dir), MANIFEST, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) files->manifest = fdopen(fd, "r");
    if (files->manifest != NULL) return true;
    if (fd >= 0) close(fd);
    close_files(files);
    return false;
}

static bool next_part(const struct files *files, struct part *part)
{
    char line[256];

    while (fgets(line, sizeof line, files->manifest) != NULL) {
        struct stat status;

        if (sscanf(line, "file %127s seq %*u type %c", part->name, &part->type) != 2) continue;
        if (strchr(part->name, '/') != NULL) continue;
        bool is_there = fstatat(dirfd(files->dir), part->name, &status, 0) == 0;
        part->bytes = is_there ? (uint64_t)status.st_size : 0;
        return true;
    }
    return false;
}

struct sizes {
    uint64_t whole; /* as it was written last */
    uint64_t added; /* since */
    bool has_old;
};

static struct sizes measure(const struct private_redis *redis)
{
    struct sizes sizes = {0};
    struct files files;
    struct part part;

    if (!open_files(&files, redis)) return sizes;
    while (next_part(&files, &part)) {
        if (part.type == PART_WHOLE) sizes.whole += part.bytes;
        if (part.type == PART_ADDED) sizes.added += part.bytes;
        sizes.has_old |= part.type == PART_OLD;
    }
    close_files(&files);
    return sizes;
}

/* Over a connection of its own, whose answer nobody waits for: how it goes is told in redis.log,
 * and seen in the files. */
static void ask(const struct private_redis *redis, const char *request)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) return;
    memcpy(address.sun_path, redis->socket, sizeof address.sun_path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        (void)!send(fd, request, strlen(request), MSG_NOSIGNAL);
    close(fd);
}

/* Cut something off the first old file that has something left. False: none has. */
static bool shorten_one(const struct files *files)
{
    struct part part;

    while (next_part(files, &part)) {
        if (part.type != PART_OLD || part.bytes == 0) continue;
        uint64_t left = part.bytes > SHORTEN_BYTES ? part.bytes - SHORTEN_BYTES : 0;
        int fd = openat(dirfd(files->dir), part.name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        bool is_cut = fd >= 0 && ftruncate(fd, (off_t)left) == 0;
        if (fd >= 0) close(fd);
        if (is_cut) return true;
    }
    return false;
}

static void shorten(struct rewrite *rewrite, const struct private_redis *redis, int64_t now_ms)
{
    struct files files;

    rewrite->shorten_ms = 0;
    if (!open_files(&files, redis)) return;
    if (shorten_one(&files))
        rewrite->shorten_ms = now_ms + SHORTEN_EVERY_MS;
    else
        ask(redis, "CONFIG SET aof-disable-auto-gc no\r\nCONFIG SET aof-disable-auto-gc yes\r\n");
    close_files(&files);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void look(struct rewrite *rewrite, const struct private_redis *redis, int64_t now_ms)
{
    struct sizes sizes = measure(redis);
    bool is_calm = sizes.added < rewrite->added_bytes + CALM_BYTES;

    rewrite->calm_looks = is_calm ? rewrite->calm_looks + 1 : 0;
    rewrite->added_bytes = sizes.added;
    rewrite->look_ms = now_ms + LOOK_MS;
    if (sizes.has_old && rewrite->shorten_ms == 0) rewrite->shorten_ms = now_ms + SHORTEN_EVERY_MS;
    bool is_worth_it =
        rewrite->calm_looks >= CALM_LOOKS && sizes.added >= larger(WORTH_BYTES, sizes.whole / 2);
    bool is_too_much = sizes.added >= larger(TOO_MUCH_BYTES, sizes.whole);
    if ((!is_worth_it && !is_too_much) || now_ms < rewrite->ask_ms) return;
    log_info("redis-server writes its file anew", "whole_bytes=%llu added_bytes=%llu cause=%s",
             (unsigned long long)sizes.whole, (unsigned long long)sizes.added,
             is_worth_it ? "calm" : "size");
    rewrite->ask_ms = now_ms + ASK_AGAIN_MS;
    ask(redis, "BGREWRITEAOF\r\n");
}

void rewrite_turn(struct rewrite *rewrite, const struct private_redis *redis, int64_t now_ms)
{
    if (rewrite->shorten_ms != 0 && now_ms >= rewrite->shorten_ms) shorten(rewrite, redis, now_ms);
    if (now_ms >= rewrite->look_ms) look(rewrite, redis, now_ms);
}
