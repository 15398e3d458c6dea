/* SPDX-License-Identifier: BSD-2-Clause */
/* truth.h - what a partition's records must be: an engine of its own that has seen the path of the
 * history and nothing else, and each record as it stood after its last fact.
 */
#ifndef TUAN_TESTS_SIM_TRUTH_H
#define TUAN_TESTS_SIM_TRUTH_H

#include "daemon/mirror/types.h"
#include "engine/engine.h"
#include "tests/sim/history.h"

struct truth_record {
    enum mirror_hash hash;
    struct blob *field, *value; /* value NULL: deleted */
    uint64_t at;
};

struct truth {
    struct history *history;
    struct engine *engine;
    struct map records; /* struct truth_record */
    uint32_t seen;      /* of the path */
    uint32_t rewinds;   /* of the history, when it was seen */
    char flaw[200];
};

void truth_init(struct truth *truth, struct history *history);
void truth_free(struct truth *truth);
/* See the path to its end. */
void truth_sync(struct truth *truth);

/* A record's value without what two engines need not agree on: of a campaign, `as_of`, and the
 * older revisions, which go with the last room that needs them, and leave no trace of when. */
struct blob *truth_value(enum mirror_hash hash, struct mirror_bytes value);
struct truth_record *truth_find(const struct truth *truth, enum mirror_hash hash,
                                struct mirror_bytes field);
/* Is this record, as stored or loaded, what the path says? False: see flaw. */
bool truth_compare(struct truth *truth, const struct mirror_record *record, const char *whence);

#endif
