/* SPDX-License-Identifier: BSD-2-Clause */
/* merge.c - a room at its deadline lacks a few; so do others like it. On recorded shopper traffic
 * putting them together doubles the share of people who get their group, and nobody waits longer
 * for it: every room that somebody enters here forms at that moment.
 *
 * The due room's people complete other rooms first, fullest first, since one mover there frees
 * several from waiting. If some are left, they and the people of the emptiest other rooms make the
 * due room whole, if they can; those rooms had the longest way to go.
 *
 * A room is looked at once a step, a step ends after PASSED_OVER_MAX rooms that were of no use, and
 * where the sum of all paid seats shows that there are too few people none is looked at. So a
 * million rooms due in one millisecond cost what they move.
 */
#include "engine/merge.h"

#include <assert.h>

#include "engine/evolve.h"
#include "engine/mates.h"
#include "engine/rules.h"

enum { PASSED_OVER_MAX = 1000 };

/* Seats that are to move to one room, no two of one user. */
struct party {
    struct engine *e;
    struct room *into;
    struct seat **seats;
    uint32_t count;
    uint32_t need; /* weight that is still missing */
};

static struct party party_make(struct engine *e, const struct room *due)
{
    return (struct party){.e = e, .seats = arena_take(&e->arena, due->size * sizeof *due->seats)};
}

/* Is he among those who move, or in the room that they move to? Whose only seat it is can be met by
 * that seat alone. */
static bool is_met(const struct party *party, const struct seat *seat)
{
    const struct kin *kin = seat_kin(seat);

    return kin == NULL ? seat->is_called : kin->member->mark == party->e->mark;
}

static void meet(const struct party *party, struct seat *seat)
{
    const struct kin *kin = seat_kin(seat);

    if (kin != NULL) kin->member->mark = party->e->mark;
}

static void part(const struct party *party, struct seat *seat)
{
    const struct kin *kin = seat_kin(seat);

    seat->is_called = false;
    if (kin != NULL) kin->member->mark = party->e->mark - 1;
}

/* Take back the last `count`. */
static void party_leave(struct party *party, uint32_t count)
{
    for (; count > 0; count--) {
        struct seat *seat = party->seats[--party->count];
        part(party, seat);
        party->need += seat_weight(seat);
    }
}

/* Nobody enters a room that he is in. */
static void party_begin(struct party *party, struct room *into)
{
    party_leave(party, party->count);
    party->into = into;
    party->need = room_missing(into);
    party->e->mark++;
    for (uint32_t i = 0; i < into->seat_count; i++)
        if (seat_is_live(into->seats[i])) meet(party, into->seats[i]);
}

/* In joining order, each that still fits. Returns how many came. */
static uint32_t party_take(struct party *party, const struct room *from)
{
    uint32_t before = party->count;

    for (uint32_t i = 0; i < from->seat_count && party->need > 0; i++) {
        struct seat *seat = from->seats[i];
        if (seat->state != TUAN_SEAT_PAID || is_met(party, seat)) continue;
        if (seat_weight(seat) > party->need) continue;
        seat->is_called = true;
        meet(party, seat);
        party->seats[party->count++] = seat;
        party->need -= seat_weight(seat);
    }
    return party->count - before;
}

/* ---- moving ---- */

static void move_seat(struct engine *e, const struct seat *seat, struct room *into)
{
    FACT_OF(e, seat_rerouted, SEAT_REROUTED);
    struct tuan_seat_record *moved = arena_take(&e->arena, sizeof *moved);

    seat_save(seat, moved);
    TUAN_SET(seat_record, moved, role, TUAN_ROLE_MEMBER);
    TUAN_SET(seat_record, moved, rerouted_from, seat->room->id);
    TUAN_SET(seat_record, moved, moved_n, seat->n);
    FACT_SET(seat_rerouted, campaign, into->campaign->id);
    FACT_SET(seat_rerouted, room, into->id);
    FACT_SET(seat_rerouted, n, into->seat_count + 1);
    FACT_SET(seat_rerouted, from, seat->room->id);
    FACT_SET(seat_rerouted, from_n, seat->n);
    FACT_SET(seat_rerouted, seat, ((struct tuan_list){moved, 1}));
    emit(e, fact);
}

/* A room that somebody left goes on without him, or ends empty. */
static void after_moving(struct engine *e, struct room *from, struct tuan_id into)
{
    if (from->paid == 0)
        room_merge_away(e, from, into);
    else if (!seat_is_live(from->seats[from->leader - 1]))
        room_pass_lead(e, from);
}

/* All move, and their room forms. Rooms that they left are ended or led anew, but for the due one.
 */
static void party_move(struct party *party, const struct room *due)
{
    struct engine *e = party->e;
    struct room *left = NULL;

    for (uint32_t i = 0; i < party->count; i++) {
        struct room *from = party->seats[i]->room;
        if (left != NULL && left != from) after_moving(e, left, party->into->id);
        part(party, party->seats[i]);
        move_seat(e, party->seats[i], party->into);
        left = from == due ? NULL : from;
    }
    party->count = 0;
    if (left != NULL) after_moving(e, left, party->into->id);
    if (party->into == due && !seat_is_live(due->seats[due->leader - 1]))
        room_pass_lead(e, party->into);
    room_form(e, party->into, TUAN_REASON_MERGED, NULL);
}

/* ---- into others ---- */

/* Complete the first of the mates with so many paid that these people can. */
static bool complete_first(struct party *party, const struct room *due, struct room *mate,
                           uint32_t *passed_over)
{
    uint32_t paid = mate->paid;

    for (; mate != NULL && mate->paid == paid && *passed_over < PASSED_OVER_MAX;
         mate = mates_next(mate), ++*passed_over) {
        party_begin(party, mate);
        party_take(party, due);
        if (party->need > 0) continue;
        party_move(party, due);
        return true;
    }
    return false;
}

/* Complete the fullest mate that these people can. */
static bool complete_one(struct party *party, const struct room *due, const struct group *group)
{
    uint32_t below = due->size, passed_over = 0;

    while (passed_over < PASSED_OVER_MAX) {
        struct room *mate = mates_most(group, below);
        if (mate == NULL || room_missing(mate) > due->paid) return false;
        below = mate->paid;
        if (complete_first(party, due, mate, &passed_over)) return true;
    }
    return false;
}

/* ---- into the due room ---- */

/* Its success is certain: to take some of its people would take it from the rest. */
static bool has_succeeded(const struct room *room)
{
    int64_t enough = rules_least_success(&room->revision->rules);

    return enough > 0 && room->paid >= enough;
}

static uint32_t weight_of_last(const struct party *party, uint32_t count)
{
    uint32_t weight = 0;

    for (uint32_t i = party->count - count; i < party->count; i++)
        weight += seat_weight(party->seats[i]);
    return weight;
}

/* Whole rooms, the emptiest first. */
static void take_whole(struct party *party, const struct group *group)
{
    uint32_t passed_over = 0;

    for (struct room *mate = mates_fewest(group);
         mate != NULL && mate->paid <= party->need && passed_over < PASSED_OVER_MAX;
         mate = mates_next(mate)) {
        uint32_t came = party_take(party, mate);
        if (came == 0) passed_over++;
        if (weight_of_last(party, came) < mate->paid) party_leave(party, came);
    }
}

/* Parts of those that are left. */
static void take_parts(struct party *party, const struct group *group)
{
    uint32_t passed_over = 0;

    for (struct room *mate = mates_fewest(group);
         mate != NULL && party->need > 0 && passed_over < PASSED_OVER_MAX; mate = mates_next(mate))
        if (has_succeeded(mate) || party_take(party, mate) == 0) passed_over++;
}

static bool complete_due(struct party *party, struct room *due, const struct group *group)
{
    if (group->paid < due->size - due->paid) return false;
    party_begin(party, due);
    take_whole(party, group);
    take_parts(party, group);
    if (party->need > 0) return false;
    party_move(party, due);
    return true;
}

bool merge_due_room(struct engine *e, struct room *due, enum tuan_room_reason failure)
{
    const struct group *group = due->more == NULL ? NULL : due->more->group;
    struct tuan_id last = {0, 0};

    assert(due->held == 0);
    if (group == NULL || due->paid == 0) return false;
    struct party party = party_make(e, due);
    mates_leave(due);
    while (due->paid > 0 && complete_one(&party, due, group)) {
        last = party.into->id;
        mates_leave(due); /* moving put it back */
    }
    if (due->paid == 0)
        room_merge_away(e, due, last);
    else if (complete_due(&party, due, group))
        assert(due->state == TUAN_ROOM_FORMED);
    else if (tuan_rid_is_none(last))
        mates_enter(due);
    else
        room_fail(e, due, failure, NULL);
    party_leave(&party, party.count);
    return !room_is_live(due);
}
