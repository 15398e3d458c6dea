/* SPDX-License-Identifier: BSD-2-Clause */
/* mates.h - which open rooms can be merged with which: those of one group, without an unpaid seat.
 * See merge.c for what is done with them. */
#ifndef TUAN_ENGINE_MATES_H
#define TUAN_ENGINE_MATES_H

#include "engine/shelf.h"

/* A room goes into its group when it is put on its shelf, and leaves it when it is taken off. */
void mates_put(struct engine *e, struct room *room);
void mates_take(struct engine *e, struct room *room);
/* It stands among the mates only while no seat of it is unpaid. */
void mates_leave(struct room *room);
void mates_enter(struct room *room);

/* Those with fewest paid first, among them soonest deadline, oldest, id. NULL: no more. */
struct room *mates_fewest(const struct group *group);
struct room *mates_next(const struct room *room);
/* The best of those with the most paid, but fewer than `below`. */
struct room *mates_most(const struct group *group, uint32_t below);

#endif
