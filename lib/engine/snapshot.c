/* SPDX-License-Identifier: BSD-2-Clause */
/* snapshot.c - memory as records: which are dirty, and what they hold. */
#include <assert.h>

#include "base/mem.h"
#include "engine/aged.h"
#include "engine/answer.h"
#include "engine/evolve.h"
#include "engine/fill.h"
#include "engine/record.h"
#include "engine/user.h"

const struct tuan_message *engine_record_message(enum engine_kind kind)
{
    switch (kind) {
    case ENGINE_CAMPAIGN: return &tuan_campaign_record_message;
    case ENGINE_ROOM: return &tuan_room_record_message;
    case ENGINE_USER: return &tuan_user_record_message;
    case ENGINE_REFUND: return &tuan_refund_record_message;
    case ENGINE_KIND_COUNT: break;
    }
    assert(false && "a record of no kind");
    return NULL;
}

/* ---- records of what is in memory ---- */

static struct tuan_list fill_list(struct engine *e, const struct fill *fill)
{
    struct tuan_fill_record *items = arena_take(&e->arena, FILL_BUCKETS * sizeof *items);
    uint32_t count = 0;

    for (uint32_t bucket = 0; bucket < FILL_BUCKETS; bucket++) {
        struct tuan_fill_record *item = &items[count];
        if (fill->counts[bucket] == 0) continue;
        *item = (struct tuan_fill_record){0};
        TUAN_SET(fill_record, item, bucket, bucket);
        TUAN_SET(fill_record, item, count, fill->counts[bucket]);
        count++;
    }
    return (struct tuan_list){items, count};
}

static struct tuan_list lead_list(struct engine *e, const struct more *more)
{
    struct tuan_lead_record *items = arena_take(&e->arena, more->lead_count * sizeof *items);

    for (uint32_t i = 0; i < more->lead_count; i++) {
        items[i] = (struct tuan_lead_record){0};
        TUAN_SET(lead_record, &items[i], at, more->leads[i].at);
        TUAN_SET(lead_record, &items[i], n, more->leads[i].n);
    }
    return (struct tuan_list){items, more->lead_count};
}

static void save_more(struct engine *e, const struct more *more, struct tuan_room_record *out)
{
    SET_STR(room_record, out, by, more->by);
    SET_STR(room_record, out, draw_seed, more->draw_seed);
    SET_INT(room_record, out, drawn, more->is_drawn);
    if (!tuan_rid_is_none(more->merged_into))
        TUAN_SET(room_record, out, merged_into, more->merged_into);
    if (more->lead_count > 0) TUAN_SET(room_record, out, leads, lead_list(e, more));
    SET_INT(room_record, out, tier_price, more->tier_price);
}

/* As it is told elsewhere: positions of this log mean nothing there. */
static struct tuan_campaign_record *campaign_record(struct engine *e,
                                                    const struct campaign *campaign)
{
    struct tuan_campaign_record *out = BODY(e, campaign_record);
    uint32_t count = 0;

    list_for_each (link, &campaign->revisions)
        count++;
    struct tuan_rules_record *revisions = arena_take(&e->arena, count * sizeof *revisions);
    count = 0;
    list_for_each (link, &campaign->revisions) {
        const struct revision *revision = container_of(link, struct revision, link);
        struct tuan_rules_record *item = &revisions[count++];
        *item = (struct tuan_rules_record){0};
        TUAN_SET(rules_record, item, revision, revision->number);
        TUAN_SET(rules_record, item, rules, &revision->rules);
        SET_STR(rules_record, item, zone, revision->zone);
    }
    TUAN_SET(campaign_record, out, campaign, campaign->id);
    TUAN_SET(campaign_record, out, revisions, ((struct tuan_list){revisions, count}));
    if (campaign->is_closed) {
        TUAN_SET(campaign_record, out, closed, 1);
        TUAN_SET(campaign_record, out, close_rooms, campaign->close_rooms);
    }
    TUAN_SET(campaign_record, out, rooms_opened, campaign->rooms_opened);
    TUAN_SET(campaign_record, out, rooms_formed, campaign->rooms_formed);
    TUAN_SET(campaign_record, out, rooms_failed, campaign->rooms_failed);
    TUAN_SET(campaign_record, out, seats_held, campaign->seats_held);
    TUAN_SET(campaign_record, out, seats_paid, campaign->seats_paid);
    TUAN_SET(campaign_record, out, seats_released, campaign->seats_released);
    TUAN_SET(campaign_record, out, refunds_due, campaign->refunds_due);
    TUAN_SET(campaign_record, out, refunds_acked, campaign->refunds_acked);
    TUAN_SET(campaign_record, out, quota_used, campaign->quota_used);
    TUAN_SET(campaign_record, out, as_of, e->now_ms);
    SET_INT(campaign_record, out, ended, campaign->is_ended);
    SET_INT(campaign_record, out, dropped, campaign->is_dropped);
    SET_INT(campaign_record, out, rooms_merged, campaign->rooms_merged);
    SET_INT(campaign_record, out, failed_deadline, campaign->failed[FAILURE_DEADLINE]);
    SET_INT(campaign_record, out, failed_campaign_end, campaign->failed[FAILURE_CAMPAIGN_END]);
    SET_INT(campaign_record, out, failed_leader_unpaid, campaign->failed[FAILURE_LEADER_UNPAID]);
    SET_INT(campaign_record, out, failed_leader_left, campaign->failed[FAILURE_LEADER_LEFT]);
    SET_INT(campaign_record, out, failed_dissolved, campaign->failed[FAILURE_DISSOLVED]);
    SET_INT(campaign_record, out, members_new, campaign->members_new);
    SET_INT(campaign_record, out, members_old, campaign->members_old);
    SET_INT(campaign_record, out, referred, campaign->referred);
    SET_INT(campaign_record, out, amount, campaign->amount);
    SET_INT(campaign_record, out, amount_referred, campaign->amount_referred);
    if (campaign->fill != NULL) TUAN_SET(campaign_record, out, fill, fill_list(e, campaign->fill));
    return out;
}

static const void *campaign_record_here(struct engine *e, const struct campaign *campaign)
{
    struct tuan_campaign_record *out = campaign_record(e, campaign);

    SET_INT(campaign_record, out, restored, campaign->is_restored ? (int64_t)campaign->born : 0);
    return out;
}

static const void *room_record(struct engine *e, const struct room *room)
{
    struct tuan_room_record *out = BODY(e, room_record);
    struct tuan_seat_record *seats = arena_take(&e->arena, room->seat_count * sizeof *seats);

    for (uint32_t i = 0; i < room->seat_count; i++)
        seat_save(room->seats[i], &seats[i]);
    TUAN_SET(room_record, out, room, room->id);
    TUAN_SET(room_record, out, campaign, room->campaign->id);
    TUAN_SET(room_record, out, revision, room->revision->number);
    TUAN_SET(room_record, out, state, room->state);
    SET_INT(room_record, out, reason, room->reason);
    SET_STR(room_record, out, note, room_note(room));
    TUAN_SET(room_record, out, size, room->size);
    TUAN_SET(room_record, out, version, room->version);
    TUAN_SET(room_record, out, opened_at, room->opened_at);
    SET_INT(room_record, out, deadline, room->deadline);
    SET_INT(room_record, out, ended_at, room_ended_at(room));
    SET_INT(room_record, out, listed, room->is_listed);
    SET_INT(room_record, out, ends_campaign, room->ends_campaign);
    SET_INT(room_record, out, tier, room->tier);
    TUAN_SET(room_record, out, seats, ((struct tuan_list){seats, room->seat_count}));
    SET_INT(room_record, out, pieces, room->by_pieces);
    SET_INT(room_record, out, virtuals, room_virtuals(room));
    if (room->more != NULL) save_more(e, room->more, out);
    return out;
}

static const void *user_record(struct engine *e, const struct member *member)
{
    struct tuan_user_record *out = BODY(e, user_record);

    TUAN_SET(user_record, out, campaign, member->campaign->id);
    TUAN_SET(user_record, out, user, ((struct tuan_str){member->id, member->id_len}));
    assert(member->base != NULL);
    TUAN_SET(user_record, out, opens, member->base->opens);
    TUAN_SET(user_record, out, joins, member->base->joins);
    TUAN_SET(user_record, out, qty, member->base->qty);
    return out;
}

static const void *refund_record(struct engine *e, const struct refund *refund)
{
    struct tuan_refund_record *out = BODY(e, refund_record);

    TUAN_SET(refund_record, out, refund, refund->id);
    TUAN_SET(refund_record, out, campaign, refund->campaign->id);
    if (!tuan_rid_is_none(refund->room_id)) TUAN_SET(refund_record, out, room, refund->room_id);
    SET_INT(refund_record, out, n, refund->n);
    TUAN_SET(refund_record, out, order, refund_order(refund));
    SET_STR(refund_record, out, user, refund_user(refund));
    TUAN_SET(refund_record, out, reason, refund->reason);
    TUAN_SET(refund_record, out, amount, refund->amount);
    SET_STR(refund_record, out, payment, refund_payment(refund));
    TUAN_SET(refund_record, out, paid_at, refund->paid_at);
    TUAN_SET(refund_record, out, at, refund->at);
    SET_INT(refund_record, out, acked_at, refund->acked_at);
    SET_STR(refund_record, out, ref, refund->ref);
    SET_INT(refund_record, out, forget_at, refund->forget_at);
    return out;
}

static const void *record_body(struct engine *e, struct record *record)
{
    switch (record->kind) {
    case ENGINE_CAMPAIGN:
        return campaign_record_here(e, container_of(record, struct campaign, record));
    case ENGINE_ROOM: return room_record(e, container_of(record, struct room, record));
    case ENGINE_USER: return user_record(e, container_of(record, struct base, record)->member);
    case ENGINE_REFUND: return refund_record(e, container_of(record, struct refund, record));
    case ENGINE_KIND_COUNT: break;
    }
    assert(false && "a record of no kind");
    return NULL;
}

/* ---- a campaign, to be restored elsewhere ---- */

struct dump {
    struct engine *engine;
    engine_dump_visitor *visit;
    void *context;
};

static void dump_record(const struct dump *dump, struct record *record)
{
    arena_reset(&dump->engine->arena);
    dump->visit(dump->context, record->kind, record_body(dump->engine, record));
}

/* Oldest first, as they are indexed while loading. */
static struct aged *rooms_of(const struct campaign *campaign, size_t *count)
{
    size_t room = 0, cap = (size_t)campaign->rooms_live;

    list_for_each (link, &campaign->ended)
        cap++;
    struct aged *rooms = mem_alloc(cap * sizeof *rooms);
    list_for_each (link, &campaign->ended)
        rooms[room++] = room_aged(container_of(link, struct room, ended_link));
    for (struct tree_node *node = tree_first(&campaign->live); node != NULL; node = tree_next(node))
        rooms[room++] = room_aged(container_of(node, struct room, live_link));
    assert(room == cap);
    aged_sort(rooms, room);
    *count = room;
    return rooms;
}

static void dump_refunds(const struct dump *dump, struct list *refunds)
{
    list_for_each (link, refunds)
        dump_record(dump, &container_of(link, struct refund, of_room)->record);
}

static void dump_campaign(const struct dump *dump, struct campaign *campaign)
{
    size_t count;
    struct aged *rooms = rooms_of(campaign, &count);

    arena_reset(&dump->engine->arena);
    dump->visit(dump->context, ENGINE_CAMPAIGN, campaign_record(dump->engine, campaign));
    for (size_t i = 0; i < count; i++)
        dump_record(dump, &rooms[i].room->record);
    list_for_each (link, &campaign->bases)
        dump_record(dump, &container_of(link, struct base, of_campaign)->record);
    for (size_t i = 0; i < count; i++)
        dump_refunds(dump, &rooms[i].room->refunds);
    dump_refunds(dump, &campaign->strays);
    mem_free(rooms);
}

bool engine_dump(struct engine *e, struct tuan_str campaign, engine_dump_visitor *visit,
                 void *context)
{
    struct dump dump = {e, visit, context};
    struct campaign *found = campaign_find(e, campaign);

    assert(e->fact_count == 0);
    if (found == NULL || found->is_dropped) return false;
    dump_campaign(&dump, found);
    return true;
}

uint64_t engine_newest(const struct engine *e)
{
    return e->newest;
}

/* ---- capturing ---- */

bool engine_capture(struct engine *e, uint64_t older_than, struct engine_record *out)
{
    struct list *link = list_first(&e->dirty);

    assert(e->fact_count == 0); /* what is captured is whole batches */
    if (link == NULL) return false;
    struct record *record = container_of(link, struct record, dirty);
    if (record->first_dirty >= older_than) return false;
    arena_reset(&e->arena);
    record_clean(e, record);
    *out = (struct engine_record){.kind = record->kind,
                                  .key = record_key(e, record),
                                  .at = record->at,
                                  .first_dirty = record->first_dirty};
    if (!record->is_tombstone) {
        out->body = record_body(e, record);
        return true;
    }
    struct tombstone *tombstone = container_of(record, struct tombstone, record);
    char *key = arena_take(&e->arena, out->key.len);
    __builtin_memcpy(key, out->key.ptr, out->key.len);
    out->key.ptr = key;
    forget_deleted(e, tombstone);
    str_free(e, tombstone->key);
    pool_free(&e->pool, tombstone, sizeof *tombstone);
    return true;
}

/* NULL: deleted since it was of `at`, in *gone or before. */
static struct record *find_record(struct engine *e, enum engine_kind kind, struct tuan_str key,
                                  uint64_t at, uint64_t *gone)
{
    struct tuan_id id;

    *gone = gone_since(e, kind);
    if (kind == ENGINE_CAMPAIGN) {
        struct campaign *campaign = campaign_find(e, key);
        if (campaign == NULL || campaign_is_newer(campaign, at, gone)) return NULL;
        return &campaign->record;
    }
    if (kind == ENGINE_USER) {
        const char *zero = __builtin_memchr(key.ptr, '\0', key.len);
        assert(zero != NULL);
        uint32_t len = (uint32_t)(zero - key.ptr);
        struct campaign *campaign = campaign_find(e, (struct tuan_str){key.ptr, len});
        if (campaign == NULL || campaign_is_newer(campaign, at, gone)) return NULL;
        return user_stored(user_find(e, campaign, (struct tuan_str){zero + 1, key.len - len - 1}));
    }
    bool is_rid = tuan_rid_parse(key, &id);
    assert(is_rid);
    return rid_record(e, kind, id, at, gone);
}

/* Records come back oldest last, so that each goes before those that were dirty later. */
void engine_recapture(struct engine *e, enum engine_kind kind, struct tuan_str key, uint64_t at,
                      uint64_t first_dirty, bool was_tombstone)
{
    uint64_t gone = at;
    struct record *record = was_tombstone ? NULL : find_record(e, kind, key, at, &gone);

    if (record == NULL) {
        record = &tombstone_make(e, kind, key)->record;
        record->at = gone;
    }
    record_clean(e, record);
    record->first_dirty = first_dirty;
    list_push_head(&e->dirty, &record->dirty);
    e->dirty_count++;
}

uint64_t engine_oldest_dirty(const struct engine *e)
{
    const struct list *link = list_first(&e->dirty);

    return link == NULL
               ? 0
               : container_of((struct list *)(uintptr_t)link, struct record, dirty)->first_dirty;
}
