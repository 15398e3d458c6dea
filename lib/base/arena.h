/* SPDX-License-Identifier: BSD-2-Clause */
/* arena.h - memory for one job: taken piece by piece, given back all at once. */
#ifndef TUAN_BASE_ARENA_H
#define TUAN_BASE_ARENA_H

#include <stddef.h>

/* Zeroed: empty. What was taken stays where it is until arena_reset. */
struct arena {
    struct arena_chunk *chunks; /* newest first */
    size_t used;                /* of the newest chunk */
};

/* 16-aligned, not zeroed. */
void *arena_take(struct arena *arena, size_t size)
    __attribute__((malloc, returns_nonnull, alloc_size(2), assume_aligned(16)));
void arena_reset(struct arena *arena); /* keeps the newest chunk's memory */
void arena_free(struct arena *arena);

#endif
