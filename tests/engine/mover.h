/* SPDX-License-Identifier: BSD-2-Clause */
/* mover.h - campaigns out of one engine and into another. */
#ifndef TUAN_TESTS_ENGINE_MOVER_H
#define TUAN_TESTS_ENGINE_MOVER_H

#include "world.h"

/* Each campaign of the world is dumped, restored in a fresh engine, and dumped there: the same
 * records. Nothing of the world changes. False: see its flaw. */
bool mover_check(struct world *world);

#endif
