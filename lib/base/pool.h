/* SPDX-License-Identifier: BSD-2-Clause */
/* pool.h - allocator for many small objects that die together or one by one.
 *
 * Sizes are rounded up to classes of 16 bytes; a freed object is used again for its class, and its
 * memory goes back to the system only with the whole pool. Objects above POOL_SMALL_MAX are passed
 * on to mem.h one by one, and die with the pool as well. The caller tells the size again when he
 * frees, so objects carry no header. All objects are aligned to 16 bytes.
 *
 * Under AddressSanitizer whatever is not allocated is poisoned, so a use after pool_free(), or one
 * byte beyond the size asked for, is reported as it would be for malloc.
 */
#ifndef TUAN_BASE_POOL_H
#define TUAN_BASE_POOL_H

#include <stddef.h>

#include "base/list.h"

#define POOL_ALIGN     16
#define POOL_SMALL_MAX 1024
#define POOL_CLASSES   (POOL_SMALL_MAX / POOL_ALIGN)

/* Private to pool.c, but laid out by its user. Must not move while it holds objects. */
struct pool {
    struct pool_free *free[POOL_CLASSES]; /* freed objects, by class */
    struct pool_chunk *chunks;            /* all chunks, newest first */
    char *fresh;                          /* the never used rest of the newest chunk ... */
    size_t fresh_bytes;                   /* ... and its size */
    char *made;                           /* behind what of it the kernel was asked to make */
    size_t next_chunk_bytes;
    struct list large; /* objects above POOL_SMALL_MAX */
    size_t bytes;
};

void pool_init(struct pool *pool);

/* size > 0; the memory is not zeroed. */
void *pool_alloc(struct pool *pool, size_t size)
    __attribute__((malloc, returns_nonnull, alloc_size(2), assume_aligned(POOL_ALIGN)));

/* The size of a struct of this type whose last field is an array of `len` bytes: never less than
 * the struct, which may end after the array's first bytes. */
#define POOL_BYTES_WITH(type, array, len)                                                          \
    (offsetof(type, array) + (len) > sizeof(type) ? offsetof(type, array) + (len) : sizeof(type))

/* Give back what pool_alloc(pool, size) returned, with that very size. NULL is legal. */
void pool_free(struct pool *pool, void *ptr, size_t size);

/* Bytes the pool has taken from the system. */
size_t pool_bytes(const struct pool *pool);

/* Frees everything at once, objects still in use too. */
void pool_destroy(struct pool *pool);

#endif
