/* SPDX-License-Identifier: BSD-2-Clause */
/* quality.h - how well a policy of matching seats people: who arrives, how many of them could sit
 * in formed rooms at most, and how many do.
 *
 * Arrivals are recorded or generated once and then driven through one engine a policy, in virtual
 * time: the same people with the same intents at the same moments. A shopper who pays nothing
 * waits in his room until it forms or fails.
 */
#ifndef TUAN_BENCH_QUALITY_H
#define TUAN_BENCH_QUALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/tool/histogram.h"
#include "proto/vocab.h"

/* ---- who arrives (quality_arrivals.c) ---- */

struct arrival {
    int64_t at_ms; /* since 1970; arrivals are sorted by it */
    uint32_t campaign, user;
    uint64_t draw; /* what he means to do, and which link he follows, come from this number */
};

struct arrivals {
    struct arrival *items; /* owned */
    size_t count;
    uint32_t campaigns, users;
    int64_t again;   /* came while they could still be waiting: the same shopper, left out */
    int64_t skipped; /* rows that could not be read */
    char note[160];  /* which row was skipped first, and why */
};

struct arrivals_recorded {
    FILE *file;
    uint64_t seed;
    int64_t life_ms; /* of a room: who comes again within it may still be waiting */
    bool each;       /* each row is a shopper of his own, whoever the user is */
};
/* The `buy` and `cart` rows of recorded shopper events (bench/tool/replay_read.h). */
void arrivals_read(const struct arrivals_recorded *source, struct arrivals *out);

enum arrivals_kind {
    ARRIVALS_POISSON, /* evenly spread over the span */
    ARRIVALS_BURST,   /* each campaign goes live at one moment of the span; its people come then */
};
struct arrivals_generated {
    enum arrivals_kind kind;
    uint64_t seed;
    int64_t shoppers, campaigns, span_ms;
    int64_t burst_ms; /* mean delay after a campaign went live */
    double zipf;      /* campaign n of N has a weight of 1 / n^zipf */
};
void arrivals_generate(const struct arrivals_generated *source, struct arrivals *out);
void arrivals_free(struct arrivals *arrivals);

/* ---- how many could be seated (quality_bound.c) ---- */

/* The most disjoint groups of `size` among arrivals of one campaign (ms, ascending), all of a group
 * within less than life_ms of each other. No rule that lets nobody wait longer than a room's life
 * can form more rooms, even one that knows the future. */
size_t bound_groups(const int64_t *at_ms, size_t count, size_t size, int64_t life_ms);
/* The same over all campaigns. */
int64_t bound_rooms(const struct arrivals *arrivals, size_t size, int64_t life_ms);

/* ---- how many are (quality_run.c) ---- */

#define QUALITY_REASONS (TUAN_REASON_MERGED_AWAY + 1) /* of enum tuan_room_reason */

struct quality_rules {
    enum tuan_match match;
    bool merges;
    int64_t size, life_ms;
    int64_t open_pct, link_pct; /* open their own room; follow a link; the others ask for a match */
};
struct quality_result {
    int64_t seated;                  /* shoppers whose room formed */
    int64_t opened, formed;          /* rooms */
    int64_t failed[QUALITY_REASONS]; /* rooms, by reason */
    int64_t links, links_dead;       /* followed; of these: the room had no seat any more */
    int64_t refused;                 /* commands the engine refused: a bug, of whom ever */
    struct histogram wait_ms;        /* of those seated: from arrival to the room's forming */
};
/* Called now and then with the number of arrivals that are done. */
typedef void quality_progress(void *context, size_t done);
void quality_run(const struct arrivals *arrivals, const struct quality_rules *rules,
                 quality_progress *progress, void *context, struct quality_result *out);

#endif
