/* SPDX-License-Identifier: BSD-2-Clause */
/* stored.h - records as the mirror keeps them, into an engine that is being loaded. */
#ifndef TUAN_DAEMON_STORED_H
#define TUAN_DAEMON_STORED_H

#include "base/arena.h"
#include "base/buf.h"
#include "daemon/mirror/types.h"
#include "engine/engine.h"

union stored_body {
    struct tuan_campaign_record campaign;
    struct tuan_room_record room;
    struct tuan_user_record user;
    struct tuan_refund_record refund;
};

enum mirror_hash stored_hash(enum engine_kind kind);
/* Room in `memory` for the lists of whatever is unpacked next, and for nothing else. */
struct tuan_arena stored_room(struct arena *memory);
/* Append a record's bytes: the struct of engine_record_message(kind). */
void stored_pack(struct buf *out, enum engine_kind kind, const void *body);
/* In this order. False, and a line in the log: one is damaged. */
bool stored_load(struct engine *engine, uint32_t partition, const struct mirror_record *records,
                 size_t count, struct arena *memory);

#endif
