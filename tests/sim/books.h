/* SPDX-License-Identifier: BSD-2-Clause */
/* books.h - one partition's facts, kept by an accountant who has never seen the engine.
 *
 * Rooms, seats, orders and payments as the facts of the log tell them, each fact held against the
 * promises: no room is over-filled, an order has one living seat, a payment stands in exactly one
 * of {seat, refund}, a room ends once. A flaw is kept and told by whoever looks.
 */
#ifndef TUAN_TESTS_SIM_BOOKS_H
#define TUAN_TESTS_SIM_BOOKS_H

#include "base/map.h"
#include "proto/schema.h"

enum { BOOKS_SEATS_MAX = 64, BOOKS_NAME_MAX = 24 };

struct books_seat {
    enum tuan_seat_state state;
    struct books_order *order;
};

enum { BOOKS_KEEP_MS = 60000 }; /* keep_ms of all campaigns */

struct books_campaign {
    char name[BOOKS_NAME_MAX];
    bool is_put;       /* and not forgotten since */
    bool is_dropped;   /* nobody is told of it, or of what it keeps; until it is forgotten */
    bool was_dropped;  /* ever */
    bool was_restored; /* ever: what anybody was told of it before is of a life that is over */
};

struct books_room {
    struct tuan_id id;
    struct books_campaign *campaign;
    int64_t version; /* how many facts named it */
    int64_t size, taken, paid;
    enum tuan_room_state state;
    bool was_full; /* ever */
    bool is_dropped;
    int64_t ended_ms;
    struct books_seat seats[BOOKS_SEATS_MAX];
    uint32_t seat_count;
};

/* An order of a campaign: `campaign order`. */
struct books_order {
    char name[2 * BOOKS_NAME_MAX];
    struct books_room *room; /* of its living seat; NULL: it has none */
    int64_t seats;           /* how many it was ever given */
};

enum books_place { PLACE_NONE, PLACE_SEAT, PLACE_REFUND, PLACE_FORGOTTEN };
struct books_payment { /* `campaign order payment` */
    char name[3 * BOOKS_NAME_MAX];
    struct books_campaign *campaign;
    enum books_place place;
    struct tuan_id room; /* of the seat, or that the refund is of */
    struct tuan_id refund;
    bool is_acked; /* the refund is settled */
};

struct books {
    struct map campaigns, rooms, orders, payments;
    int64_t now_ms;    /* as the facts tell it */
    int64_t events;    /* that the facts so far must have made */
    bool has_restored; /* some campaign came back, ever */
    char flaw[160];
};

void books_init(struct books *books);
void books_free(struct books *books);
void books_enter(struct books *books, const struct tuan_fact *fact);

/* NULL: never heard of. */
struct books_campaign *books_campaign(const struct books *books, struct tuan_str campaign);
struct books_room *books_room(const struct books *books, struct tuan_id id);
struct books_order *books_order(const struct books *books, struct tuan_str campaign,
                                struct tuan_str order);
struct books_payment *books_payment(const struct books *books, struct tuan_str campaign,
                                    struct tuan_str order, struct tuan_str payment);
/* NULL: it is owed no more, or never was. */
struct books_payment *books_refund(const struct books *books, struct tuan_id refund);
/* The name of the feed event that a fact makes; NULL: none. */
const char *books_event(const struct tuan_fact *fact, bool tells_seats);

#endif
