/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/gather.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAMPAIGN_PAGE = 50, REFUND_PAGE = 100 };

bool gather_spans(const struct tuan_command *command)
{
    return command->id == TUAN_CMD_CAMPAIGN_LIST || command->id == TUAN_CMD_ROOM_MGET ||
           (command->id == TUAN_CMD_REFUND_LIST && !TUAN_GIVEN(command, campaign));
}

static struct tuan_reply body_reply(const struct tuan_message *message, const void *body)
{
    return (struct tuan_reply){.err = TUAN_OK, .message = message, .body = body};
}

#define TAKE(arena, type) ((type *)memset(arena_take((arena), sizeof(type)), 0, sizeof(type)))

/* A room is in the answer of the partition that its id names, or, if it was dumped elsewhere and
 * loaded here, of the one where its campaign lives. */
static const struct tuan_room *find_room(const struct engine_answer *answers, uint32_t count,
                                         struct tuan_id id, uint32_t index)
{
    uint32_t named = tuan_rid_partition(id), home = named < count ? named : 0;
    const struct tuan_room *found = NULL;

    for (uint32_t i = 0; i < count; i++) {
        const struct tuan_rooms *rooms = answers[i].reply.body;
        const struct tuan_room *room = (const struct tuan_room *)rooms->rooms.items + index;
        if (!TUAN_HAS(room, room, error)) return room;
        if (i == home) found = room;
    }
    return found;
}

static struct tuan_reply gather_rooms(const struct tuan_command *command,
                                      const struct engine_answer *answers, uint32_t count,
                                      struct arena *arena)
{
    struct tuan_ids ids = command->arg.room_list;
    struct tuan_room *items = arena_take(arena, (ids.count + 1) * sizeof *items);
    struct tuan_rooms *body = TAKE(arena, struct tuan_rooms);

    for (uint32_t i = 0; i < ids.count; i++)
        items[i] = *find_room(answers, count, ids.items[i], i);
    TUAN_SET(rooms, body, rooms, ((struct tuan_list){items, ids.count}));
    return body_reply(&tuan_rooms_message, body);
}

static int compare_campaigns(const void *left, const void *right)
{
    struct tuan_str a = ((const struct tuan_campaign *)left)->campaign;
    struct tuan_str b = ((const struct tuan_campaign *)right)->campaign;
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_refunds(const void *left, const void *right)
{
    const struct tuan_refund *a = left, *b = right;

    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    if (a->refund.hi != b->refund.hi) return a->refund.hi < b->refund.hi ? -1 : 1;
    return (a->refund.lo > b->refund.lo) - (a->refund.lo < b->refund.lo);
}

/* The lists of all pages, sorted; *count is how many there are. */
static void *merge(const struct tuan_list *lists, uint32_t pages, size_t size,
                   int (*compare)(const void *, const void *), uint32_t *count, struct arena *arena)
{
    *count = 0;
    for (uint32_t i = 0; i < pages; i++)
        *count += lists[i].count;
    char *items = arena_take(arena, (*count + 1) * size);
    size_t at = 0;
    for (uint32_t i = 0; i < pages; at += lists[i].count * size, i++)
        if (lists[i].count > 0) memcpy(items + at, lists[i].items, lists[i].count * size);
    qsort(items, *count, size, compare);
    return items;
}

static uint32_t page_size(const struct tuan_command *command, uint32_t otherwise)
{
    return command->arg.limit == 0 ? otherwise : (uint32_t)command->arg.limit;
}

static struct tuan_reply gather_campaigns(const struct tuan_command *command,
                                          const struct engine_answer *answers, uint32_t count,
                                          struct arena *arena)
{
    struct tuan_list *lists = arena_take(arena, count * sizeof *lists);
    struct tuan_campaigns *body = TAKE(arena, struct tuan_campaigns);
    uint32_t limit = page_size(command, CAMPAIGN_PAGE), total;
    bool is_more = false;

    for (uint32_t i = 0; i < count; i++) {
        const struct tuan_campaigns *page = answers[i].reply.body;
        lists[i] = page->campaigns;
        is_more = is_more || page->cursor.len > 0;
    }
    struct tuan_campaign *items =
        merge(lists, count, sizeof *items, compare_campaigns, &total, arena);
    uint32_t shown = total < limit ? total : limit;
    is_more = is_more || total > shown;
    TUAN_SET(campaigns, body, campaigns, ((struct tuan_list){items, shown}));
    TUAN_SET(campaigns, body, cursor,
             is_more && shown > 0 ? items[shown - 1].campaign : TUAN_STR(""));
    return body_reply(&tuan_campaigns_message, body);
}

static struct tuan_str refund_cursor(const struct tuan_refund *last, struct arena *arena)
{
    enum { SIZE = 64 };
    char id[TUAN_RID_CHARS];
    char *text = arena_take(arena, SIZE);

    tuan_rid_print(last->refund, id);
    int len = snprintf(text, SIZE, "%lld:%.*s", (long long)last->at, TUAN_RID_CHARS, id);
    return (struct tuan_str){text, (uint32_t)len};
}

static struct tuan_reply gather_refunds(const struct tuan_command *command,
                                        const struct engine_answer *answers, uint32_t count,
                                        struct arena *arena)
{
    struct tuan_list *lists = arena_take(arena, count * sizeof *lists);
    struct tuan_refunds *body = TAKE(arena, struct tuan_refunds);
    uint32_t limit = page_size(command, REFUND_PAGE), total;
    bool is_more = false;
    int64_t open = 0, oldest_at = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct tuan_refunds *page = answers[i].reply.body;
        lists[i] = page->refunds;
        is_more = is_more || page->cursor.len > 0;
        open += page->open;
        if (page->open > 0 && (oldest_at == 0 || page->oldest_at < oldest_at))
            oldest_at = page->oldest_at;
    }
    struct tuan_refund *items = merge(lists, count, sizeof *items, compare_refunds, &total, arena);
    uint32_t shown = total < limit ? total : limit;
    is_more = is_more || total > shown;
    TUAN_SET(refunds, body, refunds, ((struct tuan_list){items, shown}));
    TUAN_SET(refunds, body, cursor,
             is_more && shown > 0 ? refund_cursor(&items[shown - 1], arena) : TUAN_STR(""));
    TUAN_SET(refunds, body, open, open);
    if (open > 0) TUAN_SET(refunds, body, oldest_at, oldest_at);
    return body_reply(&tuan_refunds_message, body);
}

struct tuan_reply gather(const struct tuan_command *command, const struct engine_answer *answers,
                         uint32_t count, struct arena *arena)
{
    assert(gather_spans(command));
    for (uint32_t i = 0; i < count; i++)
        if (answers[i].reply.err != TUAN_OK) return answers[i].reply;
    if (command->id == TUAN_CMD_ROOM_MGET) return gather_rooms(command, answers, count, arena);
    return command->id == TUAN_CMD_CAMPAIGN_LIST ? gather_campaigns(command, answers, count, arena)
                                                 : gather_refunds(command, answers, count, arena);
}
