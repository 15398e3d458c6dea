/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.h - the owner of one partition, as a state machine apart from its socket.
 *
 * Events come in: the connection is ready (its handshake has passed), a reply, the connection is
 * gone, a batch, the end of a turn. Requests go out through the outbox. It reads no clock and rolls
 * no dice: both are handed in, so a simulator can drive it without Redis and without libevent.
 *
 * OFFLINE    the connection is down
 * VERIFYING  has state; asks what the stored head says about it (R1)
 * TAKING     has no state; asks for the partition (T1)
 * RELOADING  reads what is stored, below its own fence (T2, T3, T4)
 * OWNING     appends
 * RESENDING  a batch was refused: drains, waits, looks at the head, sends again (P4, R3, R4)
 * FENCED     another owner is there: drops all (passes at once to STANDBY)
 * STANDBY    waits for the lease to end
 * LOST       Redis has lost its data (D6)
 * BROKEN     what is stored is damaged: no service
 */
#ifndef TUAN_DAEMON_MIRROR_MACHINE_H
#define TUAN_DAEMON_MIRROR_MACHINE_H

#include "daemon/mirror/form.h"
#include "daemon/mirror/lane.h"
#include "daemon/mirror/load.h"
#include "daemon/mirror/ring.h"
#include "daemon/mirror/snapshot.h"

enum machine_state {
    MACHINE_OFFLINE,
    MACHINE_VERIFYING,
    MACHINE_TAKING,
    MACHINE_RELOADING,
    MACHINE_OWNING,
    MACHINE_RESENDING,
    MACHINE_FENCED,
    MACHINE_STANDBY,
    MACHINE_LOST,
    MACHINE_BROKEN,
    MACHINE_STATE_COUNT
};
const char *machine_state_name(enum machine_state state);

/* What the machine needs from outside besides the outbox. */
struct machine_world {
    void *context;
    /* Doubt about the connection (R1): it must be ended, and machine_link_down follows. Calls of
     * the machine in between are harmless. */
    void (*end_link)(void *context, const char *why);
    void (*random)(void *context, unsigned char out[16]);
};

struct machine_counters {
    uint64_t batches, batch_bytes, commits, resends, events_refused, repaired, lost_acks;
};

/* The answers to the three questions of VERIFYING, as they come in. */
struct machine_findings {
    bool is_asked;
    uint64_t serial; /* which time it was asked */
    struct head head;
    bool has_head;
    bool is_foreign_owner; /* the owner key names another holder (R5) */
};

struct machine {
    struct lane lane;
    const struct mirror_config *config;
    const struct mirror_hooks *hooks;
    const struct machine_world *world;
    struct machine_counters *counters;

    enum machine_state state;
    int64_t troubled_ms; /* since when it does not own; 0: it does */
    char dataset[FORM_ID_SIZE];
    char alarm[160]; /* until it owns again */
    char loss[160];  /* what was lost for good (R6): told until the process ends */

    bool is_filling;                 /* a batch is held back: see machine_wants_batch */
    bool has_state;                  /* loaded, and not dropped since */
    struct head fence;               /* of our epoch; good while TAKING has passed */
    char fence_pred[FORM_HEAD_SIZE]; /* the head that our take found (P2) */
    struct ring ring;
    struct load load;
    struct snapshot snapshot;

    struct machine_findings found;
    uint64_t resend_end; /* RESENDING sends up to here, then owns */
    bool is_resending;   /* RESENDING has looked at the head and is sending */
    bool is_probing;     /* one batch at a time, until one is accepted */
    int64_t retry_ms;    /* not before this: the next look, take or resend */
    int64_t backoff_ms;
    int64_t renew_ms; /* the next renewal is due */
    bool is_renewing;
    int64_t lease_from_ms; /* when the last granted lease was asked for (T7) */
};

void machine_init(struct machine *machine, struct lane *lane, const struct mirror_config *config,
                  const struct mirror_hooks *hooks, const struct machine_world *world,
                  struct machine_counters *counters);
void machine_free(struct machine *machine);

/* Events. Time is the outbox's now_ms. */
void machine_link_up(struct machine *machine, const char *dataset);
void machine_link_down(struct machine *machine, const char *why);
void machine_data_lost(struct machine *machine, const char *why); /* the handshake found nothing */
void machine_reply(struct machine *machine, const struct expected *expected,
                   const struct reply *reply);
/* Returns the position, or 0 if the partition was dropped and the batch with it. */
uint64_t machine_submit(struct machine *machine, struct buf *batch,
                        const struct mirror_event *events, size_t event_count);
void machine_turn(struct machine *machine);
void machine_leave(struct machine *machine); /* going down in order: give the lease back */

/* Questions. */
uint64_t machine_next_position(const struct machine *machine);
enum mirror_gate machine_gate(const struct machine *machine);
bool machine_wants_batch(struct machine *machine, size_t bytes);
bool machine_may_read(const struct machine *machine, int64_t now_ms);
int64_t machine_next_ms(const struct machine *machine);

#endif
