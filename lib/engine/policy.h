/* SPDX-License-Identifier: BSD-2-Clause */
/* policy.h - how each matching policy orders rooms: the first is the best. match.c tells why. */
#ifndef TUAN_ENGINE_POLICY_H
#define TUAN_ENGINE_POLICY_H

#include "engine/model.h"

/* Orders trees of room->match_link. Rooms of one tree are all counted in pieces, or none is. */
tree_compare *policy_compare(enum tuan_match policy);

static inline struct room *policy_room(const struct tree_node *node)
{
    return container_of((struct tree_node *)(uintptr_t)node, struct room, match_link);
}

/* No deadline is the last. */
static inline int64_t policy_deadline(const struct room *room)
{
    return room->deadline == 0 ? INT64_MAX : room->deadline;
}

/* By age, then id: a total order. policy_by_age orders trees of room->live_link so. */
bool policy_is_older(const struct room *a, const struct room *b);
tree_compare policy_by_age;

static inline struct room *policy_live_room(const struct tree_node *node)
{
    return container_of((struct tree_node *)(uintptr_t)node, struct room, live_link);
}

#endif
