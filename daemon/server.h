/* SPDX-License-Identifier: BSD-2-Clause */
/* server.h - the daemon: owns the event loop and everything that hangs on it.
 *
 * One turn: the callbacks (each starts by server_turn, which tells dispatch the time), then what is
 * due, then dispatch freezes the turn's facts, then every connection with something to say is
 * written once, then the dead are freed.
 */
#ifndef TUAN_DAEMON_SERVER_H
#define TUAN_DAEMON_SERVER_H

#include "daemon/options.h"

struct server;

enum {
    SERVER_EXIT_OK = 0,
    SERVER_EXIT_CUT = 1,
    SERVER_EXIT_UNAVAILABLE = 69,
    SERVER_EXIT_LOCKED = 75,
    SERVER_EXIT_CONFIG = 78
};

/* How the options were made, to make them again on SIGHUP. Borrowed for the server's life. */
struct server_line {
    int argc;
    char *const *argv;
    char *const *environment;
    bool accept_dataset;
};

/* Binds, opens tokens, starts the mirror. NULL: *exit_code says why, and the log. */
struct server *server_create(const struct options *options, const struct server_line *line,
                             int *exit_code);
/* Serves until asked to stop; returns the exit code. */
int server_run(struct server *server);
void server_destroy(struct server *server);

#endif
