/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void mem_zalloc_gives_zeroes(void **state)
{
    static const char zeroes[100];
    char *block = mem_zalloc(sizeof zeroes);

    (void)state;
    assert_memory_equal(block, zeroes, sizeof zeroes);
    mem_free(block);
}

static void mem_takes_a_size_of_zero(void **state)
{
    char *block = mem_alloc(0);

    (void)state;
    assert_non_null(block);
    block = mem_realloc(block, 0);
    assert_non_null(block);
    mem_free(block);
    block = mem_dup(NULL, 0);
    assert_non_null(block);
    mem_free(block);
    mem_free(NULL);
}

static void mem_dup_copies(void **state)
{
    char *copy = mem_dup("abc", 4);

    (void)state;
    assert_string_equal(copy, "abc");
    mem_free(copy);
}

static void mem_pages_are_zero_and_go_back_in_pieces(void **state)
{
    char *pages = mem_pages_alloc(3 * MEM_PAGES_UNIT);

    (void)state;
    for (size_t i = 0; i < 3 * MEM_PAGES_UNIT; i++)
        assert_int_equal(pages[i], 0);
    mem_pages_free(pages + 2 * MEM_PAGES_UNIT, MEM_PAGES_UNIT);
    memset(pages, 1, 2 * MEM_PAGES_UNIT);
    mem_pages_free(pages, 2 * MEM_PAGES_UNIT);
}

static void mem_huge_pages_begin_at_a_multiple_of_their_size(void **state)
{
    (void)state;
    for (size_t size = MEM_HUGE_UNIT; size <= 3 * MEM_HUGE_UNIT; size += MEM_HUGE_UNIT / 2) {
        char *pages = mem_huge_alloc(size);

        assert_int_equal((uintptr_t)pages % MEM_HUGE_UNIT, 0);
        for (size_t i = 0; i < size; i += 1024)
            assert_int_equal(pages[i], 0);
        memset(pages, 1, size);
        mem_pages_free(pages, MEM_HUGE_UNIT);
        if (size == MEM_HUGE_UNIT) continue;
        memset(pages + MEM_HUGE_UNIT, 2, size - MEM_HUGE_UNIT);
        mem_pages_free(pages + MEM_HUGE_UNIT, size - MEM_HUGE_UNIT);
    }
}

/* What the kernel was asked for shows in the flags of the mapping. */
static void mem_huge_pages_are_asked_for(void **state)
{
    char *pages = mem_huge_alloc(MEM_HUGE_UNIT), line[512];
    FILE *maps = fopen("/proc/self/smaps", "r");
    bool is_ours = false, is_asked = false;

    (void)state;
    if (access("/sys/kernel/mm/transparent_hugepage", F_OK) != 0) {
        printf("this kernel has no huge pages: LEFT OUT whether they are asked for\n");
        skip();
    }
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long long from, to;
        if (sscanf(line, "%llx-%llx ", &from, &to) == 2)
            is_ours = from <= (uintptr_t)pages && (uintptr_t)pages < to;
        if (is_ours && strncmp(line, "VmFlags:", 8) == 0) is_asked = strstr(line, " hg") != NULL;
    }
    fclose(maps);
    assert_true(is_asked);
    mem_pages_free(pages, MEM_HUGE_UNIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mem_zalloc_gives_zeroes),
        cmocka_unit_test(mem_takes_a_size_of_zero),
        cmocka_unit_test(mem_dup_copies),
        cmocka_unit_test(mem_pages_are_zero_and_go_back_in_pieces),
        cmocka_unit_test(mem_huge_pages_are_asked_for),
        cmocka_unit_test(mem_huge_pages_begin_at_a_multiple_of_their_size),
    };
    return cmocka_run_group_tests_name("base/mem", tests, NULL, NULL);
}
