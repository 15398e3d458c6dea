/* SPDX-License-Identifier: BSD-2-Clause */
/* Stored records into an engine, more of them than it is given at once, and one damaged among them.
 */
#include "daemon/stored.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "proto/pack.h"

enum { ROOMS = 50 };

struct shelf {
    struct engine *engine;
    struct arena memory;
    struct mirror_record records[ROOMS];
};

static void same_bytes(void *context, void *out, size_t size)
{
    (void)context;
    memset(out, 7, size);
}

static struct tuan_id room_id(size_t i)
{
    return (struct tuan_id){1, (i + 1) << TUAN_PARTITION_BITS};
}

/* One user in all rooms: each batch finds him where the one before left him. */
static void pack_room(struct shelf *shelf, size_t i)
{
    struct tuan_seat_record seat = {0};
    struct tuan_room_record room = {0};
    struct tuan_out out = {.grow = mem_realloc};
    char order[8];

    snprintf(order, sizeof order, "o%zu", i);
    TUAN_SET(seat_record, &seat, user, TUAN_STR("ann"));
    TUAN_SET(seat_record, &seat, order, ((struct tuan_str){order, (uint32_t)strlen(order)}));
    TUAN_SET(seat_record, &seat, state, TUAN_SEAT_PAID);
    TUAN_SET(seat_record, &seat, role, TUAN_ROLE_LEADER);
    TUAN_SET(seat_record, &seat, qty, 1);
    TUAN_SET(room_record, &room, room, room_id(i));
    TUAN_SET(room_record, &room, campaign, TUAN_STR("tea"));
    TUAN_SET(room_record, &room, state, TUAN_ROOM_OPEN);
    TUAN_SET(room_record, &room, size, 3);
    TUAN_SET(room_record, &room, seats, ((struct tuan_list){&seat, 1}));
    tuan_pack_record(&out, &tuan_room_record_message, &room);
    shelf->records[i] =
        (struct mirror_record){.hash = MIRROR_ROOMS, .at = 5, .value = {out.data, out.len}};
}

static int set_up(void **state)
{
    const struct engine_config config = {.hash_seed = 3, .random = same_bytes};
    struct shelf *shelf = mem_zalloc(sizeof *shelf);

    shelf->engine = engine_create(&config);
    engine_load_begin(shelf->engine);
    for (size_t i = 0; i < ROOMS; i++)
        pack_room(shelf, i);
    *state = shelf;
    return 0;
}

static int tear_down(void **state)
{
    struct shelf *shelf = *state;

    for (size_t i = 0; i < ROOMS; i++)
        mem_free((char *)(uintptr_t)shelf->records[i].value.ptr);
    engine_destroy(shelf->engine);
    arena_free(&shelf->memory);
    mem_free(shelf);
    return 0;
}

static size_t rooms_loaded(const struct shelf *shelf)
{
    size_t count = 0;

    for (size_t i = 0; i < ROOMS; i++)
        count += engine_has(shelf->engine, ENGINE_ROOM, room_id(i));
    return count;
}

static void all_records_come_in(void **state)
{
    struct shelf *shelf = *state;

    assert_true(stored_load(shelf->engine, 0, shelf->records, ROOMS, &shelf->memory));
    assert_int_equal(rooms_loaded(shelf), ROOMS);
}

static void one_cut_short_is_damage(void **state)
{
    struct shelf *shelf = *state;

    for (size_t i = 20; i < ROOMS; i += 12) { /* the last ones alone, too */
        shelf->records[i].value.len--;
        assert_false(
            stored_load(shelf->engine, 0, shelf->records + i - 20, ROOMS + 20 - i, &shelf->memory));
        shelf->records[i].value.len++;
    }
    assert_true(rooms_loaded(shelf) >= 20);
}

/* A room of no size: its bytes are well, what they tell is not. */
static void one_that_cannot_be_is_damage(void **state)
{
    struct shelf *shelf = *state;
    struct tuan_room_record room = {0};
    struct tuan_out out = {.grow = mem_realloc};

    TUAN_SET(room_record, &room, room, room_id(37));
    TUAN_SET(room_record, &room, campaign, TUAN_STR("tea"));
    TUAN_SET(room_record, &room, state, TUAN_ROOM_OPEN);
    tuan_pack_record(&out, &tuan_room_record_message, &room);
    mem_free((char *)(uintptr_t)shelf->records[37].value.ptr);
    shelf->records[37].value = (struct mirror_bytes){out.data, out.len};
    assert_false(stored_load(shelf->engine, 0, shelf->records, ROOMS, &shelf->memory));
    assert_int_equal(rooms_loaded(shelf), 37);
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(all_records_come_in),
        ROW(one_cut_short_is_damage),
        ROW(one_that_cannot_be_is_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
