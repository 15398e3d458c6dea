/* SPDX-License-Identifier: BSD-2-Clause */
/* watch.h - who waits for which room to change, or for any room of which campaign.
 *
 * A watcher is told that its room has changed, not what it is now: it reads. It is told once the
 * change may be shown (its batch is committed), at most once in WATCH_PAUSE_MS for one room, and a
 * turn tells WATCH_TELLS_MAX of them at most; the rest follow in the next turns. What nobody
 * watches costs a look at each fact. Times are clock_boot_ms().
 *
 * Not here: connections and what is written to them. Watchers live in their owners' objects; a
 * watcher that is told may end itself and any other.
 */
#ifndef TUAN_DAEMON_WATCH_H
#define TUAN_DAEMON_WATCH_H

#include "base/list.h"
#include "base/wheel.h"
#include "proto/schema.h"

enum { WATCH_PAUSE_MS = 50, WATCH_TELLS_MAX = 512 };

enum watch_why {
    WATCH_CHANGED = 1,
    WATCH_TIME_UP, /* and it watches no more */
    WATCH_LOST,    /* changes were shown or missed that did not stay: whatever it knows is void */
};

/* Zeroed: watches nothing. */
struct watcher {
    struct list link;
    struct watch_topic *topic; /* NULL: watches nothing */
    struct wheel_node timer;
    enum watch_why why; /* it stands in the line of those to be told; 0: it does not */
};

struct watch_config {
    void *context;
    bool (*may_show)(void *context, uint32_t partition, uint64_t position);
    /* `room` is none for a campaign's watcher that has lost. */
    void (*tell)(void *context, struct watcher *watcher, struct tuan_id room, enum watch_why why);
};

struct watch;

struct watch *watch_create(const struct watch_config *config, int64_t boot_ms);
void watch_destroy(struct watch *watch); /* nobody watches any more; NULL is fine */

void watch_room(struct watch *watch, struct watcher *watcher, struct tuan_id room);
void watch_campaign(struct watch *watch, struct watcher *watcher, struct tuan_str campaign);
void watch_until(struct watch *watch, struct watcher *watcher, int64_t boot_ms);
void watch_end(struct watch *watch, struct watcher *watcher); /* fine if it watches nothing */

/* From dispatch. */
void watch_fact(struct watch *watch, uint32_t partition, uint64_t position,
                const struct tuan_fact *fact);
void watch_dropped(struct watch *watch); /* a partition: everybody has lost */

/* Once a turn, after the facts of the turn. watch_next_ms: when to be called at the latest. */
void watch_turn(struct watch *watch, int64_t boot_ms);
int64_t watch_next_ms(const struct watch *watch);

size_t watch_count(const struct watch *watch); /* watchers */
/* What is to be told: each watcher once for each change that he waits to hear of. Walks the changed
 * rooms. */
size_t watch_due(const struct watch *watch);
size_t watch_timers(const struct watch *watch);

#endif
