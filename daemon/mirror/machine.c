/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/machine.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/mirror/answers.h"
#include "daemon/mirror/moves.h"

#define EVENTS_MAX ((size_t)1 << 20) /* ids of one batch's events do not reach the next batch's */

enum {
    GROUP_BATCHES = 2,      /* one on disk, one on its way */
    FRAME_BYTES = 640,      /* of a request, but for batch and events */
    EVENT_FRAME_BYTES = 128 /* an event's id, and what stands around its words */
};

void machine_init(struct machine *machine, struct lane *lane, const struct mirror_config *config,
                  const struct mirror_hooks *hooks, const struct machine_world *world,
                  struct machine_counters *counters)
{
    *machine = (struct machine){
        .lane = *lane, .config = config, .hooks = hooks, .world = world, .counters = counters};
    ring_init(&machine->ring);
    snapshot_init(&machine->snapshot);
}

void machine_free(struct machine *machine)
{
    ring_free(&machine->ring);
    snapshot_free(&machine->snapshot);
}

void machine_link_up(struct machine *machine, const char *dataset)
{
    if (machine->has_state && strcmp(machine->dataset, dataset) != 0) machine_drop(machine);
    memcpy(machine->dataset, dataset, FORM_ID_SIZE);
    if (machine->has_state) {
        machine_move(machine, MACHINE_VERIFYING, "connected");
        machine_ask_findings(machine);
    } else {
        machine_take(machine, "connected");
    }
}

void machine_link_down(struct machine *machine, const char *why)
{
    machine->lane.generation++;
    machine->is_renewing = false;
    machine->backoff_ms = 0;
    if (machine->has_state) {
        snapshot_link_down(&machine->snapshot);
        ring_step_to(&machine->ring, machine->ring.committed + 1);
    } else {
        machine_drop(machine); /* a half-read load, or a take of unknown fate (T6) */
    }
    machine_move(machine, MACHINE_OFFLINE, why);
}

void machine_data_lost(struct machine *machine, const char *why)
{
    if (!machine->has_state) machine_drop(machine);
    machine_lost(machine, why);
    machine->retry_ms = INT64_MAX; /* the handshake itself looks on */
}

void machine_reply(struct machine *machine, const struct expected *expected,
                   const struct reply *reply)
{
    if (expected->generation != machine->lane.generation) return;
    if (reply->type == REPLY_ERROR)
        machine_error(machine, expected, reply->text);
    else
        machine_answer(machine, expected, reply);
}

/* ---- a batch ---- */

/* What the events take in a request, with what stands around them. */
static size_t bytes_of_events(const struct mirror_event *events, size_t event_count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < event_count; i++)
        bytes += EVENT_FRAME_BYTES + events[i].type.len + events[i].campaign.len +
                 events[i].room.len + events[i].data.len;
    return bytes;
}

static void put_events(struct buf *request, uint64_t position, const struct mirror_event *events,
                       size_t event_count)
{
    for (size_t i = 0; i < event_count; i++) {
        const struct mirror_event *event = &events[i];
        char id[FORM_POSITION_SIZE];

        form_print_event_id(id, mirror_event_id(position, i));
        wire_arg_str(request, id);
        wire_arg(request, event->type.ptr, event->type.len);
        wire_arg(request, event->campaign.ptr, event->campaign.len);
        wire_arg(request, event->room.ptr, event->room.len);
        wire_arg(request, event->data.ptr, event->data.len);
    }
}

/* The whole request, for ever (P3); even the commit mark in it never changes. */
static void freeze(const struct machine *machine, struct buf *request, const struct buf *batch,
                   const struct mirror_event *events, size_t event_count)
{
    static const enum key keys[] = {KEY_LOG, KEY_HEAD, KEY_FEED};
    struct head next = machine->fence;
    char text[FORM_HEAD_SIZE];

    buf_reserve(request, batch->len + FRAME_BYTES + bytes_of_events(events, event_count));
    next.position += machine->ring.next - 1;
    form_print_head(text, &next);
    lane_call(&machine->lane, request, SCRIPT_APPEND, keys, 3, 9 + 5 * event_count);
    {
        char id[FORM_POSITION_SIZE];

        form_print_position(id, ++next.position);
        wire_arg_str(request, id);
    }
    wire_arg_str(request, text); /* P2 */
    form_print_head(text, &next);
    wire_arg_str(request, text);
    wire_arg_str(request, machine->fence.nonce);
    wire_arg_uint(request, machine->config->feed_max);
    wire_arg_str(request, "c");
    form_print_position(text, machine->fence.position + machine->ring.committed);
    wire_arg_str(request, text);
    wire_arg_str(request, "b");
    wire_arg(request, batch->data, batch->len);
    put_events(request, next.position, events, event_count);
}

uint64_t machine_submit(struct machine *machine, struct buf *batch,
                        const struct mirror_event *events, size_t event_count)
{
    struct buf request = {0};
    size_t len = batch->len;
    uint64_t seq;

    assert(event_count < EVENTS_MAX);
    if (!machine->has_state) {
        buf_free(batch);
        return 0;
    }
    freeze(machine, &request, batch, events, event_count);
    buf_free(batch);
    machine->counters->batches++;
    machine->counters->batch_bytes += len;
    machine->snapshot.log_bytes += len;
    seq = ring_push(&machine->ring, &request, machine->lane.out->now_ms);
    machine_send(machine);
    return machine->fence.position + seq;
}

/* ---- time ---- */

static void turn_owning(struct machine *machine)
{
    struct head newest;
    struct snapshot_context context = machine_snapshot(machine, &newest);

    machine_send(machine);
    if (machine->ring.sent == machine->ring.next && !machine->is_filling)
        snapshot_turn(&machine->snapshot, &context);
}

static void turn_resending(struct machine *machine)
{
    if (machine->is_resending) {
        machine_send(machine);
    } else if (!machine->found.is_asked && ring_in_flight(&machine->ring) == 0 &&
               machine->lane.out->now_ms >= machine->retry_ms) {
        machine_ask_findings(machine);
    }
}

static bool renew_is_due(const struct machine *machine)
{
    if (machine->state != MACHINE_OWNING && machine->state != MACHINE_RELOADING &&
        machine->state != MACHINE_RESENDING)
        return false;
    return !machine->is_renewing && machine->lane.out->now_ms >= machine->renew_ms;
}

void machine_turn(struct machine *machine)
{
    bool is_time = machine->lane.out->now_ms >= machine->retry_ms;

    if (renew_is_due(machine)) machine_renew(machine);
    switch (machine->state) {
    case MACHINE_OWNING: turn_owning(machine); return;
    case MACHINE_RESENDING: turn_resending(machine); return;
    case MACHINE_VERIFYING:
        if (is_time && !machine->found.is_asked) machine_ask_findings(machine);
        return;
    case MACHINE_STANDBY:
        if (is_time) machine_take(machine, "the lease may be free");
        return;
    case MACHINE_LOST:
        if (!is_time) return;
        machine->retry_ms = machine->lane.out->now_ms + MOVES_LOST_LOOK_MS;
        lane_get(&machine->lane, ASK_LOST_HEAD, KEY_HEAD, 0);
        return;
    case MACHINE_OFFLINE:
    case MACHINE_TAKING:
    case MACHINE_RELOADING:
    case MACHINE_FENCED:
    case MACHINE_BROKEN:
    case MACHINE_STATE_COUNT: return;
    }
}

/* What is under way needs no timer: its answer, or the link's time-out, wakes us. */
int64_t machine_next_ms(const struct machine *machine)
{
    int64_t renew_ms = machine->is_renewing ? INT64_MAX : machine->renew_ms;
    int64_t slice_ms;
    bool is_waiting;

    switch (machine->state) {
    case MACHINE_OWNING:
        slice_ms = INT64_MAX;
        if (machine->ring.sent == machine->ring.next)
            slice_ms = snapshot_next_ms(&machine->snapshot);
        return slice_ms < renew_ms ? slice_ms : renew_ms;
    case MACHINE_RELOADING: return renew_ms;
    case MACHINE_RESENDING:
        is_waiting =
            machine->is_resending || machine->found.is_asked || ring_in_flight(&machine->ring) > 0;
        return is_waiting || renew_ms < machine->retry_ms ? renew_ms : machine->retry_ms;
    case MACHINE_VERIFYING: return machine->found.is_asked ? INT64_MAX : machine->retry_ms;
    case MACHINE_STANDBY:
    case MACHINE_LOST: return machine->retry_ms;
    case MACHINE_OFFLINE:
    case MACHINE_TAKING:
    case MACHINE_FENCED:
    case MACHINE_BROKEN:
    case MACHINE_STATE_COUNT: break;
    }
    return INT64_MAX;
}

void machine_leave(struct machine *machine)
{
    if (machine->fence.nonce[0] == '\0' || machine->state == MACHINE_OFFLINE) return;
    lane_release(&machine->lane, machine->fence.nonce);
}

/* ---- questions ---- */

uint64_t machine_next_position(const struct machine *machine)
{
    return machine->has_state ? machine->fence.position + machine->ring.next : 0;
}

static bool has_room(const struct machine *machine)
{
    const struct ring *ring = &machine->ring;

    return ring->uncommitted_bytes < machine->config->flight_bytes_max &&
           ring->next <= ring->committed + machine->config->flight_batches_max;
}

bool machine_wants_batch(struct machine *machine, size_t bytes)
{
    uint64_t unanswered = machine->ring.next - 1 - machine->ring.committed;

    machine->is_filling = unanswered >= GROUP_BATCHES && bytes < MIRROR_BATCH_BYTES;
    return !machine->is_filling;
}

enum mirror_gate machine_gate(const struct machine *machine)
{
    int64_t troubled_ms = machine->lane.out->now_ms - machine->troubled_ms;

    switch (machine->state) {
    case MACHINE_OWNING: return has_room(machine) ? MIRROR_OPEN : MIRROR_GATE_BUSY;
    case MACHINE_VERIFYING:
    case MACHINE_RESENDING:
        if (troubled_ms >= machine->config->timeout_ms) return MIRROR_GATE_DOWN;
        return has_room(machine) ? MIRROR_OPEN : MIRROR_GATE_BUSY;
    case MACHINE_OFFLINE: return machine->has_state ? MIRROR_GATE_DOWN : MIRROR_GATE_LOADING;
    case MACHINE_TAKING:
    case MACHINE_RELOADING: return MIRROR_GATE_LOADING;
    case MACHINE_FENCED:
    case MACHINE_STANDBY: return MIRROR_GATE_NOT_OWNER;
    case MACHINE_LOST:
    case MACHINE_BROKEN:
    case MACHINE_STATE_COUNT: break;
    }
    return MIRROR_GATE_DOWN;
}

bool machine_may_read(const struct machine *machine, int64_t now_ms)
{
    if (!machine->has_state) return false;
    if (machine->config->mode == MIRROR_PRIVATE) return true; /* the lock file is the lease */
    return now_ms - machine->lease_from_ms < machine->config->lease_ms * 2 / 3;
}
