/* SPDX-License-Identifier: BSD-2-Clause */
/* naive.h - a second engine, written from the words of lib/engine/README.md and not from the
 * engine: plain arrays, linear scans, no index and no timer.
 *
 * It judges the same commands as the engine and is compared with it. What the engine draws at
 * random (ids of rooms and refunds, seeds, which of several rooms `spread` takes) it is shown:
 * after the engine has judged a command, its facts are handed over, and each fact that the naive
 * engine makes must be the next of them, field by field, but for what was drawn. The first
 * difference is kept as a flaw.
 *
 * Strings are borrowed: those of a command must live as long as the naive engine.
 */
#ifndef TUAN_TESTS_NAIVE_H
#define TUAN_TESTS_NAIVE_H

#include <time.h>

#include "proto/schema.h"

struct naive;

struct naive *naive_create(void);
void naive_destroy(struct naive *naive);

/* The facts that the engine has made of the same command or sweep; borrowed until it ends. */
void naive_show_facts(struct naive *naive, const struct tuan_fact *const *facts, size_t count);

/* Judge a command. The reply is borrowed until the next call. */
const struct tuan_reply *naive_apply(struct naive *naive, const struct tuan_command *command,
                                     int64_t now_ms);
/* Do what is due at now_ms, in the order that the facts show; all of it must be there. */
void naive_expire(struct naive *naive, int64_t now_ms);
/* When something is due next; INT64_MAX: never. */
int64_t naive_next_due_ms(const struct naive *naive);

/* ROOM.HISTORY is read from records, which do not keep what was undone: each event told must have
 * happened, in the order of time, and each that happened must be told but a release that a late
 * payment undid. */
void naive_check_history(struct naive *naive, const struct tuan_history *history);

/* What differs; empty: nothing. */
const char *naive_flaw(const struct naive *naive);

/* The engine's answer: where several orders or picks are right, the naive one takes its own. */
void naive_show_reply(struct naive *naive, const struct tuan_reply *reply);

/* Seconds east of UTC there and then, by the C library's tables. */
bool naive_knows_zone(struct tuan_str zone);
long naive_offset(struct tuan_str zone, time_t moment);

/* ---- looking in: for making commands and for checking sums ---- */

/* One of the seats in this state, or one of the rooms that have a free seat; false: there is none.
 */
struct naive_look {
    struct tuan_str campaign, order; /* of a room: of the seat that opened it */
};
bool naive_look_seat(const struct naive *naive, int64_t state, uint64_t pick,
                     struct naive_look *out);
bool naive_look_room(const struct naive *naive, uint64_t pick, struct naive_look *out);

/* Money: each payment is in a seat or owed back, once. Limits, sums. Empty: all is well. */
const char *naive_check(struct naive *naive);

#endif
