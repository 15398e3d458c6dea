/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree beside a plain array of the same keys. */
#include "base/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/list.h"
#include "base/rng.h"

enum { ENTRIES = 200, STEPS = 40000 };

struct entry {
    struct tree_node node;
    uint64_t key;
};

static struct entry entries[ENTRIES];

static struct entry *entry_of(const struct tree_node *node)
{
    return node == NULL ? NULL
                        : container_of((struct tree_node *)(uintptr_t)node, struct entry, node);
}

static int by_key(const struct tree_node *a, const struct tree_node *b)
{
    uint64_t left = entry_of(a)->key, right = entry_of(b)->key;

    return (left > right) - (left < right);
}

/* The entry in the tree with the least key above (the greatest below) this one, by looking at all.
 */
static struct entry *neighbour(uint64_t key, bool above)
{
    struct entry *best = NULL;

    for (int i = 0; i < ENTRIES; i++) {
        struct entry *entry = &entries[i];
        if (!tree_holds(&entry->node)) continue;
        if (above ? entry->key <= key : entry->key >= key) continue;
        if (best == NULL || (above ? entry->key < best->key : entry->key > best->key)) best = entry;
    }
    return best;
}

static void assert_in_order(const struct tree *tree)
{
    const struct entry end = {.key = UINT64_MAX};
    size_t count = 0;
    uint64_t last = 0;

    for (struct tree_node *at = tree_first(tree); at != NULL; at = tree_next(at)) {
        assert_true(entry_of(at)->key > last); /* keys begin at 1 */
        last = entry_of(at)->key;
        count++;
    }
    assert_int_equal(count, tree->count);
    assert_ptr_equal(tree->last, tree_before(tree, &end.node));
    assert_ptr_equal(tree->first, tree_after(tree, &(struct entry){.key = 0}.node));
}

/* Distinct: the low bits are the entry's own. */
static uint64_t some_key(struct rng *rng, size_t i)
{
    return (rng_below(rng, 1000) + 1) * ENTRIES + i;
}

static void tree_keeps_order_whatever_comes_goes_and_changes(void **state)
{
    struct tree tree;
    struct rng rng;

    (void)state;
    rng_seed(&rng, 7);
    tree_init(&tree, by_key);
    for (int step = 0; step < STEPS; step++) {
        size_t i = (size_t)rng_below(&rng, ENTRIES);
        struct entry *entry = &entries[i];
        if (!tree_holds(&entry->node)) {
            entry->key = some_key(&rng, i);
            (rng_below(&rng, 2) == 0 ? tree_insert : tree_insert_late)(&tree, &entry->node);
        } else if (rng_below(&rng, 4) == 0) {
            tree_remove(&tree, &entry->node);
            assert_false(tree_holds(&entry->node));
        } else { /* to anywhere, or a little to either side */
            uint64_t near = entry->key / ENTRIES + rng_below(&rng, 5);
            entry->key = rng_below(&rng, 2) == 0 ? some_key(&rng, i)
                                                 : (near > 2 ? near - 2 : 1) * ENTRIES + i;
            tree_settle(&tree, &entry->node);
        }
        const struct entry probe = {.key = some_key(&rng, 0)};
        assert_ptr_equal(entry_of(tree_after(&tree, &probe.node)), neighbour(probe.key, true));
        assert_ptr_equal(entry_of(tree_before(&tree, &probe.node)), neighbour(probe.key, false));
        if (step % 16 == 0) assert_in_order(&tree);
    }
    assert_in_order(&tree);
}

static void tree_settles_in_place_what_keeps_its_place(void **state)
{
    struct tree tree;
    const struct tree_node *up;

    (void)state;
    tree_init(&tree, by_key);
    for (size_t i = 0; i < 9; i++) {
        entries[i] = (struct entry){.key = 10 * (i + 1)};
        tree_insert(&tree, &entries[i].node);
    }
    up = entries[4].node.up;
    entries[4].key = 59;
    tree_settle(&tree, &entries[4].node);
    assert_ptr_equal(entries[4].node.up, up);
    entries[4].key = 5; /* the new first */
    tree_settle(&tree, &entries[4].node);
    assert_ptr_equal(tree_first(&tree), &entries[4].node);
    entries[4].key = 95; /* the last */
    tree_settle(&tree, &entries[4].node);
    assert_ptr_equal(tree_first(&tree), &entries[0].node);
    assert_null(tree_next(&entries[4].node));
    for (size_t i = 0; i < 9; i++)
        tree_remove(&tree, &entries[i].node);
    assert_null(tree_first(&tree));
}

/* ---- in whatever order they come ---- */

enum { MANY = 20000, DEPTH_MAX = 64 }; /* of so many at random some 35 are to be expected */

static uint64_t rising(struct rng *rng, uint64_t i)
{
    (void)rng;
    return MANY + i;
}

static uint64_t falling(struct rng *rng, uint64_t i)
{
    (void)rng;
    return MANY - i;
}

static uint64_t outwards(struct rng *rng, uint64_t i)
{
    (void)rng;
    return i % 2 == 0 ? MANY + i : MANY - i;
}

static uint64_t at_random(struct rng *rng, uint64_t i)
{
    return rng_below(rng, UINT32_MAX) * MANY + i + 1;
}

static unsigned depth_of(const struct tree_node *node)
{
    unsigned depth = 1;

    for (; node->up != node; node = node->up)
        depth++;
    return depth;
}

static void assert_shallow(uint64_t (*key)(struct rng *rng, uint64_t i))
{
    struct entry *many = calloc(MANY, sizeof *many);
    struct tree tree;
    struct rng rng;

    assert_non_null(many);
    rng_seed(&rng, 8);
    tree_init(&tree, by_key);
    for (uint64_t i = 0; i < MANY; i++) {
        many[i].key = key(&rng, i);
        tree_insert(&tree, &many[i].node);
    }
    assert_in_order(&tree);
    for (uint64_t i = 0; i < MANY; i++)
        assert_in_range(depth_of(&many[i].node), 1, DEPTH_MAX);
    free(many);
}

static void tree_is_shallow_in_whatever_order_they_come(void **state)
{
    (void)state;
    assert_shallow(rising);
    assert_shallow(falling);
    assert_shallow(outwards);
    assert_shallow(at_random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_is_shallow_in_whatever_order_they_come),
        cmocka_unit_test(tree_settles_in_place_what_keeps_its_place),
        cmocka_unit_test(tree_keeps_order_whatever_comes_goes_and_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
