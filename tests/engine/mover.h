/* SPDX-License-Identifier: BSD-2-Clause */
/* mover.h - campaigns out of one engine and into another. */
#ifndef TUAN_TESTS_ENGINE_MOVER_H
#define TUAN_TESTS_ENGINE_MOVER_H

#include "world.h"

struct luggage;

/* A campaign as it is now; the caller's. NULL: it is not there. */
struct luggage *mover_pack(struct world *world, struct tuan_str campaign);
void mover_throw_away(struct luggage *luggage); /* NULL is legal */
/* From what a daemon dumped: records in a row, each behind a byte of its kind. NULL: they are none. */
struct luggage *mover_read(const char *data, size_t len);
/* It comes back to where it was dropped, as a batch of the log. False: it may not. */
bool mover_unpack(struct world *world, const struct luggage *luggage, struct tuan_str campaign);

/* Each campaign of the world is dumped, restored in a fresh engine, and dumped there: the same
 * records. Nothing of the world changes. False: see its flaw. */
bool mover_check(struct world *world);

#endif
