/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/ledger.h"

static int compare_age(const struct refund *a, const struct refund *b)
{
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    return tuan_rid_compare(a->id, b->id);
}

struct refund *ledger_entry(const struct tree_node *node)
{
    return container_of((struct tree_node *)(uintptr_t)node, struct refund, by_age);
}

struct refund *ledger_entry_in_campaign(const struct tree_node *node)
{
    return container_of((struct tree_node *)(uintptr_t)node, struct refund, by_age_in_campaign);
}

static int compare_all(const struct tree_node *a, const struct tree_node *b)
{
    return compare_age(ledger_entry(a), ledger_entry(b));
}

static int compare_in_campaign(const struct tree_node *a, const struct tree_node *b)
{
    return compare_age(ledger_entry_in_campaign(a), ledger_entry_in_campaign(b));
}

void ledger_init(struct tree *tree)
{
    tree_init(tree, compare_all);
}

void ledger_init_in_campaign(struct tree *tree)
{
    tree_init(tree, compare_in_campaign);
}

void ledger_enter(struct engine *e, struct refund *refund)
{
    tree_insert_late(&e->refunds_by_age, &refund->by_age);
    tree_insert_late(&refund->campaign->refunds, &refund->by_age_in_campaign);
}

void ledger_leave(struct engine *e, struct refund *refund)
{
    tree_remove(&e->refunds_by_age, &refund->by_age);
    tree_remove(&refund->campaign->refunds, &refund->by_age_in_campaign);
}
