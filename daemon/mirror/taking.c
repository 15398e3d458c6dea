/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/taking.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/mirror/moves.h"

void answer_take_head(struct machine *machine, const struct reply *reply)
{
    struct lane_lease lease = {machine->fence.nonce, machine->config->owner,
                               machine->config->lease_ms};
    unsigned char random[16];
    struct head head;

    if (reply->type == REPLY_NIL) {
        machine_lost(machine, "the partition has no head");
        return;
    }
    if (!reply_is_text(reply) || !form_parse_head(reply->text, &head)) {
        machine_broken(machine, "the head cannot be read");
        return;
    }
    if (strcmp(head.dataset, machine->dataset) != 0) {
        machine_lost(machine, "the head is of another data set");
        return;
    }
    machine->world->random(machine->world->context, random);
    form_print_id(machine->fence.nonce, random);
    lane_take(&machine->lane, &lease);
}

/* R4: the fence, as it must be sent again if it is ever lost. */
static void freeze_fence(struct machine *machine)
{
    static const enum key keys[] = {KEY_LOG, KEY_HEAD, KEY_FEED};
    char id[FORM_POSITION_SIZE];
    char next[FORM_HEAD_SIZE];
    struct buf request = {0};

    form_print_position(id, machine->fence.position);
    form_print_head(next, &machine->fence);
    lane_call(&machine->lane, &request, SCRIPT_APPEND, keys, 3, 9);
    wire_arg_str(&request, id);
    wire_arg_str(&request, machine->fence_pred);
    wire_arg_str(&request, next);
    wire_arg_str(&request, machine->fence.nonce);
    wire_arg_uint(&request, machine->config->feed_max);
    wire_arg_str(&request, "o");
    wire_arg_str(&request, machine->config->owner);
    wire_arg_str(&request, "v");
    wire_arg_uint(&request, LANE_FORMAT);
    ring_push(&machine->ring, &request, machine->lane.out->now_ms);
    ring_step_to(&machine->ring, 1);
}

static void taken(struct machine *machine, const struct expected *expected,
                  struct mirror_bytes pred)
{
    struct head head;

    if (!form_parse_head(pred, &head) || pred.len >= FORM_HEAD_SIZE ||
        mirror_epoch(head.position) >= FORM_EPOCH_MAX) {
        machine_broken(machine, "the head cannot be followed");
        return;
    }
    if (strcmp(head.dataset, machine->dataset) != 0) {
        machine_drop(machine);
        machine_lost(machine, "the head is of another data set");
        return;
    }
    memcpy(machine->fence_pred, pred.ptr, pred.len);
    machine->fence_pred[pred.len] = '\0';
    machine->fence.position = mirror_position(mirror_epoch(head.position) + 1, 0);
    memcpy(machine->fence.dataset, machine->dataset, FORM_ID_SIZE);
    machine->lease_from_ms = expected->asked_ms;
    machine->renew_ms = expected->asked_ms + machine->config->lease_ms / 3;
    freeze_fence(machine);
    machine_move(machine, MACHINE_RELOADING, "taken");
    load_start(&machine->load, &machine->lane, &machine->fence);
}

void answer_take(struct machine *machine, const struct expected *expected,
                 const struct reply *reply)
{
    struct mirror_bytes word = reply_text_at(reply, 0);

    if (bytes_equal(word, bytes_of("OK"))) {
        taken(machine, expected, reply_text_at(reply, 1));
    } else if (bytes_equal(word, bytes_of("HELD")) && reply->count >= 3) {
        int64_t left_ms = reply->elements[2].integer;
        int64_t most_ms = machine->config->lease_ms / 3;

        if (left_ms < 0 || left_ms > most_ms) left_ms = most_ms;
        machine_drop(machine);
        machine_stand_by(machine, left_ms + 1, "another owner holds the lease");
    } else if (bytes_equal(word, bytes_of("NODATA"))) {
        machine_drop(machine);
        machine_lost(machine, "the partition has no head");
    } else if (bytes_equal(word, bytes_of("BROKEN"))) {
        machine_broken(machine, "the head cannot be read");
    } else {
        machine->world->end_link(machine->world->context, "a reply out of turn");
    }
}

void answer_load(struct machine *machine, const struct expected *expected,
                 const struct reply *reply)
{
    struct load_context context = {&machine->lane, machine->hooks, &machine->snapshot};

    switch (load_answer(&machine->load, &context, expected, reply)) {
    case LOAD_GOING: return;
    case LOAD_READ:
    case LOAD_DAMAGED: lane_get(&machine->lane, ASK_LOAD_HEAD, KEY_HEAD, 0); return;
    }
}

/* T4, and the end of T3: damage, or somebody else at work? */
void answer_load_head(struct machine *machine, const struct reply *reply)
{
    const struct load *load = &machine->load;
    char fence[FORM_HEAD_SIZE];

    form_print_head(fence, &machine->fence);
    if (!reply_is_text(reply) || !bytes_equal(reply->text, bytes_of(fence))) {
        machine_fenced(machine, "another owner came while loading");
        return;
    }
    if (load->damage[0] != '\0') {
        machine_broken(machine, load->damage);
        return;
    }
    log_info("partition is loaded", "partition=%u records=%zu batches=%zu bytes=%zu ms=%lld",
             (unsigned)machine->lane.partition, load->records, load->batches,
             load->bytes + load->bytes_seen,
             (long long)(machine->lane.out->now_ms - load->began_ms));
    machine->has_state = true;
    if (!machine->hooks->load_end(machine->hooks->context, machine->lane.partition,
                                  machine->fence.position + 1))
        machine_broken(machine, "the loaded state does not hold together");
    else
        machine_own(machine, "loaded");
}
