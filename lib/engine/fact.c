/* SPDX-License-Identifier: BSD-2-Clause */
/* fact.c - what a fact finds: the records it is about, unless they hold it already, and what
 * loading knows of deleted ones. */
#include "base/hash.h"
#include "engine/evolve.h"

static uint64_t tombstone_hash(const struct engine *e, enum engine_kind kind, struct tuan_str key)
{
    return hash_mix(kind, hash_bytes(key.ptr, key.len, e->config.hash_seed));
}

struct tombstone_key {
    enum engine_kind kind;
    struct tuan_str key;
};

static bool tombstone_has_key(const void *entry, const void *key)
{
    const struct tombstone *tombstone = entry;
    const struct tombstone_key *wanted = key;

    return tombstone->record.kind == wanted->kind && tuan_str_equal(tombstone->key, wanted->key);
}

struct tombstone *tombstone_find(const struct engine *e, enum engine_kind kind, struct tuan_str key)
{
    struct tombstone_key wanted = {kind, key};

    return map_find(&e->tombstones, tombstone_hash(e, kind, key), tombstone_has_key, &wanted);
}

bool was_deleted(const struct engine *e, enum engine_kind kind, struct tuan_str key,
                 uint64_t position)
{
    const struct tombstone *tombstone = e->loading ? tombstone_find(e, kind, key) : NULL;

    return tombstone != NULL && tombstone->record.at >= position;
}

struct tombstone *note_deleted(struct engine *e, enum engine_kind kind, struct tuan_str key,
                               uint64_t at)
{
    struct tombstone *tombstone = tombstone_make(e, kind, key);

    tombstone->record.at = at;
    map_insert(&e->tombstones, tombstone_hash(e, kind, key), tombstone);
    return tombstone;
}

void forget_deleted(struct engine *e, struct tombstone *tombstone)
{
    if (tombstone_find(e, tombstone->record.kind, tombstone->key) == tombstone)
        map_remove(&e->tombstones, tombstone_hash(e, tombstone->record.kind, tombstone->key),
                   tombstone);
}

/* A room or refund that is not in memory: fine if its record says that it is gone already. */
bool rid_was_deleted(const struct engine *e, enum engine_kind kind, struct tuan_id id,
                     uint64_t position)
{
    char key[TUAN_RID_CHARS];

    if (!e->loading) return false; /* what was_deleted() would say, too */
    tuan_rid_print(id, key);
    return was_deleted(e, kind, (struct tuan_str){key, sizeof key}, position);
}

struct record *rid_record(const struct engine *e, enum engine_kind kind, struct tuan_id id,
                          uint64_t position, uint64_t *gone)
{
    struct room *room = kind == ENGINE_ROOM ? room_find(e, id) : NULL;
    struct refund *refund = kind == ENGINE_REFUND ? refund_find(e, id) : NULL;

    *gone = gone_since(e, kind);
    if (room != NULL)
        return campaign_is_newer(room->campaign, position, gone) ? NULL : &room->record;
    if (refund != NULL)
        return campaign_is_newer(refund->campaign, position, gone) ? NULL : &refund->record;
    return NULL;
}

bool fact_room_loading(const struct engine *e, struct tuan_id id, uint64_t position,
                       struct room **room)
{
    if (*room == NULL) return rid_was_deleted(e, ENGINE_ROOM, id, position);
    if (!record_lacks(e, &(*room)->record, position)) *room = NULL;
    return true;
}

bool fact_campaign_loading(const struct engine *e, struct tuan_str id, uint64_t position,
                           struct campaign **campaign)
{
    if (*campaign == NULL) return was_deleted(e, ENGINE_CAMPAIGN, id, position);
    if (!record_lacks(e, &(*campaign)->record, position)) *campaign = NULL;
    return true;
}

void room_changed(struct engine *e, struct room *room, uint64_t position)
{
    room->version++;
    e->change = (struct change){room, room->version};
    record_touch(e, &room->record, position);
}
