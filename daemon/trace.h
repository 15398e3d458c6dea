/* SPDX-License-Identifier: BSD-2-Clause */
/* trace.h - what callers call their requests by, for whoever looks for one of them in the slow log
 * or the log: the argument `trace` on the rpc port, the trace id of `traceparent` on the HTTP
 * ports.
 *
 * The newest are kept in a ring, and go by number, so that what a parked reply carries is four
 * bytes. Most requests have none and cost nothing.
 */
#ifndef TUAN_DAEMON_TRACE_H
#define TUAN_DAEMON_TRACE_H

#include "proto/vocab.h"

enum { TRACE_ID_MAX = 128, TRACES_KEPT = 1024 };

/* Zeroed: none was given yet. */
struct traces {
    uint32_t newest;
    char ids[TRACES_KEPT][TRACE_ID_MAX + 1];
};

/* Returns its number; 0 if it is empty. Longer ones are cut. */
uint32_t traces_keep(struct traces *traces, struct tuan_str id);
/* Empty for 0, and for one that has made room for others. */
const char *traces_find(const struct traces *traces, uint32_t number);

#endif
