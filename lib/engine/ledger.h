/* SPDX-License-Identifier: BSD-2-Clause */
/* ledger.h - the open refunds in the order they are to be settled: oldest first, of the whole
 * engine and of each campaign. */
#ifndef TUAN_ENGINE_LEDGER_H
#define TUAN_ENGINE_LEDGER_H

#include "engine/model.h"

void ledger_init(struct tree *tree);
void ledger_init_in_campaign(struct tree *tree);
void ledger_enter(struct engine *e, struct refund *refund); /* it is open */
void ledger_leave(struct engine *e, struct refund *refund); /* it is settled */

/* The refund at a node of either tree. */
struct refund *ledger_entry(const struct tree_node *node);
struct refund *ledger_entry_in_campaign(const struct tree_node *node);

#endif
