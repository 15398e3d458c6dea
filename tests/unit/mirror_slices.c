/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshot slices: what they cover, and what a cut does to them. */
#include "tests/unit/support/mirror_desk.h"

#include <string.h>

#include "base/mem.h"

static void dirty_one(struct desk *desk)
{
    desk->dirty[0] = (struct mirror_record){.hash = MIRROR_ROOMS,
                                            .field = {"r1", 2},
                                            .value = {"v", 1},
                                            .at = mirror_position(1, 3),
                                            .first_dirty = mirror_position(1, 1)};
    desk->dirty_count = 1;
    desk->taken_count = 0;
}

/* Three committed batches, and a slice in flight. */
static void own_and_slice(struct desk *desk)
{
    desk->config.snapshot_every_bytes = 1;
    desk_own(desk);
    desk_submit_many(desk, 3);
    for (uint64_t seq = 1; seq <= 3; seq++)
        desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, seq)));
    dirty_one(desk);
    machine_turn(&desk->machine);
    assert_int_equal(desk->machine.snapshot.slice, SLICE_FLYING);
}

static void a_slice_covers_up_to_the_oldest_dirty_record_left(void **state)
{
    struct desk *desk = *state;

    desk->oldest = mirror_position(1, 2);
    own_and_slice(desk);
    assert_int_equal(desk->machine.snapshot.flying_covered, mirror_position(1, 1));
    desk_answer(desk, ASK_SLICE, desk_verdict(desk, 1, ""));
    assert_int_equal(desk->machine.snapshot.covered, mirror_position(1, 1));
    desk_answer(desk, ASK_TRIM, desk_nil(desk));
    assert_int_equal(desk->slices_ok, 1);
}

static void covered_never_goes_back(void **state)
{
    struct desk *desk = *state;

    own_and_slice(desk);
    assert_int_equal(desk->machine.snapshot.flying_covered, mirror_position(1, 3));
    desk_answer(desk, ASK_SLICE, desk_verdict(desk, 1, ""));
    desk_answer(desk, ASK_TRIM, desk_nil(desk));
    desk->oldest = mirror_position(1, 1);
    machine_turn(&desk->machine); /* nothing to store, nothing to cover: the round ends */
    desk_assert_quiet(desk);
    assert_int_equal(desk->machine.snapshot.covered, mirror_position(1, 3));
}

static void a_slice_waits_until_all_batches_are_sent(void **state)
{
    struct desk *desk = *state;

    desk->config.snapshot_every_bytes = 1;
    desk->config.flight_batches_max = 1;
    desk_own(desk);
    desk_submit_many(desk, 2);
    dirty_one(desk);
    machine_turn(&desk->machine);
    assert_int_equal(desk->machine.snapshot.slice, SLICE_NONE); /* S3 */
    desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, 1)));
    dirty_one(desk);
    desk->dirty[0].at = mirror_position(1, 2);
    machine_turn(&desk->machine);
    assert_int_equal(desk->machine.snapshot.slice, SLICE_FLYING);
}

static void a_round_pauses_while_batches_come_and_less_the_longer_the_log(void **state)
{
    enum { ROUND_BYTES = 64 };
    static const struct {
        size_t batch_bytes; /* of a batch that comes beside the slice; 0: none does */
        int64_t pause_ms;
    } rows[] = {{0, 0},
                {1, 4},
                {ROUND_BYTES, 4},
                {2 * ROUND_BYTES, 2},
                {4 * ROUND_BYTES, 1},
                {6 * ROUND_BYTES, 0},
                {900 * ROUND_BYTES, 0}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *bytes = mem_zalloc(rows[i].batch_bytes + 1);
        struct desk *desk;

        memset(bytes, 'x', rows[i].batch_bytes);
        if (i > 0) desk_tear_down(state);
        desk_set_up(state);
        desk = *state;
        own_and_slice(desk);
        desk->config.snapshot_every_bytes = ROUND_BYTES;
        if (rows[i].batch_bytes > 0) desk_submit(desk, bytes);
        desk_answer(desk, ASK_SLICE, desk_verdict(desk, 1, ""));
        desk_answer(desk, ASK_TRIM, desk_nil(desk));
        if (rows[i].batch_bytes > 0)
            desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, 4)));
        for (int64_t ms = 0; ms < rows[i].pause_ms; ms++, desk->out.now_ms++) {
            dirty_one(desk);
            machine_turn(&desk->machine);
            desk_assert_quiet(desk);
            assert_int_equal(machine_next_ms(&desk->machine),
                             desk->out.now_ms + rows[i].pause_ms - ms);
        }
        dirty_one(desk);
        machine_turn(&desk->machine);
        assert_int_equal(desk->machine.snapshot.slice, SLICE_FLYING);
        mem_free(bytes);
    }
}

static void a_slice_waits_for_a_sweep_until_the_log_is_four_rounds_ahead(void **state)
{
    enum { ROUND_BYTES = 64, LOOK_MS = 4 };
    static const struct {
        size_t log_bytes;
        bool is_behind, has_to_wait;
    } rows[] = {{ROUND_BYTES, false, false},
                {ROUND_BYTES, true, true},
                {4 * ROUND_BYTES - 1, true, true},
                {4 * ROUND_BYTES, true, false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *bytes = mem_zalloc(rows[i].log_bytes + 1);
        struct desk *desk;

        memset(bytes, 'x', rows[i].log_bytes);
        if (i > 0) desk_tear_down(state);
        desk_set_up(state);
        desk = *state;
        desk->config.snapshot_every_bytes = ROUND_BYTES;
        desk_own(desk);
        desk->is_behind = rows[i].is_behind;
        desk_submit(desk, bytes);
        desk_answer(desk, ASK_APPEND, desk_verdict(desk, 1, desk_head(desk, 1)));
        dirty_one(desk);
        desk->dirty[0].at = mirror_position(1, 1);
        machine_turn(&desk->machine);
        if (rows[i].has_to_wait) {
            desk_assert_quiet(desk);
            assert_int_equal(machine_next_ms(&desk->machine), desk->out.now_ms + LOOK_MS);
            desk->is_behind = false; /* all that was due is retired */
            desk->out.now_ms += LOOK_MS;
            machine_turn(&desk->machine);
        }
        assert_int_equal(desk->machine.snapshot.slice, SLICE_FLYING);
        mem_free(bytes);
    }
}

static void a_slice_of_unknown_fate_is_settled_by_the_mark(void **state)
{
    for (int is_in = 0; is_in <= 1; is_in++) {
        struct desk *desk;
        char mark[FORM_SNAP_SIZE];

        if (is_in) desk_tear_down(state);
        desk_set_up(state);
        desk = *state;
        own_and_slice(desk);
        memcpy(mark, desk->machine.snapshot.flying_mark, sizeof mark);
        outbox_reset(&desk->out);
        machine_link_down(&desk->machine, "cut");
        assert_int_equal(desk->slices_ok + desk->slices_failed, 0);
        machine_link_up(&desk->machine, DATASET);
        desk_find(desk, desk_head(desk, 3), OWNER " x", is_in ? mark : NULL);
        assert_int_equal(desk->slices_ok, is_in);
        assert_int_equal(desk->slices_failed, !is_in);
        assert_int_equal(desk->machine.snapshot.covered,
                         is_in ? mirror_position(1, 3) : FORM_CREATION);
        assert_false(desk->machine.snapshot.must_mark);
        desk_answer_renewal(desk, desk_head(desk, 3));
        if (is_in) continue;
        /* The same slice once more has another mark: a late twin cannot be taken for it (S4). */
        machine_turn(&desk->machine);
        assert_int_equal(desk->machine.snapshot.slice, SLICE_FLYING);
        assert_string_not_equal(desk->machine.snapshot.flying_mark, mark);
    }
}

static void lost_slices_make_the_log_after_them_dirty(void **state)
{
    struct desk *desk = *state;

    own_and_slice(desk);
    desk_answer(desk, ASK_SLICE, desk_verdict(desk, 1, ""));
    desk_answer(desk, ASK_TRIM, desk_nil(desk));
    machine_link_down(&desk->machine, "failover");
    machine_link_up(&desk->machine, DATASET);
    desk_find(desk, desk_head(desk, 3), OWNER " x", NULL); /* the mark is gone */
    desk_answer_renewal(desk, desk_head(desk, 3));
    assert_int_equal(desk->machine.snapshot.covered, FORM_CREATION);
    machine_turn(&desk->machine);
    assert_int_equal(desk->machine.snapshot.slice, SLICE_NONE);
    desk_answer(desk, ASK_MARK_RANGE,
                desk_entries(desk,
                             (struct desk_entry[]){
                                 {"0-1", NULL, "0", NULL},
                                 {"1-0", "0-1 0 " DATASET, desk->machine.fence.nonce, NULL},
                                 {"1-1", desk_head(desk, 0), desk->machine.fence.nonce, "a"},
                                 {"1-2", desk_head(desk, 1), desk->machine.fence.nonce, "b"},
                                 {"1-3", desk_head(desk, 2), desk->machine.fence.nonce, "c"},
                             },
                             5));
    assert_int_equal(desk->marks, 3);
    assert_false(desk->machine.snapshot.is_marking);
    desk_assert_quiet(desk);
}

static void a_slice_refused_for_another_owner_fences(void **state)
{
    struct desk *desk = *state;

    own_and_slice(desk);
    desk_answer(desk, ASK_SLICE, desk_verdict(desk, 0, "2-0 " OTHER " " DATASET));
    assert_int_equal(desk->slices_failed, 1);
    assert_int_equal(desk->machine.state, MACHINE_STANDBY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(a_slice_covers_up_to_the_oldest_dirty_record_left),
        DESK_TEST(covered_never_goes_back),
        DESK_TEST(a_slice_waits_until_all_batches_are_sent),
        DESK_TABLE(a_round_pauses_while_batches_come_and_less_the_longer_the_log),
        DESK_TABLE(a_slice_waits_for_a_sweep_until_the_log_is_four_rounds_ahead),
        DESK_TABLE(a_slice_of_unknown_fate_is_settled_by_the_mark),
        DESK_TEST(lost_slices_make_the_log_after_them_dirty),
        DESK_TEST(a_slice_refused_for_another_owner_fences),
    };

    return cmocka_run_group_tests_name("daemon/mirror: slices", tests, NULL, NULL);
}
