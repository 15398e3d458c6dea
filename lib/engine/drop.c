/* SPDX-License-Identifier: BSD-2-Clause */
/* drop.c - what a campaign keeps may be millions of ended rooms. So dropping it only makes it
 * invisible; what it keeps is forgotten by the sweep, one fact a thing, within its budget, and
 * survives a crash half done. */
#include "engine/drop.h"

#include <assert.h>

#include "base/mem.h"
#include "engine/answer.h"
#include "engine/evolve.h"
#include "engine/room.h"
#include "engine/user.h"

handler handle_CAMPAIGN_DROP;

void handle_CAMPAIGN_DROP(struct engine *e, const struct tuan_command *command,
                          struct engine_answer *answer)
{
    struct campaign *campaign = campaign_asked(e, command->arg.campaign, answer);

    if (campaign == NULL) return;
    depend_on(answer, campaign->record.at);
    if (campaign->rooms_live > 0 || campaign->refunds.count > 0) {
        refuse_because(e, answer, TUAN_ERR_CAMPAIGN_IN_USE,
                       "%lld of its rooms live, %zu of its refunds are open",
                       (long long)campaign->rooms_live, campaign->refunds.count);
        return;
    }
    struct tuan_campaign *body = BODY(e, campaign);
    FACT_OF(e, campaign_dropped, CAMPAIGN_DROPPED);
    FACT_SET(campaign_dropped, campaign, campaign->id);
    emit(e, fact);
    view_campaign(e, campaign, body);
    depend_on(answer, campaign->record.at);
    answer_with(answer, &tuan_campaign_message, body);
}

static void drop_refund(struct engine *e, const struct refund *refund)
{
    FACT_OF(e, refund_dropped, REFUND_DROPPED);

    FACT_SET(refund_dropped, campaign, refund->campaign->id);
    FACT_SET(refund_dropped, refund, refund->id);
    emit(e, fact);
}

static void drop_user(struct engine *e, const struct member *member)
{
    FACT_OF(e, user_rolled_up, USER_ROLLED_UP);

    FACT_SET(user_rolled_up, campaign, member->campaign->id);
    FACT_SET(user_rolled_up, user, ((struct tuan_str){member->id, member->id_len}));
    emit(e, fact);
}

static void forget(struct engine *e, const struct campaign *campaign)
{
    FACT_OF(e, campaign_forgotten, CAMPAIGN_FORGOTTEN);

    FACT_SET(campaign_forgotten, campaign, campaign->id);
    emit(e, fact);
}

void drop_step(struct engine *e, struct campaign *campaign)
{
    const struct list *room = list_first(&campaign->ended);
    const struct list *refund = list_first(&campaign->strays);
    const struct list *base = list_first(&campaign->bases);

    assert(campaign->is_dropped);
    if (room != NULL)
        room_drop(e, container_of((struct list *)(uintptr_t)room, struct room, ended_link));
    else if (refund != NULL)
        drop_refund(e, container_of((struct list *)(uintptr_t)refund, struct refund, of_room));
    else if (base != NULL)
        drop_user(e,
                  container_of((struct list *)(uintptr_t)base, struct base, of_campaign)->member);
    else
        forget(e, campaign);
}

/* ---- what is left in the records ---- */

struct leftovers {
    struct record **records;
    size_t count;
};

/* Did this record of a campaign go with it, be there one of that id again? */
static bool has_gone(const struct engine *e, const struct campaign *campaign,
                     const struct record *record)
{
    bool is_dead = campaign_find(e, campaign->id) != campaign; /* the log's tail forgot it */

    return is_dead || (campaign->is_restored && record->at < campaign->born) ||
           was_deleted(e, ENGINE_CAMPAIGN, campaign->id, record->at);
}

static void look_at(const struct engine *e, struct leftovers *left, const struct campaign *campaign,
                    struct record *record)
{
    if (has_gone(e, campaign, record)) left->records[left->count++] = record;
}

/* Of a forgotten campaign only the campaign's own tombstone may be stored yet. Refunds of rooms go
 * with them: those without come first, and those whose room has come back. */
static struct leftovers find_leftovers(const struct engine *e)
{
    size_t most = map_count(&e->rooms) + map_count(&e->refunds) + map_count(&e->members);
    struct leftovers left = {.records = mem_alloc((most + 1) * sizeof(struct record *))};
    struct refund *refund;
    struct room *room;
    void *entry;

    for (size_t cursor = 0; (refund = map_next(&e->refunds, &cursor)) != NULL;) {
        room = room_find(e, refund->room_id);
        if (room == NULL || !has_gone(e, room->campaign, &room->record))
            look_at(e, &left, refund->campaign, &refund->record);
    }
    for (size_t cursor = 0; (room = map_next(&e->rooms, &cursor)) != NULL;)
        look_at(e, &left, room->campaign, &room->record);
    for (size_t cursor = 0; (entry = map_next(&e->members, &cursor)) != NULL;) {
        struct user user = user_of_entry(entry);
        struct record *stored = user_stored(user);
        if (stored != NULL) look_at(e, &left, user.member->campaign, stored);
    }
    return left;
}

static void bury_with_campaigns(struct engine *e)
{
    if (!e->has_dropped) return;
    struct leftovers left = find_leftovers(e);
    for (size_t i = 0; i < left.count; i++)
        leftover_bury(e, left.records[i]);
    mem_free(left.records);
}

/* A refund whose room was forgotten was forgotten with it; that it can have been open is damage.
 * When the room went is not always known: where a failover took the snapshot back, S8 could name
 * the room only, and by now its tombstone may be purged, and the tail not reach back so far. So the
 * refund's tombstone tells the position of the load: no fact about it can come behind that. */
static bool bury_with_rooms(struct engine *e)
{
    struct list orphans;
    struct refund *refund;

    list_init(&orphans);
    for (size_t cursor = 0; (refund = map_next(&e->refunds, &cursor)) != NULL;) {
        if (tuan_rid_is_none(refund->room_id) || room_find(e, refund->room_id) != NULL) continue;
        if (refund->acked_at == 0) return false;
        assert(!list_is_linked(&refund->of_room));
        list_push_tail(&orphans, &refund->of_room);
    }
    list_for_each (link, &orphans)
        leftover_bury(e, &container_of(link, struct refund, of_room)->record);
    return true;
}

/* Does any record tell of it? */
static bool is_told_of(const struct engine *e, const struct campaign *campaign)
{
    const struct refund *refund;
    const struct room *room;

    for (size_t cursor = 0; (room = map_next(&e->rooms, &cursor)) != NULL;)
        if (room->campaign == campaign) return true;
    for (size_t cursor = 0; (refund = map_next(&e->refunds, &cursor)) != NULL;)
        if (refund->campaign == campaign) return true;
    return !list_is_empty(&campaign->bases);
}

/* The campaign of a record that came before its own: made for that, and not needed any more. */
static void unmake_empty_campaigns(struct engine *e)
{
    struct campaign **empty = mem_alloc((map_count(&e->campaigns) + 1) * sizeof *empty);
    struct campaign *campaign;
    size_t count = 0;

    for (size_t cursor = 0; (campaign = map_next(&e->campaigns, &cursor)) != NULL;)
        if (list_is_empty(&campaign->revisions) &&
            (tombstone_find(e, ENGINE_CAMPAIGN, campaign->id) != NULL || !is_told_of(e, campaign)))
            empty[count++] = campaign;
    for (size_t i = 0; i < count; i++)
        campaign_unmake(e, empty[i]);
    mem_free(empty);
}

bool drop_leftovers(struct engine *e)
{
    bury_with_campaigns(e);
    if (!bury_with_rooms(e)) return false;
    unmake_empty_campaigns(e);
    return true;
}
