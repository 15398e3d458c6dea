/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/dumped.h"

#include <stdio.h>

#include "daemon/out.h"
#include "proto/pack.h"

enum { APART = 1 }; /* the position of what no log has yet */

void dumped_add(struct buf *out, enum engine_kind kind, const void *body)
{
    buf_append_byte(out, (char)kind);
    stored_pack(out, kind, body);
}

bool dumped_next(struct mirror_bytes *data, struct arena *memory, enum engine_kind *kind,
                 union stored_body *body)
{
    struct tuan_arena arena = stored_room(memory);
    size_t consumed;

    if (data->len < 2 || (unsigned char)data->ptr[0] >= ENGINE_KIND_COUNT) return false;
    *kind = (enum engine_kind)data->ptr[0];
    if (!tuan_unpack_record(data->ptr + 1, data->len - 1, &consumed, engine_record_message(*kind),
                            body, &arena))
        return false;
    data->ptr += 1 + consumed;
    data->len -= 1 + consumed;
    return true;
}

/* NULL, or what is wrong. What is restored refers to what was restored before it, so a campaign
 * comes first, then its rooms, users and refunds. */
static const char *load_all(struct engine *engine, struct mirror_bytes data, struct arena *memory)
{
    union stored_body body;
    enum engine_kind kind, before = ENGINE_CAMPAIGN;

    engine_load_begin(engine);
    for (size_t count = 0; data.len > 0; count++, before = kind) {
        if (!dumped_next(&data, memory, &kind, &body)) return "bytes that are no record";
        if (kind < before || (kind == ENGINE_CAMPAIGN) != (count == 0))
            return "records that are not in their order";
        if (!engine_load_record(engine, kind, &body, APART)) return engine_load_fault(engine);
    }
    return engine_load_end(engine, APART) ? NULL : engine_load_fault(engine);
}

/* What an engine dumps of these records again. */
struct again {
    struct mirror_bytes left;
    struct arena *memory;
    bool is_same;
};

/* The same records, and the rooms oldest first: all engines find them in that order. */
static void compare(void *context, enum engine_kind kind, const void *body)
{
    const struct tuan_room_record *room = body;
    struct again *again = context;
    union stored_body theirs;
    enum engine_kind their_kind;

    again->is_same =
        again->is_same && dumped_next(&again->left, again->memory, &their_kind, &theirs) &&
        kind == their_kind && (kind != ENGINE_ROOM || tuan_rid_equal(theirs.room.room, room->room));
}

static bool dumps_the_same(struct engine *engine, struct mirror_bytes data, struct arena *memory)
{
    struct again again = {.left = data, .memory = memory, .is_same = true};
    union stored_body body;
    enum engine_kind kind;

    return dumped_next(&data, memory, &kind, &body) &&
           engine_dump(engine, body.campaign.campaign, compare, &again) && again.is_same &&
           again.left.len == 0;
}

struct engine *dumped_load(const struct engine_config *config, struct mirror_bytes data,
                           struct arena *memory, char *why, size_t why_size)
{
    struct engine *engine = engine_create(config);
    const char *fault = data.len == 0 ? "it is empty" : load_all(engine, data, memory);

    if (fault == NULL) fault = engine_fault(engine);
    if (fault == NULL && !dumps_the_same(engine, data, memory))
        fault = "records that are there twice, or rooms that are not in their order";
    if (fault == NULL) return engine;
    snprintf(why, why_size, "data: no tuand has dumped this: %s", fault);
    engine_destroy(engine);
    return NULL;
}
