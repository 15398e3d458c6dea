/* SPDX-License-Identifier: BSD-2-Clause */
/* oracle_stored.c - the primary's data as a whole: snapshot + log = the path of the history; the
 * feed is its events; the log is trimmed as far as the stored mark allows, and no further. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"

static struct value *stored(struct sim *sim, uint32_t partition, const char *what)
{
    char key[40];

    snprintf(key, sizeof key, "tuan:{%u}:%s", partition, what);
    return store_find(&redis_primary(&sim->redis)->store, bytes_of(key), 0);
}

static struct stream_id id_of(uint64_t position)
{
    return (struct stream_id){mirror_epoch(position), mirror_seq(position)};
}

/* From the covered entry (the creation, where there is no mark) to the head without a hole. */
static void check_log(struct sim *sim, uint32_t partition, uint64_t covered)
{
    const struct history *history = &sim->oracle.histories[partition];
    const struct value *log = stored(sim, partition, "log");
    size_t count = log == NULL ? 0 : log->stream.count;

    if (count > history->path_len) {
        sim_flaw(sim, "the log is longer than its history");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct entry_node *node =
            &history->nodes[history->path[history->path_len - count + i]];
        struct stream_id id = log->stream.items[log->stream.first + i].id;
        if (id.ms != mirror_epoch(node->head.position) || id.seq != mirror_seq(node->head.position))
            sim_flaw(sim, "the log has a hole before %llu-%llu", (unsigned long long)id.ms,
                     (unsigned long long)id.seq);
    }
    if (history->path_len == 0) return;
    if (count == 0 || stream_id_less(id_of(covered), log->stream.items[log->stream.first].id))
        sim_flaw(sim, "the log does not reach back to the covered position"); /* S6 */
}

/* A room takes its refunds with it, and S8 can name the room only: theirs are left over, settled
 * ones, and the next load buries them. */
static bool is_left_over(const struct sim *sim, const struct truth_record *truth,
                         const struct mirror_record *record)
{
    return !sim->oracle.is_strict && record->hash == MIRROR_REFUNDS && truth->value == NULL &&
           !record->is_tombstone;
}

/* Below the covered position all is stored (S5), and nothing stored is ahead of the log (S3). */
static void check_records(struct sim *sim, uint32_t partition, uint64_t covered)
{
    static const char *const names[] = {"campaigns", "rooms", "users", "refunds"};
    struct truth *truth = &sim->oracle.truths[partition];
    const struct history *history = &sim->oracle.histories[partition];
    uint64_t tip;
    size_t cursor = 0;

    if (history->path_len == 0) return;
    tip = history->nodes[history_tip(history)].head.position;
    truth_sync(truth);
    for (const struct truth_record *at; (at = map_next(&truth->records, &cursor)) != NULL;) {
        const struct value *hash = stored(sim, partition, names[at->hash]);
        const struct field *field =
            hash == NULL ? NULL : hash_find(&hash->hash, blob_bytes(at->field));
        struct mirror_record record = {.hash = at->hash, .field = blob_bytes(at->field)};
        if (field == NULL) {
            if (at->at <= covered && at->value != NULL)
                sim_flaw(sim, "a record that the mark covers is not stored: hash %d", at->hash);
            continue;
        }
        if (!form_parse_record(blob_bytes(field->value), &record))
            sim_flaw(sim, "a stored record cannot be read");
        else if (record.at > tip)
            sim_flaw(sim, "a stored record is ahead of the log");
        else if (!is_left_over(sim, at, &record) && (at->at <= covered || record.at >= at->at))
            truth_compare(truth, &record, "stored");
    }
    if (truth->flaw[0] != '\0') sim_flaw(sim, "partition %u: %s", partition, truth->flaw);
}

/* The newest entries of the feed are the events of the path, in order, without a gap. */
static void check_feed(struct sim *sim, uint32_t partition)
{
    const struct history *history = &sim->oracle.histories[partition];
    const struct value *feed = stored(sim, partition, "feed");
    size_t left = feed == NULL ? 0 : feed->stream.count;

    for (uint32_t i = history->path_len; left > 0; i--) {
        if (i == 0) {
            sim_flaw(sim, "the feed has more events than the log made");
            return;
        }
        const struct entry_node *node = &history->nodes[history->path[i - 1]];
        for (uint32_t n = node->events; n > 0 && left > 0; n--, left--) {
            struct stream_id id = feed->stream.items[feed->stream.first + left - 1].id;
            if (id.ms == mirror_epoch(node->head.position) &&
                id.seq == (mirror_seq(node->head.position) << 20) + n - 1)
                continue;
            sim_flaw(sim, "the feed has %llu-%llu where another event belongs",
                     (unsigned long long)id.ms, (unsigned long long)id.seq);
            return;
        }
    }
}

void oracle_check_stored(struct sim *sim)
{
    if (redis_primary(&sim->redis)->is_emptied) return;
    for (uint32_t i = 0; i < sim->config.partitions; i++) {
        const struct value *mark = stored(sim, i, "snap");
        struct snap snap = {.covered = FORM_CREATION};
        if (mark != NULL && !form_parse_snap(blob_bytes(mark->string), &snap))
            sim_flaw(sim, "the snapshot's mark cannot be read");
        check_log(sim, i, snap.covered);
        check_records(sim, i, snap.covered);
        check_feed(sim, i);
    }
}
