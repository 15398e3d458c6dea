/* SPDX-License-Identifier: BSD-2-Clause */
/* evolve_room.c - the facts of rooms. */
#include <assert.h>

#include "engine/evolve.h"
#include "engine/fill.h"
#include "engine/match.h"
#include "engine/ticker.h"

/* ---- what is derived ---- */

/* Holds that were let expire count for a day where unpaid_per_user limits them. */
static int64_t expiries_count_until(const struct room *room)
{
    int64_t until = 0;

    if (room->revision->rules.unpaid_per_user == 0) return 0;
    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct seat *seat = room->seats[i];
        if (seat_expired(seat) && seat_ended_at(seat) + UNPAID_COUNTS_MS > until)
            until = seat_ended_at(seat) + UNPAID_COUNTS_MS;
    }
    return until;
}

/* When an ended room is forgotten; one with an open refund is kept until that is acknowledged. */
void room_arm_memory(struct engine *e, struct room *room)
{
    int64_t forget_at = room_ended_at(room) + room->revision->rules.keep_ms;
    int64_t counts_until = expiries_count_until(room);

    if (room->refunds_open > 0) return;
    timer_arm(e, &room->timer, forget_at > counts_until ? forget_at : counts_until);
}

void room_index(struct engine *e, struct room *room)
{
    struct campaign *campaign = room->campaign;

    room->revision->rooms++;
    e->rooms_by_state[room->state]++;
    if (!room_is_live(room)) {
        list_push_tail(&campaign->ended, &room->ended_link);
        room_keep_seats(e, room);
        if (room->state == TUAN_ROOM_FORMED) ticker_enter(e, room);
        room_arm_memory(e, room);
        return;
    }
    campaign->rooms_live++;
    e->rooms_merging += room->revision->rules.merge == TUAN_MERGE_DEADLINE;
    tree_insert(&campaign->live, &room->live_link);
    if (room->deadline > 0) timer_arm(e, &room->timer, room->deadline);
    match_go_on(e, room);
}

/* The room leaves life: what is derived from its being live, before its state changes. */
static void room_unlive(struct engine *e, struct room *room)
{
    match_leave(e, room);
    shelf_take(e, room);
    timer_disarm(e, &room->timer);
    tree_remove(&room->campaign->live, &room->live_link);
    e->rooms_merging -= room->revision->rules.merge == TUAN_MERGE_DEADLINE;
    room->campaign->rooms_live--;
    if (room->campaign->rooms_live == 0 && list_is_linked(&room->campaign->closing))
        list_remove(&room->campaign->closing);
    for (uint32_t i = 0; i < room->seat_count; i++)
        user_stop_waiting(room->seats[i]);
}

static struct revision *revision_find(struct campaign *campaign, int64_t number)
{
    list_for_each (link, &campaign->revisions) {
        struct revision *revision = container_of(link, struct revision, link);
        if (revision->number == number) return revision;
    }
    return NULL;
}

/* ---- rooms ---- */

bool evolve_room_opened(struct engine *e, const struct tuan_room_opened_fact *f, uint64_t position)
{
    struct campaign *campaign = NULL;
    struct room *room = NULL;

    if (!fact_campaign(e, f->campaign, position, &campaign)) return false;
    if (campaign != NULL) {
        campaign->rooms_opened++;
        campaign->quota_used += f->quota;
        record_touch(e, &campaign->record, position);
    }
    if (room_find(e, f->room) != NULL || fact_room(e, f->room, position, &room))
        return e->loading; /* its record, or its tombstone, holds the fact */
    campaign = campaign_find(e, f->campaign);
    if (campaign == NULL || f->size < 2 || !tier_is_sane(f->tier)) return false;
    room = room_make(e, campaign, f->room);
    if (e->loading)
        room->revision_number = f->revision;
    else
        room->revision = revision_find(campaign, f->revision);
    room->state = (enum tuan_room_state)f->state;
    room->size = (uint32_t)f->size;
    room->deadline = f->deadline;
    room->is_listed = f->listed != 0;
    room->ends_campaign = f->ends_campaign != 0;
    room->tier = (uint8_t)f->tier;
    room->by_pieces = f->pieces != 0;
    if (f->draw_seed.len > 0) room_more(e, room)->draw_seed = str_copy(e, f->draw_seed);
    room->opened_at = e->now_ms;
    room_changed(e, room, position);
    if (!e->loading) room_index(e, room);
    return true;
}

bool evolve_room_started(struct engine *e, const struct tuan_room_started_fact *f,
                         uint64_t position)
{
    struct room *room;

    if (!fact_room(e, f->room, position, &room)) return false;
    if (room == NULL) return true;
    if (room->state != TUAN_ROOM_PENDING) return false;
    if (!e->loading) e->rooms_by_state[room->state]--;
    room->state = TUAN_ROOM_OPEN;
    room->deadline = f->deadline;
    room->ends_campaign = f->ends_campaign != 0;
    room_changed(e, room, position);
    if (!e->loading) {
        e->rooms_by_state[room->state]++;
        if (room->deadline > 0) timer_arm(e, &room->timer, room->deadline);
        match_go_on(e, room);
    }
    return true;
}

/* formed and failed alike: the room's state, its time, and the memory of it. False: somebody still
 * holds a seat, whom the facts before should have let go. */
static bool room_end(struct engine *e, struct room *room, enum tuan_room_state state,
                     int64_t reason, struct tuan_str note, struct tuan_str by, uint64_t position)
{
    if (room->held > 0) return false;
    if (!e->loading) {
        room_unlive(e, room);
        e->rooms_by_state[room->state]--;
        e->rooms_by_state[state]++;
    }
    room->state = state;
    room->reason = (enum tuan_room_reason)reason;
    if (note.len > 0) room_more(e, room)->note = str_copy(e, note);
    if (by.len > 0) room_more(e, room)->by = str_copy(e, by);
    room->ended_at = e->now_ms;
    if (!e->loading) {
        list_push_tail(&room->campaign->ended, &room->ended_link);
        room_keep_seats(e, room);
    }
    room_changed(e, room, position);
    return true;
}

static void count_formed(struct engine *e, struct campaign *campaign,
                         const struct tuan_room_formed_fact *f, uint64_t position)
{
    campaign->rooms_formed++;
    campaign->quota_used -= f->quota;
    campaign->members_new += f->members_new;
    campaign->members_old += f->members_old;
    campaign->referred += f->referred;
    campaign->amount += f->amount;
    campaign->amount_referred += f->amount_referred;
    campaign_fill(e, campaign)->counts[fill_bucket(e->now_ms - f->opened_at)]++;
    campaign->fill->total++;
    record_touch(e, &campaign->record, position);
}

bool evolve_room_formed(struct engine *e, const struct tuan_room_formed_fact *f, uint64_t position)
{
    struct campaign *campaign;
    struct room *room;

    if (!fact_campaign(e, f->campaign, position, &campaign) ||
        !fact_room(e, f->room, position, &room))
        return false;
    if (campaign != NULL) count_formed(e, campaign, f, position);
    if (room == NULL) return true;
    if (!room_end(e, room, TUAN_ROOM_FORMED, f->reason, f->note, f->by, position)) return false;
    if (f->virtuals > 0) room_more(e, room)->virtuals = (uint32_t)f->virtuals;
    room->hidden = 0;
    for (uint32_t i = 0; i < room->seat_count; i++) {
        struct seat *seat = room->seats[i];
        if (seat->state == TUAN_SEAT_PAID) seat->state = TUAN_SEAT_SETTLED; /* counts as before */
        room->hidden += !seat_is_shown(seat);
    }
    if (!e->loading) {
        ticker_enter(e, room);
        room_arm_memory(e, room);
    }
    return true;
}

/* A paid seat for which no money was asked is released with the room; the others wait for their
 * refund_due. */
bool evolve_room_failed(struct engine *e, const struct tuan_room_failed_fact *f, uint64_t position)
{
    struct campaign *campaign;
    struct room *room;

    if (!fact_campaign(e, f->campaign, position, &campaign) ||
        !fact_room(e, f->room, position, &room))
        return false;
    if (campaign != NULL) {
        enum failure failure = failure_of((enum tuan_room_reason)f->reason);
        if (failure == FAILURE_COUNT) {
            campaign->rooms_merged++;
        } else {
            campaign->rooms_failed++;
            campaign->failed[failure]++;
        }
        campaign->quota_used -= f->quota;
        record_touch(e, &campaign->record, position);
    }
    if (room == NULL) return true;
    if (!room_end(e, room, TUAN_ROOM_FAILED, f->reason, f->note, f->by, position)) return false;
    if (!tuan_rid_is_none(f->merged_into)) room_more(e, room)->merged_into = f->merged_into;
    for (uint32_t i = 0; i < room->seat_count; i++) {
        struct seat *seat = room->seats[i];
        if (seat->state != TUAN_SEAT_PAID || seat_paid(seat) != NULL) continue;
        seat_move(e, seat, TUAN_SEAT_RELEASED);
        seat_set_released(seat, TUAN_RELEASE_ROOM_ENDED);
    }
    if (!e->loading) room_arm_memory(e, room);
    return true;
}

bool evolve_room_dropped(struct engine *e, const struct tuan_room_dropped_fact *f,
                         uint64_t position)
{
    struct campaign *campaign;
    struct room *room;

    if (!fact_campaign(e, f->campaign, position, &campaign) ||
        !fact_room(e, f->room, position, &room))
        return false;
    /* Its record tells the revisions, and one may go with the room; and what time it is. */
    if (campaign != NULL) record_touch(e, &campaign->record, position);
    if (room == NULL) return true;
    campaign = room->campaign;
    struct revision *revision = room->revision;
    if (!e->loading) {
        e->rooms_by_state[room->state]--;
        for (uint32_t i = 0; i < room->seat_count; i++)
            seat_unindex(room->seats[i]);
    }
    room_bury(e, room);
    if (!e->loading) {
        revision->rooms--;
        revision_release(e, campaign, revision);
    }
    return true;
}

bool evolve_leader_changed(struct engine *e, const struct tuan_leader_changed_fact *f,
                           uint64_t position)
{
    struct room *room;

    if (!fact_room(e, f->room, position, &room)) return false;
    if (room == NULL) return true;
    if (f->n < 1 || f->n > room->seat_count) return false;
    room->leader = (uint32_t)f->n;
    lead_add(e, room, e->now_ms, room->leader);
    room_changed(e, room, position);
    return true;
}

/* ---- what a formed room settles ---- */

bool evolve_tier_settled(struct engine *e, const struct tuan_tier_settled_fact *f,
                         uint64_t position)
{
    struct room *room;

    if (!fact_room(e, f->room, position, &room)) return false;
    if (room == NULL) return true;
    if (!tier_is_sane(f->tier)) return false;
    room->tier = (uint8_t)f->tier;
    room_more(e, room)->tier_price = f->price;
    room_changed(e, room, position);
    return true;
}

bool evolve_draw_result(struct engine *e, const struct tuan_draw_result_fact *f, uint64_t position)
{
    const struct tuan_winner *winners = f->winners.items;
    struct room *room;

    if (!fact_room(e, f->room, position, &room)) return false;
    if (room == NULL) return true;
    for (uint32_t i = 0; i < f->winners.count; i++) {
        if (winners[i].n < 1 || winners[i].n > room->seat_count) return false;
        room->seats[winners[i].n - 1]->has_won = true;
    }
    room_more(e, room)->is_drawn = true;
    room_changed(e, room, position);
    return true;
}

/* A note for others: nothing of the room depends on it. */
bool evolve_commission(struct engine *e, const struct tuan_commission_fact *f, uint64_t position)
{
    struct room *room;

    if (!fact_room(e, f->room, position, &room)) return false;
    if (room != NULL) room_changed(e, room, position);
    return true;
}
