/* SPDX-License-Identifier: BSD-2-Clause */
/* A sweep that is behind goes to the mirror in portions, two of them at a time. */
#include "daemon/partition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void two_portions_are_with_the_mirror_at_most(void **state)
{
    struct partition partition = {.serves = true, .next = 10, .committed = 9};

    (void)state;
    assert_true(partition_may_sweep(&partition));
    partition_note_portion(&partition);
    assert_false(partition_may_sweep(&partition)); /* not twice into the same batch */
    partition.next = 11;
    assert_true(partition_may_sweep(&partition)); /* one on disk, one on its way */
    partition_note_portion(&partition);
    partition.next = 12;
    assert_false(partition_may_sweep(&partition));
    partition.committed = 10;
    assert_true(partition_may_sweep(&partition));
    partition_note_portion(&partition);
    partition.next = 20; /* shoppers' batches, which count for nothing */
    assert_false(partition_may_sweep(&partition));
    partition.committed = 11;
    assert_true(partition_may_sweep(&partition));
}

static void what_is_not_behind_waits_for_nothing(void **state)
{
    struct partition partition = {.serves = true, .next = 10, .committed = 3};

    (void)state;
    for (; partition.next < 100; partition.next++)
        assert_true(partition_may_sweep(&partition));
    partition.serves = false;
    assert_false(partition_may_sweep(&partition));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_portions_are_with_the_mirror_at_most),
        cmocka_unit_test(what_is_not_behind_waits_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
