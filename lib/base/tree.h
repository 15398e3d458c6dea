/* SPDX-License-Identifier: BSD-2-Clause */
/* tree.h - an ordered set of entries that the caller owns: an intrusive treap.
 *
 * A treap (Seidel and Aragon, "Randomized search trees", 1996) is a search tree by key and a heap
 * by a random priority, so its expected depth is logarithmic whatever the order of insertion. The
 * priority is a hash of the node's address: it shapes the tree and never shows in its order. All
 * operations are O(log n) expected, at both ends O(1); no allocation. Keys must be distinct. One
 * that changes while its entry is in the tree must be settled before anything else is asked.
 */
#ifndef TUAN_BASE_TREE_H
#define TUAN_BASE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

/* Zeroed: in no tree. */
struct tree_node {
    struct tree_node *left, *right;
    struct tree_node *up; /* the root's points at itself, so that NULL says: in no tree */
};

/* Negative, zero or positive as a is before, equal to or after b. */
typedef int tree_compare(const struct tree_node *a, const struct tree_node *b);

struct tree {
    struct tree_node *root;
    struct tree_node *first, *last; /* NULL: it is empty */
    tree_compare *compare;
    size_t count;
};

static inline void tree_init(struct tree *tree, tree_compare *compare)
{
    *tree = (struct tree){.compare = compare};
}

static inline bool tree_holds(const struct tree_node *node)
{
    return node->up != NULL;
}

/* Start to fetch what tree_remove() will touch first beside the node. */
MEM_PREFETCHES void tree_prefetch(const struct tree_node *node)
{
    __builtin_prefetch(node->left);
    __builtin_prefetch(node->right);
    __builtin_prefetch(node->up);
}

/* tree_next() may go down a path on which each node tells where the one after it lies. Start to
 * fetch the one that is so many links behind the first: who asks for 0, then 1, then 2, and leaves
 * time in between, waits for none. */
MEM_PREFETCHES void tree_prefetch_path(const struct tree_node *node, unsigned links)
{
    const struct tree_node *at = node->right;

    while (links-- > 0 && at != NULL)
        at = at->left;
    __builtin_prefetch(at);
}

void tree_insert(struct tree *tree, struct tree_node *node);
/* The same for one that belongs among the last: O(log d) where d entries come after it. */
void tree_insert_late(struct tree *tree, struct tree_node *node);
void tree_remove(struct tree *tree, struct tree_node *node);
/* The key of this one has changed: it goes where it belongs now, which often is where it is. */
void tree_settle(struct tree *tree, struct tree_node *node);

struct tree_node *tree_first(const struct tree *tree);
struct tree_node *tree_next(const struct tree_node *node);
/* The first entry after `key`, which need not be in the tree. */
struct tree_node *tree_after(const struct tree *tree, const struct tree_node *key);
/* The last entry before it. */
struct tree_node *tree_before(const struct tree *tree, const struct tree_node *key);

#endif
