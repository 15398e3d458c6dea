/* SPDX-License-Identifier: BSD-2-Clause */
/* info.h - what the daemon tells of itself, for whoever shows it: INFO, /v1/info, /metrics. Each
 * number is kept once, so they say the same.
 */
#ifndef TUAN_DAEMON_INFO_H
#define TUAN_DAEMON_INFO_H

#include "daemon/session.h"

/* The sections of metrics.h, and behind them: */
enum { INFO_ERRORS = METRIC_SECTION_COUNT, INFO_COMMANDS, INFO_SECTION_COUNT };

struct info_sink {
    void *context;
    void (*text)(void *context, const char *name, const char *value);
    void (*number)(void *context, const char *name, int64_t value);
    void (*error)(void *context, const char *code, int64_t count);
    void (*command)(void *context, const char *name, int64_t calls, int64_t refused);
};

void info_sample(
    struct session_host *host); /* take the numbers that are not counted by themselves */
const char *info_section_name(int section); /* as INFO spells it */
void info_walk(const struct session_host *host, int section, const struct info_sink *sink);

/* Recovered, the mirror takes writes, not draining. */
bool info_is_ready(const struct session_host *host);

#endif
