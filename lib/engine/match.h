/* SPDX-License-Identifier: BSD-2-Clause */
/* match.h - 系統匹配: which open room takes a joiner. See match.c. */
#ifndef TUAN_ENGINE_MATCH_H
#define TUAN_ENGINE_MATCH_H

#include "engine/model.h"

void match_init(struct tree *joinable);

/* The room's free seats or state are about to change / have changed: keep the index in step. */
void match_leave(struct room *room);
void match_enter(struct room *room);

/* The best room for this member (may be NULL: he is in none), or NULL. Rooms whose remaining time
 * is too short to pay are passed over, and for good: a deadline never moves. */
struct room *match_pick(struct campaign *campaign, const struct member *member, int64_t now_ms);
/* The same without touching anything, for suggestions. */
const struct room *match_peek(const struct campaign *campaign, const struct member *member,
                              int64_t now_ms);

/* Walk in matching order, after `last` (NULL: from the best). */
const struct room *match_next(const struct campaign *campaign, const struct room *last);
/* The first room after this place in the order: where a page of a list goes on. */
const struct room *match_after(const struct campaign *campaign, uint32_t free, int64_t deadline,
                               int64_t opened_at, struct tuan_id id);

/* Can a joiner be sent there now: open, a free seat, time enough to pay, and a campaign that
 * admits? */
bool match_is_joinable(const struct room *room, int64_t now_ms);
/* Does this member (may be NULL) have a live seat in the room? */
bool room_has_member(const struct room *room, const struct member *member);

#endif
