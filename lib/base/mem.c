/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/mem.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef NDEBUG
#error "asserts are part of this program: build without NDEBUG"
#endif

static _Noreturn void die_out_of_memory(size_t size)
{
    fprintf(stderr, "out of memory: %zu bytes were not to be had\n", size);
    abort();
}

static void *check_block(void *ptr, size_t size)
{
    if (ptr == NULL) die_out_of_memory(size);
    return ptr;
}

void *mem_alloc(size_t size)
{
    return check_block(malloc(size > 0 ? size : 1), size);
}

void *mem_zalloc(size_t size)
{
    return check_block(calloc(1, size > 0 ? size : 1), size);
}

void *mem_realloc(void *ptr, size_t size)
{
    return check_block(realloc(ptr, size > 0 ? size : 1), size);
}

void *mem_dup(const void *ptr, size_t len)
{
    void *copy = mem_alloc(len);

    if (len > 0) memcpy(copy, ptr, len);
    return copy;
}

void mem_free(void *ptr)
{
    free(ptr);
}

void *mem_pages_alloc(size_t size)
{
    assert(size > 0 && size % MEM_PAGES_UNIT == 0);
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED) die_out_of_memory(size);
    return pages;
}

/* To make one takes the kernel a quarter of a millisecond (as much of small ones, a whole one); on
 * a virtual machine whose host has yet to find the memory, several. */
void *mem_huge_alloc(size_t size)
{
    char *pages = mem_pages_alloc(size + MEM_HUGE_UNIT);
    size_t before = -(uintptr_t)pages % MEM_HUGE_UNIT;

    if (before > 0) mem_pages_free(pages, before);
    mem_pages_free(pages + before + size, MEM_HUGE_UNIT - before);
    (void)madvise(pages + before, size, MADV_HUGEPAGE); /* where there are none, small ones do */
    return pages + before;
}

void mem_pages_make(void *pages, size_t size)
{
#ifdef MADV_POPULATE_WRITE
    (void)madvise(pages, size, MADV_POPULATE_WRITE); /* where it cannot, touching them does */
#else
    (void)pages;
    (void)size;
#endif
}

void mem_pages_free(void *pages, size_t size)
{
    /* Fails only when the kernel has no memory left to note the hole. */
    if (munmap(pages, size) != 0) die_out_of_memory(size);
}
