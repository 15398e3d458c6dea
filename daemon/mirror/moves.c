/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/moves.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

const char *machine_state_name(enum machine_state state)
{
    static const char *const names[MACHINE_STATE_COUNT] = {
        [MACHINE_OFFLINE] = "offline", [MACHINE_VERIFYING] = "verifying",
        [MACHINE_TAKING] = "taking",   [MACHINE_RELOADING] = "reloading",
        [MACHINE_OWNING] = "owning",   [MACHINE_RESENDING] = "resending",
        [MACHINE_FENCED] = "fenced",   [MACHINE_STANDBY] = "standby",
        [MACHINE_LOST] = "lost",       [MACHINE_BROKEN] = "broken",
    };

    return names[state];
}

void machine_move(struct machine *machine, enum machine_state to, const char *cause)
{
    enum machine_state from = machine->state;

    if (to == MACHINE_OWNING)
        machine->troubled_ms = 0;
    else if (from == MACHINE_OWNING || machine->troubled_ms == 0)
        machine->troubled_ms = machine->lane.out->now_ms;
    machine->state = to;
    machine->is_resending = false;
    machine->found.is_asked = false;
    if (from == to) return;
    log_info("mirror state", "partition=%u from=%s to=%s cause=\"%s\"",
             (unsigned)machine->lane.partition, machine_state_name(from), machine_state_name(to),
             cause);
}

static void raise_alarm(struct machine *machine, const char *text)
{
    log_error("mirror needs an operator", "partition=%u reason=\"%s\"",
              (unsigned)machine->lane.partition, text);
    snprintf(machine->alarm, sizeof machine->alarm, "partition %u: %s",
             (unsigned)machine->lane.partition, text);
}

enum verdict machine_judge(const struct machine *machine, struct mirror_bytes head, uint64_t seq,
                           struct head *out)
{
    if (head.len == 0) return HEAD_EMPTY;
    if (!form_parse_head(head, out)) return HEAD_OTHER;
    if (strcmp(out->dataset, machine->dataset) != 0) return HEAD_OTHER;
    if (strcmp(out->nonce, machine->fence.nonce) == 0) {
        if (mirror_epoch(out->position) != mirror_epoch(machine->fence.position) ||
            mirror_seq(out->position) >= machine->ring.next)
            return HEAD_OTHER; /* our name on what we never wrote */
        return mirror_seq(out->position) >= seq ? HEAD_HAS_IT : HEAD_BEHIND;
    }
    return bytes_equal(head, bytes_of(machine->fence_pred)) ? HEAD_BEFORE_FENCE : HEAD_OTHER;
}

/* A daemon that drops its state drops its nonce (P3). */
void machine_drop(struct machine *machine)
{
    bool has_anything = machine->has_state || machine->load.has_begun;

    machine->is_filling = false;
    machine->lane.generation++;
    machine->has_state = false;
    machine->load = (struct load){0};
    machine->fence = (struct head){0};
    machine->fence_pred[0] = '\0';
    machine->is_renewing = false;
    machine->is_probing = false;
    ring_reset(&machine->ring);
    snapshot_reset(&machine->snapshot);
    if (has_anything) machine->hooks->dropped(machine->hooks->context, machine->lane.partition);
}

void machine_take(struct machine *machine, const char *cause)
{
    assert(!machine->has_state);
    machine_move(machine, MACHINE_TAKING, cause);
    lane_get(&machine->lane, ASK_TAKE_HEAD, KEY_HEAD, 0);
}

void machine_stand_by(struct machine *machine, int64_t wait_ms, const char *cause)
{
    machine->retry_ms = machine->lane.out->now_ms + wait_ms;
    machine_move(machine, MACHINE_STANDBY, cause);
}

void machine_fenced(struct machine *machine, const char *cause)
{
    machine_move(machine, MACHINE_FENCED, cause);
    machine_drop(machine);
    machine_stand_by(machine, MOVES_STANDBY_MS, cause);
}

void machine_lost(struct machine *machine, const char *cause)
{
    raise_alarm(machine, cause);
    machine->retry_ms = machine->lane.out->now_ms + MOVES_LOST_LOOK_MS;
    machine_move(machine, MACHINE_LOST, cause);
}

void machine_broken(struct machine *machine, const char *cause)
{
    raise_alarm(machine, cause);
    machine_drop(machine);
    machine_move(machine, MACHINE_BROKEN, cause);
}

int64_t machine_backoff(struct machine *machine)
{
    int64_t wait_ms = machine->backoff_ms;

    if (wait_ms < MOVES_BACKOFF_MIN_MS) wait_ms = MOVES_BACKOFF_MIN_MS;
    machine->backoff_ms = wait_ms * 2 < MOVES_BACKOFF_MAX_MS ? wait_ms * 2 : MOVES_BACKOFF_MAX_MS;
    return wait_ms;
}

void machine_refused(struct machine *machine, int64_t wait_ms, const char *cause)
{
    machine->retry_ms = machine->lane.out->now_ms + wait_ms;
    machine->is_probing = machine->is_probing || wait_ms > 0;
    machine_move(machine, MACHINE_RESENDING, cause);
}

void machine_own(struct machine *machine, const char *cause)
{
    machine->alarm[0] = '\0';
    machine_move(machine, MACHINE_OWNING, cause);
    machine_send(machine);
}

void machine_ask_findings(struct machine *machine)
{
    uint64_t serial = machine->found.serial + 1;

    machine->found = (struct machine_findings){.is_asked = true, .serial = serial};
    lane_get(&machine->lane, ASK_VERIFY_HEAD, KEY_HEAD, serial);
    lane_get(&machine->lane, ASK_VERIFY_OWNER, KEY_OWNER, serial);
    lane_get(&machine->lane, ASK_VERIFY_SNAP, KEY_SNAP, serial);
}

void machine_renew(struct machine *machine)
{
    struct lane_lease lease = {machine->fence.nonce, machine->config->owner,
                               machine->config->lease_ms};

    machine->is_renewing = true;
    machine->renew_ms = machine->lane.out->now_ms + machine->config->lease_ms / 3;
    lane_renew(&machine->lane, &lease);
}

static bool may_send(const struct machine *machine)
{
    const struct ring *ring = &machine->ring;

    if (machine->state == MACHINE_RESENDING) {
        if (!machine->is_resending || ring->sent >= machine->resend_end) return false;
        if (machine->is_probing && ring_in_flight(ring) > 0) return false;
    } else if (machine->state != MACHINE_OWNING) {
        return false;
    }
    if (ring->sent == ring->next) return false;
    if (ring_in_flight(ring) == 0) return true;
    return ring_in_flight(ring) < machine->config->flight_batches_max &&
           ring->flying_bytes < machine->config->flight_bytes_max;
}

void machine_send(struct machine *machine)
{
    while (may_send(machine)) {
        uint64_t seq = machine->ring.sent;
        const struct frozen *frozen = ring_send(&machine->ring);

        buf_append(&machine->lane.out->bytes, frozen->request, frozen->len);
        lane_expect(&machine->lane, ASK_APPEND, seq);
        if (machine->state == MACHINE_RESENDING) machine->counters->resends++;
    }
}

void machine_commit(struct machine *machine, uint64_t seq)
{
    if (!ring_commit(&machine->ring, seq, machine->config->keep_bytes)) return;
    machine->counters->commits++;
    machine->hooks->committed(machine->hooks->context, machine->lane.partition,
                              machine->fence.position + seq);
}

struct snapshot_context machine_snapshot(struct machine *machine, struct head *newest)
{
    *newest = machine->fence;
    if (machine->ring.next > 0) newest->position += machine->ring.next - 1;
    return (struct snapshot_context){&machine->lane, machine->hooks, machine->config, newest};
}
