/* SPDX-License-Identifier: BSD-2-Clause */
/* merge.h - 合團: the people of rooms that would fail, put together into rooms that do not. */
#ifndef TUAN_ENGINE_MERGE_H
#define TUAN_ENGINE_MERGE_H

#include "engine/end.h"

/* A due room without an unpaid seat would fail. Move its people where they make rooms whole; true:
 * some moved, and it has ended (formed, emptied, or failed as `failure` with who is left). */
bool merge_due_room(struct engine *e, struct room *room, enum tuan_room_reason failure);

#endif
