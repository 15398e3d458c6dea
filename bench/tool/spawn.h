/* SPDX-License-Identifier: BSD-2-Clause */
/* spawn.h - a private tuand for demos and replays: free loopback ports, a directory of its own,
 * gone afterwards.
 *
 * The daemon gets SIGTERM when its starter dies, however that happens; its directory outlives only
 * a SIGKILL. */
#ifndef TUAN_TOOL_SPAWN_H
#define TUAN_TOOL_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct spawn_options {
    const char *binary;  /* path of tuand; NULL: beside this program, else in PATH */
    const char *mirror;  /* "private", "none", ...; NULL: private */
    int timeout_ms;      /* until it serves */
    const char *web;     /* ADDR:PORT of its web port; NULL: a free one on loopback */
    const char *origins; /* whose pages may read there (web.origins); NULL: nobody's */
};

struct spawn {
    struct spawn_options options;
    pid_t pid;                        /* 0: not running */
    char dir[128];                    /* "": none */
    long log_start;                   /* where in its log the latest start begins */
    char rpc[80], web[80], admin[80]; /* ADDR:PORT; web and admin may be "" */
};

/* Start and wait until it serves. False: said on stderr with the end of the daemon's log; nothing
 * is left behind. */
bool spawn_start(struct spawn *spawn, const struct spawn_options *options);

/* It has ended: start it again, where it was and with what it kept, and do not wait. False: said on
 * stderr. */
bool spawn_again(struct spawn *spawn);

bool spawn_is_alive(struct spawn *spawn);
/* Has it said, since its latest start, that it serves? */
bool spawn_is_ready(struct spawn *spawn);
/* The last lines of its log to stderr. */
void spawn_show_log(const struct spawn *spawn);

/* SIGTERM, wait (10 s, then SIGKILL), remove the directory. A zeroed struct is legal. */
void spawn_stop(struct spawn *spawn);

#endif
