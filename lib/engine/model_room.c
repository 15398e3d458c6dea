/* SPDX-License-Identifier: BSD-2-Clause */
/* model_room.c - making and finding rooms and their seats. */
#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "engine/model.h"

enum { RID_HIGH_BITS = 36 };
#define PARTITION_MASK ((UINT64_C(1) << TUAN_PARTITION_BITS) - 1)

static uint64_t random_word(struct engine *e)
{
    uint64_t word;

    e->config.random(e->config.random_context, &word, sizeof word);
    return word;
}

static struct tuan_id draw_rid(struct engine *e)
{
    struct tuan_id id;

    do {
        id.hi = random_word(e) >> (64 - RID_HIGH_BITS);
        id.lo = (random_word(e) & ~PARTITION_MASK) | e->config.partition;
    } while (tuan_rid_is_none(id));
    return id;
}

/* At a distance of up to 2^60, so that nobody guesses one from the other. */
static struct tuan_id draw_rid_after(struct engine *e, struct tuan_id last)
{
    uint64_t distance = (random_word(e) >> 4) & ~PARTITION_MASK;
    struct tuan_id id = {last.hi, last.lo + distance};

    if (id.lo < last.lo) id.hi++;
    return id.hi >> RID_HIGH_BITS == 0 ? id : draw_rid(e);
}

/* Ids are looked up far apart in memory: the next one is drawn already, and what will tell whether
 * it is taken comes here meanwhile. */
static struct tuan_id draw_ahead(struct engine *e, const struct map *map, struct tuan_id *next,
                                 bool ascends)
{
    struct tuan_id id = tuan_rid_is_none(*next) ? draw_rid(e) : *next;

    *next = ascends ? draw_rid_after(e, id) : draw_rid(e);
    map_prefetch(map, rid_hash(e, *next));
    return id;
}

static struct tuan_id make_room_id(struct engine *e)
{
    struct tuan_id id;

    do
        id = draw_ahead(e, &e->rooms, &e->next_room, false);
    while (room_find(e, id) != NULL);
    return id;
}

/* Refunds are listed by their times, those of one millisecond by their ids. A million of them may
 * be due at once: where each is the last so far, it takes its place without a search. */
static struct tuan_id make_refund_id(struct engine *e)
{
    struct tuan_id id;

    if (e->next_refund_at != e->now_ms) e->next_refund = (struct tuan_id){0, 0};
    e->next_refund_at = e->now_ms;
    do
        id = draw_ahead(e, &e->refunds, &e->next_refund, true);
    while (refund_find(e, id) != NULL);
    return id;
}

struct tuan_id make_rid(struct engine *e, enum engine_kind kind)
{
    assert(kind == ENGINE_ROOM || kind == ENGINE_REFUND);
    return kind == ENGINE_ROOM ? make_room_id(e) : make_refund_id(e);
}

/* ---- rooms ---- */

static bool room_has_id(const void *entry, const void *key)
{
    return tuan_rid_equal(((const struct room *)entry)->id, *(const struct tuan_id *)key);
}

struct room *room_seek(const struct engine *e, struct tuan_id id)
{
    struct room *room = map_find(&e->rooms, rid_hash(e, id), room_has_id, &id);
    if (room != NULL) e->memo->room = room;
    return room;
}

struct room *room_make(struct engine *e, struct campaign *campaign, struct tuan_id id)
{
    struct room *room = pool_alloc(&e->pool, sizeof *room);

    *room = (struct room){.id = id, .campaign = campaign};
    record_init(&room->record, ENGINE_ROOM);
    list_init(&room->refunds);
    room->timer.kind = TIMER_ROOM;
    map_insert(&e->rooms, rid_hash(e, id), room);
    e->memo->room = room;
    return room;
}

/* ---- what few rooms have ---- */

struct more *room_more(struct engine *e, struct room *room)
{
    if (room->more == NULL) {
        room->more = pool_alloc(&e->pool, sizeof *room->more);
        *room->more = (struct more){.room = room};
    }
    return room->more;
}

void lead_add(struct engine *e, struct room *room, int64_t at, uint32_t n)
{
    struct more *more = room_more(e, room);

    if (more->lead_count == more->lead_room) {
        uint32_t room_for = more->lead_room == 0 ? 2 : more->lead_room * 2;
        struct lead *leads = pool_alloc(&e->pool, room_for * sizeof *leads);
        if (more->lead_count > 0) memcpy(leads, more->leads, more->lead_count * sizeof *leads);
        if (more->lead_room > 0) pool_free(&e->pool, more->leads, more->lead_room * sizeof *leads);
        more->leads = leads;
        more->lead_room = room_for;
    }
    more->leads[more->lead_count++] = (struct lead){at, n};
}

/* ---- seats ---- */

const struct seat *seat_before(const struct engine *e, const struct seat *seat)
{
    const struct extra *extra = seat_extra(seat);
    const struct room *room;

    if (extra == NULL || extra->moved_n == 0) return NULL;
    room = room_find(e, extra->rerouted_from);
    return room == NULL || extra->moved_n > room->seat_count ? NULL
                                                             : room->seats[extra->moved_n - 1];
}

struct order_key {
    const struct campaign *campaign;
    struct tuan_str order;
};

static bool seat_has_order(const void *entry, const void *key)
{
    const struct seat *seat = entry;
    const struct order_key *wanted = key;

    return tuan_str_equal(seat_order(seat), wanted->order) &&
           seat->room->campaign == wanted->campaign;
}

struct seat *seat_seek(const struct engine *e, const struct campaign *campaign,
                       struct tuan_str order)
{
    struct memo_name *memo = e->memo->order;
    struct order_key key = {campaign, order};

    if (order.len > TUAN_ID_MAX) return NULL;
    memo_turn(e, memo, campaign, order);
    if (!memo->is_sought) memo_note(memo, map_find(&e->orders, memo->hash, seat_has_order, &key));
    return memo->found;
}

/* Both at once: a fetch holds up what follows until it is known which page of memory it goes to,
 * and where millions are indexed that takes as long as a fetch. Side by side the two wait together.
 */
MEM_PREFETCHES void prefetch_both(const struct engine *e, const struct memo_name *user,
                                  const struct memo_name *order)
{
    map_prefetch(&e->orders, order->hash);
    map_prefetch(&e->members, user->hash);
}

void prefetch_join(const struct engine *e, const struct campaign *campaign, struct tuan_str user,
                   struct tuan_str order)
{
    const struct memo *memo = e->memo;

    if (!memo_has(memo->order, campaign, order) || !memo_has(memo->user, campaign, user)) {
        memo_begin(memo->order, campaign, order, name_hash(e, campaign, order));
        memo_begin(memo->user, campaign, user, name_hash(e, campaign, user));
        prefetch_both(e, memo->user, memo->order);
    }
    memo->order->text = order.ptr;
    memo->user->text = user.ptr;
}

/* The next one's turn has come: what is looked for is on its way here, and its hash is known. */
static void memo_promote(struct memo_name **memo, struct memo_name **next)
{
    struct memo_name *past = *memo;

    *memo = *next;
    *next = past;
}

void prefetch_next_join(const struct engine *e, const struct campaign *campaign,
                        struct tuan_str user, struct tuan_str order)
{
    struct memo *memo = e->memo;

    if (user.len > TUAN_ID_MAX || order.len > TUAN_ID_MAX) return;
    memo_promote(&memo->order, &memo->next_order);
    memo_promote(&memo->user, &memo->next_user);
    memo_begin(memo->next_order, campaign, order, name_hash(e, campaign, order));
    memo_begin(memo->next_user, campaign, user, name_hash(e, campaign, user));
    prefetch_both(e, memo->next_user, memo->next_order);
}

struct reroute_key {
    struct tuan_id room;
    struct tuan_str order;
};

static uint64_t reroute_hash(const struct engine *e, struct tuan_id room, struct tuan_str order)
{
    return hash_mix(rid_hash(e, room), hash_bytes(order.ptr, order.len, e->config.hash_seed));
}

static bool seat_has_reroute(const void *entry, const void *key)
{
    const struct seat *seat = entry;
    const struct reroute_key *wanted = key;

    return tuan_rid_equal(seat_extra(seat)->rerouted_from, wanted->room) &&
           tuan_str_equal(seat_order(seat), wanted->order);
}

struct seat *seat_find_rerouted(const struct engine *e, struct tuan_id room, struct tuan_str order)
{
    struct reroute_key key = {room, order};

    return map_find(&e->reroutes, reroute_hash(e, room, order), seat_has_reroute, &key);
}

static bool is_rerouted(const struct seat *seat)
{
    const struct extra *extra = seat_extra(seat);

    return extra != NULL && !tuan_rid_is_none(extra->rerouted_from);
}

void order_enter(struct engine *e, struct seat *seat, struct tuan_str order)
{
    struct memo_name *memo = e->memo->order;

    memo_turn(e, memo, seat->room->campaign, order);
    map_insert(&e->orders, memo->hash, seat);
    memo_note(memo, seat);
    if (is_rerouted(seat))
        map_insert(&e->reroutes, reroute_hash(e, seat_extra(seat)->rerouted_from, order), seat);
}

void order_leave(struct engine *e, struct seat *seat)
{
    struct tuan_str order = seat_order(seat);

    map_remove(&e->orders, name_hash(e, seat->room->campaign, order), seat);
    e->memo->order->campaign = NULL;
    if (is_rerouted(seat))
        map_remove(&e->reroutes, reroute_hash(e, seat_extra(seat)->rerouted_from, order), seat);
}

/* ---- where the seats of a room are ---- */

static uint32_t seats_at_first(const struct room *room)
{
    return room->size < 8 ? room->size : 8;
}

static uint32_t seats_capacity(const struct room *room)
{
    uint32_t capacity = room->seat_count == 0 ? 0 : seats_at_first(room);

    while (capacity < room->seat_count)
        capacity *= 2;
    return capacity;
}

static void room_append_seat(struct engine *e, struct room *room, struct seat *seat)
{
    uint32_t capacity = seats_capacity(room);

    assert(room_is_live(room) || e->loading);
    if (room->seat_count == capacity) {
        struct seat **old = room->seats;
        uint32_t more = capacity == 0 ? seats_at_first(room) : capacity * 2;
        room->seats = pool_alloc(&e->pool, more * sizeof(struct seat *));
        if (capacity > 0) {
            memcpy(room->seats, old, capacity * sizeof(struct seat *));
            pool_free(&e->pool, old, capacity * sizeof(struct seat *));
        }
    }
    room->seats[room->seat_count++] = seat;
    seat->n = room->seat_count;
}

void room_free_seats(struct engine *e, struct room *room)
{
    bool are_kept = !room_is_live(room) && room->seats == room->kept;

    if (room->seat_count > 0 && !are_kept)
        pool_free(&e->pool, room->seats, seats_capacity(room) * sizeof(struct seat *));
}

/* Nobody joins any more, and where it stood while it lived is free. */
void room_keep_seats(struct engine *e, struct room *room)
{
    if (room->seat_count > SEATS_KEPT) return;
    for (uint32_t i = 0; i < room->seat_count; i++)
        room->kept[i] = room->seats[i];
    room_free_seats(e, room);
    room->seats = room->kept;
}

/* ---- seats and their parts ---- */

size_t seat_bytes(const struct seat *seat)
{
    return POOL_BYTES_WITH(struct seat, names, (size_t)seat->order_len + seat->user_len);
}

struct seat *seat_make(struct engine *e, struct room *room, struct tuan_str order,
                       struct tuan_str user)
{
    size_t bytes = POOL_BYTES_WITH(struct seat, names, (size_t)order.len + user.len);
    struct seat *seat = pool_alloc(&e->pool, bytes);

    assert(order.len <= TUAN_ID_MAX && user.len <= TUAN_ID_MAX);
    *seat = (struct seat){.room = room,
                          .opened = room->seat_count == 0,
                          .order_len = (uint8_t)order.len,
                          .user_len = (uint8_t)user.len};
    name_copy(seat->names, order);
    name_copy(seat->names + order.len, user);
    room_append_seat(e, room, seat);
    e->seat_count++;
    return seat;
}

void seat_add_part(struct seat *seat, enum part_kind kind, struct part *part)
{
    struct part **at = seat_part_at(seat, kind);

    assert((seat->has & kind) == 0);
    part->next = *at;
    *at = part;
    seat->has = (seat->has | (unsigned)kind) & PART_ALL;
}

void seat_remove_part(struct seat *seat, enum part_kind kind)
{
    struct part **at = seat_part_at(seat, kind);

    assert((seat->has & kind) != 0);
    *at = (*at)->next;
    seat->has = seat->has & ~(unsigned)kind & PART_ALL;
}

struct hold *hold_make(struct engine *e, struct seat *seat, int64_t until, int64_t release_at)
{
    struct hold *hold = pool_alloc(&e->pool, sizeof *hold);

    *hold = (struct hold){
        .timer.kind = TIMER_HOLD, .seat = seat, .until = until, .release_at = release_at};
    seat_add_part(seat, PART_HOLD, &hold->part);
    struct room *room = seat->room;
    if (room->release_bound == 0 || release_at < room->release_bound)
        room->release_bound = release_at;
    return hold;
}

void hold_unmake(struct engine *e, struct seat *seat)
{
    struct hold *hold = seat_hold(seat);

    if (hold == NULL) return;
    seat_remove_part(seat, PART_HOLD);
    timer_disarm(e, &hold->timer);
    pool_free(&e->pool, hold, sizeof *hold);
}

struct extra *extra_make(struct engine *e, struct seat *seat)
{
    struct extra *extra = seat_extra(seat);

    if (extra != NULL) return extra;
    extra = pool_alloc(&e->pool, sizeof *extra);
    *extra = (struct extra){.new_user = false};
    seat_add_part(seat, PART_EXTRA, &extra->part);
    return extra;
}

/* The first seat's is the room's. */
void seat_set_price(struct engine *e, struct seat *seat, int64_t price)
{
    if (seat->n == 1) seat->room->price = price;
    if (seat->room->price == price) return;
    extra_make(e, seat)->price = price;
    seat->has_own_price = true;
}

void seat_set_qty(struct engine *e, struct seat *seat, uint32_t qty)
{
    if (qty == 1) return;
    struct pieces *pieces = pool_alloc(&e->pool, sizeof *pieces);
    pieces->qty = qty;
    seat_add_part(seat, PART_PIECES, &pieces->part);
}

void seat_set_left(struct engine *e, struct seat *seat, int64_t at)
{
    struct left *left = seat_part(seat, PART_LEFT);

    if (at == 0 && left != NULL) {
        seat_remove_part(seat, PART_LEFT);
        pool_free(&e->pool, left, sizeof *left);
    }
    if (at == 0) return;
    if (left == NULL) {
        left = pool_alloc(&e->pool, sizeof *left);
        seat_add_part(seat, PART_LEFT, &left->part);
    }
    left->at = at;
}

void paid_free(struct engine *e, struct seat *seat)
{
    struct paid *paid = seat_paid(seat);

    if (paid == NULL) return;
    seat_remove_part(seat, PART_PAID);
    pool_free(&e->pool, paid, POOL_BYTES_WITH(struct paid, payment, (size_t)paid->payment_len));
}

struct paid *paid_make(struct engine *e, struct seat *seat, struct tuan_str payment)
{
    size_t bytes = POOL_BYTES_WITH(struct paid, payment, (size_t)payment.len);
    struct paid *paid = pool_alloc(&e->pool, bytes);

    assert(payment.len <= TUAN_ID_MAX);
    *paid = (struct paid){.refunds = seat_refunds(seat), .payment_len = (uint8_t)payment.len};
    name_copy(paid->payment, payment);
    paid_free(e, seat);
    seat_add_part(seat, PART_PAID, &paid->part);
    return paid;
}
