/* SPDX-License-Identifier: BSD-2-Clause */
/* mem.h - the one door through which memory comes from the system.
 *
 * Nothing here returns NULL: when memory is out, one line goes to stderr and the process aborts, in
 * this module only. What may be refused politely is a *limit*, and limits belong to the callers.
 * Sizes are bytes. Whoever asked for a block frees it, with the twin of the call that made it.
 */
#ifndef TUAN_BASE_MEM_H
#define TUAN_BASE_MEM_H

#include <stddef.h>

/* Blocks. A size of 0 is legal and yields a pointer that can be freed. */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *mem_zalloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *mem_realloc(void *ptr, size_t size) __attribute__((returns_nonnull, alloc_size(2)));
void *mem_dup(const void *ptr, size_t len) __attribute__((malloc, returns_nonnull, alloc_size(2)));
void mem_free(void *ptr);

/* Whole pages straight from the kernel: zeroed, and backed by memory only once touched, so asking
 * for many is cheap. They may be given back piece by piece; `size` and the start of a piece are
 * multiples of MEM_PAGES_UNIT. */
#define MEM_PAGES_UNIT ((size_t)64 * 1024)
void *mem_pages_alloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void mem_pages_free(void *pages, size_t size);
/* The same, for what will be met at random: huge pages where the kernel gives them, so that the
 * walk to each place is short. They begin at a multiple of MEM_HUGE_UNIT, and are best touched in
 * order and given back as wholes. */
#define MEM_HUGE_UNIT ((size_t)2 * 1024 * 1024)
void *mem_huge_alloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
/* Whole pages that will all be touched soon: to have the kernel make them together costs a third
 * less than one by one, as they are met. */
void mem_pages_make(void *pages, size_t size);

/* Start to fetch so many bytes into the cache. (Always inline, as whatever does no more than this:
 * gcc leaves out calls of such functions.) */
#define MEM_PREFETCHES static inline __attribute__((always_inline))
MEM_PREFETCHES void mem_prefetch(const void *object, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += 64)
        __builtin_prefetch((const char *)object + at);
}

#endif
