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

/* Large tables are walked at random: with huge pages far fewer steps miss the TLB. */
#define HUGE_PAGE ((size_t)2 * 1024 * 1024)

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

static void *map_pages(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED) die_out_of_memory(size);
    return pages;
}

/* The kernel makes huge pages only of what begins and ends at one, so ask for more and cut. */
static void *map_huge_pages(size_t size)
{
    char *pages = map_pages(size + HUGE_PAGE);
    size_t before = -(uintptr_t)pages % HUGE_PAGE;

    if (before > 0) mem_pages_free(pages, before);
    mem_pages_free(pages + before + size, HUGE_PAGE - before);
    madvise(pages + before, size, MADV_HUGEPAGE); /* advice: that it fails is fine */
    return pages + before;
}

void *mem_pages_alloc(size_t size)
{
    assert(size > 0 && size % MEM_PAGES_UNIT == 0);
    return size >= HUGE_PAGE ? map_huge_pages(size) : map_pages(size);
}

void mem_pages_free(void *pages, size_t size)
{
    /* Fails only when the kernel has no memory left to note the hole. */
    if (munmap(pages, size) != 0) die_out_of_memory(size);
}
