/* SPDX-License-Identifier: BSD-2-Clause */
/* engine.h - the pure core: campaigns, rooms, seats, limits, matching, expiry, the ledger of
 * refunds.
 *
 * One engine holds one partition. A command is judged against memory and yields facts, or one
 * refusal and no fact; engine_evolve is the only writer of state, under live traffic and in
 * recovery alike. The engine reads no clock, opens no socket and has no globals: time comes in as
 * now_ms (never running back) and random bytes from a function.
 *
 * Facts are collected in an outbox that the caller drains after each call. Each record (campaign,
 * room, user, refund) carries `at`, the position of the batch whose fact touched it last, and is
 * dirty until it is captured for the snapshot. Records are stored by the caller and given back at
 * start.
 */
#ifndef TUAN_ENGINE_H
#define TUAN_ENGINE_H

#include "proto/schema.h"

struct engine;

/* In the year 3084: a seat has no bits for a later time. */
enum { ENGINE_TIME_BITS = 45 };
#define ENGINE_TIME_MAX ((INT64_C(1) << ENGINE_TIME_BITS) - 1)

struct engine_config {
    uint32_t partition; /* goes into the ids of rooms and refunds */
    uint64_t hash_seed;
    int64_t campaigns_max, rooms_max, seats_max; /* limits (TOO_MANY); 0: none */
    bool huge_pages; /* for the big indexes: joins are quicker, and wait when one is made */
    void (*random)(void *context, void *out,
                   size_t size); /* unguessable bytes: ids are made of them */
    void *random_context;
};

struct engine *engine_create(const struct engine_config *config);
void engine_destroy(struct engine *engine);

/* ---- judging ---- */

struct engine_answer {
    struct tuan_reply reply; /* borrowed from the engine until its next call */
    uint64_t depends_on;     /* the newest position that the reply shows or was judged by */
};
/* Judge a command whose row's kind is WRITE or READ. now_ms must not run back,
 * nor beyond ENGINE_TIME_MAX. */
void engine_apply(struct engine *engine, const struct tuan_command *command, int64_t now_ms,
                  struct engine_answer *answer);
/* Most likely this user will ask for a seat with this order in the command after the next one: what
 * judging that will read first is fetched meanwhile. Changes nothing that can be seen. */
void engine_foresee(const struct engine *engine, struct tuan_str campaign, struct tuan_str user,
                    struct tuan_str order);

/* Retire what is due at now_ms, in the order of its due times: holds, rooms, memories of ended
 * rooms. Stops after about `budget` facts' worth of work; returns whether more is due. */
bool engine_expire(struct engine *engine, int64_t now_ms, size_t budget);
/* When engine_expire has work next; may be early, never late. INT64_MAX: never. */
int64_t engine_next_deadline_ms(const struct engine *engine);

/* ---- facts ---- */

size_t engine_fact_count(const struct engine *engine);
const struct tuan_fact *engine_fact(const struct engine *engine, size_t index);
void engine_drain(struct engine *engine); /* forget the outbox */

/* The feed event that fact `index` of the outbox makes; false if it makes none. Strings and lists
 * are good until the outbox is drained. tells_seats: events of single seats too. */
struct engine_event {
    const char *type;
    struct tuan_str campaign;
    struct tuan_id room; /* may be none */
    const struct tuan_event *data;
};
bool engine_event(struct engine *engine, size_t index, bool tells_seats, struct engine_event *out);

/* The position that facts from now on will have: that of the batch being filled. */
void engine_set_position(struct engine *engine, uint64_t position);

/* ---- recovery: engine_load_*, then engine_evolve for the log's tail, then engine_load_end ---- */

enum engine_kind { ENGINE_CAMPAIGN, ENGINE_ROOM, ENGINE_USER, ENGINE_REFUND, ENGINE_KIND_COUNT };
const struct tuan_message *engine_record_message(enum engine_kind kind);

void engine_load_begin(struct engine *engine);
/* What was found, for people, where one of these returned false: a constant. */
const char *engine_load_fault(const struct engine *engine);
/* `record` is the struct that engine_record_message(kind) describes. False: impossible values. */
bool engine_load_record(struct engine *engine, enum engine_kind kind, const void *record,
                        uint64_t at);
/* Such a record will be loaded soon: start to fetch what that will look at. */
void engine_load_ahead(const struct engine *engine, enum engine_kind kind, const void *record);
void engine_load_tombstone(struct engine *engine, enum engine_kind kind, struct tuan_str key,
                           uint64_t at);
/* Apply one logged fact. Records that hold it already are left alone. False: it does not fit the
 * records. */
bool engine_evolve(struct engine *engine, const struct tuan_fact *fact, uint64_t position);
/* Rebuild sums, indexes and timers. What is found to have gone without a fact of the tail that says
 * so is told as deleted at `position`: the newest of the log, behind all facts of the records and
 * the tail. False: the records do not fit together. */
bool engine_load_end(struct engine *engine, uint64_t position);
int64_t
engine_last_now_ms(const struct engine *engine); /* the newest time that facts and records told */

/* ---- snapshot ---- */

struct engine_record {
    enum engine_kind kind;
    struct tuan_str
        key;          /* the field under which it is stored: borrowed until the next engine call */
    const void *body; /* the struct of engine_record_message(kind); NULL: a tombstone */
    uint64_t at, first_dirty;
};
/* Take the record that has been dirty longest, if first_dirty < older_than, out of the dirty list.
 */
bool engine_capture(struct engine *engine, uint64_t older_than, struct engine_record *out);
/* It was not stored after all: dirty since first_dirty. */
void engine_recapture(struct engine *engine, enum engine_kind kind, struct tuan_str key,
                      uint64_t at, uint64_t first_dirty, bool was_tombstone);
uint64_t engine_oldest_dirty(const struct engine *engine); /* 0: nothing is dirty */
/* Every record that this fact touches is dirty from `position` on. */
void engine_mark_dirty(struct engine *engine, const struct tuan_fact *fact, uint64_t position);

/* ---- a campaign out of one engine and into another ---- */

/* Show all records of a campaign (the struct of engine_record_message(kind), good for the call):
 * first its own, then its rooms, users and refunds. False: there is no such campaign. */
typedef void engine_dump_visitor(void *context, enum engine_kind kind, const void *body);
bool engine_dump(struct engine *engine, struct tuan_str campaign, engine_dump_visitor *visit,
                 void *context);
/* The newest position of any fact: what is told of all that is here, and of what is not, may rest
 * on it. */
uint64_t engine_newest(const struct engine *engine);

/* May this campaign be restored here, of which `loaded` is an engine that was loaded with its
 * records and nothing else? Else the reason, for people, in `why`. */
enum tuan_err engine_may_restore(const struct engine *engine, const struct engine *loaded,
                                 struct tuan_str campaign, int64_t now_ms, char *why,
                                 size_t why_size);
/* The next of its records, as a fact in the outbox; good until that is drained. All of them must be
 * in one batch, with nothing judged in between. */
void engine_restore(struct engine *engine, enum engine_kind kind, const void *body);
void engine_restore_end(struct engine *engine, struct tuan_str campaign);

/* Is it in memory here? */
bool engine_has(const struct engine *engine, enum engine_kind kind, struct tuan_id id);

/* ---- looking in ---- */

struct engine_totals {
    int64_t campaigns, rooms, rooms_pending, rooms_open, rooms_formed,
        rooms_failed; /* in memory now */
    int64_t seats, users, refunds, refunds_open, orders;
    int64_t seats_open; /* free ones of open rooms */
    int64_t timers;     /* what will end by itself: holds, rooms, campaigns, what is remembered */
    int64_t dirty, bytes;
    int64_t facts; /* since start */
};
void engine_totals(const struct engine *engine, struct engine_totals *out);

/* What became of a room that has ended, for statistics. False: it is not known, or lives. */
struct engine_ending {
    int64_t opened_at, ended_at;
    int64_t deadline; /* 0: it never had one */
    uint32_t paid;    /* seats, or pieces; virtual ones not counted */
    /* Called for each paid seat, if set. */
    void (*seat)(void *context, int64_t joined_at);
    void *context;
};
bool engine_ending(const struct engine *engine, struct tuan_id room, struct engine_ending *out);

/* The body of a room's status for the feed and the web; NULL if there is no such room. */
const struct tuan_room *engine_room_status(struct engine *engine, struct tuan_id room,
                                           int64_t now_ms);

/* Walk everything: the first invariant that does not hold, as a line of C (a constant), or NULL.
 * Costs time. engine_audit asserts that there is none: for tests. */
const char *engine_fault(const struct engine *engine);
void engine_audit(const struct engine *engine);

#endif
