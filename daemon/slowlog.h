/* SPDX-License-Identifier: BSD-2-Clause */
/* slowlog.h - the last requests that took longer than slowlog.slower_than_ms, and where the time
 * went. A ring: the oldest make room.
 */
#ifndef TUAN_DAEMON_SLOWLOG_H
#define TUAN_DAEMON_SLOWLOG_H

#include <stddef.h>

#include "daemon/trace.h"

enum { SLOWLOG_ROOM = 128, SLOWLOG_TEXT_MAX = 64 };

struct slow_times {
    int64_t took_us;
    /* Of it: until it was read; with all that came with it, judged; until the mirror had it. */
    int64_t queue_us, match_us, store_us;
};

struct slow_entry {
    int64_t id, at_ms; /* ms since 1970 */
    struct slow_times times;
    enum tuan_cmd command;
    char peer[SLOWLOG_TEXT_MAX], name[SLOWLOG_TEXT_MAX + 1];
    char trace[TRACE_ID_MAX + 1]; /* empty: none was given */
};

struct slowlog {
    struct slow_entry entries[SLOWLOG_ROOM];
    int64_t added; /* ids are 0, 1, … */
    size_t count;
};

/* An entry to be, its texts borrowed; longer ones are cut. */
struct slow_request {
    int64_t at_ms;
    enum tuan_cmd command;
    struct slow_times times;
    const char *peer, *name, *trace;
};
/* Behind a slow mirror every request is slow: so this formats nothing. */
void slowlog_add(struct slowlog *slowlog, const struct slow_request *slow);
/* The newest is 0; NULL: there are no more. */
const struct slow_entry *slowlog_at(const struct slowlog *slowlog, size_t i);
void slowlog_reset(struct slowlog *slowlog); /* ids go on */

#endif
