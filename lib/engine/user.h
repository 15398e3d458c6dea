/* SPDX-License-Identifier: BSD-2-Clause */
/* user.h - a user in a campaign: his seats, and what counts towards his limits.
 *
 * Most have one seat and nothing else: they are found by that seat, and all that is asked of them
 * is read from it. A member is kept of whoever has several, or had some that are forgotten and
 * count.
 */
#ifndef TUAN_ENGINE_USER_H
#define TUAN_ENGINE_USER_H

#include "engine/model.h"

/* One of the two, or neither: he was not seen there. Good until the next fact. */
struct user {
    struct member *member;
    struct seat *seat;
};

/* ---- finding ---- */

/* An entry of e->members: a member, or a seat, which has the lowest bit set. */
static inline bool user_entry_is_seat(const void *entry)
{
    return ((uintptr_t)entry & 1) != 0;
}
static inline struct user user_of_entry(void *entry)
{
    if (user_entry_is_seat(entry)) return (struct user){.seat = (struct seat *)((char *)entry - 1)};
    return (struct user){.member = entry};
}
/* In the map: what follows looks into the memo first. */
struct user user_seek(const struct engine *e, const struct campaign *campaign,
                      struct tuan_str name);
static inline struct user user_find(const struct engine *e, const struct campaign *campaign,
                                    struct tuan_str name)
{
    const struct memo_name *memo = e->memo->user;

    if (memo->is_sought && memo_has(memo, campaign, name)) return user_of_entry(memo->found);
    return user_seek(e, campaign, name);
}
static inline struct user user_of(struct seat *seat)
{
    const struct kin *kin = seat_kin(seat);

    return kin == NULL ? (struct user){.seat = seat} : (struct user){kin->member, NULL};
}
static inline struct record *user_stored(struct user user) /* NULL: nothing is stored of him */
{
    return user.member == NULL || user.member->base == NULL ? NULL : &user.member->base->record;
}

/* ---- his seats, newest first ---- */

static inline struct seat *seat_of_kin(struct thin_link *link)
{
    return link == NULL ? NULL : container_of(link, struct kin, link)->seat;
}
static inline struct seat *user_newest(struct user user) /* NULL: he has none */
{
    return user.member == NULL ? user.seat : seat_of_kin(user.member->seats.first);
}
static inline struct seat *
seat_older(const struct seat *seat) /* the next one of its user's; or NULL */
{
    const struct kin *kin = seat_kin(seat);

    return kin == NULL ? NULL : seat_of_kin(kin->link.next);
}
/* The body may add newer ones. */
#define user_for_each(seat, user)                                                                  \
    for (struct seat *seat = user_newest(user); seat != NULL; seat = seat_older(seat))

/* Live seats in pending and open rooms. */
static inline bool seat_is_waiting(const struct seat *seat)
{
    return seat_is_live(seat) && room_is_live(seat->room);
}
static inline bool user_is_waiting(struct user user)
{
    if (user.member != NULL) return user.member->live > 0;
    return user.seat != NULL && seat_is_waiting(user.seat);
}

/* ---- what counts towards his limits ---- */

struct user_counts {
    int64_t opens, joins, qty;
};
struct user_counts user_counts(struct user user);

/* ---- making and unmaking (evolve*.c and load*.c only) ---- */

/* The seat becomes one of its user's, and counts; all of them do so at the end of a load. */
void user_gain(struct engine *e, struct seat *seat, struct tuan_str name);
/* It counts no more by now: see user_count. */
void user_lose(struct engine *e, struct seat *seat);
/* What a seat adds to (sign 1) or takes from (sign -1) its user's counts. */
void user_count(struct seat *seat, int sign);
/* Its room is about to end. */
static inline void user_stop_waiting(const struct seat *seat)
{
    const struct kin *kin = seat_kin(seat);

    if (kin != NULL) kin->member->live -= seat_is_live(seat);
}
/* What is kept of a user, seats or not; made on first use. */
struct member *user_keep(struct engine *e, struct campaign *campaign, struct tuan_str name);
struct base *member_base(struct engine *e, struct member *member); /* made on first use */
/* Of a user without a seat: his stored base goes too. */
void member_bury(struct engine *e, struct member *member);
void members_free(struct engine *e, struct member *dead); /* a chain by next_dead */

#endif
