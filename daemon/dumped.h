/* SPDX-License-Identifier: BSD-2-Clause */
/* dumped.h - all records of one campaign as one run of bytes: what CAMPAIGN.DUMP tells, and
 * CAMPAIGN.LOAD takes. Each is what the snapshot has of it, behind a byte that tells its kind. */
#ifndef TUAN_DAEMON_DUMPED_H
#define TUAN_DAEMON_DUMPED_H

#include "base/buf.h"
#include "daemon/stored.h"

void dumped_add(struct buf *out, enum engine_kind kind, const void *body);

/* The record at *data, which moves behind it. `body` is good until `memory` is used again. False:
 * there is none. */
bool dumped_next(struct mirror_bytes *data, struct arena *memory, enum engine_kind *kind,
                 union stored_body *body);

/* An engine that holds just these records, to be destroyed by the caller. NULL: no engine can have
 * come by them, and `why`, for people, says what is wrong. Nothing in the bytes is believed. */
struct engine *dumped_load(const struct engine_config *config, struct mirror_bytes data,
                           struct arena *memory, char *why, size_t why_size);

#endif
