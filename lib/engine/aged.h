/* SPDX-License-Identifier: BSD-2-Clause */
/* aged.h - many rooms, oldest first: live ones by their opening, the others by their end. */
#ifndef TUAN_ENGINE_AGED_H
#define TUAN_ENGINE_AGED_H

#include "engine/model.h"

/* A room, and what it is compared by: millions are sorted, and their memory is far apart. */
struct aged {
    int64_t at;
    uint64_t id_hi;
    struct room *room;
};

struct aged room_aged(struct room *room);
void aged_sort(struct aged *rooms, size_t count);

#endif
