/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/replay_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct check {
    struct book *book;
    bool must_have_ended;
    struct check_result *result;
};

static void violate(struct check *check, const char *law, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void violate(struct check *check, const char *law, const char *format, ...)
{
    struct check_result *result = check->result;
    va_list args;

    if (result->violations++ > 0) return;
    result->law = law;
    va_start(args, format);
    vsnprintf(result->first, sizeof result->first, format, args);
    va_end(args);
}

static const char *state_word(enum tuan_seat_state state)
{
    return tuan_word_text(&tuan_seat_state_words, state);
}

static const char *room_word(const struct book_room *room)
{
    return tuan_word_text(&tuan_room_state_words, room->state);
}

/* ---- rooms ---- */

static bool room_is_live(const struct book_room *room)
{
    return room->state == TUAN_ROOM_OPEN || room->state == TUAN_ROOM_PENDING;
}

static void check_listed(struct check *check, struct book_room *room)
{
    for (size_t i = 0; i < room->listed_count; i++) {
        const struct book_listed *listed = &room->listed[i];
        if (listed->state == TUAN_SEAT_VIRTUAL) continue;
        struct book_seat *seat = book_find_seat(check->book, room->campaign, listed->order);
        if (seat == NULL || !seat->is_acknowledged) {
            if (!room->campaign->is_uncertain)
                violate(check, "seat_one_room",
                        "room %s shows order %s, which was never acknowledged", room->id,
                        listed->order);
        } else if (seat->listed_in != NULL) {
            violate(check, "seat_one_room", "order %s stands in room %s and in room %s",
                    seat->order, seat->listed_in->id, room->id);
        } else {
            seat->listed_in = room;
        }
    }
}

static void check_success(struct check *check, const struct book_room *room)
{
    int64_t least = check->book->min_success > 0 ? check->book->min_success : room->size;
    bool may_be_less =
        room->reason == TUAN_REASON_FORCED || room->reason == TUAN_REASON_DEADLINE_TIER;

    if (room->reason == TUAN_REASON_FULL || room->reason == TUAN_REASON_MERGED) least = room->size;
    if (room->held > 0)
        violate(check, "room_formed", "room %s has formed with %" PRId64 " unpaid seats", room->id,
                room->held);
    else if (!may_be_less && room->paid + room->virtuals < least)
        violate(check, "room_formed",
                "room %s has formed (%s) with %" PRId64 " of %" PRId64 " seats paid", room->id,
                tuan_word_text(&tuan_room_reason_words, room->reason), room->paid, least);
}

static void check_room(struct check *check, struct book_room *room)
{
    struct book_counters *counted = &room->campaign->counted;

    counted->rooms_opened++;
    counted->rooms_open += room_is_live(room);
    counted->rooms_formed += room->state == TUAN_ROOM_FORMED;
    counted->rooms_failed += room->state == TUAN_ROOM_FAILED;
    if (room->fate != BOOK_TOLD) {
        room->campaign->is_uncertain |= room->fate == BOOK_FORGOTTEN;
        check->result->unchecked += room->fate == BOOK_FORGOTTEN;
        if (room->fate != BOOK_FORGOTTEN)
            violate(check, "room_known", "room %s, named in an answer, is not known", room->id);
        return;
    }
    if (room_is_live(room) && check->must_have_ended)
        violate(check, "room_known", "room %s is still %s after its deadline %" PRId64, room->id,
                room_word(room), room->deadline);
    if (room->held + room->paid + room->virtuals > room->size)
        violate(check, "room_capacity",
                "room %s has %" PRId64 " held, %" PRId64 " paid and %" PRId64
                " virtual seats of %" PRId64,
                room->id, room->held, room->paid, room->virtuals, room->size);
    if (room->state == TUAN_ROOM_FORMED) check_success(check, room);
    check_listed(check, room);
}

/* ---- seats and payments ---- */

static bool state_fits_room(enum tuan_seat_state state, const struct book_room *room)
{
    switch (state) {
    case TUAN_SEAT_HELD:
    case TUAN_SEAT_PAID: return room_is_live(room);
    case TUAN_SEAT_SETTLED: return room->state == TUAN_ROOM_FORMED;
    case TUAN_SEAT_RELEASED:
    case TUAN_SEAT_REFUND_DUE: /* late ones belong to rooms of any state */
    case TUAN_SEAT_REFUNDED: return true;
    case TUAN_SEAT_VIRTUAL: break;
    }
    return false;
}

/* Seats that were given back need not be shown; a list of more than 20 is cut. */
static bool must_be_listed(const struct book_seat *seat)
{
    bool is_whole = seat->room->seats_total <= TUAN_STATUS_SEATS_MAX;

    return is_whole && (seat->state == TUAN_SEAT_HELD || seat->state == TUAN_SEAT_PAID ||
                        seat->state == TUAN_SEAT_SETTLED);
}

static void check_place(struct check *check, const struct book_seat *seat)
{
    const struct book_room *room = seat->room;

    if (room == NULL || room->fate != BOOK_TOLD) return;
    if (!state_fits_room(seat->state, room))
        violate(check, "seat_state", "order %s is %s in room %s, which is %s", seat->order,
                state_word(seat->state), room->id, room_word(room));
    if (seat->listed_in != NULL && seat->listed_in != room)
        violate(check, "seat_one_room", "order %s says room %s, but stands in room %s", seat->order,
                room->id, seat->listed_in->id);
    if (seat->listed_in == NULL && must_be_listed(seat))
        violate(check, "seat_one_room", "order %s is %s, but room %s does not show it", seat->order,
                state_word(seat->state), room->id);
}

static void check_payment(struct check *check, const struct book_seat *seat)
{
    int places = seat->refunds;

    if (seat->is_uncertain) return;
    if (seat->state == TUAN_SEAT_SETTLED || seat->state == TUAN_SEAT_PAID) places++;
    if (seat->is_paid && places != 1)
        violate(check, "payment_once",
                "order %s: its payment is in %d places (seat %s, %d refunds)", seat->order, places,
                state_word(seat->state), seat->refunds);
    if (!seat->is_paid && places != 0)
        violate(check, "payment_once", "order %s was never paid, but is %s with %d refunds",
                seat->order, state_word(seat->state), seat->refunds);
}

static void check_seat(struct check *check, struct book_seat *seat)
{
    struct book_counters *counted = &seat->campaign->counted;

    if (seat->is_refused && seat->fate == BOOK_TOLD)
        violate(check, "refused_no_trace", "order %s was refused, but is %s", seat->order,
                state_word(seat->state));
    if (!seat->is_acknowledged) return;
    counted->seats_held++;
    if (seat->fate != BOOK_TOLD) {
        seat->campaign->is_uncertain |= seat->fate == BOOK_FORGOTTEN;
        check->result->unchecked += seat->fate == BOOK_FORGOTTEN;
        if (seat->fate != BOOK_FORGOTTEN)
            violate(check, "seat_known", "order %s of user %s, acknowledged, is not known",
                    seat->order, seat->user->id);
        return;
    }
    check_place(check, seat);
    check_payment(check, seat);
}

/* ---- refunds ---- */

static bool refund_fits(const struct book_refund *refund, const struct book_seat *seat)
{
    bool is_failed = seat->room != NULL && seat->room->state == TUAN_ROOM_FAILED;

    if (refund->reason == TUAN_REFUND_ROOM_FAILED) return is_failed;
    return refund->reason == TUAN_REFUND_LATE; /* nothing else can befall a replay's payment */
}

static void check_refund(struct check *check, const struct book_refund *refund)
{
    struct book_seat *seat = book_find_seat(check->book, refund->campaign, refund->order);
    const char *reason = tuan_word_text(&tuan_refund_reason_words, refund->reason);

    refund->campaign->counted.refunds_due++;
    if (seat == NULL) {
        violate(check, "refund_owed", "refund %s is owed to order %s, which nobody sent",
                refund->id, refund->order);
        return;
    }
    seat->refunds++;
    if (seat->is_uncertain) return;
    if (!seat->is_paid)
        violate(check, "refund_owed", "refund %s (%s) is owed to order %s, which did not pay",
                refund->id, reason, seat->order);
    else if (refund->amount != seat->amount)
        violate(check, "refund_owed", "refund %s owes %" PRId64 " to order %s, which paid %" PRId64,
                refund->id, refund->amount, seat->order, seat->amount);
    else if (seat->fate == BOOK_TOLD && !refund_fits(refund, seat))
        violate(check, "refund_owed", "refund %s says %s, but the room of order %s is %s",
                refund->id, reason, seat->order,
                seat->room == NULL ? "none" : room_word(seat->room));
}

/* ---- counters ---- */

static void check_counter(struct check *check, const struct book_campaign *campaign,
                          const char *name, int64_t told, int64_t least, int64_t most)
{
    if (told >= least && told <= most) return;
    violate(check, "counters", "campaign %s says %s %" PRId64 ", counted were %" PRId64,
            campaign->id, name, told, least);
}

/* A payment brings a seat to life once, also if it was for a seat released before; then it was
 * released as well. */
static void count_seat_ends(struct book *book)
{
    for (struct book_seat *seat = book->seats; seat != NULL; seat = seat->next)
        if (seat->is_acknowledged && seat->fate == BOOK_TOLD)
            seat->campaign->counted.seats_released += seat->state == TUAN_SEAT_RELEASED;
}

static void count_payments(struct book *book)
{
    for (struct book_seat *seat = book->seats; seat != NULL; seat = seat->next)
        seat->campaign->counted.seats_paid += seat->is_paid;
    for (struct book_refund *refund = book->refunds; refund != NULL; refund = refund->next) {
        if (refund->reason != TUAN_REFUND_LATE)
            continue; /* late: refunded without taking a seat again, which had been released */
        refund->campaign->counted.seats_paid--;
        refund->campaign->counted.seats_released++;
    }
}

static void check_campaign(struct check *check, const struct book_campaign *campaign)
{
    const struct book_counters *told = &campaign->told, *counted = &campaign->counted;

    if (campaign->wants_put) return; /* it could never be made */
    if (campaign->fate != BOOK_TOLD) {
        violate(check, "counters", "campaign %s is not known", campaign->id);
        return;
    }
    if (campaign->is_uncertain) return;
#define CHECK_COUNTER(name)                                                                        \
    check_counter(check, campaign, #name, told->name, counted->name, counted->name)
    CHECK_COUNTER(rooms_opened);
    CHECK_COUNTER(rooms_open);
    CHECK_COUNTER(rooms_formed);
    CHECK_COUNTER(rooms_failed);
    CHECK_COUNTER(seats_held);
    CHECK_COUNTER(seats_paid);
    CHECK_COUNTER(refunds_due);
#undef CHECK_COUNTER
    check_counter(check, campaign, "seats_released", told->seats_released, counted->seats_released,
                  counted->seats_released + campaign->late_payments);
}

static void reset_marks(struct book *book)
{
    for (struct book_campaign *campaign = book->campaigns; campaign != NULL;
         campaign = campaign->next)
        campaign->counted = (struct book_counters){0};
    for (struct book_seat *seat = book->seats; seat != NULL; seat = seat->next) {
        seat->listed_in = NULL;
        seat->refunds = 0;
    }
}

void check_book(struct book *book, bool must_have_ended, struct check_result *result)
{
    struct check check = {book, must_have_ended, result};

    *result = (struct check_result){.law = ""};
    reset_marks(book);
    for (struct book_room *room = book->rooms; room != NULL; room = room->next)
        check_room(&check, room);
    for (struct book_refund *refund = book->refunds; refund != NULL; refund = refund->next)
        check_refund(&check, refund);
    for (struct book_seat *seat = book->seats; seat != NULL; seat = seat->next)
        check_seat(&check, seat);
    count_seat_ends(book);
    count_payments(book);
    for (struct book_campaign *campaign = book->campaigns; campaign != NULL;
         campaign = campaign->next)
        check_campaign(&check, campaign);
}
