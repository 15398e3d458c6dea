/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/mem.h"

#include <assert.h>
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

void *mem_pages_alloc(size_t size)
{
    void *pages;

    assert(size > 0 && size % MEM_PAGES_UNIT == 0);
    pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) die_out_of_memory(size);
    if (size >= HUGE_PAGE) madvise(pages, size, MADV_HUGEPAGE); /* advice: that it fails is fine */
    return pages;
}

void mem_pages_free(void *pages, size_t size)
{
    assert(size > 0 && size % MEM_PAGES_UNIT == 0);
    /* Fails only when the kernel has no memory left to note the hole. */
    if (munmap(pages, size) != 0) die_out_of_memory(size);
}
