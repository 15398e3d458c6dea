/* SPDX-License-Identifier: BSD-2-Clause */
/* replies.h - hiredis's reply reader, building struct reply in an arena. Used by link.c only.
 *
 * hiredis asks for arrays before their elements have arrived; the size of one is capped here, so a
 * few bytes of nonsense cannot ask for gigabytes.
 */
#ifndef TUAN_DAEMON_MIRROR_REPLIES_H
#define TUAN_DAEMON_MIRROR_REPLIES_H

#include "base/arena.h"
#include "daemon/mirror/wire.h"

struct redisReader;

struct replies {
    struct redisReader *reader;
    struct arena arena;
};

void replies_init(struct replies *replies);
void replies_free(struct replies *replies);
/* A new connection. */
void replies_reset(struct replies *replies);
bool replies_feed(struct replies *replies, const char *bytes, size_t len);
/* False: what came is no reply. *out is NULL if there is no whole one yet; else it is good until
 * the next call. */
bool replies_next(struct replies *replies, const struct reply **out);

#endif
