/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

static void wheel_hands_out_in_order_and_not_early(void **state)
{
    struct wheel wheel;
    struct wheel_node nodes[3] = {{0}};

    (void)state;
    wheel_init(&wheel, 1000);
    wheel_add(&wheel, &nodes[0], 90000);
    wheel_add(&wheel, &nodes[1], 1005);
    wheel_add(&wheel, &nodes[2], 5000);
    assert_int_equal(wheel_next_ms(&wheel), 1005);
    assert_null(wheel_pop_due(&wheel, 1004));
    assert_null(wheel_peek(&wheel));
    assert_true(wheel_prepare(&wheel, 90000, 10));
    assert_ptr_equal(wheel_peek(&wheel), &nodes[1]);
    assert_ptr_equal(wheel_pop_due(&wheel, 90000), &nodes[1]);
    assert_null(wheel_peek(&wheel));
    assert_ptr_equal(wheel_pop_due(&wheel, 90000), &nodes[2]);
    assert_ptr_equal(wheel_pop_due(&wheel, 90000), &nodes[0]);
    assert_null(wheel_pop_due(&wheel, 90000));
    assert_int_equal(wheel_count(&wheel), 0);
    assert_true(wheel_next_ms(&wheel) == INT64_MAX);
}

static void wheel_remove_disarms_and_may_be_repeated(void **state)
{
    struct wheel wheel;
    struct wheel_node node = {0};

    (void)state;
    wheel_init(&wheel, 0);
    assert_false(wheel_is_armed(&node));
    wheel_remove(&wheel, &node);
    wheel_add(&wheel, &node, 77);
    assert_true(wheel_is_armed(&node));
    wheel_remove(&wheel, &node);
    wheel_remove(&wheel, &node);
    assert_false(wheel_is_armed(&node));
    assert_null(wheel_pop_due(&wheel, 1000));
    wheel_add(&wheel, &node, 1001);
    assert_ptr_equal(wheel_pop_due(&wheel, 1001), &node);
    assert_false(wheel_is_armed(&node));
}

static void wheel_takes_the_ends_of_time(void **state)
{
    struct wheel wheel;
    struct wheel_node first = {0}, zero = {0}, last = {0};

    (void)state;
    wheel_init(&wheel, INT64_MIN);
    wheel_add(&wheel, &last, INT64_MAX);
    wheel_add(&wheel, &zero, 0);
    wheel_add(&wheel, &first, INT64_MIN);
    assert_true(wheel_next_ms(&wheel) == INT64_MIN);
    assert_ptr_equal(wheel_pop_due(&wheel, INT64_MIN), &first);
    assert_null(wheel_pop_due(&wheel, -1));
    assert_ptr_equal(wheel_pop_due(&wheel, INT64_MAX - 1), &zero);
    assert_null(wheel_pop_due(&wheel, INT64_MAX - 1));
    assert_ptr_equal(wheel_pop_due(&wheel, INT64_MAX), &last);
}

static void wheel_hands_out_a_latecomer_next(void **state)
{
    struct wheel wheel;
    struct wheel_node soon = {0}, late = {0}, later = {0};

    (void)state;
    wheel_init(&wheel, 1000);
    wheel_add(&wheel, &soon, 1001);
    wheel_add(&wheel, &late, -5);
    wheel_add(&wheel, &later, 999);
    assert_true(wheel_next_ms(&wheel) == -5);
    struct wheel_node *a = wheel_pop_due(&wheel, 1000);
    struct wheel_node *b = wheel_pop_due(&wheel, 1000);

    assert_true((a == &late && b == &later) || (a == &later && b == &late));
    assert_null(wheel_pop_due(&wheel, 1000));
    assert_int_equal(wheel_next_ms(&wheel), 1001);
}

static void wheel_next_is_exact_within_the_block(void **state)
{
    struct wheel wheel;
    struct wheel_node far = {0}, soon = {0}, twin = {0};

    (void)state;
    wheel_init(&wheel, 0);
    wheel_add(&wheel, &far, 5000000);
    assert_null(wheel_pop_due(&wheel, 6400));
    wheel_add(&wheel, &soon, 6405); /* 6400 .. 6463 is one block */
    wheel_add(&wheel, &twin, 6405);
    assert_int_equal(wheel_next_ms(&wheel), 6405);
    assert_non_null(wheel_pop_due(&wheel, 9999));
    assert_int_equal(wheel_next_ms(&wheel), 6405);
}

static void wheel_sorts_a_backlog_when_started_before_it(void **state)
{
    enum { N = 5000 };
    static struct wheel_node nodes[N];
    struct wheel wheel;
    struct rng rng;
    int64_t last_ms = INT64_MIN;

    (void)state;
    rng_seed(&rng, 8);
    wheel_init(&wheel, INT64_MIN);
    for (int i = 0; i < N; i++)
        wheel_add(&wheel, &nodes[i], (int64_t)rng_below(&rng, 100000000));
    for (int i = 0; i < N; i++) {
        struct wheel_node *node = wheel_pop_due(&wheel, 100000000);

        assert_non_null(node);
        assert_true(node->due_ms >= last_ms);
        last_ms = node->due_ms;
    }
}

static void wheel_prepare_bounds_the_work_of_a_full_slot(void **state)
{
    enum { N = 10000, TIMES = 16 };
    static struct wheel_node nodes[N];
    struct wheel wheel;
    int rounds = 0;

    (void)state;
    wheel_init(&wheel, 0);
    for (int i = 0; i < N; i++)
        wheel_add(&wheel, &nodes[i], 86400064 + i % TIMES);
    while (!wheel_prepare(&wheel, 86400200, 100)) {
        assert_true(wheel_next_ms(&wheel) <= 86400064);
        rounds++;
    }
    assert_in_range(rounds, N / 100, WHEEL_LEVELS * N / 100);
    for (int i = 0; i < N; i++)
        assert_int_equal(wheel_pop_due(&wheel, 86400200)->due_ms, 86400064 + i / (N / TIMES));
}

/* Only those before they are found to be a crowd are moved one by one. */
static void wheel_moves_a_crowd_at_once(void **state)
{
    enum { N = 100000, FIRST = 1000 };
    static struct wheel_node nodes[N];
    struct wheel wheel;
    struct wheel_node before = {0}, after = {0};
    int rounds = 0, left = N - 3, unforeseen = 0;

    (void)state;
    wheel_init(&wheel, 0);
    wheel_add(&wheel, &after, 86400124);
    for (int i = 0; i < N; i++)
        wheel_add(&wheel, &nodes[i], 86400123);
    wheel_add(&wheel, &before, 86400122);
    assert_int_equal(wheel_count(&wheel), N + 2);
    const int gone[] = {0, FIRST, N / 2, N - 1};
    for (int i = 0; i < 4; i++)
        wheel_remove(&wheel, &nodes[gone[i]]);
    while (!wheel_prepare(&wheel, 86400122, 100))
        rounds++;
    assert_in_range(rounds, 1, WHEEL_LEVELS * (FIRST + 3) / 100);
    assert_ptr_equal(wheel_peek(&wheel), &before);
    assert_ptr_equal(wheel_pop_due(&wheel, 86400122), &before);
    assert_null(wheel_pop_due(&wheel, 86400122));
    assert_int_equal(wheel_next_ms(&wheel), 86400123);
    assert_true(wheel_prepare(&wheel, 86400124, 1));
    wheel_add(&wheel, &nodes[0], 86400123); /* at that time, and so before the crowd */
    assert_ptr_equal(wheel_peek(&wheel), &nodes[0]);
    const struct wheel_node *foreseen = NULL; /* nothing from the crowd's last on */
    for (const struct wheel_node *next; left > 0; left--) {
        assert_true(wheel_prepare(&wheel, 86400124, 1));
        next = wheel_peek(&wheel);
        assert_int_equal(next->due_ms, 86400123);
        assert_true(foreseen == NULL || foreseen == next);
        foreseen = wheel_peek_after(&wheel, next);
        if (foreseen == NULL) unforeseen++;
        assert_ptr_equal(wheel_pop_due(&wheel, 86400124), next);
    }
    assert_in_range(unforeseen, 1, 2);
    assert_ptr_equal(wheel_pop_due(&wheel, 86400124), &after);
    assert_true(wheel_next_ms(&wheel) == INT64_MAX);
}

static struct wheel_crowd *only_crowd(struct wheel *wheel)
{
    struct wheel_crowd *only = NULL;

    for (int i = 0; i < WHEEL_CROWDS; i++) {
        if (wheel->crowds[i].first == NULL) continue;
        assert_null(only);
        only = &wheel->crowds[i];
    }
    return only;
}

/* Shops end things at midnight, and at whole hours. */
static void wheel_spreads_the_crowds_of_many_days(void **state)
{
    enum { DAYS = WHEEL_CROWDS, EACH = 1100 };
    static struct wheel_node nodes[DAYS][EACH];
    struct wheel wheel;
    int crowds = 0;

    (void)state;
    for (int64_t step_ms = 3600000; step_ms <= 86400000; step_ms *= 24) {
        memset(nodes, 0, sizeof nodes);
        wheel_init(&wheel, 1790000000000);
        for (int day = 0; day < DAYS; day++)
            for (int i = 0; i < EACH; i++)
                wheel_add(&wheel, &nodes[day][i], 1790006400000 + day * step_ms);
        crowds = 0;
        for (int i = 0; i < WHEEL_CROWDS; i++)
            crowds += wheel.crowds[i].first != NULL;
        assert_true(crowds >= WHEEL_CROWDS / 2); /* of dice, 1 - 1/e of all places are taken */
    }
}

/* Nodes of other times, many more of them, between and after its own take nothing of it, and who
 * leaves last leaves nothing behind. */
static void wheel_knows_a_crowd_among_others(void **state)
{
    enum { N = 200000, CROWD = 2000 };
    static struct wheel_node nodes[N];
    struct wheel wheel;

    (void)state;
    wheel_init(&wheel, 0);
    for (int i = 0; i < N; i++)
        wheel_add(&wheel, &nodes[i], i % 3 == 0 && i < 3 * CROWD ? 86400123 : 86400000 + i);
    struct wheel_crowd *crowd = only_crowd(&wheel);
    assert_non_null(crowd);
    assert_int_equal(crowd->file.due_ms, 86400123);
    for (int i = 0; i < CROWD; i++)
        wheel_remove(&wheel, &nodes[3 * i]);
    assert_null(only_crowd(&wheel));
    assert_int_equal(crowd->votes, 0);
    int64_t last_ms = 0;
    for (int i = 0; i < N - CROWD; i++) {
        const struct wheel_node *node = wheel_pop_due(&wheel, INT64_MAX);
        assert_true(node->due_ms > last_ms);
        last_ms = node->due_ms;
    }
    assert_int_equal(wheel_count(&wheel), 0);
}

/* ---- against a model: an array of all nodes, searched in full ---- */

enum { MODEL_NODES = 150 };

struct model {
    struct wheel wheel;
    struct wheel_node nodes[MODEL_NODES];
    struct rng rng;
    int64_t now_ms;
};

static int64_t earliest_due_ms(const struct model *model)
{
    int64_t earliest = INT64_MAX;

    for (int i = 0; i < MODEL_NODES; i++) {
        const struct wheel_node *node = &model->nodes[i];

        if (wheel_is_armed(node) && node->due_ms < earliest) earliest = node->due_ms;
    }
    return earliest;
}

/* Of any magnitude, up to 34 years. */
static int64_t random_span_ms(struct rng *rng)
{
    return (int64_t)(rng_u64(rng) >> (24 + rng_below(rng, 40)));
}

static void check_next(struct model *model, int64_t earliest_ms)
{
    int64_t next_ms = wheel_next_ms(&model->wheel);

    assert_true(next_ms <= earliest_ms);
    if (earliest_ms >= model->now_ms && earliest_ms - model->now_ms < 64 &&
        earliest_ms / 64 == model->now_ms / 64)
        assert_true(next_ms == earliest_ms);
}

static int64_t wheel_time_ms(const struct wheel *wheel)
{
    return (int64_t)(wheel->now ^ (UINT64_C(1) << 63));
}

/* After a NULL the model must have nothing due, and sleeping until next_ms must make progress. */
static void pop_some(struct model *model)
{
    uint64_t budget = rng_below(&model->rng, 20);

    while (budget-- > 0) {
        int64_t earliest_ms = earliest_due_ms(model);
        struct wheel_node *node;

        if (rng_chance(&model->rng, 0.3))
            wheel_prepare(&model->wheel, model->now_ms, 1 + rng_below(&model->rng, 5));
        assert_true(wheel_next_ms(&model->wheel) <= earliest_ms);
        node = wheel_pop_due(&model->wheel, model->now_ms);
        if (node == NULL) {
            assert_true(earliest_ms > model->now_ms);
            assert_true(wheel_next_ms(&model->wheel) > model->now_ms);
            check_next(model, earliest_ms);
            return;
        }
        assert_true(node->due_ms <= model->now_ms);
        /* Only latecomers may stand in a row that is not sorted. */
        if (node->due_ms != earliest_ms) {
            assert_true(earliest_ms < wheel_time_ms(&model->wheel));
            assert_true(node->due_ms <= wheel_time_ms(&model->wheel));
        }
    }
}

/* A time that many nodes ask for, from now on: as if a thousand had, and gone. */
static int64_t make_popular(struct model *model)
{
    int64_t due_ms = model->now_ms + 1 + random_span_ms(&model->rng);
    struct wheel_node node = {0};

    for (int i = 0; i < 2000; i++) {
        wheel_add(&model->wheel, &node, due_ms);
        wheel_remove(&model->wheel, &node);
    }
    return due_ms;
}

static void run_model(uint64_t seed)
{
    static struct model model;

    model = (struct model){.now_ms = 1800000000000};
    rng_seed(&model.rng, seed);
    wheel_init(&model.wheel, model.now_ms);
    int64_t popular_ms = model.now_ms;
    for (int op = 0; op < 1500; op++) {
        if (popular_ms <= model.now_ms && op % 100 == 0) popular_ms = make_popular(&model);
        struct wheel_node *node = &model.nodes[rng_below(&model.rng, MODEL_NODES)];
        size_t count = wheel_count(&model.wheel);

        if (!wheel_is_armed(node)) {
            int64_t span_ms = random_span_ms(&model.rng);

            int64_t due_ms = model.now_ms + (rng_chance(&model.rng, 0.05) ? -span_ms : span_ms);
            wheel_add(&model.wheel, node, rng_chance(&model.rng, 0.3) ? popular_ms : due_ms);
            assert_int_equal(wheel_count(&model.wheel), count + 1);
        } else if (rng_chance(&model.rng, 0.3)) {
            wheel_remove(&model.wheel, node);
            assert_int_equal(wheel_count(&model.wheel), count - 1);
        }
        if (rng_chance(&model.rng, 0.3)) model.now_ms += random_span_ms(&model.rng) >> 3;
        if (rng_chance(&model.rng, 0.5)) pop_some(&model);
    }
}

static void wheel_agrees_with_a_model(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 120; seed++)
        run_model(seed);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Without latecomers the order is total: the due times come out as a sorted array. */
static void wheel_order_is_that_of_a_sorted_array(void **state)
{
    enum { N = 50000 };
    static struct wheel_node nodes[N];
    static int64_t due_ms[N];
    struct wheel wheel;
    struct rng rng;
    int popped = 0;

    (void)state;
    rng_seed(&rng, 9);
    wheel_init(&wheel, -1000);
    for (int i = 0; i < N; i++) {
        due_ms[i] = random_span_ms(&rng) - 1000;
        wheel_add(&wheel, &nodes[i], due_ms[i]);
    }
    qsort(due_ms, N, sizeof due_ms[0], by_value);
    while (wheel_count(&wheel) > 0) { /* a timer that sleeps just as long as it is told */
        int64_t now_ms = wheel_next_ms(&wheel);
        struct wheel_node *node;

        assert_true(now_ms <= due_ms[popped]);
        while ((node = wheel_pop_due(&wheel, now_ms)) != NULL)
            assert_true(node->due_ms == due_ms[popped++]);
        assert_true(wheel_next_ms(&wheel) > now_ms);
    }
    assert_int_equal(popped, N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wheel_hands_out_in_order_and_not_early),
        cmocka_unit_test(wheel_remove_disarms_and_may_be_repeated),
        cmocka_unit_test(wheel_takes_the_ends_of_time),
        cmocka_unit_test(wheel_hands_out_a_latecomer_next),
        cmocka_unit_test(wheel_next_is_exact_within_the_block),
        cmocka_unit_test(wheel_sorts_a_backlog_when_started_before_it),
        cmocka_unit_test(wheel_prepare_bounds_the_work_of_a_full_slot),
        cmocka_unit_test(wheel_moves_a_crowd_at_once),
        cmocka_unit_test(wheel_spreads_the_crowds_of_many_days),
        cmocka_unit_test(wheel_knows_a_crowd_among_others),
        cmocka_unit_test(wheel_agrees_with_a_model),
        cmocka_unit_test(wheel_order_is_that_of_a_sorted_array),
    };
    return cmocka_run_group_tests_name("base/wheel", tests, NULL, NULL);
}
