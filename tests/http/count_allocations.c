/* SPDX-License-Identifier: BSD-2-Clause */
/* count_allocations.c - loaded into tuand before all else (LD_PRELOAD): counts each malloc, calloc
 * and realloc, its libraries' too, in the first eight bytes of the file COUNT_ALLOCATIONS, which is
 * mapped: reading the count asks nothing of the process.
 *
 * AddressSanitizer has a hook for this, and must not find its allocator replaced.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static _Atomic uint64_t before_start;
static _Atomic uint64_t *count = &before_start;

/* Programs that tuand starts inherit the environment, and are not counted. */
__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("COUNT_ALLOCATIONS");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0 || strcmp(program_invocation_short_name, "tuand") != 0) return;
    void *map = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) abort();
    close(fd);
    count = map;
}

#ifdef TUAN_SANITIZED

EXPORTED void __sanitizer_malloc_hook(const volatile void *ptr, size_t size);

void __sanitizer_malloc_hook(const volatile void *ptr, size_t size)
{
    (void)ptr;
    (void)size;
    atomic_fetch_add(count, 1);
}

#else

/* dlsym() itself allocates a little, before there is anything to pass it on to. */
static char early[4096];
static size_t early_bytes;

static void *alloc_early(size_t size)
{
    size_t at = early_bytes;

    early_bytes += (size + 15) / 16 * 16;
    if (early_bytes > sizeof early) abort();
    return early + at;
}

EXPORTED void *calloc(size_t items, size_t size)
{
    static void *(*next)(size_t, size_t);
    static _Bool is_looking;

    if (is_looking) return alloc_early(items * size);
    if (next == NULL) {
        is_looking = 1;
        *(void **)&next = dlsym(RTLD_NEXT, "calloc");
        is_looking = 0;
    }
    atomic_fetch_add(count, 1);
    return next(items, size);
}

EXPORTED void *malloc(size_t size)
{
    static void *(*next)(size_t);

    if (next == NULL) *(void **)&next = dlsym(RTLD_NEXT, "malloc");
    atomic_fetch_add(count, 1);
    return next(size);
}

EXPORTED void *realloc(void *ptr, size_t size)
{
    static void *(*next)(void *, size_t);

    if (next == NULL) *(void **)&next = dlsym(RTLD_NEXT, "realloc");
    atomic_fetch_add(count, 1);
    return next(ptr, size);
}

EXPORTED void free(void *ptr)
{
    static void (*next)(void *);

    if ((char *)ptr >= early && (char *)ptr < early + sizeof early) return;
    if (next == NULL) *(void **)&next = dlsym(RTLD_NEXT, "free");
    next(ptr);
}

#endif
