/* SPDX-License-Identifier: BSD-2-Clause */
/* match.h - 系統匹配: which open room takes a joiner. See match.c. */
#ifndef TUAN_ENGINE_MATCH_H
#define TUAN_ENGINE_MATCH_H

#include "engine/shelf.h"
#include "engine/user.h"

/* The room's seats are about to change / have changed: keep the indexes in step. */
void match_pause(struct engine *e, struct room *room);
void match_go_on(struct engine *e, struct room *room);
/* It lives no longer. */
void match_leave(struct engine *e, struct room *room);

/* Who seeks a seat. */
struct seeker {
    struct user user;
    struct tuan_tags tags;
    int64_t tier; /* 0: any */
    int64_t qty;
    bool pays;              /* he has money to place: rooms that ask for none are not for him */
    const struct room *but; /* nor is this one; NULL: any may be */
};

/* The best room for him, or NULL. Rooms whose remaining time is too short to pay are passed over,
 * and for good: a deadline never moves. */
struct room *match_pick(struct engine *e, struct campaign *campaign, const struct seeker *seeker);
/* One that he could join now, for suggestions: all stay where they are. */
const struct room *match_peek(struct engine *e, struct campaign *campaign,
                              const struct seeker *seeker);

/* Rooms that are old enough by now are sought without their tags. */
void match_relax(const struct campaign *campaign, int64_t now_ms);

/* Walk the joinable rooms in matching order; where very many cannot be joined any more, some of
 * those too. */
struct match_walk {
    struct engine *e;
    enum tuan_match policy;
    struct user user;
    uint32_t passes; /* as many more rooms that cannot be joined now are passed over */
    const struct tree_node **heads; /* of each tree, or part of one, what comes next */
    uint32_t count;
};
/* tags: only rooms that a joiner with them could be matched to (NULL: all). user: but not those
 * that he is in. after: from the place behind this room on, whether or not it is there (NULL: from
 * the best). */
void match_walk_begin(struct match_walk *walk, struct engine *e, struct campaign *campaign,
                      const struct tuan_tags *tags, struct user user, const struct room *after);
const struct room *match_walk_next(struct match_walk *walk); /* NULL: no more */

/* Can a joiner be sent there now: open, a free seat, time enough to pay, and a campaign that
 * admits? */
bool match_is_joinable(const struct room *room, int64_t now_ms);
/* Does he have a live seat in the room? */
bool room_has_user(const struct room *room, struct user user);

#endif
