/* SPDX-License-Identifier: BSD-2-Clause */
/* room.h - how a room lives and ends: its clock, its leader, forming and failing. */
#ifndef TUAN_ENGINE_ROOM_H
#define TUAN_ENGINE_ROOM_H

#include "engine/end.h"

/* A room's end if its clock starts now: 0 is never. *ends_campaign: it is the campaign's end that
 * cuts it. */
int64_t room_deadline(const struct revision *revision, int64_t now_ms, bool *ends_campaign);

/* Retire what is overdue of this room before it is judged: its holds, then itself. A late timer
 * changes no answer. */
void room_retire(struct engine *e, struct room *room);

/* A held seat is given back, with what follows for its room: another leader, or the room's end. */
void seat_release(struct engine *e, struct seat *seat, enum tuan_release_reason why,
                  struct tuan_str reason);
/* The room's deadline has come. */
void room_settle(struct engine *e, struct room *room);
/* A seat was paid: the clock of a pending room starts; the last missing payment forms it. */
void room_after_payment(struct engine *e, struct seat *seat);

/* A seat was given back or left: another leads, or the room, without a live seat now, fails. */
void room_after_leaving(struct engine *e, const struct seat *seat, enum tuan_room_reason failure);

/* An ended room's time is over. */
void room_drop(struct engine *e, struct room *room);

/* What an ended room answers: ROOM_EXPIRED or ROOM_CLOSED. */
enum tuan_err room_end_err(const struct room *room);

#endif
