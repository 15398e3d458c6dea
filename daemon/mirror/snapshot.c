/* SPDX-License-Identifier: BSD-2-Clause */
/* What `covered` may be (S5): a fact is safe when the log still has it or every record it touched
 * was stored after it. So the log may be cut just below the oldest position at which a record that
 * is dirty now, and not in this slice, first became dirty. When a slice is cut the flying records
 * are exactly its own - one slice at a time - so asking the hook after taking them out gives that
 * oldest position. If the slice fails they go back with their old first position, and `covered`,
 * which moves only with a stored mark, has not passed them.
 *
 * A mark is never used twice, also not for a slice that is cut anew: the number counts attempts. If
 * it could be, a late slice of an old connection might be taken for the one that was refused.
 *
 * A stored mark that is neither ours nor that of the slice in flight means that slices are gone
 * (or came late), even if `covered` is the same in both: what the log has after it is dirty again.
 *
 * A round has time, and those who wait for a batch have none: a slice is as small as its script's
 * own cost allows, and while batches come, the next one pauses, so that a round never has the whole
 * of Redis's core (nor, where cores are few, of ours). The longer the log grows meanwhile, the
 * shorter the pauses. While a sweep is behind there are no slices at all, up to a bound.
 */
#include "daemon/mirror/snapshot.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#define SLICE_BYTES ((size_t)64 * 1024) /* stop here; with a last large record still ≤ 256 KiB */
#ifndef SLICE_RECORDS_MAX               /* the simulator's are small, so that a round takes many */
#define SLICE_RECORDS_MAX 2000
#endif
#define PURGE_MAX        500
#define TOMBSTONES_MAX   ((size_t)1 << 20) /* beyond that they wait for the next load */
#define REFUSED_RETRY_MS 100
#define PAUSE_MS         4
#define AHEAD_MAX        4 /* for the sake of a sweep the log may grow by so many rounds */

void snapshot_init(struct snapshot *snapshot)
{
    *snapshot = (struct snapshot){.covered = FORM_CREATION};
}

static void drop_tombstones(struct snapshot *snapshot, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mem_free(snapshot->tombstones[snapshot->tombstone_first + i].field);
    snapshot->tombstone_first += count;
    if (snapshot->tombstone_first < snapshot->tombstone_count) return;
    snapshot->tombstone_first = snapshot->tombstone_count = 0;
}

void snapshot_reset(struct snapshot *snapshot)
{
    struct snapshot fresh;

    drop_tombstones(snapshot, snapshot->tombstone_count - snapshot->tombstone_first);
    snapshot_init(&fresh);
    fresh.tombstones = snapshot->tombstones;
    fresh.tombstone_cap = snapshot->tombstone_cap;
    fresh.args = snapshot->args;
    fresh.slices_stored = snapshot->slices_stored;
    fresh.records_stored = snapshot->records_stored;
    buf_reset(&fresh.args);
    *snapshot = fresh;
}

void snapshot_free(struct snapshot *snapshot)
{
    snapshot_reset(snapshot);
    mem_free(snapshot->tombstones);
    buf_free(&snapshot->args);
}

static void set_mark(struct snapshot *snapshot, struct mirror_bytes mark)
{
    assert(mark.len < FORM_SNAP_SIZE);
    memcpy(snapshot->mark, mark.ptr, mark.len);
    snapshot->mark[mark.len] = '\0';
}

void snapshot_found(struct snapshot *snapshot, struct mirror_bytes mark, uint64_t covered,
                    uint64_t number)
{
    set_mark(snapshot, mark);
    snapshot->covered = covered;
    if (number > snapshot->number) snapshot->number = number;
}

/* Make room at the end of the queue: slide it to the front, or double it. */
static void reserve_tombstone(struct snapshot *snapshot)
{
    size_t live = snapshot->tombstone_count - snapshot->tombstone_first;

    if (snapshot->tombstone_count < snapshot->tombstone_cap) return;
    if (live > 0 && snapshot->tombstone_first > 0)
        memmove(snapshot->tombstones, snapshot->tombstones + snapshot->tombstone_first,
                live * sizeof *snapshot->tombstones);
    snapshot->tombstone_first = 0;
    snapshot->tombstone_count = live;
    if (live * 2 < snapshot->tombstone_cap) return;
    snapshot->tombstone_cap = snapshot->tombstone_cap > 0 ? snapshot->tombstone_cap * 2 : 64;
    snapshot->tombstones =
        mem_realloc(snapshot->tombstones, snapshot->tombstone_cap * sizeof *snapshot->tombstones);
}

void snapshot_note_tombstone(struct snapshot *snapshot, const struct mirror_record *record)
{
    if (snapshot->tombstone_count - snapshot->tombstone_first >= TOMBSTONES_MAX) return;
    reserve_tombstone(snapshot);
    snapshot->tombstones[snapshot->tombstone_count++] = (struct tombstone){
        record->hash, record->at, mem_dup(record->field.ptr, record->field.len), record->field.len};
}

/* ---- the fate of a slice ---- */

/* How often the log has grown by what makes a round due, since this round began. */
static uint64_t rounds_behind(const struct snapshot *snapshot,
                              const struct snapshot_context *context)
{
    return snapshot->log_bytes / context->config->snapshot_every_bytes;
}

/* Half as long with every two rounds that it is behind: some pace keeps up with any rush. */
static int64_t pause_ms(const struct snapshot *snapshot, const struct snapshot_context *context)
{
    uint64_t behind = rounds_behind(snapshot, context);

    return behind < 8 ? PAUSE_MS >> (behind / 2) : 0;
}

static void slice_is_stored(struct snapshot *snapshot, const struct snapshot_context *context)
{
    memcpy(snapshot->mark, snapshot->flying_mark, sizeof snapshot->mark);
    snapshot->covered = snapshot->flying_covered;
    snapshot->slice = SLICE_NONE;
    snapshot->slices_stored++;
    snapshot->records_stored += snapshot->flying_records;
    snapshot->flying_tombstones = 0;
    context->hooks->slice_done(context->hooks->context, context->lane->partition, true);
}

static void slice_is_not_stored(struct snapshot *snapshot, const struct snapshot_context *context)
{
    if (snapshot->slice == SLICE_NONE) return;
    for (; snapshot->flying_tombstones > 0; snapshot->flying_tombstones--)
        mem_free(snapshot->tombstones[--snapshot->tombstone_count].field);
    snapshot->slice = SLICE_NONE;
    context->hooks->slice_done(context->hooks->context, context->lane->partition, false);
}

void snapshot_link_down(struct snapshot *snapshot)
{
    if (snapshot->slice == SLICE_FLYING) snapshot->slice = SLICE_UNRESOLVED;
    snapshot->is_purging = false;
    if (snapshot->is_marking) snapshot->must_mark = true;
    snapshot->is_marking = false;
}

bool snapshot_settle(struct snapshot *snapshot, const struct snapshot_context *context,
                     struct mirror_bytes mark)
{
    struct snap found = {.covered = FORM_CREATION};

    if (snapshot->slice != SLICE_NONE && bytes_equal(mark, bytes_of(snapshot->flying_mark)))
        slice_is_stored(snapshot, context);
    slice_is_not_stored(snapshot, context);
    if (bytes_equal(mark, bytes_of(snapshot->mark))) return true;
    if (mark.len > 0 && !form_parse_snap(mark, &found)) return false;
    snapshot->must_mark = true;
    log_warn("the snapshot is not where we left it", "partition=%u found=%.*s expected=%s",
             (unsigned)context->lane->partition, (int)mark.len, mark.ptr, snapshot->mark);
    snapshot_found(snapshot, mark, found.covered, found.number);
    return true;
}

bool snapshot_sliced(struct snapshot *snapshot, const struct snapshot_context *context,
                     const struct reply *reply)
{
    if (snapshot->slice != SLICE_FLYING) return false;
    if (reply_verdict(reply) == 1) {
        bool others_wait = context->newest->position != snapshot->flying_since;

        slice_is_stored(snapshot, context);
        if (others_wait)
            snapshot->retry_ms = context->lane->out->now_ms + pause_ms(snapshot, context);
        return true;
    }
    snapshot->retry_ms = context->lane->out->now_ms + REFUSED_RETRY_MS;
    if (reply_verdict(reply) != 0 || reply->count < 3) return false;
    return snapshot_settle(snapshot, context, reply_text_at(reply, 2));
}

void snapshot_refused(struct snapshot *snapshot, const struct snapshot_context *context,
                      int64_t retry_ms)
{
    slice_is_not_stored(snapshot, context);
    snapshot->retry_ms = retry_ms;
}

/* ---- cutting ---- */

static size_t take_records(struct snapshot *snapshot, const struct snapshot_context *context,
                           uint64_t *highest)
{
    const struct mirror_hooks *hooks = context->hooks;
    uint32_t partition = context->lane->partition;
    struct mirror_record record;
    struct buf value = {0};
    size_t count = 0;

    buf_reset(&snapshot->args);
    while (count < SLICE_RECORDS_MAX && snapshot->args.len < SLICE_BYTES &&
           hooks->slice_next(hooks->context, partition, snapshot->round_end, &record)) {
        assert(record.at <= context->newest->position);
        buf_reset(&value);
        form_append_record(&value, &record);
        wire_arg_uint(&snapshot->args, (uint64_t)record.hash + 1);
        wire_arg(&snapshot->args, record.field.ptr, record.field.len);
        wire_arg(&snapshot->args, value.data, value.len);
        if (record.at > *highest) *highest = record.at;
        if (record.is_tombstone) {
            size_t before = snapshot->tombstone_count - snapshot->tombstone_first;

            snapshot_note_tombstone(snapshot, &record);
            snapshot->flying_tombstones +=
                snapshot->tombstone_count - snapshot->tombstone_first - before;
        }
        count++;
    }
    buf_free(&value);
    return count;
}

/* S5. */
static uint64_t cover_after(const struct snapshot *snapshot, const struct snapshot_context *context)
{
    uint64_t oldest =
        context->hooks->oldest_dirty(context->hooks->context, context->lane->partition);
    uint64_t covered = oldest == 0 ? context->newest->position : oldest - 1;

    assert(oldest == 0 || mirror_seq(oldest) > 0); /* a batch: the log has what is before it */
    assert(covered <= context->newest->position);
    return covered > snapshot->covered ? covered : snapshot->covered;
}

/* S3: positions of older epochs are below any head of ours. */
static uint64_t needed_seq(const struct snapshot_context *context, uint64_t highest)
{
    uint64_t epoch = mirror_epoch(context->newest->position);

    return mirror_epoch(highest) == epoch ? mirror_seq(highest) : 0;
}

static void send_slice(struct snapshot *snapshot, const struct snapshot_context *context,
                       uint64_t highest)
{
    static const enum key keys[] = {
        KEY_HEAD,
        KEY_SNAP,
        (enum key)(KEY_HASH + MIRROR_CAMPAIGNS),
        (enum key)(KEY_HASH + MIRROR_ROOMS),
        (enum key)(KEY_HASH + MIRROR_USERS),
        (enum key)(KEY_HASH + MIRROR_REFUNDS),
    };
    struct buf *out = &context->lane->out->bytes;
    struct snap snap = {.covered = snapshot->flying_covered, .number = ++snapshot->number};

    if (highest < snap.covered) highest = snap.covered;
    memcpy(snap.nonce, context->newest->nonce, FORM_ID_SIZE);
    memcpy(snap.dataset, context->newest->dataset, FORM_ID_SIZE);
    form_print_snap(snapshot->flying_mark, &snap);

    lane_call(context->lane, out, SCRIPT_SLICE, keys, sizeof keys / sizeof keys[0],
              4 + 3 * snapshot->flying_records);
    wire_arg_str(out, snap.nonce);
    wire_arg_str(out, snapshot->mark);
    wire_arg_str(out, snapshot->flying_mark);
    wire_arg_uint(out, needed_seq(context, highest));
    buf_append(out, snapshot->args.data, snapshot->args.len);
    lane_expect(context->lane, ASK_SLICE, snap.number);
}

static void end_round(struct snapshot *snapshot, const struct snapshot_context *context)
{
    snapshot->in_round = false;
    snapshot->next_round_ms = context->lane->out->now_ms + context->config->snapshot_every_ms;
    if (snapshot->args.cap > 4 * SLICE_BYTES) buf_free(&snapshot->args);
}

static void cut_slice(struct snapshot *snapshot, const struct snapshot_context *context)
{
    uint64_t highest = 0;
    uint64_t was_covered = snapshot->covered;

    snapshot->flying_records = take_records(snapshot, context, &highest);
    snapshot->flying_covered = cover_after(snapshot, context);
    if (snapshot->flying_records == 0 && snapshot->flying_covered == was_covered) {
        end_round(snapshot, context);
        return;
    }
    snapshot->slice = SLICE_FLYING;
    snapshot->flying_since = context->newest->position;
    send_slice(snapshot, context, highest);
    if (snapshot->flying_covered > was_covered) lane_trim(context->lane);
}

/* ---- S8: dirty again ---- */

static void ask_marks(struct snapshot *snapshot, const struct snapshot_context *context)
{
    const struct chain *chain = &snapshot->mark_chain;
    struct lane_range range = {
        .from = chain->is_started ? chain->last.position : chain->start,
        .is_after = chain->is_started,
        .count = chain_chunk(snapshot->mark_entries, snapshot->mark_bytes),
    };

    lane_log_range(context->lane, ASK_MARK_RANGE, &range);
}

static void start_marking(struct snapshot *snapshot, const struct snapshot_context *context)
{
    snapshot->must_mark = false;
    snapshot->is_marking = true;
    snapshot->mark_end = context->newest->position;
    snapshot->mark_entries = snapshot->mark_bytes = 0;
    chain_init(&snapshot->mark_chain, snapshot->covered, context->newest->dataset);
    ask_marks(snapshot, context);
}

bool snapshot_marked(struct snapshot *snapshot, const struct snapshot_context *context,
                     const struct reply *reply)
{
    if (!snapshot->is_marking || reply->type != REPLY_ARRAY) return false;
    if (reply->count == 0) { /* the log's end was refused or lost: once more when it is in */
        snapshot->is_marking = false;
        snapshot->must_mark = true;
        return snapshot->mark_chain.is_started;
    }
    for (size_t i = 0; i < reply->count; i++) {
        struct entry entry;

        if (!chain_follow(&snapshot->mark_chain, &reply->elements[i], &entry)) return false;
        snapshot->mark_entries++;
        snapshot->mark_bytes += entry.batch.len;
        if (entry.batch.ptr == NULL || entry.position <= snapshot->covered) continue;
        context->hooks->mark_dirty(context->hooks->context, context->lane->partition,
                                   entry.position, entry.batch);
    }
    snapshot->is_marking = snapshot->mark_chain.last.position < snapshot->mark_end;
    if (snapshot->is_marking) ask_marks(snapshot, context);
    return true;
}

/* ---- S7 ---- */

static size_t ripe_tombstones(const struct snapshot *snapshot)
{
    size_t end = snapshot->tombstone_count - snapshot->flying_tombstones;
    size_t count = 0;

    while (count < PURGE_MAX && snapshot->tombstone_first + count < end &&
           snapshot->tombstones[snapshot->tombstone_first + count].at <= snapshot->covered)
        count++;
    return count;
}

static void purge(struct snapshot *snapshot, const struct snapshot_context *context)
{
    static const enum key keys[] = {
        KEY_SNAP,
        (enum key)(KEY_HASH + MIRROR_CAMPAIGNS),
        (enum key)(KEY_HASH + MIRROR_ROOMS),
        (enum key)(KEY_HASH + MIRROR_USERS),
        (enum key)(KEY_HASH + MIRROR_REFUNDS),
    };
    struct buf *out = &context->lane->out->bytes;
    size_t count = ripe_tombstones(snapshot);

    if (count == 0) return;
    lane_call(context->lane, out, SCRIPT_PURGE, keys, sizeof keys / sizeof keys[0], 2 * count);
    for (size_t i = 0; i < count; i++) {
        const struct tombstone *tombstone = &snapshot->tombstones[snapshot->tombstone_first + i];

        wire_arg_uint(out, (uint64_t)tombstone->hash + 1);
        wire_arg(out, tombstone->field, tombstone->field_len);
    }
    lane_expect(context->lane, ASK_PURGE, count);
    drop_tombstones(snapshot, count);
    snapshot->is_purging = true;
}

/* ---- when ---- */

static bool round_is_due(const struct snapshot *snapshot, const struct snapshot_context *context)
{
    return context->lane->out->now_ms >= snapshot->next_round_ms ||
           rounds_behind(snapshot, context) > 0;
}

/* Whoever waits for a sweep that is behind, or for a seat beside it, would stand behind the slice,
 * too, which may well hold what the sweep makes dirty again. The log keeps it all as safe. */
static bool must_wait(const struct snapshot *snapshot, const struct snapshot_context *context)
{
    return context->hooks->is_behind(context->hooks->context, context->lane->partition) &&
           rounds_behind(snapshot, context) < AHEAD_MAX;
}

void snapshot_turn(struct snapshot *snapshot, const struct snapshot_context *context)
{
    if (snapshot->must_mark && !snapshot->is_marking) start_marking(snapshot, context);
    if (!snapshot->is_purging) purge(snapshot, context);
    if (snapshot->is_marking || snapshot->slice != SLICE_NONE) return;
    if (context->lane->out->now_ms < snapshot->retry_ms) return;
    if (must_wait(snapshot, context)) {
        snapshot->retry_ms = context->lane->out->now_ms + PAUSE_MS;
        return;
    }
    if (snapshot->next_round_ms == 0) end_round(snapshot, context);
    if (!snapshot->in_round && round_is_due(snapshot, context)) {
        snapshot->in_round = true;
        snapshot->round_end = context->newest->position + 1;
        snapshot->log_bytes = 0;
    }
    if (snapshot->in_round) cut_slice(snapshot, context);
}

int64_t snapshot_next_ms(const struct snapshot *snapshot)
{
    if (snapshot->slice != SLICE_NONE || snapshot->is_marking) return INT64_MAX;
    if (snapshot->in_round || snapshot->retry_ms > snapshot->next_round_ms)
        return snapshot->retry_ms;
    return snapshot->next_round_ms;
}
