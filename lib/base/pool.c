/* SPDX-License-Identifier: BSD-2-Clause */
/* pool.c - chunks are cut into objects of any class, as they are asked for.
 *
 * A new object is cut off the newest chunk; a freed one waits in the list of its class, the link
 * being written over the object itself. When the rest of a chunk is too short for what is asked,
 * the rest becomes a free object of its own size, so nothing is lost between chunks. Chunks double
 * from 4 KiB to 2 MiB: a small pool stays small, a big one asks the system seldom.
 */
#include "base/pool.h"

#include <assert.h>
#include <stdint.h>

#include "base/mem.h"

#if defined(__SANITIZE_ADDRESS__) /* gcc */
#define UNDER_ASAN
#elif defined(__has_feature) /* clang */
#if __has_feature(address_sanitizer)
#define UNDER_ASAN
#endif
#endif

#ifdef UNDER_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(ptr, size)   ((void)(ptr), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(ptr, size) ((void)(ptr), (void)(size))
#endif

#define CHUNK_BYTES_MIN ((size_t)4 * 1024)
#define CHUNK_BYTES_MAX ((size_t)2 * 1024 * 1024)

struct pool_free {
    struct pool_free *next;
};

struct pool_chunk {
    _Alignas(POOL_ALIGN) struct pool_chunk *next;
    size_t bytes; /* this header included */
};

struct large {
    _Alignas(POOL_ALIGN) struct list link;
    size_t size;
};

_Static_assert(sizeof(struct pool_chunk) % POOL_ALIGN == 0, "objects follow the header, aligned");
_Static_assert(sizeof(struct large) % POOL_ALIGN == 0, "the object follows the header, aligned");
_Static_assert(_Alignof(max_align_t) >= POOL_ALIGN, "mem_alloc() aligns well enough");

void pool_init(struct pool *pool)
{
    *pool = (struct pool){.next_chunk_bytes = CHUNK_BYTES_MIN};
    list_init(&pool->large);
}

static size_t round_up(size_t size)
{
    return (size + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
}

/* The list for objects of `bytes`, a multiple of POOL_ALIGN. */
static struct pool_free **free_list(struct pool *pool, size_t bytes)
{
    assert(bytes > 0 && bytes <= POOL_SMALL_MAX && bytes % POOL_ALIGN == 0);
    return &pool->free[bytes / POOL_ALIGN - 1];
}

/* Expects the memory to be poisoned or fully the caller's; leaves it poisoned. */
static void put_free(struct pool *pool, void *ptr, size_t bytes)
{
    struct pool_free **list = free_list(pool, bytes);
    struct pool_free *object = ptr;

    ASAN_UNPOISON_MEMORY_REGION(object, sizeof *object);
    object->next = *list;
    *list = object;
    ASAN_POISON_MEMORY_REGION(object, bytes);
}

static void *take_free(struct pool_free **list, size_t bytes)
{
    struct pool_free *object = *list;

    ASAN_UNPOISON_MEMORY_REGION(object, sizeof *object);
    *list = object->next;
    __builtin_prefetch(*list, 1); /* read when the next one is taken, and written then */
    /* It may lie on several lines. */
    __builtin_prefetch((const void *)((uintptr_t)*list + bytes - 1), 1);
    ASAN_POISON_MEMORY_REGION(object, sizeof *object);
    return object;
}

static struct pool_chunk *new_chunk(size_t bytes)
{
    struct pool_chunk *chunk = bytes < MEM_PAGES_UNIT ? mem_alloc(bytes) : mem_pages_alloc(bytes);

    chunk->bytes = bytes;
    return chunk;
}

static void free_chunk(struct pool_chunk *chunk)
{
    ASAN_UNPOISON_MEMORY_REGION(chunk, chunk->bytes); /* others may get these addresses */
    if (chunk->bytes < MEM_PAGES_UNIT)
        mem_free(chunk);
    else
        mem_pages_free(chunk, chunk->bytes);
}

static void add_chunk(struct pool *pool)
{
    size_t bytes = pool->next_chunk_bytes;
    struct pool_chunk *chunk = new_chunk(bytes);

    if (pool->fresh_bytes > 0) put_free(pool, pool->fresh, pool->fresh_bytes);
    chunk->next = pool->chunks;
    pool->chunks = chunk;
    pool->fresh = (char *)chunk + sizeof *chunk;
    pool->made = bytes < MEM_PAGES_UNIT ? (char *)chunk + bytes : (char *)chunk;
    pool->fresh_bytes = bytes - sizeof *chunk;
    pool->bytes += bytes;
    if (bytes < CHUNK_BYTES_MAX) pool->next_chunk_bytes = bytes * 2;
    ASAN_POISON_MEMORY_REGION(pool->fresh, pool->fresh_bytes);
}

static void *cut_fresh(struct pool *pool, size_t bytes)
{
    char *object;

    if (pool->fresh_bytes < bytes) add_chunk(pool);
    object = pool->fresh;
    pool->fresh += bytes;
    pool->fresh_bytes -= bytes;
    for (; pool->fresh > pool->made; pool->made += MEM_PAGES_UNIT)
        mem_pages_make(pool->made, MEM_PAGES_UNIT);
    return object;
}

static void *alloc_large(struct pool *pool, size_t size)
{
    struct large *large;

    assert(size <= SIZE_MAX - sizeof *large);
    large = mem_alloc(sizeof *large + size);
    large->size = size;
    list_push_head(&pool->large, &large->link);
    pool->bytes += sizeof *large + size;
    return large + 1;
}

static void free_large(struct pool *pool, struct large *large)
{
    list_remove(&large->link);
    pool->bytes -= sizeof *large + large->size;
    mem_free(large);
}

void *pool_alloc(struct pool *pool, size_t size)
{
    struct pool_free **list;
    void *object;

    assert(size > 0);
    if (size > POOL_SMALL_MAX) return alloc_large(pool, size);

    list = free_list(pool, round_up(size));
    object = *list != NULL ? take_free(list, round_up(size)) : cut_fresh(pool, round_up(size));
    ASAN_UNPOISON_MEMORY_REGION(object, size);
    assert((uintptr_t)object % POOL_ALIGN == 0);
    return object;
}

void pool_free(struct pool *pool, void *ptr, size_t size)
{
    if (ptr == NULL) return;
    assert(size > 0);
    if (size > POOL_SMALL_MAX) {
        struct large *large = (struct large *)ptr - 1;

        assert(large->size == size);
        free_large(pool, large);
        return;
    }
#ifdef UNDER_ASAN
    assert(__asan_region_is_poisoned(ptr, size) == NULL); /* freed twice, or of another size */
#endif
    put_free(pool, ptr, round_up(size));
}

size_t pool_bytes(const struct pool *pool)
{
    return pool->bytes;
}

void pool_destroy(struct pool *pool)
{
    list_for_each (link, &pool->large) {
        free_large(pool, container_of(link, struct large, link));
    }
    while (pool->chunks != NULL) {
        struct pool_chunk *chunk = pool->chunks;

        pool->chunks = chunk->next;
        free_chunk(chunk);
    }
    pool_init(pool);
}
