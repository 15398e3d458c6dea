/* SPDX-License-Identifier: BSD-2-Clause */
/* journal.h - what was asked and what was acknowledged: each order's seat, each room's name.
 *
 * The generator's own books, kept from the answers alone; verify.h holds them against what the
 * server says afterwards. An order's number is its index. Times of seats are ms of the server's
 * clock, relative to base_ms. */
#ifndef TUAN_LOAD_JOURNAL_H
#define TUAN_LOAD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "bench/wire/op.h"

enum journal_fate {
    JOURNAL_ASKED,     /* no answer yet */
    JOURNAL_SEATED,    /* acknowledged */
    JOURNAL_REFUSED,   /* certainly not seated */
    JOURNAL_UNCERTAIN, /* cut, timed out, or UNKNOWN: may be seated or not */
};

struct journal_seat {
    uint32_t room; /* as answered last */
    uint32_t campaign;
    uint32_t from_ms, until_ms; /* certainly his from the answer until here (UINT32_MAX: paid) */
    uint8_t fate;
    bool is_paid;        /* a payment was acknowledged with a seat */
    bool is_given_back;  /* cancelled by us */
    bool is_pay_unknown; /* the outcome of a payment or cancellation is not known */
    uint8_t told;        /* rooms that show this order, as the check found */
    bool is_told_live;   /* shown as held, paid, settled */
    bool is_told_money;  /* shown as paid, settled, refund_due, refunded */
};

struct journal_room {
    char id[ROOM_ID_MAX];
    uint32_t campaign;
    uint32_t size;       /* as told in answers; 0: not told yet */
    uint32_t seats;      /* acknowledged ones */
    uint8_t state;       /* enum tuan_room_state, as answered last; 0: not told */
    int64_t deadline_ms; /* 0: not told */
    bool is_told;        /* the check has read it */
    bool is_forgotten;   /* the server says it knows no such room */
    uint32_t told_live, told_settled;
};

struct journal_counts { /* of one campaign, by our books */
    int64_t seated, seats_uncertain, paid, pays_uncertain, rooms;
};

struct journal {
    struct journal_seat *seats;
    uint64_t seat_count, seat_cap;
    struct journal_room *rooms;
    uint32_t room_count, room_cap;
    struct map room_by_id; /* of index + 1 as a pointer */
    struct journal_counts *campaigns;
    uint32_t campaign_count;
    int64_t base_ms;
};

void journal_init(struct journal *journal, uint32_t campaigns, int64_t base_ms);
void journal_free(struct journal *journal);

/* A new order in that campaign; its number. */
uint64_t journal_add(struct journal *journal, uint32_t campaign);

/* Find or make. The id has 1 to ROOM_ID_MAX bytes. */
uint32_t journal_room(struct journal *journal, struct tuan_str id, uint32_t campaign);
/* NO_ROOM: not known. */
uint32_t journal_find_room(const struct journal *journal, struct tuan_str id);

/* Acknowledged: seated in that room, certainly until then (server's ms; INT64_MAX: paid). */
void journal_seat(struct journal *journal, uint64_t order, uint32_t room, int64_t now_ms,
                  int64_t until_ms);
void journal_refuse(struct journal *journal, uint64_t order);
void journal_doubt(struct journal *journal, uint64_t order);
void journal_pay(struct journal *journal, uint64_t order, int64_t now_ms);
void journal_doubt_pay(struct journal *journal, uint64_t order);
void journal_give_back(struct journal *journal, uint64_t order, int64_t now_ms);

#endif
