/* SPDX-License-Identifier: BSD-2-Clause */
/* match.c - which room MATCH takes: all that may be taken are put in order, each time anew. */
#include "base/mem.h"
#include "impl.h"

static int by(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_id(struct tuan_id a, struct tuan_id b)
{
    return a.hi != b.hi ? (a.hi < b.hi ? -1 : 1) : a.lo != b.lo ? (a.lo < b.lo ? -1 : 1) : 0;
}

/* < 0: the first comes before the second; 0: `spread` may take either. */
static int compare_rooms(const struct n_room *a, const struct n_room *b, int64_t policy)
{
    int order;

    if (policy != TUAN_MATCH_OLDEST && (order = by(n_free_of(a), n_free_of(b))) != 0) return order;
    if (policy == TUAN_MATCH_SPREAD) return 0;
    if (policy == TUAN_MATCH_NEARLY_FULL && (order = by(a->deadline, b->deadline)) != 0)
        return order;
    if ((order = by(a->opened_at, b->opened_at)) != 0) return order;
    return by_id(a->id, b->id);
}

static bool has_his_tags(const struct naive *naive, const struct n_room *room,
                         struct tuan_tags tags)
{
    const struct tuan_rules *rules = &room->rules;

    if (rules->relax_after_ms > 0 && naive->now - room->opened_at >= rules->relax_after_ms)
        return true;
    for (uint32_t i = 0; i < rules->match_tags.count; i++) {
        struct tuan_str name = rules->match_tags.items[i];
        if (!n_same(n_tag_value(tags, name), n_tag_value(room->seats[0].tags, name))) return false;
    }
    return true;
}

bool n_room_takes(const struct naive *naive, const struct n_room *room, const struct n_wish *wish)
{
    int64_t needs = room->rules.payment == TUAN_PAYMENT_NONE ? 1
                    : room->rules.hold_ms < 60000            ? room->rules.hold_ms
                                                             : 60000;

    if (room->is_gone || room->campaign != wish->campaign) return false;
    if (room->state != TUAN_ROOM_OPEN || !room->listed) return false;
    if (wish->only_run_on && room->rules.on_campaign_end != TUAN_END_RUN_ON) return false;
    if (tuan_rid_equal(room->id, wish->not_room)) return false;
    if (wish->pays && room->rules.payment == TUAN_PAYMENT_NONE) return false;
    if (wish->tier != 0 && room->tier != wish->tier) return false;
    if (n_free_of(room) < n_weight(room, wish->qty)) return false;
    if (room->deadline != FAR_AWAY && room->deadline - naive->now < needs) return false;
    if (wish->user.len > 0 && n_user_seats_in(room, wish->user) > 0) return false;
    return wish->any_tags || has_his_tags(naive, room, wish->tags);
}

/* May this room come first of these? The best of each policy are compared by the campaign's. */
bool n_may_be_next(const struct n_campaign *campaign, struct n_room *const *rooms, size_t count,
                   const struct n_room *room)
{
    int64_t policy = campaign->rules.match;
    const struct n_room *best[TUAN_MATCH_SPREAD + 1] = {NULL};

    for (size_t i = 0; i < count; i++) { /* the best of its own policy */
        if (rooms[i]->rules.match == room->rules.match &&
            compare_rooms(rooms[i], room, room->rules.match) < 0)
            return false;
    }
    for (size_t i = 0; i < count; i++) { /* of `spread` the least free that is worst for him */
        int64_t own = rooms[i]->rules.match;
        if (own == room->rules.match) continue;
        int order = best[own] == NULL ? -1 : compare_rooms(rooms[i], best[own], own);
        if (order < 0 || (order == 0 && compare_rooms(rooms[i], best[own], policy) > 0))
            best[own] = rooms[i];
    }
    for (int64_t own = 1; own <= TUAN_MATCH_SPREAD; own++)
        if (best[own] != NULL && compare_rooms(best[own], room, policy) < 0) return false;
    return true;
}

size_t n_pick_rooms(const struct naive *naive, const struct n_wish *wish,
                    struct n_room *picks[REPLY_LIST_MAX])
{
    struct n_room *rooms[REPLY_LIST_MAX];
    size_t count = 0, picked = 0;

    for (size_t i = 0; i < naive->room_count && count < REPLY_LIST_MAX; i++)
        if (n_room_takes(naive, naive->rooms[i], wish)) rooms[count++] = naive->rooms[i];
    for (size_t i = 0; i < count; i++)
        if (n_may_be_next(wish->campaign, rooms, count, rooms[i])) picks[picked++] = rooms[i];
    return picked;
}

struct n_room *n_pick_room(const struct naive *naive, const struct n_wish *wish,
                           struct tuan_id shown)
{
    struct n_room *picks[REPLY_LIST_MAX];
    size_t count = n_pick_rooms(naive, wish, picks);

    for (size_t i = 0; i < count; i++)
        if (tuan_rid_equal(picks[i]->id, shown)) return picks[i];
    return count == 0 ? NULL : picks[0];
}
