/* SPDX-License-Identifier: BSD-2-Clause */
/* After a gap, a cut, a failover: what goes out again, and what is lost. */
#include "tests/unit/support/mirror_desk.h"

#include <string.h>

static void a_gap_is_closed_with_the_same_bytes(void **state)
{
    struct desk *desk = *state;
    struct buf first, again, rest;

    desk_own(desk);
    desk_submit_many(desk, 3);
    first = desk_sent_bytes(desk);
    desk_answer(desk, ASK_APPEND, desk_error(desk, "OOM"));
    desk_answer(desk, ASK_APPEND, desk_verdict(desk, 0, desk_head(desk, 0)));
    desk_submit_many(desk, 1); /* parks */
    machine_turn(&desk->machine);
    assert_int_equal(desk->machine.state, MACHINE_RESENDING);
    desk_answer(desk, ASK_APPEND, desk_error(desk, "OOM"));
    machine_turn(&desk->machine);
    desk_assert_quiet(desk); /* the back-off */

    desk->out.now_ms += 50;
    machine_turn(&desk->machine);
    desk_find(desk, desk_head(desk, 0), OWNER " x", NULL);
    buf_reset(&desk->out.bytes);
    machine_turn(&desk->machine);
    desk_answer_renewal(desk, desk_head(desk, 0));
    desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, 1)));
    rest = desk_sent_bytes(desk);
    for (uint64_t seq = 2; seq <= 4; seq++) {
        assert_int_equal(desk->machine.state, MACHINE_RESENDING);
        desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, seq)));
    }
    assert_int_equal(desk->machine.state, MACHINE_OWNING);
    assert_int_equal(desk->committed, mirror_position(1, 4));
    /* 2 and 3 went out again right behind the answer to 1. */
    assert_memory_equal(rest.data, first.data + desk->machine.ring.slots[1].len,
                        first.len - desk->machine.ring.slots[1].len);
    again = first;
    buf_free(&again);
    buf_free(&rest);
    desk_assert_quiet(desk);
}

static void what_is_in_is_not_sent_again_after_a_cut(void **state)
{
    struct desk *desk = *state;
    struct buf first, again;

    desk_own(desk);
    desk_submit_many(desk, 3);
    first = desk_sent_bytes(desk);
    outbox_reset(&desk->out);
    machine_link_down(&desk->machine, "cut");
    assert_int_equal(machine_gate(&desk->machine), MIRROR_GATE_DOWN);
    machine_link_up(&desk->machine, DATASET);
    desk_find(desk, desk_head(desk, 2), OWNER " x", NULL);
    assert_int_equal(desk->committed, mirror_position(1, 2)); /* A2 */
    desk_answer_renewal(desk, desk_head(desk, 2));
    again = desk_sent_bytes(desk);
    assert_true(again.len > first.len / 3);
    assert_memory_equal(again.data + again.len - first.len / 3, first.data + first.len / 3 * 2,
                        first.len / 3);
    desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, 3)));
    assert_int_equal(desk->machine.state, MACHINE_OWNING);
    assert_int_equal(desk->counters.resends, 1);
    buf_free(&first);
    buf_free(&again);
}

static void own_three_and_cut(struct desk *desk)
{
    desk_own(desk);
    desk_submit_many(desk, 3);
    for (uint64_t seq = 1; seq <= 3; seq++)
        desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, seq)));
    machine_link_down(&desk->machine, "cut");
    machine_link_up(&desk->machine, DATASET);
    buf_reset(&desk->out.bytes);
}

static void a_lost_tail_is_repaired(void **state)
{
    struct desk *desk = *state;

    own_three_and_cut(desk);
    desk_find(desk, desk_head(desk, 1), NULL, NULL);
    assert_int_equal(desk->machine.state, MACHINE_RESENDING);
    assert_int_equal(desk->counters.repaired, 2);
    desk_answer_renewal(desk, desk_head(desk, 1));
    desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, 2)));
    desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, 3)));
    assert_int_equal(desk->machine.state, MACHINE_OWNING);
}

static void a_lost_fence_is_sent_again(void **state)
{
    struct desk *desk = *state;

    own_three_and_cut(desk);
    desk_find(desk, "0-1 0 " DATASET, OWNER " x", NULL);
    assert_non_null(memmem(desk->out.bytes.data, desk->out.bytes.len, "\r\no\r\n", 5));
    desk_answer_renewal(desk, "0-1 0 " DATASET);
    for (uint64_t seq = 0; seq <= 3; seq++)
        desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, seq)));
    assert_int_equal(desk->machine.state, MACHINE_OWNING);
}

static void another_named_owner_stops_a_repair(void **state)
{
    struct desk *desk = *state;

    own_three_and_cut(desk);
    desk_find(desk, desk_head(desk, 1), "host:12 x",
              NULL); /* R5; not OWNER, though it starts alike */
    assert_int_equal(desk->machine.state, MACHINE_STANDBY);
    assert_int_equal(desk->dropped, 1);
    assert_int_equal(desk->counters.lost_acks, 2);
}

static void a_head_of_before_our_predecessor_is_a_loss_that_is_told(void **state)
{
    struct desk *desk = *state;

    own_three_and_cut(desk);
    desk_find(desk, "0-7 ffffffffffffffffffffffffffffffff " DATASET, OWNER " x", NULL);
    assert_int_equal(desk->machine.state, MACHINE_STANDBY);
    assert_int_equal(desk->counters.lost_acks, 3);
    assert_string_not_equal(desk->machine.loss, "");
}

static void a_newer_owner_is_no_loss(void **state)
{
    struct desk *desk = *state;

    own_three_and_cut(desk);
    desk_find(desk, "2-0 ffffffffffffffffffffffffffffffff " DATASET, "host:7 x", NULL);
    assert_int_equal(desk->machine.state, MACHINE_STANDBY);
    assert_int_equal(desk->counters.lost_acks, 0);
    assert_string_equal(desk->machine.loss, "");
}

static void redis_further_back_than_the_ring_is_loaded_anew(void **state)
{
    struct desk *desk = *state;

    desk->config.keep_bytes = 0;
    own_three_and_cut(desk);
    desk_find(desk, desk_head(desk, 1), OWNER " x", NULL);
    assert_int_equal(desk->machine.state, MACHINE_TAKING);
    assert_int_equal(desk->counters.lost_acks, 2);
    assert_int_equal(desk->dropped, 1);
    assert_string_not_equal(desk->machine.loss, "");
}

static void an_emptied_redis_is_lost_and_reads_go_on(void **state)
{
    struct desk *desk = *state;

    own_three_and_cut(desk);
    desk_find(desk, NULL, NULL, NULL);
    assert_int_equal(desk->machine.state, MACHINE_LOST);
    assert_int_equal(desk->dropped, 0);
    assert_true(machine_may_read(&desk->machine, desk->out.now_ms));
    assert_int_equal(machine_gate(&desk->machine), MIRROR_GATE_DOWN);
    desk->out.now_ms += 500;
    machine_turn(&desk->machine);
    desk_answer(desk, ASK_LOST_HEAD, desk_nil(desk));
    assert_string_equal(desk->ended, "");
    desk->out.now_ms += 500;
    machine_turn(&desk->machine);
    desk_answer(desk, ASK_LOST_HEAD, desk_text(desk, desk_head(desk, 3)));
    assert_string_not_equal(desk->ended, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(a_gap_is_closed_with_the_same_bytes),
        DESK_TEST(what_is_in_is_not_sent_again_after_a_cut),
        DESK_TEST(a_lost_tail_is_repaired),
        DESK_TEST(a_lost_fence_is_sent_again),
        DESK_TEST(another_named_owner_stops_a_repair),
        DESK_TEST(a_head_of_before_our_predecessor_is_a_loss_that_is_told),
        DESK_TEST(a_newer_owner_is_no_loss),
        DESK_TEST(redis_further_back_than_the_ring_is_loaded_anew),
        DESK_TEST(an_emptied_redis_is_lost_and_reads_go_on),
    };

    return cmocka_run_group_tests_name("daemon/mirror: repair", tests, NULL, NULL);
}
