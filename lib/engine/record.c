/* SPDX-License-Identifier: BSD-2-Clause */
/* record.c - what all objects share: hashes, timers, records and their dirt, tombstones. */
#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "engine/model.h"

/* ---- hashes ---- */

uint64_t rid_hash(const struct engine *e, struct tuan_id id)
{
    return hash_mix(id.hi ^ e->config.hash_seed, id.lo);
}

uint64_t name_hash(const struct engine *e, const struct campaign *campaign, struct tuan_str name)
{
    return hash_bytes(name.ptr, name.len, e->config.hash_seed ^ (uint64_t)(uintptr_t)campaign);
}

struct memo *memo_make(void)
{
    struct memo *memo = mem_zalloc(sizeof *memo);

    memo->user = &memo->names[0];
    memo->order = &memo->names[1];
    memo->next_user = &memo->names[2];
    memo->next_order = &memo->names[3];
    return memo;
}

void memo_forget(struct memo *memo)
{
    memo->campaign = NULL;
    memo->room = NULL;
    for (size_t i = 0; i < sizeof memo->names / sizeof memo->names[0]; i++)
        memo->names[i].campaign = NULL;
}

void memo_begin(struct memo_name *memo, const struct campaign *campaign, struct tuan_str name,
                uint64_t hash)
{
    assert(name.len <= TUAN_ID_MAX);
    memo->campaign = campaign;
    memo->hash = hash;
    memo->text = NULL;
    memo->is_sought = false;
    memo->len = name.len;
    name_copy(memo->name, name);
}

/* ---- timers ---- */

void timer_disarm(struct engine *e, struct timer *timer)
{
    wheel_remove(&e->wheel, &timer->node);
}

void timer_arm(struct engine *e, struct timer *timer, int64_t due_ms)
{
    timer_disarm(e, timer);
    wheel_add(&e->wheel, &timer->node, due_ms);
}

/* ---- records ---- */

void record_init(struct record *record, enum engine_kind kind)
{
    *record = (struct record){.kind = kind};
    list_init(&record->dirty);
}

void record_become_dirty(struct engine *e, struct record *record)
{
    record->first_dirty = record->at;
    list_push_tail(&e->dirty, &record->dirty);
    e->dirty_count++;
}

void record_clean(struct engine *e, struct record *record)
{
    if (!record_is_dirty(record)) return;
    if (e->marked == &record->dirty) e->marked = NULL;
    list_remove(&record->dirty);
    e->dirty_count--;
}

void record_date_back(struct engine *e, struct record *record)
{
    uint64_t since = e->tail_from > 0 ? e->tail_from : record->at;

    record_clean(e, record);
    struct list *oldest = list_first(&e->dirty);
    if (oldest != NULL && container_of(oldest, struct record, dirty)->first_dirty < since)
        since = container_of(oldest, struct record, dirty)->first_dirty;
    record->first_dirty = since;
    list_push_head(&e->dirty, &record->dirty);
    e->dirty_count++;
}

static struct tuan_str rid_key(struct engine *e, struct tuan_id id)
{
    tuan_rid_print(id, e->key);
    return (struct tuan_str){e->key, TUAN_RID_CHARS};
}

struct tuan_str user_key(struct tuan_str campaign, struct tuan_str user, char *out)
{
    memcpy(out, campaign.ptr, campaign.len);
    out[campaign.len] = '\0';
    memcpy(out + campaign.len + 1, user.ptr, user.len);
    return (struct tuan_str){out, campaign.len + 1U + user.len};
}

struct tuan_str record_key(struct engine *e, const struct record *record)
{
    if (record->is_tombstone) return container_of(record, struct tombstone, record)->key;
    switch (record->kind) {
    case ENGINE_CAMPAIGN: return container_of(record, struct campaign, record)->id;
    case ENGINE_ROOM: return rid_key(e, container_of(record, struct room, record)->id);
    case ENGINE_REFUND: return rid_key(e, container_of(record, struct refund, record)->id);
    case ENGINE_USER: {
        const struct member *member = container_of(record, struct base, record)->member;
        return user_key(member->campaign->id, member_user(member), e->key);
    }
    case ENGINE_KIND_COUNT: break;
    }
    assert(false && "a record of no kind");
    return (struct tuan_str){NULL, 0};
}

struct tombstone *tombstone_make(struct engine *e, enum engine_kind kind, struct tuan_str key)
{
    struct tombstone *tombstone = pool_alloc(&e->pool, sizeof *tombstone);

    record_init(&tombstone->record, kind);
    tombstone->record.is_tombstone = true;
    tombstone->key = str_copy(e, key);
    return tombstone;
}

/* Where the record was dirty its tombstone is dirty since then, in its place: the log is needed
 * from there until that is stored. */
void leave_tombstone(struct engine *e, struct record *record, uint64_t position)
{
    struct tombstone *tombstone = tombstone_make(e, record->kind, record_key(e, record));

    if (record_is_dirty(record)) {
        tombstone->record.first_dirty = record->first_dirty;
        list_insert_between(&tombstone->record.dirty, record->dirty.prev, &record->dirty);
        e->dirty_count++;
        record_clean(e, record);
    }
    record_touch(e, &tombstone->record, position);
}
