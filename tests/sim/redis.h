/* SPDX-License-Identifier: BSD-2-Clause */
/* redis.h - the simulated Redis servers: a primary, and for a while an old one that goes on.
 *
 * A server runs requests on its store. What it would lose in a crash, and what its replica lacks,
 * is kept as shadows: older stores with the writes since then waiting, so that going back is going
 * to a prefix, never to half a request.
 */
#ifndef TUAN_TESTS_SIM_REDIS_H
#define TUAN_TESTS_SIM_REDIS_H

#include "daemon/mirror/scripts.h"
#include "tests/sim/config.h"
#include "tests/sim/store.h"

struct sim;
struct conn;
struct call;

enum mood {
    MOOD_WELL,
    MOOD_OOM,
    MOOD_LOADING,
    MOOD_BUSY,
    MOOD_MISCONF,
    MOOD_NOREPLICAS,
    MOOD_READONLY
};

struct effect { /* a write, to be repeated elsewhere */
    struct blob *request;
    int64_t now_ms;
};
struct shadow {
    bool is_kept;
    struct store store;
    struct effect *effects;
    size_t first, count, room; /* a queue */
};

struct server {
    bool is_there, is_up;
    enum mood mood;
    bool is_lenient;        /* this request is run, whatever the mood */
    bool is_emptied;        /* FAULT_EMPTY: its data waits in `hidden` */
    uint64_t token;         /* of its trouble; counted up with each */
    uint32_t known_scripts; /* a bit each */
    struct store store, hidden;
    struct shadow disk, replica;
    uint32_t tips[PARTITIONS_MAX]; /* entries of the histories: the heads it holds */
};

struct redis {
    struct server servers[2];
    int primary;
    struct store backup;
    bool has_backup;
};

void redis_start(struct sim *sim);
void redis_free(struct redis *redis);
static inline struct server *redis_primary(struct redis *redis)
{
    return &redis->servers[redis->primary];
}
/* One request, without what surrounds a server. True: its data may have changed. */
bool redis_answer(struct server *server, struct call *call);
bool redis_accepts(const struct redis *redis, int server); /* connections */
void redis_take(struct sim *sim, struct conn *conn);       /* run what is whole in its input */

/* Faults; false: not now. */
bool redis_fault(struct sim *sim, enum fault fault);
void redis_heal(struct sim *sim, int server, uint64_t token); /* EVENT_HEAL */
void redis_heal_all(struct sim *sim);                         /* nothing is the matter any more */
void redis_sync(struct sim *sim);                             /* EVENT_SYNC */
void redis_sync_all(struct sim *sim);                         /* no shadow lags */

#endif
