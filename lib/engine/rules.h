/* SPDX-License-Identifier: BSD-2-Clause */
/* rules.h - campaign parameters as a whole: putting changes onto them, and what must hold between
 * them. */
#ifndef TUAN_ENGINE_RULES_H
#define TUAN_ENGINE_RULES_H

#include "engine/model.h"

/* `rules` with what `change` gives put over it (lists whole, borrowed). */
void rules_change(struct tuan_rules *rules, const struct tuan_rules *change);
/* Fill in what follows from other parameters. */
void rules_complete(struct tuan_rules *rules);
/* Is the tier picked by who opens a room, or settled at its deadline? Neither where there are none.
 */
bool rules_pick_tier(const struct tuan_rules *rules);
bool rules_settle_tier(const struct tuan_rules *rules);
/* Of a room of this tier (0: opened without one). */
int64_t rules_size(const struct tuan_rules *rules, int64_t tier);
int64_t rules_price(const struct tuan_rules *rules, int64_t tier);
/* How much paid is a success at the deadline; 0: only a full room. */
int64_t rules_least_success(const struct tuan_rules *rules);
bool rules_equal(const struct tuan_rules *a, const struct tuan_rules *b);
/* What is wrong, as "field: why" in the arena; empty if nothing is. is_new: the campaign does not
 * exist yet. */
struct tuan_str rules_fault(struct engine *e, const struct tuan_rules *rules, bool is_new);

#endif
