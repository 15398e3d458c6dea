/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/shown.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

struct showing {
    int64_t at_us, version;
};

struct shown_room {
    struct tuan_id id;
    struct showing *showings; /* times and versions rise */
    size_t count, room;
};

struct shown_name {
    int64_t at_us;
    char name[];
};

void shown_init(struct shown *shown)
{
    map_init(&shown->rooms, 64);
    map_init(&shown->names, 64);
}

void shown_free(struct shown *shown)
{
    struct shown_room *room;
    void *name;

    for (size_t cursor = 0; (room = map_next(&shown->rooms, &cursor)) != NULL;) {
        mem_free(room->showings);
        mem_free(room);
    }
    for (size_t cursor = 0; (name = map_next(&shown->names, &cursor)) != NULL;)
        mem_free(name);
    map_free(&shown->rooms);
    map_free(&shown->names);
}

/* ---- rooms ---- */

static bool is_room(const void *entry, const void *key)
{
    return tuan_rid_equal(((const struct shown_room *)entry)->id, *(const struct tuan_id *)key);
}

static struct shown_room *find_room(const struct shown *shown, struct tuan_id id)
{
    return map_find(&shown->rooms, hash_mix(id.hi, id.lo), is_room, &id);
}

void shown_see_room(struct shown *shown, struct tuan_id id, int64_t version, int64_t now_us)
{
    struct shown_room *room = find_room(shown, id);

    if (room == NULL) {
        room = mem_zalloc(sizeof *room);
        room->id = id;
        map_insert(&shown->rooms, hash_mix(id.hi, id.lo), room);
    }
    if (room->count > 0 && room->showings[room->count - 1].version >= version) return;
    if (room->count == room->room) {
        room->room = room->room == 0 ? 8 : room->room * 2;
        room->showings = mem_realloc(room->showings, room->room * sizeof *room->showings);
    }
    room->showings[room->count++] = (struct showing){now_us, version};
}

int64_t shown_version(const struct shown *shown, struct tuan_id id, int64_t before_us)
{
    const struct shown_room *room = find_room(shown, id);

    for (size_t i = room == NULL ? 0 : room->count; i-- > 0;)
        if (room->showings[i].at_us < before_us) return room->showings[i].version;
    return 0;
}

/* ---- campaigns and orders ---- */

static bool is_name(const void *entry, const void *key)
{
    return strcmp(((const struct shown_name *)entry)->name, key) == 0;
}

static struct shown_name *find_name(const struct shown *shown, const char *name)
{
    return map_find(&shown->names, hash_bytes(name, strlen(name), 0), is_name, name);
}

void shown_see_name(struct shown *shown, const char *name, int64_t now_us)
{
    size_t size = strlen(name) + 1;
    struct shown_name *entry;

    if (find_name(shown, name) != NULL) return;
    entry = mem_alloc(sizeof *entry + size);
    entry->at_us = now_us;
    memcpy(entry->name, name, size);
    map_insert(&shown->names, hash_bytes(name, size - 1, 0), entry);
}

bool shown_has_name(const struct shown *shown, const char *name, int64_t before_us)
{
    const struct shown_name *entry = find_name(shown, name);

    return entry != NULL && entry->at_us < before_us;
}
