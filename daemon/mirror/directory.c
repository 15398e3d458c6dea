/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define WAIT_FOR_OLD_REDIS_MS 10000
#define WAIT_STEP_MS          20
#define EXIT_LOCKED           75
#define EXIT_UNUSABLE         78
#define LINE_SIZE             512

static int make(const char *path, char absolute[DIRECTORY_PATH_SIZE])
{
    char resolved[PATH_MAX];

    if (mkdir(path, 0700) != 0 && errno != EEXIST) return -1;
    if (realpath(path, resolved) == NULL) return -1;
    if (strlen(resolved) >= DIRECTORY_PATH_SIZE) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(absolute, resolved, strlen(resolved) + 1);
    return access(absolute, R_OK | W_OK | X_OK);
}

/* False: held by somebody; *pid is who, if the kernel knows. */
static bool lock_record(int fd, int *pid)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    *pid = 0;
    if (fcntl(fd, F_SETLK, &lock) == 0) return true;
    if (errno != EACCES && errno != EAGAIN) return true; /* no record locks here: flock decides */
    if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) *pid = (int)lock.l_pid;
    return false;
}

static bool lock_file(int fd, const char *path)
{
    const struct timespec step = {0, WAIT_STEP_MS * 1000000L};

    for (int waited_ms = 0; waited_ms < WAIT_FOR_OLD_REDIS_MS; waited_ms += WAIT_STEP_MS) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
        if (waited_ms == 0) log_info("waiting for the old redis-server to end", "dir=%s", path);
        nanosleep(&step, NULL);
    }
    return false;
}

int directory_open(struct directory *directory, const char *path, char *error, size_t error_size)
{
    char lock_path[DIRECTORY_PATH_SIZE + 8];
    int pid;

    directory->lock_fd = -1;
    if (make(path, directory->path) != 0) {
        snprintf(error, error_size, "the directory %s cannot be used: %s", path, strerror(errno));
        return EXIT_UNUSABLE;
    }
    snprintf(lock_path, sizeof lock_path, "%s/lock", directory->path);
    directory->lock_fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (directory->lock_fd < 0) {
        snprintf(error, error_size, "%s cannot be opened: %s", lock_path, strerror(errno));
        return EXIT_UNUSABLE;
    }
    if (!lock_record(directory->lock_fd, &pid)) {
        snprintf(error, error_size, "the directory %s is locked by another tuand (pid %d)",
                 directory->path, pid);
    } else if (!lock_file(directory->lock_fd, directory->path)) {
        snprintf(error, error_size, "the directory %s is locked by a process that does not end",
                 directory->path);
    } else {
        return 0;
    }
    directory_close(directory);
    return EXIT_LOCKED;
}

void directory_close(struct directory *directory)
{
    if (directory->lock_fd >= 0) close(directory->lock_fd);
    directory->lock_fd = -1;
}

/* ---- the data set, one line a mirror: <address> <dataset> ---- */

static void print_path(const struct directory *directory, const char *suffix,
                       char out[DIRECTORY_PATH_SIZE + 32])
{
    snprintf(out, DIRECTORY_PATH_SIZE + 32, "%s/dataset%s", directory->path, suffix);
}

/* Split off the data set at the end of a line; false: it is none of ours. */
static bool split_line(char *line, struct mirror_bytes *dataset)
{
    char *space;

    line[strcspn(line, "\n")] = '\0';
    space = strrchr(line, ' ');
    if (space == NULL) return false;
    *space = '\0';
    *dataset = bytes_of(space + 1);
    return form_is_id(*dataset);
}

bool directory_recall(const struct directory *directory, const char *address,
                      char dataset[FORM_ID_SIZE])
{
    char path[DIRECTORY_PATH_SIZE + 32];
    char line[LINE_SIZE];
    struct mirror_bytes found;
    bool is_readable = true;
    FILE *file;

    dataset[0] = '\0';
    print_path(directory, "", path);
    file = fopen(path, "re");
    if (file == NULL) return errno == ENOENT;
    while (is_readable && fgets(line, sizeof line, file) != NULL) {
        is_readable = split_line(line, &found);
        if (is_readable && strcmp(line, address) == 0) memcpy(dataset, found.ptr, FORM_ID_SIZE);
    }
    is_readable = is_readable && !ferror(file);
    fclose(file);
    return is_readable;
}

static void copy_others(FILE *from, FILE *to, const char *address)
{
    char line[LINE_SIZE];
    struct mirror_bytes found;

    while (fgets(line, sizeof line, from) != NULL)
        if (split_line(line, &found) && strcmp(line, address) != 0)
            fprintf(to, "%s %s\n", line, found.ptr);
}

static bool sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0) close(fd);
    return is_ok;
}

bool directory_remember(const struct directory *directory, const char *address, const char *dataset)
{
    char path[DIRECTORY_PATH_SIZE + 32];
    char fresh[DIRECTORY_PATH_SIZE + 32];
    FILE *old_file;
    FILE *file;
    bool is_ok;

    print_path(directory, "", path);
    print_path(directory, ".new", fresh);
    file = fopen(fresh, "we");
    if (file == NULL) return false;
    old_file = fopen(path, "re");
    if (old_file != NULL) {
        copy_others(old_file, file, address);
        fclose(old_file);
    }
    fprintf(file, "%s %s\n", address, dataset);
    is_ok = fflush(file) == 0 && !ferror(file) && fsync(fileno(file)) == 0;
    is_ok = fclose(file) == 0 && is_ok;
    return is_ok && rename(fresh, path) == 0 && sync_directory(directory->path);
}
