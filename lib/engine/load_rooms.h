/* SPDX-License-Identifier: BSD-2-Clause */
/* load_rooms.h - loaded rooms and their seats, put in order. */
#ifndef TUAN_ENGINE_LOAD_ROOMS_H
#define TUAN_ENGINE_LOAD_ROOMS_H

#include "engine/model.h"

/* Index all rooms and their seats. False: rules of some room, or the only seat of some order, are
 * not there. */
bool load_rooms_in_order(struct engine *e);

#endif
