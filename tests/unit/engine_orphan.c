/* SPDX-License-Identifier: BSD-2-Clause */
/* A room takes its refunds with it. A refund that stands in the records without its room is buried
 * by the load:
 * - where a daemon died between the slice with the room's tombstone and the one with a refund's,
 * the log must stay until that is stored (S5): not covered beyond the batch with which its tail
 * began;
 * - where a failover took the snapshot back, S8 can name the room only, and the tail may be gone
 *   when the refund is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"

enum { ACKED = 3, TAIL = 4, DROPPED = 6, FENCE = 9 };

static void no_chance(void *context, void *out, size_t size)
{
    (void)context;
    __builtin_memset(out, 1, size);
}

static void evolve(struct engine *engine, const struct tuan_fact *fact, uint64_t position)
{
    assert_true(engine_evolve(engine, fact, position));
}

static void load_refund(struct engine *engine, struct tuan_id id, struct tuan_id room, uint64_t at)
{
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

    assert_true(engine_load_record(engine, ENGINE_REFUND, &refund, at));
}

/* What is stored next is this refund's tombstone. */
static void expect_tombstone(struct engine *engine, uint64_t first_dirty, uint64_t at)
{
    struct engine_record tombstone;

    assert_true(engine_capture(engine, FENCE + 1, &tombstone));
    assert_int_equal(tombstone.kind, ENGINE_REFUND);
    assert_null(tombstone.body);
    assert_int_equal(tombstone.first_dirty, first_dirty);
    assert_int_equal(tombstone.at, at);
}

static void a_refund_left_by_its_room_keeps_the_tail_of_the_log(void **state)
{
    const struct tuan_id room = {1, 16}, id = {2, 32};
    const struct engine_config config = {.hash_seed = 1, .random = no_chance};
    struct engine *engine = engine_create(&config);
    char key[TUAN_RID_CHARS];
    struct tuan_fact clock = {.type = TUAN_FACT_CLOCK}, put = {.type = TUAN_FACT_CAMPAIGN_PUT},
                     dropped = {.type = TUAN_FACT_ROOM_DROPPED};

    (void)state;
    TUAN_SET(clock_fact, &clock.clock, now, 1000);
    TUAN_SET(campaign_put_fact, &put.campaign_put, campaign, TUAN_STR("c"));
    TUAN_SET(campaign_put_fact, &put.campaign_put, revision, 1);
    TUAN_SET(campaign_put_fact, &put.campaign_put, rules, &tuan_rules_default);
    TUAN_SET(room_dropped_fact, &dropped.room_dropped, campaign, TUAN_STR("c"));
    TUAN_SET(room_dropped_fact, &dropped.room_dropped, room, room);
    tuan_rid_print(room, key);

    engine_load_begin(engine);
    load_refund(engine, id, room, ACKED);
    engine_load_tombstone(engine, ENGINE_ROOM, (struct tuan_str){key, sizeof key}, DROPPED);
    evolve(engine, &clock, TAIL);
    evolve(engine, &put, TAIL + 1);
    evolve(engine, &dropped, DROPPED);
    engine_drain(engine);
    assert_true(engine_load_end(engine, FENCE));
    engine_audit(engine);

    assert_false(engine_has(engine, ENGINE_REFUND, id));
    assert_int_equal(engine_oldest_dirty(engine), TAIL);
    expect_tombstone(engine, TAIL, FENCE);
    engine_destroy(engine);
}

/* Nobody knows when the room went: only that the snapshot covers it, and the load's fence is behind
 * it. The records differ in age: what is dirty stays in order (the audit looks), and is due since a
 * batch, not since the fence: a mark just below that would name no entry of the log. */
static void a_refund_found_without_room_or_tail_is_told_with_the_fence(void **state)
{
    const struct tuan_id room = {1, 16}, ids[] = {{2, 32}, {2, 48}, {2, 64}};
    const struct engine_config config = {.hash_seed = 1, .random = no_chance};
    struct engine *engine = engine_create(&config);
    struct tuan_rules_record revision = {.revision = 1, .rules = &tuan_rules_default};
    struct tuan_campaign_record campaign = {.campaign = TUAN_STR("c"), .revisions = {&revision, 1}};
    size_t count = sizeof ids / sizeof ids[0];

    (void)state;
    engine_load_begin(engine);
    assert_true(engine_load_record(engine, ENGINE_CAMPAIGN, &campaign, DROPPED));
    for (size_t i = 0; i < count; i++)
        load_refund(engine, ids[i], room, ACKED + i);
    assert_true(engine_load_end(engine, FENCE));
    engine_audit(engine);

    for (size_t i = 0; i < count; i++) {
        uint64_t since = engine_oldest_dirty(engine);
        assert_in_range(since, ACKED, ACKED + i);
        assert_false(engine_has(engine, ENGINE_REFUND, ids[i]));
        expect_tombstone(engine, since, FENCE);
    }
    assert_int_equal(engine_oldest_dirty(engine), 0);
    engine_destroy(engine);
}

/* A campaign that was dropped is gone with its rooms; only what may be a debt is damage. */
static void a_refund_found_without_room_and_campaign_is_buried_if_it_is_settled(void **state)
{
    const struct tuan_id room = {1, 16}, none = {0, 0}, id = {2, 32};
    const struct engine_config config = {.hash_seed = 1, .random = no_chance};
    struct engine *engine = engine_create(&config);

    (void)state;
    engine_load_begin(engine);
    load_refund(engine, id, room, ACKED);
    assert_true(engine_load_end(engine, FENCE));
    engine_audit(engine);
    assert_false(engine_has(engine, ENGINE_REFUND, id));
    expect_tombstone(engine, ACKED, FENCE);
    assert_int_equal(engine_oldest_dirty(engine), 0);
    engine_destroy(engine);

    engine = engine_create(&config);
    engine_load_begin(engine);
    load_refund(engine, id, none, ACKED);
    assert_false(engine_load_end(engine, FENCE));
    engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refund_left_by_its_room_keeps_the_tail_of_the_log),
        cmocka_unit_test(a_refund_found_without_room_or_tail_is_told_with_the_fence),
        cmocka_unit_test(a_refund_found_without_room_and_campaign_is_buried_if_it_is_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
