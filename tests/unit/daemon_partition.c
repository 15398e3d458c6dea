/* SPDX-License-Identifier: BSD-2-Clause */
/* A sweep that is behind goes to the mirror in portions, two of them at a time. */
#include "daemon/partition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "daemon/feed_ring.h"

enum { ROOMS = 100, PORTION = 10, OPENED_MS = 1000000, LIFE_MS = 3600000, DUE_MS = 4600000 };

struct shop {
    struct rng rng;
    struct partition partition;
};

static void random_bytes(void *context, void *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)out)[i] = (unsigned char)rng_u64(context);
}

static void ignore_fact(void *context, uint32_t partition, uint64_t position,
                        const struct tuan_fact *fact)
{
    (void)context;
    (void)partition;
    (void)position;
    (void)fact;
}

static void ask(struct partition *partition, const struct tuan_command *command)
{
    struct engine_answer answer;

    engine_apply(partition->engine, command, OPENED_MS, &answer);
    assert_int_equal(answer.reply.err, TUAN_OK);
    partition_collect(partition, OPENED_MS);
    partition_freeze(partition, NULL);
}

/* A hundred rooms that fall due in one millisecond. */
static int open_shop(void **state)
{
    static struct shop shop;
    const struct engine_config config = {
        .hash_seed = 1, .random = random_bytes, .random_context = &shop.rng};
    struct tuan_command put = {.id = TUAN_CMD_CAMPAIGN_PUT}, open = {.id = TUAN_CMD_ROOM_OPEN};
    char id[16];

    rng_seed(&shop.rng, 7);
    partition_init(&shop.partition, 0, &config, false);
    shop.partition.on_fact = ignore_fact;
    shop.partition.ring = feed_ring_create(10);
    partition_start_empty(&shop.partition, 1);
    put.arg.campaign = TUAN_STR("tea");
    put.rules.payment = TUAN_PAYMENT_NONE;
    put.rules.room_ttl_ms = LIFE_MS;
    put.rules.one_open_per_user = 0;
    put.rules.given = UINT64_C(1) << TUAN_PARAM_payment | UINT64_C(1) << TUAN_PARAM_room_ttl_ms |
                      UINT64_C(1) << TUAN_PARAM_one_open_per_user;
    ask(&shop.partition, &put);
    open.arg = tuan_args_default;
    open.arg.campaign = TUAN_STR("tea");
    open.arg.user = TUAN_STR("ann");
    for (int i = 0; i < ROOMS; i++) {
        snprintf(id, sizeof id, "o%d", i);
        open.arg.order = (struct tuan_str){id, (uint32_t)strlen(id)};
        ask(&shop.partition, &open);
    }
    *state = &shop.partition;
    return 0;
}

static int close_shop(void **state)
{
    struct partition *partition = *state;

    partition_close(partition);
    feed_ring_destroy(partition->ring);
    return 0;
}

static int64_t open_rooms(const struct partition *partition)
{
    struct engine_totals totals;

    engine_totals(partition->engine, &totals);
    return totals.rooms_open;
}

static void two_portions_are_with_the_mirror_at_most(void **state)
{
    struct partition *partition = *state;
    uint64_t committed = partition->committed;
    int turns = 0;

    /* A mirror that commits a batch in every third turn. */
    for (; open_rooms(partition) > 0; turns++) {
        int64_t before = open_rooms(partition);
        assert_in_range(turns, 0, 10 * ROOMS);
        if (partition_may_sweep(partition)) {
            bool is_behind = partition_sweep(partition, DUE_MS, PORTION);
            assert_in_range(before - open_rooms(partition), 0, PORTION);
            if (partition->has_facts) assert_int_equal(is_behind, !partition_may_sweep(partition));
        }
        partition_freeze(partition, NULL);
        if (turns % 3 == 0 && committed < partition->next - 1) committed++;
        partition->committed = committed;
        assert_in_range(partition->next - 1 - committed, 0, 2);
    }
    assert_in_range(turns, 2 * ROOMS / PORTION, 10 * ROOMS);
}

static void what_is_not_behind_waits_for_nothing(void **state)
{
    struct partition *partition = *state;
    uint64_t committed = partition->committed;

    for (int i = 0; i < 5; i++) { /* shoppers' batches, none of them committed */
        partition->has_facts = true;
        partition_freeze(partition, NULL);
        partition->committed = committed;
        assert_true(partition_may_sweep(partition));
    }
    assert_false(partition_sweep(partition, DUE_MS, SIZE_MAX / 2));
    assert_int_equal(open_rooms(partition), 0);
    assert_true(partition_may_sweep(partition));
    partition->serves = false;
    assert_false(partition_may_sweep(partition));
}

static void it_is_behind_while_something_is_due(void **state)
{
    struct partition *partition = *state;

    assert_false(partition_sweep(partition, OPENED_MS, SIZE_MAX / 2));
    assert_false(partition->is_behind);
    assert_true(partition_sweep(partition, DUE_MS, PORTION));
    assert_true(partition->is_behind);
    /* A command may retire the rest: the next sweep finds nothing to do, and says so. */
    assert_false(engine_expire(partition->engine, DUE_MS, SIZE_MAX / 2));
    assert_false(partition_sweep(partition, DUE_MS, PORTION));
    assert_false(partition->is_behind);
    partition_freeze(partition, NULL);
    assert_int_equal(open_rooms(partition), 0);
}

static void a_dropped_partition_is_not_behind(void **state)
{
    struct partition *partition = *state;

    assert_true(partition_sweep(partition, DUE_MS, PORTION));
    partition_drop(partition);
    assert_false(partition->is_behind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_portions_are_with_the_mirror_at_most, open_shop,
                                        close_shop),
        cmocka_unit_test_setup_teardown(what_is_not_behind_waits_for_nothing, open_shop,
                                        close_shop),
        cmocka_unit_test_setup_teardown(it_is_behind_while_something_is_due, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(a_dropped_partition_is_not_behind, open_shop, close_shop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
