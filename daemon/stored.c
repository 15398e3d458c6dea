/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/stored.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "daemon/out.h"
#include "proto/pack.h"

enum {
    UNPACK_ROOM = 64 * 1024 * 1024, /* address space for lists; touched as far as needed */
    AT_ONCE = 16,                   /* unpacked, and then loaded */
};

static const enum mirror_hash hash_of_kind[ENGINE_KIND_COUNT] = {
    [ENGINE_CAMPAIGN] = MIRROR_CAMPAIGNS,
    [ENGINE_ROOM] = MIRROR_ROOMS,
    [ENGINE_USER] = MIRROR_USERS,
    [ENGINE_REFUND] = MIRROR_REFUNDS,
};

enum mirror_hash stored_hash(enum engine_kind kind)
{
    return hash_of_kind[kind];
}

static enum engine_kind kind_of(const struct mirror_record *record)
{
    for (int kind = 0; kind < ENGINE_KIND_COUNT; kind++)
        if (hash_of_kind[kind] == record->hash) return (enum engine_kind)kind;
    assert(false && "a hash of no kind");
    return ENGINE_CAMPAIGN;
}

struct tuan_arena stored_room(struct arena *memory)
{
    arena_reset(memory);
    return (struct tuan_arena){.base = arena_take(memory, UNPACK_ROOM), .cap = UNPACK_ROOM};
}

void stored_pack(struct buf *out, enum engine_kind kind, const void *body)
{
    struct tuan_out bytes = out_of(out);

    tuan_pack_record(&bytes, engine_record_message(kind), body);
    out_done(&bytes, out);
}

static bool unpack(const struct mirror_record *record, union stored_body *body,
                   struct tuan_arena *lists)
{
    const struct tuan_message *message = engine_record_message(kind_of(record));
    size_t consumed;

    assert(message->size <= sizeof *body);
    return record->is_tombstone || (tuan_unpack_record(record->value.ptr, record->value.len,
                                                       &consumed, message, body, lists) &&
                                    consumed == record->value.len);
}

static bool load_one(struct engine *engine, const struct mirror_record *record,
                     const union stored_body *body)
{
    struct tuan_str key = {record->field.ptr, (uint32_t)record->field.len};

    if (!record->is_tombstone) return engine_load_record(engine, kind_of(record), body, record->at);
    engine_load_tombstone(engine, kind_of(record), key, record->at);
    return true;
}

/* The engine starts to fetch what it will look at for one record while others are unpacked. Returns
 * how many were loaded: as many as found room for their lists. *damaged: NULL, or which one is. */
static size_t load_some(struct engine *engine, const struct mirror_record *records, size_t count,
                        struct tuan_arena lists, const struct mirror_record **damaged)
{
    union stored_body bodies[AT_ONCE];
    size_t unpacked = 0;

    while (unpacked < count && unpacked < AT_ONCE &&
           unpack(&records[unpacked], &bodies[unpacked], &lists)) {
        if (!records[unpacked].is_tombstone)
            engine_load_ahead(engine, kind_of(&records[unpacked]), &bodies[unpacked]);
        unpacked++;
    }
    *damaged = unpacked == 0 ? records : NULL;
    for (size_t i = 0; i < unpacked && *damaged == NULL; i++)
        if (!load_one(engine, &records[i], &bodies[i])) *damaged = &records[i];
    return unpacked;
}

static void log_damage(const struct engine *engine, uint32_t partition,
                       const struct mirror_record *damaged)
{
    const char *fault = engine_load_fault(engine);
    char quoted[160];

    if (fault == NULL) fault = "no record at all";
    log_error("a stored record is damaged", "partition=%u kind=%s bytes=%zu fault=%s", partition,
              engine_record_message(kind_of(damaged))->name, damaged->value.len,
              log_quote(quoted, sizeof quoted, fault, strlen(fault)));
}

bool stored_load(struct engine *engine, uint32_t partition, const struct mirror_record *records,
                 size_t count, struct arena *memory)
{
    const struct mirror_record *damaged = NULL;

    for (size_t at = 0; at < count && damaged == NULL;)
        at += load_some(engine, records + at, count - at, stored_room(memory), &damaged);
    if (damaged != NULL)
        log_damage(engine, partition, damaged);
    return damaged == NULL;
}
