/* SPDX-License-Identifier: BSD-2-Clause */
/* directory.h - the data directory: made, locked, and the data set it remembers.
 *
 * Two locks on the one file DIR/lock. A record lock belongs to this process alone: while it is held
 * a second tuand is refused at once. A flock belongs to the open file, which a private redis-server
 * inherits: while only that one is held, an old redis-server is about to end, and we wait for it.
 */
#ifndef TUAN_DAEMON_MIRROR_DIRECTORY_H
#define TUAN_DAEMON_MIRROR_DIRECTORY_H

#include "daemon/mirror/form.h"

enum { DIRECTORY_PATH_SIZE = 512 };
#define DIRECTORY_SELF                                                                             \
    "self" /* stands for the directory itself among the addresses: its own id                      \
            */

struct directory {
    char path[DIRECTORY_PATH_SIZE]; /* absolute */
    int lock_fd;                    /* close-on-exec; -1: not locked */
};

/* Both return 0, or an exit code (75: locked by another, 78: unusable) and a line in `error`. */
int directory_open(struct directory *directory, const char *path, char *error, size_t error_size);
void directory_close(struct directory *directory);

/* D1: the data set that this directory has served from the mirror at `address`; empty: none.
 * False: the file cannot be read. */
bool directory_recall(const struct directory *directory, const char *address,
                      char dataset[FORM_ID_SIZE]);
/* On disk when it returns true. */
bool directory_remember(const struct directory *directory, const char *address,
                        const char *dataset);

#endif
