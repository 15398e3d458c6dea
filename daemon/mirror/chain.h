/* SPDX-License-Identifier: BSD-2-Clause */
/* chain.h - walking along the log: each entry must name the one before it (T3). */
#ifndef TUAN_DAEMON_MIRROR_CHAIN_H
#define TUAN_DAEMON_MIRROR_CHAIN_H

#include "daemon/mirror/form.h"
#include "daemon/mirror/wire.h"

struct chain {
    char dataset[FORM_ID_SIZE];
    uint64_t start; /* the first entry must be this one */
    bool is_started;
    struct head last; /* the entry read last, as the head that it was */
};

struct entry {
    uint64_t position;
    struct mirror_bytes batch; /* ptr is NULL: a fence or the creation */
};

void chain_init(struct chain *chain, uint64_t start, const char *dataset);
/* Read one element of an XRANGE reply. False: it is not the next link. */
bool chain_follow(struct chain *chain, const struct reply *element, struct entry *out);

/* How many entries to ask for so that an answer is about a megabyte. */
size_t chain_chunk(size_t entries_seen, size_t bytes_seen);

#endif
