/* SPDX-License-Identifier: BSD-2-Clause */
/* faults.c - a library that is put before the C library (LD_PRELOAD) of tuand and redis-server: it
 * makes them die or stop at the points of faults.def, and their disk slow, full or broken, and
 * their memory scarce.
 *
 * What it does is told by a file that the rig and all processes map ($TORTURE_FAULTS): for each
 * program one row of 64-bit words (enum word). Words may change at any time. In any other program
 * it does nothing.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum point {
#define TORTURE_POINT(name, text, number, doc) POINT_##name = (number),
#include "faults.def"
#undef TORTURE_POINT
};

/* Of a program's row. */
enum word {
    WORD_POINT,      /* armed at this point; 0: none */
    WORD_COUNTDOWN,  /* passes until it happens */
    WORD_ACTION,     /* enum action */
    WORD_STOPS,      /* how often it stopped at a point */
    WORD_KILLS,      /* how often it died at one */
    WORD_SYNC_US,    /* each sync takes so much longer */
    WORD_SYNC_ERROR, /* errno of each sync; 0: none */
    WORD_DISK_ERROR, /* errno of each write to a file, after half of it */
    WORD_MEMORY,     /* allocations until one fails; 0: none will */
    WORD_STARVED,    /* how many failed */
    WORD_PASSES = 16 /* of each point, by its number */
};

enum action { ACTION_KILL = 1, ACTION_STOP = 2, ACTION_TEAR = 3 };

enum { ROW_WORDS = 64, ROWS = 2, DESCRIPTORS = 65536, EARLY_BYTES = 4096 };

enum kind { KIND_OTHER, KIND_ACCEPTED, KIND_CONNECTED };

static _Atomic int64_t *row; /* NULL: not one of ours */
static unsigned char kinds[DESCRIPTORS];

static void *next_of(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (function == NULL) abort();
    return function;
}
#define NEXT(name) ((__typeof__(&(name)))next_of(#name))

/* ---- the rig's orders ---- */

static int row_of(const char *program)
{
    if (strcmp(program, "tuand") == 0) return 0;
    if (strcmp(program, "redis-server") == 0) return 1;
    return -1;
}

__attribute__((constructor)) static void find_row(void)
{
    const char *path = getenv("TORTURE_FAULTS");
    int number = row_of(program_invocation_short_name);
    int fd = path == NULL || number < 0 ? -1 : open(path, O_RDWR | O_CLOEXEC);
    void *words;

    if (fd < 0) return;
    words =
        mmap(NULL, ROWS * ROW_WORDS * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (words != MAP_FAILED) row = (_Atomic int64_t *)words + number * ROW_WORDS;
}

static int64_t word(enum word name)
{
    return row == NULL ? 0 : atomic_load_explicit(&row[name], memory_order_relaxed);
}

/* True once: this pass is the one that was ordered. */
static bool is_due(enum point point)
{
    if (row == NULL) return false;
    atomic_fetch_add(&row[WORD_PASSES + point], 1);
    if (word(WORD_POINT) != point || atomic_fetch_sub(&row[WORD_COUNTDOWN], 1) != 1) return false;
    atomic_store(&row[WORD_POINT], 0);
    return true;
}

static void act(void)
{
    bool is_stop = word(WORD_ACTION) == ACTION_STOP;

    atomic_fetch_add(&row[is_stop ? WORD_STOPS : WORD_KILLS], 1);
    raise(is_stop ? SIGSTOP : SIGKILL);
}

static void pass(enum point point)
{
    if (is_due(point)) act();
}

/* ---- connections ---- */

static void mark(int fd, enum kind kind)
{
    if (fd >= 0 && fd < DESCRIPTORS) kinds[fd] = (unsigned char)kind;
}

static enum kind kind_of(int fd)
{
    return row != NULL && fd >= 0 && fd < DESCRIPTORS ? (enum kind)kinds[fd] : KIND_OTHER;
}

int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    int accepted = NEXT(accept4)(fd, address, size, flags);

    mark(accepted, KIND_ACCEPTED);
    return accepted;
}

int accept(int fd, struct sockaddr *address, socklen_t *size)
{
    int accepted = NEXT(accept)(fd, address, size);

    mark(accepted, KIND_ACCEPTED);
    return accepted;
}

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    pass(POINT_CONNECTING);
    mark(fd, KIND_CONNECTED);
    return NEXT(connect)(fd, address, size);
}

int close(int fd)
{
    mark(fd, KIND_OTHER);
    return NEXT(close)(fd);
}

static ssize_t after_read(int fd, ssize_t got)
{
    int error = errno;

    if (got > 0 && kind_of(fd) == KIND_ACCEPTED) pass(POINT_ASKED);
    if (got > 0 && kind_of(fd) == KIND_CONNECTED) pass(POINT_RECEIVED);
    errno = error;
    return got;
}

static void before_write(int fd)
{
    if (kind_of(fd) == KIND_ACCEPTED) pass(POINT_ANSWERING);
    if (kind_of(fd) == KIND_CONNECTED) pass(POINT_SENDING);
}

static ssize_t after_write(int fd, ssize_t wrote)
{
    int error = errno;

    if (wrote > 0 && kind_of(fd) == KIND_ACCEPTED) pass(POINT_ANSWERED);
    if (wrote > 0 && kind_of(fd) == KIND_CONNECTED) pass(POINT_SENT);
    errno = error;
    return wrote;
}

ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
    return after_read(fd, NEXT(recv)(fd, bytes, size, flags));
}

ssize_t __recv_chk(int fd, void *bytes, size_t size, size_t room, int flags);
ssize_t __recv_chk(int fd, void *bytes, size_t size, size_t room, int flags)
{
    return after_read(fd, NEXT(__recv_chk)(fd, bytes, size, room, flags));
}

ssize_t read(int fd, void *bytes, size_t size)
{
    return after_read(fd, NEXT(read)(fd, bytes, size));
}

ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room);
ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room)
{
    return after_read(fd, NEXT(__read_chk)(fd, bytes, size, room));
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    before_write(fd);
    return after_write(fd, NEXT(send)(fd, bytes, size, flags));
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    before_write(fd);
    return after_write(fd, NEXT(writev)(fd, parts, count));
}

/* ---- files ---- */

static bool is_file(int fd)
{
    struct stat status;

    return row != NULL && kind_of(fd) == KIND_OTHER && fstat(fd, &status) == 0 &&
           S_ISREG(status.st_mode);
}

/* Half of it, as a disk that becomes full in between. */
static ssize_t write_file(int fd, const void *bytes, size_t size)
{
    bool is_full = word(WORD_DISK_ERROR) != 0;

    if (is_due(POINT_WRITING)) {
        if (word(WORD_ACTION) == ACTION_TEAR && NEXT(write)(fd, bytes, size / 2) < 0) abort();
        act();
    }
    if (is_full && size > 1) return NEXT(write)(fd, bytes, size / 2);
    if (is_full) {
        errno = (int)word(WORD_DISK_ERROR);
        return -1;
    }
    ssize_t wrote = NEXT(write)(fd, bytes, size);
    int error = errno;
    if (wrote > 0) pass(POINT_WRITTEN);
    errno = error;
    return wrote;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    if (is_file(fd)) return write_file(fd, bytes, size);
    before_write(fd);
    return after_write(fd, NEXT(write)(fd, bytes, size));
}

static int sync_file(int (*sync)(int), int fd)
{
    int64_t us = word(WORD_SYNC_US);
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};

    if (us > 0) nanosleep(&pause, NULL);
    if (word(WORD_SYNC_ERROR) != 0) {
        errno = (int)word(WORD_SYNC_ERROR);
        return -1;
    }
    int result = sync(fd);
    if (result == 0) pass(POINT_SYNCED);
    return result;
}

int fsync(int fd)
{
    return sync_file(NEXT(fsync), fd);
}

int fdatasync(int fd)
{
    return sync_file(NEXT(fdatasync), fd);
}

int rename(const char *from, const char *to)
{
    pass(POINT_RENAMING);
    int result = NEXT(rename)(from, to);
    if (result == 0) pass(POINT_RENAMED);
    return result;
}

/* ---- memory ---- */

/* dlsym itself may ask for memory: it gets some of this, which is never given back. */
static _Alignas(16) unsigned char early[EARLY_BYTES];
static size_t early_used;

static bool is_early(const void *pointer)
{
    return (const unsigned char *)pointer >= early &&
           (const unsigned char *)pointer < early + EARLY_BYTES;
}

static void *take_early(size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;

    if (rounded > EARLY_BYTES - early_used) return NULL;
    early_used += rounded;
    return early + early_used - rounded;
}

static bool is_starved(void)
{
    if (word(WORD_MEMORY) <= 0 || atomic_fetch_sub(&row[WORD_MEMORY], 1) != 1) return false;
    atomic_fetch_add(&row[WORD_STARVED], 1);
    errno = ENOMEM;
    return true;
}

static void *(*next_malloc)(size_t), *(*next_calloc)(size_t, size_t),
    *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);

static bool find_memory(void)
{
    static bool is_finding;

    if (next_free != NULL) return true;
    if (is_finding) return false;
    is_finding = true;
    next_malloc = NEXT(malloc);
    next_calloc = NEXT(calloc);
    next_realloc = NEXT(realloc);
    next_free = NEXT(free);
    is_finding = false;
    return true;
}

void *malloc(size_t size)
{
    if (!find_memory()) return take_early(size);
    return is_starved() ? NULL : next_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (!find_memory()) return take_early(count * size);
    return is_starved() ? NULL : next_calloc(count, size);
}

void *realloc(void *pointer, size_t size)
{
    if (!find_memory() || is_early(pointer)) abort();
    return is_starved() ? NULL : next_realloc(pointer, size);
}

void free(void *pointer)
{
    if (is_early(pointer) || !find_memory()) return;
    next_free(pointer);
}
