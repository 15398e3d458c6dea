/* SPDX-License-Identifier: BSD-2-Clause */
/* replay_book.h - what a replay was told: by each answer while it ran, and by the daemon's books at
 * the end.
 *
 * Two halves stand in each entry: what was acknowledged to us, and (`told`) what the daemon says
 * afterwards. replay_check.h compares them. The book owns its entries; pointers live as long as the
 * book. */
#ifndef TUAN_TOOL_REPLAY_BOOK_H
#define TUAN_TOOL_REPLAY_BOOK_H

#include <stdbool.h>

#include "base/map.h"
#include "base/pool.h"
#include "proto/schema.h"

#define BOOK_ID_MAX (TUAN_ID_MAX + 1)

enum book_fate {
    BOOK_UNASKED, /* not asked yet */
    BOOK_TOLD,
    BOOK_FORGOTTEN, /* it ended more than keep_ms ago: the daemon may have dropped it */
    BOOK_MISSING,   /* the daemon does not know it, and should */
};

struct book_counters {
    int64_t rooms_open, rooms_opened, rooms_formed, rooms_failed;
    int64_t seats_held, seats_paid, seats_released, refunds_due;
};

struct book_campaign {
    char id[BOOK_ID_MAX];
    struct book_campaign *next;
    struct book_room *last_room; /* the one touched last */
    uint32_t put_msgid;          /* of its CAMPAIGN.PUT in flight */
    bool wants_put;              /* that was refused, but may succeed later */
    bool is_uncertain;           /* an outcome in it is not known: its counters prove nothing */
    int64_t late_payments;       /* payments answered after their hold's end: the seat may have been
                                    released before */
    enum book_fate fate;
    struct book_counters told;
    struct book_counters counted; /* by the checker, from seats, rooms and refunds */
};

struct book_listed { /* a seat in a room's status */
    char order[BOOK_ID_MAX];
    enum tuan_seat_state state;
};

struct book_room {
    char id[TUAN_RID_CHARS + 1];
    struct book_room *next;
    struct book_campaign *campaign;
    enum book_fate fate;
    enum tuan_room_state state;
    enum tuan_room_reason reason;
    int64_t size, paid, held, virtuals, opened_at, ended_at, deadline;
    int64_t seats_total;
    struct book_listed *listed; /* the status shows the first 20 */
    size_t listed_count;
};

struct book_seat {
    char order[BOOK_ID_MAX];
    struct book_seat *next;
    struct book_seat *next_hold; /* among its user's holds */
    struct book_user *user;
    struct book_campaign *campaign;
    struct book_room *room; /* as answered last; at the end, as told */
    int64_t hold_until;
    bool is_acknowledged; /* the daemon answered with this seat */
    bool is_refused;      /* its request was refused: there must be no seat */
    bool is_uncertain;    /* the outcome of its payment is not known */
    bool is_paid;         /* a payment was acknowledged */
    int64_t amount;       /* of that payment */
    enum book_fate fate;
    enum tuan_seat_state state;  /* told */
    struct book_room *listed_in; /* by the checker */
    int refunds;                 /* by the checker */
};

struct book_user {
    char id[BOOK_ID_MAX];
    struct book_user *next;
    int marks;                     /* the report's */
    struct book_seat *holds;       /* seats not paid yet, newest first; may have expired */
    struct replay_action *actions; /* what he is doing and will do, in order: replay_drive.c */
    struct replay_action **actions_tail;
};

struct book_refund {
    char id[TUAN_RID_CHARS + 1];
    struct book_refund *next;
    struct book_campaign *campaign;
    char order[BOOK_ID_MAX], user[BOOK_ID_MAX], room[TUAN_RID_CHARS + 1];
    enum tuan_refund_reason reason;
    int64_t amount;
};

struct book {
    struct pool pool;
    struct map campaign_by_id, room_by_id, seat_by_order,
        user_by_id; /* orders are unique in their campaign */
    struct book_campaign *campaigns;
    struct book_room *rooms;
    struct book_seat *seats;
    struct book_user *users;
    struct book_refund *refunds;
    int64_t campaign_count, room_count, seat_count, user_count, refund_count;
    int64_t size, min_success; /* of every campaign; min_success 0: size */
};

void book_init(struct book *book, int64_t size, int64_t min_success);
void book_free(struct book *book);

/* Find or make. The ids must be valid and are copied. */
struct book_campaign *book_campaign(struct book *book, const char *id);
struct book_room *book_room(struct book *book, struct book_campaign *campaign, const char *id);
struct book_seat *book_seat(struct book *book, struct book_campaign *campaign, const char *order,
                            struct book_user *user);
struct book_user *book_user(struct book *book, const char *id);

/* Find, or NULL. */
struct book_campaign *book_find_campaign(const struct book *book, const char *id);
struct book_room *book_find_room(const struct book *book, const char *id);
struct book_seat *book_find_seat(const struct book *book, const struct book_campaign *campaign,
                                 const char *order);

struct book_refund *book_add_refund(struct book *book, struct book_campaign *campaign,
                                    const char *id);
/* Replaces what was listed before; the items are then the caller's to fill. */
void book_list_seats(struct book *book, struct book_room *room, size_t count);

#endif
