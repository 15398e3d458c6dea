/* SPDX-License-Identifier: BSD-2-Clause */
/* Loaded into a redis-server: while the file that FSYNC_FAILS names exists, the disk fails. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

typedef int sync_function(int fd);

int fdatasync(int fd)
{
    const char *path = getenv("FSYNC_FAILS");
    sync_function *real = NULL;

    if (path != NULL && access(path, F_OK) == 0) {
        errno = EIO;
        return -1;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    return real(fd);
}
