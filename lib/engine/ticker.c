/* SPDX-License-Identifier: BSD-2-Clause */
/* ticker.c - a campaign keeps the ids of its newest formed rooms in order: by when they formed, and
 * among equals by id, so that it is the same list whatever order they are loaded in. */
#include "engine/ticker.h"

#include <string.h>

enum { TICKER_STEP = 10 };

static bool formed_later(const struct formed *a, const struct formed *b)
{
    if (a->at != b->at) return a->at > b->at;
    return a->room.hi != b->room.hi ? a->room.hi > b->room.hi : a->room.lo > b->room.lo;
}

/* Room for one more, as long as it is fewer than the campaign shows. */
static void make_room(struct engine *e, struct campaign *campaign, uint32_t limit)
{
    struct formed *old = campaign->ticker;
    size_t cap = campaign->ticker_cap + (size_t)TICKER_STEP;

    if (campaign->ticker_count < campaign->ticker_cap || campaign->ticker_count >= limit) return;
    campaign->ticker = pool_alloc(&e->pool, cap * sizeof *old);
    if (campaign->ticker_count > 0)
        memcpy(campaign->ticker, old, campaign->ticker_count * sizeof *old);
    if (old != NULL) pool_free(&e->pool, old, campaign->ticker_cap * sizeof *old);
    campaign->ticker_cap = (uint32_t)cap;
}

void ticker_enter(struct engine *e, const struct room *room)
{
    struct campaign *campaign = room->campaign;
    const struct formed formed = {.room = room->id, .at = room_ended_at(room)};
    uint32_t limit = (uint32_t)campaign_rules(campaign)->rules.ticker;
    uint32_t at = 0;

    if (!room->is_listed) return;
    while (at < campaign->ticker_count && formed_later(&campaign->ticker[at], &formed))
        at++;
    if (at >= limit) return;
    make_room(e, campaign, limit);
    if (campaign->ticker_count > limit) campaign->ticker_count = limit;
    if (campaign->ticker_count < limit) campaign->ticker_count++;
    memmove(&campaign->ticker[at + 1], &campaign->ticker[at],
            (campaign->ticker_count - at - 1) * sizeof formed);
    campaign->ticker[at] = formed;
}

const struct room *ticker_at(const struct engine *e, const struct campaign *campaign, uint32_t i)
{
    return i < campaign->ticker_count ? room_find(e, campaign->ticker[i].room) : NULL;
}
