/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/load.h"

#include <assert.h>
#include <string.h>

#define SCAN_COUNT    1000
#define RECORDS_AHEAD 32 /* are given to the hook at once, so that it can look ahead */

void load_start(struct load *load, struct lane *lane, const struct head *fence)
{
    *load = (struct load){.fence = *fence, .began_ms = lane->out->now_ms, .damage = ""};
    lane_get(lane, ASK_LOAD_SNAP, KEY_SNAP, 0);
}

static enum load_step damaged(struct load *load, const char *what)
{
    load->damage = what;
    return LOAD_DAMAGED;
}

static enum load_step take_snap(struct load *load, const struct load_context *context,
                                const struct reply *reply)
{
    struct snap *snap = &load->snap;

    *snap = (struct snap){.covered = FORM_CREATION, .nonce = "0"};
    if (reply->type != REPLY_NIL) {
        if (!reply_is_text(reply) || !form_parse_snap(reply->text, snap))
            return damaged(load, "the snapshot mark cannot be read");
        if (strcmp(snap->dataset, load->fence.dataset) != 0)
            return damaged(load, "the snapshot is of another data set");
        if (snap->covered >= load->fence.position)
            return damaged(load, "the snapshot is ahead of the log");
    }
    snapshot_found(context->snapshot, reply->type == REPLY_NIL ? bytes_of("") : reply->text,
                   snap->covered, snap->number);
    context->hooks->load_begin(context->hooks->context, context->lane->partition);
    load->has_begun = true;
    load->scans_open = MIRROR_HASH_COUNT;
    for (size_t i = 0; i < MIRROR_HASH_COUNT; i++)
        lane_scan(context->lane, (enum mirror_hash)i, bytes_of("0"), SCAN_COUNT);
    return LOAD_GOING;
}

static bool read_record(struct load *load, const struct load_context *context,
                        const struct reply *pair, struct mirror_record *out)
{
    if (!reply_is_text(&pair[0]) || !reply_is_text(&pair[1])) return false;
    if (!form_parse_record(pair[1].text, out)) return false;
    if (out->at >= load->fence.position) return false; /* S3 kept the snapshot behind the log */
    out->field = pair[0].text;
    load->records++;
    load->bytes += pair[1].text.len;
    if (out->is_tombstone) snapshot_note_tombstone(context->snapshot, out);
    return true;
}

static bool take_records(struct load *load, const struct load_context *context,
                         enum mirror_hash hash, const struct reply *pairs)
{
    struct mirror_record records[RECORDS_AHEAD];
    size_t count = 0;

    for (size_t i = 0; i + 1 < pairs->count; i += 2) {
        records[count] = (struct mirror_record){.hash = hash};
        if (!read_record(load, context, &pairs->elements[i], &records[count])) return false;
        bool is_last = i + 3 >= pairs->count;
        if (++count < RECORDS_AHEAD && !is_last) continue;
        if (!context->hooks->load_records(context->hooks->context, context->lane->partition,
                                          records, count))
            return false;
        count = 0;
    }
    return true;
}

static void ask_log(struct load *load, const struct load_context *context)
{
    bool is_first = !load->chain.is_started;
    struct lane_range range = {
        .from = is_first ? load->chain.start : load->chain.last.position,
        .is_after = !is_first,
        .to = load->fence.position,
        .count = chain_chunk(load->entries_seen, load->bytes_seen),
    };

    lane_log_range(context->lane, ASK_LOAD_RANGE, &range);
}

static enum load_step take_scan(struct load *load, const struct load_context *context,
                                enum mirror_hash hash, const struct reply *reply)
{
    struct mirror_bytes cursor = reply_text_at(reply, 0);
    const struct reply *pairs;

    if (cursor.len == 0 || reply->count < 2 || reply->elements[1].type != REPLY_ARRAY)
        return damaged(load, "a hash cannot be read");
    pairs = &reply->elements[1];
    /* Ask on before working: Redis looks for the next thousand meanwhile. */
    if (bytes_equal(cursor, bytes_of("0")))
        load->scans_open--;
    else
        lane_scan(context->lane, hash, cursor, SCAN_COUNT);
    outbox_urge(context->lane->out);
    if (!take_records(load, context, hash, pairs))
        return damaged(load, "a stored record cannot be read");
    if (load->scans_open > 0) return LOAD_GOING;
    chain_init(&load->chain, load->snap.covered, load->fence.dataset);
    ask_log(load, context);
    return LOAD_GOING;
}

/* NULL, or what is wrong with the entry. */
static const char *take_entry(struct load *load, const struct load_context *context,
                              const struct reply *element)
{
    struct entry entry;

    if (!chain_follow(&load->chain, element, &entry)) return "the chain of the log is broken";
    load->entries_seen++;
    load->bytes_seen += entry.batch.len;
    /* The covered entry itself is in the records already; it only anchors the chain. */
    if (entry.batch.ptr == NULL || entry.position <= load->snap.covered) return NULL;
    load->batches++;
    if (context->hooks->load_batch(context->hooks->context, context->lane->partition,
                                   entry.position, entry.batch))
        return NULL;
    return "a batch of the log cannot be taken";
}

static enum load_step take_log(struct load *load, const struct load_context *context,
                               const struct reply *reply)
{
    if (reply->type != REPLY_ARRAY || reply->count == 0)
        return damaged(load, "the log ends before our fence");
    for (size_t i = 0; i < reply->count; i++) {
        const char *fault = take_entry(load, context, &reply->elements[i]);

        if (fault != NULL) return damaged(load, fault);
    }
    if (load->chain.last.position < load->fence.position) {
        ask_log(load, context);
        return LOAD_GOING;
    }
    if (strcmp(load->chain.last.nonce, load->fence.nonce) != 0)
        return damaged(load, "the fence is not ours");
    return LOAD_READ;
}

enum load_step load_answer(struct load *load, const struct load_context *context,
                           const struct expected *expected, const struct reply *reply)
{
    if (expected->ask == ASK_LOAD_SNAP) return take_snap(load, context, reply);
    if (expected->ask == ASK_LOAD_SCAN)
        return take_scan(load, context, (enum mirror_hash)expected->echo, reply);
    assert(expected->ask == ASK_LOAD_RANGE);
    return take_log(load, context, reply);
}
