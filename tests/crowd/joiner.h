/* SPDX-License-Identifier: BSD-2-Clause */
/* joiner.h - commands to the rpc port: one after another, or joins at a steady rate that does not
 * wait for answers. A refusal ends the process.
 */
#ifndef CROWD_JOINER_H
#define CROWD_JOINER_H

#include <stddef.h>
#include <stdint.h>

struct watchers;

/* Microseconds. */
struct figures {
    int64_t p50, p99, max;
};

/* Sorts the values; at least one. */
struct figures figures_of(int64_t *values, size_t count);

struct joiner;

struct joiner *joiner_create(int port);
void joiner_destroy(struct joiner *joiner); /* NULL is fine */

/* One call, waited for. joiner_room: into a room of the answer. */
void joiner_call(struct joiner *joiner, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void joiner_open(struct joiner *joiner, const char *campaign, char room[21]);

/* rate joins a second into the campaign, each by another user, measured from when it was due: a
 * late generator counts against us. The watchers are read meanwhile; the first second is not
 * counted. */
struct figures joiner_run(struct joiner *joiner, struct watchers *watchers, const char *campaign,
                          int rate, int seconds);

#endif
