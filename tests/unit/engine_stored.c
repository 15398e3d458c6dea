/* SPDX-License-Identifier: BSD-2-Clause */
/* What a load refuses, since the engine could not go on with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"

enum { STORED = 3, FENCE = 9 };

static void no_chance(void *context, void *out, size_t size)
{
    (void)context;
    __builtin_memset(out, 1, size);
}

static struct engine *begin_load(void)
{
    const struct engine_config config = {.hash_seed = 1, .random = no_chance};
    struct engine *engine = engine_create(&config);

    engine_load_begin(engine);
    return engine;
}

static void the_log_has_no_time_beyond_the_latest(void **state)
{
    struct tuan_fact fact = {.type = TUAN_FACT_CLOCK};
    struct engine *engine = begin_load();

    (void)state;
    TUAN_SET(clock_fact, &fact.clock, now, ENGINE_TIME_MAX + 1);
    assert_false(engine_evolve(engine, &fact, STORED));
    TUAN_SET(clock_fact, &fact.clock, now, ENGINE_TIME_MAX);
    assert_true(engine_evolve(engine, &fact, STORED));
    engine_destroy(engine);
}

static bool load_acked_at(int64_t acked_at)
{
    const struct tuan_refund_record refund = {.refund = {1, 16},
                                              .campaign = TUAN_STR("tea"),
                                              .order = TUAN_STR("o"),
                                              .payment = TUAN_STR("p"),
                                              .reason = TUAN_REFUND_UNMATCHED,
                                              .amount = 100,
                                              .at = 1,
                                              .acked_at = acked_at,
                                              .forget_at = acked_at};
    struct tuan_fact put = {.type = TUAN_FACT_CAMPAIGN_PUT};
    struct engine *engine = begin_load();

    assert_true(engine_load_record(engine, ENGINE_REFUND, &refund, STORED));
    TUAN_SET(campaign_put_fact, &put.campaign_put, campaign, TUAN_STR("tea"));
    TUAN_SET(campaign_put_fact, &put.campaign_put, revision, 1);
    TUAN_SET(campaign_put_fact, &put.campaign_put, rules, &tuan_rules_default);
    assert_true(engine_evolve(engine, &put, STORED));
    bool is_whole = engine_load_end(engine, FENCE);
    engine_destroy(engine);
    return is_whole;
}

static void records_have_no_time_beyond_the_latest(void **state)
{
    (void)state;
    assert_true(load_acked_at(ENGINE_TIME_MAX));
    assert_false(load_acked_at(ENGINE_TIME_MAX + 1));
}

/* A room with one seat, and then the fact that the room has ended. */
static bool load_end(enum tuan_fact_type type, enum tuan_seat_state state)
{
    const struct tuan_id room = {1, 16};
    struct tuan_rules_record revision = {.revision = 1, .rules = &tuan_rules_default};
    const struct tuan_campaign_record campaign = {
        .campaign = TUAN_STR("tea"), .revisions = {&revision, 1}, .rooms_opened = 1};
    struct tuan_seat_record seat = {.order = TUAN_STR("o"),
                                    .user = TUAN_STR("u"),
                                    .state = state,
                                    .role = TUAN_ROLE_LEADER,
                                    .opened = 1,
                                    .qty = 1,
                                    .joined_at = 1};
    const struct tuan_room_record stored = {.campaign = TUAN_STR("tea"),
                                            .room = room,
                                            .revision = 1,
                                            .state = TUAN_ROOM_OPEN,
                                            .size = 2,
                                            .version = 2,
                                            .opened_at = 1,
                                            .deadline = 2000,
                                            .seats = {&seat, 1}};
    struct tuan_fact now = {.type = TUAN_FACT_CLOCK}, end = {.type = type};
    struct engine *engine = begin_load();

    TUAN_SET(clock_fact, &now.clock, now, 1500);
    if (state == TUAN_SEAT_HELD) {
        TUAN_SET(seat_record, &seat, hold_until, 1000);
        TUAN_SET(seat_record, &seat, release_at, 1100);
    }
    if (state == TUAN_SEAT_PAID) TUAN_SET(seat_record, &seat, paid_at, 2);
    if (state == TUAN_SEAT_RELEASED) TUAN_SET(seat_record, &seat, released, TUAN_RELEASE_EXPIRED);
    if (type == TUAN_FACT_ROOM_FAILED) {
        TUAN_SET(room_failed_fact, &end.room_failed, campaign, TUAN_STR("tea"));
        TUAN_SET(room_failed_fact, &end.room_failed, room, room);
        TUAN_SET(room_failed_fact, &end.room_failed, reason, TUAN_REASON_DEADLINE);
    } else {
        TUAN_SET(room_formed_fact, &end.room_formed, campaign, TUAN_STR("tea"));
        TUAN_SET(room_formed_fact, &end.room_formed, room, room);
        TUAN_SET(room_formed_fact, &end.room_formed, reason, TUAN_REASON_FORCED);
    }
    assert_true(engine_load_record(engine, ENGINE_CAMPAIGN, &campaign, STORED));
    assert_true(engine_load_record(engine, ENGINE_ROOM, &stored, STORED));
    assert_true(engine_evolve(engine, &now, STORED + 1));
    bool is_good = engine_evolve(engine, &end, STORED + 1);
    if (is_good) assert_true(engine_load_end(engine, FENCE));
    if (is_good) engine_audit(engine);
    engine_destroy(engine);
    return is_good;
}

static void who_holds_a_seat_is_let_go_before_the_room_ends(void **state)
{
    (void)state;
    assert_true(load_end(TUAN_FACT_ROOM_FORMED, TUAN_SEAT_PAID));
    assert_true(load_end(TUAN_FACT_ROOM_FAILED, TUAN_SEAT_RELEASED));
    assert_false(load_end(TUAN_FACT_ROOM_FORMED, TUAN_SEAT_HELD));
    assert_false(load_end(TUAN_FACT_ROOM_FAILED, TUAN_SEAT_HELD));
}

/* Records come in any order. */
static void refunds_of_one_moment_stand_in_the_order_of_their_seats_and_ids(void **state)
{
    enum { SEATS = 3, REFUNDS = 5 };
    static const char *const orders[SEATS] = {"o1", "o2", "o3"};
    static const struct {
        uint32_t n, id;
    } stored[REFUNDS] = {{3, 5}, {1, 1}, {2, 4}, {2, 2}, {2, 3}};
    const struct tuan_id room = {1, 16};
    struct tuan_rules_record revision = {.revision = 1, .rules = &tuan_rules_default};
    const struct tuan_campaign_record campaign = {.campaign = TUAN_STR("tea"),
                                                  .revisions = {&revision, 1},
                                                  .rooms_opened = 1,
                                                  .rooms_failed = 1,
                                                  .failed_deadline = 1,
                                                  .refunds_due = REFUNDS};
    struct tuan_seat_record seats[SEATS];
    const struct tuan_room_record failed = {.campaign = TUAN_STR("tea"),
                                            .room = room,
                                            .revision = 1,
                                            .state = TUAN_ROOM_FAILED,
                                            .reason = TUAN_REASON_DEADLINE,
                                            .size = SEATS + 1,
                                            .version = 12,
                                            .opened_at = 1,
                                            .ended_at = 9,
                                            .seats = {seats, SEATS}};
    struct tuan_command history = {.id = TUAN_CMD_ROOM_HISTORY, .arg = {.room = room}};
    struct engine *engine = begin_load();
    struct engine_answer answer;

    (void)state;
    assert_true(engine_load_record(engine, ENGINE_CAMPAIGN, &campaign, STORED));
    for (int i = 0; i < SEATS; i++) {
        struct tuan_str order = {orders[i], 2};
        seats[i] = (struct tuan_seat_record){.order = order,
                                             .user = order,
                                             .state = TUAN_SEAT_REFUND_DUE,
                                             .role = i == 0 ? TUAN_ROLE_LEADER : TUAN_ROLE_MEMBER,
                                             .opened = i == 0,
                                             .qty = 1,
                                             .joined_at = 1};
        TUAN_SET(seat_record, &seats[i], paid_at, 2);
    }
    for (int i = 0; i < REFUNDS; i++) {
        struct tuan_refund_record refund = {.refund = {2, 16 * stored[i].id},
                                            .campaign = TUAN_STR("tea"),
                                            .room = room,
                                            .n = stored[i].n,
                                            .order = {orders[stored[i].n - 1], 2},
                                            .reason = TUAN_REFUND_ROOM_FAILED,
                                            .at = 9};
        assert_true(engine_load_record(engine, ENGINE_REFUND, &refund, STORED));
    }
    assert_true(engine_load_record(engine, ENGINE_ROOM, &failed, STORED));
    assert_true(engine_load_end(engine, FENCE));
    engine_audit(engine);
    engine_apply(engine, &history, 10, &answer);
    assert_int_equal(answer.reply.err, TUAN_OK);
    const struct tuan_history *told = answer.reply.body;
    const struct tuan_life *events = told->events.items;
    uint64_t id = 0; /* they rise with the seats */
    for (uint32_t i = 0; i < told->events.count; i++)
        if (events[i].event == TUAN_LIFE_REFUND_DUE)
            assert_int_equal(events[i].refund.lo, 16 * ++id);
    assert_int_equal(id, REFUNDS);
    engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_has_no_time_beyond_the_latest),
        cmocka_unit_test(records_have_no_time_beyond_the_latest),
        cmocka_unit_test(who_holds_a_seat_is_let_go_before_the_room_ends),
        cmocka_unit_test(refunds_of_one_moment_stand_in_the_order_of_their_seats_and_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
