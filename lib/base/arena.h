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

#define ARENA_ALIGN ((size_t)16)

struct arena_chunk {
    _Alignas(ARENA_ALIGN) struct arena_chunk *next;
    size_t size;
    _Alignas(ARENA_ALIGN) char bytes[];
};

/* Make a chunk in which `size` bytes have room. */
void arena_grow(struct arena *arena, size_t size);
/* 16-aligned, not zeroed. */
static inline __attribute__((malloc, returns_nonnull, alloc_size(2), assume_aligned(16))) void *
arena_take(struct arena *arena, size_t size)
{
    size = (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    if (arena->chunks == NULL || arena->chunks->size - arena->used < size) arena_grow(arena, size);
    void *taken = arena->chunks->bytes + arena->used;
    arena->used += size;
    return taken;
}
void arena_reset(struct arena *arena); /* keeps the newest chunk's memory */
void arena_free(struct arena *arena);

#endif
