/* SPDX-License-Identifier: BSD-2-Clause */
/* model.c - making, finding and burying the engine's objects. */
#include "engine/model.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "engine/ledger.h"
#include "engine/match.h"
#include "engine/rules.h"

struct tuan_id make_rid(struct engine *e)
{
    struct tuan_id id;
    uint64_t partition_mask = (UINT64_C(1) << TUAN_PARTITION_BITS) - 1;

    do {
        uint64_t words[2];
        e->config.random(e->config.random_context, words, sizeof words);
        id.hi = words[0] >> 28;
        id.lo = (words[1] & ~partition_mask) | e->config.partition;
    } while (tuan_rid_is_none(id) || room_find(e, id) != NULL || refund_find(e, id) != NULL);
    return id;
}

/* ---- timers ---- */

void timer_disarm(struct engine *e, struct timer *timer)
{
    wheel_remove(&e->wheel, &timer->node);
}

void timer_arm(struct engine *e, struct timer *timer, int64_t due_ms)
{
    timer_disarm(e, timer);
    wheel_add(&e->wheel, &timer->node, due_ms);
}

/* ---- records ---- */

static void record_init(struct record *record, enum engine_kind kind)
{
    *record = (struct record){.kind = kind};
    list_init(&record->dirty);
}

void record_touch(struct engine *e, struct record *record, uint64_t position)
{
    assert(position >= record->at);
    record->at = position;
    if (position > e->newest) e->newest = position;
    if (record_is_dirty(record)) return;
    record->first_dirty = position;
    list_push_tail(&e->dirty, &record->dirty);
    e->dirty_count++;
}

void record_clean(struct engine *e, struct record *record)
{
    if (!record_is_dirty(record)) return;
    if (e->marked == &record->dirty) e->marked = NULL;
    list_remove(&record->dirty);
    e->dirty_count--;
}

static struct tuan_str rid_key(struct engine *e, struct tuan_id id)
{
    tuan_rid_print(id, e->key);
    return (struct tuan_str){e->key, TUAN_RID_CHARS};
}

struct tuan_str record_key(struct engine *e, const struct record *record)
{
    if (record->is_tombstone) return container_of(record, struct tombstone, record)->key;
    switch (record->kind) {
    case ENGINE_CAMPAIGN: return container_of(record, struct campaign, record)->id;
    case ENGINE_ROOM: return rid_key(e, container_of(record, struct room, record)->id);
    case ENGINE_REFUND: return rid_key(e, container_of(record, struct refund, record)->id);
    case ENGINE_USER: {
        const struct member *member = container_of(record, struct member, record);
        struct tuan_str campaign = member->campaign->id;
        memcpy(e->key, campaign.ptr, campaign.len);
        e->key[campaign.len] = '\0';
        memcpy(e->key + campaign.len + 1, member->id, member->id_len);
        return (struct tuan_str){e->key, campaign.len + 1U + member->id_len};
    }
    case ENGINE_KIND_COUNT: break;
    }
    assert(false && "a record of no kind");
    return (struct tuan_str){NULL, 0};
}

struct tombstone *tombstone_make(struct engine *e, enum engine_kind kind, struct tuan_str key)
{
    struct tombstone *tombstone = pool_alloc(&e->pool, sizeof *tombstone);

    record_init(&tombstone->record, kind);
    tombstone->record.is_tombstone = true;
    tombstone->key = str_copy(e, key);
    return tombstone;
}

/* ---- campaigns ---- */

static bool campaign_has_id(const void *entry, const void *key)
{
    return tuan_str_equal(((const struct campaign *)entry)->id, *(const struct tuan_str *)key);
}

struct campaign *campaign_find(const struct engine *e, struct tuan_str id)
{
    return map_find(&e->campaigns, hash_bytes(id.ptr, id.len, e->config.hash_seed), campaign_has_id,
                    &id);
}

struct campaign *campaign_make(struct engine *e, struct tuan_str id)
{
    struct campaign *campaign = pool_alloc(&e->pool, sizeof *campaign);

    *campaign = (struct campaign){.id = str_copy(e, id)};
    record_init(&campaign->record, ENGINE_CAMPAIGN);
    list_init(&campaign->revisions);
    list_init(&campaign->live);
    list_init(&campaign->closing);
    match_init(&campaign->joinable);
    ledger_init_in_campaign(&campaign->refunds);
    map_insert(&e->campaigns, hash_bytes(id.ptr, id.len, e->config.hash_seed), campaign);
    tree_insert(&e->campaigns_by_id, &campaign->by_id);
    return campaign;
}

struct revision *revision_add(struct engine *e, struct campaign *campaign, int64_t number,
                              const struct tuan_rules *rules)
{
    struct revision *revision = pool_alloc(&e->pool, sizeof *revision);

    *revision = (struct revision){.number = number};
    rules_copy(e, &revision->rules, rules);
    rules_complete(&revision->rules);
    list_push_head(&campaign->revisions, &revision->link);
    return revision;
}

void revision_release(struct engine *e, struct campaign *campaign, struct revision *revision)
{
    if (revision->rooms > 0 || list_first(&campaign->revisions) == &revision->link) return;
    list_remove(&revision->link);
    list_push_tail(&e->dead_revisions, &revision->link); /* facts may still point into it */
}

/* ---- rooms ---- */

uint64_t rid_hash(const struct engine *e, struct tuan_id id)
{
    return hash_mix(id.hi ^ e->config.hash_seed, id.lo);
}

static bool room_has_id(const void *entry, const void *key)
{
    return tuan_rid_equal(((const struct room *)entry)->id, *(const struct tuan_id *)key);
}

struct room *room_find(const struct engine *e, struct tuan_id id)
{
    return map_find(&e->rooms, rid_hash(e, id), room_has_id, &id);
}

struct room *room_make(struct engine *e, struct campaign *campaign, struct tuan_id id)
{
    struct room *room = pool_alloc(&e->pool, sizeof *room);

    *room = (struct room){.id = id, .campaign = campaign};
    record_init(&room->record, ENGINE_ROOM);
    list_init(&room->refunds);
    list_init(&room->live_link);
    room->timer.kind = TIMER_ROOM;
    map_insert(&e->rooms, rid_hash(e, id), room);
    return room;
}

/* ---- members ---- */

struct member_key {
    const struct campaign *campaign;
    struct tuan_str user;
};

uint64_t member_hash(const struct engine *e, const struct campaign *campaign, struct tuan_str user)
{
    return hash_mix((uint64_t)(uintptr_t)campaign,
                    hash_bytes(user.ptr, user.len, e->config.hash_seed));
}

static bool member_has_key(const void *entry, const void *key)
{
    const struct member *member = entry;
    const struct member_key *wanted = key;

    return member->campaign == wanted->campaign && member->id_len == wanted->user.len &&
           memcmp(member->id, wanted->user.ptr, member->id_len) == 0;
}

struct member *member_find(const struct engine *e, const struct campaign *campaign,
                           struct tuan_str user)
{
    struct member_key key = {campaign, user};

    return map_find(&e->members, member_hash(e, campaign, user), member_has_key, &key);
}

struct member *member_make(struct engine *e, struct campaign *campaign, struct tuan_str user)
{
    struct member *member = pool_alloc(&e->pool, sizeof *member + user.len);

    assert(user.len <= TUAN_ID_MAX);
    *member = (struct member){.campaign = campaign, .id_len = (uint8_t)user.len};
    memcpy(member->id, user.ptr, user.len);
    record_init(&member->record, ENGINE_USER);
    list_init(&member->seats);
    map_insert(&e->members, member_hash(e, campaign, user), member);
    return member;
}

/* ---- seats ---- */

struct order_key {
    const struct campaign *campaign;
    struct tuan_str order;
};

uint64_t order_hash(const struct engine *e, const struct campaign *campaign, struct tuan_str order)
{
    return hash_mix((uint64_t)(uintptr_t)campaign,
                    hash_bytes(order.ptr, order.len, e->config.hash_seed));
}

static bool seat_has_order(const void *entry, const void *key)
{
    const struct seat *seat = entry;
    const struct order_key *wanted = key;

    return seat->order_len == wanted->order.len && seat->room->campaign == wanted->campaign &&
           memcmp(seat->order, wanted->order.ptr, seat->order_len) == 0;
}

struct seat *seat_find(const struct engine *e, const struct campaign *campaign,
                       struct tuan_str order)
{
    struct order_key key = {campaign, order};

    return map_find(&e->orders, order_hash(e, campaign, order), seat_has_order, &key);
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

    return tuan_rid_equal(seat->extra->rerouted_from, wanted->room) &&
           tuan_str_equal(seat_order(seat), wanted->order);
}

struct seat *seat_find_rerouted(const struct engine *e, struct tuan_id room, struct tuan_str order)
{
    struct reroute_key key = {room, order};

    return map_find(&e->reroutes, reroute_hash(e, room, order), seat_has_reroute, &key);
}

static bool is_rerouted(const struct seat *seat)
{
    return seat->extra != NULL && !tuan_rid_is_none(seat->extra->rerouted_from);
}

void order_enter(struct engine *e, struct seat *seat)
{
    struct tuan_str order = seat_order(seat);

    map_insert(&e->orders, order_hash(e, seat->room->campaign, order), seat);
    if (is_rerouted(seat))
        map_insert(&e->reroutes, reroute_hash(e, seat->extra->rerouted_from, order), seat);
}

void order_leave(struct engine *e, struct seat *seat)
{
    struct tuan_str order = seat_order(seat);

    map_remove(&e->orders, order_hash(e, seat->room->campaign, order), seat);
    if (is_rerouted(seat))
        map_remove(&e->reroutes, reroute_hash(e, seat->extra->rerouted_from, order), seat);
}

static void room_append_seat(struct engine *e, struct room *room, struct seat *seat)
{
    if (room->seat_count == room->seat_room) {
        uint32_t more =
            room->seat_room == 0 ? (room->size < 8 ? room->size : 8) : room->seat_room * 2;
        struct seat **seats = pool_alloc(&e->pool, more * sizeof(struct seat *));
        if (room->seat_count > 0)
            memcpy(seats, room->seats, room->seat_count * sizeof(struct seat *));
        if (room->seat_room > 0)
            pool_free(&e->pool, room->seats, room->seat_room * sizeof(struct seat *));
        room->seats = seats;
        room->seat_room = more;
    }
    room->seats[room->seat_count++] = seat;
    seat->n = room->seat_count;
}

static bool rid_is_less(struct tuan_id a, struct tuan_id b)
{
    return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo;
}

/* Newest first; what happened in one millisecond is ordered by ids, so that a restart finds the
 * same order. */
static bool seat_is_newer(const struct seat *a, const struct seat *b)
{
    if (a->joined_at != b->joined_at) return a->joined_at > b->joined_at;
    return a->room == b->room ? a->n > b->n : rid_is_less(b->room->id, a->room->id);
}

void member_list_seat(struct seat *seat)
{
    struct list *head = &seat->member->seats, *at = head->next;

    while (at != head && seat_is_newer(container_of(at, struct seat, of_member), seat))
        at = at->next;
    list_insert_between(&seat->of_member, at->prev, at);
}

static bool room_is_newer(const struct room *a, const struct room *b)
{
    if (a->opened_at != b->opened_at) return a->opened_at > b->opened_at;
    return rid_is_less(b->id, a->id);
}

void campaign_list_room(struct room *room)
{
    struct list *head = &room->campaign->live, *at = head->prev;

    while (at != head && room_is_newer(container_of(at, struct room, live_link), room))
        at = at->prev;
    list_insert_between(&room->live_link, at, at->next);
}

struct seat *seat_make(struct engine *e, struct room *room, struct member *member,
                       struct tuan_str order)
{
    struct seat *seat = pool_alloc(&e->pool, sizeof *seat + order.len);

    assert(order.len <= TUAN_ID_MAX);
    *seat = (struct seat){.room = room, .member = member, .order_len = (uint8_t)order.len};
    memcpy(seat->order, order.ptr, order.len);
    list_init(&seat->of_member);
    member->seat_count++;
    room_append_seat(e, room, seat);
    e->seat_count++;
    return seat;
}

struct hold *hold_make(struct engine *e, struct seat *seat, int64_t until, int64_t release_at)
{
    struct hold *hold = pool_alloc(&e->pool, sizeof *hold);

    *hold = (struct hold){
        .timer.kind = TIMER_HOLD, .seat = seat, .until = until, .release_at = release_at};
    seat->hold = hold;
    return hold;
}

void hold_unmake(struct engine *e, struct seat *seat)
{
    if (seat->hold == NULL) return;
    timer_disarm(e, &seat->hold->timer);
    pool_free(&e->pool, seat->hold, sizeof *seat->hold);
    seat->hold = NULL;
}

struct extra *seat_extra(struct engine *e, struct seat *seat)
{
    if (seat->extra == NULL) {
        seat->extra = pool_alloc(&e->pool, sizeof *seat->extra);
        *seat->extra = (struct extra){0};
    }
    return seat->extra;
}

struct paid *seat_paid(struct engine *e, struct seat *seat)
{
    if (seat->paid == NULL) {
        seat->paid = pool_alloc(&e->pool, sizeof *seat->paid);
        *seat->paid = (struct paid){0};
    }
    return seat->paid;
}

/* ---- refunds ---- */

static bool refund_has_id(const void *entry, const void *key)
{
    return tuan_rid_equal(((const struct refund *)entry)->id, *(const struct tuan_id *)key);
}

struct refund *refund_find(const struct engine *e, struct tuan_id id)
{
    return map_find(&e->refunds, rid_hash(e, id), refund_has_id, &id);
}

static bool stray_has_order(const void *entry, const void *key)
{
    const struct refund *refund = entry;
    const struct order_key *wanted = key;

    return refund->campaign == wanted->campaign && tuan_str_equal(refund->order, wanted->order);
}

struct refund *stray_find(const struct engine *e, const struct campaign *campaign,
                          struct tuan_str order)
{
    struct order_key key = {campaign, order};

    return map_find(&e->strays, order_hash(e, campaign, order), stray_has_order, &key);
}

struct refund *refund_make(struct engine *e, struct campaign *campaign, struct tuan_id id)
{
    struct refund *refund = pool_alloc(&e->pool, sizeof *refund);

    *refund = (struct refund){.id = id, .campaign = campaign};
    record_init(&refund->record, ENGINE_REFUND);
    list_init(&refund->of_room);
    refund->timer.kind = TIMER_REFUND;
    map_insert(&e->refunds, rid_hash(e, id), refund);
    return refund;
}
