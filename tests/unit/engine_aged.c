/* SPDX-License-Identifier: BSD-2-Clause */
/* Rooms by their age, beside the plain comparison of two. */
#include "engine/aged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"

enum { ROOMS = 20000 };

static struct room rooms[ROOMS];

static bool is_before(const struct aged *a, const struct aged *b)
{
    if (a->at != b->at) return a->at < b->at;
    if (a->room->id.hi != b->room->id.hi) return a->room->id.hi < b->room->id.hi;
    return a->room->id.lo < b->room->id.lo;
}

/* Ids of few bits, so that halves are alike. */
static void assert_sorted(struct rng *rng, size_t count, uint64_t span, int64_t first)
{
    struct aged *aged = mem_alloc((count + 1) * sizeof *aged);

    for (size_t i = 0; i < count; i++) {
        int64_t at = (int64_t)((uint64_t)first + rng_below(rng, span));
        bool is_live = rng_below(rng, 2) == 0;
        rooms[i] = (struct room){.id = {rng_below(rng, 8), i},
                                 .state = is_live ? TUAN_ROOM_OPEN : TUAN_ROOM_FORMED,
                                 .opened_at = is_live ? at : at - 7,
                                 .ended_at = is_live ? 0 : at};
        aged[count - 1 - i] = room_aged(&rooms[i]);
    }
    aged_sort(aged, count);
    for (size_t i = 0; i + 1 < count; i++)
        assert_true(is_before(&aged[i], &aged[i + 1]));
    for (size_t i = 0; i < count; i++) { /* each is there once: its mark is its own */
        assert_int_equal(aged[i].room->seat_count, 0);
        aged[i].room->seat_count = 1;
        assert_int_equal(aged[i].at, room_is_live(aged[i].room) ? aged[i].room->opened_at
                                                                : aged[i].room->ended_at);
    }
    mem_free(aged);
}

static void rooms_come_by_time_then_by_id(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, 11);
    assert_sorted(&rng, ROOMS, 1, 1700000000000);
    assert_sorted(&rng, ROOMS, 100, 1700000000000);
    assert_sorted(&rng, ROOMS, 70000, 1700000000000);
    assert_sorted(&rng, ROOMS, UINT64_C(1) << 36, 1700000000000);
    assert_sorted(&rng, ROOMS, UINT64_MAX / 2, 0);
    assert_sorted(&rng, 2, 3, 0);
    assert_sorted(&rng, 1, 1000, 0);
    assert_sorted(&rng, 0, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rooms_come_by_time_then_by_id)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
