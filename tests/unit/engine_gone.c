/* SPDX-License-Identifier: BSD-2-Clause */
/* A campaign that was dropped, with what it kept of its users, stays gone in the snapshot: where S8
 * tells again what a failover took back, where a slice is refused, and where the campaign was put
 * anew under its id, or brought back with its rooms, before all that was stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"

enum { PUT = 1, ROLLED = 2, CLEARED = 3, FORGOTTEN = 5, AGAIN = 6, NEXT = 8, FENCE = 9 };

static const struct tuan_id room_id = {1, 16};
static const struct tuan_str name = {"c", 1}, user_name = {"u", 1}, user_field = {"c\0u", 3};

static void no_chance(void *context, void *out, size_t size)
{
    (void)context;
    __builtin_memset(out, 1, size);
}

static struct engine *make_engine(void)
{
    const struct engine_config config = {.hash_seed = 1, .random = no_chance};

    return engine_create(&config);
}

/* ---- facts ---- */

static struct tuan_fact put_fact(void)
{
    struct tuan_fact fact = {.type = TUAN_FACT_CAMPAIGN_PUT};

    TUAN_SET(campaign_put_fact, &fact.campaign_put, campaign, name);
    TUAN_SET(campaign_put_fact, &fact.campaign_put, revision, 1);
    TUAN_SET(campaign_put_fact, &fact.campaign_put, rules, &tuan_rules_default);
    return fact;
}

static struct tuan_fact rolled_up_fact(int64_t opens)
{
    struct tuan_fact fact = {.type = TUAN_FACT_USER_ROLLED_UP};

    TUAN_SET(user_rolled_up_fact, &fact.user_rolled_up, campaign, name);
    TUAN_SET(user_rolled_up_fact, &fact.user_rolled_up, user, user_name);
    TUAN_SET(user_rolled_up_fact, &fact.user_rolled_up, opens, opens);
    return fact;
}

static struct tuan_fact forgotten_fact(void)
{
    struct tuan_fact fact = {.type = TUAN_FACT_CAMPAIGN_FORGOTTEN};

    TUAN_SET(campaign_forgotten_fact, &fact.campaign_forgotten, campaign, name);
    return fact;
}

static struct tuan_fact opened_fact(struct tuan_id room)
{
    struct tuan_fact fact = {.type = TUAN_FACT_ROOM_OPENED};

    TUAN_SET(room_opened_fact, &fact.room_opened, campaign, name);
    TUAN_SET(room_opened_fact, &fact.room_opened, room, room);
    TUAN_SET(room_opened_fact, &fact.room_opened, revision, 1);
    TUAN_SET(room_opened_fact, &fact.room_opened, state, TUAN_ROOM_OPEN);
    TUAN_SET(room_opened_fact, &fact.room_opened, size, 2);
    TUAN_SET(room_opened_fact, &fact.room_opened, deadline, 9000);
    return fact;
}

static struct tuan_fact held_fact(struct tuan_id room)
{
    struct tuan_fact fact = {.type = TUAN_FACT_SEAT_HELD};

    TUAN_SET(seat_held_fact, &fact.seat_held, campaign, name);
    TUAN_SET(seat_held_fact, &fact.seat_held, room, room);
    TUAN_SET(seat_held_fact, &fact.seat_held, n, 1);
    TUAN_SET(seat_held_fact, &fact.seat_held, user, user_name);
    TUAN_SET(seat_held_fact, &fact.seat_held, order, TUAN_STR("o"));
    TUAN_SET(seat_held_fact, &fact.seat_held, qty, 1);
    TUAN_SET(seat_held_fact, &fact.seat_held, quota, 1);
    TUAN_SET(seat_held_fact, &fact.seat_held, role, TUAN_ROLE_LEADER);
    TUAN_SET(seat_held_fact, &fact.seat_held, hold_until, 5000);
    TUAN_SET(seat_held_fact, &fact.seat_held, release_at, 6000);
    return fact;
}

static struct tuan_fact dropped_fact(void)
{
    struct tuan_fact fact = {.type = TUAN_FACT_ROOM_DROPPED};

    TUAN_SET(room_dropped_fact, &fact.room_dropped, campaign, name);
    TUAN_SET(room_dropped_fact, &fact.room_dropped, room, room_id);
    return fact;
}

/* What CAMPAIGN.LOAD brings: the campaign, and a room of it that has failed. */
static const struct tuan_rules_record rules_record = {.revision = 1, .rules = &tuan_rules_default};
static const struct tuan_campaign_record campaign_record = {.campaign = {"c", 1},
                                                            .revisions = {&rules_record, 1}};
static const struct tuan_seat_record seat_record = {.user = {"u", 1},
                                                    .order = {"o", 1},
                                                    .state = TUAN_SEAT_RELEASED,
                                                    .role = TUAN_ROLE_LEADER,
                                                    .released = TUAN_RELEASE_EXPIRED,
                                                    .qty = 1};
static const struct tuan_room_record room_record = {.room = {1, 16},
                                                    .campaign = {"c", 1},
                                                    .revision = 1,
                                                    .state = TUAN_ROOM_FAILED,
                                                    .ended_at = 1,
                                                    .reason = TUAN_REASON_DEADLINE,
                                                    .size = 2,
                                                    .version = 3,
                                                    .seats = {&seat_record, 1}};

static struct tuan_fact campaign_restored_fact(void)
{
    struct tuan_fact fact = {.type = TUAN_FACT_RECORD_RESTORED};

    TUAN_SET(record_restored_fact, &fact.record_restored, campaign, name);
    TUAN_SET(record_restored_fact, &fact.record_restored, campaigns,
             ((struct tuan_list){&campaign_record, 1}));
    return fact;
}

static struct tuan_fact room_restored_fact(void)
{
    struct tuan_fact fact = {.type = TUAN_FACT_RECORD_RESTORED};

    TUAN_SET(record_restored_fact, &fact.record_restored, campaign, name);
    TUAN_SET(record_restored_fact, &fact.record_restored, room, room_id);
    TUAN_SET(record_restored_fact, &fact.record_restored, rooms,
             ((struct tuan_list){&room_record, 1}));
    return fact;
}

static void evolve(struct engine *engine, struct tuan_fact fact, uint64_t position)
{
    assert_true(engine_evolve(engine, &fact, position));
    engine_drain(engine);
}

/* ---- what is stored next ---- */

static void expect(struct engine *engine, enum engine_kind kind, struct tuan_str key, uint64_t at,
                   uint64_t first_dirty, bool is_tombstone)
{
    struct engine_record record;

    assert_true(engine_capture(engine, UINT64_MAX, &record));
    assert_int_equal(record.kind, kind);
    assert_true(tuan_str_equal(record.key, key));
    assert_int_equal(record.at, at);
    assert_int_equal(record.first_dirty, first_dirty);
    assert_int_equal(record.body == NULL, is_tombstone);
}

static void expect_room(struct engine *engine, uint64_t at, uint64_t first_dirty, bool is_tombstone)
{
    char key[TUAN_RID_CHARS];

    tuan_rid_print(room_id, key);
    expect(engine, ENGINE_ROOM, (struct tuan_str){key, sizeof key}, at, first_dirty, is_tombstone);
}

static void expect_no_more(struct engine *engine)
{
    assert_int_equal(engine_oldest_dirty(engine), 0);
    engine_audit(engine);
    engine_destroy(engine);
}

static void expect_not_restored(void *context, enum engine_kind kind, const void *body)
{
    (void)context;
    assert_int_equal(kind, ENGINE_CAMPAIGN);
    assert_int_equal(((const struct tuan_campaign_record *)body)->restored, 0);
}

static void store_all(struct engine *engine)
{
    struct engine_record record;

    while (engine_capture(engine, UINT64_MAX, &record))
        continue;
}

/* ---- claims ---- */

static void what_was_dropped_is_told_again_after_a_failover(void **state)
{
    const struct tuan_fact facts[] = {put_fact(), rolled_up_fact(1), rolled_up_fact(0),
                                      forgotten_fact()};
    const uint64_t positions[] = {PUT, ROLLED, CLEARED, FORGOTTEN};
    struct engine *engine = make_engine();

    (void)state;
    for (size_t i = 0; i < 4; i++)
        evolve(engine, facts[i], positions[i]);
    engine_set_position(engine, NEXT);
    store_all(engine);

    for (size_t i = 0; i < 4; i++)
        engine_mark_dirty(engine, &facts[i], positions[i]);
    expect(engine, ENGINE_CAMPAIGN, name, NEXT - 1, PUT, true);
    expect(engine, ENGINE_USER, user_field, NEXT - 1, ROLLED, true);
    expect_no_more(engine);
}

/* The tombstone is older than the batch that puts the campaign, or a load would skip that. */
static void a_campaign_put_anew_comes_after_the_one_that_a_failover_brought_back(void **state)
{
    const struct tuan_fact put = put_fact(), forgotten = forgotten_fact();
    struct engine *engine = make_engine();

    (void)state;
    evolve(engine, put, PUT);
    evolve(engine, forgotten, FORGOTTEN);
    evolve(engine, put, AGAIN);
    engine_set_position(engine, NEXT);
    store_all(engine);

    engine_mark_dirty(engine, &put, PUT);
    engine_mark_dirty(engine, &forgotten, FORGOTTEN);
    engine_mark_dirty(engine, &put, AGAIN);
    expect(engine, ENGINE_CAMPAIGN, name, AGAIN - 1, PUT, true);
    expect(engine, ENGINE_CAMPAIGN, name, AGAIN, AGAIN, false);
    expect_no_more(engine);
}

/* A daemon that was started since has the new campaign from its record, which does not tell when it
 * was put. Stored since the old one's facts, it would take the place of the tombstone that these
 * need, before the old one's room has its own. */
static void a_loaded_campaign_comes_after_the_one_that_a_failover_brought_back(void **state)
{
    const struct tuan_fact put = put_fact(), dropped = dropped_fact(), forgotten = forgotten_fact();
    struct engine *engine = make_engine();

    (void)state;
    engine_load_begin(engine);
    assert_true(engine_load_record(engine, ENGINE_CAMPAIGN, &campaign_record, AGAIN));
    assert_true(engine_load_end(engine, NEXT));

    engine_mark_dirty(engine, &put, PUT);
    engine_mark_dirty(engine, &dropped, CLEARED);
    engine_mark_dirty(engine, &forgotten, FORGOTTEN);
    engine_mark_dirty(engine, &put, AGAIN);
    expect(engine, ENGINE_CAMPAIGN, name, FORGOTTEN, PUT, true);
    expect_room(engine, NEXT - 1, CLEARED, true);
    expect(engine, ENGINE_CAMPAIGN, name, AGAIN, AGAIN, false);
    expect_no_more(engine);
}

/* A slice held the campaign as it was before. Were the new one in its place, the tombstone in
 * between would be stored over it. */
static void a_refused_slice_leaves_a_campaign_put_anew_behind_its_tombstone(void **state)
{
    struct engine *engine = make_engine();

    (void)state;
    evolve(engine, put_fact(), PUT);
    expect(engine, ENGINE_CAMPAIGN, name, PUT, PUT, false);
    evolve(engine, forgotten_fact(), FORGOTTEN);
    evolve(engine, put_fact(), AGAIN);
    engine_recapture(engine, ENGINE_CAMPAIGN, name, PUT, PUT, false);

    expect(engine, ENGINE_CAMPAIGN, name, AGAIN - 1, PUT, true);
    expect(engine, ENGINE_CAMPAIGN, name, FORGOTTEN, FORGOTTEN, true);
    expect(engine, ENGINE_CAMPAIGN, name, AGAIN, AGAIN, false);
    expect_no_more(engine);
}

/* A daemon died when the campaign's tombstone was stored and the user's was not. */
static void what_is_left_of_a_user_does_not_count_in_the_campaign_put_anew(void **state)
{
    const struct tuan_user_record user = {.campaign = name, .user = user_name, .opens = 1};
    struct engine *engine = make_engine();

    (void)state;
    engine_load_begin(engine);
    engine_load_tombstone(engine, ENGINE_CAMPAIGN, name, FORGOTTEN);
    assert_true(engine_load_record(engine, ENGINE_USER, &user, ROLLED));
    evolve(engine, put_fact(), AGAIN);
    evolve(engine, opened_fact(room_id), AGAIN);
    evolve(engine, held_fact(room_id), AGAIN);
    assert_true(engine_load_end(engine, FENCE));
    engine_audit(engine);

    assert_true(engine_has(engine, ENGINE_ROOM, room_id));
    expect(engine, ENGINE_USER, user_field, FENCE, AGAIN, true);
    store_all(engine);
    expect_no_more(engine);
}

/* A daemon died when the campaign's tombstone was stored and its room's was not; the campaign that
 * was put since is dropped in the tail, too. */
static void what_two_campaigns_of_one_id_left_goes_with_both(void **state)
{
    const struct tuan_user_record user = {.campaign = name, .user = user_name, .opens = 1};
    struct engine *engine = make_engine();

    (void)state;
    engine_load_begin(engine);
    engine_load_tombstone(engine, ENGINE_CAMPAIGN, name, FORGOTTEN);
    assert_true(engine_load_record(engine, ENGINE_ROOM, &room_record, CLEARED));
    assert_true(engine_load_record(engine, ENGINE_USER, &user, ROLLED));
    evolve(engine, put_fact(), AGAIN);
    evolve(engine, forgotten_fact(), AGAIN + 1);
    evolve(engine, put_fact(), NEXT);
    assert_true(engine_load_end(engine, FENCE));
    engine_audit(engine);

    assert_false(engine_has(engine, ENGINE_ROOM, room_id));
    expect(engine, ENGINE_USER, user_field, FENCE, AGAIN, true);
    store_all(engine);
    expect_no_more(engine);
}

/* Tells again how the room went, and came back: what it was has tombstones of the position `gone`.
 */
static void expect_room_behind_what_it_was(struct engine *engine, uint64_t gone)
{
    const struct tuan_fact dropped = dropped_fact(), forgotten = forgotten_fact(),
                           back = campaign_restored_fact(), room_back = room_restored_fact();

    engine_mark_dirty(engine, &dropped, CLEARED);
    engine_mark_dirty(engine, &forgotten, FORGOTTEN);
    engine_mark_dirty(engine, &back, AGAIN);
    engine_mark_dirty(engine, &room_back, AGAIN);
    expect(engine, ENGINE_CAMPAIGN, name, gone, CLEARED, true);
    expect_room(engine, gone, CLEARED, true);
    expect(engine, ENGINE_CAMPAIGN, name, AGAIN, AGAIN, false);
    expect_room(engine, AGAIN, AGAIN, false);
    expect_no_more(engine);
}

/* What its facts of before made is gone where it was: in its place, the room as it came back would
 * be stored under a campaign that is to be forgotten yet, or be followed by its own old tombstone.
 */
static void a_room_that_comes_back_comes_after_what_it_was(void **state)
{
    struct engine *engine = make_engine();

    (void)state;
    evolve(engine, put_fact(), PUT);
    evolve(engine, room_restored_fact(), ROLLED);
    evolve(engine, dropped_fact(), CLEARED);
    evolve(engine, forgotten_fact(), FORGOTTEN);
    evolve(engine, campaign_restored_fact(), AGAIN);
    evolve(engine, room_restored_fact(), AGAIN);
    engine_set_position(engine, NEXT);
    store_all(engine);

    expect_room_behind_what_it_was(engine, AGAIN - 1);
}

static void a_loaded_room_that_came_back_comes_after_what_it_was(void **state)
{
    struct engine *engine = make_engine();

    (void)state;
    engine_load_begin(engine);
    assert_true(engine_load_record(engine, ENGINE_CAMPAIGN, &campaign_record, AGAIN));
    assert_true(engine_load_record(engine, ENGINE_ROOM, &room_record, AGAIN));
    assert_true(engine_load_end(engine, NEXT));

    expect_room_behind_what_it_was(engine, FORGOTTEN);
}

/* A slice held the room as it was before it went. */
static void a_refused_slice_leaves_a_room_that_came_back_behind_its_tombstone(void **state)
{
    struct engine *engine = make_engine();
    char key[TUAN_RID_CHARS];

    (void)state;
    tuan_rid_print(room_id, key);
    evolve(engine, put_fact(), PUT);
    evolve(engine, room_restored_fact(), ROLLED);
    store_all(engine);
    evolve(engine, dropped_fact(), CLEARED);
    evolve(engine, forgotten_fact(), FORGOTTEN);
    evolve(engine, campaign_restored_fact(), AGAIN);
    evolve(engine, room_restored_fact(), AGAIN);
    engine_recapture(engine, ENGINE_ROOM, (struct tuan_str){key, sizeof key}, ROLLED, ROLLED,
                     false);

    expect_room(engine, AGAIN - 1, ROLLED, true);
    expect(engine, ENGINE_CAMPAIGN, name, FORGOTTEN, CLEARED, true);
    expect_room(engine, CLEARED, CLEARED, true);
    expect(engine, ENGINE_CAMPAIGN, name, AGAIN, AGAIN, false);
    expect_room(engine, AGAIN, AGAIN, false);
    expect_no_more(engine);
}

/* A daemon died when the campaign's tombstone was stored, and the room's of before was not. */
static void a_room_that_came_back_is_loaded_over_what_is_left_of_it(void **state)
{
    struct engine *engine = make_engine();

    (void)state;
    engine_load_begin(engine);
    engine_load_tombstone(engine, ENGINE_CAMPAIGN, name, FORGOTTEN);
    assert_true(engine_load_record(engine, ENGINE_ROOM, &room_record, ROLLED));
    evolve(engine, dropped_fact(), FORGOTTEN);
    evolve(engine, forgotten_fact(), FORGOTTEN);
    evolve(engine, campaign_restored_fact(), AGAIN);
    evolve(engine, room_restored_fact(), AGAIN);
    assert_true(engine_load_end(engine, FENCE));

    assert_true(engine_has(engine, ENGINE_ROOM, room_id));
    store_all(engine);
    expect_no_more(engine);
}

/* A room's refunds go with it, and no fact names them. */
static void what_a_room_owed_before_does_not_come_back_with_it(void **state)
{
    const struct tuan_id refund_id = {2, 16};
    const struct tuan_refund_record refund = {.refund = refund_id,
                                              .campaign = name,
                                              .room = room_id,
                                              .n = 1,
                                              .order = TUAN_STR("o"),
                                              .user = user_name,
                                              .reason = TUAN_REFUND_LATE,
                                              .at = 1,
                                              .acked_at = 1};
    struct tuan_campaign_record restored = campaign_record;

    (void)state;
    restored.restored = AGAIN;
    for (int tells = 0; tells < 2; tells++) { /* the campaign's tombstone, or its record */
        struct engine *engine = make_engine();
        engine_load_begin(engine);
        if (tells == 0)
            engine_load_tombstone(engine, ENGINE_CAMPAIGN, name, FORGOTTEN);
        else
            assert_true(engine_load_record(engine, ENGINE_CAMPAIGN, &restored, AGAIN));
        assert_true(engine_load_record(engine, ENGINE_ROOM, &room_record, AGAIN));
        assert_true(engine_load_record(engine, ENGINE_REFUND, &refund, ROLLED));
        if (tells == 0) evolve(engine, campaign_restored_fact(), AGAIN);
        assert_true(engine_load_end(engine, FENCE));

        assert_true(engine_has(engine, ENGINE_ROOM, room_id));
        assert_false(engine_has(engine, ENGINE_REFUND, refund_id));
        store_all(engine);
        expect_no_more(engine);
    }
}

/* It is a position of this log. */
static void when_a_campaign_came_back_is_stored_and_not_dumped(void **state)
{
    struct tuan_campaign_record damaged = campaign_record;
    struct engine *engine = make_engine();
    struct engine_record record;

    (void)state;
    evolve(engine, campaign_restored_fact(), AGAIN);
    assert_true(engine_dump(engine, name, expect_not_restored, NULL));
    assert_true(engine_capture(engine, UINT64_MAX, &record));
    assert_int_equal(((const struct tuan_campaign_record *)record.body)->restored, AGAIN);
    expect_no_more(engine);

    engine = make_engine();
    engine_load_begin(engine);
    for (damaged.restored = -1; damaged.restored < 10; damaged.restored += NEXT + 1)
        assert_false(engine_load_record(engine, ENGINE_CAMPAIGN, &damaged, AGAIN));
    engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_dropped_is_told_again_after_a_failover),
        cmocka_unit_test(a_campaign_put_anew_comes_after_the_one_that_a_failover_brought_back),
        cmocka_unit_test(a_loaded_campaign_comes_after_the_one_that_a_failover_brought_back),
        cmocka_unit_test(a_refused_slice_leaves_a_campaign_put_anew_behind_its_tombstone),
        cmocka_unit_test(a_room_that_comes_back_comes_after_what_it_was),
        cmocka_unit_test(a_loaded_room_that_came_back_comes_after_what_it_was),
        cmocka_unit_test(a_refused_slice_leaves_a_room_that_came_back_behind_its_tombstone),
        cmocka_unit_test(a_room_that_came_back_is_loaded_over_what_is_left_of_it),
        cmocka_unit_test(what_a_room_owed_before_does_not_come_back_with_it),
        cmocka_unit_test(when_a_campaign_came_back_is_stored_and_not_dumped),
        cmocka_unit_test(what_two_campaigns_of_one_id_left_goes_with_both),
        cmocka_unit_test(what_is_left_of_a_user_does_not_count_in_the_campaign_put_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
