/* SPDX-License-Identifier: BSD-2-Clause */
/* model.h - what an engine holds: campaigns, rooms, seats, members, refunds, and the indexes over
 * them.
 *
 * Private to lib/engine. Records (campaign, room, member, refund) are what the snapshot stores; all
 * else here is derived from them: while e->loading is set only records change, and engine_load_end
 * builds the rest. Only evolve*.c writes records; deciders (campaign.c, join.c, pay.c, room.c, …)
 * read and emit facts.
 *
 * Memory: objects live in e->pool. What a fact removes goes to the graveyard and is freed when the
 * outbox is drained, so that facts may point into it until then.
 */
#ifndef TUAN_ENGINE_MODEL_H
#define TUAN_ENGINE_MODEL_H

#include "base/arena.h"
#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/tree.h"
#include "base/wheel.h"
#include "engine/engine.h"

struct record {
    struct list dirty;    /* in e->dirty while it differs from what is stored */
    uint64_t at;          /* the batch that touched it last */
    uint64_t first_dirty; /* the batch that touched it first since it was captured */
    enum engine_kind kind;
    bool is_tombstone; /* a struct tombstone, of what `kind` says */
};

/* What is left of a deleted record until the snapshot has heard of it. */
struct tombstone {
    struct record record;
    struct tuan_str key;
};

enum { UNPAID_COUNTS_MS = 24 * 60 * 60 * 1000 }; /* how long a hold let expire counts */

enum timer_kind { TIMER_HOLD, TIMER_ROOM, TIMER_REFUND, TIMER_CAMPAIGN };
struct timer {
    struct wheel_node node;
    enum timer_kind kind;
};

/* Why rooms fail, as they are counted: see failure_of. */
enum failure {
    FAILURE_DEADLINE,
    FAILURE_CAMPAIGN_END,
    FAILURE_LEADER_UNPAID,
    FAILURE_LEADER_LEFT,
    FAILURE_DISSOLVED,
    FAILURE_COUNT
};

/* One revision of a campaign's rules; kept while it is the newest or a room lives under it. */
struct revision {
    struct list link; /* in campaign->revisions, newest first */
    int64_t number;
    int64_t rooms; /* rooms that point here */
    struct tuan_rules rules;
    struct tuan_str zone; /* the offsets of rules.cutoff_zone: see zone.h */
};

struct campaign {
    struct record record;
    struct tree_node by_id;
    struct tuan_str id;
    struct list revisions; /* empty: only its id is known yet (while loading) */
    bool is_closed;
    enum tuan_close_rooms close_rooms;
    bool is_ended;   /* its end_at has come and was told */
    bool is_dropped; /* nobody sees it any more; what it keeps is forgotten piece by piece */
    int64_t rooms_opened, rooms_formed, rooms_failed, rooms_merged;
    int64_t failed[FAILURE_COUNT];
    int64_t seats_held, seats_paid, seats_released;
    int64_t refunds_due, refunds_acked;
    int64_t quota_used;
    int64_t members_new, members_old, referred, amount, amount_referred; /* of formed seats */
    struct fill *fill; /* NULL: no room has formed */
    /* derived */
    int64_t rooms_live;     /* pending and open */
    struct tree live;       /* live rooms, oldest first */
    struct list ended;      /* the others, by their ends */
    struct list closing;    /* in e->closing while rooms wait to be failed by CAMPAIGN.CLOSE, or in
                             * e->dropping */
    struct list shelves;    /* joinable rooms: see shelf.h */
    struct list groups;     /* rooms that can be merged: see mates.h */
    struct tree refunds;    /* open refunds, oldest first */
    struct list strays;     /* refunds that belong to no room */
    struct list bases;      /* what its users' forgotten seats still count */
    struct timer timer;     /* end_at */
    struct tuan_id *ticker; /* its newest formed rooms, newest first: ticker.c */
    uint32_t ticker_count, ticker_cap;
};

struct room {
    struct record record;
    struct tuan_id id;
    struct campaign *campaign;
    struct revision *revision; /* may be NULL while loading */
    int64_t revision_number;
    enum tuan_room_state state;
    enum tuan_room_reason reason; /* 0 while it lives */
    struct tuan_str note;         /* an operator's reason */
    bool is_listed;
    bool ends_campaign;        /* the deadline is the campaign's end */
    bool by_pieces;            /* a seat counts its qty, not 1 */
    uint32_t size, held, paid; /* sums of weights */
    uint32_t virtuals;
    uint32_t hidden; /* seats that are not shown: see seat_is_shown */
    uint32_t leader; /* seat number; 0: none yet */
    int64_t version;
    int64_t tier;
    int64_t opened_at, ended_at;
    int64_t deadline;    /* 0 while pending */
    struct seat **seats; /* seat n is seats[n - 1]; numbers are never reused */
    uint32_t seat_count, seat_room;
    struct list refunds; /* of its seats */
    struct more *more;   /* NULL: nothing of it applies */
    /* derived */
    uint32_t refunds_open;
    int64_t release_bound; /* no hold ends before; 0: there is none */
    union {
        struct tree_node live_link; /* in campaign->live */
        struct list ended_link;     /* in campaign->ended */
    };
    struct bucket *bucket; /* where it stands while it is open */
    struct tree_node match_link;
    struct timer timer; /* deadline; after the end: when it is forgotten */
};

/* When another seat took over the lead. */
struct lead {
    int64_t at;
    uint32_t n;
};

/* What few rooms have. */
struct more {
    struct tuan_str draw_seed; /* DIGEST_HEX digits */
    bool is_drawn;
    struct tuan_id merged_into;
    struct tuan_str by; /* the operator who ended it */
    int64_t tier_price; /* of the tier that was settled at the end */
    struct lead *leads;
    uint32_t lead_count, lead_room;
    /* derived */
    struct room *room;           /* whose it is */
    bool is_relaxed;             /* its tags are ignored by now */
    int64_t relax_at;            /* from when on they are */
    struct tree_node relax_link; /* until then */
    struct group *group;         /* the rooms that it can be merged with */
    struct tree_node mate_link;  /* in it, while no seat of the room is unpaid */
};

/* While a seat is held and unpaid. */
struct hold {
    struct timer timer;
    struct seat *seat;
    int64_t until;      /* a payment made before counts */
    int64_t release_at; /* it must also arrive before */
};

/* The payment of a seat; none where the campaign asks for none. */
struct paid {
    int64_t paid_at, amount;
    int64_t seen_at; /* when it arrived */
    bool has_amount, differs;
    struct tuan_str payment;
};

/* What few seats have. */
struct extra {
    struct tuan_str profile, referrer, referrer2, channel, reason;
    struct tuan_tags tags;
    struct tuan_id rerouted_from;
    uint32_t moved_n; /* its seat number there; 0: it was not moved */
    int64_t level, tier;
    int64_t cut;
    bool new_user;
};

struct seat {
    struct room *room;
    struct member *member;
    struct list of_member;
    struct hold *hold; /* state held */
    struct paid *paid; /* once money came */
    struct extra *extra;
    struct refund *refunds; /* newest first, by next_of_seat (derived) */
    int64_t joined_at, ended_at;
    int64_t print; /* fingerprint of the request that made it */
    int64_t price;
    uint32_t n, qty;
    uint8_t state, released;
    bool is_forgotten; /* its order is free again, or names another seat */
    bool opened;       /* it counts as an opening: the first of a room, wherever it is now */
    bool has_won;
    uint8_t order_len;
    char order[];
};

/* What the forgotten seats of a user count towards his limits. */
struct base {
    struct member *member;
    int64_t opens, joins, qty;
    struct list of_campaign;
};

/* A user in a campaign. */
struct member {
    struct record record; /* its base, stored only once there is one */
    struct campaign *campaign;
    struct base *base; /* NULL: nothing forgotten counts */
    struct list seats; /* newest first */
    /* derived: what counts towards his limits, base included */
    int64_t opens, joins, qty;
    uint32_t live; /* live seats in pending and open rooms */
    uint32_t seat_count;
    uint32_t mark; /* scratch of merge.c: e->mark while he is among those looked at */
    uint8_t id_len;
    char id[];
};

struct refund {
    struct record record;
    struct tuan_id id;
    struct campaign *campaign;
    struct tuan_id room_id; /* none: an unmatched payment */
    uint32_t n;
    struct tuan_str order, user, payment, ref;
    enum tuan_refund_reason reason;
    int64_t amount, paid_at, at, acked_at;
    int64_t forget_at;   /* an acknowledged one without a room; the others go with their room */
    struct list of_room; /* in room->refunds, or in campaign->strays */
    /* derived */
    struct room *room;
    struct refund *next_of_seat;
    struct tree_node by_age, by_age_in_campaign; /* while open */
    struct timer timer;                          /* unmatched: when it is forgotten */
};

struct engine {
    struct engine_config config;
    struct pool pool;
    struct arena arena; /* the reply under construction */
    int64_t now_ms;
    int64_t seen_ms;   /* while loading: the newest time that a record tells */
    uint64_t position; /* of the facts to come */
    uint64_t newest;   /* the newest position of any fact */
    bool loading;
    uint64_t tail_from; /* while loading: the first batch of the log's tail */
    bool has_dropped;   /* while loading: some campaign is known to be forgotten */

    struct map campaigns, rooms, orders, members, refunds;
    struct map strays;     /* refunds of unmatched payments by campaign and order */
    struct map reroutes;   /* seats by order and the other room that was asked for */
    struct map tombstones; /* while loading */
    struct tree campaigns_by_id, refunds_by_age;
    struct wheel wheel;
    struct list dirty;     /* records, by first_dirty */
    struct list closing;   /* campaigns with rooms to fail */
    struct list dropping;  /* campaigns that are being forgotten */
    uint64_t forgot;       /* the batch that forgot a campaign last */
    struct list graveyard; /* dead objects, by their record.dirty */
    struct list dead_members;
    struct list dead_revisions;
    struct list dead_campaigns;
    struct list *marked; /* where engine_mark_dirty inserted last, in e->dirty; NULL: not yet */
    int64_t dirty_count;

    struct tuan_fact *facts; /* the outbox */
    int64_t *versions;       /* facts[i] made its room's version this; 0: of no room */
    size_t fact_count, fact_room;
    int64_t fact_version; /* of the fact being applied */

    int64_t rooms_by_state[5]; /* by enum tuan_room_state */
    int64_t seat_count, facts_total;
    int64_t rooms_merging; /* live rooms whose rules merge */
    uint32_t mark;
    char key[2 * TUAN_ID_MAX + 1]; /* of the record captured last */
};

/* ---- strings ---- */
struct tuan_str str_copy(struct engine *e, struct tuan_str str);
void str_free(struct engine *e, struct tuan_str str);
static inline struct tuan_str seat_order(const struct seat *seat)
{
    return (struct tuan_str){seat->order, seat->order_len};
}
static inline struct tuan_str seat_user(const struct seat *seat)
{
    return (struct tuan_str){seat->member->id, seat->member->id_len};
}

/* ---- finding; NULL if absent ---- */
struct campaign *campaign_find(const struct engine *e, struct tuan_str id);
struct room *room_find(const struct engine *e, struct tuan_id id);
struct member *member_find(const struct engine *e, const struct campaign *campaign,
                           struct tuan_str user);
struct seat *seat_find(const struct engine *e, const struct campaign *campaign,
                       struct tuan_str order);
struct refund *refund_find(const struct engine *e, struct tuan_id id);
/* The seat that this order got instead of one in `room`. */
struct seat *seat_find_rerouted(const struct engine *e, struct tuan_id room, struct tuan_str order);
/* The first of the refunds of an order that no seat was found for; the others follow by
 * next_of_seat. */
struct refund *stray_find(const struct engine *e, const struct campaign *campaign,
                          struct tuan_str order);
/* What the seat that such an order might have had would be: refunded once all of them are. */
enum tuan_seat_state stray_state(const struct refund *first);
static inline struct revision *campaign_rules(const struct campaign *campaign)
{
    return container_of(list_first(&campaign->revisions), struct revision, link);
}

/* ---- making and unmaking (evolve*.c and load.c only) ---- */
struct campaign *campaign_make(struct engine *e, struct tuan_str id);
struct revision *revision_add(struct engine *e, struct campaign *campaign, int64_t number,
                              const struct tuan_rules *rules, struct tuan_str zone);
void revision_release(struct engine *e, struct campaign *campaign, struct revision *revision);
struct room *room_make(struct engine *e, struct campaign *campaign, struct tuan_id id);
struct member *member_make(struct engine *e, struct campaign *campaign, struct tuan_str user);
struct seat *seat_make(struct engine *e, struct room *room, struct member *member,
                       struct tuan_str order);
/* As a record tells it, not yet indexed. */
struct seat *seat_restore(struct engine *e, struct room *room, const struct tuan_seat_record *in);
void seat_save(const struct seat *seat, struct tuan_seat_record *out);
struct more *room_more(struct engine *e, struct room *room); /* made on first use */
void lead_add(struct engine *e, struct room *room, int64_t at, uint32_t n);
struct fill *campaign_fill(struct engine *e, struct campaign *campaign); /* made on first use */
struct base *member_base(struct engine *e, struct member *member);       /* made on first use */
void base_unmake(struct engine *e, struct member *member);
struct hold *hold_make(struct engine *e, struct seat *seat, int64_t until, int64_t release_at);
void hold_unmake(struct engine *e, struct seat *seat);
struct extra *seat_extra(struct engine *e, struct seat *seat); /* made on first use */
struct paid *seat_paid(struct engine *e, struct seat *seat);   /* made on first use */
void stray_add(struct engine *e, struct refund *refund);
/* Put a refund into the chain of its seat or order; returns the chain's new first. */
struct refund *refund_chain(struct refund *first, struct refund *refund);
bool refund_is_newer(const struct refund *a, const struct refund *b);
/* Make a seat findable by its order; and no more. */
void order_enter(struct engine *e, struct seat *seat);
void order_leave(struct engine *e, struct seat *seat);
/* Put a seat into its member's list, newest first. */
void member_list_seat(struct seat *seat);
void campaign_bury(struct engine *e, struct campaign *campaign);
void member_bury(struct engine *e, struct member *member); /* its stored base goes too */
struct refund *refund_make(struct engine *e, struct campaign *campaign, struct tuan_id id);
struct tombstone *tombstone_make(struct engine *e, enum engine_kind kind, struct tuan_str key);
void room_bury(struct engine *e, struct room *room);
void refund_bury(struct engine *e, struct refund *refund);
void member_bury_if_idle(struct engine *e, struct member *member);
void graveyard_clear(struct engine *e);
struct tuan_names names_copy(struct engine *e, struct tuan_names names);
void names_free(struct engine *e, struct tuan_names names);
bool names_equal(struct tuan_names a, struct tuan_names b);
struct tuan_tags tags_copy(struct engine *e, struct tuan_tags tags);
void tags_free(struct engine *e, struct tuan_tags tags);
void rules_copy(struct engine *e, struct tuan_rules *to, const struct tuan_rules *from);
void rules_free(struct engine *e, struct tuan_rules *rules);

/* ---- dirt ---- */
static inline bool record_is_dirty(const struct record *record)
{
    return list_is_linked(&record->dirty);
}
void record_init(struct record *record, enum engine_kind kind);
/* A fact at `position` changed it. */
void record_touch(struct engine *e, struct record *record, uint64_t position);
void record_clean(struct engine *e, struct record *record); /* take it out of the dirty list */
/* The newest batch that has a fact, or may still get none: what is not in memory is not in it. */
static inline uint64_t newest_batch(const struct engine *e)
{
    return e->newest == e->position ? e->position : e->position - 1;
}
/* The field under which a record is stored; in e->key. */
struct tuan_str record_key(struct engine *e, const struct record *record);

/* ---- what follows from the numbers ---- */
static inline bool room_is_live(const struct room *room)
{
    return room->state == TUAN_ROOM_PENDING || room->state == TUAN_ROOM_OPEN;
}
static inline uint32_t room_free(const struct room *room)
{
    return room_is_live(room) ? room->size - room->held - room->paid : 0;
}
/* 還差: what must still be paid for. */
static inline uint32_t room_missing(const struct room *room)
{
    return room_is_live(room) ? room->size - room->paid : 0;
}
/* What a seat fills of its room. */
static inline uint32_t seat_weight(const struct seat *seat)
{
    return seat->room->by_pieces ? seat->qty : 1;
}
static inline bool seat_is_live(const struct seat *seat)
{
    return seat->state == TUAN_SEAT_HELD || seat->state == TUAN_SEAT_PAID;
}
/* Does it count in its room's `paid`? A formed room goes on counting all who were in when it
 * formed, whatever became of their money since. */
static inline bool seat_is_paid(const struct seat *seat)
{
    if (seat->state == TUAN_SEAT_PAID || seat->state == TUAN_SEAT_SETTLED) return true;
    return seat->room->state == TUAN_ROOM_FORMED && seat->released == 0 &&
           (seat->state == TUAN_SEAT_REFUND_DUE || seat->state == TUAN_SEAT_REFUNDED);
}
/* Does it count towards its user's limits? Released and refunded seats give back. */
static inline bool seat_counts(const struct seat *seat)
{
    return seat_is_live(seat) || seat->state == TUAN_SEAT_SETTLED;
}
static inline bool seat_leads(const struct seat *seat)
{
    return seat->n == seat->room->leader;
}
/* Seats that were given back before the room's end are history, not status, whatever their money
 * became; so are the unpaid ones that the end of a formed room released. */
static inline bool seat_is_shown(const struct seat *seat)
{
    if (seat->released == TUAN_RELEASE_ROOM_ENDED) return seat->room->state != TUAN_ROOM_FORMED;
    return seat->released == 0;
}
static inline void seat_set_released(struct seat *seat, int64_t why)
{
    seat->room->hidden -= !seat_is_shown(seat);
    seat->released = (uint8_t)why;
    seat->room->hidden += !seat_is_shown(seat);
}
/* Did its hold end unpaid by its own time, with nothing paid later? */
static inline bool seat_expired(const struct seat *seat)
{
    return seat->state == TUAN_SEAT_RELEASED && seat->released == TUAN_RELEASE_EXPIRED;
}
/* FAILURE_COUNT: not a failure, but merged away. */
static inline enum failure failure_of(enum tuan_room_reason reason)
{
    switch (reason) {
    case TUAN_REASON_DEADLINE: return FAILURE_DEADLINE;
    case TUAN_REASON_CAMPAIGN_END: return FAILURE_CAMPAIGN_END;
    case TUAN_REASON_LEADER_UNPAID: return FAILURE_LEADER_UNPAID;
    case TUAN_REASON_LEADER_LEFT: return FAILURE_LEADER_LEFT;
    case TUAN_REASON_DISSOLVED: return FAILURE_DISSOLVED;
    default: return FAILURE_COUNT;
    }
}
/* The seat that this one was moved from, while its room is remembered; NULL: none. */
const struct seat *seat_before(const struct engine *e, const struct seat *seat);
/* What was paid for a seat: as told, else its price. Nothing where no payment is asked. */
static inline int64_t seat_amount(const struct seat *seat)
{
    if (seat->paid == NULL) return 0;
    return seat->paid->has_amount ? seat->paid->amount : seat->price * (int64_t)seat->qty;
}

struct tuan_id make_rid(struct engine *e);
uint64_t rid_hash(const struct engine *e, struct tuan_id id);
uint64_t member_hash(const struct engine *e, const struct campaign *campaign, struct tuan_str user);
uint64_t order_hash(const struct engine *e, const struct campaign *campaign, struct tuan_str order);
void timer_arm(struct engine *e, struct timer *timer, int64_t due_ms); /* re-arms */
void timer_disarm(struct engine *e, struct timer *timer);

#endif
