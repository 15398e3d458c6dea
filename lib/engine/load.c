/* SPDX-License-Identifier: BSD-2-Clause */
/* load.c - memory from records: the inverse of snapshot.c, and the rebuilding of all that is
 * derived.
 *
 * Records come kind by kind: campaigns, rooms, users, refunds; one that comes twice is the same
 * twice. Then the log's tail runs through engine_evolve. Only then are sums, indexes and timers
 * built, so that they are a function of the records alone.
 */
#include <assert.h>

#include "engine/drop.h"
#include "engine/evolve.h"
#include "engine/ledger.h"
#include "engine/load_record.h"
#include "engine/load_rooms.h"
#include "engine/user.h"

void engine_load_begin(struct engine *e)
{
    assert(map_count(&e->campaigns) == 0 && map_count(&e->rooms) == 0);
    assert(e->fact_count == 0);
    e->loading = true;
}

void engine_load_tombstone(struct engine *e, enum engine_kind kind, struct tuan_str key,
                           uint64_t at)
{
    assert(e->loading);
    if (!was_deleted(e, kind, key, at)) note_deleted(e, kind, key, at);
    e->has_dropped = e->has_dropped || kind == ENGINE_CAMPAIGN;
}

void engine_load_ahead(const struct engine *e, enum engine_kind kind, const void *record)
{
    record_ahead(e, kind, record);
}

bool engine_load_record(struct engine *e, enum engine_kind kind, const void *record, uint64_t at)
{
    assert(e->loading);
    return record_load(e, kind, record, at);
}

/* ---- what is derived ---- */

static bool campaigns_are_whole(struct engine *e)
{
    const struct campaign *campaign;

    for (size_t cursor = 0; (campaign = map_next(&e->campaigns, &cursor)) != NULL;)
        if (list_is_empty(&campaign->revisions))
            return misfit(e, "a room, user or refund of a campaign that is not there");
    return true;
}

/* Its rooms and refunds ended before it was dropped. */
static bool dropped_are_idle(struct engine *e)
{
    const struct campaign *campaign;

    for (size_t cursor = 0; (campaign = map_next(&e->campaigns, &cursor)) != NULL;)
        if (campaign->is_dropped && (campaign->rooms_live > 0 || campaign->refunds.count > 0))
            return misfit(e, "a campaign that was dropped with live rooms or open refunds");
    return true;
}

static void index_bases(struct engine *e)
{
    struct campaign *campaign;

    for (size_t cursor = 0; (campaign = map_next(&e->campaigns, &cursor)) != NULL;) {
        list_for_each (link, &campaign->bases) {
            const struct base *base = container_of(link, struct base, of_campaign);
            base->member->opens += (uint32_t)base->opens;
            base->member->joins += (uint32_t)base->joins;
            base->member->qty += base->qty;
        }
    }
}

static bool index_refunds(struct engine *e)
{
    struct refund *refund;

    for (size_t cursor = 0; (refund = map_next(&e->refunds, &cursor)) != NULL;) {
        struct room *room = room_find(e, refund->room_id);
        if (room != NULL && refund->n > room->seat_count)
            return misfit(e, "a refund of a seat that its room does not have");
        if (room != NULL && !list_is_linked(&refund->of_room))
            list_push_tail(&room->refunds, &refund->of_room);
        refund_index(e, refund);
    }
    return true;
}

/* Before the rooms, as in life: a campaign is there before them. */
static void index_campaigns(struct engine *e)
{
    struct campaign *campaign;

    for (size_t cursor = 0; (campaign = map_next(&e->campaigns, &cursor)) != NULL;)
        campaign_arm(e, campaign);
}

static void release_idle_revisions(struct engine *e)
{
    struct campaign *campaign;

    for (size_t cursor = 0; (campaign = map_next(&e->campaigns, &cursor)) != NULL;) {
        list_for_each (link, &campaign->revisions)
            revision_release(e, campaign, container_of(link, struct revision, link));
        campaign_queue(e, campaign);
    }
}

static void free_tombstones(struct engine *e)
{
    struct tombstone *tombstone;

    for (size_t cursor = 0; (tombstone = map_next(&e->tombstones, &cursor)) != NULL;) {
        str_free(e, tombstone->key);
        pool_free(&e->pool, tombstone, sizeof *tombstone);
    }
    map_free(&e->tombstones);
    map_init(&e->tombstones, 0);
}

bool engine_load_end(struct engine *e, uint64_t position)
{
    assert(e->loading && position >= e->position);
    if (e->seen_ms > ENGINE_TIME_MAX) /* nobody could sit down any more */
        return misfit(e, "a time beyond the last that is told");

    e->position = position; /* of what is buried here */
    if (!drop_leftovers(e)) return misfit(e, "an open refund of a room that is not there");
    free_tombstones(e);
    if (!campaigns_are_whole(e)) return false;
    index_campaigns(e);
    if (!load_rooms_in_order(e)) return false;
    if (e->seen_ms > e->now_ms) e->now_ms = e->seen_ms;
    index_bases(e);
    if (!index_refunds(e) || !dropped_are_idle(e)) return false;
    e->loading = false;
    release_idle_revisions(e);
    graveyard_clear(e);
    return true;
}

const char *engine_load_fault(const struct engine *e)
{
    return e->misfit;
}

int64_t engine_last_now_ms(const struct engine *e)
{
    return e->now_ms;
}

/* ---- S8 ---- */

/* Dirty since `position` at the latest. Batches come oldest first, so the place in the dirty list
 * is looked for from where the last one was put. */
static void mark(struct engine *e, struct record *record, uint64_t position)
{
    if (record == NULL || record->at < position) return; /* no fact there touched it */
    if (record_is_dirty(record) && record->first_dirty <= position) return;
    record_clean(e, record);
    record->first_dirty = position;
    struct list *at = e->marked;
    if (at == NULL || container_of(at, struct record, dirty)->first_dirty > position)
        at = &e->dirty; /* the first of a new repair */
    while (at->next != &e->dirty &&
           container_of(at->next, struct record, dirty)->first_dirty <= position)
        at = at->next;
    list_insert_between(&record->dirty, at, at->next);
    e->dirty_count++;
    e->marked = &record->dirty;
}

/* Records deleted since are stored as tombstones again: one each, saying that it is not there now.
 */
static void mark_gone(struct engine *e, enum engine_kind kind, struct tuan_str key, uint64_t gone,
                      uint64_t position)
{
    struct tombstone *tombstone = tombstone_find(e, kind, key);

    if (tombstone == NULL) tombstone = note_deleted(e, kind, key, gone);
    if (tombstone->record.at < gone) tombstone->record.at = gone; /* it was there again meanwhile */
    mark(e, &tombstone->record, position);
}

static void mark_campaign(struct engine *e, struct tuan_str id, uint64_t position)
{
    struct campaign *campaign = campaign_find(e, id);
    uint64_t gone = gone_since(e, ENGINE_CAMPAIGN);

    if (campaign == NULL || campaign_is_newer(campaign, position, &gone))
        mark_gone(e, ENGINE_CAMPAIGN, id, gone, position);
    else
        mark(e, &campaign->record, position);
}

static void mark_user(struct engine *e, struct tuan_str campaign_id, struct tuan_str user,
                      uint64_t position)
{
    char text[2 * TUAN_ID_MAX + 1];
    struct campaign *campaign = campaign_find(e, campaign_id);
    struct record *stored = campaign == NULL ? NULL : user_stored(user_find(e, campaign, user));
    uint64_t gone = gone_since(e, ENGINE_USER);

    if (user.len == 0) return;
    if (stored == NULL || campaign_is_newer(campaign, position, &gone))
        mark_gone(e, ENGINE_USER, user_key(campaign_id, user, text), gone, position);
    else
        mark(e, stored, position);
}

static void mark_rid(struct engine *e, enum engine_kind kind, struct tuan_id id, uint64_t position)
{
    char text[TUAN_RID_CHARS];
    uint64_t gone;
    struct record *record = rid_record(e, kind, id, position, &gone);

    if (tuan_rid_is_none(id)) return;
    tuan_rid_print(id, text);
    if (record != NULL)
        mark(e, record, position);
    else
        mark_gone(e, kind, (struct tuan_str){text, sizeof text}, gone, position);
}

static const struct campaign *campaign_of(const struct record *record)
{
    switch (record->kind) {
    case ENGINE_CAMPAIGN: return container_of(record, struct campaign, record);
    case ENGINE_ROOM: return container_of(record, struct room, record)->campaign;
    case ENGINE_REFUND: return container_of(record, struct refund, record)->campaign;
    case ENGINE_USER: return container_of(record, struct base, record)->member->campaign;
    case ENGINE_KIND_COUNT: break;
    }
    assert(false && "a record of no kind");
    return NULL;
}

/* What was marked so far for a campaign of this id was one that is forgotten here. One that is in
 * memory and was loaded with its record does not know that it was put again since, or restored with
 * its rooms, users and refunds: of these, too, what was marked is what they were before. */
static void note_forgotten(struct engine *e, struct tuan_str id, uint64_t position)
{
    struct campaign *campaign = campaign_find(e, id);

    if (campaign == NULL || campaign->born > position) return;
    campaign->born = position + 1;
    for (struct list *link = e->dirty.next, *next; link != &e->dirty; link = next) {
        struct record *record = container_of(link, struct record, dirty);
        bool is_its = !record->is_tombstone && campaign_of(record) == campaign;
        if (record->first_dirty > position) break;
        if (is_its)
            mark_gone(e, record->kind, record_key(e, record), position, record->first_dirty);
        next = link->next;                   /* the tombstone is behind it by now */
        if (is_its) record_clean(e, record); /* what made it dirty is behind this fact */
    }
    mark_gone(e, ENGINE_CAMPAIGN, id, position, position);
}

/* Every fact but the clock has its campaign first; a room or refund is found by its row's type and
 * name. */
void engine_mark_dirty(struct engine *e, const struct tuan_fact *fact, uint64_t position)
{
    const struct tuan_message *message = tuan_fact_message(fact->type);
    const char *body = (const char *)&fact->given;

    if (fact->type == TUAN_FACT_CLOCK) return;
    const struct tuan_str campaign = *(const struct tuan_str *)(body + message->fields[0].offset);
    if (fact->type == TUAN_FACT_CAMPAIGN_FORGOTTEN) note_forgotten(e, campaign, position);
    mark_campaign(e, campaign, position);
    if (fact->type == TUAN_FACT_USER_ROLLED_UP)
        mark_user(e, campaign, fact->user_rolled_up.user, position);
    if (fact->type == TUAN_FACT_RECORD_RESTORED)
        mark_user(e, campaign, fact->record_restored.user, position);
    for (size_t i = 1; i < message->count; i++) {
        const struct tuan_field *field = &message->fields[i];
        if (field->type != TUAN_RID || !((fact->given >> i) & 1)) continue;
        bool is_refund = __builtin_strcmp(field->name, "refund") == 0;
        bool is_room = __builtin_strcmp(field->name, "room") == 0 ||
                       __builtin_strcmp(field->name, "from") == 0;
        if (is_refund || is_room)
            mark_rid(e, is_refund ? ENGINE_REFUND : ENGINE_ROOM,
                     *(const struct tuan_id *)(body + field->offset), position);
    }
}
