/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/mates.h"

#include <assert.h>

#include "engine/policy.h"
#include "engine/rules.h"

static struct more *more_of(const struct tree_node *node)
{
    return container_of((struct tree_node *)(uintptr_t)node, struct more, mate_link);
}

static int compare_mates(const struct tree_node *left, const struct tree_node *right)
{
    const struct room *a = more_of(left)->room, *b = more_of(right)->room;

    if (a->paid != b->paid) return a->paid < b->paid ? -1 : 1;
    if (policy_deadline(a) != policy_deadline(b))
        return policy_deadline(a) < policy_deadline(b) ? -1 : 1;
    if (a == b) return 0;
    return policy_is_older(a, b) ? -1 : policy_is_older(b, a) ? 1 : 0;
}

/* ---- groups ---- */

static bool is_for(const struct group *group, const struct room *room)
{
    const struct tuan_rules *rules = &room->revision->rules;

    return group->size == room->size && group->tier == room->tier &&
           group->price == rules_price(rules, room->tier) &&
           group->pays == (rules->payment == TUAN_PAYMENT_REQUIRED) &&
           group->by_pieces == room->by_pieces && names_equal(group->names, rules->match_tags) &&
           tuan_str_equal(group->values, room->bucket->values);
}

static struct group *group_of(struct engine *e, const struct room *room)
{
    const struct tuan_rules *rules = &room->revision->rules;
    struct group *group;

    list_for_each (link, &room->campaign->groups) {
        group = container_of(link, struct group, link);
        if (is_for(group, room)) return group;
    }
    group = pool_alloc(&e->pool, sizeof *group);
    *group = (struct group){.size = room->size,
                            .tier = room->tier,
                            .price = rules_price(rules, room->tier),
                            .pays = rules->payment == TUAN_PAYMENT_REQUIRED,
                            .by_pieces = room->by_pieces,
                            .names = names_copy(e, rules->match_tags),
                            .values = str_copy(e, room->bucket->values)};
    tree_init(&group->mates, compare_mates);
    list_push_tail(&room->campaign->groups, &group->link);
    return group;
}

void mates_put(struct engine *e, struct room *room)
{
    if (room->revision->rules.merge != TUAN_MERGE_DEADLINE) return;
    struct more *more = room_more(e, room);
    more->group = group_of(e, room);
    more->group->rooms++;
}

void mates_take(struct engine *e, struct room *room)
{
    struct group *group = room->more == NULL ? NULL : room->more->group;

    if (group == NULL) return;
    assert(!tree_holds(&room->more->mate_link));
    room->more->group = NULL;
    if (--group->rooms > 0) return;
    list_remove(&group->link);
    names_free(e, group->names);
    str_free(e, group->values);
    pool_free(&e->pool, group, sizeof *group);
}

void mates_leave(struct room *room)
{
    if (room->more == NULL || !tree_holds(&room->more->mate_link)) return;
    tree_remove(&room->more->group->mates, &room->more->mate_link);
    room->more->group->paid -= room->paid;
}

void mates_enter(struct room *room)
{
    if (room->more == NULL || room->more->group == NULL) return;
    assert(!tree_holds(&room->more->mate_link));
    if (room->held > 0 || room->paid == 0) return;
    tree_insert(&room->more->group->mates, &room->more->mate_link);
    room->more->group->paid += room->paid;
}

/* ---- walking ---- */

static struct room *room_at(const struct tree_node *node)
{
    return node == NULL ? NULL : more_of(node)->room;
}

struct room *mates_fewest(const struct group *group)
{
    return room_at(tree_first(&group->mates));
}

struct room *mates_next(const struct room *room)
{
    return room_at(tree_next(&room->more->mate_link));
}

struct room *mates_most(const struct group *group, uint32_t below)
{
    struct room place = {.paid = below, .deadline = INT64_MIN, .opened_at = INT64_MIN};
    struct more more = {.room = &place};
    const struct room *last = room_at(tree_before(&group->mates, &more.mate_link));

    if (last == NULL) return NULL;
    place.paid = last->paid; /* and now the first of those with as many */
    return room_at(tree_after(&group->mates, &more.mate_link));
}
