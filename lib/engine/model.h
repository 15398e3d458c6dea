/* SPDX-License-Identifier: BSD-2-Clause */
/* model.h - finding, making and unmaking what objects.h lists, and what follows from it. Private to
 * lib/engine. */
#ifndef TUAN_ENGINE_MODEL_H
#define TUAN_ENGINE_MODEL_H

#include <assert.h>

#include "engine/objects.h"

/* ---- strings ---- */
struct tuan_str str_copy(struct engine *e, struct tuan_str str);
void str_free(struct engine *e, struct tuan_str str);
/* Into memory of its own length, as tuan_bytes_equal() compares. */
static inline void name_copy(char *to, struct tuan_str name)
{
    if (name.len < 8) {
        for (uint32_t at = 0; at < name.len; at++)
            to[at] = name.ptr[at];
        return;
    }
    uint32_t last = name.len - 8;
    __builtin_memcpy(to, name.ptr, 8);
    if (last > 8) __builtin_memcpy(to + 8, name.ptr + 8, last - 8);
    __builtin_memcpy(to + last, name.ptr + last, 8);
}
static inline struct tuan_str seat_order(const struct seat *seat)
{
    return (struct tuan_str){seat->names, seat->order_len};
}
static inline struct tuan_str seat_user(const struct seat *seat)
{
    return (struct tuan_str){seat->names + seat->order_len, seat->user_len};
}
static inline struct tuan_str member_user(const struct member *member)
{
    return (struct tuan_str){member->id, member->id_len};
}
static inline struct tuan_str paid_payment(const struct paid *paid)
{
    return (struct tuan_str){paid->payment, paid->payment_len};
}
static inline struct tuan_str refund_order(const struct refund *refund)
{
    return (struct tuan_str){refund->names, refund->order_len};
}
static inline struct tuan_str refund_user(const struct refund *refund)
{
    return (struct tuan_str){refund->names + refund->order_len, refund->user_len};
}
static inline struct tuan_str refund_payment(const struct refund *refund)
{
    return (struct tuan_str){refund->names + refund->order_len + refund->user_len,
                             refund->payment_len};
}

/* ---- finding; NULL if absent ---- */
static inline bool memo_has(const struct memo_name *memo, const struct campaign *campaign,
                            struct tuan_str name)
{
    return memo->campaign == campaign && memo->len == name.len &&
           (memo->text == name.ptr || tuan_bytes_equal(memo->name, name.ptr, name.len));
}
struct memo *memo_make(void);
/* Nothing is remembered. */
void memo_forget(struct memo *memo);
/* From here on it remembers this name, of TUAN_ID_MAX bytes at most, not sought yet. */
void memo_begin(struct memo_name *memo, const struct campaign *campaign, struct tuan_str name,
                uint64_t hash);
/* Of a user or an order in a campaign. */
uint64_t name_hash(const struct engine *e, const struct campaign *campaign, struct tuan_str name);
static inline void memo_turn(const struct engine *e, struct memo_name *memo,
                             const struct campaign *campaign, struct tuan_str name)
{
    if (!memo_has(memo, campaign, name))
        memo_begin(memo, campaign, name, name_hash(e, campaign, name));
}
static inline void memo_note(struct memo_name *memo, void *found)
{
    memo->found = found;
    memo->is_sought = true;
}
/* Remember this shopper and this order, of the command under way, and fetch what looking for them
 * will read first. */
void prefetch_join(const struct engine *e, const struct campaign *campaign, struct tuan_str user,
                   struct tuan_str order);
/* The same, for those whose turn is after the next: who was named here before is the next. */
void prefetch_next_join(const struct engine *e, const struct campaign *campaign,
                        struct tuan_str user, struct tuan_str order);
/* The campaign of a command to come, or NULL; what judging that will read of it is fetched. */
const struct campaign *campaign_foresee(const struct engine *e, struct tuan_str id);
/* In the maps: what follows looks into the memo first. (For a campaign by the address of its id
 * alone, which is how facts name it; campaign_seek compares the bytes with the last one's.) */
struct campaign *campaign_seek(const struct engine *e, struct tuan_str id)
    __attribute__((noinline));
struct room *room_seek(const struct engine *e, struct tuan_id id) __attribute__((noinline));
struct seat *seat_seek(const struct engine *e, const struct campaign *campaign,
                       struct tuan_str order);
static inline struct campaign *campaign_find(const struct engine *e, struct tuan_str id)
{
    struct campaign *last = e->memo->campaign;
    bool is_last = last != NULL && last->id.ptr == id.ptr && last->id.len == id.len;

    return is_last ? last : campaign_seek(e, id);
}
static inline struct room *room_find(const struct engine *e, struct tuan_id id)
{
    struct room *last = e->memo->room;

    return last != NULL && tuan_rid_equal(last->id, id) ? last : room_seek(e, id);
}
static inline struct seat *seat_find(const struct engine *e, const struct campaign *campaign,
                                     struct tuan_str order)
{
    const struct memo_name *memo = e->memo->order;

    if (memo->is_sought && memo_has(memo, campaign, order)) return memo->found;
    return seat_seek(e, campaign, order);
}
struct refund *refund_find(const struct engine *e, struct tuan_id id);
/* The seat that this order got instead of one in `room`. */
struct seat *seat_find_rerouted(const struct engine *e, struct tuan_id room, struct tuan_str order);
/* The first of the refunds of an order that no seat was found for; the others follow by
 * next_of_seat. */
struct refund *stray_seek(const struct engine *e, const struct campaign *campaign,
                          struct tuan_str order);
static inline struct refund *stray_find(const struct engine *e, const struct campaign *campaign,
                                        struct tuan_str order)
{
    return map_count(&e->strays) == 0 ? NULL : stray_seek(e, campaign, order);
}
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
/* Not yet one of its user's: see user_gain. */
struct seat *seat_make(struct engine *e, struct room *room, struct tuan_str order,
                       struct tuan_str user);
/* As a record tells it, not yet indexed. */
struct seat *seat_restore(struct engine *e, struct room *room, const struct tuan_seat_record *in);
void seat_save(const struct seat *seat, struct tuan_seat_record *out);
struct more *room_more(struct engine *e, struct room *room); /* made on first use */
void lead_add(struct engine *e, struct room *room, int64_t at, uint32_t n);
struct fill *campaign_fill(struct engine *e, struct campaign *campaign); /* made on first use */
struct hold *hold_make(struct engine *e, struct seat *seat, int64_t until, int64_t release_at);
void hold_unmake(struct engine *e, struct seat *seat);
struct extra *extra_make(struct engine *e, struct seat *seat); /* on first use */
void seat_set_price(struct engine *e, struct seat *seat, int64_t price);
void seat_set_qty(struct engine *e, struct seat *seat, uint32_t qty); /* of a new one */
/* When it was given back; 0: it is not any more. The end of its room needs no telling. */
void seat_set_left(struct engine *e, struct seat *seat, int64_t at);
void seat_add_part(struct seat *seat, enum part_kind kind, struct part *part);
/* It is the caller's again. */
void seat_remove_part(struct seat *seat, enum part_kind kind);
size_t seat_bytes(const struct seat *seat);
void room_keep_seats(struct engine *e, struct room *room); /* of one that has ended */
void room_free_seats(struct engine *e, struct room *room); /* where they are, not them */
/* What came for it: nothing yet but the payment's id, of TUAN_ID_MAX bytes at most. */
struct paid *paid_make(struct engine *e, struct seat *seat, struct tuan_str payment);
void paid_free(struct engine *e, struct seat *seat); /* if there is one */
void stray_add(struct engine *e, struct refund *refund);
void seat_add_refund(struct engine *e, struct seat *seat, struct refund *refund);
/* Put a refund into the chain of its seat or order; returns the chain's new first. */
struct refund *refund_chain(struct refund *first, struct refund *refund);
bool refund_is_newer(const struct refund *a, const struct refund *b);
/* Make a seat findable by its order; and no more. */
void order_enter(struct engine *e, struct seat *seat, struct tuan_str order);
void order_leave(struct engine *e, struct seat *seat);
void campaign_bury(struct engine *e, struct campaign *campaign);
void campaign_unmake(struct engine *e, struct campaign *campaign); /* nothing of it is stored */
/* Whom it is for; what is unknown is empty. */
struct payee {
    struct tuan_str order, user, payment;
};
static inline bool payee_is_sane(struct payee payee)
{
    return payee.order.len <= TUAN_ID_MAX && payee.user.len <= TUAN_ID_MAX &&
           payee.payment.len <= TUAN_ID_MAX;
}
struct refund *refund_make(struct engine *e, struct campaign *campaign, struct tuan_id id,
                           struct payee payee);
size_t refund_bytes(const struct refund *refund);
struct tombstone *tombstone_make(struct engine *e, enum engine_kind kind, struct tuan_str key);
void room_bury(struct engine *e, struct room *room);
void refund_bury(struct engine *e, struct refund *refund);
/* While loading: a room, user or refund that is stored still, though it went with something else.
 */
void leftover_bury(struct engine *e, struct record *record);
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
void record_become_dirty(struct engine *e, struct record *record); /* by the batch at record->at */
/* A fact at `position` changed it. */
static inline void record_touch(struct engine *e, struct record *record, uint64_t position)
{
    assert(position >= record->at);
    record->at = position;
    if (position > e->newest) e->newest = position;
    if (!record_is_dirty(record)) record_become_dirty(e, record);
}
void record_clean(struct engine *e, struct record *record); /* take it out of the dirty list */
/* The record is gone from memory, and the snapshot must hear of it. */
void leave_tombstone(struct engine *e, struct record *record, uint64_t position);
/* At the end of loading, of what is buried since something else went: its tombstone is due since
 * the tail began, as the log is needed until that is stored. Without a tail it is due since its own
 * last fact, or longer: the snapshot covers that, so nothing more of the log is held. (Not since
 * the load: that is a fence's position, and a mark just below it would be none that the log has.)
 */
void record_date_back(struct engine *e, struct record *record);
/* All facts about a record that is not in memory are of this batch or older ones: the newest that
 * has a fact, or may still get none. A campaign can be put again under its id, though not in a
 * batch that has forgotten one: that must be newer. */
static inline uint64_t gone_since(const struct engine *e, enum engine_kind kind)
{
    uint64_t newest = kind == ENGINE_CAMPAIGN ? e->forgot : e->newest;

    return newest == e->position ? e->position : e->position - 1;
}
/* Went one of this campaign's id before it was put, and is `position` about that? Then *gone is the
 * newest batch that can have a fact about it. */
static inline bool campaign_is_newer(const struct campaign *campaign, uint64_t position,
                                     uint64_t *gone)
{
    if (campaign == NULL || position >= campaign->born) return false;
    *gone = campaign->born - 1;
    return true;
}
/* The key of a user's record, put together in `out`: 2 * TUAN_ID_MAX + 1 bytes. */
struct tuan_str user_key(struct tuan_str campaign, struct tuan_str user, char *out);
/* The field under which a record is stored; in e->key. */
struct tuan_str record_key(struct engine *e, const struct record *record);

static inline bool seat_time_is_sane(int64_t joined_at)
{
    return joined_at >= 0 && joined_at <= ENGINE_TIME_MAX;
}
static inline void seat_set_joined(struct seat *seat, int64_t at)
{
    seat->joined_at = (uint64_t)at & ENGINE_TIME_MAX;
}
/* Nothing is counted beyond this, pieces and money included; so sums of a few do not overflow. */
#define COUNT_MAX (INT64_C(1) << 60)
static inline bool count_is_sane(int64_t count)
{
    return count >= 0 && count <= COUNT_MAX;
}
static inline bool tier_is_sane(int64_t tier)
{
    return tier >= 0 && tier <= UINT8_MAX;
}

/* ---- what few have, and what was left out to save memory ---- */
static inline bool room_is_live(const struct room *room)
{
    return room->state == TUAN_ROOM_PENDING || room->state == TUAN_ROOM_OPEN;
}
static inline int64_t room_ended_at(const struct room *room) /* 0 while it lives */
{
    return room_is_live(room) ? 0 : room->ended_at;
}
/* Where the part of this kind is pointed at, or would be: as many links into the chain as the seat
 * has parts of lower kinds. */
static inline struct part **seat_part_at(struct seat *seat, enum part_kind kind)
{
    struct part **at = &seat->parts;

    for (unsigned before = seat->has & ((unsigned)kind - 1); before != 0; before &= before - 1)
        at = &(*at)->next;
    return at;
}
static inline void *seat_part(const struct seat *seat, enum part_kind kind) /* NULL: none */
{
    return (seat->has & kind) == 0 ? NULL : *seat_part_at((struct seat *)(uintptr_t)seat, kind);
}
static inline struct hold *seat_hold(const struct seat *seat) /* NULL: it is not held */
{
    return seat_part(seat, PART_HOLD);
}
static inline struct paid *seat_paid(const struct seat *seat) /* NULL: no money came */
{
    return seat_part(seat, PART_PAID);
}
/* NULL: it is all there is of its user. See user.h. */
static inline struct kin *seat_kin(const struct seat *seat)
{
    return seat_part(seat, PART_KIN);
}
static inline struct extra *seat_extra(const struct seat *seat) /* NULL: nothing of it applies */
{
    return seat_part(seat, PART_EXTRA);
}
static inline uint32_t seat_qty(const struct seat *seat)
{
    const struct pieces *pieces = seat_part(seat, PART_PIECES);

    return pieces == NULL ? 1 : pieces->qty;
}
static inline int64_t seat_ended_at(const struct seat *seat) /* 0: it was not given back */
{
    const struct left *left = seat_part(seat, PART_LEFT);

    if (seat->released == TUAN_RELEASE_ROOM_ENDED) return room_ended_at(seat->room);
    return left == NULL ? 0 : left->at;
}
/* Newest first, by next_of_seat (derived). */
static inline struct refund *seat_refunds(const struct seat *seat)
{
    const struct paid *paid = seat_paid(seat);
    const struct extra *extra = seat_extra(seat);

    if (paid != NULL) return paid->refunds;
    return extra == NULL ? NULL : extra->refunds;
}
static inline int64_t seat_price(const struct seat *seat)
{
    return seat->has_own_price ? seat_extra(seat)->price : seat->room->price;
}
static inline uint32_t room_virtuals(const struct room *room)
{
    return room->more == NULL ? 0 : room->more->virtuals;
}
static inline struct tuan_str room_note(const struct room *room)
{
    return room->more == NULL ? TUAN_STR("") : room->more->note;
}
/* The members' own counts have 32 bits. */
static inline bool base_is_sane(int64_t opens, int64_t joins, int64_t qty)
{
    return opens >= 0 && opens <= INT32_MAX && joins >= 0 && joins <= INT32_MAX &&
           count_is_sane(qty);
}

/* ---- what follows from the numbers ---- */
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
    return seat->room->by_pieces ? seat_qty(seat) : 1;
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
    seat->released = (enum tuan_release_reason)why;
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
    const struct paid *paid = seat_paid(seat);

    if (paid == NULL) return 0;
    return paid->has_amount ? paid->amount : seat_price(seat) * (int64_t)seat_qty(seat);
}

/* A new id of a room or of a refund. */
struct tuan_id make_rid(struct engine *e, enum engine_kind kind);
uint64_t rid_hash(const struct engine *e, struct tuan_id id);
void timer_arm(struct engine *e, struct timer *timer, int64_t due_ms); /* re-arms */
void timer_disarm(struct engine *e, struct timer *timer);

#endif
