/* SPDX-License-Identifier: BSD-2-Clause */
/* objects.h - what an engine holds: campaigns, rooms, seats, members, refunds, and the indexes over
 * them. What is done with them is in model.h.
 *
 * Private to lib/engine. Records (campaign, room, base of a member, refund) are what the snapshot
 * stores; all else here is derived from them: while e->loading is set only records change, and
 * engine_load_end builds the rest. Only evolve*.c writes records; deciders (campaign.c, join.c,
 * pay.c, room.c, …) read and emit facts.
 *
 * Memory: objects live in e->pool. What a fact removes goes to the graveyard and is freed when the
 * outbox is drained, so that facts may point into it until then. Millions of rooms, seats and
 * members stand here at once, and to clear and to meet their memory is most of what a join costs:
 * so what few of them have is apart (more, the parts of a seat, member, base), and one word serves
 * two uses that never meet.
 */
#ifndef TUAN_ENGINE_OBJECTS_H
#define TUAN_ENGINE_OBJECTS_H

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

/* A room that formed, and when: it may be forgotten since. */
struct formed {
    struct tuan_id room;
    int64_t at;
};

struct campaign {
    struct record record;
    struct tree_node by_id;
    struct tuan_str id;
    struct list revisions; /* empty: only its id is known yet (while loading) */
    uint64_t born;    /* the batch that put it first, or an older one; 0: its record was loaded */
    bool is_restored; /* CAMPAIGN.LOAD brought it, in the batch `born` */
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
    int64_t rooms_live;    /* pending and open */
    struct tree live;      /* live rooms, oldest first */
    struct list ended;     /* the others, by their ends */
    struct list closing;   /* in e->closing while rooms wait to be failed by CAMPAIGN.CLOSE, or in
                            * e->dropping */
    struct list shelves;   /* joinable rooms: see shelf.h */
    struct list groups;    /* rooms that can be merged: see mates.h */
    struct tree refunds;   /* open refunds, oldest first */
    struct list strays;    /* refunds that belong to no room */
    struct list bases;     /* what its users' forgotten seats still count */
    struct timer timer;    /* end_at */
    struct formed *ticker; /* its newest formed rooms, newest first: ticker.c */
    uint32_t ticker_count, ticker_cap;
};

enum { SEATS_KEPT = 6 };

struct room {
    struct record record;
    struct tuan_id id;
    struct campaign *campaign;
    union {
        struct revision *revision;
        int64_t revision_number; /* while loading */
    };
    enum tuan_room_state state : 8;
    enum tuan_room_reason reason : 8; /* 0 while it lives */
    uint8_t tier;
    bool is_listed : 1;
    bool ends_campaign : 1;    /* the deadline is the campaign's end */
    bool by_pieces : 1;        /* a seat counts its qty, not 1 */
    uint32_t size, held, paid; /* sums of weights */
    uint32_t hidden;           /* seats that are not shown: see seat_is_shown */
    uint32_t leader;           /* seat number; 0: none yet */
    uint32_t seat_count;
    uint32_t refunds_open; /* derived */
    struct seat **seats;   /* seat n is seats[n - 1]; numbers are never reused */
    int64_t version;
    int64_t price; /* of seat 1, and of all others that say nothing else */
    int64_t opened_at;
    int64_t deadline;    /* 0 while pending */
    struct list refunds; /* of its seats */
    struct more *more;   /* NULL: nothing of it applies */
    union {              /* what it has while it lives, and what then; see room_is_live */
        struct {         /* derived */
            struct tree_node live_link; /* in campaign->live */
            struct tree_node match_link;
            struct bucket *bucket; /* where it stands while it is open */
            int64_t release_bound; /* no hold ends before; 0: there is none */
        };
        struct {
            struct list ended_link;        /* derived: in campaign->ended */
            int64_t ended_at;              /* of its record: see room_ended_at */
            struct seat *kept[SEATS_KEPT]; /* what `seats` points at, if all of them fit */
        };
    };
    /* derived */
    struct timer timer; /* deadline; after the end: when it is forgotten */
};
/* While loading the trees are empty, but a live room may know a release_bound. */
_Static_assert(offsetof(struct room, ended_at) + sizeof(int64_t) <=
                   offsetof(struct room, release_bound),
               "apart");

/* When another seat took over the lead. */
struct lead {
    int64_t at;
    uint32_t n;
};

/* What few rooms have. */
struct more {
    struct tuan_str note;      /* an operator's reason */
    struct tuan_str draw_seed; /* DIGEST_HEX digits */
    uint32_t virtuals;
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

/* What a seat may have beside what all of them have: its parts, each of one of these kinds. See
 * seat_part. */
enum part_kind {
    PART_HOLD = 1 << 0,
    PART_PAID = 1 << 1,
    PART_KIN = 1 << 2,
    PART_EXTRA = 1 << 3,
    PART_PIECES = 1 << 4,
    PART_LEFT = 1 << 5,
    PART_KINDS = 6,
    PART_ALL = (1 << PART_KINDS) - 1
};
struct part {
    struct part *next;
};

/* While a seat is held and unpaid. */
struct hold {
    struct part part;
    struct timer timer;
    struct seat *seat;
    int64_t until;      /* a payment made before counts */
    int64_t release_at; /* it must also arrive before */
};

/* The payment of a seat; none where the campaign asks for none. */
struct paid {
    struct part part;
    struct refund *refunds; /* of this seat: see seat_refunds */
    int64_t paid_at, amount;
    int64_t seen_at; /* when it arrived */
    bool has_amount, differs;
    uint8_t payment_len;
    char payment[]; /* its id */
};

/* What only some campaigns and shoppers ask for. */
struct extra {
    struct part part;
    struct refund *refunds; /* of a seat without a payment: see seat_refunds */
    struct tuan_str profile, referrer, referrer2, channel, reason;
    struct tuan_tags tags;
    struct tuan_id rerouted_from;
    uint32_t moved_n; /* its seat number there; 0: it was not moved */
    int64_t level, tier;
    int64_t cut;
    int64_t price; /* where seat->has_own_price */
    bool new_user;
};

/* What links one of several seats of a user to the others. */
struct kin {
    struct part part;
    struct member *member;
    struct seat *seat;
    struct thin_link link; /* in member->seats */
};

/* How many pieces a seat is for, where not one. */
struct pieces {
    struct part part;
    uint32_t qty;
};

/* When a seat was given back before its room ended. */
struct left {
    struct part part;
    int64_t at;
};

/* Of all objects there are most of these: with names of thirteen bytes it is one line of the cache.
 */
struct seat {
    struct room *room;
    struct part *parts; /* what it has of them, by their kinds; their mask is `has` */
    int64_t print;      /* fingerprint of the request that made it */
    uint64_t joined_at : ENGINE_TIME_BITS;
    enum tuan_seat_state state : 4;
    enum tuan_release_reason released : 4; /* 0: it was not */
    bool is_forgotten : 1;                 /* its order is free again, or names another seat */
    bool opened : 1; /* it counts as an opening: the first of a room, wherever it is now */
    bool has_won : 1;
    bool has_own_price : 1; /* not its room's */
    bool is_called : 1;     /* scratch: its user is to move, and has no other: see merge.c */
    unsigned has : PART_KINDS;
    uint32_t n;
    uint8_t order_len, user_len;
    char names[]; /* the order, then the user */
};
_Static_assert(offsetof(struct seat, names) + 2 * 13 == 64, "a line");

/* What the forgotten seats of a user count towards his limits. */
struct base {
    struct record record;
    struct member *member;
    int64_t opens, joins, qty;
    struct list of_campaign;
};

/* A user in a campaign, unless a seat is all there is of him. */
struct member {
    struct campaign *campaign;
    struct base *base; /* NULL: nothing forgotten counts */
    union {
        struct thin_list seats;   /* newest first */
        struct member *next_dead; /* once he is in e->dead_members */
    };
    /* derived: what counts towards his limits, base included */
    int64_t qty;
    uint32_t opens, joins;
    uint32_t live; /* live seats in pending and open rooms */
    uint32_t mark; /* scratch: e->mark while he is among those looked at */
    uint8_t id_len;
    char id[];
};

struct refund {
    struct record record;
    struct tuan_id id;
    struct campaign *campaign;
    struct tuan_id room_id; /* none: an unmatched payment */
    uint32_t n;
    enum tuan_refund_reason reason : 8;
    uint8_t order_len, user_len, payment_len;
    int64_t amount, paid_at, at, acked_at;
    int64_t forget_at; /* an acknowledged one without a room; the others go with their room */
    struct tuan_str ref;
    struct list of_room; /* in room->refunds, or in campaign->strays */
    /* derived */
    struct room *room;
    struct refund *next_of_seat;
    union {
        struct tree_node by_age; /* while open */
        struct timer timer;      /* then, where it has no room: when it is forgotten */
    };
    struct tree_node by_age_in_campaign; /* while open */
    char names[];                        /* the order, the user, the payment */
};

/* What was looked for last: a join asks for the same few things several times, and each answer from
 * a map of millions is a miss of the cache. Whoever enters or leaves a map tells it here. */
struct memo {
    struct campaign *campaign;
    struct room *room;
    struct memo_name {
        const struct campaign *campaign; /* NULL: nothing is remembered */
        uint64_t hash;                   /* of the campaign and the name */
        void *found;                     /* where is_sought; NULL: it is not there */
        const char *text; /* where the command under way has this name; NULL: nowhere */
        bool is_sought;
        uint32_t len;
        char name[TUAN_ID_MAX];
    } names[4]; /* of these four, in any order */
    struct memo_name *user, *order;
    struct memo_name *next_user, *next_order; /* not sought yet: see engine_foresee */
};

struct engine {
    struct engine_config config;
    /* A command's number is its place in the rows; its name is what lasts: hashes of the names. */
    int64_t command_prints[TUAN_CMD_COUNT];
    struct memo *memo;
    struct pool pool;
    struct arena arena; /* the reply under construction */
    int64_t now_ms;
    int64_t seen_ms;   /* while loading: the newest time that a record tells */
    uint64_t position; /* of the facts to come */
    uint64_t newest;   /* the newest position of any fact */
    bool loading;
    uint64_t tail_from; /* while loading: the first batch of the log's tail */
    bool has_dropped;   /* while loading: some campaign is known to be forgotten */
    const char *misfit; /* while loading: why something was refused */

    struct map campaigns, rooms, orders, refunds;
    struct map members;    /* or their only seats: see user.h */
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
    struct member *dead_members;
    struct list dead_revisions;
    struct list dead_campaigns;
    struct list *marked; /* where engine_mark_dirty inserted last, in e->dirty; NULL: not yet */
    int64_t dirty_count;

    struct tuan_fact *facts; /* the outbox */
    struct change {          /* what facts[i] made of its room; NULL: it changed none */
        struct room *room;   /* in memory until the outbox is drained */
        int64_t version;
    } * changes, change; /* `change`: by the fact being applied */
    size_t fact_count, fact_room;

    int64_t rooms_by_state[5]; /* by enum tuan_room_state */
    int64_t seats_open;        /* free ones of open rooms */
    int64_t seat_count, facts_total;
    int64_t rooms_merging;                 /* live rooms whose rules merge */
    struct tuan_id next_room, next_refund; /* drawn ahead; none: not yet. See make_rid */
    int64_t next_refund_at;                /* when it was drawn */
    uint32_t mark;
    char key[2 * TUAN_ID_MAX + 1]; /* of the record captured last */
};

#endif
