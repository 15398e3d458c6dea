/* SPDX-License-Identifier: BSD-2-Clause */
/* make.h - words by chance, for the two files that make commands: put.c and make.c. */
#ifndef TUAN_TESTS_MAKE_H
#define TUAN_TESTS_MAKE_H

#include "compare.h"

enum kind {
    TIERS_AT_OPEN,
    TIERS_AT_DEADLINE,
    PIECES,
    MERGE,
    VIRTUAL,
    DRAW,
    CUT,
    LEAVE,
    REFERRERS,
    TAGS,
    POLICIES,
    LIMITS,
    CUTOFF,
    QUOTA,
    NO_PAYMENT,
    LATE,
    END,
    REROUTE,
    CROWD,
    EDITS,
    CLOSING,
    MIN_SUCCESS,
    AFTER_SALE,
    RELAXED, /* users may sit in several rooms */
    KINDS
};

struct making {
    struct maker *maker;
    struct script *script;
    struct step *step;
    const struct both *both;
};

uint64_t dice(struct making *making, uint64_t sides);
bool is_on(const struct making *making, enum kind kind);
void word(struct making *making, const char *format, ...) __attribute__((format(printf, 2, 3)));
void one_of(struct making *making, uint64_t of, const char *name, const char *const *values,
            uint64_t count);

/* One time in `of`: the name, and one of these values. */
#define MAYBE(of, name, ...)                                                                       \
    one_of(making, of, name, (const char *const[]){__VA_ARGS__},                                   \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
#define IF(kind) if (is_on(making, kind))

/* put.c: a campaign is made or changed. */
void some_campaign(struct making *making);
void put_campaign(struct making *making, bool is_first);

#endif
