/* SPDX-License-Identifier: BSD-2-Clause */
/* due.c - what falls due: at one moment in the order that the engine shows, but all of it, and
 * nothing before its time. */
#include "base/mem.h"
#include "impl.h"

/* ---- when ---- */

static bool is_dissolving(const struct n_room *room)
{
    return n_is_alive(room) && room->campaign->is_closed &&
           room->campaign->close_rooms == TUAN_CLOSE_FAIL;
}

/* A hold that expired is remembered as long as it counts. */
static int64_t kept_until(const struct n_room *room)
{
    int64_t until = room->ended_at + room->rules.keep_ms;

    for (size_t i = 0; i < room->seat_count; i++) {
        const struct n_seat *seat = &room->seats[i];
        bool counts = room->rules.unpaid_per_user > 0 && seat->state == TUAN_SEAT_RELEASED &&
                      seat->released == TUAN_RELEASE_EXPIRED;
        if (counts && seat->ended_at + DAY_MS > until) until = seat->ended_at + DAY_MS;
    }
    return until;
}

/* When something of it is due; need not be exact from `best` on. */
static int64_t room_due_at(const struct naive *naive, const struct n_room *room, int64_t best)
{
    int64_t due = room->deadline;

    if (room->is_gone) return FAR_AWAY;
    if (room->campaign->is_dropped || is_dissolving(room)) return naive->now;
    if (!n_is_alive(room)) {
        int64_t until = kept_until(room);
        return until >= best || n_refunds_open(naive, room) > 0 ? FAR_AWAY : until;
    }
    for (size_t i = 0; i < room->seat_count; i++)
        if (room->seats[i].state == TUAN_SEAT_HELD && room->seats[i].release_at < due)
            due = room->seats[i].release_at;
    return due;
}

static int64_t refund_due_at(const struct naive *naive, const struct n_refund *refund)
{
    if (refund->is_gone) return FAR_AWAY;
    if (refund->campaign->is_dropped) return naive->now;
    return tuan_rid_is_none(refund->room) && refund->is_acked ? refund->forget_at : FAR_AWAY;
}

static int64_t campaign_due_at(const struct naive *naive, const struct n_campaign *campaign)
{
    if (campaign->is_dropped) return campaign->revision < 0 ? FAR_AWAY : naive->now;
    if (campaign->is_closed || campaign->has_end_told) return FAR_AWAY;
    return campaign->rules.end_at == 0 ? FAR_AWAY : campaign->rules.end_at;
}

int64_t naive_next_due_ms(const struct naive *naive)
{
    int64_t due = FAR_AWAY, at;

    for (size_t i = 0; i < naive->room_count; i++)
        if ((at = room_due_at(naive, naive->rooms[i], due)) < due) due = at;
    for (size_t i = 0; i < naive->refund_count; i++)
        if ((at = refund_due_at(naive, naive->refunds[i])) < due) due = at;
    for (size_t i = 0; i < naive->campaign_count; i++)
        if ((at = campaign_due_at(naive, naive->campaigns[i])) < due) due = at;
    return due;
}

/* ---- forgetting ---- */

static void roll_up(struct n_campaign *campaign, const struct n_seat *seat)
{
    struct n_used *used = NULL;

    for (size_t i = 0; i < campaign->used_count; i++)
        if (n_same(campaign->used[i].user, seat->user)) used = &campaign->used[i];
    if (used == NULL) {
        campaign->used = n_grown(campaign->used, campaign->used_count, &campaign->used_room,
                                 sizeof *campaign->used);
        used = &campaign->used[campaign->used_count++];
        *used = (struct n_used){.user = seat->user};
    }
    used->opens += seat->opened;
    used->joins += !seat->opened;
    used->qty += seat->qty;
}

void n_room_drop(struct naive *naive, struct n_room *room)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_ROOM_DROPPED);

    TUAN_SET(room_dropped_fact, &fact.room_dropped, campaign, room->campaign->id);
    TUAN_SET(room_dropped_fact, &fact.room_dropped, room, room->id);
    n_tell(naive, room, &fact);
    const struct tuan_rules *rules = &room->campaign->rules;
    bool counts = rules->opens_per_user > 0 || rules->joins_per_user > 0 || rules->qty_per_user > 0;
    for (size_t i = 0; counts && i < room->seat_count; i++)
        if (room->seats[i].state == TUAN_SEAT_SETTLED) roll_up(room->campaign, &room->seats[i]);
    for (size_t i = 0; i < naive->refund_count; i++)
        if (tuan_rid_equal(naive->refunds[i]->room, room->id)) naive->refunds[i]->is_gone = true;
    room->is_gone = true;
    mem_free(room->seats);
    mem_free(room->life);
    room->seats = NULL;
    room->life = NULL;
    room->seat_count = room->life_count = 0;
}

static void refund_drop(struct naive *naive, struct n_refund *refund)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_REFUND_DROPPED);

    TUAN_SET(refund_dropped_fact, &fact.refund_dropped, campaign, refund->campaign->id);
    TUAN_SET(refund_dropped_fact, &fact.refund_dropped, refund, refund->id);
    n_tell(naive, NULL, &fact);
    refund->is_gone = true;
}

/* ---- following the facts ---- */

static struct n_room *any_room(const struct naive *naive, struct tuan_id id)
{
    for (size_t i = 0; i < naive->room_count; i++)
        if (!naive->rooms[i]->is_gone && tuan_rid_equal(naive->rooms[i]->id, id))
            return naive->rooms[i];
    return NULL;
}

static bool deadline_has_come(const struct naive *naive, const struct n_room *room)
{
    return n_is_alive(room) && room->deadline <= naive->now;
}

static void end_room(struct naive *naive, struct n_room *room)
{
    if (room != NULL && deadline_has_come(naive, room))
        n_room_due(naive, room);
    else if (room != NULL && is_dissolving(room))
        n_room_fail(naive, room, TUAN_REASON_DISSOLVED, (struct tuan_str){NULL, 0});
    else
        n_flaw(naive, "the engine ends a room that is not due");
}

static void release_due(struct naive *naive, const struct tuan_seat_released_fact *fact)
{
    struct n_room *room = any_room(naive, fact->room);

    if (room == NULL || fact->n < 1 || fact->n > (int64_t)room->seat_count) {
        n_flaw(naive, "the engine releases a seat that is not there");
        return;
    }
    if (fact->why == TUAN_RELEASE_ROOM_ENDED) {
        end_room(naive, room);
        return;
    }
    struct n_seat *seat = &room->seats[fact->n - 1];
    if (seat->state != TUAN_SEAT_HELD || seat->release_at > naive->now ||
        seat->release_at >= room->deadline) {
        n_flaw(naive, "the engine releases a seat whose hold is not over");
        return;
    }
    n_seat_release(naive, room, seat, TUAN_RELEASE_EXPIRED, (struct tuan_str){NULL, 0});
    n_room_follow(naive, room, seat, TUAN_REASON_LEADER_UNPAID);
}

/* Both are due: where the seats' old room fails before the other forms, or goes on under another
 * leader, they came into a due one. */
static bool is_gathered(const struct naive *naive)
{
    for (size_t i = naive->fact_at; i < naive->fact_count; i++)
        if (naive->facts[i]->type != TUAN_FACT_SEAT_REROUTED)
            return naive->facts[i]->type == TUAN_FACT_ROOM_FAILED ||
                   naive->facts[i]->type == TUAN_FACT_LEADER_CHANGED;
    return false;
}

/* A seat moves out of a due room, or into one. */
static void merge_due(struct naive *naive, const struct tuan_seat_rerouted_fact *fact)
{
    struct n_room *from = any_room(naive, fact->from), *to = any_room(naive, fact->room);
    bool is_from = from != NULL && deadline_has_come(naive, from);
    bool is_to = to != NULL && deadline_has_come(naive, to);

    if (is_from && is_to) is_from = !is_gathered(naive) && n_merge_first_target(naive, from) == to;
    end_room(naive, is_from ? from : to);
}

static void drop_due(struct naive *naive, struct n_room *room)
{
    if (room == NULL || n_is_alive(room) || room_due_at(naive, room, FAR_AWAY) > naive->now)
        n_flaw(naive, "the engine forgets a room whose time is not over");
    else
        n_room_drop(naive, room);
}

static void refund_drop_due(struct naive *naive, struct tuan_id id)
{
    for (size_t i = 0; i < naive->refund_count; i++) {
        if (!tuan_rid_equal(naive->refunds[i]->id, id)) continue;
        if (refund_due_at(naive, naive->refunds[i]) > naive->now) break;
        refund_drop(naive, naive->refunds[i]);
        return;
    }
    n_flaw(naive, "the engine forgets a refund whose time is not over");
}

static void campaign_end_due(struct naive *naive, struct tuan_str id)
{
    struct n_campaign *campaign = n_find_campaign(naive, id);
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_CAMPAIGN_ENDED);

    if (campaign == NULL || campaign_due_at(naive, campaign) > naive->now) {
        n_flaw(naive, "the engine tells an end that has not come");
        return;
    }
    campaign->has_end_told = true;
    TUAN_SET(campaign_ended_fact, &fact.campaign_ended, campaign, id);
    n_tell(naive, NULL, &fact);
}

static void campaign_forget_due(struct naive *naive, struct tuan_str id)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_CAMPAIGN_FORGOTTEN);
    struct n_campaign *campaign = NULL;

    for (size_t i = 0; i < naive->campaign_count; i++)
        if (naive->campaigns[i]->is_dropped && naive->campaigns[i]->revision >= 0 &&
            n_same(naive->campaigns[i]->id, id))
            campaign = naive->campaigns[i];
    TUAN_SET(campaign_forgotten_fact, &fact.campaign_forgotten, campaign, id);
    n_tell(naive, NULL, &fact);
    if (campaign == NULL) {
        n_flaw(naive, "the engine forgets a campaign that was not dropped");
        return;
    }
    campaign->revision = -1;
    for (size_t i = 0; i < naive->room_count; i++)
        if (naive->rooms[i]->campaign == campaign && !naive->rooms[i]->is_gone)
            n_flaw(naive, "a room outlives its campaign");
    for (size_t i = 0; i < naive->refund_count; i++)
        if (naive->refunds[i]->campaign == campaign && !naive->refunds[i]->is_gone)
            n_flaw(naive, "a refund outlives its campaign");
}

static void follow(struct naive *naive, const struct tuan_fact *fact)
{
    switch (fact->type) {
    case TUAN_FACT_SEAT_RELEASED: release_due(naive, &fact->seat_released); break;
    case TUAN_FACT_ROOM_FORMED: end_room(naive, any_room(naive, fact->room_formed.room)); break;
    case TUAN_FACT_ROOM_FAILED: end_room(naive, any_room(naive, fact->room_failed.room)); break;
    case TUAN_FACT_LEADER_CHANGED:
        end_room(naive, any_room(naive, fact->leader_changed.room));
        break;
    case TUAN_FACT_SEAT_REROUTED: merge_due(naive, &fact->seat_rerouted); break;
    case TUAN_FACT_ROOM_DROPPED: drop_due(naive, any_room(naive, fact->room_dropped.room)); break;
    case TUAN_FACT_REFUND_DROPPED: refund_drop_due(naive, fact->refund_dropped.refund); break;
    case TUAN_FACT_CAMPAIGN_ENDED: campaign_end_due(naive, fact->campaign_ended.campaign); break;
    case TUAN_FACT_CAMPAIGN_FORGOTTEN:
        campaign_forget_due(naive, fact->campaign_forgotten.campaign);
        break;
    default: n_flaw(naive, "a sweep tells %s", tuan_fact_message(fact->type)->name); break;
    }
}

void naive_expire(struct naive *naive, int64_t now_ms)
{
    const struct tuan_fact *fact;

    naive->now = now_ms;
    while (naive->flaw[0] == '\0' && (fact = n_next_fact(naive)) != NULL) {
        size_t before = naive->fact_at;
        follow(naive, fact);
        if (naive->fact_at == before) n_flaw(naive, "the naive engine is stuck");
    }
    if (naive->flaw[0] == '\0' && naive_next_due_ms(naive) <= now_ms)
        n_flaw(naive, "something is due that the engine leaves out");
}
