/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is told of which change, when, and how often. */
#include "daemon/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CLAIM(name) static void name(void **state __attribute__((unused)))

enum { PEERS = 3, CROWD = WATCH_TELLS_MAX + 10 };

/* What was told, as "a2" (watcher a: room 2 changed), "a!2" (time is up), "a?2" (lost). */
struct world {
    struct watch *watch;
    struct watcher peers[PEERS];
    struct watcher *doomed; /* ended by whoever is told first */
    uint64_t committed;
    int64_t boot_ms;
    int crowd_told;
    char told[256];
};

static bool world_may_show(void *context, uint32_t partition, uint64_t position)
{
    const struct world *world = context;

    return partition == 0 && position <= world->committed;
}

static void world_tell(void *context, struct watcher *watcher, struct tuan_id room,
                       enum watch_why why)
{
    static const char *const marks[] = {
        [WATCH_CHANGED] = "", [WATCH_TIME_UP] = "!", [WATCH_LOST] = "?"};
    struct world *world = context;
    struct watcher *doomed = world->doomed;
    size_t len = strlen(world->told);

    if (watcher < world->peers || watcher >= world->peers + PEERS) {
        world->crowd_told++;
        return;
    }
    snprintf(world->told + len, sizeof world->told - len, "%s%c%s%d", len > 0 ? " " : "",
             (char)('a' + (watcher - world->peers)), marks[why], (int)room.lo);
    world->doomed = NULL;
    if (doomed != NULL) watch_end(world->watch, doomed);
}

static void world_init(struct world *world)
{
    const struct watch_config config = {
        .context = world, .may_show = world_may_show, .tell = world_tell};

    *world = (struct world){.boot_ms = 1000};
    world->watch = watch_create(&config, world->boot_ms);
}

static void world_end(struct world *world)
{
    for (int i = 0; i < PEERS; i++)
        watch_end(world->watch, &world->peers[i]);
    assert_int_equal(watch_count(world->watch), 0);
    watch_destroy(world->watch);
}

static struct tuan_id room_of(int number)
{
    return (struct tuan_id){.lo = (uint64_t)number};
}

static void change(struct world *world, int room, const char *campaign, uint64_t position)
{
    struct tuan_fact fact = {.type = TUAN_FACT_SEAT_RELEASED};

    TUAN_SET(seat_released_fact, &fact.seat_released, campaign,
             ((struct tuan_str){campaign, (uint32_t)strlen(campaign)}));
    TUAN_SET(seat_released_fact, &fact.seat_released, room, room_of(room));
    watch_fact(world->watch, 0, position, &fact);
}

static void assert_told(struct world *world, int64_t ms, const char *expected)
{
    world->boot_ms += ms;
    watch_turn(world->watch, world->boot_ms);
    assert_string_equal(world->told, expected);
    world->told[0] = '\0';
}

CLAIM(watchers_are_told_of_their_room_once_it_may_be_shown)
{
    struct world world;

    world_init(&world);
    watch_room(world.watch, &world.peers[0], room_of(1));
    watch_room(world.watch, &world.peers[1], room_of(1));
    watch_room(world.watch, &world.peers[2], room_of(2));
    change(&world, 1, "c", 7);
    change(&world, 3, "c", 7);
    assert_told(&world, 0, "");
    assert_int_equal(watch_due(world.watch), 2);
    world.committed = 7;
    assert_told(&world, 1, "a1 b1");
    assert_int_equal(watch_due(world.watch), 0);
    assert_told(&world, 1000, "");
    change(&world, 2, "c", 7);
    assert_told(&world, 0, "c2");
    world_end(&world);
}

CLAIM(changes_within_the_pause_are_told_once_at_its_end)
{
    struct world world;

    world_init(&world);
    world.committed = 9;
    watch_room(world.watch, &world.peers[0], room_of(1));
    change(&world, 1, "c", 1);
    assert_told(&world, 0, "a1");
    for (int i = 0; i < 5; i++) {
        change(&world, 1, "c", 2);
        assert_told(&world, 9, "");
        assert_int_equal(watch_due(world.watch), 1);
    }
    assert_true(watch_next_ms(world.watch) <= world.boot_ms + 5);
    assert_told(&world, 5, "a1");
    assert_told(&world, WATCH_PAUSE_MS, "");
    change(&world, 1, "c", 3);
    assert_told(&world, 0, "a1");
    world_end(&world);
}

CLAIM(a_change_after_the_one_that_waits_is_told_after_it)
{
    struct world world;

    world_init(&world);
    watch_room(world.watch, &world.peers[0], room_of(1));
    change(&world, 1, "c", 5);
    change(&world, 1, "c", 6);
    world.committed = 5;
    assert_told(&world, 0, "a1"); /* the reader is shown no more than is committed */
    change(&world, 1, "c", 7);
    assert_told(&world, WATCH_PAUSE_MS, "");
    world.committed = 7;
    assert_told(&world, 0, "a1");
    world_end(&world);
}

CLAIM(a_campaign_s_watchers_are_told_of_all_its_rooms)
{
    struct world world;

    world_init(&world);
    world.committed = 9;
    watch_campaign(world.watch, &world.peers[0], TUAN_STR("c"));
    watch_room(world.watch, &world.peers[1], room_of(2));
    change(&world, 1, "c", 1);
    change(&world, 2, "c", 1);
    change(&world, 3, "d", 1);
    assert_int_equal(watch_due(world.watch), 3);
    assert_told(&world, 0, "a1 a2 b2");
    assert_int_equal(watch_due(world.watch), 0);
    change(&world, 1, "c", 1);
    assert_told(&world, WATCH_PAUSE_MS - 1, "");
    assert_told(&world, 1, "a1");
    watch_end(world.watch, &world.peers[0]);
    change(&world, 1, "c", 1);
    assert_told(&world, 2 * WATCH_PAUSE_MS, "");
    world_end(&world);
}

CLAIM(time_is_up_once_and_ends_the_watch)
{
    struct world world;

    world_init(&world);
    watch_room(world.watch, &world.peers[0], room_of(1));
    watch_until(world.watch, &world.peers[0], world.boot_ms + 100);
    assert_true(watch_next_ms(world.watch) <= world.boot_ms + 100);
    assert_told(&world, 99, "");
    assert_told(&world, 1, "a!1");
    assert_int_equal(watch_count(world.watch), 0);
    assert_told(&world, 1000, "");
    world_end(&world);
}

CLAIM(a_loss_is_told_to_all_and_what_waited_is_forgotten)
{
    struct world world;

    world_init(&world);
    watch_room(world.watch, &world.peers[0], room_of(1));
    watch_campaign(world.watch, &world.peers[1], TUAN_STR("c"));
    change(&world, 1, "c", 5);
    change(&world, 2, "c", 5);
    watch_dropped(world.watch);
    assert_int_equal(watch_due(world.watch), 2);
    assert_told(&world, 0, "a?1 b?0");
    assert_int_equal(watch_due(world.watch), 0);
    change(&world, 1, "c", 3);
    world.committed = 3;
    assert_told(&world, 0, "b1 a1");
    world_end(&world);
}

CLAIM(who_is_told_may_end_another)
{
    struct world world;

    world_init(&world);
    world.committed = 9;
    for (int i = 0; i < PEERS; i++)
        watch_room(world.watch, &world.peers[i], room_of(1));
    world.doomed = &world.peers[1];
    change(&world, 1, "c", 1);
    assert_told(&world, 0, "a1 c1");
    assert_int_equal(watch_due(world.watch), 0);
    watch_end(world.watch, &world.peers[0]);
    watch_end(world.watch, &world.peers[2]);
    for (int i = 0; i < PEERS; i++)
        watch_campaign(world.watch, &world.peers[i], TUAN_STR("c"));
    world.doomed = &world.peers[1];
    change(&world, 2, "c", 1);
    assert_told(&world, 0, "a2 c2");
    world_end(&world);
}

CLAIM(a_crowd_is_told_over_several_turns)
{
    static struct watcher crowd[CROWD];
    struct world world;

    world_init(&world);
    world.committed = 9;
    for (int i = 0; i < CROWD; i++)
        watch_room(world.watch, &crowd[i], room_of(1));
    change(&world, 1, "c", 1);
    assert_told(&world, 0, "");
    assert_int_equal(world.crowd_told, WATCH_TELLS_MAX);
    assert_int_equal(watch_due(world.watch), CROWD - WATCH_TELLS_MAX);
    watch_end(world.watch, &crowd[CROWD - 1]);
    watch_end(world.watch, &crowd[0]);
    assert_int_equal(watch_due(world.watch), CROWD - WATCH_TELLS_MAX - 1);
    assert_int_equal(watch_next_ms(world.watch), world.boot_ms);
    assert_told(&world, 0, "");
    assert_int_equal(world.crowd_told, CROWD - 1);
    assert_int_equal(watch_due(world.watch), 0);
    for (int i = 0; i < CROWD; i++)
        watch_end(world.watch, &crowd[i]);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watchers_are_told_of_their_room_once_it_may_be_shown),
        cmocka_unit_test(changes_within_the_pause_are_told_once_at_its_end),
        cmocka_unit_test(a_change_after_the_one_that_waits_is_told_after_it),
        cmocka_unit_test(a_campaign_s_watchers_are_told_of_all_its_rooms),
        cmocka_unit_test(time_is_up_once_and_ends_the_watch),
        cmocka_unit_test(a_loss_is_told_to_all_and_what_waited_is_forgotten),
        cmocka_unit_test(who_is_told_may_end_another),
        cmocka_unit_test(a_crowd_is_told_over_several_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
