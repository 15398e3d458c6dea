/* SPDX-License-Identifier: BSD-2-Clause */
/* impl.h - the naive engine's state, shared by its files. */
#ifndef TUAN_TESTS_NAIVE_IMPL_H
#define TUAN_TESTS_NAIVE_IMPL_H

#include "naive.h"

enum { SEATS_SHOWN = TUAN_STATUS_SEATS_MAX, REPLY_LIST_MAX = 1024, LIFE_MAX = 512 };
#define DAY_MS   INT64_C(86400000)
#define FAR_AWAY INT64_MAX

struct n_request { /* what an order stands for */
    enum tuan_cmd command;
    struct tuan_id room;
    struct tuan_str campaign, user;
    int64_t qty, tier;
};

struct n_seat {
    int64_t n; /* from 1 */
    struct n_request request;
    struct tuan_str user, order;
    int64_t state, role, joined_at, taken; /* taken: counts all seats, for "newest first" */
    int64_t qty, hold_until, release_at;
    int64_t ended_at, released;
    int64_t price, tier, cut;
    int64_t paid_at, amount;
    bool has_price, has_amount, has_cut, has_paid_at, amount_differs;
    struct tuan_str payment;
    struct tuan_id rerouted_from;
    struct tuan_str profile, referrer, referrer2, channel;
    int64_t new_user, level;
    struct tuan_tags tags;
    int64_t quota;             /* pieces it holds of the quota */
    int64_t tier_back;         /* difference owed at the deadline */
    bool opened;               /* counts as opening, wherever it moved */
    bool is_free;              /* no payment is asked */
    bool is_forgotten;         /* not found by its order */
    struct tuan_id moved_from; /* by a merge: where refunds of its order have stayed */
    int64_t moved_from_n;
    bool was_in; /* in the room when it ended */
    bool was_drawn, won;
};

struct n_campaign;

struct n_room {
    struct tuan_id id;
    struct n_campaign *campaign;
    struct tuan_rules rules;
    int64_t revision;
    int64_t state, reason, size, version, opened_at, started_at, deadline, ended_at;
    int64_t tier, tier_price, virtuals, quota;
    bool listed, is_cut_short, is_drawn, is_gone;
    int64_t paid_end; /* weights that it ended with */
    unsigned char seed[32];
    bool has_seed;
    struct tuan_id merged_into;
    struct tuan_str note;
    struct n_seat *seats;
    size_t seat_count, seat_room;
    struct tuan_life *life;
    size_t life_count, life_room;
};

struct n_refund {
    struct tuan_id id;
    struct n_campaign *campaign;
    struct tuan_id room; /* none: unmatched */
    int64_t n;
    struct tuan_str order, user, payment, ref;
    int64_t reason, amount, at, acked_at, forget_at;
    int64_t asked; /* SEAT.REFUND: the amount as given, -1 if none */
    bool is_acked, is_gone, of_seat;
};

struct n_used { /* what a user's forgotten seats still count */
    struct tuan_str user;
    int64_t opens, joins, qty;
};

struct n_campaign {
    struct tuan_str id;
    struct tuan_rules sent, rules; /* as given; with what follows from other parameters */
    int64_t revision, close_rooms, end_told;
    bool is_closed, is_dropped, has_end_told;
    int64_t opened, formed, failed, merged, held, paid, released, due, acked, quota_used;
    struct tuan_failures failures;
    int64_t members_new, members_old, referred, amount, amount_referred;
    int64_t *fills;
    size_t fill_count, fill_room;
    struct n_used *used;
    size_t used_count, used_room;
};

struct naive {
    int64_t now;
    struct n_campaign **campaigns;
    struct n_room **rooms;
    struct n_refund **refunds;
    size_t campaign_count, campaign_room, room_count, room_room, refund_count, refund_room;
    int64_t taken;
    const struct tuan_fact *const *facts;
    size_t fact_count, fact_at;
    const struct tuan_command *command;
    const struct tuan_rooms *list_shown;
    struct tuan_id suggestion_shown;
    struct tuan_str order_shown;
    enum tuan_err err_shown;
    const struct n_refund *owed; /* by this SEAT.PAY */
    const struct tuan_user_seats *seats_shown;
    const struct n_seat *leaving; /* a late payer's old seat: its order may go elsewhere */
    struct tuan_reply reply;
    union {
        struct tuan_seat seat;
        struct tuan_room room;
        struct tuan_rooms rooms;
        struct tuan_refund refund;
        struct tuan_refunds refunds;
        struct tuan_campaign campaign;
        struct tuan_campaigns campaigns;
        struct tuan_user_seats user_seats;
        struct tuan_room_seats room_seats;
        struct tuan_stats stats;
    } body;
    struct tuan_failures failures;
    struct tuan_percentiles percentiles;
    struct tuan_seat *seat_list;
    struct tuan_room *room_list;
    struct tuan_room_seat *room_seat_list;
    struct tuan_refund *refund_list;
    struct tuan_campaign *campaign_list;
    struct tuan_winner *winner_list;
    size_t room_seats_used, winners_used, refunds_used;
    char hex[REPLY_LIST_MAX][2][65];
    size_t hex_used;
    char flaw[512];
};

void n_flaw(struct naive *naive, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A longer array: *items has space for one more afterwards. */
void *n_grown(void *items, size_t count, size_t *room, size_t size);

/* ---- names.c: finding things ---- */
bool n_same(struct tuan_str a, struct tuan_str b);
struct n_campaign *n_find_campaign(const struct naive *naive, struct tuan_str id);
struct n_room *n_find_room(const struct naive *naive, struct tuan_id id);
struct n_refund *n_find_refund(const struct naive *naive, struct tuan_id id);
struct n_spot { /* a seat and its room */
    struct n_room *room;
    struct n_seat *seat;
};
struct n_spot n_find_order(const struct naive *naive, const struct n_campaign *campaign,
                           struct tuan_str order);
bool n_is_stray(const struct naive *naive, const struct n_campaign *campaign,
                struct tuan_str order);
struct tuan_str n_tag_value(struct tuan_tags tags, struct tuan_str name);
bool n_is_live(const struct n_seat *seat);
bool n_is_alive(const struct n_room *room); /* pending or open */
/* Its time is over, though it may be kept longer: its orders are forgotten. */
bool n_is_past(const struct naive *naive, const struct n_room *room);
int64_t n_weight(const struct n_room *room, int64_t qty);
int64_t n_held_of(const struct n_room *room);
int64_t n_paid_of(const struct n_room *room);
int64_t n_free_of(const struct n_room *room);
struct n_seat *n_leader_of(const struct n_room *room);
int64_t n_live_seats(const struct n_room *room);
int64_t n_user_seats_in(const struct n_room *room, struct tuan_str user); /* live ones */
int64_t n_seat_amount(const struct n_seat *seat);
/* Is it the seat's, or one that its order had before it moved here? */
bool n_refund_is_of(const struct n_refund *refund, struct n_spot spot);
int64_t n_refunds_open(const struct naive *naive, const struct n_room *room);
struct n_limits {
    int64_t opens, joins, qty, unpaid;
};
struct n_limits n_limits_of(const struct naive *naive, const struct n_campaign *campaign,
                            struct tuan_str user);

/* ---- facts.c: each fact is told once and must be the engine's next ---- */
const struct tuan_fact *n_next_fact(struct naive *naive); /* NULL: none is left */
/* A fact about a room: its version counts it. Ids that the engine drew are taken from its fact. */
void n_tell(struct naive *naive, struct n_room *room, struct tuan_fact *fact);
struct tuan_fact n_begin_fact(enum tuan_fact_type type);
struct tuan_life *n_add_life(struct naive *naive, struct n_room *room, int64_t event);

/* ---- rules.c, zone.c ---- */
void n_rules_complete(struct tuan_rules *rules);
bool n_rules_are_bad(const struct tuan_rules *rules, bool is_new, int64_t now);
/* The first moment strictly after `after` when clocks in that zone show HH:MM. */
int64_t n_zone_next(struct tuan_str zone, struct tuan_str cutoff, int64_t after);
bool n_zone_is_known(struct tuan_str zone);

/* ---- campaign.c ---- */
void n_campaign_put(struct naive *naive);
void n_campaign_get(struct naive *naive);
void n_campaign_list(struct naive *naive);
void n_campaign_close(struct naive *naive);
void n_campaign_drop(struct naive *naive);
void n_campaign_stats(struct naive *naive);

/* ---- take.c, match.c ---- */
void n_take_seat(struct naive *naive);
struct n_wish { /* who looks for a room */
    struct n_campaign *campaign;
    struct tuan_str user;
    int64_t qty, tier;
    struct tuan_tags tags;
    bool only_run_on, any_tags;
    bool pays; /* he has paid: not where nothing is owed */
    struct tuan_id not_room;
};
bool n_room_takes(const struct naive *naive, const struct n_room *room, const struct n_wish *wish);
bool n_may_be_next(const struct n_campaign *campaign, struct n_room *const *rooms, size_t count,
                   const struct n_room *room);
/* The rooms that matching may take: several where the policy is spread. Their number. */
size_t n_pick_rooms(const struct naive *naive, const struct n_wish *wish,
                    struct n_room *picks[REPLY_LIST_MAX]);
/* One of them: the one shown, if it is. */
struct n_room *n_pick_room(const struct naive *naive, const struct n_wish *wish,
                           struct tuan_id shown);
struct n_seat *n_seat_add(struct n_room *room);
void n_set_hold(const struct naive *naive, const struct n_room *room, struct n_seat *seat,
                int64_t hold);
void n_seat_put(struct naive *naive, struct n_room *room, struct n_seat *seat);
/* Is there quota for so many pieces more? */
bool n_has_quota(const struct n_campaign *campaign, int64_t more);

/* ---- room.c: how rooms start, form, fail ---- */
void n_room_start(struct naive *naive, struct n_room *room);
void n_room_set_deadline(struct n_room *room, int64_t start);
void n_room_form(struct naive *naive, struct n_room *room, int64_t reason, struct tuan_str note);
void n_room_fail(struct naive *naive, struct n_room *room, int64_t reason, struct tuan_str note);
void n_room_full_forms(struct naive *naive, struct n_room *room);
void n_room_follow(struct naive *naive, struct n_room *room, struct n_seat *gone, int64_t reason);
void n_room_lead(struct naive *naive, struct n_room *room);
void n_room_end_holds(struct naive *naive, struct n_room *room);
void n_seat_release(struct naive *naive, struct n_room *room, struct n_seat *seat, int64_t why,
                    struct tuan_str reason);
struct n_owed {
    int64_t n, reason, amount;
    struct tuan_str order, user, payment;
    int64_t paid_at;
    bool has_paid_at, of_seat;
    int64_t quota;
};
struct n_refund *n_refund_owe(struct naive *naive, struct n_campaign *campaign, struct n_room *room,
                              const struct n_owed *owed);
void n_room_due(struct naive *naive, struct n_room *room); /* its deadline has come */

/* ---- merge.c ---- */
bool n_room_merges(struct naive *naive, struct n_room *due); /* has anyone moved? */
struct n_room *n_merge_first_target(struct naive *naive, struct n_room *due);

/* ---- pay.c, seat.c ---- */
void n_seat_pay(struct naive *naive);
void n_seat_cancel(struct naive *naive);
void n_seat_leave(struct naive *naive);
void n_seat_refund(struct naive *naive);
void n_refund_ack(struct naive *naive);
void n_room_by_hand(struct naive *naive); /* ROOM.FORM and ROOM.DISSOLVE */

/* ---- due.c ---- */
void n_room_drop(struct naive *naive, struct n_room *room);

/* ---- answer.c, read.c: replies ---- */
void n_refuse(struct naive *naive, enum tuan_err err);
void n_refuse_room(struct naive *naive, enum tuan_err err, const struct n_room *room);
void n_answer(struct naive *naive, const struct tuan_message *message);
void n_answer_seat(struct naive *naive, struct n_spot spot, bool is_again);
void n_answer_stray(struct naive *naive, struct n_campaign *campaign, struct tuan_str order,
                    bool is_again);
void n_answer_room(struct naive *naive, const struct n_room *room);
void n_answer_campaign(struct naive *naive, const struct n_campaign *campaign);
void n_fill_seat(struct naive *naive, struct n_spot spot, struct tuan_seat *out);
void n_fill_room(struct naive *naive, const struct n_room *room, struct tuan_room *out);
void n_fill_room_seat(const struct n_seat *seat, struct tuan_room_seat *out);
void n_fill_virtual(const struct n_room *room, int64_t n, struct tuan_room_seat *out);
void n_fill_refund(const struct n_refund *refund, struct tuan_refund *out);
void n_fill_campaign(const struct naive *naive, const struct n_campaign *campaign,
                     struct tuan_campaign *out);
void n_room_get(struct naive *naive);
void n_room_mget(struct naive *naive);
void n_room_seats(struct naive *naive);
void n_room_list(struct naive *naive);
void n_seat_get(struct naive *naive);
void n_user_seats(struct naive *naive);
void n_refund_list(struct naive *naive);

#endif
