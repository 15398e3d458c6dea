/* SPDX-License-Identifier: BSD-2-Clause */
#include "store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FACT_ARENA = 64 * 1024, RECORD_ARENA = 4096, SLICE_MAX = 6 };

void *store_grow(void *old, size_t size)
{
    return mem_realloc(old, size);
}

/* ---- records ---- */

static void stored_free(struct stored *stored)
{
    mem_free(stored->key);
    mem_free(stored->body.data);
}

static void records_clear(struct records *records)
{
    for (size_t i = 0; i < records->count; i++)
        stored_free(&records->items[i]);
    mem_free(records->items);
    *records = (struct records){.items = NULL};
}

static struct stored *records_find(const struct records *records, const struct stored *like)
{
    for (size_t i = 0; i < records->count; i++) {
        struct stored *at = &records->items[i];
        if (at->kind == like->kind && at->key_len == like->key_len &&
            memcmp(at->key, like->key, like->key_len) == 0)
            return at;
    }
    return NULL;
}

static void records_add(struct records *records, struct stored stored)
{
    if (records->count == records->room) {
        records->room = records->room == 0 ? 32 : records->room * 2;
        records->items = mem_realloc(records->items, records->room * sizeof stored);
    }
    records->items[records->count++] = stored;
}

static struct stored stored_copy(const struct stored *stored)
{
    struct stored copy = *stored;

    copy.key = mem_dup(stored->key, stored->key_len);
    copy.body = (struct tuan_out){.grow = store_grow};
    tuan_out_bytes(&copy.body, stored->body.data, stored->body.len);
    return copy;
}

static struct stored stored_from(const struct engine_record *record)
{
    struct stored stored = {.kind = record->kind,
                            .key = mem_dup(record->key.ptr, record->key.len),
                            .key_len = record->key.len,
                            .at = record->at,
                            .first_dirty = record->first_dirty,
                            .is_tombstone = record->body == NULL,
                            .body = {.grow = store_grow}};

    if (record->body != NULL)
        tuan_pack_record(&stored.body, engine_record_message(record->kind), record->body);
    return stored;
}

/* ---- the log ---- */

void store_log(struct store *store, struct engine *engine, uint64_t position, int64_t now_ms)
{
    struct batch batch = {.position = position, .bytes = {.grow = store_grow}};
    struct tuan_fact clock = {.type = TUAN_FACT_CLOCK};

    TUAN_SET(clock_fact, &clock.clock, now, now_ms);
    tuan_pack_fact(&batch.bytes, &clock);
    for (size_t i = 0; i < engine_fact_count(engine); i++)
        tuan_pack_fact(&batch.bytes, engine_fact(engine, i));
    if (store->batch_count == store->batch_room) {
        store->batch_room = store->batch_room == 0 ? 64 : store->batch_room * 2;
        store->batches = mem_realloc(store->batches, store->batch_room * sizeof batch);
    }
    store->batches[store->batch_count++] = batch;
}

/* Show each fact of a batch; what it points to is gone when the function returns. */
static bool batch_walk(const struct batch *batch, struct engine *engine,
                       bool (*visit)(struct engine *engine, const struct tuan_fact *fact,
                                     uint64_t position))
{
    char *bytes = mem_dup(batch->bytes.data, batch->bytes.len);
    struct tuan_arena arena = {.base = mem_alloc(FACT_ARENA), .cap = FACT_ARENA};
    bool fits = true;

    for (size_t at = 0, used; fits && at < batch->bytes.len; at += used) {
        struct tuan_fact fact;
        arena.used = 0;
        bool whole = tuan_unpack_fact(bytes + at, batch->bytes.len - at, &used, &fact, &arena);
        assert(whole);
        fits = visit(engine, &fact, batch->position);
        memset(arena.base, 0xA5, arena.used);
    }
    mem_free(arena.base);
    mem_free(bytes);
    return fits;
}

static bool mark_fact(struct engine *engine, const struct tuan_fact *fact, uint64_t position)
{
    engine_mark_dirty(engine, fact, position);
    return true;
}

/* ---- the snapshot ---- */

static void capture_slice(struct store *store, struct engine *engine, struct rng *rng)
{
    struct engine_record record;
    uint64_t newest = store->batch_count == 0 ? 0 : store->batches[store->batch_count - 1].position;
    uint64_t older_than = rng_below(rng, 4) == 0 ? newest : UINT64_MAX;

    for (uint64_t left = 1 + rng_below(rng, SLICE_MAX); left > 0; left--) {
        if (!engine_capture(engine, older_than, &record)) break;
        records_add(&store->slice, stored_from(&record));
    }
    uint64_t oldest = engine_oldest_dirty(engine);
    store->slice_covered = oldest == 0 ? newest : oldest - 1;
    store->in_flight = true;
}

static void accept_slice(struct store *store)
{
    for (size_t i = 0; i < store->slice.count; i++) {
        struct stored *item = &store->slice.items[i];
        struct stored *before = records_find(&store->records, item);
        if (before == NULL) {
            records_add(&store->records, stored_copy(item));
            continue;
        }
        stored_free(before);
        *before = stored_copy(item);
    }
    if (store->slice_covered > store->covered) store->covered = store->slice_covered;
    records_clear(&store->slice);
    store->in_flight = false;
}

static void refuse_slice(struct store *store, struct engine *engine)
{
    for (size_t i = store->slice.count; i > 0; i--) {
        const struct stored *item = &store->slice.items[i - 1];
        engine_recapture(engine, item->kind, (struct tuan_str){item->key, item->key_len}, item->at,
                         item->first_dirty, item->is_tombstone);
    }
    records_clear(&store->slice);
    store->in_flight = false;
}

static void drop_tombstones(struct store *store)
{
    size_t kept = 0;

    for (size_t i = 0; i < store->records.count; i++) {
        struct stored *item = &store->records.items[i];
        if (item->is_tombstone && item->at <= store->covered)
            stored_free(item);
        else
            store->records.items[kept++] = *item;
    }
    store->records.count = kept;
}

static void remember_old(struct store *store)
{
    records_clear(&store->old);
    for (size_t i = 0; i < store->records.count; i++)
        records_add(&store->old, stored_copy(&store->records.items[i]));
    store->old_covered = store->covered;
}

void store_work(struct store *store, struct engine *engine, struct rng *rng)
{
    uint64_t dice = rng_below(rng, 10);

    if (dice == 0) remember_old(store);
    if (store->in_flight && dice < 4)
        accept_slice(store);
    else if (store->in_flight && dice < 6)
        refuse_slice(store, engine);
    else if (!store->in_flight && dice < 5)
        capture_slice(store, engine, rng);
    else if (dice == 9)
        drop_tombstones(store);
}

void store_forget_slice(struct store *store)
{
    records_clear(&store->slice);
    store->in_flight = false;
}

void store_forget_snapshot(struct store *store)
{
    records_clear(&store->records);
    records_clear(&store->old);
    store->covered = store->old_covered = 0;
}

void store_fail_over(struct store *store, struct engine *engine)
{
    if (store->in_flight) refuse_slice(store, engine);
    records_clear(&store->records);
    for (size_t i = 0; i < store->old.count; i++)
        records_add(&store->records, stored_copy(&store->old.items[i]));
    store->covered = store->old_covered;
    for (size_t i = 0; i < store->batch_count; i++) /* as the log is read: oldest first */
        if (store->batches[i].position > store->covered)
            batch_walk(&store->batches[i], engine, mark_fact);
}

void store_clear(struct store *store)
{
    for (size_t i = 0; i < store->batch_count; i++)
        mem_free(store->batches[i].bytes.data);
    mem_free(store->batches);
    records_clear(&store->records);
    records_clear(&store->slice);
    records_clear(&store->old);
    *store = (struct store){.batches = NULL};
}

/* ---- loading ---- */

static bool load_record(struct engine *engine, const struct stored *stored)
{
    union {
        struct tuan_campaign_record campaign;
        struct tuan_room_record room;
        struct tuan_user_record user;
        struct tuan_refund_record refund;
    } record;
    const struct tuan_message *message = engine_record_message(stored->kind);
    size_t arena_bytes = RECORD_ARENA + 64 * stored->body.len; /* seats unpack to more */
    struct tuan_arena arena = {.base = mem_alloc(arena_bytes), .cap = arena_bytes};
    char *bytes = mem_dup(stored->body.data, stored->body.len);
    size_t used;

    memset(&record, 0, sizeof record);
    bool fits = tuan_unpack_record(bytes, stored->body.len, &used, message, &record, &arena) &&
                used == stored->body.len &&
                engine_load_record(engine, stored->kind, &record, stored->at);
    mem_free(bytes);
    mem_free(arena.base);
    return fits;
}

static bool load_records(struct engine *engine, const struct records *records)
{
    for (enum engine_kind kind = 0; kind < ENGINE_KIND_COUNT; kind++)
        for (size_t i = 0; i < records->count; i++) {
            const struct stored *item = &records->items[i];
            if (item->kind != kind) continue;
            if (item->is_tombstone)
                engine_load_tombstone(engine, kind, (struct tuan_str){item->key, item->key_len},
                                      item->at);
            else if (!load_record(engine, item))
                return false;
        }
    return true;
}

struct engine *store_load(const struct store *store, enum store_way way,
                          const struct engine_config *config)
{
    struct engine *engine = engine_create(config);
    uint64_t covered = way == STORE_FROM_LOG ? 0 : store->covered;
    uint64_t newest = store->batch_count == 0 ? 0 : store->batches[store->batch_count - 1].position;
    bool fits = true;

    engine_load_begin(engine);
    if (way == STORE_FROM_SNAPSHOT) fits = load_records(engine, &store->records);
    for (size_t i = 0; fits && i < store->batch_count; i++)
        if (store->batches[i].position > covered)
            fits = batch_walk(&store->batches[i], engine, engine_evolve);
    if (fits && engine_load_end(engine, newest)) return engine;
    const char *fault = engine_load_fault(engine);
    fprintf(stderr, "the %s does not fit, covered %llu: %s\n",
            way == STORE_FROM_LOG ? "log" : "snapshot with the log's tail",
            (unsigned long long)store->covered, fault == NULL ? "a fact" : fault);
    engine_destroy(engine);
    return NULL;
}

/* ---- dumping ---- */

static int compare_stored(const void *left, const void *right)
{
    const struct stored *a = left, *b = right;
    uint32_t common = a->key_len < b->key_len ? a->key_len : b->key_len;

    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    int order = memcmp(a->key, b->key, common);
    return order != 0 ? order : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

struct tuan_out store_dump(const struct store *store, struct engine *engine)
{
    struct tuan_out out = {.grow = store_grow};
    struct records records = {.items = NULL};
    struct engine_record record;

    for (size_t i = 0; i < store->batch_count; i++)
        batch_walk(&store->batches[i], engine, mark_fact);
    while (engine_capture(engine, UINT64_MAX, &record))
        if (record.body != NULL) records_add(&records, stored_from(&record));
    if (records.count > 0)
        qsort(records.items, records.count, sizeof *records.items, compare_stored);
    for (size_t i = 0; i < records.count; i++) {
        const struct stored *item = &records.items[i];
        tuan_out_int(&out, (int64_t)item->kind);
        tuan_out_text(&out, " ");
        tuan_out_bytes(&out, item->key, item->key_len);
        tuan_out_text(&out, " ");
        tuan_out_int(&out, (int64_t)item->at);
        tuan_out_text(&out, " ");
        tuan_out_bytes(&out, item->body.data, item->body.len);
        tuan_out_text(&out, "\n");
    }
    records_clear(&records);
    return out;
}
