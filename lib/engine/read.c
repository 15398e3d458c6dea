/* SPDX-License-Identifier: BSD-2-Clause */
/* read.c - ROOM.GET, ROOM.MGET, ROOM.LIST. Reads never change anything, what is overdue included.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "engine/answer.h"
#include "engine/match.h"
#include "engine/policy.h"
#include "engine/ticker.h"

handler handle_ROOM_GET, handle_ROOM_MGET, handle_ROOM_LIST;

enum {
    LIST_DEFAULT = 20,
    LIST_MAX = 50,
    LIST_WALK_MAX = 2000, /* rooms looked at for one page */
};

/* How many seats a status is to tell at most. */
static uint32_t seats_asked(const struct tuan_command *command)
{
    return TUAN_GIVEN(command, seats) ? (uint32_t)command->arg.seats : TUAN_STATUS_SEATS_MAX;
}

void handle_ROOM_GET(struct engine *e, const struct tuan_command *command,
                     struct engine_answer *answer)
{
    const struct room *room = room_asked(e, command->arg.room, answer);

    if (room == NULL) return;
    if (!TUAN_GIVEN(command, if_version) || command->arg.if_version != room->version) {
        answer_room(e, answer, room, seats_asked(command));
        return;
    }
    struct tuan_room *body = BODY(e, room);
    TUAN_SET(room, body, room, room->id);
    TUAN_SET(room, body, version, room->version);
    TUAN_SET(room, body, unchanged, 1);
    TUAN_SET(room, body, now, e->now_ms);
    depend_on(answer, room->record.at);
    answer_with(answer, &tuan_room_message, body);
}

void handle_ROOM_MGET(struct engine *e, const struct tuan_command *command,
                      struct engine_answer *answer)
{
    struct tuan_ids ids = command->arg.room_list;
    struct tuan_rooms *body = BODY(e, rooms);
    struct tuan_room *items = arena_take(&e->arena, (ids.count + 1) * sizeof *items);
    uint32_t seats = seats_asked(command);

    for (uint32_t i = 0; i < ids.count; i++) {
        const struct room *room = room_find(e, ids.items[i]);
        if (room != NULL && room->campaign->is_dropped) room = NULL;
        items[i] = (struct tuan_room){0};
        depend_on(answer, room == NULL ? e->newest : room->record.at);
        if (room != NULL)
            view_room(e, room, seats, &items[i]);
        else
            TUAN_SET(room, &items[i], error, TUAN_STR("ROOM_NOT_FOUND no such room"));
    }
    TUAN_SET(rooms, body, rooms, ((struct tuan_list){items, ids.count}));
    answer_with(answer, &tuan_rooms_message, body);
}

/* ---- ROOM.LIST ---- */

struct page {
    struct engine *e;
    struct user user; /* whose rooms come first */
    struct tuan_room *items;
    uint32_t count, limit;
    uint32_t seats; /* of each room */
};

static void page_add(struct page *page, const struct room *room, bool mine)
{
    struct tuan_room *item = &page->items[page->count++];

    *item = (struct tuan_room){0};
    view_room(page->e, room, page->seats, item);
    if (mine) TUAN_SET(room, item, mine, 1);
}

static bool page_has(const struct page *page, const struct room *room)
{
    for (uint32_t i = 0; i < page->count; i++)
        if (tuan_rid_equal(page->items[i].room, room->id)) return true;
    return false;
}

static void add_own_rooms(struct page *page)
{
    user_for_each(seat, page->user)
    {
        if (page->count < page->limit && seat_is_waiting(seat) && !page_has(page, seat->room))
            page_add(page, seat->room, true);
    }
}

/* Who already sits in an open room of a campaign that allows one cannot join another. */
static bool may_join_others(const struct page *page, const struct campaign *campaign)
{
    return !user_is_waiting(page->user) || !campaign_rules(campaign)->rules.one_open_per_user;
}

static const char cursor_format[] = "%u:%lld:%lld:%.20s";
static const struct tuan_str cursor_before_all = {"0:0:0:00000000000000000000", 26};

static struct tuan_str place_cursor(struct engine *e, const struct room *room)
{
    char id[TUAN_RID_CHARS + 1] = {0};

    tuan_rid_print(room->id, id);
    return text_make(e, cursor_format, room_free(room), (long long)room->deadline,
                     (long long)room->opened_at, id);
}

/* Where a page goes on: a place in the order, whether or not a room is still there. */
static bool parse_cursor(struct tuan_str cursor, struct room *place)
{
    char text[128], id_text[TUAN_RID_CHARS + 1];
    long long deadline, opened_at;

    if (cursor.len >= sizeof text) return false;
    memcpy(text, cursor.ptr, cursor.len);
    text[cursor.len] = '\0';
    if (sscanf(text, "%u:%lld:%lld:%20s", &place->size, &deadline, &opened_at, id_text) != 4)
        return false;
    place->state = TUAN_ROOM_OPEN;
    place->deadline = deadline;
    place->opened_at = opened_at;
    return tuan_rid_parse((struct tuan_str){id_text, (uint32_t)strlen(id_text)}, &place->id);
}

/* In matching order. Returns the cursor. */
static struct tuan_str add_best(struct page *page, struct match_walk *walk)
{
    const struct room *last = NULL;
    const struct room *room = match_walk_next(walk);

    for (int walked = 0; room != NULL && page->count < page->limit && walked < LIST_WALK_MAX;
         walked++) {
        if (match_is_joinable(room, page->e->now_ms)) page_add(page, room, false);
        last = room;
        room = match_walk_next(walk);
    }
    if (room == NULL) return TUAN_STR("");
    return last == NULL ? cursor_before_all : place_cursor(page->e, last);
}

/* The newest first, from those older than `after` on. Returns the cursor. */
static struct tuan_str add_newest(struct page *page, const struct campaign *campaign,
                                  const struct tuan_tags *tags, const struct room *after)
{
    static const struct room end_of_time = {.opened_at = INT64_MAX};
    const struct room *last = after == NULL ? &end_of_time : after;
    const struct tree_node *node = tree_before(&campaign->live, &last->live_link);

    for (int walked = 0; node != NULL && page->count < page->limit && walked < LIST_WALK_MAX;
         walked++) {
        last = policy_live_room(node);
        if (last->is_listed && (tags == NULL || shelf_fits(last, *tags)) &&
            match_is_joinable(last, page->e->now_ms) && !room_has_user(last, page->user))
            page_add(page, last, false);
        node = tree_before(&campaign->live, node);
    }
    return node == NULL ? TUAN_STR("") : place_cursor(page->e, last);
}

/* Not to be joined any more: what has formed last, for all to see. */
static void add_formed(struct page *page, const struct campaign *campaign)
{
    for (uint32_t i = 0; i < campaign->ticker_count && page->count < page->limit; i++) {
        const struct room *room = ticker_at(page->e, campaign, i);
        if (room != NULL && i < campaign_rules(campaign)->rules.ticker)
            page_add(page, room, room_has_user(room, page->user));
    }
}

/* Which of two live rooms needs an operator's eye first. */
static bool is_before(enum tuan_list_sort sort, const struct room *a, const struct room *b)
{
    uint32_t missing_a = room_missing(a), missing_b = room_missing(b);

    if (sort == TUAN_SORT_FULLEST && missing_a != missing_b) return missing_a < missing_b;
    return policy_deadline(a) < policy_deadline(b);
}

/* All that live, joinable or not, listed or not: the first in this order, of the oldest. */
static void add_live(struct page *page, const struct campaign *campaign, enum tuan_list_sort sort)
{
    const struct room *first[LIST_MAX];
    const struct tree_node *node = tree_first(&campaign->live);
    uint32_t count = 0;

    for (int walked = 0; node != NULL && walked < LIST_WALK_MAX; walked++, node = tree_next(node)) {
        const struct room *room = policy_live_room(node);
        if (count == page->limit && !is_before(sort, room, first[count - 1])) continue;
        uint32_t at = count < page->limit ? count++ : count - 1;
        for (; at > 0 && is_before(sort, room, first[at - 1]); at--)
            first[at] = first[at - 1];
        first[at] = room;
    }
    for (uint32_t i = 0; i < count; i++)
        page_add(page, first[i], false);
}

void handle_ROOM_LIST(struct engine *e, const struct tuan_command *command,
                      struct engine_answer *answer)
{
    const struct tuan_args *arg = &command->arg;
    struct campaign *campaign = campaign_asked(e, arg->campaign, answer);
    const struct tuan_tags *tags = TUAN_GIVEN(command, tags) ? &arg->tags : NULL;
    struct room place = {.size = 0};

    if (campaign == NULL) return;
    depend_on(answer, campaign->record.at);
    if (arg->cursor.len > 0 && !parse_cursor(arg->cursor, &place)) {
        refuse_because(e, answer, TUAN_ERR_BAD_ARGUMENT, "cursor: not one that ROOM.LIST gave");
        return;
    }
    struct page page = {.e = e,
                        .limit = (uint32_t)(arg->limit == 0 ? LIST_DEFAULT : arg->limit),
                        .seats = seats_asked(command)};
    if (page.limit > LIST_MAX) page.limit = LIST_MAX;
    page.items = arena_take(&e->arena, page.limit * sizeof *page.items);
    if (TUAN_GIVEN(command, user)) page.user = user_find(e, campaign, arg->user);
    bool is_to_join = arg->sort == TUAN_SORT_BEST || arg->sort == TUAN_SORT_NEWEST;
    if (arg->cursor.len == 0 && is_to_join) add_own_rooms(&page);
    struct tuan_rooms *body = BODY(e, rooms);
    struct tuan_str cursor = TUAN_STR("");
    bool is_visible =
        campaign_rules(campaign)->rules.list_visible != 0 && may_join_others(&page, campaign);
    const struct room *after = arg->cursor.len > 0 ? &place : NULL;
    match_relax(campaign, e->now_ms);
    if (arg->sort == TUAN_SORT_FORMED) {
        add_formed(&page, campaign);
    } else if (!is_to_join) {
        add_live(&page, campaign, (enum tuan_list_sort)arg->sort);
    } else if (is_visible && arg->sort == TUAN_SORT_NEWEST) {
        cursor = add_newest(&page, campaign, tags, after);
    } else if (is_visible) {
        struct match_walk walk;
        match_walk_begin(&walk, e, campaign, tags, page.user, after);
        cursor = add_best(&page, &walk);
    }
    TUAN_SET(rooms, body, rooms, ((struct tuan_list){page.items, page.count}));
    TUAN_SET(rooms, body, cursor, cursor);
    answer_with(answer, &tuan_rooms_message, body);
}
