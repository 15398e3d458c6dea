/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"

#include "base/mem.h"

enum { CHUNK_MIN = 16 * 1024 };

void arena_grow(struct arena *arena, size_t size)
{
    size_t doubled = arena->chunks == NULL ? CHUNK_MIN : arena->chunks->size * 2;
    size_t bytes = size > doubled ? size : doubled;
    struct arena_chunk *chunk = mem_alloc(sizeof *chunk + bytes);

    chunk->next = arena->chunks;
    chunk->size = bytes;
    arena->chunks = chunk;
    arena->used = 0;
}

static void free_chunks(struct arena_chunk *chunk)
{
    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;
        mem_free(chunk);
        chunk = next;
    }
}

void arena_reset(struct arena *arena)
{
    if (arena->chunks != NULL) {
        free_chunks(arena->chunks->next);
        arena->chunks->next = NULL;
    }
    arena->used = 0;
}

void arena_free(struct arena *arena)
{
    free_chunks(arena->chunks);
    *arena = (struct arena){0};
}
