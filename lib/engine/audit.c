/* SPDX-License-Identifier: BSD-2-Clause */
/* audit.c - walks everything, and names the first invariant that does not hold. */
#include <assert.h>
#include <stdio.h>

#include "engine/cut.h"
#include "engine/mates.h"
#include "engine/model.h"
#include "engine/policy.h"
#include "engine/user.h"

/* Each function returns NULL, or what does not hold. */
#define HOLDS(claim)                                                                               \
    do {                                                                                           \
        if (!(claim)) return #claim;                                                               \
    } while (0)
#define SOUND(part_fault)                                                                          \
    do {                                                                                           \
        const char *found = (part_fault);                                                          \
        if (found != NULL) return found;                                                           \
    } while (0)

struct sums {
    int64_t held, paid, settled, counted_opens, counted_joins, counted_qty, live;
};

static bool is_in_row(enum tuan_arg arg, int64_t value)
{
    return value >= tuan_arg_fields[arg].min && value <= tuan_arg_fields[arg].max;
}

static const char *parts_fault(const struct seat *seat)
{
    int parts = 0;

    for (const struct part *part = seat->parts; part != NULL; part = part->next)
        parts++;
    HOLDS(parts == __builtin_popcount(seat->has));
    HOLDS(seat_hold(seat) == NULL || seat_hold(seat)->seat == seat);
    HOLDS(seat_paid(seat) == NULL || seat->state != TUAN_SEAT_HELD);
    HOLDS(seat_part(seat, PART_PIECES) == NULL || seat_qty(seat) != 1);
    HOLDS(seat_part(seat, PART_LEFT) == NULL || seat->released != 0);
    HOLDS(seat_paid(seat) == NULL || is_in_row(TUAN_ARG_amount, seat_paid(seat)->amount));
    HOLDS(seat_extra(seat) == NULL || is_in_row(TUAN_ARG_level, seat_extra(seat)->level));
    return NULL;
}

static const char *seat_fault(const struct engine *e, const struct room *room,
                              const struct seat *seat, uint32_t n)
{
    HOLDS(seat->n == n);
    HOLDS(seat->room == room);
    struct user user = user_find(e, room->campaign, seat_user(seat));
    HOLDS(seat_kin(seat) == NULL ? user.seat == seat : user.member == seat_kin(seat)->member);
    SOUND(parts_fault(seat));
    HOLDS(!seat->is_called);
    HOLDS(is_in_row(TUAN_ARG_qty, seat_qty(seat)) && is_in_row(TUAN_ARG_price, seat_price(seat)));
    HOLDS((seat->state == TUAN_SEAT_HELD) == (seat_hold(seat) != NULL));
    if (seat_hold(seat) != NULL) {
        HOLDS(wheel_is_armed(&seat_hold(seat)->timer.node));
        HOLDS(seat_hold(seat)->until <= seat_hold(seat)->release_at);
        HOLDS(room->deadline == 0 || seat_hold(seat)->release_at <= room->deadline);
    }
    HOLDS(seat->state != TUAN_SEAT_SETTLED || room->state == TUAN_ROOM_FORMED);
    HOLDS(!seat_is_live(seat) || room_is_live(room));
    HOLDS((seat->state == TUAN_SEAT_RELEASED) == (seat->released != 0) ||
          seat->state == TUAN_SEAT_REFUND_DUE || seat->state == TUAN_SEAT_REFUNDED);
    HOLDS((seat_find(e, room->campaign, seat_order(seat)) == seat) == !seat->is_forgotten);
    /* Money is in exactly one place: a seat that gave way to a refund has one. */
    bool owed = seat->state == TUAN_SEAT_REFUND_DUE || seat->state == TUAN_SEAT_REFUNDED;
    HOLDS(!owed || seat_refunds(seat) != NULL);
    return NULL;
}

static const char *mate_fault(const struct room *room)
{
    bool merges =
        room->state == TUAN_ROOM_OPEN && room->revision->rules.merge == TUAN_MERGE_DEADLINE;
    bool has_group = room->more != NULL && room->more->group != NULL;

    HOLDS(merges == has_group);
    if (!has_group) return NULL;
    HOLDS(tree_holds(&room->more->mate_link) == (room->held == 0 && room->paid > 0));
    return NULL;
}

static const char *room_fault(const struct engine *e, const struct room *room)
{
    struct sums sums = {0};
    uint32_t open_refunds = 0, hidden = 0;

    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct seat *seat = room->seats[i];
        SOUND(seat_fault(e, room, seat, i + 1));
        uint32_t weight = seat_weight(seat);
        if (seat->state == TUAN_SEAT_HELD) sums.held += weight;
        if (seat_is_paid(seat)) sums.paid += weight;
        hidden += !seat_is_shown(seat);
    }
    HOLDS(hidden == room->hidden);
    HOLDS(room->seat_count > 0);
    HOLDS(sums.held == room->held);
    HOLDS(sums.paid == room->paid);
    HOLDS(sums.held + sums.paid + room_virtuals(room) <= room->size);
    HOLDS(room_virtuals(room) == 0 || room->reason == TUAN_REASON_VIRTUAL);
    HOLDS(cut_sum(room) <= room->revision->rules.cut_total);
    HOLDS(room->leader >= 1 && room->leader <= room->seat_count);
    HOLDS(room->version >= room->seat_count + 1);
    HOLDS(room->state != TUAN_ROOM_FORMED || (sums.held == 0 && sums.paid > 0));
    HOLDS(room->state != TUAN_ROOM_FAILED || (sums.held == 0 && sums.paid == 0));
    HOLDS(room->state != TUAN_ROOM_PENDING || (room->deadline == 0 && sums.paid == 0));
    HOLDS(!room_is_live(room) || sums.held + sums.paid > 0);
    HOLDS(room_is_live(room) == (room->reason == 0) &&
          room_is_live(room) == (room_ended_at(room) == 0));
    HOLDS(!room_is_live(room) || tree_holds(&room->live_link));
    if (room_is_live(room)) {
        HOLDS((room->state == TUAN_ROOM_OPEN) == (room->bucket != NULL));
        HOLDS(!tree_holds(&room->match_link) ||
              (room->state == TUAN_ROOM_OPEN && room->is_listed && room_free(room) > 0));
    } else {
        HOLDS((room->seats == room->kept) == (room->seat_count <= SEATS_KEPT));
    }
    SOUND(mate_fault(room));
    list_for_each (link, &room->refunds) {
        const struct refund *refund = container_of(link, struct refund, of_room);
        HOLDS(refund->room == room && refund->n >= 1 && refund->n <= room->seat_count);
        open_refunds += refund->acked_at == 0;
    }
    HOLDS(open_refunds == room->refunds_open);
    bool needs_timer = room->state == TUAN_ROOM_OPEN ? room->deadline > 0
                                                     : !room_is_live(room) && open_refunds == 0;
    HOLDS(wheel_is_armed(&room->timer.node) == needs_timer);
    return NULL;
}

/* A key that changed was settled: the order is that of the keys as they are. */
static const char *tree_fault(const struct tree *tree)
{
    const struct tree_node *before = NULL;
    size_t count = 0;

    for (const struct tree_node *node = tree_first(tree); node != NULL; node = tree_next(node)) {
        HOLDS(before == NULL || tree->compare(before, node) < 0);
        before = node;
        count++;
    }
    HOLDS(count == tree->count && before == tree->last);
    return NULL;
}

static const char *group_fault(const struct group *group)
{
    int64_t paid = 0;

    HOLDS(group->rooms > 0);
    SOUND(tree_fault(&group->mates));
    for (const struct room *mate = mates_fewest(group); mate != NULL; mate = mates_next(mate)) {
        HOLDS(mate->more->group == group);
        paid += mate->paid;
    }
    HOLDS(paid == group->paid);
    return NULL;
}

static const char *shelf_fault(const struct campaign *campaign, const struct shelf *shelf)
{
    uint32_t rooms = 0, buckets = 0;

    list_for_each (at, &shelf->buckets) {
        const struct bucket *bucket = container_of(at, struct bucket, link);
        HOLDS(bucket->shelf == shelf && bucket->rooms > 0);
        rooms += bucket->rooms;
        buckets++;
        SOUND(tree_fault(&bucket->joinable));
        for (const struct tree_node *node = tree_first(&bucket->joinable); node != NULL;
             node = tree_next(node))
            HOLDS(container_of((struct tree_node *)(uintptr_t)node, struct room, match_link)
                      ->bucket == bucket);
    }
    SOUND(tree_fault(&shelf->relaxed));
    SOUND(tree_fault(&shelf->relaxing));
    HOLDS(rooms == shelf->rooms && rooms > 0);
    HOLDS(buckets == shelf->bucket_count);
    HOLDS(campaign->rooms_live >= rooms);
    return NULL;
}

/* What a live room has taken of the quota. */
static int64_t quota_of(const struct room *room)
{
    int64_t taken = 0;

    if (room->revision->rules.reserve == TUAN_RESERVE_WHOLE_ROOM) return room->size;
    for (uint32_t i = 0; i < room->seat_count; i++)
        if (seat_is_live(room->seats[i])) taken += seat_qty(room->seats[i]);
    return taken;
}

static const char *campaign_fault(const struct engine *e, const struct campaign *campaign)
{
    int64_t live = 0, failed = 0, reserved = 0, ended_at = INT64_MIN;

    HOLDS(!list_is_empty(&campaign->revisions));
    SOUND(tree_fault(&campaign->live));
    SOUND(tree_fault(&campaign->refunds));
    for (const struct tree_node *node = tree_first(&campaign->live); node != NULL;
         node = tree_next(node)) {
        const struct room *room = policy_live_room(node);
        HOLDS(room->campaign == campaign && room_is_live(room));
        live++;
        reserved += quota_of(room);
    }
    HOLDS(live == campaign->rooms_live);
    HOLDS(campaign->rooms_opened ==
          campaign->rooms_formed + campaign->rooms_failed + campaign->rooms_merged + live);
    list_for_each (link, &campaign->ended) {
        const struct room *room = container_of(link, struct room, ended_link);
        HOLDS(!room_is_live(room) && room_ended_at(room) >= ended_at);
        ended_at = room_ended_at(room);
    }
    for (int i = 0; i < FAILURE_COUNT; i++)
        failed += campaign->failed[i];
    HOLDS(failed == campaign->rooms_failed);
    const int64_t counts[] = {
        campaign->seats_held,   campaign->seats_paid,      campaign->seats_released,
        campaign->refunds_due,  campaign->refunds_acked,   campaign->quota_used,
        campaign->members_new,  campaign->members_old,     campaign->referred,
        campaign->amount,       campaign->amount_referred, campaign->rooms_opened,
        campaign->rooms_formed, campaign->rooms_merged};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        HOLDS(count_is_sane(counts[i]));
    HOLDS(campaign->quota_used >= reserved);
    HOLDS((int64_t)campaign->refunds.count == campaign->refunds_due - campaign->refunds_acked);
    list_for_each (link, &campaign->groups)
        SOUND(group_fault(container_of(link, struct group, link)));
    list_for_each (link, &campaign->shelves)
        SOUND(shelf_fault(campaign, container_of(link, struct shelf, link)));
    list_for_each (link, &campaign->revisions) {
        const struct revision *revision = container_of(link, struct revision, link);
        HOLDS(revision->rooms > 0 || list_first(&campaign->revisions) == link);
    }
    HOLDS(campaign_find(e, campaign->id) == campaign);
    return NULL;
}

static const char *user_fault(struct user user)
{
    const struct member *member = user.member;

    if (member == NULL) {
        HOLDS(seat_kin(user.seat) == NULL); /* the rest is seen with its room */
        return NULL;
    }
    const struct base none = {.opens = 0}, *base = member->base == NULL ? &none : member->base;
    struct sums sums = {
        .counted_opens = base->opens, .counted_joins = base->joins, .counted_qty = base->qty};
    uint32_t seats = 0;

    user_for_each(seat, user)
    {
        HOLDS(seat_kin(seat)->member == member && seat_kin(seat)->seat == seat);
        HOLDS(seat->room->campaign == member->campaign);
        seats++;
        sums.live += seat_is_waiting(seat);
        if (!seat_counts(seat)) continue;
        sums.counted_opens += seat->opened;
        sums.counted_joins += !seat->opened;
        sums.counted_qty += seat_qty(seat);
    }
    HOLDS(sums.live == member->live);
    HOLDS(sums.counted_opens == member->opens);
    HOLDS(sums.counted_joins == member->joins);
    HOLDS(sums.counted_qty == member->qty);
    HOLDS(seats > 0 || member->base != NULL);
    return NULL;
}

static const char *dirty_fault(const struct engine *e)
{
    int64_t count = 0;
    uint64_t before = 0;

    list_for_each (link, &e->dirty) {
        const struct record *record = container_of(link, struct record, dirty);
        HOLDS(record->first_dirty >= before);
        HOLDS(record->at >= record->first_dirty);
        before = record->first_dirty;
        count++;
    }
    HOLDS(count == e->dirty_count);
    return NULL;
}

const char *engine_fault(const struct engine *e)
{
    const void *entry;
    int64_t seats = 0, seats_open = 0;
    int64_t by_state[5] = {0};

    HOLDS(!e->loading);
    for (size_t cursor = 0; (entry = map_next(&e->rooms, &cursor)) != NULL;) {
        const struct room *room = entry;
        SOUND(room_fault(e, room));
        seats += room->seat_count;
        seats_open += room->state == TUAN_ROOM_OPEN ? room_free(room) : 0;
        by_state[room->state]++;
    }
    HOLDS(seats == e->seat_count);
    HOLDS(seats_open == e->seats_open);
    for (int state = 1; state < 5; state++)
        HOLDS(by_state[state] == e->rooms_by_state[state]);
    for (size_t cursor = 0; (entry = map_next(&e->campaigns, &cursor)) != NULL;)
        SOUND(campaign_fault(e, entry));
    for (size_t cursor = 0; (entry = map_next(&e->members, &cursor)) != NULL;)
        SOUND(user_fault(user_of_entry((void *)(uintptr_t)entry)));
    for (size_t cursor = 0; (entry = map_next(&e->refunds, &cursor)) != NULL;) {
        const struct refund *refund = entry;
        HOLDS(count_is_sane(refund->amount));
        HOLDS((refund->acked_at == 0) == tree_holds(&refund->by_age_in_campaign));
        HOLDS(refund->acked_at != 0 || tree_holds(&refund->by_age));
        HOLDS((refund->room == NULL) == tuan_rid_is_none(refund->room_id));
    }
    SOUND(tree_fault(&e->refunds_by_age));
    SOUND(dirty_fault(e));
    return NULL;
}

void engine_audit(const struct engine *e)
{
    const char *fault = engine_fault(e);

    if (fault != NULL) fprintf(stderr, "engine_audit: %s\n", fault);
    assert(fault == NULL);
}
