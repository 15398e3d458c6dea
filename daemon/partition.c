/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/partition.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/dumped.h"
#include "daemon/feed_ring.h"
#include "daemon/out.h"
#include "daemon/stored.h"
#include "proto/json.h"
#include "proto/pack.h"

void partition_init(struct partition *partition, uint32_t index, const struct engine_config *config,
                    bool tells_seats)
{
    *partition =
        (struct partition){.index = index, .engine_config = *config, .tells_seats = tells_seats};
    partition->engine_config.partition = index;
}

static void forget_batch(struct partition *partition)
{
    buf_reset(&partition->batch);
    buf_reset(&partition->texts);
    partition->event_count = 0;
    partition->batch_now_ms = 0;
    partition->has_facts = false;
}

void partition_drop(struct partition *partition)
{
    engine_destroy(partition->engine);
    partition->engine = NULL;
    partition->serves = false;
    partition->event_first = partition->event_last = 0;
    partition->swept = partition->swept_before = 0;
    partition->pace = (struct pace){0};
    partition->is_behind = false;
    partition->slice_count = 0;
    arena_free(&partition->slice_arena);
    arena_free(&partition->load_arena);
    forget_batch(partition);
}

void partition_close(struct partition *partition)
{
    partition_drop(partition);
    buf_free(&partition->batch);
    buf_free(&partition->texts);
    buf_free(&partition->slice_value);
    mem_free(partition->events);
    mem_free(partition->slice);
}

static void serve_from(struct partition *partition, uint64_t next)
{
    partition->next = next;
    partition->committed = next - 1;
    partition->serves = true;
    engine_set_position(partition->engine, next);
}

void partition_start_empty(struct partition *partition, uint32_t epoch)
{
    assert(partition->engine == NULL);
    partition->engine = engine_create(&partition->engine_config);
    serve_from(partition, mirror_position(epoch, 1));
}

/* ---- facts to the batch ---- */

static void note_event(struct partition *partition, size_t index)
{
    struct engine_event event;

    if (!engine_event(partition->engine, index, partition->tells_seats, &event)) return;
    if (partition->event_count == partition->event_room) {
        partition->event_room = partition->event_room == 0 ? 64 : partition->event_room * 2;
        partition->events =
            mem_realloc(partition->events, partition->event_room * sizeof *partition->events);
    }
    struct partition_event *noted = &partition->events[partition->event_count++];
    struct buf *texts = &partition->texts;
    *noted = (struct partition_event){.type = event.type};
    noted->campaign_at = texts->len;
    noted->campaign_len = event.campaign.len;
    buf_append(texts, event.campaign.ptr, event.campaign.len);
    noted->room_at = texts->len;
    if (!tuan_rid_is_none(event.room)) {
        tuan_rid_print(event.room, buf_reserve(texts, TUAN_RID_CHARS));
        texts->len += TUAN_RID_CHARS;
        noted->room_len = TUAN_RID_CHARS;
    }
    noted->data_at = texts->len;
    struct tuan_out out = out_of(texts);
    tuan_json_message(&out, &tuan_event_message, event.data);
    out_done(&out, texts);
    noted->data_len = texts->len - noted->data_at;
}

/* For the log: where there is none, nobody reads them. */
static void pack_facts(struct partition *partition, size_t count, int64_t now_ms)
{
    struct tuan_out out = out_of(&partition->batch);

    if (partition->batch_now_ms != now_ms) {
        struct tuan_fact clock = {.type = TUAN_FACT_CLOCK};
        TUAN_SET(clock_fact, &clock.clock, now, now_ms);
        tuan_pack_fact(&out, &clock);
        partition->batch_now_ms = now_ms;
    }
    for (size_t i = 0; i < count; i++)
        tuan_pack_fact(&out, engine_fact(partition->engine, i));
    out_done(&out, &partition->batch);
}

void partition_collect(struct partition *partition, int64_t now_ms)
{
    size_t count = engine_fact_count(partition->engine);

    if (count == 0) return;
    if (partition->ring == NULL) pack_facts(partition, count, now_ms);
    for (size_t i = 0; i < count; i++) {
        note_event(partition, i);
        partition->on_fact(partition->on_fact_context, partition->index, partition->next,
                           engine_fact(partition->engine, i));
    }
    partition->has_facts = true;
    engine_drain(partition->engine);
}

bool partition_sweep(struct partition *partition, int64_t now_ms, size_t facts_max)
{
    partition->is_behind = engine_next_deadline_ms(partition->engine) <= now_ms &&
                           engine_expire(partition->engine, now_ms, facts_max);
    partition_collect(partition, now_ms);
    if (partition->is_behind && partition->has_facts) { /* it may only have brought timers nearer */
        partition->swept_before = partition->swept;
        partition->swept = partition->next;
    }
    return partition->is_behind;
}

static struct mirror_bytes text_at(const struct partition *partition, size_t at, size_t len)
{
    return (struct mirror_bytes){partition->texts.data + at, len};
}

static struct mirror_event event_at(const struct partition *partition, size_t index)
{
    const struct partition_event *noted = &partition->events[index];

    return (struct mirror_event){.type = {noted->type, strlen(noted->type)},
                                 .campaign =
                                     text_at(partition, noted->campaign_at, noted->campaign_len),
                                 .room = text_at(partition, noted->room_at, noted->room_len),
                                 .data = text_at(partition, noted->data_at, noted->data_len)};
}

static uint64_t submit(struct partition *partition, struct mirror *mirror)
{
    struct mirror_event *events = mem_alloc(partition->event_count * sizeof *events);

    for (size_t i = 0; i < partition->event_count; i++)
        events[i] = event_at(partition, i);
    uint64_t position =
        mirror_submit(mirror, partition->index, &partition->batch, events, partition->event_count);
    mem_free(events);
    return position;
}

/* Without a mirror: committed at once. */
static void keep_in_memory(struct partition *partition)
{
    for (size_t i = 0; i < partition->event_count; i++) {
        struct mirror_event event = event_at(partition, i);
        feed_ring_push(partition->ring, mirror_event_id(partition->next, i), &event);
    }
    partition_committed(partition, partition->next);
}

void partition_committed(struct partition *partition, uint64_t position)
{
    partition->committed = position;
    if (partition->event_first == 0 || position < partition->event_first) return;
    partition->announced = position;
    partition->event_first = position < partition->event_last ? position + 1 : 0;
}

void partition_freeze(struct partition *partition, struct mirror *mirror)
{
    if (!partition->has_facts) return;
    assert(engine_fact_count(partition->engine) == 0);
    if (mirror != NULL && !mirror_wants_batch(mirror, partition->index, partition->batch.len))
        return; /* it goes on filling */
    if (partition->event_count > 0) {
        partition->event_last = partition->next;
        if (partition->event_first == 0) partition->event_first = partition->next;
    }
    if (mirror != NULL) {
        uint64_t position = submit(partition, mirror);
        assert(position == partition->next);
    } else {
        keep_in_memory(partition);
    }
    forget_batch(partition);
    engine_set_position(partition->engine, ++partition->next);
}

/* ---- loading ---- */

void partition_load_begin(struct partition *partition)
{
    partition_drop(partition);
    partition->engine = engine_create(&partition->engine_config);
    engine_load_begin(partition->engine);
}

bool partition_load_records(struct partition *partition, const struct mirror_record *records,
                            size_t count)
{
    return stored_load(partition->engine, partition->index, records, count, &partition->load_arena);
}

typedef bool fact_user(struct engine *engine, const struct tuan_fact *fact, uint64_t position);

static bool for_each_fact(struct partition *partition, uint64_t position, struct mirror_bytes batch,
                          fact_user *use)
{
    size_t at = 0;

    while (at < batch.len) {
        struct tuan_arena arena = stored_room(&partition->load_arena);
        struct tuan_fact fact;
        size_t consumed;
        if (!tuan_unpack_fact(batch.ptr + at, batch.len - at, &consumed, &fact, &arena) ||
            !use(partition->engine, &fact, position)) {
            log_error("a logged batch is damaged", "partition=%u epoch=%llu seq=%llu offset=%zu",
                      partition->index, (unsigned long long)mirror_epoch(position),
                      (unsigned long long)mirror_seq(position), at);
            return false;
        }
        at += consumed;
    }
    return true;
}

bool partition_load_batch(struct partition *partition, uint64_t position, struct mirror_bytes batch)
{
    bool is_good = for_each_fact(partition, position, batch, engine_evolve);

    if (is_good) engine_drain(partition->engine); /* the memory of what the batch buried */
    return is_good;
}

bool partition_load_end(struct partition *partition, uint64_t next)
{
    if (!engine_load_end(partition->engine, next - 1)) {
        char quoted[160];
        const char *fault = engine_load_fault(partition->engine);
        log_error("the stored records do not fit together", "partition=%u fault=%s",
                  partition->index, log_quote(quoted, sizeof quoted, fault, strlen(fault)));
        return false;
    }
    arena_free(&partition->load_arena);
    serve_from(partition, next);
    return true;
}

/* ---- a campaign out and in ---- */

struct dump {
    struct buf *out;
    struct partition_moved *moved;
};

static void count_moved(struct partition_moved *moved, enum engine_kind kind)
{
    moved->rooms += kind == ENGINE_ROOM;
    moved->users += kind == ENGINE_USER;
    moved->refunds += kind == ENGINE_REFUND;
}

static void dump_record(void *context, enum engine_kind kind, const void *body)
{
    const struct dump *dump = context;

    dumped_add(dump->out, kind, body);
    count_moved(dump->moved, kind);
}

bool partition_dump(struct partition *partition, struct tuan_str campaign, struct buf *out,
                    struct partition_moved *moved)
{
    struct dump dump = {out, moved};

    *moved = (struct partition_moved){0};
    return engine_dump(partition->engine, campaign, dump_record, &dump);
}

/* All in one batch: it is in the log whole, or not at all. */
static void restore_all(struct partition *partition, struct tuan_str campaign,
                        struct mirror_bytes data, int64_t now_ms, struct partition_moved *moved)
{
    union stored_body body;
    enum engine_kind kind;

    while (data.len > 0) {
        bool is_good = dumped_next(&data, &partition->load_arena, &kind, &body);
        assert(is_good); /* it was read before */
        engine_restore(partition->engine, kind, &body);
        partition_collect(partition, now_ms);
        count_moved(moved, kind);
    }
    engine_restore_end(partition->engine, campaign);
}

enum tuan_err partition_restore(struct partition *partition, struct tuan_str campaign,
                                struct mirror_bytes data, int64_t now_ms,
                                struct partition_moved *moved, char *why, size_t why_size)
{
    struct engine *apart =
        dumped_load(&partition->engine_config, data, &partition->load_arena, why, why_size);
    enum tuan_err err = TUAN_ERR_BAD_ARGUMENT;

    *moved = (struct partition_moved){0};
    if (apart != NULL)
        err = engine_may_restore(partition->engine, apart, campaign, now_ms, why, why_size);
    engine_destroy(apart);
    if (err == TUAN_OK) restore_all(partition, campaign, data, now_ms, moved);
    arena_free(&partition->load_arena);
    return err;
}

/* ---- slices ---- */

static struct tuan_str keep_key(struct partition *partition, struct tuan_str key)
{
    char *copy = arena_take(&partition->slice_arena, key.len);

    memcpy(copy, key.ptr, key.len);
    return (struct tuan_str){copy, key.len};
}

bool partition_slice_next(struct partition *partition, uint64_t older_than,
                          struct mirror_record *out)
{
    struct engine_record record;

    if (!partition->serves || !engine_capture(partition->engine, older_than, &record)) return false;
    buf_reset(&partition->slice_value);
    if (record.body != NULL) stored_pack(&partition->slice_value, record.kind, record.body);
    if (partition->slice_count == partition->slice_room) {
        partition->slice_room = partition->slice_room == 0 ? 256 : partition->slice_room * 2;
        partition->slice =
            mem_realloc(partition->slice, partition->slice_room * sizeof *partition->slice);
    }
    record.key = keep_key(partition, record.key);
    partition->slice[partition->slice_count++] = record;
    *out =
        (struct mirror_record){.hash = stored_hash(record.kind),
                               .field = {record.key.ptr, record.key.len},
                               .value = {partition->slice_value.data, partition->slice_value.len},
                               .at = record.at,
                               .first_dirty = record.first_dirty,
                               .is_tombstone = record.body == NULL};
    return true;
}

void partition_slice_done(struct partition *partition, bool stored)
{
    while (!stored && partition->slice_count > 0) {
        const struct engine_record *record = &partition->slice[--partition->slice_count];
        engine_recapture(partition->engine, record->kind, record->key, record->at,
                         record->first_dirty, record->body == NULL);
    }
    partition->slice_count = 0;
    arena_reset(&partition->slice_arena);
}

uint64_t partition_oldest_dirty(const struct partition *partition)
{
    return partition->serves ? engine_oldest_dirty(partition->engine) : 0;
}

static bool mark_one(struct engine *engine, const struct tuan_fact *fact, uint64_t position)
{
    engine_mark_dirty(engine, fact, position);
    return true;
}

void partition_mark_dirty(struct partition *partition, uint64_t position, struct mirror_bytes batch)
{
    if (partition->serves) for_each_fact(partition, position, batch, mark_one);
}
