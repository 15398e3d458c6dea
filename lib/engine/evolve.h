/* SPDX-License-Identifier: BSD-2-Clause */
/* evolve.h - facts become state: the only writers of records.
 *
 * What a fact does to a record depends on that record and the fact alone. While loading, a record
 * that already holds the fact's batch is left alone, and nothing derived is kept.
 */
#ifndef TUAN_ENGINE_EVOLVE_H
#define TUAN_ENGINE_EVOLVE_H

#include "engine/model.h"

/* Decide a fact: apply it and leave it in the outbox, where FACT_OF began it. Its strings must stay
 * good until the outbox is drained. */
void emit(struct engine *e, const struct tuan_fact *fact);

void outbox_grow(struct engine *e);
/* The next place in the outbox: for one fact at a time, that is filled and emitted, or given up. */
static inline struct tuan_fact *outbox_next(struct engine *e, enum tuan_fact_type type)
{
    if (e->fact_count == e->fact_room) outbox_grow(e);
    struct tuan_fact *fact = &e->facts[e->fact_count];
    fact->type = type;
    return fact;
}

/* Begin a fact of this type: FACT_OF(e, seat_held, SEAT_HELD) declares `fact` and `f`, and
 * FACT_SET(seat_held, user, …) fills it. No other may be begun before it is emitted. */
#define FACT_OF(e, name, TYPE)                                                                     \
    struct tuan_fact *fact = outbox_next(e, TUAN_FACT_##TYPE);                                     \
    struct tuan_##name##_fact *f = &fact->name;                                                    \
    *f = (struct tuan_##name##_fact)                                                               \
    {                                                                                              \
        .given = 0                                                                                 \
    }
#define FACT_SET(name, member, value) TUAN_SET(name##_fact, f, member, value)
#define FACT_HAS(name, member)        TUAN_HAS(name##_fact, f, member)

/* Does the record lack this fact? */
static inline bool record_lacks(const struct engine *e, const struct record *record,
                                uint64_t position)
{
    return !e->loading || record_is_dirty(record) || record->at < position;
}
/* What is known of deleted records: all tombstones while loading, and those that S8 marked again.
 * NULL: nothing is known. */
struct tombstone *tombstone_find(const struct engine *e, enum engine_kind kind,
                                 struct tuan_str key);
struct tombstone *note_deleted(struct engine *e, enum engine_kind kind, struct tuan_str key,
                               uint64_t at);
void forget_deleted(struct engine *e, struct tombstone *tombstone);
/* While loading: was it deleted by the batch at `position` or a later one? */
bool was_deleted(const struct engine *e, enum engine_kind kind, struct tuan_str key,
                 uint64_t position);

bool rid_was_deleted(const struct engine *e, enum engine_kind kind, struct tuan_id id,
                     uint64_t position);

/* The record of the room or refund that a batch at `position` is about. NULL: that went, in *gone
 * or before; one of its id may have come back with its campaign since. */
struct record *rid_record(const struct engine *e, enum engine_kind kind, struct tuan_id id,
                          uint64_t position, uint64_t *gone);

/* While loading: of the room or campaign that was found, or NULL. */
bool fact_room_loading(const struct engine *e, struct tuan_id id, uint64_t position,
                       struct room **room) __attribute__((noinline));
bool fact_campaign_loading(const struct engine *e, struct tuan_str id, uint64_t position,
                           struct campaign **campaign) __attribute__((noinline));

/* The room of a fact: *room is NULL if its record holds the fact already. False: it does not fit.
 */
static inline bool fact_room(struct engine *e, struct tuan_id id, uint64_t position,
                             struct room **room)
{
    *room = room_find(e, id);
    return e->loading ? fact_room_loading(e, id, position, room) : *room != NULL;
}
/* The same for its campaign. */
static inline bool fact_campaign(struct engine *e, struct tuan_str id, uint64_t position,
                                 struct campaign **campaign)
{
    *campaign = campaign_find(e, id);
    return e->loading ? fact_campaign_loading(e, id, position, campaign) : *campaign != NULL;
}

bool evolve_room_opened(struct engine *e, const struct tuan_room_opened_fact *f, uint64_t position);
bool evolve_room_started(struct engine *e, const struct tuan_room_started_fact *f,
                         uint64_t position);
bool evolve_room_formed(struct engine *e, const struct tuan_room_formed_fact *f, uint64_t position);
bool evolve_room_failed(struct engine *e, const struct tuan_room_failed_fact *f, uint64_t position);
bool evolve_room_dropped(struct engine *e, const struct tuan_room_dropped_fact *f,
                         uint64_t position);
bool evolve_leader_changed(struct engine *e, const struct tuan_leader_changed_fact *f,
                           uint64_t position);
bool evolve_seat_held(struct engine *e, const struct tuan_seat_held_fact *f, uint64_t position);
bool evolve_seat_paid(struct engine *e, const struct tuan_seat_paid_fact *f, uint64_t position);
bool evolve_seat_released(struct engine *e, const struct tuan_seat_released_fact *f,
                          uint64_t position);
bool evolve_order_forgotten(struct engine *e, const struct tuan_order_forgotten_fact *f,
                            uint64_t position);
bool evolve_seat_rerouted(struct engine *e, const struct tuan_seat_rerouted_fact *f,
                          uint64_t position);
bool evolve_tier_settled(struct engine *e, const struct tuan_tier_settled_fact *f,
                         uint64_t position);
bool evolve_draw_result(struct engine *e, const struct tuan_draw_result_fact *f, uint64_t position);
bool evolve_commission(struct engine *e, const struct tuan_commission_fact *f, uint64_t position);
bool evolve_refund_due(struct engine *e, const struct tuan_refund_due_fact *f, uint64_t position);
bool evolve_refund_acked(struct engine *e, const struct tuan_refund_acked_fact *f,
                         uint64_t position);
bool evolve_refund_dropped(struct engine *e, const struct tuan_refund_dropped_fact *f,
                           uint64_t position);

/* A fact at `position` changed this room: its version counts it. */
void room_changed(struct engine *e, struct room *room, uint64_t position);
/* Move a seat to another state: the room's counts, and when not loading all that is derived from
 * it. */
void seat_move(struct engine *e, struct seat *seat, enum tuan_seat_state state);
/* Make what is derived from a seat or a room that is complete as a record (when live, and at the
 * end of loading). */
/* Its end_at is awaited. */
void campaign_arm(struct engine *e, struct campaign *campaign);
/* Its rooms wait to be failed, or all that it keeps to be forgotten, where it is closed so. */
void campaign_queue(struct engine *e, struct campaign *campaign);
/* (Its names, wherever they stand: those of a command are compared the quickest.) */
void seat_index(struct engine *e, struct seat *seat, struct tuan_str order, struct tuan_str user);
/* Its room is forgotten: it counts no more towards his limits. */
void seat_unindex(struct seat *seat);
void room_index(struct engine *e, struct room *room);
void refund_index(struct engine *e, struct refund *refund);
/* An ended room is forgotten in time. */
void room_arm_memory(struct engine *e, struct room *room);

#endif
