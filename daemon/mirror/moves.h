/* SPDX-License-Identifier: BSD-2-Clause */
/* moves.h - inside the machine: from state to state. Used by machine.c and answers.c only. */
#ifndef TUAN_DAEMON_MIRROR_MOVES_H
#define TUAN_DAEMON_MIRROR_MOVES_H

#include "daemon/mirror/machine.h"

enum {
    MOVES_BACKOFF_MIN_MS = 50,
    MOVES_BACKOFF_MAX_MS = 1000,
    MOVES_LOST_LOOK_MS = 500,
    MOVES_STANDBY_MS = 100
};

/* The only place where `state` changes. */
void machine_move(struct machine *machine, enum machine_state to, const char *cause);

/* What a stored head says about the batch `seq` of ours: the table of README.md, top to bottom. */
enum verdict { HEAD_EMPTY, HEAD_HAS_IT, HEAD_BEHIND, HEAD_BEFORE_FENCE, HEAD_OTHER };
enum verdict machine_judge(const struct machine *machine, struct mirror_bytes head, uint64_t seq,
                           struct head *out);

void machine_drop(struct machine *machine);
void machine_take(struct machine *machine, const char *cause);
void machine_stand_by(struct machine *machine, int64_t wait_ms, const char *cause);
void machine_fenced(struct machine *machine, const char *cause);
void machine_lost(struct machine *machine, const char *cause);
void machine_broken(struct machine *machine, const char *cause);
/* A batch was refused: send no more until the head has been looked at, not before `wait_ms`. */
void machine_refused(struct machine *machine, int64_t wait_ms, const char *cause);
void machine_own(struct machine *machine, const char *cause);
void machine_ask_findings(struct machine *machine);
void machine_renew(struct machine *machine);
void machine_send(struct machine *machine); /* what the window lets through */
void machine_commit(struct machine *machine, uint64_t seq);
int64_t machine_backoff(struct machine *machine); /* the next waiting time, doubling */
struct snapshot_context machine_snapshot(struct machine *machine, struct head *newest);

#endif
