/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/mirror/stub.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_key(struct stub *stub, size_t key, const char *value, uint64_t position)
{
    struct stub_record *record = &stub->records[key];

    assert(key < STUB_KEYS);
    if (record->at >= position) return; /* T5 */
    snprintf(record->value, sizeof record->value, "%s", value);
    record->at = position;
    if (record->first_dirty == 0) record->first_dirty = position;
}

typedef void each_line(struct stub *stub, size_t key, const char *value, uint64_t position);

static void for_each_line(struct stub *stub, uint64_t position, struct mirror_bytes batch,
                          each_line *action)
{
    char text[8192];
    char *save = NULL;

    assert(batch.len < sizeof text);
    memcpy(text, batch.ptr, batch.len);
    text[batch.len] = '\0';
    for (char *line = strtok_r(text, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        char *space = strchr(line, ' ');

        if (line[0] == '#') continue;
        action(stub, strtoul(line, NULL, 10), space == NULL ? "" : space + 1, position);
    }
}

void stub_apply(struct stub *stub, uint64_t position, struct mirror_bytes batch)
{
    for_each_line(stub, position, batch, set_key);
    assert(position > stub->last_batch);
    stub->last_batch = position;
}

bool stub_equal(const struct stub *a, const struct stub *b)
{
    for (size_t i = 0; i < STUB_KEYS; i++) {
        const struct stub_record *x = &a->records[i];
        const struct stub_record *y = &b->records[i];

        if (strcmp(x->value, y->value) != 0 || (x->value[0] != '\0' && x->at != y->at)) {
            fprintf(stderr, "key %zu differs: '%s' at %llx, '%s' at %llx\n", i, x->value,
                    (unsigned long long)x->at, y->value, (unsigned long long)y->at);
            return false;
        }
    }
    return true;
}

/* ---- hooks ---- */

static void clear_state(struct stub *stub)
{
    memset(stub->records, 0, sizeof stub->records);
    stub->is_loaded = stub->is_loading = false;
    stub->committed = stub->next = stub->last_batch = 0;
}

static void on_load_begin(void *context, uint32_t partition)
{
    struct stub *stub = context;

    (void)partition;
    assert(!stub->is_loaded && !stub->is_loading);
    clear_state(stub);
    stub->is_loading = true;
    stub->records_loaded = stub->batches_loaded = 0;
}

static void load_record(struct stub *stub, const struct mirror_record *record)
{
    size_t key = strtoul(record->field.ptr, NULL, 10);

    assert(stub->is_loading && key < STUB_KEYS && key % MIRROR_HASH_COUNT == record->hash);
    assert(record->value.len < STUB_VALUE_SIZE);
    memset(stub->records[key].value, 0, STUB_VALUE_SIZE);
    if (!record->is_tombstone)
        memcpy(stub->records[key].value, record->value.ptr, record->value.len);
    stub->records[key].at = record->at;
    stub->records_loaded++;
}

static bool on_load_records(void *context, uint32_t partition, const struct mirror_record *records,
                            size_t count)
{
    (void)partition;
    for (size_t i = 0; i < count; i++)
        load_record(context, &records[i]);
    return true;
}

static bool on_load_batch(void *context, uint32_t partition, uint64_t position,
                          struct mirror_bytes batch)
{
    struct stub *stub = context;

    (void)partition;
    assert(stub->is_loading);
    stub_apply(stub, position, batch);
    stub->batches_loaded++;
    return true;
}

static bool on_load_end(void *context, uint32_t partition, uint64_t next)
{
    struct stub *stub = context;

    (void)partition;
    assert(stub->is_loading && next > stub->last_batch);
    stub->is_loading = false;
    stub->is_loaded = true;
    stub->next = next;
    stub->committed = next - 1;
    stub->loads++;
    return true;
}

static void on_committed(void *context, uint32_t partition, uint64_t position)
{
    struct stub *stub = context;

    (void)partition;
    assert(stub->is_loaded && position > stub->committed && position < stub->next);
    stub->committed = position;
}

static void on_dropped(void *context, uint32_t partition)
{
    struct stub *stub = context;

    (void)partition;
    clear_state(stub);
    stub->drops++;
}

static bool on_slice_next(void *context, uint32_t partition, uint64_t older_than,
                          struct mirror_record *out)
{
    struct stub *stub = context;
    size_t best = STUB_KEYS;

    (void)partition;
    for (size_t i = 0; i < STUB_KEYS; i++) {
        uint64_t dirty = stub->records[i].first_dirty;

        if (dirty == 0 || dirty >= older_than) continue;
        if (best == STUB_KEYS || dirty < stub->records[best].first_dirty) best = i;
    }
    if (best == STUB_KEYS) return false;
    struct stub_record *record = &stub->records[best];

    assert(!record->is_flying);
    record->is_flying = true;
    record->old_first_dirty = record->first_dirty;
    record->first_dirty = 0;
    memcpy(stub->slice_value, record->value, STUB_VALUE_SIZE);
    snprintf(stub->slice_field, sizeof stub->slice_field, "%zu", best);
    *out = (struct mirror_record){
        .hash = (enum mirror_hash)(best % MIRROR_HASH_COUNT),
        .field = {stub->slice_field, strlen(stub->slice_field)},
        .value = {stub->slice_value, strlen(stub->slice_value)},
        .at = record->at,
        .first_dirty = record->old_first_dirty,
        .is_tombstone = record->value[0] == '\0',
    };
    return true;
}

static void on_slice_done(void *context, uint32_t partition, bool stored)
{
    struct stub *stub = context;

    (void)partition;
    for (size_t i = 0; i < STUB_KEYS; i++) {
        struct stub_record *record = &stub->records[i];

        if (!record->is_flying) continue;
        record->is_flying = false;
        if (!stored) record->first_dirty = record->old_first_dirty; /* S8 */
    }
    if (stored)
        stub->slices_ok++;
    else
        stub->slices_failed++;
}

static uint64_t on_oldest_dirty(void *context, uint32_t partition)
{
    const struct stub *stub = context;
    uint64_t oldest = 0;

    (void)partition;
    for (size_t i = 0; i < STUB_KEYS; i++) {
        uint64_t dirty = stub->records[i].first_dirty;

        if (dirty != 0 && (oldest == 0 || dirty < oldest)) oldest = dirty;
    }
    return oldest;
}

static bool on_is_behind(void *context, uint32_t partition)
{
    (void)context;
    (void)partition;
    return false;
}

static void mark_key(struct stub *stub, size_t key, const char *value, uint64_t position)
{
    struct stub_record *record = &stub->records[key];

    (void)value;
    if (record->first_dirty == 0 || record->first_dirty > position) record->first_dirty = position;
}

static void on_mark_dirty(void *context, uint32_t partition, uint64_t position,
                          struct mirror_bytes batch)
{
    struct stub *stub = context;

    (void)partition;
    for_each_line(stub, position, batch, mark_key);
    stub->marks++;
}

void stub_init(struct stub *stub)
{
    *stub = (struct stub){0};
    stub->hooks = (struct mirror_hooks){
        .context = stub,
        .load_begin = on_load_begin,
        .load_records = on_load_records,
        .load_batch = on_load_batch,
        .load_end = on_load_end,
        .committed = on_committed,
        .dropped = on_dropped,
        .slice_next = on_slice_next,
        .slice_done = on_slice_done,
        .oldest_dirty = on_oldest_dirty,
        .is_behind = on_is_behind,
        .mark_dirty = on_mark_dirty,
    };
}
