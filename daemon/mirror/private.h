/* SPDX-License-Identifier: BSD-2-Clause */
/* private.h - our own redis-server: started, watched, started again, ended.
 *
 * It listens on DIR/redis.sock only, logs every write to disk before it answers, and dies with us
 * (PDEATHSIG, which follows the *thread* that started it: create it from the main thread). It
 * inherits the lock of the directory. A log torn by its death is mended first. Only the process we
 * started is ever signalled.
 */
#ifndef TUAN_DAEMON_MIRROR_PRIVATE_H
#define TUAN_DAEMON_MIRROR_PRIVATE_H

#include "daemon/mirror/directory.h"

enum { PRIVATE_SOCKET_SIZE = 108 };

struct private_redis {
    const struct directory *directory;
    char socket[PRIVATE_SOCKET_SIZE];
    int pid;         /* 0: not running */
    bool is_mending; /* the process is, or will be, the one that mends a torn log */
    long log_from;   /* of redis.log: what it says since the last start */
    int64_t retry_ms, backoff_ms, started_ms, looked_ms;
    uint64_t starts;
    char alarm[200]; /* why it does not stay up; empty: it does */
};

/* Start it. Returns 0, or an exit code (69: no usable redis-server, 78: path too long) and `error`.
 */
int private_create(struct private_redis *redis, const struct directory *directory, char *error,
                   size_t error_size);
/* Notice its death, start it again. */
void private_turn(struct private_redis *redis, int64_t now_ms);
int64_t private_next_ms(const struct private_redis *redis);
/* SIGTERM, after a while SIGKILL; returns when it has ended. */
void private_destroy(struct private_redis *redis);

#endif
