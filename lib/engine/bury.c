/* SPDX-License-Identifier: BSD-2-Clause */
/* bury.c - how objects go: out of every index at once, a tombstone for the snapshot, their memory
 * when the outbox is drained. */
#include <assert.h>

#include "base/hash.h"
#include "engine/fill.h"
#include "engine/user.h"

/* ---- campaigns ---- */

void campaign_unmake(struct engine *e, struct campaign *campaign)
{
    assert(campaign->live.count == 0 && list_is_empty(&campaign->ended));
    assert(list_is_empty(&campaign->strays) && (list_is_empty(&campaign->bases) || e->loading));
    map_remove(&e->campaigns, hash_bytes(campaign->id.ptr, campaign->id.len, e->config.hash_seed),
               campaign);
    tree_remove(&e->campaigns_by_id, &campaign->by_id);
    memo_forget(e->memo);
    timer_disarm(e, &campaign->timer);
    list_remove(&campaign->closing);
    for (struct list *link; (link = list_pop_head(&campaign->revisions)) != NULL;)
        list_push_tail(&e->dead_revisions, link);
    record_clean(e, &campaign->record);
    list_push_tail(&e->dead_campaigns, &campaign->record.dirty);
}

void campaign_bury(struct engine *e, struct campaign *campaign)
{
    leave_tombstone(e, &campaign->record, e->position);
    campaign_unmake(e, campaign);
}

/* ---- rooms ---- */

static void seat_free(struct engine *e, struct seat *seat)
{
    struct extra *extra = seat_extra(seat);
    struct pieces *pieces = seat_part(seat, PART_PIECES);

    assert(seat_hold(seat) == NULL && seat_part(seat, PART_KIN) == NULL);
    if (extra != NULL) {
        str_free(e, extra->profile);
        str_free(e, extra->referrer);
        str_free(e, extra->referrer2);
        str_free(e, extra->channel);
        str_free(e, extra->reason);
        tags_free(e, extra->tags);
        seat_remove_part(seat, PART_EXTRA);
        pool_free(&e->pool, extra, sizeof *extra);
    }
    if (pieces != NULL) {
        seat_remove_part(seat, PART_PIECES);
        pool_free(&e->pool, pieces, sizeof *pieces);
    }
    seat_set_left(e, seat, 0);
    paid_free(e, seat);
    pool_free(&e->pool, seat, seat_bytes(seat));
}

void room_bury(struct engine *e, struct room *room)
{
    map_remove(&e->rooms, rid_hash(e, room->id), room);
    if (e->memo->room == room) e->memo->room = NULL;
    timer_disarm(e, &room->timer);
    if (!e->loading) list_remove(&room->ended_link);
    list_for_each (link, &room->refunds) {
        struct refund *refund = container_of(link, struct refund, of_room);
        refund_bury(e, refund);
    }
    for (uint32_t i = 0; i < room->seat_count; i++) {
        struct seat *seat = room->seats[i];
        if (seat_hold(seat) != NULL) hold_unmake(e, seat);
        if (e->loading) continue; /* it is in no index yet */
        if (!seat->is_forgotten) order_leave(e, seat);
        user_lose(e, seat);
    }
    e->seat_count -= room->seat_count;
    leave_tombstone(e, &room->record, e->position);
    list_push_tail(&e->graveyard, &room->record.dirty);
}

static void more_free(struct engine *e, struct more *more)
{
    assert(more->group == NULL && !tree_holds(&more->relax_link));
    str_free(e, more->note);
    str_free(e, more->draw_seed);
    str_free(e, more->by);
    if (more->lead_room > 0)
        pool_free(&e->pool, more->leads, more->lead_room * sizeof *more->leads);
    pool_free(&e->pool, more, sizeof *more);
}

static void room_free_memory(struct engine *e, struct room *room)
{
    if (room->more != NULL) more_free(e, room->more);
    for (uint32_t i = 0; i < room->seat_count; i++)
        seat_free(e, room->seats[i]);
    room_free_seats(e, room);
    pool_free(&e->pool, room, sizeof *room);
}

/* ---- refunds ---- */

/* Of the refunds of one order, the newest first; those of one millisecond by their ids, so that the
 * order is the same after a restart. */
bool refund_is_newer(const struct refund *a, const struct refund *b)
{
    if (a->at != b->at) return a->at > b->at;
    return tuan_rid_compare(a->id, b->id) > 0;
}

struct refund *refund_chain(struct refund *first, struct refund *refund)
{
    struct refund **at = &first;

    while (*at != NULL && refund_is_newer(*at, refund))
        at = &(*at)->next_of_seat;
    refund->next_of_seat = *at;
    *at = refund;
    return first;
}

void seat_add_refund(struct engine *e, struct seat *seat, struct refund *refund)
{
    struct paid *paid = seat_paid(seat);
    struct refund **first = paid != NULL ? &paid->refunds : &extra_make(e, seat)->refunds;

    *first = refund_chain(*first, refund);
}

void stray_add(struct engine *e, struct refund *refund)
{
    uint64_t hash = name_hash(e, refund->campaign, refund_order(refund));
    struct refund *first = stray_find(e, refund->campaign, refund_order(refund));
    struct refund *chained = refund_chain(first, refund);

    if (chained == first) return;
    if (first != NULL) map_remove(&e->strays, hash, first);
    map_insert(&e->strays, hash, chained);
}

static void stray_remove(struct engine *e, struct refund *refund)
{
    struct refund *first = stray_find(e, refund->campaign, refund_order(refund));

    if (first != refund) {
        while (first->next_of_seat != refund)
            first = first->next_of_seat;
        first->next_of_seat = refund->next_of_seat;
        return;
    }
    map_remove(&e->strays, name_hash(e, refund->campaign, refund_order(refund)), refund);
    if (refund->next_of_seat != NULL)
        map_insert(&e->strays, name_hash(e, refund->campaign, refund_order(refund)),
                   refund->next_of_seat);
}

void refund_bury(struct engine *e, struct refund *refund)
{
    assert(!tree_holds(&refund->by_age_in_campaign));
    map_remove(&e->refunds, rid_hash(e, refund->id), refund);
    if (refund->room == NULL && !e->loading) {
        stray_remove(e, refund);
        timer_disarm(e, &refund->timer);
    }
    list_remove(&refund->of_room);
    leave_tombstone(e, &refund->record, e->position);
    list_push_tail(&e->graveyard, &refund->record.dirty);
}

void leftover_bury(struct engine *e, struct record *record)
{
    record_date_back(e, record);
    if (record->kind == ENGINE_REFUND) {
        refund_bury(e, container_of(record, struct refund, record));
    } else if (record->kind == ENGINE_USER) {
        member_bury(e, container_of(record, struct base, record)->member);
    } else {
        struct room *room = container_of(record, struct room, record);
        list_for_each (link, &room->refunds)
            record_date_back(e, &container_of(link, struct refund, of_room)->record);
        room_bury(e, room);
    }
}

static void refund_free_memory(struct engine *e, struct refund *refund)
{
    str_free(e, refund->ref);
    pool_free(&e->pool, refund, refund_bytes(refund));
}

/* ---- the graveyard ---- */

void graveyard_clear(struct engine *e)
{
    for (struct list *link; (link = list_pop_head(&e->graveyard)) != NULL;) {
        struct record *record = container_of(link, struct record, dirty);
        if (record->kind == ENGINE_ROOM)
            room_free_memory(e, container_of(record, struct room, record));
        else
            refund_free_memory(e, container_of(record, struct refund, record));
    }
    for (struct list *link; (link = list_pop_head(&e->dead_revisions)) != NULL;) {
        struct revision *revision = container_of(link, struct revision, link);
        rules_free(e, &revision->rules);
        str_free(e, revision->zone);
        pool_free(&e->pool, revision, sizeof *revision);
    }
    /* While loading, records that are left over may still point to one. */
    for (struct list *link; !e->loading && (link = list_pop_head(&e->dead_campaigns)) != NULL;) {
        struct campaign *campaign = container_of(link, struct campaign, record.dirty);
        str_free(e, campaign->id);
        if (campaign->fill != NULL) pool_free(&e->pool, campaign->fill, sizeof *campaign->fill);
        if (campaign->ticker != NULL)
            pool_free(&e->pool, campaign->ticker, campaign->ticker_cap * sizeof *campaign->ticker);
        pool_free(&e->pool, campaign, sizeof *campaign);
    }
    members_free(e, e->dead_members);
    e->dead_members = NULL;
}
