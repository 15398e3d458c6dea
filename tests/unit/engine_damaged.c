/* SPDX-License-Identifier: BSD-2-Clause */
/* What no engine can have stored is refused when it is loaded, with a reason: an engine that took
 * it would stop at some assertion later, and again after each restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"

enum { STORED = 3, FENCE = 9 };

/* A campaign with one room of two that failed: who opened it is owed his money, the other one left.
 * Each claim damages one thing of it. */
struct shop {
    struct tuan_rules rules;
    struct tuan_rules_record revision;
    struct tuan_campaign_record campaign;
    struct tuan_seat_record seats[2];
    struct tuan_lead_record lead;
    struct tuan_room_record room;
    struct tuan_refund_record refund;
};

static void make_shop(struct shop *shop)
{
    const struct tuan_id room = {1, 16}, refund = {2, 16};

    *shop = (struct shop){.rules = tuan_rules_default};
    shop->revision = (struct tuan_rules_record){.revision = 1, .rules = &shop->rules};
    shop->campaign = (struct tuan_campaign_record){.campaign = TUAN_STR("tea"),
                                                   .revisions = {&shop->revision, 1},
                                                   .rooms_opened = 1,
                                                   .rooms_failed = 1,
                                                   .failed_dissolved = 1,
                                                   .seats_held = 2,
                                                   .seats_paid = 1,
                                                   .seats_released = 1,
                                                   .refunds_due = 1};
    shop->seats[0] = (struct tuan_seat_record){.user = TUAN_STR("u1"),
                                               .order = TUAN_STR("o1"),
                                               .state = TUAN_SEAT_REFUND_DUE,
                                               .role = TUAN_ROLE_LEADER,
                                               .opened = 1,
                                               .joined_at = 1000,
                                               .qty = 1};
    TUAN_SET(seat_record, &shop->seats[0], paid_at, 1500);
    shop->seats[1] = (struct tuan_seat_record){.user = TUAN_STR("u2"),
                                               .order = TUAN_STR("o2"),
                                               .state = TUAN_SEAT_RELEASED,
                                               .role = TUAN_ROLE_MEMBER,
                                               .released = TUAN_RELEASE_CANCELLED,
                                               .joined_at = 2000,
                                               .ended_at = 2500,
                                               .qty = 1};
    shop->lead = (struct tuan_lead_record){.at = 2400, .n = 1};
    shop->room = (struct tuan_room_record){.room = room,
                                           .campaign = TUAN_STR("tea"),
                                           .revision = 1,
                                           .state = TUAN_ROOM_FAILED,
                                           .reason = TUAN_REASON_DISSOLVED,
                                           .size = 2,
                                           .version = 6,
                                           .opened_at = 1000,
                                           .deadline = 9000,
                                           .ended_at = 3000,
                                           .seats = {shop->seats, 2},
                                           .leads = {&shop->lead, 1}};
    shop->refund = (struct tuan_refund_record){.refund = refund,
                                               .campaign = TUAN_STR("tea"),
                                               .room = room,
                                               .n = 1,
                                               .order = TUAN_STR("o1"),
                                               .user = TUAN_STR("u1"),
                                               .reason = TUAN_REFUND_ROOM_FAILED,
                                               .amount = 100,
                                               .paid_at = 1500,
                                               .at = 3000};
}

static void no_chance(void *context, void *out, size_t size)
{
    (void)context;
    __builtin_memset(out, 1, size);
}

/* NULL: it was loaded, and stands. */
static const char *load(const struct shop *shop)
{
    const struct engine_config config = {.hash_seed = 1, .random = no_chance};
    struct engine *engine = engine_create(&config);

    engine_load_begin(engine);
    bool is_good = engine_load_record(engine, ENGINE_CAMPAIGN, &shop->campaign, STORED) &&
                   engine_load_record(engine, ENGINE_ROOM, &shop->room, STORED) &&
                   engine_load_record(engine, ENGINE_REFUND, &shop->refund, STORED) &&
                   engine_load_end(engine, FENCE);
    const char *fault = is_good ? NULL : engine_load_fault(engine);
    if (is_good) engine_audit(engine);
    assert_true(is_good || fault != NULL);
    engine_destroy(engine);
    return fault;
}

static void a_shop_that_can_be_is_loaded(void **state)
{
    struct shop shop;

    (void)state;
    make_shop(&shop);
    assert_null(load(&shop));
}

#define PUT(param, value)                                                                          \
    (shop.rules.param = (value), shop.rules.given |= UINT64_C(1) << TUAN_PARAM_##param)

#define EXPECT_REFUSED(reason, ...)                                                                \
    do {                                                                                           \
        struct shop shop;                                                                          \
        make_shop(&shop);                                                                          \
        __VA_ARGS__;                                                                               \
        const char *fault = load(&shop);                                                           \
        assert_non_null(fault);                                                                    \
        assert_string_equal(fault, reason);                                                        \
    } while (0)

static void a_refund_is_of_a_seat_of_its_room(void **state)
{
    (void)state;
    EXPECT_REFUSED("a refund of no seat", shop.refund.n = 0);
    EXPECT_REFUSED("a refund of no seat", shop.refund.n = -1);
    EXPECT_REFUSED("a refund of no seat", shop.refund.n = INT64_C(1) << 32 | 1);
    EXPECT_REFUSED("a refund of a seat that its room does not have", shop.refund.n = 3);
    EXPECT_REFUSED("an open refund of a room that is not there", shop.refund.room.lo = 32);
}

static void a_room_is_led_from_one_of_its_seats(void **state)
{
    (void)state;
    EXPECT_REFUSED("a room that nobody leads", shop.seats[0].role = TUAN_ROLE_MEMBER);
    EXPECT_REFUSED("a room that was led from a seat it does not have", shop.lead.n = 0);
    EXPECT_REFUSED("a room that was led from a seat it does not have", shop.lead.n = 3);
    EXPECT_REFUSED("a room that nobody leads", shop.room.seats.count = 0,
                   shop.room.leads.count = 0);
}

static void a_campaign_is_dropped_when_nothing_of_it_is_open(void **state)
{
    (void)state;
    EXPECT_REFUSED("a campaign that was dropped with live rooms or open refunds",
                   shop.campaign.dropped = shop.campaign.closed = 1);
}

static void parameters_are_such_as_can_be_put(void **state)
{
    static const char *const ranges = "a campaign's parameters are not in their ranges";
    static const char *const between = "a campaign's parameters contradict each other";
    const struct tuan_tier tiers[] = {{3, 500}, {3, 400}};

    (void)state;
    EXPECT_REFUSED(ranges, PUT(size, 1));
    EXPECT_REFUSED(ranges, PUT(size, 0));
    EXPECT_REFUSED(ranges, PUT(size, 10001));
    EXPECT_REFUSED(ranges, PUT(keep_ms, INT64_MAX));
    EXPECT_REFUSED(ranges, PUT(match, 0));
    EXPECT_REFUSED(ranges, PUT(match, 99));
    EXPECT_REFUSED(ranges, PUT(one_open_per_user, 2));
    EXPECT_REFUSED(ranges, PUT(cutoff, TUAN_STR("00:0000")));
    EXPECT_REFUSED(between, PUT(min_success, 3));
    EXPECT_REFUSED(between, PUT(tiers, ((struct tuan_tiers){tiers, 2})));
    EXPECT_REFUSED(between, PUT(cutoff, TUAN_STR("20:00")));
    EXPECT_REFUSED(between, PUT(cutoff, TUAN_STR("20:00")),
                   PUT(cutoff_zone, TUAN_STR("Asia/Taipei")));
    EXPECT_REFUSED(between, PUT(cutoff, TUAN_STR("20:00")),
                   PUT(cutoff_zone, TUAN_STR("Asia/Taipei")),
                   shop.revision.zone = TUAN_STR("28800 7200 7200 3600 0"));
    EXPECT_REFUSED("a room of rules that are not there", shop.revision.revision = 2);
    EXPECT_REFUSED("a campaign without rules", shop.campaign.revisions.count = 0);
}

static void numbers_are_such_as_can_be_counted(void **state)
{
    (void)state;
    EXPECT_REFUSED("a seat", shop.seats[1].qty = 0);
    EXPECT_REFUSED("a seat", shop.seats[1].qty = INT64_C(1) << 32 | 1);
    EXPECT_REFUSED("a seat", shop.seats[1].moved_n = -1);
    EXPECT_REFUSED("a room's state, size, tier or virtual members", shop.room.size = 1);
    EXPECT_REFUSED("a room's state, size, tier or virtual members",
                   shop.room.size = INT64_C(1) << 32 | 2);
    EXPECT_REFUSED("a room's state, size, tier or virtual members", shop.room.virtuals = 3);
    EXPECT_REFUSED("a room that ended and lives, or neither", shop.room.ended_at = 0);
    EXPECT_REFUSED("a time beyond the last that is told", shop.room.ended_at = ENGINE_TIME_MAX + 1);
    EXPECT_REFUSED("two seats of one order", shop.seats[1].order = TUAN_STR("o1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shop_that_can_be_is_loaded),
        cmocka_unit_test(a_refund_is_of_a_seat_of_its_room),
        cmocka_unit_test(a_room_is_led_from_one_of_its_seats),
        cmocka_unit_test(a_campaign_is_dropped_when_nothing_of_it_is_open),
        cmocka_unit_test(parameters_are_such_as_can_be_put),
        cmocka_unit_test(numbers_are_such_as_can_be_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
