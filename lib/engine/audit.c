/* SPDX-License-Identifier: BSD-2-Clause */
/* audit.c - walks everything and asserts every invariant. */
#include <assert.h>

#include "engine/cut.h"
#include "engine/mates.h"
#include "engine/model.h"
#include "engine/policy.h"
#include "engine/user.h"

struct sums {
    int64_t held, paid, settled, counted_opens, counted_joins, counted_qty, live;
};

static void audit_parts(const struct seat *seat)
{
    int parts = 0;

    for (const struct part *part = seat->parts; part != NULL; part = part->next)
        parts++;
    assert(parts == __builtin_popcount(seat->has));
    assert(seat_hold(seat) == NULL || seat_hold(seat)->seat == seat);
    assert(seat_paid(seat) == NULL || seat->state != TUAN_SEAT_HELD);
    assert(seat_part(seat, PART_PIECES) == NULL || seat_qty(seat) != 1);
    assert(seat_part(seat, PART_LEFT) == NULL || seat->released != 0);
}

static void audit_seat(const struct engine *e, const struct room *room, const struct seat *seat,
                       uint32_t n)
{
    assert(seat->n == n);
    assert(seat->room == room);
    struct user user = user_find(e, room->campaign, seat_user(seat));
    assert(seat_kin(seat) == NULL ? user.seat == seat : user.member == seat_kin(seat)->member);
    audit_parts(seat);
    assert(!seat->is_called);
    assert((seat->state == TUAN_SEAT_HELD) == (seat_hold(seat) != NULL));
    if (seat_hold(seat) != NULL) {
        assert(wheel_is_armed(&seat_hold(seat)->timer.node));
        assert(seat_hold(seat)->until <= seat_hold(seat)->release_at);
        assert(room->deadline == 0 || seat_hold(seat)->release_at <= room->deadline);
    }
    assert(seat->state != TUAN_SEAT_SETTLED || room->state == TUAN_ROOM_FORMED);
    assert(!seat_is_live(seat) || room_is_live(room));
    assert((seat->state == TUAN_SEAT_RELEASED) == (seat->released != 0) ||
           seat->state == TUAN_SEAT_REFUND_DUE || seat->state == TUAN_SEAT_REFUNDED);
    assert((seat_find(e, room->campaign, seat_order(seat)) == seat) == !seat->is_forgotten);
    /* Money is in exactly one place: a seat that gave way to a refund has one. */
    bool owed = seat->state == TUAN_SEAT_REFUND_DUE || seat->state == TUAN_SEAT_REFUNDED;
    assert(!owed || seat_refunds(seat) != NULL);
}

static void audit_mate(const struct room *room)
{
    bool merges =
        room->state == TUAN_ROOM_OPEN && room->revision->rules.merge == TUAN_MERGE_DEADLINE;
    bool has_group = room->more != NULL && room->more->group != NULL;

    assert(merges == has_group);
    if (!has_group) return;
    assert(tree_holds(&room->more->mate_link) == (room->held == 0 && room->paid > 0));
}

static void audit_room(const struct engine *e, const struct room *room)
{
    struct sums sums = {0};
    uint32_t open_refunds = 0, hidden = 0;

    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct seat *seat = room->seats[i];
        audit_seat(e, room, seat, i + 1);
        uint32_t weight = seat_weight(seat);
        if (seat->state == TUAN_SEAT_HELD) sums.held += weight;
        if (seat_is_paid(seat)) sums.paid += weight;
        hidden += !seat_is_shown(seat);
    }
    assert(hidden == room->hidden);
    assert(room->seat_count > 0);
    assert(sums.held == room->held);
    assert(sums.paid == room->paid);
    assert(sums.held + sums.paid + room_virtuals(room) <= room->size);
    assert(room_virtuals(room) == 0 || room->reason == TUAN_REASON_VIRTUAL);
    assert(cut_sum(room) <= room->revision->rules.cut_total);
    assert(room->leader >= 1 && room->leader <= room->seat_count);
    assert(room->version >= room->seat_count + 1);
    assert(room->state != TUAN_ROOM_FORMED || (sums.held == 0 && sums.paid > 0));
    assert(room->state != TUAN_ROOM_FAILED || (sums.held == 0 && sums.paid == 0));
    assert(room->state != TUAN_ROOM_PENDING || (room->deadline == 0 && sums.paid == 0));
    assert(!room_is_live(room) || sums.held + sums.paid > 0);
    assert(room_is_live(room) == (room->reason == 0) &&
           room_is_live(room) == (room_ended_at(room) == 0));
    assert(!room_is_live(room) || tree_holds(&room->live_link));
    if (room_is_live(room)) {
        assert((room->state == TUAN_ROOM_OPEN) == (room->bucket != NULL));
        assert(!tree_holds(&room->match_link) ||
               (room->state == TUAN_ROOM_OPEN && room->is_listed && room_free(room) > 0));
    } else {
        assert((room->seats == room->kept) == (room->seat_count <= SEATS_KEPT));
    }
    audit_mate(room);
    list_for_each (link, &room->refunds) {
        const struct refund *refund = container_of(link, struct refund, of_room);
        assert(refund->room == room && refund->n >= 1 && refund->n <= room->seat_count);
        open_refunds += refund->acked_at == 0;
    }
    assert(open_refunds == room->refunds_open);
    bool needs_timer = room->state == TUAN_ROOM_OPEN ? room->deadline > 0
                                                     : !room_is_live(room) && open_refunds == 0;
    assert(wheel_is_armed(&room->timer.node) == needs_timer);
}

/* A key that changed was settled: the order is that of the keys as they are. */
static void audit_tree(const struct tree *tree)
{
    const struct tree_node *before = NULL;
    size_t count = 0;

    for (const struct tree_node *node = tree_first(tree); node != NULL; node = tree_next(node)) {
        assert(before == NULL || tree->compare(before, node) < 0);
        before = node;
        count++;
    }
    assert(count == tree->count && before == tree->last);
}

static void audit_group(const struct group *group)
{
    int64_t paid = 0;

    assert(group->rooms > 0);
    audit_tree(&group->mates);
    for (const struct room *mate = mates_fewest(group); mate != NULL; mate = mates_next(mate)) {
        assert(mate->more->group == group);
        paid += mate->paid;
    }
    assert(paid == group->paid);
}

static void audit_shelf(const struct campaign *campaign, const struct shelf *shelf)
{
    uint32_t rooms = 0, buckets = 0;

    list_for_each (at, &shelf->buckets) {
        const struct bucket *bucket = container_of(at, struct bucket, link);
        assert(bucket->shelf == shelf && bucket->rooms > 0);
        rooms += bucket->rooms;
        buckets++;
        audit_tree(&bucket->joinable);
        for (const struct tree_node *node = tree_first(&bucket->joinable); node != NULL;
             node = tree_next(node))
            assert(container_of((struct tree_node *)(uintptr_t)node, struct room, match_link)
                       ->bucket == bucket);
    }
    audit_tree(&shelf->relaxed);
    audit_tree(&shelf->relaxing);
    assert(rooms == shelf->rooms && rooms > 0);
    assert(buckets == shelf->bucket_count);
    assert(campaign->rooms_live >= rooms);
}

static void audit_campaign(const struct engine *e, const struct campaign *campaign)
{
    int64_t live = 0, failed = 0, ended_at = INT64_MIN;

    assert(!list_is_empty(&campaign->revisions));
    audit_tree(&campaign->live);
    audit_tree(&campaign->refunds);
    for (const struct tree_node *node = tree_first(&campaign->live); node != NULL;
         node = tree_next(node)) {
        const struct room *room = policy_live_room(node);
        assert(room->campaign == campaign && room_is_live(room));
        live++;
    }
    assert(live == campaign->rooms_live);
    assert(campaign->rooms_opened ==
           campaign->rooms_formed + campaign->rooms_failed + campaign->rooms_merged + live);
    list_for_each (link, &campaign->ended) {
        const struct room *room = container_of(link, struct room, ended_link);
        assert(!room_is_live(room) && room_ended_at(room) >= ended_at);
        ended_at = room_ended_at(room);
    }
    for (int i = 0; i < FAILURE_COUNT; i++)
        failed += campaign->failed[i];
    assert(failed == campaign->rooms_failed);
    assert(campaign->quota_used >= 0);
    assert((int64_t)campaign->refunds.count == campaign->refunds_due - campaign->refunds_acked);
    list_for_each (link, &campaign->groups)
        audit_group(container_of(link, struct group, link));
    list_for_each (link, &campaign->shelves)
        audit_shelf(campaign, container_of(link, struct shelf, link));
    list_for_each (link, &campaign->revisions) {
        const struct revision *revision = container_of(link, struct revision, link);
        assert(revision->rooms > 0 || list_first(&campaign->revisions) == link);
    }
    assert(campaign_find(e, campaign->id) == campaign);
}

static void audit_user(struct user user)
{
    const struct member *member = user.member;

    if (member == NULL) {
        assert(seat_kin(user.seat) == NULL); /* the rest is seen with its room */
        return;
    }
    const struct base none = {.opens = 0}, *base = member->base == NULL ? &none : member->base;
    struct sums sums = {
        .counted_opens = base->opens, .counted_joins = base->joins, .counted_qty = base->qty};
    uint32_t seats = 0;

    user_for_each(seat, user)
    {
        assert(seat_kin(seat)->member == member && seat_kin(seat)->seat == seat);
        assert(seat->room->campaign == member->campaign);
        seats++;
        sums.live += seat_is_waiting(seat);
        if (!seat_counts(seat)) continue;
        sums.counted_opens += seat->opened;
        sums.counted_joins += !seat->opened;
        sums.counted_qty += seat_qty(seat);
    }
    assert(sums.live == member->live);
    assert(sums.counted_opens == member->opens);
    assert(sums.counted_joins == member->joins);
    assert(sums.counted_qty == member->qty);
    assert(seats > 0 || member->base != NULL);
}

static void audit_dirty(const struct engine *e)
{
    int64_t count = 0;
    uint64_t before = 0;

    list_for_each (link, &e->dirty) {
        const struct record *record = container_of(link, struct record, dirty);
        assert(record->first_dirty >= before);
        assert(record->at >= record->first_dirty);
        before = record->first_dirty;
        count++;
    }
    assert(count == e->dirty_count);
}

void engine_audit(const struct engine *e)
{
    const void *entry;
    int64_t seats = 0, seats_open = 0;
    int64_t by_state[5] = {0};

    assert(!e->loading);
    for (size_t cursor = 0; (entry = map_next(&e->rooms, &cursor)) != NULL;) {
        const struct room *room = entry;
        audit_room(e, room);
        seats += room->seat_count;
        seats_open += room->state == TUAN_ROOM_OPEN ? room_free(room) : 0;
        by_state[room->state]++;
    }
    assert(seats == e->seat_count);
    assert(seats_open == e->seats_open);
    for (int state = 1; state < 5; state++)
        assert(by_state[state] == e->rooms_by_state[state]);
    for (size_t cursor = 0; (entry = map_next(&e->campaigns, &cursor)) != NULL;)
        audit_campaign(e, entry);
    for (size_t cursor = 0; (entry = map_next(&e->members, &cursor)) != NULL;)
        audit_user(user_of_entry((void *)(uintptr_t)entry));
    for (size_t cursor = 0; (entry = map_next(&e->refunds, &cursor)) != NULL;) {
        const struct refund *refund = entry;
        assert((refund->acked_at == 0) == tree_holds(&refund->by_age_in_campaign));
        assert(refund->acked_at != 0 || tree_holds(&refund->by_age));
        assert((refund->room == NULL) == tuan_rid_is_none(refund->room_id));
    }
    audit_tree(&e->refunds_by_age);
    audit_dirty(e);
}
