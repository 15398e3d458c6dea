/* SPDX-License-Identifier: BSD-2-Clause */
/* replay_check.h - the conservation laws: what was acknowledged must be what the daemon's books
 * say.
 *
 *   room_known      every room a seat was answered with is known and has ended
 *   room_capacity   no room has more held + paid + virtual seats than its size
 *   room_formed     a formed room holds no unpaid seat, and as many paid ones as make it a success
 *   seat_known      every acknowledged seat is known to the daemon, with its user
 *   refused_no_trace  a refused order has no seat
 *   seat_one_room   every seat stands in exactly one room's list, that of the room it names; no
 * stranger's does seat_state      a seat's state fits its room's: settled in formed rooms only,
 * nobody waits in an ended one payment_once    every acknowledged payment is exactly one of:
 * settled seat, paid seat of an open room, refund refund_owed     every refund answers an
 * acknowledged payment, in full; those of failed rooms, and no others, say room_failed counters the
 * campaign's counters are what was counted here
 */
#ifndef TUAN_TOOL_REPLAY_CHECK_H
#define TUAN_TOOL_REPLAY_CHECK_H

#include "bench/tool/replay_book.h"

struct check_result {
    int64_t violations;
    const char *law;   /* of the first one */
    char first[320];   /* the first offender */
    int64_t unchecked; /* rooms and seats the daemon had a right to forget meanwhile */
};

/* Fills the book's fields marked "by the checker". Rooms that still run are a violation if
 * must_have_ended. */
void check_book(struct book *book, bool must_have_ended, struct check_result *result);

#endif
