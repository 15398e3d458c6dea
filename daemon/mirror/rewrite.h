/* SPDX-License-Identifier: BSD-2-Clause */
/* rewrite.h - when our own redis-server writes its append-only file anew.
 *
 * At a start it reads that file: what was written whole in a third of the time that it takes to do
 * all again that was added since. To write it anew costs a core for seconds, beside the live load.
 * Redis would do so when the file has doubled, also while we load from it, or in the midst of a
 * rush. So it is told not to, and is asked by us: when a rush is over, or when far too much was
 * added.
 *
 * What is replaced by then is gigabytes, and to delete that at once holds up every fsync of the
 * file system: with 1 GiB and `discard`, as cloud images are mounted, answers came a quarter of a
 * second late. So Redis leaves that to us as well: old files get shorter bit by bit, and Redis
 * removes what is empty.
 */
#ifndef TUAN_DAEMON_MIRROR_REWRITE_H
#define TUAN_DAEMON_MIRROR_REWRITE_H

#include "daemon/mirror/private.h"

/* Zeroed: nothing is known yet. */
struct rewrite {
    int64_t look_ms;      /* the next look at the files */
    int64_t shorten_ms;   /* old files are next cut then; 0: there are none */
    int64_t ask_ms;       /* it was asked lately, and is not again before */
    uint64_t added_bytes; /* since the file was written whole, at the last look */
    int calm_looks;       /* in a row, with little added between them */
};

static inline int64_t rewrite_next_ms(const struct rewrite *rewrite)
{
    bool shortens = rewrite->shorten_ms != 0 && rewrite->shorten_ms < rewrite->look_ms;

    return shortens ? rewrite->shorten_ms : rewrite->look_ms;
}

/* When that is due, and only while all is loaded and served. */
void rewrite_turn(struct rewrite *rewrite, const struct private_redis *redis, int64_t now_ms);

#endif
