/* SPDX-License-Identifier: BSD-2-Clause */
/* The verifier must find each kind of wrong answer, and none in right ones. */
#include "bench/load/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct journal journal;
static struct names names;
static struct verify verify;
static struct reply reply;

/* Campaign 0 with a room "A" of two seats, orders 0 and 1 in it, both paid; order 2 was refused,
 * order 3 is held in room "B". */
static int setup(void **state)
{
    (void)state;
    journal_init(&journal, 1, 1000);
    names_init(&names, 7);
    verify = (struct verify){.journal = &journal, .names = &names};
    for (int i = 0; i < 4; i++)
        journal_add(&journal, 0);
    uint32_t a = journal_room(&journal, (struct tuan_str){"A", 1}, 0);
    uint32_t b = journal_room(&journal, (struct tuan_str){"B", 1}, 0);
    journal.rooms[a].size = journal.rooms[b].size = 2;
    for (uint64_t order = 0; order < 2; order++) {
        journal_seat(&journal, order, a, 2000, 9000);
        journal_pay(&journal, order, 3000);
    }
    journal_refuse(&journal, 2);
    journal_seat(&journal, 3, b, 2000, 9000);
    memset(&reply, 0, sizeof reply);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    journal_free(&journal);
    return 0;
}

static void tell_seat(const char *order, const char *seat_state)
{
    reply.seats[reply.seat_count++] = (struct reply_seat){
        {order, (uint32_t)strlen(order)}, {seat_state, (uint32_t)strlen(seat_state)}};
}

#define O0 "o000000000000"
#define O1 "o000000000001"
#define O2 "o000000000002"
#define O3 "o000000000003"

static void tell_rooms(const char *second_of_a, const char *second_state)
{
    tell_seat(O0, "paid");
    tell_seat(second_of_a, second_state);
    verify_room_seats(&verify, 0, &reply);
    reply.seat_count = 0;
    tell_seat(O3, "held");
    verify_room_seats(&verify, 1, &reply);
    verify_books(&verify);
}

static void right_answers_break_no_law(void **state)
{
    (void)state;
    tell_rooms(O1, "paid");
    verify_overlap(&verify);
    verify_counted(&verify, 0, "test", &(struct verify_counts){.seats = 3, .paid = 2, .rooms = 2});
    assert_int_equal(laws_broken(&verify.laws), 0);
    assert_int_equal(verify.seats_checked, 3);
    assert_int_equal(verify.rooms_checked, 2);
}

static void a_lost_seat_is_found(void **state)
{
    (void)state;
    tell_seat(O0, "paid");
    verify_room_seats(&verify, 0, &reply);
    verify_books(&verify);
    assert_int_equal(verify.laws.broken[LAW_ONE_ROOM], 1);
    assert_non_null(strstr(verify.laws.first, O1));
}

static void a_seat_in_two_rooms_or_in_the_wrong_one_is_found(void **state)
{
    (void)state;
    tell_rooms(O3, "held");
    assert_true(verify.laws.broken[LAW_ONE_ROOM] >= 2); /* it stands twice, and O1 nowhere */
}

static void a_refused_order_with_a_seat_is_found(void **state)
{
    (void)state;
    tell_rooms(O2, "held");
    assert_int_equal(verify.laws.broken[LAW_NO_TRACE], 1);
}

static void a_payment_that_went_nowhere_is_found(void **state)
{
    (void)state;
    tell_rooms(O1, "released");
    assert_int_equal(verify.laws.broken[LAW_PAYMENT], 1);
}

static void a_refund_is_as_good_as_a_paid_seat(void **state)
{
    (void)state;
    tell_rooms(O1, "refund_due");
    assert_int_equal(laws_broken(&verify.laws), 0);
}

static void an_over_filled_room_is_found_in_answers_and_afterwards(void **state)
{
    (void)state;
    journal_seat(&journal, 2, 0, 2500, 9000);
    verify_overlap(&verify);
    assert_int_equal(verify.laws.broken[LAW_CAPACITY], 1);
    tell_seat(O0, "paid");
    tell_seat(O1, "paid");
    tell_seat(O2, "held");
    verify_room_seats(&verify, 0, &reply);
    assert_int_equal(verify.laws.broken[LAW_CAPACITY], 2);
    reply_set_number(&reply, REPLY_SIZE, 2);
    reply_set_number(&reply, REPLY_PAID, 2);
    reply_set_number(&reply, REPLY_HELD, 1);
    verify_answer(&verify, &(struct request){.op = OP_GET, .room = NO_ROOM}, &reply);
    assert_int_equal(verify.laws.broken[LAW_CAPACITY], 3);
}

/* Two who had a seat one after the other never had it at once. */
static void a_seat_given_back_may_be_given_again(void **state)
{
    (void)state;
    uint32_t room = journal_room(&journal, (struct tuan_str){"C", 1}, 0);

    journal.rooms[room].size = 2;
    for (int i = 0; i < 3; i++) {
        uint64_t order = journal_add(&journal, 0);
        journal_seat(&journal, order, room, 2000 + i * 100, 9000);
        if (i == 0) journal_give_back(&journal, order, 2150);
    }
    verify_overlap(&verify);
    assert_int_equal(laws_broken(&verify.laws), 0);
}

static void other_counts_are_found_unless_an_answer_was_lost(void **state)
{
    const struct verify_counts one_more = {.seats = 4, .paid = -1, .rooms = -1};

    (void)state;
    verify_counted(&verify, 0, "test", &one_more);
    assert_int_equal(verify.laws.broken[LAW_COUNTS], 1);
    journal_doubt(&journal, journal_add(&journal, 0));
    verify_counted(&verify, 0, "test", &one_more);
    assert_int_equal(verify.laws.broken[LAW_COUNTS], 1);
}

static void an_answer_about_another_order_or_room_is_found(void **state)
{
    struct request request = {.op = OP_PAY, .room = NO_ROOM, .order = 1};

    (void)state;
    reply_set_text(&reply, REPLY_ORDER, O0, strlen(O0));
    verify_answer(&verify, &request, &reply);
    assert_int_equal(verify.laws.broken[LAW_ECHO], 1);
    request.order = 0;
    verify_answer(&verify, &request, &reply);
    assert_int_equal(verify.laws.broken[LAW_ECHO], 1);
    request = (struct request){.op = OP_JOIN, .room = 0, .room_id = "A", .order = 0};
    reply_set_text(&reply, REPLY_ROOM, "B", 1);
    reply_set_number(&reply, REPLY_SIZE, 2);
    verify_answer(&verify, &request, &reply);
    assert_int_equal(verify.laws.broken[LAW_ECHO], 2);
}

static void a_room_that_vanished_is_found(void **state)
{
    (void)state;
    verify_room_unknown(&verify, 0, false);
    assert_int_equal(verify.laws.broken[LAW_KNOWN], 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(right_answers_break_no_law),
        CASE(a_lost_seat_is_found),
        CASE(a_seat_in_two_rooms_or_in_the_wrong_one_is_found),
        CASE(a_refused_order_with_a_seat_is_found),
        CASE(a_payment_that_went_nowhere_is_found),
        CASE(a_refund_is_as_good_as_a_paid_seat),
        CASE(an_over_filled_room_is_found_in_answers_and_afterwards),
        CASE(a_seat_given_back_may_be_given_again),
        CASE(other_counts_are_found_unless_an_answer_was_lost),
        CASE(an_answer_about_another_order_or_room_is_found),
        CASE(a_room_that_vanished_is_found),
    };

    return cmocka_run_group_tests_name("tool/verify", tests, NULL, NULL);
}
