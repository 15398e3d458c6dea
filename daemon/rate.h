/* SPDX-License-Identifier: BSD-2-Clause */
/* rate.h - how fast a client may ask: a bucket for each client, shared by its connections.
 *
 * A client is the name of its token, or its address where there are no tokens. A bucket fills at
 * the rate and holds one second's worth, so a client may send that much at once. The rate is an
 * argument, not kept: it may change at any time.
 *
 * A bucket that nobody holds any more is kept until it is full again (at most two seconds), so that
 * connecting anew brings nothing; of those, at most RATE_IDLE_MAX, the oldest go first.
 */
#ifndef TUAN_DAEMON_RATE_H
#define TUAN_DAEMON_RATE_H

#include <stddef.h>
#include <stdint.h>

enum { RATE_NAME_MAX = 80, RATE_IDLE_MAX = 4096 };

struct rates;
struct rate; /* one client's bucket */

struct rates *rates_create(uint64_t hash_seed);
void rates_destroy(struct rates *rates); /* nobody holds any; NULL is fine */

/* The bucket of this client, to be given back. Longer names are cut. */
struct rate *rates_hold(struct rates *rates, const char *name, int64_t now_us);
void rates_give_back(struct rates *rates, struct rate *rate, int64_t now_us);
size_t rates_count(const struct rates *rates);

/* One request: 0 if it may go on, else in how many ms it may. */
int64_t rate_take(struct rate *rate, int64_t per_second, int64_t now_us);

#endif
