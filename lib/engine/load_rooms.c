/* SPDX-License-Identifier: BSD-2-Clause */
/* load_rooms.c - all rooms at once, oldest first, so that each goes to the end of the lists and
 * trees it belongs to: live ones by their opening, the others by their end.
 *
 * A million of them stand anywhere in memory, seen in this order, and each look at one would wait
 * for it. So what the next ones will be read from is asked for ahead, step by step: a room, where
 * its seats are, its seats, and what they are found by.
 */
#include "engine/load_rooms.h"

#include <assert.h>

#include "base/mem.h"
#include "engine/aged.h"
#include "engine/evolve.h"
#include "engine/load_record.h"

enum {
    CACHE_LINE = 64,
    STEP = 6,      /* rooms between two steps of asking ahead */
    SEATS_MAX = 8, /* of a room are asked for ahead */
};

/* ---- asking ahead ---- */

static void fetch(const void *object, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += CACHE_LINE)
        __builtin_prefetch((const char *)object + at);
}

static uint32_t seats_ahead(const struct room *room)
{
    return room->seat_count < SEATS_MAX ? room->seat_count : SEATS_MAX;
}

static void fetch_seats(const struct room *room)
{
    for (uint32_t i = 0; i < seats_ahead(room); i++)
        fetch(room->seats[i], sizeof(struct seat));
}

static void fetch_indexes(const struct engine *e, const struct room *room)
{
    for (uint32_t i = 0; i < seats_ahead(room); i++) {
        const struct seat *seat = room->seats[i];
        map_prefetch(&e->members, name_hash(e, room->campaign, seat_user(seat)));
        map_prefetch(&e->orders, name_hash(e, room->campaign, seat_order(seat)));
    }
}

/* One step for each of four rooms to come. */
static void fetch_ahead(const struct engine *e, const struct aged *rooms, size_t left)
{
    if (left > 4 * STEP) fetch(rooms[4 * STEP].room, sizeof(struct room));
    if (left > 3 * STEP)
        fetch(rooms[3 * STEP].room->seats, seats_ahead(rooms[3 * STEP].room) * sizeof(void *));
    if (left > 2 * STEP) fetch_seats(rooms[2 * STEP].room);
    if (left > STEP) fetch_indexes(e, rooms[STEP].room);
}

/* ---- the order ---- */

static bool find_ages(struct engine *e, struct aged *rooms)
{
    size_t count = 0;
    struct room *room;

    for (size_t cursor = 0; (room = map_next(&e->rooms, &cursor)) != NULL; count++)
        rooms[count].room = room;
    assert(count == map_count(&e->rooms));
    for (size_t at = 0; at < count; at++) {
        if (at + STEP < count) fetch(rooms[at + STEP].room, sizeof *room);
        room = rooms[at].room;
        if (!room_resolve_rules(room)) return misfit(e, "a room of rules that are not there");
        rooms[at] = room_aged(room);
    }
    aged_sort(rooms, count);
    return true;
}

static bool index_seats(struct engine *e, const struct room *room)
{
    for (uint32_t i = 0; i < room->seat_count; i++) {
        struct seat *seat = room->seats[i];
        if (!seat->is_forgotten && seat_find(e, room->campaign, seat_order(seat)) != NULL)
            return misfit(e, "two seats of one order");
        seat_index(e, seat, seat_order(seat), seat_user(seat));
    }
    if (room->leader < 1 || room->leader > room->seat_count)
        return misfit(e, "a room that nobody leads");
    return true;
}

static bool index_rooms(struct engine *e, const struct aged *rooms, size_t count)
{
    map_reserve(&e->orders, (size_t)e->seat_count);
    if (map_count(&e->members) == 0) map_reserve(&e->members, (size_t)e->seat_count);
    for (size_t at = 0; at < count; at++) {
        fetch_ahead(e, rooms + at, count - at);
        if (!index_seats(e, rooms[at].room)) return false;
        room_index(e, rooms[at].room);
    }
    return true;
}

bool load_rooms_in_order(struct engine *e)
{
    size_t count = map_count(&e->rooms);
    struct aged *rooms = mem_alloc(count * sizeof *rooms);
    bool is_whole = find_ages(e, rooms) && index_rooms(e, rooms, count);

    mem_free(rooms);
    return is_whole;
}
