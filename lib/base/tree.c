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

/* Hang a node on the free side of its parent; the first of a tree has none. */
static void hang(struct tree *tree, struct tree_node *node, struct tree_node *parent, bool is_left)
{
    *node = (struct tree_node){.up = parent == NULL ? node : parent};
    if (parent == NULL)
        tree->root = node;
    else if (is_left)
        parent->left = node;
    else
        parent->right = node;
    if (parent == NULL || (is_left && parent == tree->first)) tree->first = node;
    if (parent == NULL || (!is_left && parent == tree->last)) tree->last = node;
    tree->count++;
    while (!is_root(node) && priority(node) > priority(node->up))
        rotate_up(tree, node);
}

/* It belongs below `top`: look for its place from there on down. */
static void hang_below(struct tree *tree, struct tree_node *node, struct tree_node *top)
{
    struct tree_node *parent = NULL;
    bool is_left = false;

    for (struct tree_node *at = top; at != NULL; at = is_left ? at->left : at->right) {
        int order = tree->compare(node, at);
        assert(order != 0);
        parent = at;
        is_left = order < 0;
    }
    hang(tree, node, parent, is_left);
}

/* What comes before all others, as most of what enters a queue of the best does, or after them, as
 * what is new among what has an age, hangs there without a search. */
static bool hang_at_an_end(struct tree *tree, struct tree_node *node)
{
    bool is_first = tree->first != NULL && tree->compare(node, tree->first) < 0;
    bool is_last = !is_first && tree->last != NULL && tree->compare(node, tree->last) > 0;

    if (is_first || is_last) hang(tree, node, is_first ? tree->first : tree->last, is_first);
    return is_first || is_last;
}

void tree_insert(struct tree *tree, struct tree_node *node)
{
    assert(!tree_holds(node));
    if (!hang_at_an_end(tree, node)) hang_below(tree, node, tree->root);
}

/* Up the right edge, as long as what is above comes after it too; whatever hangs there is after
 * all that is left of the edge. */
void tree_insert_late(struct tree *tree, struct tree_node *node)
{
    struct tree_node *top = tree->last;

    assert(!tree_holds(node));
    if (hang_at_an_end(tree, node)) return;
    while (top != NULL && !is_root(top) && tree->compare(node, top->up) < 0)
        top = top->up;
    hang_below(tree, node, top);
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
