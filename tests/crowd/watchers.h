/* SPDX-License-Identifier: BSD-2-Clause */
/* watchers.h - connections that watch a room each, by an event stream of the web port or by WATCH
 * on the rpc port. They read nothing but versions and heartbeats. Whatever is not expected ends the
 * process with a message: this is a measurement.
 */
#ifndef CROWD_WATCHERS_H
#define CROWD_WATCHERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t now_us(void);
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct watchers;

struct watchers *watchers_create(bool is_resp3, size_t count_max);
void watchers_destroy(struct watchers *watchers); /* closes all; NULL is fine */
void watchers_add(struct watchers *watchers, int port, const char *room);

/* Take what has come, waiting for it wait_us at most, and for bytes at `fd` too if it is not -1:
 * those are left there. */
void watchers_turn(struct watchers *watchers, int fd, int64_t wait_us);

size_t watchers_count(const struct watchers *watchers);
size_t watchers_heartbeats(const struct watchers *watchers);
int64_t watchers_version(const struct watchers *watchers); /* that the first was told last */

/* Begin to count those who have been told of `version` or a later one. */
void watchers_expect(struct watchers *watchers, int64_t version);
size_t watchers_told(const struct watchers *watchers);
int64_t watchers_told_us(const struct watchers *watchers); /* when the latest of them was told */

#endif
