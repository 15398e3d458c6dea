/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/answers.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/mirror/moves.h"
#include "daemon/mirror/taking.h"

static void end_link(struct machine *machine, const char *why)
{
    machine->world->end_link(machine->world->context, why);
}

static bool has_epoch(const struct machine *machine)
{
    return machine->fence.nonce[0] != '\0';
}

/* ---- loss ---- */

static void count_lost(struct machine *machine, uint64_t gone, const char *why)
{
    machine->counters->lost_acks += gone;
    snprintf(machine->loss, sizeof machine->loss,
             "partition %u: Redis lost %llu acknowledged batches for good",
             (unsigned)machine->lane.partition, (unsigned long long)gone);
    log_error("acknowledged batches are lost", "partition=%u batches=%llu why=\"%s\"",
              (unsigned)machine->lane.partition, (unsigned long long)gone, why);
}

/* The log goes on without us. If it does not even reach the epoch after ours, Redis has gone back
 * to before we took over: what we acknowledged is gone, and the history that is there is not ours
 * to add to. */
static void give_way(struct machine *machine, const struct head *head, const char *cause)
{
    bool is_behind = strcmp(head->dataset, machine->dataset) == 0 &&
                     mirror_epoch(head->position) <= mirror_epoch(machine->fence.position);

    if (is_behind && machine->ring.committed > 0)
        count_lost(machine, machine->ring.committed, "Redis went back to before our take-over");
    machine_fenced(machine, cause);
}

/* ---- append ---- */

static bool echo_is_right(const struct machine *machine, uint64_t seq, const struct reply *reply)
{
    struct head next = machine->fence;
    char text[FORM_HEAD_SIZE];

    next.position += seq;
    form_print_head(text, &next);
    return bytes_equal(reply_text_at(reply, 1), bytes_of(text));
}

/* All that RESENDING had to send is in: own again. */
static void check_resent(struct machine *machine)
{
    if (machine->state != MACHINE_RESENDING || !machine->is_resending) return;
    if (machine->ring.answered < machine->resend_end) return;
    machine_own(machine, "all is in");
}

static void append_is_in(struct machine *machine, uint64_t seq)
{
    machine->is_probing = false;
    machine->backoff_ms = 0;
    machine_commit(machine, seq);
    check_resent(machine);
    machine_send(machine);
}

static void append_is_refused(struct machine *machine, struct mirror_bytes stored, uint64_t seq)
{
    struct head head = {0};

    if (machine->state == MACHINE_LOST) return;
    switch (machine_judge(machine, stored, seq, &head)) {
    case HEAD_EMPTY: machine_lost(machine, "Redis has lost its data"); return;
    case HEAD_HAS_IT: append_is_in(machine, mirror_seq(head.position)); return;
    case HEAD_OTHER: give_way(machine, &head, "another owner has appended"); return;
    case HEAD_BEHIND:
    case HEAD_BEFORE_FENCE:
        /* P4: those behind it are refused too. While draining that is no news. */
        if (machine->state == MACHINE_OWNING || machine->is_resending)
            machine_refused(machine, 0, "the log ends before this batch");
        return;
    }
}

static void answer_append(struct machine *machine, uint64_t seq, const struct reply *reply)
{
    int64_t verdict = reply_verdict(reply);

    if (verdict == 1 && reply->count >= 3 && echo_is_right(machine, seq, reply)) {
        ring_answer(&machine->ring);
        if (reply->elements[2].type == REPLY_INTEGER)
            machine->counters->events_refused += (uint64_t)reply->elements[2].integer;
        append_is_in(machine, seq);
    } else if (verdict == 0 && reply->count >= 2) {
        ring_answer(&machine->ring);
        append_is_refused(machine, reply_text_at(reply, 1), seq);
    } else {
        end_link(machine, "a reply out of turn");
    }
}

/* ---- verify: what is in, and from where to go on ---- */

/* R3, R4, R6: what was acknowledged is gone from Redis; we still have it, or not. */
static bool count_loss(struct machine *machine, uint64_t from)
{
    uint64_t gone = machine->ring.committed + 1 - from;

    if (from > machine->ring.committed) return true;
    if (from >= machine->ring.first) {
        log_warn("Redis has lost acknowledged batches: sending them again",
                 "partition=%u batches=%llu", (unsigned)machine->lane.partition,
                 (unsigned long long)gone);
        machine->counters->repaired += gone;
        return true;
    }
    count_lost(machine, gone, "Redis is further back than the batches that are kept (mirror.keep)");
    machine_drop(machine);
    machine_take(machine, "Redis is further back than the ring");
    return false;
}

static void go_on_from(struct machine *machine, uint64_t from)
{
    if (from < machine->ring.next && machine->found.is_foreign_owner) { /* R5 */
        if (from <= machine->ring.committed)
            count_lost(machine, machine->ring.committed + 1 - (from > 0 ? from : 1),
                       "another owner came before we could give them back");
        machine_fenced(machine, "another owner is named");
        return;
    }
    if (!count_loss(machine, from)) return;
    ring_step_to(&machine->ring, from);
    machine_renew(machine);
    if (from == machine->ring.next) {
        machine_own(machine, "all is in");
        return;
    }
    machine_move(machine, MACHINE_RESENDING, "sending again");
    machine->is_resending = true;
    machine->resend_end = machine->ring.next;
    machine_send(machine);
}

static void judge_findings(struct machine *machine, const struct reply *snap)
{
    struct head newest;
    struct snapshot_context context = machine_snapshot(machine, &newest);
    struct mirror_bytes mark = reply_is_text(snap) ? snap->text : bytes_of("");
    char text[FORM_HEAD_SIZE] = "";
    struct head head = {0};
    enum verdict verdict;

    if (machine->found.has_head) form_print_head(text, &machine->found.head);
    verdict = machine_judge(machine, bytes_of(text), 0, &head);
    if (verdict != HEAD_EMPTY && verdict != HEAD_OTHER &&
        !snapshot_settle(&machine->snapshot, &context, mark)) {
        machine_broken(machine, "the snapshot mark cannot be read");
        return;
    }
    switch (verdict) {
    case HEAD_EMPTY: machine_lost(machine, "Redis has lost its data"); return;
    case HEAD_OTHER: give_way(machine, &head, "another owner is there"); return;
    case HEAD_BEFORE_FENCE: go_on_from(machine, 0); return;
    case HEAD_BEHIND: /* cannot be: no seq is below 0 */
    case HEAD_HAS_IT:
        machine_commit(machine, mirror_seq(head.position));
        go_on_from(machine, mirror_seq(head.position) + 1);
        return;
    }
}

static void answer_owner(struct machine *machine, const struct reply *reply)
{
    size_t len = strlen(machine->config->owner);
    bool is_ours =
        !reply_is_text(reply) || (reply->text.len > len && reply->text.ptr[len] == ' ' &&
                                  memcmp(reply->text.ptr, machine->config->owner, len) == 0);

    machine->found.is_foreign_owner = !is_ours;
}

static void answer_head(struct machine *machine, const struct reply *reply)
{
    if (reply->type == REPLY_NIL) return;
    if (!reply_is_text(reply) || !form_parse_head(reply->text, &machine->found.head))
        machine_broken(machine, "the head cannot be read");
    else
        machine->found.has_head = true;
}

static void answer_finding(struct machine *machine, enum ask ask, const struct reply *reply)
{
    if (ask == ASK_VERIFY_HEAD)
        answer_head(machine, reply);
    else if (ask == ASK_VERIFY_OWNER)
        answer_owner(machine, reply);
    else
        judge_findings(machine, reply);
}

/* ---- renew, slice ---- */

static void answer_renew(struct machine *machine, const struct expected *expected,
                         const struct reply *reply)
{
    struct mirror_bytes stored = reply_text_at(reply, 1);
    struct head head = {0};

    machine->is_renewing = false;
    if (reply_verdict(reply) == 1) machine->lease_from_ms = expected->asked_ms;
    if (machine->state != MACHINE_OWNING && machine->state != MACHINE_RELOADING) return;
    switch (machine_judge(machine, stored, machine->ring.committed, &head)) {
    case HEAD_HAS_IT: return;
    case HEAD_EMPTY:
        if (!machine->has_state) machine_drop(machine);
        machine_lost(machine, "Redis has lost its data");
        return;
    case HEAD_OTHER: give_way(machine, &head, "another owner is there"); return;
    case HEAD_BEHIND:
    case HEAD_BEFORE_FENCE:
        if (machine->has_state)
            machine_refused(machine, 0, "the log's tail is gone");
        else
            end_link(machine, "our fence is gone");
        return;
    }
}

static void answer_slice(struct machine *machine, const struct reply *reply)
{
    struct head newest;
    struct snapshot_context context = machine_snapshot(machine, &newest);
    struct head head = {0};

    if (!snapshot_sliced(&machine->snapshot, &context, reply)) {
        end_link(machine, "a reply out of turn");
        return;
    }
    if (reply_verdict(reply) != 0 || machine->state != MACHINE_OWNING) return;
    switch (machine_judge(machine, reply_text_at(reply, 1), machine->ring.committed, &head)) {
    case HEAD_HAS_IT: return;
    case HEAD_EMPTY: machine_lost(machine, "Redis has lost its data"); return;
    case HEAD_OTHER: give_way(machine, &head, "another owner is there"); return;
    case HEAD_BEHIND:
    case HEAD_BEFORE_FENCE: machine_refused(machine, 0, "the log's tail is gone"); return;
    }
}

static void answer_marks(struct machine *machine, const struct reply *reply)
{
    struct head newest;
    struct snapshot_context context = machine_snapshot(machine, &newest);

    if (snapshot_marked(&machine->snapshot, &context, reply)) return;
    machine_drop(machine);
    machine_take(machine, "the log after the snapshot is not ours");
}

void machine_answer(struct machine *machine, const struct expected *expected,
                    const struct reply *reply)
{
    switch (expected->ask) {
    case ASK_APPEND: answer_append(machine, expected->echo, reply); return;
    case ASK_VERIFY_HEAD:
    case ASK_VERIFY_OWNER:
    case ASK_VERIFY_SNAP:
        if (machine->found.is_asked && expected->echo == machine->found.serial)
            answer_finding(machine, expected->ask, reply);
        return;
    case ASK_LOST_HEAD:
        if (machine->state == MACHINE_LOST && reply->type != REPLY_NIL)
            end_link(machine, "the data is back: look at all of it");
        return;
    case ASK_TAKE_HEAD: answer_take_head(machine, reply); return;
    case ASK_TAKE: answer_take(machine, expected, reply); return;
    case ASK_RENEW:
        if (has_epoch(machine)) answer_renew(machine, expected, reply);
        return;
    case ASK_LOAD_SNAP:
    case ASK_LOAD_SCAN:
    case ASK_LOAD_RANGE:
        if (machine->load.damage[0] == '\0') answer_load(machine, expected, reply);
        return;
    case ASK_LOAD_HEAD: answer_load_head(machine, reply); return;
    case ASK_SLICE: answer_slice(machine, reply); return;
    case ASK_MARK_RANGE: answer_marks(machine, reply); return;
    case ASK_PURGE: machine->snapshot.is_purging = false; return;
    case ASK_TRIM:
    case ASK_RELEASE:
    case ASK_SCRIPT:
    case ASK_FEED: return;
    default: assert(false && "a question of the handshake"); return;
    }
}

/* ---- errors ---- */

/* The call was refused as a whole. Ask again later, whatever it was. */
static void not_done(struct machine *machine, const struct expected *expected, int64_t wait_ms,
                     const char *cause)
{
    struct head newest;
    struct snapshot_context context = machine_snapshot(machine, &newest);

    switch (expected->ask) {
    case ASK_APPEND:
        ring_answer(&machine->ring);
        if (machine->state == MACHINE_OWNING || machine->is_resending)
            machine_refused(machine, wait_ms, cause);
        return;
    case ASK_VERIFY_HEAD:
    case ASK_VERIFY_OWNER:
    case ASK_VERIFY_SNAP:
        machine->found.is_asked = false;
        machine->retry_ms = machine->lane.out->now_ms + wait_ms;
        return;
    case ASK_SLICE:
        snapshot_refused(&machine->snapshot, &context, machine->lane.out->now_ms + wait_ms);
        return;
    case ASK_RENEW: machine->is_renewing = false; return;
    case ASK_PURGE: machine->snapshot.is_purging = false; return;
    case ASK_TAKE_HEAD:
    case ASK_TAKE:
        machine_drop(machine);
        machine_stand_by(machine, wait_ms, cause);
        return;
    case ASK_TRIM:
    case ASK_LOST_HEAD:
    case ASK_RELEASE: return;
    default: end_link(machine, cause); return; /* a load or a mark: begin anew */
    }
}

void machine_error(struct machine *machine, const struct expected *expected,
                   struct mirror_bytes error)
{
    bool is_first = machine->state == MACHINE_OWNING || machine->is_resending;
    char text[120];

    log_quote(text, sizeof text, error.ptr, error.len);
    log_limited(LOG_LEVEL_WARN, "Redis refused a request", "partition=%u error=%s",
                (unsigned)machine->lane.partition, text);
    switch (wire_fate(error)) {
    case FATE_NOT_DONE:
        not_done(machine, expected, is_first ? machine_backoff(machine) : MOVES_BACKOFF_MIN_MS,
                 "Redis refuses for now");
        return;
    case FATE_NO_SCRIPT:
        if (is_first || expected->ask != ASK_APPEND) lane_load_scripts(&machine->lane);
        not_done(machine, expected, 0, "Redis forgot our scripts");
        return;
    case FATE_DENIED:
        snprintf(machine->alarm, sizeof machine->alarm, "partition %u: Redis says %s",
                 (unsigned)machine->lane.partition, text);
        not_done(machine, expected, MOVES_BACKOFF_MAX_MS, "Redis denies it");
        return;
    case FATE_WRONG_SERVER: end_link(machine, "the server is not the primary"); return;
    case FATE_UNKNOWN: end_link(machine, "an error of unknown fate"); return;
    }
}
