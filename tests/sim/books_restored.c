/* SPDX-License-Identifier: BSD-2-Clause */
/* books_restored.c - a campaign that comes back as it was dumped, with its rooms, seats, payments
 * and refunds. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "tests/sim/books_impl.h"

/* Nothing is left of what was known of it. */
static void restore_campaign(struct books *books, struct tuan_str name)
{
    struct books_payment *payment;
    struct books_order *order;
    struct books_room *room;

    books_put_campaign(books, name);
    struct books_campaign *campaign = books_campaign(books, name);
    campaign->was_dropped = campaign->was_restored = true;
    for (size_t cursor = 0; (room = map_next(&books->rooms, &cursor)) != NULL;)
        if (room->campaign == campaign && !room->is_dropped)
            books_flaw(books, "%s: restored beside a room of it", campaign->name);
    for (size_t cursor = 0; (payment = map_next(&books->payments, &cursor)) != NULL;)
        if (payment->campaign == campaign) payment->place = PLACE_FORGOTTEN;
    for (size_t cursor = 0; (order = map_next(&books->orders, &cursor)) != NULL;)
        if (order->room != NULL && order->room->campaign == campaign)
            books_flaw(books, "%s: restored beside a seat of it", order->name);
}

static void restore_payment(struct books *books, const char *order, struct tuan_str name,
                            struct books_payment entry)
{
    struct books_payment *payment = books_make_payment(books, order, name);

    payment->place = entry.place;
    payment->room = entry.room;
    payment->refund = entry.refund;
    payment->is_acked = entry.is_acked;
}

static void restore_seat(struct books *books, struct books_room *room,
                         const struct tuan_seat_record *record)
{
    struct books_order *order = books_make_order(
        books, (struct tuan_str){room->campaign->name, (uint32_t)strlen(room->campaign->name)},
        record->order);
    enum tuan_seat_state state = (enum tuan_seat_state)record->state;
    bool is_paid = state == TUAN_SEAT_PAID || state == TUAN_SEAT_SETTLED;

    if (room->seat_count == BOOKS_SEATS_MAX) {
        books_flaw(books, "%s: a seat number is out of turn", order->name);
        return;
    }
    if (state == TUAN_SEAT_REFUNDED) state = TUAN_SEAT_REFUND_DUE; /* as seat_is_refunded has it */
    room->seats[room->seat_count++] = (struct books_seat){state, order};
    order->seats += order->seats == 0;
    room->paid += is_paid;
    if (is_paid && record->payment.len > 0)
        restore_payment(books, order->name, record->payment,
                        (struct books_payment){.place = PLACE_SEAT, .room = room->id});
    if (!is_paid && state != TUAN_SEAT_HELD) return;
    if (++room->taken > room->size) books_flaw(books, "%s: a room is over-filled", order->name);
    if (record->forgotten) return;
    if (order->room != NULL) books_flaw(books, "%s: two living seats of one order", order->name);
    order->room = room;
}

static void restore_room(struct books *books, const struct tuan_room_record *record)
{
    struct books_campaign *campaign = books_campaign(books, record->campaign);
    struct books_room *room = books_room(books, record->room);

    if (campaign == NULL || !campaign->was_restored || (room != NULL && !room->is_dropped)) {
        books_flaw(books, "a room is restored that is here, or without its campaign");
        return;
    }
    if (room == NULL) {
        room = mem_zalloc(sizeof *room);
        room->id = record->room;
        map_insert(&books->rooms, books_hash_rid(room->id), room);
    }
    *room = (struct books_room){.id = record->room,
                                .campaign = campaign,
                                .version = record->version,
                                .size = record->size,
                                .state = (enum tuan_room_state)record->state,
                                .was_full = true, /* for all that is known */
                                .ended_ms = record->ended_at};
    const struct tuan_seat_record *seats = record->seats.items;
    for (uint32_t i = 0; i < record->seats.count; i++)
        restore_seat(books, room, &seats[i]);
}

static void restore_refund(struct books *books, const struct tuan_refund_record *record)
{
    char order[2 * BOOKS_NAME_MAX];

    if (record->payment.len == 0) return;
    snprintf(order, sizeof order, "%.*s %.*s", STR(record->campaign), STR(record->order));
    restore_payment(books, order, record->payment,
                    (struct books_payment){.place = PLACE_REFUND,
                                           .room = record->room,
                                           .refund = record->refund,
                                           .is_acked = record->acked_at > 0});
}

void books_restore(struct books *books, const struct tuan_record_restored_fact *fact)
{
    books->has_restored = true;
    if (fact->campaigns.count == 1) restore_campaign(books, fact->campaign);
    if (fact->rooms.count == 1) restore_room(books, fact->rooms.items);
    if (fact->refunds.count == 1) restore_refund(books, fact->refunds.items);
}
