/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies that wait: their order, several positions at once, and what stands in for those that come
 * too late. Here the queue alone; daemon_conn.c has it behind a socket. */
#include "daemon/park.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

enum { TIMEOUT_MS = 5000 };

struct world {
    struct park park;
    struct park_queue queue, other;
    uint64_t committed[DISPATCH_PARTITIONS_MAX];
    int advances, other_advances;
};

static bool world_is_committed(void *context, uint32_t partition, uint64_t position)
{
    const struct world *world = context;
    return position <= world->committed[partition];
}

static void world_advance(void *context, struct list *link)
{
    struct world *world = context;
    if (link == &world->other.link) {
        world->other_advances++;
        return;
    }
    assert_ptr_equal(link, &world->queue.link);
    world->advances++;
}

static void world_init(struct world *world)
{
    const struct park_config config = {world, world_is_committed, world_advance};

    memset(world, 0, sizeof *world);
    park_init(&world->park, &config);
}

static void world_end(struct world *world)
{
    park_clear(&world->park, &world->queue);
    park_clear(&world->park, &world->other);
    park_destroy(&world->park);
}

static void world_commit(struct world *world, uint32_t partition, uint64_t position)
{
    world->committed[partition] = position;
    park_committed(&world->park, partition, position);
}

static struct dispatch_answer waiting_for(uint32_t partition, uint64_t position)
{
    struct dispatch_answer answer = {.is_write = true, .wait_count = 1};

    answer.waits[0] = (struct dispatch_wait){partition, position};
    return answer;
}

static void add(struct world *world, const struct dispatch_answer *answer, uint32_t msgid)
{
    park_add(&world->park, &world->queue, answer, &(struct park_reply){10, msgid, TIMEOUT_MS});
}

static void assert_take(struct world *world, int64_t boot_ms, enum park_fate fate, uint32_t msgid)
{
    struct park_entry entry;

    assert_int_equal(park_take(&world->park, &world->queue, boot_ms, &entry), fate);
    if (fate == PARK_WAITS) return;
    assert_int_equal(entry.msgid, msgid);
    assert_int_equal(entry.bytes, 10);
}

static void a_reply_waits_only_for_what_is_not_committed(void **state)
{
    struct world world;
    struct dispatch_answer old = waiting_for(0, 3), fresh = waiting_for(0, 4);

    (void)state;
    world_init(&world);
    world.committed[0] = 3;
    assert_false(park_must_wait(&world.park, &world.queue, NULL));
    assert_false(park_must_wait(&world.park, &world.queue, &old));
    assert_true(park_must_wait(&world.park, &world.queue, &fresh));
    add(&world, &fresh, 1);
    assert_true(park_must_wait(&world.park, &world.queue, NULL)); /* behind it, everything waits */
    world_end(&world);
}

static void replies_leave_in_order_at_their_commit(void **state)
{
    struct world world;
    struct dispatch_answer later = waiting_for(0, 5), sooner = waiting_for(1, 1);

    (void)state;
    world_init(&world);
    add(&world, &later, 1);
    add(&world, &sooner, 2);
    add(&world, NULL, 3);
    world_commit(&world, 1, 1); /* the second's, but the first is not done */
    assert_int_equal(world.advances, 0);
    assert_take(&world, 0, PARK_WAITS, 0);
    world_commit(&world, 0, 4);
    assert_int_equal(world.advances, 0);
    world_commit(&world, 0, 5);
    assert_int_equal(world.advances, 1);
    assert_take(&world, 0, PARK_LEAVES, 1);
    assert_take(&world, 0, PARK_LEAVES, 2);
    assert_take(&world, 0, PARK_LEAVES, 3);
    assert_take(&world, 0, PARK_WAITS, 0);
    assert_int_equal(world.park.entries, 0);
    world_end(&world);
}

static void a_commit_wakes_those_it_concerns_only(void **state)
{
    struct world world;
    struct dispatch_answer later = waiting_for(0, 5), sooner = waiting_for(0, 4);
    struct park_entry entry;

    (void)state;
    world_init(&world);
    add(&world, &later, 1);
    park_add(&world.park, &world.other, &sooner, &(struct park_reply){10, 2, TIMEOUT_MS});
    world_commit(&world, 0, 4);
    assert_int_equal(world.advances, 0);
    assert_int_equal(world.other_advances, 1);
    assert_int_equal(park_take(&world.park, &world.other, 0, &entry), PARK_LEAVES);
    world_commit(&world, 0, 5);
    assert_int_equal(world.advances, 1);
    assert_int_equal(world.other_advances, 1);
    assert_take(&world, 0, PARK_LEAVES, 1);
    world_end(&world);
}

static void a_reply_waits_for_several_partitions(void **state)
{
    struct world world;
    struct dispatch_answer answer = {.wait_count = 3};

    (void)state;
    world_init(&world);
    answer.waits[0] = (struct dispatch_wait){2, 7};
    answer.waits[1] = (struct dispatch_wait){0, 1};
    answer.waits[2] = (struct dispatch_wait){9, 4};
    world.committed[0] = 1; /* one of them is done already */
    add(&world, &answer, 1);
    assert_int_equal(world.queue.replies, 1);
    world_commit(&world, 9, 4);
    assert_int_equal(world.advances, 0);
    world_commit(&world, 2, 8);
    assert_int_equal(world.advances, 1);
    assert_take(&world, 0, PARK_LEAVES, 1);
    assert_take(&world, 0, PARK_WAITS, 0);
    world_end(&world);
}

static void a_late_reply_is_replaced_also_behind_a_gate(void **state)
{
    struct world world;
    struct dispatch_answer two = {.wait_count = 2}, one = waiting_for(0, 2);

    (void)state;
    world_init(&world);
    two.waits[0] = (struct dispatch_wait){0, 1};
    two.waits[1] = (struct dispatch_wait){1, 1};
    add(&world, &two, 1);
    add(&world, &one, 2);
    add(&world, NULL, 3);
    assert_int_equal(park_deadline_ms(&world.queue), TIMEOUT_MS);
    assert_take(&world, TIMEOUT_MS - 1, PARK_WAITS, 0);
    assert_take(&world, TIMEOUT_MS, PARK_REPLACED, 1);
    assert_take(&world, TIMEOUT_MS, PARK_REPLACED, 2);
    assert_take(&world, TIMEOUT_MS, PARK_LEAVES, 3); /* waited for the others only */
    assert_int_equal(park_deadline_ms(&world.queue), INT64_MAX);
    world_end(&world);
}

static void what_was_dropped_stays_lost_whatever_is_committed_later(void **state)
{
    struct world world;
    struct dispatch_answer other = waiting_for(1, 1), lost = waiting_for(0, 2),
                           fresh = waiting_for(0, 9);

    (void)state;
    world_init(&world);
    add(&world, &other, 1);
    add(&world, &lost, 2);
    park_dropped(&world.park, 0);
    assert_int_equal(world.advances, 0); /* its head waits for another partition */
    add(&world, &fresh, 3);
    world_commit(&world, 0, 8); /* a new epoch's positions are higher than the lost one */
    world_commit(&world, 1, 1);
    assert_int_equal(world.advances, 1);
    assert_take(&world, 0, PARK_LEAVES, 1);
    assert_take(&world, 0, PARK_REPLACED, 2);
    assert_take(&world, 0, PARK_WAITS, 0);
    world_commit(&world, 0, 9);
    assert_take(&world, 0, PARK_LEAVES, 3);
    world_end(&world);
}

static void order_holds_under_random_commits(void **state)
{
    struct world world;
    struct rng rng;
    uint64_t next[3] = {1, 1, 1};
    uint32_t in = 0, out = 0;

    (void)state;
    rng_seed(&rng, 1);
    world_init(&world);
    for (int step = 0; step < 20000; step++) {
        uint32_t partition = (uint32_t)rng_below(&rng, 3);
        if (rng_chance(&rng, 0.7)) {
            struct dispatch_answer answer = {.wait_count = (uint32_t)rng_below(&rng, 4)};
            for (uint32_t i = 0; i < answer.wait_count; i++)
                answer.waits[i] = (struct dispatch_wait){i, next[i]};
            if (park_must_wait(&world.park, &world.queue, &answer)) add(&world, &answer, in++);
        } else {
            world_commit(&world, partition, next[partition]++);
        }
        struct park_entry entry;
        while (park_take(&world.park, &world.queue, 0, &entry) == PARK_LEAVES)
            assert_int_equal(entry.msgid, out++);
        assert_int_equal(world.park.entries, in - out);
    }
    assert_true(out > 1000);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_waits_only_for_what_is_not_committed),
        cmocka_unit_test(replies_leave_in_order_at_their_commit),
        cmocka_unit_test(a_commit_wakes_those_it_concerns_only),
        cmocka_unit_test(a_reply_waits_for_several_partitions),
        cmocka_unit_test(a_late_reply_is_replaced_also_behind_a_gate),
        cmocka_unit_test(what_was_dropped_stays_lost_whatever_is_committed_later),
        cmocka_unit_test(order_holds_under_random_commits),
    };
    return cmocka_run_group_tests_name("daemon/park", tests, NULL, NULL);
}
