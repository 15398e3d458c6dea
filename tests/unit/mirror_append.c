/* SPDX-License-Identifier: BSD-2-Clause */
/* What append answers, and what the owner does about it. */
#include "tests/unit/support/mirror_desk.h"

static void append_replies_follow_the_table(void **state)
{
    static const struct {
        const char *head; /* NULL: own, at `seq` */
        uint64_t seq;
        enum machine_state leads_to;
        uint64_t committed_seq;
    } rows[] = {
        {"", 0, MACHINE_LOST, 0},
        {NULL, 1, MACHINE_OWNING, 1},
        {NULL, 3, MACHINE_OWNING, 3},
        {NULL, 0, MACHINE_RESENDING, 0},
        {"0-1 0 " DATASET, 0, MACHINE_RESENDING, 0},
        {"0-1 0 " OTHER, 0, MACHINE_STANDBY, 0},
        {"1-1 " OTHER " " DATASET, 0, MACHINE_STANDBY, 0},
        {"2-0 " OTHER " " DATASET, 0, MACHINE_STANDBY, 0},
        {NULL, 4, MACHINE_STANDBY, 0}, /* our name on what we never wrote */
        {"nonsense", 0, MACHINE_STANDBY, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct desk *desk;

        if (i > 0) desk_tear_down(state);
        desk_set_up(state);
        desk = *state;
        desk_own(desk);
        desk_submit_many(desk, 3);
        desk_answer(
            desk, ASK_APPEND,
            desk_verdict(desk, 0,
                         rows[i].head == NULL ? desk_head(desk, rows[i].seq) : rows[i].head));
        assert_int_equal(desk->machine.state, rows[i].leads_to);
        assert_int_equal(mirror_seq(desk->committed), rows[i].committed_seq);
        assert_int_equal(desk->dropped, rows[i].leads_to == MACHINE_STANDBY);
        assert_string_equal(desk->ended, "");
    }
}

static void append_commits_in_order(void **state)
{
    struct desk *desk = *state;

    desk_own(desk);
    desk_submit_many(desk, 3);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, seq)));
        assert_int_equal(desk->committed, mirror_position(1, seq));
    }
}

static void append_reply_with_a_wrong_echo_ends_the_link(void **state)
{
    struct desk *desk = *state;

    desk_own(desk);
    desk_submit_many(desk, 2);
    desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, 2)));
    assert_string_equal(desk->ended, "a reply out of turn");
    assert_int_equal(desk->committed, 0);
}

static void append_error_of_unknown_fate_ends_the_link(void **state)
{
    struct desk *desk = *state;

    desk_own(desk);
    desk_submit_many(desk, 1);
    desk_answer(desk, ASK_APPEND, desk_error(desk, "WRONGTYPE x script: abc, on @user_script:2."));
    assert_string_not_equal(desk->ended, "");
    assert_int_equal(desk->committed, 0);
}

static void errors_have_the_fate_of_the_table(void **state)
{
    static const struct {
        const char *error;
        enum fate fate;
    } rows[] = {
        {"OOM allow-oom flag is not set on the script, can not run it", FATE_NOT_DONE},
        {"OOM command not allowed script: x, on @user_script:1.", FATE_UNKNOWN},
        {"LOADING Redis is loading", FATE_NOT_DONE},
        {"BUSY Redis is busy", FATE_NOT_DONE},
        {"NOREPLICAS x", FATE_NOT_DONE},
        {"MISCONF x", FATE_NOT_DONE},
        {"NOSCRIPT No matching script.", FATE_NO_SCRIPT},
        {"READONLY x", FATE_WRONG_SERVER},
        {"MOVED 1 a:1", FATE_WRONG_SERVER},
        {"ASK 1 a:1", FATE_WRONG_SERVER},
        {"NOAUTH x", FATE_DENIED},
        {"WRONGTYPE x", FATE_DENIED},
        {"ERR whatever", FATE_UNKNOWN},
        {"OOMPH", FATE_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(wire_fate(bytes_of(rows[i].error)), rows[i].fate);
}

static void in_flight_is_bounded_and_the_gate_closes(void **state)
{
    struct desk *desk = *state;

    desk->config.flight_batches_max = 2;
    desk_own(desk);
    desk_submit_many(desk, 2);
    assert_int_equal(machine_gate(&desk->machine), MIRROR_GATE_BUSY);
    desk_submit_many(desk, 3); /* the sweep may still have some */
    assert_int_equal(ring_in_flight(&desk->machine.ring), 2);
    desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, 1)));
    assert_int_equal(ring_in_flight(&desk->machine.ring), 2);
    desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, 2)));
    desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, 3)));
    desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, 4)));
    assert_int_equal(machine_gate(&desk->machine), MIRROR_OPEN);
}

/* Also while the circle of what is awaited grows, and starts in its middle. */
static void a_request_is_timed_from_when_it_was_sent(void **state)
{
    struct outbox out;

    (void)state;
    outbox_init(&out);
    for (int64_t i = 0; i < 500; i++) {
        outbox_expect(&out, &(struct expected){.ask = ASK_APPEND});
        outbox_sent(&out, 1000 + i);
        outbox_sent(&out, 5000); /* nothing more was asked: nothing more is sent */
        if (i % 3 == 0) assert_int_equal(outbox_pop(&out).sent_us, 1000 + i / 3);
    }
    outbox_expect(&out, &(struct expected){.ask = ASK_TRIM});
    for (int64_t i = 167; i < 500; i++)
        assert_int_equal(outbox_pop(&out).sent_us, 1000 + i);
    assert_int_equal(outbox_pop(&out).sent_us, 0);
    outbox_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TABLE(append_replies_follow_the_table),
        DESK_TEST(append_commits_in_order),
        DESK_TEST(append_reply_with_a_wrong_echo_ends_the_link),
        DESK_TEST(append_error_of_unknown_fate_ends_the_link),
        cmocka_unit_test(errors_have_the_fate_of_the_table),
        cmocka_unit_test(a_request_is_timed_from_when_it_was_sent),
        DESK_TEST(in_flight_is_bounded_and_the_gate_closes),
    };

    return cmocka_run_group_tests_name("daemon/mirror: append", tests, NULL, NULL);
}
