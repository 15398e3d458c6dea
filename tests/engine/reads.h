/* SPDX-License-Identifier: BSD-2-Clause */
/* reads.h - all that can be read of an engine, as text: two engines that print the same look the
 * same to every client. */
#ifndef TUAN_TESTS_ENGINE_READS_H
#define TUAN_TESTS_ENGINE_READS_H

#include "world.h"

size_t names_add(struct names *names, struct tuan_str name); /* once; its place */
void names_clear(struct names *names);

/* The answers to all reads at world->now_ms, one a line; the caller frees them. */
char *reads_print(struct world *world, struct engine *engine);

#endif
