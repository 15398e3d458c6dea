/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"

#include "base/mem.h"

enum { ALIGN = 16, CHUNK_MIN = 16 * 1024 };

struct arena_chunk {
    _Alignas(ALIGN) struct arena_chunk *next;
    size_t size;
    _Alignas(ALIGN) char bytes[];
};

void *arena_take(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk = arena->chunks;

    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (chunk == NULL || chunk->size - arena->used < size) {
        size_t doubled = chunk == NULL ? CHUNK_MIN : chunk->size * 2;
        size_t bytes = size > doubled ? size : doubled;
        chunk = mem_alloc(sizeof *chunk + bytes);
        chunk->next = arena->chunks;
        chunk->size = bytes;
        arena->chunks = chunk;
        arena->used = 0;
    }
    void *taken = chunk->bytes + arena->used;
    arena->used += size;
    return taken;
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
