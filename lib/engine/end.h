/* SPDX-License-Identifier: BSD-2-Clause */
/* end.h - how a room ends, with all that follows from it in the same step: holds released, members
 * settled, differences and prizes, commissions, a refund for each payment that is owed back. */
#ifndef TUAN_ENGINE_END_H
#define TUAN_ENGINE_END_H

#include "engine/model.h"

/* Why, in an operator's words; zeroed where none acts. */
struct act {
    struct tuan_str note, by;
};

/* Its holds end with it, unpaid. */
void room_release_holds(struct engine *e, struct room *room);
/* An open room without an unpaid seat becomes formed. REASON_VIRTUAL: its missing seats are
 * virtual.
 */
void room_form(struct engine *e, struct room *room, enum tuan_room_reason reason,
               const struct act *act);
/* A live room fails: holds released, one refund for each payment. */
void room_fail(struct engine *e, struct room *room, enum tuan_room_reason reason,
               const struct act *act);
/* All its members went to other rooms, the last of them to this one. */
void room_merge_away(struct engine *e, struct room *room, struct tuan_id into);

/* The earliest paid seat leads, else the earliest held one. */
void room_pass_lead(struct engine *e, struct room *room);
/* A seat is given back; what that means for its room is the caller's. */
void seat_give_back(struct engine *e, const struct seat *seat, enum tuan_release_reason why,
                    struct tuan_str reason);
/* Pieces of the quota that this seat holds by itself: none where its room reserved them all. */
int64_t seat_quota(const struct seat *seat);

#endif
