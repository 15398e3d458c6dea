/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/truth.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "proto/pack.h"

enum { ARENA_BYTES = 1 << 20 };

static void fill(void *context, void *out, size_t size)
{
    (void)context;
    memset(out, 7, size);
}

static void make_engine(struct truth *truth)
{
    struct engine_config config = {.partition = truth->history->partition, .random = fill};

    truth->engine = engine_create(&config);
    map_init(&truth->records, 64);
    truth->seen = 0;
    truth->rewinds = truth->history->rewinds;
}

static void drop_engine(struct truth *truth)
{
    size_t cursor = 0;

    engine_destroy(truth->engine);
    for (struct truth_record *at; (at = map_next(&truth->records, &cursor)) != NULL;) {
        blob_drop(at->field);
        blob_drop(at->value);
        mem_free(at);
    }
    map_free(&truth->records);
}

void truth_init(struct truth *truth, struct history *history)
{
    *truth = (struct truth){.history = history};
    make_engine(truth);
}

void truth_free(struct truth *truth)
{
    drop_engine(truth);
}

/* ---- records ---- */

static bool record_is(const void *entry, const void *key)
{
    const struct truth_record *a = entry, *b = key;

    return a->hash == b->hash && bytes_equal(blob_bytes(a->field), blob_bytes(b->field));
}

static uint64_t hash_record(enum mirror_hash hash, struct mirror_bytes field)
{
    return hash_mix(hash_bytes(field.ptr, field.len, 0), (uint64_t)hash);
}

struct truth_record *truth_find(const struct truth *truth, enum mirror_hash hash,
                                struct mirror_bytes field)
{
    struct truth_record key = {.hash = hash, .field = blob_make(field.ptr, field.len)};
    struct truth_record *found =
        map_find(&truth->records, hash_record(hash, field), record_is, &key);

    blob_drop(key.field);
    return found;
}

struct blob *truth_value(enum mirror_hash hash, struct mirror_bytes value)
{
    static _Alignas(16) char room[ARENA_BYTES];
    struct tuan_arena arena = {.base = room, .cap = sizeof room};
    struct tuan_campaign_record record;
    struct tuan_out out = {.grow = mem_realloc};
    struct blob *blob;
    size_t used;

    if (hash != MIRROR_CAMPAIGNS) return blob_make(value.ptr, value.len);
    memset(&record, 0, sizeof record);
    if (!tuan_unpack_record(value.ptr, value.len, &used, &tuan_campaign_record_message, &record,
                            &arena))
        return blob_make(value.ptr, value.len);
    TUAN_SET(campaign_record, &record, as_of, 0);
    if (record.revisions.count > 1) record.revisions.count = 1;
    tuan_pack_record(&out, &tuan_campaign_record_message, &record);
    blob = blob_make(out.data, out.len);
    mem_free(out.data);
    return blob;
}

static const enum mirror_hash hash_of_kind[ENGINE_KIND_COUNT] = {
    [ENGINE_CAMPAIGN] = MIRROR_CAMPAIGNS,
    [ENGINE_ROOM] = MIRROR_ROOMS,
    [ENGINE_USER] = MIRROR_USERS,
    [ENGINE_REFUND] = MIRROR_REFUNDS,
};

static void note(struct truth *truth, const struct engine_record *record)
{
    enum mirror_hash hash = hash_of_kind[record->kind];
    struct mirror_bytes field = {record->key.ptr, record->key.len};
    struct truth_record *entry = truth_find(truth, hash, field);

    if (entry == NULL) {
        entry = mem_zalloc(sizeof *entry);
        entry->hash = hash;
        entry->field = blob_make(field.ptr, field.len);
        map_insert(&truth->records, hash_record(hash, field), entry);
    }
    blob_drop(entry->value);
    entry->value = NULL;
    entry->at = record->at;
    if (record->body == NULL) return;
    struct tuan_out out = {.grow = mem_realloc};
    tuan_pack_record(&out, engine_record_message(record->kind), record->body);
    entry->value = truth_value(hash, (struct mirror_bytes){out.data, out.len});
    mem_free(out.data);
}

struct evolving {
    struct engine *engine;
    uint64_t position;
};

static bool evolve(void *context, const struct tuan_fact *fact)
{
    struct evolving *evolving = context;

    return engine_evolve(evolving->engine, fact, evolving->position);
}

void truth_sync(struct truth *truth)
{
    const struct history *history = truth->history;
    struct engine_record record;

    if (truth->rewinds != history->rewinds) {
        drop_engine(truth);
        make_engine(truth);
    }
    for (; truth->seen < history->path_len; truth->seen++) {
        const struct entry_node *node = &history->nodes[history->path[truth->seen]];
        struct evolving evolving = {truth->engine, node->head.position};
        if (node->batch == NULL) continue;
        if (!history_walk(blob_bytes(node->batch), evolve, &evolving) && truth->flaw[0] == '\0')
            snprintf(truth->flaw, sizeof truth->flaw, "a logged fact does not fit those before it");
        engine_drain(truth->engine);
    }
    while (engine_capture(truth->engine, UINT64_MAX, &record))
        note(truth, &record);
}

static bool differs(struct truth *truth, const struct mirror_record *record, const char *whence,
                    const char *how)
{
    if (truth->flaw[0] == '\0')
        snprintf(truth->flaw, sizeof truth->flaw, "%s: hash %d, field %.*s, at %llu-%llu: %s",
                 whence, (int)record->hash, (int)record->field.len, record->field.ptr,
                 (unsigned long long)mirror_epoch(record->at),
                 (unsigned long long)mirror_seq(record->at), how);
    return false;
}

bool truth_compare(struct truth *truth, const struct mirror_record *record, const char *whence)
{
    const struct truth_record *entry = truth_find(truth, record->hash, record->field);
    struct blob *value;
    bool is_same;

    if (entry == NULL) return differs(truth, record, whence, "no fact has made it");
    /* What was deleted before is told again: by S8 with the newest batch of then, of what a load
     * found left over with the load's own fence. And what came back, and went again with its
     * campaign, has the tombstone of its first end: a load passes over all that was in between. */
    if (record->is_tombstone && entry->value == NULL &&
        (record->at >= entry->at || truth->history->books.has_restored))
        return true;
    if (entry->at != record->at) return differs(truth, record, whence, "its position is another");
    if ((entry->value == NULL) != record->is_tombstone)
        return differs(truth, record, whence, "alive here, deleted there");
    if (record->is_tombstone) return true;
    value = truth_value(record->hash, record->value);
    is_same = bytes_equal(blob_bytes(value), blob_bytes(entry->value));
    blob_drop(value);
    return is_same || differs(truth, record, whence, "its contents are others");
}
