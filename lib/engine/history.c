/* SPDX-License-Identifier: BSD-2-Clause */
/* history.c - ROOM.SEATS and ROOM.HISTORY: the proof of an outcome, read from the room's record. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/answer.h"

handler handle_ROOM_SEATS, handle_ROOM_HISTORY;

enum { PAGE_DEFAULT = 100, PAGE_MAX = 500 };

static int64_t page_limit(int64_t asked)
{
    return asked == 0 ? PAGE_DEFAULT : asked < PAGE_MAX ? asked : PAGE_MAX;
}

/* A cursor is the number of rows before the page. */
static bool parse_cursor(struct engine *e, struct tuan_str cursor, uint32_t *start,
                         struct engine_answer *answer)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < cursor.len; i++) {
        if (cursor.ptr[i] < '0' || cursor.ptr[i] > '9' || cursor.len > 9) {
            refuse_because(e, answer, TUAN_ERR_BAD_ARGUMENT, "cursor: not one that was given");
            return false;
        }
        value = value * 10 + (uint64_t)(cursor.ptr[i] - '0');
    }
    *start = (uint32_t)value;
    return true;
}

static struct tuan_str make_cursor(struct engine *e, uint32_t next, bool is_end)
{
    return is_end ? TUAN_STR("") : text_make(e, "%u", next);
}

/* ---- ROOM.SEATS ---- */

void handle_ROOM_SEATS(struct engine *e, const struct tuan_command *command,
                       struct engine_answer *answer)
{
    const struct room *room = room_asked(e, command->arg.room, answer);
    int64_t limit = page_limit(command->arg.limit), state = command->arg.state;
    uint32_t at, count = 0;

    if (room == NULL || !parse_cursor(e, command->arg.cursor, &at, answer)) return;
    depend_on(answer, room->record.at);
    struct tuan_room_seats *body = BODY(e, room_seats);
    struct tuan_room_seat *items = arena_take(&e->arena, (size_t)limit * sizeof *items);
    uint32_t total = room->seat_count + room_virtuals(room);
    for (; at < total && count < limit; at++) {
        int64_t its_state = at < room->seat_count ? room->seats[at]->state : TUAN_SEAT_VIRTUAL;
        if (state != 0 && its_state != state) continue;
        if (at < room->seat_count)
            view_room_seat(room->seats[at], &items[count++]);
        else
            view_virtual_seat(room, at - room->seat_count, &items[count++]);
    }
    TUAN_SET(room_seats, body, room, room->id);
    TUAN_SET(room_seats, body, version, room->version);
    TUAN_SET(room_seats, body, seats, ((struct tuan_list){items, count}));
    TUAN_SET(room_seats, body, cursor, make_cursor(e, at, at >= total));
    answer_with(answer, &tuan_room_seats_message, body);
}

/* ---- ROOM.HISTORY ---- */

enum rank { RANK_OPENED, RANK_HELD, RANK_PAID, RANK_LEFT, RANK_LEAD, RANK_END, RANK_SETTLED };

/* Events as they are found; sorted by time, what happened in one millisecond by its rank. */
struct life {
    struct engine *e;
    const struct room *room;
    struct moment {
        int64_t at;
        enum rank rank; /* within one time: causes before what follows from them */
        uint32_t place; /* and as they were found */
        struct tuan_life event;
    } * moments;
    uint32_t count, room_for;
};

static struct tuan_life *add(struct life *life, int64_t at, enum rank rank,
                             enum tuan_life_event event)
{
    assert(life->count < life->room_for);
    struct moment *moment = &life->moments[life->count];

    *moment = (struct moment){.at = at, .rank = rank, .place = life->count};
    life->count++;
    TUAN_SET(life, &moment->event, at, at);
    TUAN_SET(life, &moment->event, event, event);
    return &moment->event;
}

static struct tuan_life *add_of_seat(struct life *life, int64_t at, enum rank rank,
                                     enum tuan_life_event event, const struct seat *seat)
{
    struct tuan_life *out = add(life, at, rank, event);

    TUAN_SET(life, out, n, seat->n);
    TUAN_SET(life, out, user, seat_user(seat));
    TUAN_SET(life, out, order, seat_order(seat));
    return out;
}

static void add_joining(struct life *life, const struct seat *seat)
{
    const struct extra *extra = seat_extra(seat);
    struct tuan_life *out;

    if (extra != NULL && extra->moved_n > 0) { /* at the moment at which his new room formed */
        out =
            add_of_seat(life, room_ended_at(life->room), RANK_HELD, TUAN_LIFE_SEAT_REROUTED, seat);
        TUAN_SET(life, out, from, extra->rerouted_from);
        return;
    }
    out = add_of_seat(life, (int64_t)seat->joined_at, RANK_HELD, TUAN_LIFE_SEAT_HELD, seat);
    if (extra == NULL) return;
    if (!tuan_rid_is_none(extra->rerouted_from)) TUAN_SET(life, out, from, extra->rerouted_from);
    if (extra->cut > 0) TUAN_SET(life, out, cut, extra->cut);
}

static bool was_seated_by_payment(const struct seat *seat)
{
    const struct extra *extra = seat_extra(seat);

    return seat_paid(seat) != NULL && (extra == NULL || extra->moved_n == 0);
}

static void add_seat(struct life *life, const struct seat *seat)
{
    const struct paid *paid = seat_paid(seat);
    const struct extra *extra = seat_extra(seat);
    struct tuan_life *out;

    add_joining(life, seat);
    if (was_seated_by_payment(seat)) {
        out = add_of_seat(life, paid->seen_at, RANK_PAID, TUAN_LIFE_SEAT_PAID, seat);
        TUAN_SET(life, out, paid_at, paid->paid_at);
        TUAN_SET(life, out, amount, seat_amount(seat));
        if (paid_payment(paid).len > 0) TUAN_SET(life, out, payment, paid_payment(paid));
    }
    if (seat->released == 0) return;
    out = add_of_seat(life, seat_ended_at(seat), RANK_LEFT, TUAN_LIFE_SEAT_RELEASED, seat);
    TUAN_SET(life, out, released, seat->released);
    if (extra != NULL && extra->reason.len > 0) TUAN_SET(life, out, reason, extra->reason);
    if (seat->released != TUAN_RELEASE_MOVED) return;
    const struct seat *now = seat_find(life->e, seat->room->campaign, seat_order(seat));
    if (now != NULL && seat_before(life->e, now) == seat) TUAN_SET(life, out, into, now->room->id);
}

static void add_refunds(struct life *life)
{
    list_for_each (link, &life->room->refunds) {
        const struct refund *refund = container_of(link, struct refund, of_room);
        const struct seat *seat = life->room->seats[refund->n - 1];
        struct tuan_life *out =
            add_of_seat(life, refund->at, RANK_SETTLED, TUAN_LIFE_REFUND_DUE, seat);
        TUAN_SET(life, out, refund, refund->id);
        TUAN_SET(life, out, refund_reason, refund->reason);
        TUAN_SET(life, out, amount, refund->amount);
        if (refund_payment(refund).len > 0) TUAN_SET(life, out, payment, refund_payment(refund));
        if (refund->acked_at == 0) continue;
        out = add_of_seat(life, refund->acked_at, RANK_SETTLED, TUAN_LIFE_REFUND_ACKED, seat);
        TUAN_SET(life, out, refund, refund->id);
        if (refund->ref.len > 0) TUAN_SET(life, out, ref, refund->ref);
    }
}

static void add_end(struct life *life)
{
    const struct room *room = life->room;
    const struct more *more = room->more;
    bool is_formed = room->state == TUAN_ROOM_FORMED;
    struct tuan_life *out = add(life, room_ended_at(room), RANK_END,
                                is_formed ? TUAN_LIFE_ROOM_FORMED : TUAN_LIFE_ROOM_FAILED);

    TUAN_SET(life, out, room_reason, room->reason);
    if (room_note(room).len > 0) TUAN_SET(life, out, reason, room_note(room));
    if (room_virtuals(room) > 0) TUAN_SET(life, out, virtuals, room_virtuals(room));
    if (more == NULL) return;
    if (more->by.len > 0) TUAN_SET(life, out, by, more->by);
    if (!tuan_rid_is_none(more->merged_into)) TUAN_SET(life, out, into, more->merged_into);
    if (more->tier_price > 0) {
        out = add(life, room_ended_at(room), RANK_END, TUAN_LIFE_TIER_SETTLED);
        TUAN_SET(life, out, tier, room->tier);
        TUAN_SET(life, out, amount, more->tier_price);
    }
    for (uint32_t i = 0; more->is_drawn && i < room->seat_count; i++)
        if (room->seats[i]->has_won)
            add_of_seat(life, room_ended_at(room), RANK_END, TUAN_LIFE_DRAW_RESULT, room->seats[i]);
}

/* By their seats, and those of one seat by their ids: after a load they are found in any order. */
static int compare_refunds(const struct tuan_life *a, const struct tuan_life *b)
{
    if (a->n != b->n) return a->n < b->n ? -1 : 1;
    return tuan_rid_compare(a->refund, b->refund);
}

static int compare_moments(const void *left, const void *right)
{
    const struct moment *a = left, *b = right;

    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    int by_refund = a->rank == RANK_SETTLED ? compare_refunds(&a->event, &b->event) : 0;
    return by_refund != 0 ? by_refund : (a->place > b->place) - (a->place < b->place);
}

static void tell_life(struct life *life)
{
    const struct room *room = life->room;

    add(life, room->opened_at, RANK_OPENED, TUAN_LIFE_ROOM_OPENED);
    for (uint32_t i = 0; i < room->seat_count; i++)
        add_seat(life, room->seats[i]);
    for (uint32_t i = 0; room->more != NULL && i < room->more->lead_count; i++)
        add_of_seat(life, room->more->leads[i].at, RANK_LEAD, TUAN_LIFE_LEADER_CHANGED,
                    room->seats[room->more->leads[i].n - 1]);
    if (!room_is_live(room)) add_end(life);
    add_refunds(life);
    qsort(life->moments, life->count, sizeof *life->moments, compare_moments);
}

/* Opened, ended, tier; each seat joins, pays, leaves and wins; each refund is due and settled. */
static uint32_t count_moments(const struct room *room)
{
    uint32_t count = 3 + 4 * room->seat_count;

    list_for_each (link, &room->refunds)
        count += 2;
    return count + (room->more == NULL ? 0 : room->more->lead_count);
}

void handle_ROOM_HISTORY(struct engine *e, const struct tuan_command *command,
                         struct engine_answer *answer)
{
    const struct room *room = room_asked(e, command->arg.room, answer);
    int64_t limit = page_limit(command->arg.limit);
    uint32_t at, count = 0;

    if (room == NULL || !parse_cursor(e, command->arg.cursor, &at, answer)) return;
    depend_on(answer, room->record.at);
    struct life life = {.e = e, .room = room, .room_for = count_moments(room)};
    life.moments = arena_take(&e->arena, life.room_for * sizeof *life.moments);
    tell_life(&life);
    struct tuan_history *body = BODY(e, history);
    struct tuan_life *items = arena_take(&e->arena, (size_t)limit * sizeof *items);
    for (; at < life.count && count < limit; at++)
        items[count++] = life.moments[at].event;
    TUAN_SET(history, body, room, room->id);
    TUAN_SET(history, body, version, room->version);
    TUAN_SET(history, body, events, ((struct tuan_list){items, count}));
    TUAN_SET(history, body, cursor, make_cursor(e, at, at >= life.count));
    answer_with(answer, &tuan_history_message, body);
}
