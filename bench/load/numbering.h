/* SPDX-License-Identifier: BSD-2-Clause */
/* numbering.h - recorded users and categories become 0, 1, 2, … in the order of their first coming.
 */
#ifndef TUAN_LOAD_NUMBERING_H
#define TUAN_LOAD_NUMBERING_H

#include "base/map.h"

struct numbering {
    struct map names;
};

void numbering_init(struct numbering *numbering);
/* The number of this name, of EVENT_ID_MAX bytes at most. */
uint32_t numbering_of(struct numbering *numbering, const char *name);
uint32_t numbering_count(const struct numbering *numbering);
void numbering_free(struct numbering *numbering);

/* A map and its entries, each allocated by itself. */
void map_free_entries(struct map *map);

#endif
