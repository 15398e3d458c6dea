/* SPDX-License-Identifier: BSD-2-Clause */
/* history.h - all that any Redis of the simulation ever took into a partition's log.
 *
 * Entries form a tree: each was appended to the head that stood there, and a server that lost its
 * tail goes on from an older one. The *path* leads from the creation to the head of the server that
 * new connections reach; the books are what its facts tell. Nobody in the simulation sees this but
 * the oracle.
 */
#ifndef TUAN_TESTS_SIM_HISTORY_H
#define TUAN_TESTS_SIM_HISTORY_H

#include "daemon/mirror/form.h"
#include "tests/sim/books.h"
#include "tests/sim/store.h"

enum { HISTORY_NONE = UINT32_MAX, HISTORY_OWNER_SIZE = 160 };

struct entry_node {
    struct head head;
    uint32_t parent, depth;
    struct blob *batch; /* NULL: a fence, or the creation */
    char *owner;        /* of a fence: who took */
    uint32_t events;
    uint32_t ack_life; /* of the daemon that let a reply leave that rests on it; 0: none has */
};

struct history {
    uint32_t partition;
    bool tells_seats;
    struct entry_node *nodes;
    uint32_t count, room;
    struct map index; /* by nonce and position: the number of a node, plus 1 */
    uint32_t *path;
    uint32_t path_len, path_room;
    uint32_t rewinds; /* how often the path lost its end */
    struct books books;
    char flaw[200];
};

void history_init(struct history *history, uint32_t partition, bool tells_seats);
void history_free(struct history *history);

/* An entry was appended to `parent` (NONE: it is the creation). Returns its number. */
uint32_t history_add(struct history *history, uint32_t parent, const struct head *head,
                     const struct stream_entry *entry);
/* NONE: no server ever took it. */
uint32_t history_find(const struct history *history, const char *nonce, uint64_t position);
/* The path ends in this node from now on. Returns how many entries it lost. */
uint32_t history_lead_to(struct history *history, uint32_t node);
static inline uint32_t history_tip(const struct history *history)
{
    return history->path_len == 0 ? HISTORY_NONE : history->path[history->path_len - 1];
}
bool history_is_on_path(const struct history *history, uint32_t node);
/* Is this batch on the path, be it sent again? */
bool history_holds(const struct history *history, const struct head *head);
/* The fence at this position that this owner has taken: the one in the log that ends in `tip` (may
 * be HISTORY_NONE), else the newest of any. There are several where a request to take reached two
 * servers. */
uint32_t history_fence_of(const struct history *history, uint32_t tip, const char *owner,
                          uint64_t position);

/* Calls `use` with each fact of a batch; false: it cannot be read, or `use` said so. */
typedef bool history_use(void *context, const struct tuan_fact *fact);
bool history_walk(struct mirror_bytes batch, history_use *use, void *context);

#endif
