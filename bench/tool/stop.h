/* SPDX-License-Identifier: BSD-2-Clause */
/* stop.h - Ctrl-C, SIGTERM, SIGHUP and a pipe that nobody reads any more, as a question that
 * long-running subcommands ask. A second signal kills. */
#ifndef TUAN_TOOL_STOP_H
#define TUAN_TOOL_STOP_H

#include <stdbool.h>

void stop_watch(void); /* from now on, signals are noted; SIGPIPE is ignored */
bool stop_asked(void);

#endif
