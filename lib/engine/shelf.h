/* SPDX-License-Identifier: BSD-2-Clause */
/* shelf.h - the open rooms of a campaign, put where matching looks for them.
 *
 * A shelf holds the rooms that are sought alike: of one policy, tier, way to count, fate at the
 * campaign's end, and the same names in match_tags; most campaigns have one. On it a bucket holds
 * the rooms that have the same values under those names. A room is put into its bucket when it
 * opens and stays there until it ends; in the bucket's tree it stands only while it can be joined.
 * Once a room is old enough for its tags to be ignored (relax_after_ms) it stands in the shelf's
 * tree of relaxed rooms instead.
 *
 * All of this is derived.
 */
#ifndef TUAN_ENGINE_SHELF_H
#define TUAN_ENGINE_SHELF_H

#include "engine/model.h"

enum { SHELF_VALUES_MAX = TUAN_TAGS_MAX * (TUAN_ID_MAX + 1), BUCKETS_MAX = 1000 };

struct bucket {
    struct shelf *shelf;
    struct list link;
    struct tuan_str values; /* one for each of the shelf's names, a zero after each */
    struct tree joinable;   /* as the shelf's policy prefers them */
    uint32_t rooms;
};

struct shelf {
    struct list link; /* in campaign->shelves */
    enum tuan_match policy;
    int64_t tier;
    bool by_pieces;
    bool runs_on; /* its rooms can be joined after the campaign's end */
    struct tuan_names names;
    struct list buckets;
    uint32_t bucket_count;
    struct map by_values; /* buckets, where there are names */
    struct tree relaxed;
    struct tree relaxing; /* by the time from which their tags are ignored */
    uint32_t rooms;
};

/* Put an open room with its first seat on its shelf; take it off when it ends. */
void shelf_put(struct engine *e, struct room *room);
void shelf_take(struct engine *e, struct room *room);
/* With their engine: what is not in its pool is given back. */
void shelves_destroy(const struct campaign *campaign);
/* The tree in which a room that is on a shelf stands while it can be joined. */
struct tree *shelf_tree(const struct room *room);

/* The values of `names` among `tags`, as buckets are told apart by them. */
struct tuan_str shelf_values(struct tuan_names names, struct tuan_tags tags,
                             char text[SHELF_VALUES_MAX]);
/* Where these tags go; NULL: no room is there. (The first is for shelves that have names; one
 * without has one bucket.) */
struct bucket *shelf_find_by(const struct shelf *shelf, struct tuan_tags tags);
static inline struct bucket *shelf_find(const struct shelf *shelf, struct tuan_tags tags)
{
    if (shelf->names.count > 0) return shelf_find_by(shelf, tags);
    struct list *only = list_first(&shelf->buckets);
    return only == NULL ? NULL : container_of(only, struct bucket, link);
}
/* May a joiner with these tags be matched to the room: are the values that count equal, or ignored
 * by now? */
bool shelf_fits(const struct room *room, struct tuan_tags tags);
/* Would a room with these tags need one bucket more than a campaign may have? */
bool shelf_is_crowded(const struct campaign *campaign, const struct tuan_rules *rules,
                      struct tuan_tags tags);
/* Move the rooms that are old enough to the relaxed ones. (The first: where some may be.) */
void shelf_relax_due(struct shelf *shelf, int64_t now_ms);
static inline void shelf_relax(struct shelf *shelf, int64_t now_ms)
{
    if (shelf->relaxing.count > 0) shelf_relax_due(shelf, now_ms);
}

/* What the tags of a room are: those of the seat that opened it. */
static inline struct tuan_tags room_tags(const struct room *room)
{
    const struct extra *extra = seat_extra(room->seats[0]);

    return extra == NULL ? (struct tuan_tags){NULL, 0} : extra->tags;
}

#endif
