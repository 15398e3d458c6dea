/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking a partition, loading it, and giving it up. */
#include "tests/unit/support/mirror_desk.h"

#include <string.h>

static void a_take_of_unknown_fate_gets_a_new_nonce(void **state)
{
    struct desk *desk = *state;
    char nonce[FORM_ID_SIZE];

    machine_link_up(&desk->machine, DATASET);
    desk_answer(desk, ASK_TAKE_HEAD, desk_text(desk, "0-1 0 " DATASET));
    memcpy(nonce, desk->machine.fence.nonce, sizeof nonce);
    outbox_reset(&desk->out);
    machine_link_down(&desk->machine, "cut");
    machine_link_up(&desk->machine, DATASET);
    desk_answer(desk, ASK_TAKE_HEAD,
                desk_text(desk, "1-0 01010101010101010101010101010101 " DATASET));
    assert_string_not_equal(nonce, desk->machine.fence.nonce);
}

static void load_chain(struct desk *desk, const struct desk_entry *rows, size_t count)
{
    desk_take(desk);
    desk_answer(desk, ASK_LOAD_SNAP, desk_nil(desk));
    for (int i = 0; i < MIRROR_HASH_COUNT; i++)
        desk_answer(desk, ASK_LOAD_SCAN, desk_empty_scan(desk));
    desk_answer(desk, ASK_LOAD_RANGE, desk_entries(desk, rows, count));
}

static void a_break_in_the_chain_is_not_served(void **state)
{
    static const struct desk_entry breaks[][3] = {
        {{"0-1", NULL, "0", NULL}, {"0-3", "0-2 0 " DATASET, "0", "x"}},         /* a hole */
        {{"0-1", NULL, "0", NULL}, {"0-2", "0-1 " OTHER " " DATASET, "0", "x"}}, /* another nonce */
        {{"0-2", "0-1 0 " DATASET, "0", "x"}},                             /* not from covered */
        {{"0-1", NULL, "0", NULL}, {"0-2", "0-1 0 " DATASET, "0", "bad"}}, /* the hook objects */
    };

    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++)
        for (int is_ours = 0; is_ours <= 1; is_ours++) {
            struct desk *desk;

            if (i > 0 || is_ours) desk_tear_down(state);
            desk_set_up(state);
            desk = *state;
            load_chain(desk, breaks[i], breaks[i][1].id == NULL ? 1 : 2);
            desk_answer(desk, ASK_LOAD_HEAD,
                        desk_text(desk, is_ours ? desk_head(desk, 0) : "2-0 " OTHER " " DATASET));
            assert_int_equal(desk->machine.state, is_ours ? MACHINE_BROKEN : MACHINE_STANDBY);
            assert_int_equal(desk->dropped, 1);
        }
}

static void a_fence_above_ours_after_the_load_is_noticed(void **state)
{
    struct desk *desk = *state;

    load_chain(desk, NULL, 0);
    desk_answer(desk, ASK_LOAD_HEAD, desk_text(desk, "2-0 " OTHER " " DATASET)); /* T4 */
    assert_int_equal(desk->machine.state, MACHINE_STANDBY);
}

static void renew_finds_another_owner(void **state)
{
    struct desk *desk = *state;

    desk_own(desk);
    desk->out.now_ms += 1000;
    machine_turn(&desk->machine);
    desk_answer(desk, ASK_RENEW, desk_verdict(desk, 0, "2-0 " OTHER " " DATASET));
    assert_int_equal(desk->machine.state, MACHINE_STANDBY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(a_take_of_unknown_fate_gets_a_new_nonce),
        DESK_TABLE(a_break_in_the_chain_is_not_served),
        DESK_TEST(a_fence_above_ours_after_the_load_is_noticed),
        DESK_TEST(renew_finds_another_owner),
    };

    return cmocka_run_group_tests_name("daemon/mirror: taking", tests, NULL, NULL);
}
