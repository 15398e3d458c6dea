/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/numbering.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "bench/tool/replay_read.h"

struct name {
    uint32_t number;
    char text[EVENT_ID_MAX + 1];
};

static bool name_equal(const void *entry, const void *key)
{
    return strcmp(((const struct name *)entry)->text, key) == 0;
}

void numbering_init(struct numbering *numbering)
{
    map_init(&numbering->names, 0);
}

uint32_t numbering_of(struct numbering *numbering, const char *text)
{
    uint64_t hash = hash_bytes(text, strlen(text), 0);
    struct name *name = map_find(&numbering->names, hash, name_equal, text);

    if (name != NULL) return name->number;
    name = mem_zalloc(sizeof *name);
    name->number = numbering_count(numbering);
    memcpy(name->text, text, strlen(text));
    map_insert(&numbering->names, hash, name);
    return name->number;
}

uint32_t numbering_count(const struct numbering *numbering)
{
    return (uint32_t)map_count(&numbering->names);
}

void numbering_free(struct numbering *numbering)
{
    map_free_entries(&numbering->names);
}

void map_free_entries(struct map *map)
{
    size_t cursor = 0;
    void *entry;

    while ((entry = map_next(map, &cursor)) != NULL)
        mem_free(entry);
    map_free(map);
}
