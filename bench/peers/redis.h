/* SPDX-License-Identifier: BSD-2-Clause */
/* redis.h - the peer: shop.lua in a redis-server of its own, measured by the same generator with
 * the same verifier. */
#ifndef TUAN_PEERS_REDIS_H
#define TUAN_PEERS_REDIS_H

#include "bench/load/target.h"

extern const struct codec codec_redis;

/* Start a redis-server with shop.lua. fsync: of its append-only file: "always", "everysec", "no",
 * or "off" for none. False: said on stderr, nothing left behind. target.close() ends it. */
bool target_open_redis(struct target *target, const char *fsync);

#endif
