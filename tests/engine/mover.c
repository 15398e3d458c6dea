/* SPDX-License-Identifier: BSD-2-Clause */
#include "mover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/pack.h"

enum { RECORDS_MAX = 4096, ARENA_BYTES = 4096, ARENA_FOLD = 512 };

struct kept {
    enum engine_kind kind;
    struct tuan_out bytes;
};
struct luggage {
    struct kept records[RECORDS_MAX];
    size_t count;
};

static void keep(void *context, enum engine_kind kind, const void *body)
{
    struct luggage *luggage = context;

    if (luggage->count == RECORDS_MAX) return; /* the counts will differ */
    struct kept *kept = &luggage->records[luggage->count++];
    *kept = (struct kept){.kind = kind, .bytes = {.grow = store_grow}};
    tuan_pack_record(&kept->bytes, engine_record_message(kind), body);
}

static struct luggage *dump(struct engine *engine, struct tuan_str campaign)
{
    struct luggage *luggage = calloc(1, sizeof *luggage);

    if (luggage != NULL) engine_dump(engine, campaign, keep, luggage);
    return luggage;
}

static void drop(struct luggage *luggage)
{
    for (size_t i = 0; i < luggage->count; i++)
        free(luggage->records[i].bytes.data);
    free(luggage);
}

/* A record once more, and the memory that it points into. */
struct unpacked {
    union {
        struct tuan_campaign_record campaign;
        struct tuan_room_record room;
        struct tuan_user_record user;
        struct tuan_refund_record refund;
    } body;
    char *memory;
};

static bool unpack(const struct kept *kept, struct unpacked *out, size_t *used)
{
    size_t cap = ARENA_BYTES + ARENA_FOLD * kept->bytes.len; /* seats unpack to more */
    struct tuan_arena arena = {.base = out->memory = malloc(cap), .cap = cap};

    *used = 0;
    return out->memory != NULL &&
           tuan_unpack_record(kept->bytes.data, kept->bytes.len, used,
                              engine_record_message(kept->kind), &out->body, &arena);
}

struct luggage *mover_read(const char *data, size_t len)
{
    struct luggage *luggage = calloc(1, sizeof *luggage);
    bool is_good = luggage != NULL;

    for (size_t at = 0, used; is_good && at < len; at += 1 + used) {
        struct kept *kept = &luggage->records[luggage->count++];
        struct unpacked unpacked;
        *kept = (struct kept){.kind = (enum engine_kind)data[at], .bytes = {.grow = store_grow}};
        tuan_out_bytes(&kept->bytes, data + at + 1, len - at - 1);
        is_good = luggage->count < RECORDS_MAX && unpack(kept, &unpacked, &used);
        kept->bytes.len = used;
        free(unpacked.memory);
    }
    if (is_good) return luggage;
    mover_throw_away(luggage);
    return NULL;
}

/* Into an engine that loads (`at` 1), or as facts of one that lives (0). */
static bool put(struct engine *engine, const struct kept *kept, uint64_t at)
{
    struct unpacked unpacked;
    size_t used;
    bool fits = unpack(kept, &unpacked, &used);

    if (fits && at > 0) fits = engine_load_record(engine, kept->kind, &unpacked.body, at);
    if (fits && at == 0) {
        engine_restore(engine, kept->kind, &unpacked.body);
        engine_drain(engine);
    }
    free(unpacked.memory);
    return fits;
}

static bool may_come(const struct world *world, const struct engine *target,
                     const struct luggage *luggage, struct tuan_str campaign, char *why,
                     size_t size)
{
    struct engine *apart = engine_create(&world->config);
    bool fits = true;

    engine_load_begin(apart);
    for (size_t i = 0; fits && i < luggage->count; i++)
        fits = put(apart, &luggage->records[i], 1);
    fits = fits && engine_load_end(apart, 1);
    snprintf(why, size, "its records do not fit together");
    fits = fits && engine_may_restore(target, apart, campaign, world->now_ms, why, size) == TUAN_OK;
    engine_destroy(apart);
    return fits;
}

/* The campaign's own record tells when it was taken. */
static bool are_same(const struct luggage *a, const struct luggage *b)
{
    if (a->count != b->count || a->count == RECORDS_MAX) return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct kept *one = &a->records[i], *other = &b->records[i];
        if (one->kind != other->kind) return false;
        if (one->kind == ENGINE_CAMPAIGN) continue;
        if (one->bytes.len != other->bytes.len ||
            memcmp(one->bytes.data, other->bytes.data, one->bytes.len) != 0)
            return false;
    }
    return true;
}

static bool move(struct world *world, struct engine *target, struct tuan_str campaign)
{
    struct luggage *before = dump(world->engine, campaign), *after = NULL;
    char why[128] = "";
    bool is_good = before->count == 0; /* it was dropped */

    if (!is_good && may_come(world, target, before, campaign, why, sizeof why)) {
        for (size_t i = 0; i < before->count; i++)
            put(target, &before->records[i], 0);
        engine_restore_end(target, campaign);
        engine_audit(target);
        after = dump(target, campaign);
        is_good = are_same(before, after);
        snprintf(why, sizeof why, "it is another one afterwards");
        drop(after);
    }
    if (!is_good)
        snprintf(world->flaw, sizeof world->flaw, "campaign %.*s moved elsewhere: %s",
                 (int)campaign.len, campaign.ptr, why);
    drop(before);
    return is_good;
}

/* ---- back into the world it is of ---- */

struct luggage *mover_pack(struct world *world, struct tuan_str campaign)
{
    struct luggage *luggage = dump(world->engine, campaign);

    if (luggage->count > 0) return luggage;
    drop(luggage);
    return NULL;
}

void mover_throw_away(struct luggage *luggage)
{
    if (luggage != NULL) drop(luggage);
}

bool mover_unpack(struct world *world, const struct luggage *luggage, struct tuan_str campaign)
{
    struct outcome outcome;
    char why[128];

    if (!may_come(world, world->engine, luggage, campaign, why, sizeof why)) return false;
    struct unpacked *all = calloc(luggage->count, sizeof *all);
    size_t used;
    for (size_t i = 0; i < luggage->count; i++)
        if (unpack(&luggage->records[i], &all[i], &used)) /* as it did apart */
            engine_restore(world->engine, luggage->records[i].kind, &all[i].body);
    engine_restore_end(world->engine, campaign);
    world_take(world, &outcome); /* its facts point into the records until then */
    outcome_clear(&outcome);
    for (size_t i = 0; i < luggage->count; i++)
        free(all[i].memory);
    free(all);
    return true;
}

/* ---- elsewhere ---- */

bool mover_check(struct world *world)
{
    struct engine *target = engine_create(&world->config);
    bool is_good = true;

    engine_set_position(target, 1);
    for (size_t i = 0; is_good && i < world->campaigns.count; i++) {
        const char *name = world->campaigns.items[i];
        is_good = move(world, target, (struct tuan_str){name, (uint32_t)strlen(name)});
    }
    engine_destroy(target);
    return is_good;
}
