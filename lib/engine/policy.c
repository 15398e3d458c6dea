/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/policy.h"

#define COMPARE(a, b)                                                                              \
    if ((a) != (b)) return (a) < (b) ? -1 : 1

static int compare_ids(const struct room *a, const struct room *b)
{
    COMPARE(a->id.hi, b->id.hi);
    COMPARE(a->id.lo, b->id.lo);
    return 0;
}

static int compare_ages(const struct room *a, const struct room *b)
{
    COMPARE(a->opened_at, b->opened_at);
    return compare_ids(a, b);
}

static int nearly_full(const struct tree_node *left, const struct tree_node *right)
{
    const struct room *a = policy_room(left), *b = policy_room(right);

    COMPARE(room_free(a), room_free(b));
    COMPARE(policy_deadline(a), policy_deadline(b));
    return compare_ages(a, b);
}

/* Counted in pieces, the oldest with enough free is sought: rooms with equally many are together.
 */
static int oldest(const struct tree_node *left, const struct tree_node *right)
{
    const struct room *a = policy_room(left), *b = policy_room(right);

    if (a->by_pieces) COMPARE(room_free(a), room_free(b));
    return compare_ages(a, b);
}

/* Ids are random: their order is as good as a shuffle. */
static int spread(const struct tree_node *left, const struct tree_node *right)
{
    const struct room *a = policy_room(left), *b = policy_room(right);

    COMPARE(room_free(a), room_free(b));
    return compare_ids(a, b);
}

tree_compare *policy_compare(enum tuan_match policy)
{
    static tree_compare *const rows[] = {
        [TUAN_MATCH_NEARLY_FULL] = nearly_full,
        [TUAN_MATCH_OLDEST] = oldest,
        [TUAN_MATCH_SPREAD] = spread,
    };

    return rows[policy];
}

int policy_by_age(const struct tree_node *left, const struct tree_node *right)
{
    return compare_ages(policy_live_room(left), policy_live_room(right));
}

bool policy_is_older(const struct room *a, const struct room *b)
{
    return compare_ages(a, b) < 0;
}
