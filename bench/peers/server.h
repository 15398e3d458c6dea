/* SPDX-License-Identifier: BSD-2-Clause */
/* server.h - a private redis-server: a free loopback port, a directory of its own, gone afterwards.
 * It is killed when its starter dies, however that happens. */
#ifndef TUAN_PEERS_SERVER_H
#define TUAN_PEERS_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct server {
    pid_t pid;     /* 0: not running */
    char dir[128]; /* "": none */
    char address[32];
};

/* Start it and wait until it listens. False: said on stderr; nothing is left behind. */
bool server_start(struct server *server, const char *fsync);
void server_stop(struct server *server); /* a zeroed struct is legal */

#endif
