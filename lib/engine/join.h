/* SPDX-License-Identifier: BSD-2-Clause */
/* join.h - taking a seat: ROOM.OPEN, ROOM.JOIN, ROOM.MATCH. */
#ifndef TUAN_ENGINE_JOIN_H
#define TUAN_ENGINE_JOIN_H

#include "engine/judge.h"

handler handle_ROOM_OPEN, handle_ROOM_JOIN, handle_ROOM_MATCH;

/* A late payer takes a seat of another room: held for him and paid by the caller at once. */
struct seat *join_rerouted(struct engine *e, struct room *room, const struct seat *from);

#endif
