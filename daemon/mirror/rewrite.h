/* SPDX-License-Identifier: BSD-2-Clause */
/* rewrite.h - when our own redis-server writes its append-only file anew.
 *
 * At a start it reads that file: what was written whole in a third of the time that it takes to do
 * all again that was added since. To write it anew costs a core for seconds, beside the live load.
 * Redis would do so when the file has doubled, also while we load from it, or in the midst of a
 * rush. So it is told not to, and is asked by us: when a rush is over, or when far too much was
 * added.
 */
#ifndef TUAN_DAEMON_MIRROR_REWRITE_H
#define TUAN_DAEMON_MIRROR_REWRITE_H

#include "daemon/mirror/private.h"

/* Zeroed: nothing is known yet. */
struct rewrite {
    int64_t look_ms;      /* the next look at the files */
    int64_t ask_ms;       /* it was asked lately, and is not again before */
    uint64_t added_bytes; /* since the file was written whole, at the last look */
    int calm_looks;       /* in a row, with little added between them */
};

static inline bool rewrite_is_due(const struct rewrite *rewrite, int64_t now_ms)
{
    return now_ms >= rewrite->look_ms;
}

/* Only while all is loaded and served. */
void rewrite_look(struct rewrite *rewrite, const struct private_redis *redis, int64_t now_ms);

#endif
