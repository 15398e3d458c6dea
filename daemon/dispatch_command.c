/* SPDX-License-Identifier: BSD-2-Clause */
/* dispatch_command.c - which partition a command is for, and what its reply waits for. */
#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "daemon/clock.h"
#include "daemon/dispatch_impl.h"
#include "daemon/gather.h"

enum { BUSY_RETRY_MS = 100 };

/* A campaign lives in the partition that its id hashes to, for ever: seed 0. */
uint32_t dispatch_partition_of(const struct dispatch *dispatch, struct tuan_str campaign)
{
    if (dispatch->count == 1) return 0;
    return (uint32_t)(hash_bytes(campaign.ptr, campaign.len, 0) % dispatch->count);
}

/* An id names the partition that made it. What CAMPAIGN.LOAD brought back lives where its campaign
 * does, which another number of partitions may have moved: it is looked for everywhere. */
static uint32_t partition_of_rid(const struct dispatch *dispatch, enum engine_kind kind,
                                 struct tuan_id id)
{
    uint32_t named = tuan_rid_partition(id), home = named < dispatch->count ? named : 0;

    if (dispatch->count == 1) return 0;
    if (dispatch->partitions[home].serves &&
        engine_has(dispatch->partitions[home].engine, kind, id))
        return home;
    for (uint32_t i = 0; i < dispatch->count; i++)
        if (dispatch->partitions[i].serves && engine_has(dispatch->partitions[i].engine, kind, id))
            return i;
    return home;
}

static uint32_t route(const struct dispatch *dispatch, const struct tuan_command *command)
{
    if (TUAN_GIVEN(command, campaign))
        return dispatch_partition_of(dispatch, command->arg.campaign);
    if (TUAN_GIVEN(command, room))
        return partition_of_rid(dispatch, ENGINE_ROOM, command->arg.room);
    assert(TUAN_GIVEN(command, refund));
    return partition_of_rid(dispatch, ENGINE_REFUND, command->arg.refund);
}

static void refuse(struct dispatch_answer *answer, enum tuan_err err)
{
    answer->reply = (struct tuan_reply){.err = err};
    if (err == TUAN_ERR_MIRROR_BUSY)
        TUAN_SET(problem, &answer->reply.problem, retry_after_ms, BUSY_RETRY_MS);
}

static enum tuan_err err_of_gate(enum mirror_gate gate)
{
    switch (gate) {
    case MIRROR_OPEN: return TUAN_OK;
    case MIRROR_GATE_LOADING: return TUAN_ERR_LOADING;
    case MIRROR_GATE_DOWN: return TUAN_ERR_MIRROR_DOWN;
    case MIRROR_GATE_BUSY: return TUAN_ERR_MIRROR_BUSY;
    case MIRROR_GATE_NOT_OWNER: return TUAN_ERR_NOT_OWNER;
    }
    return TUAN_ERR_MIRROR_DOWN;
}

bool dispatch_is_mirrored(const struct dispatch *dispatch)
{
    return dispatch->mirror != NULL;
}

bool dispatch_is_committed(const struct dispatch *dispatch, uint32_t partition, uint64_t position)
{
    return position <= dispatch->partitions[partition].committed;
}

bool dispatch_may_show(const struct dispatch *dispatch, uint32_t partition, uint64_t position)
{
    return !dispatch_shows_only_committed(dispatch) ||
           dispatch_is_committed(dispatch, partition, position);
}

/* The reply rests on this position of the partition: it waits if that is not committed. */
static void wait_for(const struct dispatch *dispatch, const struct partition *partition,
                     uint64_t position, struct dispatch_answer *answer)
{
    if (dispatch_may_show(dispatch, partition->index, position)) return;
    answer->waits[answer->wait_count++] = (struct dispatch_wait){partition->index, position};
}

/* May this partition be read? Not before it is loaded, and not by a daemon whose lease is over. */
static enum tuan_err err_of_reading(const struct dispatch *dispatch,
                                    const struct partition *partition)
{
    const struct mirror *mirror = dispatch->mirror;

    if (partition->serves)
        return mirror == NULL || mirror_may_read(mirror, partition->index) ? TUAN_OK
                                                                           : TUAN_ERR_MIRROR_DOWN;
    return mirror != NULL && mirror_gate(mirror, partition->index) == MIRROR_GATE_NOT_OWNER
               ? TUAN_ERR_NOT_OWNER
               : TUAN_ERR_LOADING;
}

/* A write must also be let in by the mirror; and what it is refused, or told again, is read:
 * without the lease that may be what another daemon has long overtaken. */
static enum tuan_err err_of_writing(const struct dispatch *dispatch,
                                    const struct partition *partition)
{
    enum tuan_err err = err_of_gate(dispatch_gate(dispatch, partition));

    return err == TUAN_OK ? err_of_reading(dispatch, partition) : err;
}

static void apply(struct dispatch *dispatch, struct partition *partition,
                  const struct tuan_command *command, int64_t now_ms,
                  struct dispatch_answer *answer)
{
    enum tuan_err err = answer->is_write ? err_of_writing(dispatch, partition)
                                         : err_of_reading(dispatch, partition);

    if (err != TUAN_OK) {
        refuse(answer, err);
        return;
    }
    struct engine_answer *judged = &dispatch->answers[partition->index];
    engine_apply(partition->engine, command, now_ms, judged);
    answer->reply = judged->reply;
    wait_for(dispatch, partition, judged->depends_on, answer);
    partition_collect(partition, now_ms);
}

static void apply_everywhere(struct dispatch *dispatch, const struct tuan_command *command,
                             int64_t now_ms, struct dispatch_answer *answer)
{
    for (uint32_t i = 0; i < dispatch->count; i++) {
        apply(dispatch, &dispatch->partitions[i], command, now_ms, answer);
        if (answer->reply.err != TUAN_OK) return;
    }
    if (dispatch->count == 1) return;
    arena_reset(&dispatch->arena);
    answer->reply = gather(command, dispatch->answers, dispatch->count, &dispatch->arena);
}

/* A long turn does not make Redis wait for its end. */
static void send_large_batches(struct dispatch *dispatch)
{
    bool is_any = false;

    for (uint32_t i = 0; dispatch->mirror != NULL && i < dispatch->count; i++) {
        struct partition *partition = &dispatch->partitions[i];
        if (!partition->serves || partition->batch.len < MIRROR_BATCH_BYTES) continue;
        partition_freeze(partition, dispatch->mirror);
        is_any = true;
    }
    if (is_any) mirror_turn(dispatch->mirror, clock_boot_ms());
}

static int64_t begin(struct dispatch *dispatch, enum tuan_cmd command, bool is_write,
                     struct dispatch_answer *answer)
{
    int64_t now_ms = dispatch_turn_begin(dispatch);

    send_large_batches(dispatch); /* before judging: the last reply is not needed any more */
    answer->reply = (struct tuan_reply){0};
    answer->wait_count = 0;
    answer->is_write = is_write;
    answer->is_push = false;
    answer->command = command;
    answer->at_us = dispatch->clock.boot_us;
    answer->trace = 0;
    return now_ms;
}

void dispatch_command(struct dispatch *dispatch, const struct tuan_command *command,
                      struct dispatch_answer *answer)
{
    int64_t now_ms =
        begin(dispatch, command->id, tuan_commands[command->id].kind == TUAN_KIND_WRITE, answer);

    if (dispatch->count == 0)
        refuse(answer, TUAN_ERR_LOADING);
    else if (gather_spans(command))
        apply_everywhere(dispatch, command, now_ms, answer);
    else
        apply(dispatch, &dispatch->partitions[route(dispatch, command)], command, now_ms, answer);
}

void dispatch_foresee(const struct dispatch *dispatch, struct tuan_str campaign,
                      struct tuan_str user, struct tuan_str order)
{
    if (dispatch->count == 0) return;
    const struct partition *partition =
        &dispatch->partitions[dispatch_partition_of(dispatch, campaign)];
    if (partition->serves) engine_foresee(partition->engine, campaign, user, order);
}

/* ---- a campaign out and in ---- */

void dispatch_dump(struct dispatch *dispatch, struct tuan_str campaign, struct buf *out,
                   struct partition_moved *moved, struct dispatch_answer *answer)
{
    begin(dispatch, TUAN_CMD_CAMPAIGN_DUMP, false, answer);
    if (dispatch->count == 0) {
        refuse(answer, TUAN_ERR_LOADING);
        return;
    }
    struct partition *partition = &dispatch->partitions[dispatch_partition_of(dispatch, campaign)];
    enum tuan_err err = err_of_reading(dispatch, partition);
    if (err != TUAN_OK) {
        refuse(answer, err);
        return;
    }
    if (!partition_dump(partition, campaign, out, moved))
        refuse(answer, TUAN_ERR_CAMPAIGN_NOT_FOUND);
    wait_for(dispatch, partition, engine_newest(partition->engine), answer);
}

void dispatch_restore(struct dispatch *dispatch, struct tuan_str campaign, const struct buf *data,
                      struct partition_moved *moved, struct dispatch_answer *answer)
{
    int64_t now_ms = begin(dispatch, TUAN_CMD_CAMPAIGN_LOAD, true, answer);
    struct mirror_bytes bytes = {data->data, data->len};

    if (dispatch->count == 0) {
        refuse(answer, TUAN_ERR_LOADING);
        return;
    }
    struct partition *partition = &dispatch->partitions[dispatch_partition_of(dispatch, campaign)];
    enum tuan_err err = err_of_writing(dispatch, partition);
    if (err != TUAN_OK) {
        refuse(answer, err);
        return;
    }
    err = partition_restore(partition, campaign, bytes, now_ms, moved, dispatch->why,
                            sizeof dispatch->why);
    answer->reply.err = err;
    if (err != TUAN_OK)
        answer->reply.text = (struct tuan_str){dispatch->why, (uint32_t)strlen(dispatch->why)};
    wait_for(dispatch, partition, engine_newest(partition->engine), answer);
}
