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

/* What points down at a node. */
static struct tree_node **place_of(struct tree *tree, const struct tree_node *node)
{
    if (is_root(node)) return &tree->root;
    return node->up->left == node ? &node->up->left : &node->up->right;
}

/* In the place of a node put all that hangs below it. Its left and its right become one, as what
 * comes later hangs on the right edge of what comes before, each below the lowest of higher
 * priority. */
static void replace(struct tree *tree, const struct tree_node *node)
{
    struct tree_node **place = place_of(tree, node), *up = is_root(node) ? NULL : node->up;
    struct tree_node *left = node->left, *right = node->right, *top;

    while (left != NULL && right != NULL) {
        bool is_left = priority(left) > priority(right);
        top = is_left ? left : right;
        *place = top;
        top->up = up == NULL ? top : up;
        up = top;
        place = is_left ? &top->right : &top->left;
        *(is_left ? &left : &right) = *place;
    }
    top = left != NULL ? left : right;
    *place = top;
    if (top != NULL) top->up = up == NULL ? top : up;
}

/* Swap a node with its parent, keeping the order. */
static void rotate_up(struct tree *tree, struct tree_node *node)
{
    struct tree_node *parent = node->up;
    struct tree_node *inner;

    *place_of(tree, parent) = node;
    node->up = is_root(parent) ? node : parent->up;
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

/* As the root if there is no parent, else on that side of it. */
static void attach(struct tree *tree, struct tree_node *node, struct tree_node *parent,
                   bool is_left)
{
    node->up = parent == NULL ? node : parent;
    if (parent == NULL)
        tree->root = node;
    else if (is_left)
        parent->left = node;
    else
        parent->right = node;
}

/* Before all others (as the first of a tree is), or after them: on that edge of the tree, below the
 * lowest of higher priority. What the edge had there goes below the node as it is, since all of it
 * comes after (before) it. So a treap of what arrives in its order is made as Cartesian trees are,
 * in O(1) each: Vuillemin, "A unifying look at data structures", 1980. */
static void hang_on_edge(struct tree *tree, struct tree_node *node, bool is_first)
{
    struct tree_node *above = is_first ? tree->first : tree->last, *below = NULL;
    uint64_t rank = priority(node);

    while (above != NULL && priority(above) < rank) {
        below = above;
        above = is_root(above) ? NULL : above->up;
    }
    *node = (struct tree_node){.left = is_first ? NULL : below, .right = is_first ? below : NULL};
    if (below != NULL) below->up = node;
    attach(tree, node, above, is_first);
    if (is_first) tree->first = node;
    if (!is_first || tree->count == 0) tree->last = node;
    tree->count++;
}

/* Between others, on the free side of its parent. */
static void hang(struct tree *tree, struct tree_node *node, struct tree_node *parent, bool is_left)
{
    *node = (struct tree_node){0};
    attach(tree, node, parent, is_left);
    tree->count++;
    while (!is_root(node) && priority(node) > priority(node->up))
        rotate_up(tree, node);
}

/* It belongs below `top`, and is neither first nor last: look for its place from there on down. */
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
    bool is_first = tree->count == 0 || tree->compare(node, tree->first) < 0;
    bool is_last = !is_first && tree->compare(node, tree->last) > 0;

    if (is_first || is_last) hang_on_edge(tree, node, is_first);
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
    replace(tree, node);
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
