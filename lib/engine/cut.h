/* SPDX-License-Identifier: BSD-2-Clause */
/* cut.h - 砍價: what each helper of a room cuts off. */
#ifndef TUAN_ENGINE_CUT_H
#define TUAN_ENGINE_CUT_H

#include "engine/model.h"

/* What the next seat of this room will cut off; 0 where nobody cuts, and for who opens the room.
 *
 * Any amount that leaves the helpers to come between the least and the most they may cut; the last
 * one takes exactly the rest. Which one it is follows from the room's id and the seat's number, so
 * that a replay, or a doubter, finds the same. */
int64_t cut_next(const struct room *room);
/* What the live seats have cut off together. */
int64_t cut_sum(const struct room *room);

#endif
