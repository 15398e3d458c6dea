/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/tree.h"

#include <assert.h>
#include <stdint.h>

#include "base/hash.h"

static uint64_t priority(const struct tree_node *node)
{
    return hash_mix((uint64_t)(uintptr_t)node, 0);
}

static bool is_root(const struct tree_node *node)
{
    return node->up == node;
}

/* Hang `node` (may be NULL) where `place` hangs now. */
static void replace(struct tree *tree, const struct tree_node *place, struct tree_node *node)
{
    if (is_root(place))
        tree->root = node;
    else if (place->up->left == place)
        place->up->left = node;
    else
        place->up->right = node;
    if (node != NULL) node->up = is_root(place) ? node : place->up;
}

/* Swap a node with its parent, keeping the order. */
static void rotate_up(struct tree *tree, struct tree_node *node)
{
    struct tree_node *parent = node->up;
    struct tree_node *inner;

    replace(tree, parent, node);
    if (parent->left == node) {
        inner = node->right;
        node->right = parent;
        parent->left = inner;
    } else {
        inner = node->left;
        node->left = parent;
        parent->right = inner;
    }
    parent->up = node;
    if (inner != NULL) inner->up = parent;
}

/* What comes before all others, as most of what enters a queue of the best does, or after them, as
 * what is new among what has an age, hangs there without a search. */
static struct tree_node *find_parent(const struct tree *tree, struct tree_node *node,
                                     struct tree_node ***at)
{
    struct tree_node *parent = NULL;

    if (tree->first != NULL && tree->compare(node, tree->first) < 0) {
        *at = &tree->first->left;
        return tree->first;
    }
    if (tree->last != NULL && tree->compare(node, tree->last) > 0) {
        *at = &tree->last->right;
        return tree->last;
    }
    while (**at != NULL) {
        int order = tree->compare(node, **at);
        assert(order != 0);
        parent = **at;
        *at = order < 0 ? &parent->left : &parent->right;
    }
    return parent;
}

void tree_insert(struct tree *tree, struct tree_node *node)
{
    struct tree_node **at = &tree->root;
    struct tree_node *parent;

    assert(!tree_holds(node));
    parent = find_parent(tree, node, &at);
    *at = node;
    *node = (struct tree_node){.up = parent == NULL ? node : parent};
    if (parent == NULL || at == &tree->first->left) tree->first = node;
    if (parent == NULL || at == &tree->last->right) tree->last = node;
    tree->count++;
    while (!is_root(node) && priority(node) > priority(node->up))
        rotate_up(tree, node);
}

static struct tree_node *leftmost(struct tree_node *node)
{
    while (node->left != NULL)
        node = node->left;
    return node;
}

static struct tree_node *rightmost(struct tree_node *node)
{
    while (node->right != NULL)
        node = node->right;
    return node;
}

struct tree_node *tree_first(const struct tree *tree)
{
    return tree->first;
}

struct tree_node *tree_next(const struct tree_node *node)
{
    assert(tree_holds(node));
    if (node->right != NULL) return leftmost(node->right);
    while (!is_root(node) && node->up->right == node)
        node = node->up;
    return is_root(node) ? NULL : node->up;
}

static struct tree_node *previous(const struct tree *tree, const struct tree_node *node)
{
    if (node == tree->first) return NULL;
    if (node->left != NULL) return rightmost(node->left);
    while (node->up->left == node)
        node = node->up;
    return node->up;
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
    assert(tree_holds(node));
    assert(tree->count > 0);
    if (tree->last == node) tree->last = previous(tree, node);
    if (tree->first == node) tree->first = tree_next(node);
    while (node->left != NULL && node->right != NULL)
        rotate_up(tree, priority(node->left) > priority(node->right) ? node->left : node->right);
    replace(tree, node, node->left != NULL ? node->left : node->right);
    *node = (struct tree_node){0};
    tree->count--;
}

void tree_settle(struct tree *tree, struct tree_node *node)
{
    const struct tree_node *before = previous(tree, node);
    const struct tree_node *after = tree_next(node);

    if ((before == NULL || tree->compare(before, node) < 0) &&
        (after == NULL || tree->compare(node, after) < 0))
        return;
    tree_remove(tree, node);
    tree_insert(tree, node);
}

struct tree_node *tree_after(const struct tree *tree, const struct tree_node *key)
{
    struct tree_node *best = NULL;

    for (struct tree_node *at = tree->root; at != NULL;) {
        if (tree->compare(key, at) < 0) {
            best = at;
            at = at->left;
        } else {
            at = at->right;
        }
    }
    return best;
}

struct tree_node *tree_before(const struct tree *tree, const struct tree_node *key)
{
    struct tree_node *best = NULL;

    for (struct tree_node *at = tree->root; at != NULL;) {
        if (tree->compare(at, key) < 0) {
            best = at;
            at = at->right;
        } else {
            at = at->left;
        }
    }
    return best;
}
