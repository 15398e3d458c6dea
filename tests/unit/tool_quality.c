/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/quality.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"

enum { SMALL = 9, MINUTE_MS = 60000 };

/* ---- the bound ---- */

static size_t best_by_trying(const int64_t *at_ms, unsigned free, size_t count, size_t size,
                             int64_t life_ms);

/* The best with a group of `size` out of `free` that has `chosen`, all from `from` on to choose. */
static size_t try_groups(const int64_t *at_ms, unsigned free, unsigned chosen, size_t from,
                         size_t count, size_t size, int64_t life_ms)
{
    size_t best = 0;

    if ((size_t)__builtin_popcount(chosen) == size) {
        int64_t first = at_ms[__builtin_ctz(chosen)];
        int64_t last = at_ms[31 - __builtin_clz(chosen)];
        if (last - first >= life_ms) return 0;
        return 1 + best_by_trying(at_ms, free & ~chosen, count, size, life_ms);
    }
    for (size_t i = from; i < count; i++) {
        if ((free >> i & 1) == 0) continue;
        size_t groups = try_groups(at_ms, free, chosen | 1U << i, i + 1, count, size, life_ms);
        if (groups > best) best = groups;
    }
    return best;
}

/* Every set of disjoint groups: what the bound must equal. */
static size_t best_by_trying(const int64_t *at_ms, unsigned free, size_t count, size_t size,
                             int64_t life_ms)
{
    return try_groups(at_ms, free, 0, 0, count, size, life_ms);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void the_bound_is_what_trying_everything_finds(void **state)
{
    struct rng rng;
    size_t groups_in_all = 0;

    (void)state;
    rng_seed(&rng, 11);
    for (int round = 0; round < 400; round++) {
        int64_t at_ms[SMALL], life_ms = 1 + (int64_t)rng_below(&rng, 12);
        size_t count = rng_below(&rng, SMALL + 1), size = 2 + rng_below(&rng, 2);
        for (size_t i = 0; i < count; i++)
            at_ms[i] = (int64_t)rng_below(&rng, 30);
        qsort(at_ms, count, sizeof at_ms[0], by_value);
        size_t best = best_by_trying(at_ms, (1U << count) - 1, count, size, life_ms);
        assert_int_equal(bound_groups(at_ms, count, size, life_ms), best);
        groups_in_all += best;
    }
    assert_in_range(groups_in_all, 100, 1500); /* the cases are neither all empty nor all full */
}

static void who_comes_a_life_later_is_too_late(void **state)
{
    const int64_t at_ms[] = {0, 100};

    (void)state;
    assert_int_equal(bound_groups(at_ms, 2, 2, 100), 0);
    assert_int_equal(bound_groups(at_ms, 2, 2, 101), 1);
}

static void campaigns_do_not_help_each_other(void **state)
{
    struct arrival items[] = {{.at_ms = 1, .campaign = 1},
                              {.at_ms = 2, .campaign = 0},
                              {.at_ms = 3, .campaign = 1},
                              {.at_ms = 4, .campaign = 2},
                              {.at_ms = 5, .campaign = 1}};
    const struct arrivals arrivals = {.items = items, .count = 5, .campaigns = 3};

    (void)state;
    assert_int_equal(bound_rooms(&arrivals, 2, 100), 1);
    assert_int_equal(bound_rooms(&arrivals, 3, 100), 1);
    assert_int_equal(bound_rooms(&arrivals, 4, 100), 0);
}

/* ---- arrivals ---- */

static struct arrivals read_text(const char *text, bool each)
{
    struct arrivals arrivals;
    const struct arrivals_recorded source = {
        .file = fmemopen((void *)(uintptr_t)text, strlen(text), "r"),
        .life_ms = MINUTE_MS,
        .each = each};

    assert_non_null(source.file);
    arrivals_read(&source, &arrivals);
    fclose(source.file);
    return arrivals;
}

static const char rows[] = "ann,1,tea,buy,1000\n"
                           "bob,1,tea,pv,1001\n"
                           "ann,2,tea,cart,1059\n"  /* may still be waiting */
                           "ann,2,rice,cart,1059\n" /* another campaign */
                           "ann,2,tea,cart,1060\n"  /* her first room is over */
                           "nonsense\n"
                           "ann,2,tea,buy,1061\n";

static void a_user_who_may_still_wait_is_one_shopper(void **state)
{
    struct arrivals arrivals = read_text(rows, false);

    (void)state;
    assert_int_equal(arrivals.count, 3);
    assert_int_equal(arrivals.again, 2);
    assert_int_equal(arrivals.skipped, 1);
    assert_int_equal(arrivals.users, 1);
    assert_int_equal(arrivals.campaigns, 2);
    assert_int_equal(arrivals.items[2].at_ms, 1060000);
    assert_int_equal(arrivals.items[2].user, arrivals.items[0].user);
    assert_int_equal(arrivals.items[2].campaign, arrivals.items[0].campaign);
    assert_int_not_equal(arrivals.items[1].campaign, arrivals.items[0].campaign);
    arrivals_free(&arrivals);
}

static void each_row_can_be_a_shopper(void **state)
{
    struct arrivals arrivals = read_text(rows, true);

    (void)state;
    assert_int_equal(arrivals.count, 5);
    assert_int_equal(arrivals.users, 5);
    assert_int_equal(arrivals.again, 0);
    arrivals_free(&arrivals);
}

static struct arrivals generate(enum arrivals_kind kind, uint64_t seed)
{
    const struct arrivals_generated source = {.kind = kind,
                                              .seed = seed,
                                              .shoppers = 3000,
                                              .campaigns = 100,
                                              .span_ms = 60 * MINUTE_MS,
                                              .burst_ms = 2 * MINUTE_MS,
                                              .zipf = 1};
    struct arrivals arrivals;

    arrivals_generate(&source, &arrivals);
    return arrivals;
}

static void generated_arrivals_come_in_order_and_again_by_their_seed(void **state)
{
    (void)state;
    for (enum arrivals_kind kind = ARRIVALS_POISSON; kind <= ARRIVALS_BURST; kind++) {
        struct arrivals a = generate(kind, 5), b = generate(kind, 5), c = generate(kind, 6);
        assert_int_equal(a.count, 3000);
        assert_memory_equal(a.items, b.items, a.count * sizeof *a.items);
        assert_memory_not_equal(a.items, c.items, a.count * sizeof *a.items);
        for (size_t i = 1; i < a.count; i++)
            assert_true(a.items[i].at_ms >= a.items[i - 1].at_ms);
        arrivals_free(&a);
        arrivals_free(&b);
        arrivals_free(&c);
    }
}

static void the_first_campaign_draws_most(void **state)
{
    struct arrivals arrivals = generate(ARRIVALS_POISSON, 5);
    size_t counts[100] = {0};

    (void)state;
    for (size_t i = 0; i < arrivals.count; i++)
        counts[arrivals.items[i].campaign]++;
    /* 1 / (1 + 1/2 + … + 1/100) is 19.3 % of 3000: 578, with a deviation of 22 */
    assert_in_range(counts[0], 468, 688);
    assert_in_range(counts[99], 0, 25);
    arrivals_free(&arrivals);
}

/* ---- runs ---- */

static struct quality_result run(const struct arrivals *arrivals, enum tuan_match match,
                                 bool merges, int64_t size, int64_t open_pct, int64_t link_pct)
{
    const struct quality_rules rules = {.match = match,
                                        .merges = merges,
                                        .size = size,
                                        .life_ms = 10 * MINUTE_MS,
                                        .open_pct = open_pct,
                                        .link_pct = link_pct};
    struct quality_result *result = mem_zalloc(sizeof *result);

    quality_run(arrivals, &rules, NULL, NULL, result);
    struct quality_result out = *result;
    mem_free(result);
    return out;
}

static void who_is_matched_waits_for_the_last(void **state)
{
    struct arrival items[] = {{.at_ms = 1000, .user = 0},
                              {.at_ms = 4000, .user = 1},
                              {.at_ms = 9000, .user = 2},
                              {.at_ms = 9500, .user = 3}};
    const struct arrivals arrivals = {.items = items, .count = 4, .campaigns = 1, .users = 4};
    struct quality_result result = run(&arrivals, TUAN_MATCH_NEARLY_FULL, false, 3, 0, 0);

    (void)state;
    assert_int_equal(result.seated, 3);
    assert_int_equal(result.opened, 2);
    assert_int_equal(result.formed, 1);
    assert_int_equal(result.failed[TUAN_REASON_DEADLINE], 1);
    assert_int_equal(result.wait_ms.max, 8000);
    assert_int_equal(histogram_percentile(&result.wait_ms, 1), 0);
    assert_int_equal(result.refused, 0);
}

/* All open their own room: only a merge, at the first deadline, seats anybody. */
static void a_merge_seats_who_sat_alone(void **state)
{
    struct arrival items[] = {{.at_ms = 0, .user = 0},
                              {.at_ms = MINUTE_MS, .user = 1},
                              {.at_ms = 2 * MINUTE_MS, .user = 2}};
    const struct arrivals arrivals = {.items = items, .count = 3, .campaigns = 1, .users = 3};
    struct quality_result off = run(&arrivals, TUAN_MATCH_OLDEST, false, 3, 100, 0);
    struct quality_result on = run(&arrivals, TUAN_MATCH_OLDEST, true, 3, 100, 0);

    (void)state;
    assert_int_equal(off.seated, 0);
    assert_int_equal(off.failed[TUAN_REASON_DEADLINE], 3);
    assert_int_equal(on.seated, 3);
    assert_int_equal(on.failed[TUAN_REASON_MERGED_AWAY], 2);
    assert_int_equal(on.wait_ms.max, 10 * MINUTE_MS);
}

static void a_link_leads_into_its_room_while_that_has_a_seat(void **state)
{
    struct arrival items[] = {{.at_ms = 0, .user = 0},
                              {.at_ms = 1, .user = 1},
                              {.at_ms = 2, .user = 2},
                              {.at_ms = 3, .user = 3}};
    const struct arrivals arrivals = {.items = items, .count = 4, .campaigns = 1, .users = 4};
    struct quality_result result = run(&arrivals, TUAN_MATCH_NEARLY_FULL, false, 3, 0, 100);

    (void)state;
    /* The first has no link to follow; the fourth's room is formed. */
    assert_int_equal(result.links, 3);
    assert_int_equal(result.links_dead, 1);
    assert_int_equal(result.formed, 1);
    assert_int_equal(result.refused, 0);
}

static void no_policy_beats_the_bound_and_merging_helps(void **state)
{
    static const enum tuan_match policies[] = {TUAN_MATCH_NEARLY_FULL, TUAN_MATCH_OLDEST,
                                               TUAN_MATCH_SPREAD};

    (void)state;
    for (enum arrivals_kind kind = ARRIVALS_POISSON; kind <= ARRIVALS_BURST; kind++) {
        struct arrivals arrivals = generate(kind, 7);
        int64_t bound = bound_rooms(&arrivals, 5, 10 * MINUTE_MS);
        assert_in_range(bound, 100, 599);
        for (size_t i = 0; i < 3; i++) {
            struct quality_result off = run(&arrivals, policies[i], false, 5, 30, 20);
            struct quality_result on = run(&arrivals, policies[i], true, 5, 30, 20);
            assert_int_equal(off.refused + on.refused, 0);
            assert_int_equal(off.seated, off.formed * 5);
            assert_int_equal(on.seated, on.formed * 5);
            assert_in_range(on.formed, off.formed + 1, bound);
            assert_in_range(on.formed * 100, bound * 90, bound * 100);
        }
        arrivals_free(&arrivals);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_is_what_trying_everything_finds),
        cmocka_unit_test(who_comes_a_life_later_is_too_late),
        cmocka_unit_test(campaigns_do_not_help_each_other),
        cmocka_unit_test(a_user_who_may_still_wait_is_one_shopper),
        cmocka_unit_test(each_row_can_be_a_shopper),
        cmocka_unit_test(generated_arrivals_come_in_order_and_again_by_their_seed),
        cmocka_unit_test(the_first_campaign_draws_most),
        cmocka_unit_test(who_is_matched_waits_for_the_last),
        cmocka_unit_test(a_merge_seats_who_sat_alone),
        cmocka_unit_test(a_link_leads_into_its_room_while_that_has_a_seat),
        cmocka_unit_test(no_policy_beats_the_bound_and_merging_helps),
    };

    return cmocka_run_group_tests_name("tool/quality", tests, NULL, NULL);
}
