/* SPDX-License-Identifier: BSD-2-Clause */
/* verify.h - the verifier: each answer against what was asked, and the journal against what the
 * server says of its rooms and campaigns afterwards. */
#ifndef TUAN_LOAD_VERIFY_H
#define TUAN_LOAD_VERIFY_H

#include "bench/load/journal.h"
#include "bench/load/laws.h"
#include "bench/wire/reply.h"

struct verify {
    struct journal *journal;
    const struct names *names;
    struct laws laws;
    int64_t answers, seats_checked, rooms_checked, rooms_forgotten;
    int64_t seats_uncertain; /* asked, and nobody knows */
};

/* What a server counts of a campaign; -1: it does not tell. */
struct verify_counts {
    int64_t seats, paid, rooms;
};

/* One successful answer to a request that concerns a seat or a room. */
void verify_answer(struct verify *verify, const struct request *request, const struct reply *reply);

/* A status that was pushed to a watcher. */
void verify_push(struct verify *verify, const struct reply *reply);

/* All (or a page of) the seats of a room, as told after the load. */
void verify_room_seats(struct verify *verify, uint32_t room, const struct reply *reply);
void verify_room_unknown(struct verify *verify, uint32_t room, bool may_be_forgotten);
/* When all rooms have been told: every seat of the journal, and every room. */
void verify_books(struct verify *verify);
/* By the answers alone: were more seats acknowledged at one moment than a room has? */
void verify_overlap(struct verify *verify);
/* Which of a campaign's counts are compared is said by what the server tells. */
void verify_counted(struct verify *verify, uint32_t campaign, const char *source,
                    const struct verify_counts *told);

#endif
