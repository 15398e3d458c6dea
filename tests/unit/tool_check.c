/* SPDX-License-Identifier: BSD-2-Clause */
/* tool_check.c - the conservation laws on made-up histories: a good one passes, and each law
 * notices its breach. */
#include "bench/tool/replay_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FORMED_ROOM "FORMEDFORMEDFORMED00"
#define FAILED_ROOM "FAILEDFAILEDFAILED00"
#define PRICE       900

/* One campaign of rooms of 2: a formed room (o1, o2 settled); a failed one (o3 paid and refunded,
 * o4 released). */
struct story {
    struct book book;
    struct book_campaign *campaign;
    struct book_room *formed, *failed;
    struct book_seat *seats[5]; /* from 1 */
    struct book_refund *refund;
    struct check_result result;
};

static struct book_room *add_room(struct story *story, const char *id, enum tuan_room_state state,
                                  enum tuan_room_reason reason)
{
    struct book_room *room = book_room(&story->book, story->campaign, id);

    room->fate = BOOK_TOLD;
    room->state = state;
    room->reason = reason;
    room->size = 2;
    return room;
}

static void add_seat(struct story *story, int n, struct book_room *room, enum tuan_seat_state state,
                     bool is_paid)
{
    char order[8], user[8];

    snprintf(order, sizeof order, "o%d", n);
    snprintf(user, sizeof user, "u%d", n);
    struct book_seat *seat =
        book_seat(&story->book, story->campaign, order, book_user(&story->book, user));
    seat->is_acknowledged = true;
    seat->is_paid = is_paid;
    seat->amount = is_paid ? PRICE : 0;
    seat->fate = BOOK_TOLD;
    seat->room = room;
    seat->state = state;
    story->seats[n] = seat;
}

static void list_seats(struct story *story, struct book_room *room, const char *first,
                       const char *second)
{
    const char *orders[] = {first, second};
    size_t count = second == NULL ? 1 : 2;

    book_list_seats(&story->book, room, count);
    room->seats_total = (int64_t)count;
    for (size_t i = 0; i < count; i++) {
        snprintf(room->listed[i].order, sizeof room->listed[i].order, "%s", orders[i]);
        room->listed[i].state = book_find_seat(&story->book, story->campaign, orders[i])->state;
    }
}

static int setup(void **state)
{
    static struct story story;

    story = (struct story){.result = {0}};
    book_init(&story.book, 2, 0);
    story.campaign = book_campaign(&story.book, "c1");
    story.campaign->fate = BOOK_TOLD;
    story.campaign->told = (struct book_counters){.rooms_opened = 2,
                                                  .rooms_formed = 1,
                                                  .rooms_failed = 1,
                                                  .seats_held = 4,
                                                  .seats_paid = 3,
                                                  .seats_released = 1,
                                                  .refunds_due = 1};
    story.formed = add_room(&story, FORMED_ROOM, TUAN_ROOM_FORMED, TUAN_REASON_FULL);
    story.formed->paid = 2;
    story.failed = add_room(&story, FAILED_ROOM, TUAN_ROOM_FAILED, TUAN_REASON_DEADLINE);
    add_seat(&story, 1, story.formed, TUAN_SEAT_SETTLED, true);
    add_seat(&story, 2, story.formed, TUAN_SEAT_SETTLED, true);
    add_seat(&story, 3, story.failed, TUAN_SEAT_REFUND_DUE, true);
    add_seat(&story, 4, story.failed, TUAN_SEAT_RELEASED, false);
    list_seats(&story, story.formed, "o1", "o2");
    list_seats(&story, story.failed, "o3", NULL);
    story.refund = book_add_refund(&story.book, story.campaign, "REFUNDREFUNDREFUND00");
    snprintf(story.refund->order, sizeof story.refund->order, "o3");
    story.refund->reason = TUAN_REFUND_ROOM_FAILED;
    story.refund->amount = PRICE;
    *state = &story;
    return 0;
}

static int teardown(void **state)
{
    book_free(&((struct story *)*state)->book);
    return 0;
}

static void assert_broken(struct story *story, const char *law)
{
    check_book(&story->book, true, &story->result);
    assert_true(story->result.violations > 0);
    assert_string_equal(story->result.law, law);
    assert_true(story->result.first[0] != '\0');
}

static void assert_good(struct story *story)
{
    check_book(&story->book, true, &story->result);
    assert_string_equal(story->result.first, "");
    assert_int_equal(story->result.violations, 0);
}

static void a_good_history_passes_twice(void **state)
{
    assert_good(*state);
    assert_good(*state);
}

static void a_room_that_never_ended_is_found(void **state)
{
    struct story *story = *state;

    story->failed->state = TUAN_ROOM_OPEN;
    assert_broken(story, "room_known");
    story->failed->fate = BOOK_MISSING;
    assert_broken(story, "room_known");
}

static void a_room_over_its_size_is_found(void **state)
{
    struct story *story = *state;

    story->formed->paid = 3;
    assert_broken(story, "room_capacity");
}

static void a_room_that_formed_too_early_is_found(void **state)
{
    struct story *story = *state;

    story->formed->paid = 1;
    assert_broken(story, "room_formed");
    story->formed->held = 1;
    assert_broken(story, "room_formed");
}

static void min_success_is_enough_at_the_deadline_only(void **state)
{
    struct story *story = *state;

    story->book.min_success = 2;
    story->formed->size = 5;
    assert_broken(story, "room_formed");
    story->formed->reason = TUAN_REASON_DEADLINE_MIN;
    assert_good(story);
}

static void a_seat_the_daemon_lost_is_found(void **state)
{
    struct story *story = *state;

    story->seats[2]->fate = BOOK_MISSING;
    assert_broken(story, "seat_known");
}

static void a_seat_of_a_refused_order_is_found(void **state)
{
    struct story *story = *state;

    story->seats[4]->is_refused = true;
    assert_broken(story, "refused_no_trace");
}

static void a_seat_in_two_rooms_is_found(void **state)
{
    struct story *story = *state;

    list_seats(story, story->failed, "o3", "o1");
    assert_broken(story, "seat_one_room");
}

static void a_seat_in_another_room_than_it_says_is_found(void **state)
{
    struct story *story = *state;

    list_seats(story, story->formed, "o1", NULL);
    list_seats(story, story->failed, "o3", "o2");
    assert_broken(story, "seat_one_room");
}

static void a_seat_in_no_room_is_found(void **state)
{
    struct story *story = *state;

    list_seats(story, story->formed, "o1", NULL);
    assert_broken(story, "seat_one_room");
}

static void a_stranger_in_a_room_is_found(void **state)
{
    struct story *story = *state;

    snprintf(story->failed->listed[0].order, sizeof story->failed->listed[0].order, "stranger");
    assert_broken(story, "seat_one_room");
}

static void a_seat_whose_state_its_room_forbids_is_found(void **state)
{
    struct story *story = *state;

    story->seats[3]->state = TUAN_SEAT_SETTLED;
    assert_broken(story, "seat_state");
    story->seats[3]->state = TUAN_SEAT_HELD;
    assert_broken(story, "seat_state");
}

static void a_payment_in_two_places_is_found(void **state)
{
    struct story *story = *state;
    struct book_refund *second =
        book_add_refund(&story->book, story->campaign, "REFUNDREFUNDREFUND01");

    snprintf(second->order, sizeof second->order, "o1");
    second->reason = TUAN_REFUND_LATE;
    second->amount = PRICE;
    assert_broken(story, "payment_once");
}

static void a_payment_in_no_place_is_found(void **state)
{
    struct story *story = *state;

    story->seats[4]->is_paid = true;
    assert_broken(story, "payment_once");
}

static void a_settled_seat_that_nobody_paid_is_found(void **state)
{
    struct story *story = *state;

    story->seats[1]->is_paid = false;
    assert_broken(story, "payment_once");
}

static void a_refund_of_another_amount_is_found(void **state)
{
    struct story *story = *state;

    story->refund->amount = PRICE - 1;
    assert_broken(story, "refund_owed");
}

static void a_refund_to_somebody_else_is_found(void **state)
{
    struct story *story = *state;

    snprintf(story->refund->order, sizeof story->refund->order, "o4");
    assert_broken(story, "refund_owed");
    snprintf(story->refund->order, sizeof story->refund->order, "nobody");
    assert_broken(story, "refund_owed");
}

static void a_refund_for_a_failure_that_was_none_is_found(void **state)
{
    struct story *story = *state;

    snprintf(story->refund->order, sizeof story->refund->order, "o1");
    assert_broken(story, "refund_owed");
}

static void each_counter_is_compared(void **state)
{
    struct story *story = *state;
    struct book_counters *told = &story->campaign->told;
    int64_t *counters[] = {&told->rooms_open,     &told->rooms_opened, &told->rooms_formed,
                           &told->rooms_failed,   &told->seats_held,   &told->seats_paid,
                           &told->seats_released, &told->refunds_due};

    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        ++*counters[i];
        assert_broken(story, "counters");
        --*counters[i];
    }
    assert_good(story);
}

static void an_uncertain_outcome_excuses_its_campaigns_counters(void **state)
{
    struct story *story = *state;

    story->campaign->told.seats_paid = 9;
    story->campaign->is_uncertain = true;
    assert_good(story);
}

static void what_may_be_forgotten_is_counted_not_accused(void **state)
{
    struct story *story = *state;

    story->seats[4]->fate = BOOK_FORGOTTEN;
    assert_good(story);
    assert_int_equal(story->result.unchecked, 1);
}

/* o4 paid after it had been released, and was owed the money back. */
static void a_late_payment_is_refunded_not_seated(void **state)
{
    struct story *story = *state;
    struct book_refund *late =
        book_add_refund(&story->book, story->campaign, "REFUNDREFUNDREFUND01");

    snprintf(late->order, sizeof late->order, "o4");
    late->reason = TUAN_REFUND_LATE;
    late->amount = PRICE;
    story->seats[4]->is_paid = true;
    story->seats[4]->amount = PRICE;
    story->seats[4]->state = TUAN_SEAT_REFUND_DUE;
    story->campaign->told.refunds_due = 2;
    assert_good(story);
}

#define WITH_STORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORY(a_good_history_passes_twice),
        WITH_STORY(a_room_that_never_ended_is_found),
        WITH_STORY(a_room_over_its_size_is_found),
        WITH_STORY(a_room_that_formed_too_early_is_found),
        WITH_STORY(min_success_is_enough_at_the_deadline_only),
        WITH_STORY(a_seat_the_daemon_lost_is_found),
        WITH_STORY(a_seat_of_a_refused_order_is_found),
        WITH_STORY(a_seat_in_two_rooms_is_found),
        WITH_STORY(a_seat_in_another_room_than_it_says_is_found),
        WITH_STORY(a_seat_in_no_room_is_found),
        WITH_STORY(a_stranger_in_a_room_is_found),
        WITH_STORY(a_seat_whose_state_its_room_forbids_is_found),
        WITH_STORY(a_payment_in_two_places_is_found),
        WITH_STORY(a_payment_in_no_place_is_found),
        WITH_STORY(a_settled_seat_that_nobody_paid_is_found),
        WITH_STORY(a_refund_of_another_amount_is_found),
        WITH_STORY(a_refund_to_somebody_else_is_found),
        WITH_STORY(a_refund_for_a_failure_that_was_none_is_found),
        WITH_STORY(each_counter_is_compared),
        WITH_STORY(an_uncertain_outcome_excuses_its_campaigns_counters),
        WITH_STORY(what_may_be_forgotten_is_counted_not_accused),
        WITH_STORY(a_late_payment_is_refunded_not_seated),
    };

    return cmocka_run_group_tests_name("tool/check", tests, NULL, NULL);
}
