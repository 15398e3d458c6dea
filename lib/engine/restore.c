/* SPDX-License-Identifier: BSD-2-Clause */
/* restore.c - a campaign that was dumped elsewhere comes here, with all that is kept of it: its
 * ids, versions, orders and refunds stay what they were. */
#include <assert.h>
#include <stdio.h>

#include "engine/evolve.h"

bool engine_has(const struct engine *e, enum engine_kind kind, struct tuan_id id)
{
    assert(kind == ENGINE_ROOM || kind == ENGINE_REFUND);
    return kind == ENGINE_ROOM ? room_find(e, id) != NULL : refund_find(e, id) != NULL;
}

static enum tuan_err say(char *why, size_t size, enum tuan_err err, const char *text)
{
    snprintf(why, size, "%s", text);
    return err;
}

/* A room or refund of its that is here already, under another campaign. */
static bool has_any_of(const struct engine *e, const struct engine *loaded)
{
    const struct refund *refund;
    const struct room *room;

    for (size_t cursor = 0; (room = map_next(&loaded->rooms, &cursor)) != NULL;)
        if (room_find(e, room->id) != NULL) return true;
    for (size_t cursor = 0; (refund = map_next(&loaded->refunds, &cursor)) != NULL;)
        if (refund_find(e, refund->id) != NULL) return true;
    return false;
}

static bool is_beyond(int64_t have, int64_t more, int64_t max)
{
    return max > 0 && have + more > max;
}

static bool is_too_much(const struct engine *e, const struct engine *loaded)
{
    const struct engine_config *config = &e->config;

    return is_beyond((int64_t)map_count(&e->campaigns), 1, config->campaigns_max) ||
           is_beyond((int64_t)map_count(&e->rooms), (int64_t)map_count(&loaded->rooms),
                     config->rooms_max) ||
           is_beyond(e->seat_count, loaded->seat_count, config->seats_max);
}

enum tuan_err engine_may_restore(const struct engine *e, const struct engine *loaded,
                                 struct tuan_str campaign, int64_t now_ms, char *why,
                                 size_t why_size)
{
    if (campaign_find(e, campaign) != NULL || e->forgot == e->position)
        return say(why, why_size, TUAN_ERR_CAMPAIGN_IN_USE,
                   "a campaign of that id is here, or is being dropped");
    if (map_count(&loaded->campaigns) != 1 || campaign_find(loaded, campaign) == NULL)
        return say(why, why_size, TUAN_ERR_BAD_ARGUMENT, "data: of another campaign");
    if (loaded->now_ms > now_ms) {
        snprintf(why, why_size, "data: of a clock that is %lld ms ahead of this one",
                 (long long)(loaded->now_ms - now_ms));
        return TUAN_ERR_BAD_ARGUMENT;
    }
    if (has_any_of(e, loaded))
        return say(why, why_size, TUAN_ERR_BAD_ARGUMENT,
                   "data: a room or refund of it is here, under another campaign");
    if (is_too_much(e, loaded))
        return say(why, why_size, TUAN_ERR_TOO_MANY,
                   "the daemon keeps no more (limit.campaigns, limit.rooms, limit.seats)");
    return TUAN_OK;
}

void engine_restore(struct engine *e, enum engine_kind kind, const void *body)
{
    const struct tuan_list one = {body, 1};
    const struct tuan_campaign_record *campaign = body;
    const struct tuan_room_record *room = body;
    const struct tuan_user_record *user = body;
    const struct tuan_refund_record *refund = body;
    FACT_OF(e, record_restored, RECORD_RESTORED);

    switch (kind) {
    case ENGINE_CAMPAIGN:
        FACT_SET(record_restored, campaign, campaign->campaign);
        FACT_SET(record_restored, campaigns, one);
        break;
    case ENGINE_ROOM:
        FACT_SET(record_restored, campaign, room->campaign);
        FACT_SET(record_restored, room, room->room);
        FACT_SET(record_restored, rooms, one);
        break;
    case ENGINE_USER:
        FACT_SET(record_restored, campaign, user->campaign);
        FACT_SET(record_restored, user, user->user);
        FACT_SET(record_restored, users, one);
        break;
    case ENGINE_REFUND:
        FACT_SET(record_restored, campaign, refund->campaign);
        FACT_SET(record_restored, refund, refund->refund);
        FACT_SET(record_restored, refunds, one);
        break;
    case ENGINE_KIND_COUNT: assert(false && "a record of no kind"); return;
    }
    emit(e, fact);
}

/* As at the end of loading. */
void engine_restore_end(struct engine *e, struct tuan_str id)
{
    struct campaign *campaign = campaign_find(e, id);

    assert(campaign != NULL);
    list_for_each (link, &campaign->revisions)
        revision_release(e, campaign, container_of(link, struct revision, link));
    campaign_queue(e, campaign);
}
