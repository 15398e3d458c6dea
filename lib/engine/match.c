/* SPDX-License-Identifier: BSD-2-Clause */
/* match.c - why the fullest room first.
 *
 * A room that fills releases its people from waiting; a room that does not costs every one of them
 * a refund. So the default, nearly_full, sends a joiner where he completes a room soonest: to the
 * room with the fewest free seats (counted with holds, so that nobody is sent to a seat that
 * another is paying for), among those to the one with the soonest deadline, then to the oldest. The
 * order is total, so the index of a campaign is one ordered tree and the choice is its first entry.
 *
 * A joiner must have time to pay: a room is passed over once its deadline is nearer than the hold,
 * at most a minute. Deadlines never move, so such a room leaves the index for good the first time
 * matching meets it; who knows its id may still join until the deadline.
 */
#include "engine/match.h"

#include <assert.h>

enum { PAY_WINDOW_MAX_MS = 60000 };

static struct room *room_of(const struct tree_node *node)
{
    return container_of((struct tree_node *)(uintptr_t)node, struct room, match_link);
}

#define COMPARE(a, b)                                                                              \
    if ((a) != (b)) return (a) < (b) ? -1 : 1

static int prefer_nearly_full(const struct tree_node *left, const struct tree_node *right)
{
    const struct room *a = room_of(left), *b = room_of(right);

    COMPARE(room_free(a), room_free(b));
    COMPARE(a->deadline, b->deadline);
    COMPARE(a->opened_at, b->opened_at);
    COMPARE(a->id.hi, b->id.hi);
    COMPARE(a->id.lo, b->id.lo);
    return 0;
}

void match_init(struct tree *joinable)
{
    tree_init(joinable, prefer_nearly_full);
}

void match_leave(struct room *room)
{
    if (tree_holds(&room->match_link)) tree_remove(&room->campaign->joinable, &room->match_link);
}

void match_enter(struct room *room)
{
    assert(!tree_holds(&room->match_link));
    if (room->state == TUAN_ROOM_OPEN && room->is_listed && room_free(room) > 0)
        tree_insert(&room->campaign->joinable, &room->match_link);
}

static int64_t pay_window_ms(const struct tuan_rules *rules)
{
    if (rules->payment == TUAN_PAYMENT_NONE)
        return 1; /* half-open: the deadline itself is too late */
    return rules->hold_ms < PAY_WINDOW_MAX_MS ? rules->hold_ms : PAY_WINDOW_MAX_MS;
}

static bool has_time(const struct room *room, int64_t now_ms)
{
    return room->deadline == 0 || room->deadline - now_ms >= pay_window_ms(&room->revision->rules);
}

static bool will_be_dissolved(const struct campaign *campaign)
{
    return campaign->is_closed && campaign->close_rooms == TUAN_CLOSE_FAIL;
}

/* Does its campaign let anyone in now? */
static bool is_admitting(const struct room *room, int64_t now_ms)
{
    const struct tuan_rules *rules = &campaign_rules(room->campaign)->rules;
    bool is_over = rules->end_at > 0 && now_ms >= rules->end_at &&
                   room->revision->rules.on_campaign_end != TUAN_END_RUN_ON;

    return rules->status != TUAN_STATUS_PAUSED && now_ms >= rules->start_at && !is_over &&
           !will_be_dissolved(room->campaign);
}

bool match_is_joinable(const struct room *room, int64_t now_ms)
{
    return room->state == TUAN_ROOM_OPEN && room_free(room) > 0 && has_time(room, now_ms) &&
           is_admitting(room, now_ms);
}

bool room_has_member(const struct room *room, const struct member *member)
{
    if (member == NULL || member->live == 0) return false;
    list_for_each (link, &member->seats) {
        const struct seat *seat = container_of(link, struct seat, of_member);
        if (seat->room == room && seat_is_live(seat)) return true;
    }
    return false;
}

const struct room *match_next(const struct campaign *campaign, const struct room *last)
{
    const struct tree_node *node =
        last == NULL ? tree_first(&campaign->joinable) : tree_next(&last->match_link);

    return node == NULL ? NULL : room_of(node);
}

const struct room *match_after(const struct campaign *campaign, uint32_t free, int64_t deadline,
                               int64_t opened_at, struct tuan_id id)
{
    struct room place = {.state = TUAN_ROOM_OPEN,
                         .size = free,
                         .deadline = deadline,
                         .opened_at = opened_at,
                         .id = id};
    const struct tree_node *node = tree_after(&campaign->joinable, &place.match_link);

    return node == NULL ? NULL : room_of(node);
}

const struct room *match_peek(const struct campaign *campaign, const struct member *member,
                              int64_t now_ms)
{
    const struct room *room = match_next(campaign, NULL);

    while (room != NULL && (!match_is_joinable(room, now_ms) || room_has_member(room, member)))
        room = match_next(campaign, room);
    return room;
}

struct room *match_pick(struct campaign *campaign, const struct member *member, int64_t now_ms)
{
    struct tree_node *node = tree_first(&campaign->joinable);

    while (node != NULL) {
        struct room *room = room_of(node);
        node = tree_next(node);
        if (!has_time(room, now_ms) || will_be_dissolved(campaign))
            match_leave(room);
        else if (!room_has_member(room, member))
            return room;
    }
    return NULL;
}
