/* SPDX-License-Identifier: BSD-2-Clause */
/* A room takes its refunds with it. Where a daemon died between the slice with the room's tombstone
 * and the one with a refund's, the next load buries the refund, and the log must stay until that is
 * stored (S5): it may not be covered beyond the batch with which its tail began. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"

enum { ACKED = 3, TAIL = 4, DROPPED = 6 };

static void no_chance(void *context, void *out, size_t size)
{
    (void)context;
    __builtin_memset(out, 1, size);
}

static void evolve(struct engine *engine, const struct tuan_fact *fact, uint64_t position)
{
    assert_true(engine_evolve(engine, fact, position));
}

static void a_refund_left_by_its_room_keeps_the_tail_of_the_log(void **state)
{
    const struct tuan_id room = {1, 16}, id = {2, 32};
    const struct engine_config config = {.hash_seed = 1, .random = no_chance};
    struct engine *engine = engine_create(&config);
    char key[TUAN_RID_CHARS];
    struct tuan_refund_record refund = {.refund = id,
                                        .campaign = TUAN_STR("c"),
                                        .room = room,
                                        .n = 1,
                                        .order = TUAN_STR("o"),
                                        .user = TUAN_STR("u"),
                                        .reason = TUAN_REFUND_ROOM_FAILED,
                                        .amount = 9900,
                                        .at = 100,
                                        .acked_at = 200};
    struct tuan_fact clock = {.type = TUAN_FACT_CLOCK}, put = {.type = TUAN_FACT_CAMPAIGN_PUT},
                     dropped = {.type = TUAN_FACT_ROOM_DROPPED};
    struct engine_record tombstone;

    (void)state;
    TUAN_SET(clock_fact, &clock.clock, now, 1000);
    TUAN_SET(campaign_put_fact, &put.campaign_put, campaign, TUAN_STR("c"));
    TUAN_SET(campaign_put_fact, &put.campaign_put, revision, 1);
    TUAN_SET(campaign_put_fact, &put.campaign_put, rules, &tuan_rules_default);
    TUAN_SET(room_dropped_fact, &dropped.room_dropped, campaign, TUAN_STR("c"));
    TUAN_SET(room_dropped_fact, &dropped.room_dropped, room, room);
    tuan_rid_print(room, key);

    engine_load_begin(engine);
    assert_true(engine_load_record(engine, ENGINE_REFUND, &refund, ACKED));
    engine_load_tombstone(engine, ENGINE_ROOM, (struct tuan_str){key, sizeof key}, DROPPED);
    evolve(engine, &clock, TAIL);
    evolve(engine, &put, TAIL + 1);
    evolve(engine, &dropped, DROPPED);
    engine_drain(engine);
    assert_true(engine_load_end(engine));
    engine_audit(engine);

    assert_false(engine_has(engine, ENGINE_REFUND, id));
    assert_int_equal(engine_oldest_dirty(engine), TAIL);
    assert_true(engine_capture(engine, DROPPED + 1, &tombstone));
    assert_int_equal(tombstone.kind, ENGINE_REFUND);
    assert_null(tombstone.body);
    assert_int_equal(tombstone.first_dirty, TAIL);
    assert_int_equal(tombstone.at, DROPPED);
    engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refund_left_by_its_room_keeps_the_tail_of_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
