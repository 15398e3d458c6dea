/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/evolve.h"

#include <assert.h>

#include "base/mem.h"
#include "engine/ledger.h"
#include "engine/load_record.h"
#include "engine/user.h"

/* ---- campaigns and users ---- */

void campaign_arm(struct engine *e, struct campaign *campaign)
{
    int64_t end_at = campaign_rules(campaign)->rules.end_at;
    bool will_end = end_at > 0 && !campaign->is_ended && !campaign->is_closed;

    if (!will_end)
        timer_disarm(e, &campaign->timer);
    else if (!wheel_is_armed(&campaign->timer.node) || campaign->timer.node.due_ms != end_at)
        timer_arm(e, &campaign->timer, end_at);
}

void campaign_queue(struct engine *e, struct campaign *campaign)
{
    bool fails_rooms = campaign->is_closed && campaign->close_rooms == TUAN_CLOSE_FAIL;

    if (list_is_linked(&campaign->closing)) return;
    if (campaign->is_dropped)
        list_push_tail(&e->dropping, &campaign->closing);
    else if (fails_rooms && campaign->rooms_live > 0)
        list_push_tail(&e->closing, &campaign->closing);
}

static void campaign_index(struct engine *e, struct campaign *campaign)
{
    campaign_arm(e, campaign);
    campaign_queue(e, campaign);
}

static bool evolve_campaign_put(struct engine *e, const struct tuan_campaign_put_fact *f,
                                uint64_t position)
{
    struct campaign *campaign = campaign_find(e, f->campaign);

    if (campaign == NULL && was_deleted(e, ENGINE_CAMPAIGN, f->campaign, position)) return true;
    if (campaign == NULL)
        campaign = campaign_make(e, f->campaign);
    else if (!record_lacks(e, &campaign->record, position))
        return true;
    struct list *newest = list_first(&campaign->revisions);
    if (newest == NULL) campaign->born = position;
    revision_add(e, campaign, f->revision, f->rules, f->zone);
    int64_t end_at = f->rules->end_at;
    campaign->is_ended = campaign->is_ended && end_at > 0 && end_at <= e->now_ms;
    if (newest != NULL && !e->loading)
        revision_release(e, campaign, container_of(newest, struct revision, link));
    record_touch(e, &campaign->record, position);
    if (!e->loading) campaign_index(e, campaign);
    return true;
}

static bool evolve_campaign_closed(struct engine *e, const struct tuan_campaign_closed_fact *f,
                                   uint64_t position)
{
    struct campaign *campaign;

    if (!fact_campaign(e, f->campaign, position, &campaign)) return false;
    if (campaign == NULL) return true;
    campaign->is_closed = true;
    campaign->close_rooms = (enum tuan_close_rooms)f->rooms;
    record_touch(e, &campaign->record, position);
    if (!e->loading) campaign_index(e, campaign);
    return true;
}

static bool evolve_campaign_ended(struct engine *e, const struct tuan_campaign_ended_fact *f,
                                  uint64_t position)
{
    struct campaign *campaign;

    if (!fact_campaign(e, f->campaign, position, &campaign)) return false;
    if (campaign == NULL) return true;
    campaign->is_ended = true;
    record_touch(e, &campaign->record, position);
    if (!e->loading) campaign_index(e, campaign);
    return true;
}

static bool evolve_campaign_dropped(struct engine *e, const struct tuan_campaign_dropped_fact *f,
                                    uint64_t position)
{
    struct campaign *campaign;

    if (!fact_campaign(e, f->campaign, position, &campaign)) return false;
    if (campaign == NULL) return true;
    campaign->is_dropped = true;
    campaign->is_closed = true;
    record_touch(e, &campaign->record, position);
    if (!e->loading) campaign_index(e, campaign);
    return true;
}

static bool evolve_campaign_forgotten(struct engine *e,
                                      const struct tuan_campaign_forgotten_fact *f,
                                      uint64_t position)
{
    struct campaign *campaign;

    if (!fact_campaign(e, f->campaign, position, &campaign)) return false;
    if (campaign != NULL) campaign_bury(e, campaign);
    e->has_dropped = e->has_dropped || e->loading;
    e->forgot = position;
    return true;
}

static bool evolve_user_rolled_up(struct engine *e, const struct tuan_user_rolled_up_fact *f,
                                  uint64_t position)
{
    struct campaign *campaign = campaign_find(e, f->campaign);
    bool is_cleared = (f->opens | f->joins | f->qty) == 0;

    if (!base_is_sane(f->opens, f->joins, f->qty)) return false;

    if (campaign == NULL) return was_deleted(e, ENGINE_CAMPAIGN, f->campaign, position);
    struct user user = user_find(e, campaign, f->user);
    const struct record *stored = user_stored(user);
    if (is_cleared && user.member == NULL && user.seat == NULL)
        return e->loading; /* its tombstone holds the fact */
    if (stored != NULL && !record_lacks(e, stored, position)) return true;
    if (is_cleared) {
        if (user_newest(user) != NULL || stored == NULL) return false;
        member_bury(e, user.member);
        return true;
    }
    struct member *member = user_keep(e, campaign, f->user);
    struct base *base = member_base(e, member);
    if (!e->loading) { /* the counts include their base */
        member->opens += (uint32_t)(f->opens - base->opens);
        member->joins += (uint32_t)(f->joins - base->joins);
        member->qty += f->qty - base->qty;
    }
    base->opens = f->opens;
    base->joins = f->joins;
    base->qty = f->qty;
    record_touch(e, &base->record, position);
    return true;
}

/* ---- refunds ---- */

/* It is acknowledged and has no room to go with: it goes at its forget_at. */
static void refund_arm_memory(struct engine *e, struct refund *refund)
{
    assert(refund->acked_at != 0 && refund->room == NULL);
    refund->timer = (struct timer){.kind = TIMER_REFUND};
    timer_arm(e, &refund->timer, refund->forget_at);
}

void refund_index(struct engine *e, struct refund *refund)
{
    refund->room = tuan_rid_is_none(refund->room_id) ? NULL : room_find(e, refund->room_id);
    if (refund->room == NULL) {
        stray_add(e, refund);
        list_push_tail(&refund->campaign->strays, &refund->of_room);
    }
    if (refund->room != NULL && refund->n > 0)
        seat_add_refund(e, refund->room->seats[refund->n - 1], refund);
    if (refund->acked_at == 0) {
        ledger_enter(e, refund);
        if (refund->room != NULL) refund->room->refunds_open++;
        if (refund->room != NULL && !room_is_live(refund->room))
            timer_disarm(e, &refund->room->timer); /* kept until it is acknowledged */
    } else if (refund->room == NULL) {
        refund_arm_memory(e, refund);
    }
}

bool evolve_refund_due(struct engine *e, const struct tuan_refund_due_fact *f, uint64_t position)
{
    struct payee payee = {f->order, f->user, f->payment};
    struct campaign *campaign;
    struct room *room = NULL;

    if (!payee_is_sane(payee)) return false;
    if (!fact_campaign(e, f->campaign, position, &campaign)) return false;
    if (campaign != NULL) {
        campaign->refunds_due++;
        campaign->quota_used -= f->quota;
        record_touch(e, &campaign->record, position);
    }
    if (!tuan_rid_is_none(f->room) && !fact_room(e, f->room, position, &room)) return false;
    if (room != NULL) {
        if (f->n < 1 || f->n > room->seat_count) return false;
        struct seat *seat = room->seats[f->n - 1];
        if (f->of_seat) seat_move(e, seat, TUAN_SEAT_REFUND_DUE);
        if (f->reason == TUAN_REFUND_LEFT) {
            seat_set_released(seat, TUAN_RELEASE_LEFT);
            seat_set_left(e, seat, e->now_ms);
        }
        room_changed(e, room, position);
    }
    if (refund_find(e, f->refund) != NULL) /* its record holds the fact */
        return e->loading;
    if (rid_was_deleted(e, ENGINE_REFUND, f->refund, position)) return true;
    campaign = campaign_find(e, f->campaign);
    if (campaign == NULL) return false;
    struct refund *refund = refund_make(e, campaign, f->refund, payee);
    refund->room_id = f->room;
    refund->n = (uint32_t)f->n;
    refund->reason = (enum tuan_refund_reason)f->reason;
    refund->amount = f->amount;
    refund->paid_at = f->paid_at;
    refund->at = e->now_ms;
    room = tuan_rid_is_none(f->room) ? NULL : room_find(e, f->room);
    if (room != NULL) list_push_tail(&room->refunds, &refund->of_room);
    record_touch(e, &refund->record, position);
    if (!e->loading) refund_index(e, refund);
    return true;
}

bool evolve_refund_acked(struct engine *e, const struct tuan_refund_acked_fact *f,
                         uint64_t position)
{
    struct campaign *campaign;
    struct room *room = NULL;
    struct refund *refund = refund_find(e, f->refund);

    if (!fact_campaign(e, f->campaign, position, &campaign)) return false;
    if (campaign != NULL) {
        campaign->refunds_acked++;
        record_touch(e, &campaign->record, position);
    }
    if (!tuan_rid_is_none(f->room) && !fact_room(e, f->room, position, &room)) return false;
    if (room != NULL) {
        if (f->n < 1 || f->n > room->seat_count) return false;
        if (f->of_seat) seat_move(e, room->seats[f->n - 1], TUAN_SEAT_REFUNDED);
        room_changed(e, room, position);
    }
    if (refund == NULL) return rid_was_deleted(e, ENGINE_REFUND, f->refund, position);
    if (!record_lacks(e, &refund->record, position)) return true;
    refund->acked_at = e->now_ms;
    refund->forget_at = f->forget_at;
    refund->ref = str_copy(e, f->ref);
    record_touch(e, &refund->record, position);
    if (!e->loading) {
        ledger_leave(e, refund);
        if (refund->room != NULL) refund->room->refunds_open--;
        if (refund->room == NULL)
            refund_arm_memory(e, refund);
        else if (refund->room->refunds_open == 0 && !room_is_live(refund->room))
            room_arm_memory(e, refund->room);
    }
    return true;
}

bool evolve_refund_dropped(struct engine *e, const struct tuan_refund_dropped_fact *f,
                           uint64_t position)
{
    struct refund *refund = refund_find(e, f->refund);
    struct campaign *campaign;

    if (!fact_campaign(e, f->campaign, position, &campaign)) return false;
    if (campaign != NULL) record_touch(e, &campaign->record, position); /* it tells the time */
    if (refund == NULL) return rid_was_deleted(e, ENGINE_REFUND, f->refund, position);
    if (record_lacks(e, &refund->record, position)) refund_bury(e, refund);
    return true;
}

/* ---- records that were kept elsewhere ---- */

/* The object alone, as while loading: what is derived from it comes when it is complete. */
static bool make_of_record(struct engine *e, enum engine_kind kind, const void *in,
                           uint64_t position)
{
    bool is_loading = e->loading;

    e->loading = true;
    bool is_good = record_load(e, kind, in, position);
    e->loading = is_loading;
    return is_good;
}

/* While loading: what comes back in the batch at `position` is stored still as it was before. That
 * went earlier. */
static void bury_before(struct engine *e, struct record *record, uint64_t position)
{
    assert(e->loading && record->at < position && e->position == position);
    e->position = position - 1;
    leftover_bury(e, record);
    e->position = position;
}

static bool restore_campaign(struct engine *e, const struct tuan_campaign_record *in,
                             uint64_t position)
{
    struct campaign *campaign = campaign_find(e, in->campaign);

    if (campaign == NULL && was_deleted(e, ENGINE_CAMPAIGN, in->campaign, position)) return true;
    if (campaign != NULL && !record_lacks(e, &campaign->record, position)) return true;
    if (!make_of_record(e, ENGINE_CAMPAIGN, in, position)) return false;
    campaign = campaign_find(e, in->campaign);
    campaign->born = position; /* what the record tells is where it was dumped */
    campaign->is_restored = true;
    record_touch(e, &campaign->record, position);
    if (!e->loading) campaign_index(e, campaign);
    return true;
}

static bool index_restored(struct engine *e, struct room *room)
{
    if (!room_resolve_rules(room)) return false;
    for (uint32_t i = 0; i < room->seat_count; i++) {
        struct seat *seat = room->seats[i];
        if (!seat->is_forgotten && seat_find(e, room->campaign, seat_order(seat)) != NULL)
            return false;
        seat_index(e, seat, seat_order(seat), seat_user(seat));
    }
    room_index(e, room);
    return true;
}

static bool restore_room(struct engine *e, const struct tuan_room_record *in, uint64_t position)
{
    struct room *known = room_find(e, in->room);

    if (known != NULL && !e->loading) return false;
    if (known != NULL && known->record.at >= position) return true; /* it holds the fact */
    if (known != NULL) bury_before(e, &known->record, position);
    if (rid_was_deleted(e, ENGINE_ROOM, in->room, position)) return true;
    if (!make_of_record(e, ENGINE_ROOM, in, position)) return false;
    struct room *room = room_find(e, in->room);
    record_touch(e, &room->record, position);
    return e->loading || index_restored(e, room);
}

static bool restore_user(struct engine *e, const struct tuan_user_record *in, uint64_t position)
{
    struct campaign *campaign = campaign_find(e, in->campaign);

    if (campaign == NULL) return false;
    struct record *stored = user_stored(user_find(e, campaign, in->user));
    if (stored != NULL && !record_lacks(e, stored, position)) return true;
    if (stored != NULL && e->loading && stored->at < position) bury_before(e, stored, position);
    if (!make_of_record(e, ENGINE_USER, in, position)) return false;
    struct member *member = user_find(e, campaign, in->user).member;
    record_touch(e, &member->base->record, position);
    if (!e->loading) { /* the counts include their base */
        member->opens += (uint32_t)in->opens;
        member->joins += (uint32_t)in->joins;
        member->qty += in->qty;
    }
    return true;
}

static bool restore_refund(struct engine *e, const struct tuan_refund_record *in, uint64_t position)
{
    struct refund *known = refund_find(e, in->refund);

    if (known != NULL && !e->loading) return false;
    if (known != NULL && known->record.at >= position) return true; /* it holds the fact */
    if (known != NULL) bury_before(e, &known->record, position);
    if (rid_was_deleted(e, ENGINE_REFUND, in->refund, position)) return true;
    if (!make_of_record(e, ENGINE_REFUND, in, position)) return false;
    struct refund *refund = refund_find(e, in->refund);
    record_touch(e, &refund->record, position);
    if (!e->loading) refund_index(e, refund);
    return true;
}

static bool evolve_record_restored(struct engine *e, const struct tuan_record_restored_fact *f,
                                   uint64_t position)
{
    if (f->campaigns.count == 1) return restore_campaign(e, f->campaigns.items, position);
    if (f->rooms.count == 1) return restore_room(e, f->rooms.items, position);
    if (f->users.count == 1) return restore_user(e, f->users.items, position);
    return f->refunds.count == 1 && restore_refund(e, f->refunds.items, position);
}

/* ---- all of them ---- */

/* While loading: a fact of a campaign that was forgotten later. Every fact but the clock has its
 * campaign first. */
static bool is_of_forgotten(const struct engine *e, const struct tuan_fact *fact, uint64_t position)
{
    const struct tuan_field *field = &tuan_fact_message(fact->type)->fields[0];

    return fact->type != TUAN_FACT_CLOCK &&
           was_deleted(e, ENGINE_CAMPAIGN,
                       *(const struct tuan_str *)((const char *)&fact->given + field->offset),
                       position);
}

bool engine_evolve(struct engine *e, const struct tuan_fact *fact, uint64_t position)
{
    e->position = position;
    if (e->loading && e->tail_from == 0) e->tail_from = position;
    if (e->loading && is_of_forgotten(e, fact, position)) return true;
    switch (fact->type) {
    case TUAN_FACT_CLOCK:
        if (fact->clock.now > ENGINE_TIME_MAX) return false;
        if (fact->clock.now > e->now_ms) e->now_ms = fact->clock.now;
        return true;
    case TUAN_FACT_CAMPAIGN_PUT: return evolve_campaign_put(e, &fact->campaign_put, position);
    case TUAN_FACT_CAMPAIGN_CLOSED:
        return evolve_campaign_closed(e, &fact->campaign_closed, position);
    case TUAN_FACT_ROOM_OPENED: return evolve_room_opened(e, &fact->room_opened, position);
    case TUAN_FACT_SEAT_HELD: return evolve_seat_held(e, &fact->seat_held, position);
    case TUAN_FACT_SEAT_PAID: return evolve_seat_paid(e, &fact->seat_paid, position);
    case TUAN_FACT_SEAT_RELEASED: return evolve_seat_released(e, &fact->seat_released, position);
    case TUAN_FACT_LEADER_CHANGED: return evolve_leader_changed(e, &fact->leader_changed, position);
    case TUAN_FACT_ROOM_STARTED: return evolve_room_started(e, &fact->room_started, position);
    case TUAN_FACT_ROOM_FORMED: return evolve_room_formed(e, &fact->room_formed, position);
    case TUAN_FACT_ROOM_FAILED: return evolve_room_failed(e, &fact->room_failed, position);
    case TUAN_FACT_REFUND_DUE: return evolve_refund_due(e, &fact->refund_due, position);
    case TUAN_FACT_REFUND_ACKED: return evolve_refund_acked(e, &fact->refund_acked, position);
    case TUAN_FACT_ROOM_DROPPED: return evolve_room_dropped(e, &fact->room_dropped, position);
    case TUAN_FACT_REFUND_DROPPED: return evolve_refund_dropped(e, &fact->refund_dropped, position);
    case TUAN_FACT_USER_ROLLED_UP: return evolve_user_rolled_up(e, &fact->user_rolled_up, position);
    case TUAN_FACT_ORDER_FORGOTTEN:
        return evolve_order_forgotten(e, &fact->order_forgotten, position);
    case TUAN_FACT_CAMPAIGN_DROPPED:
        return evolve_campaign_dropped(e, &fact->campaign_dropped, position);
    case TUAN_FACT_CAMPAIGN_FORGOTTEN:
        return evolve_campaign_forgotten(e, &fact->campaign_forgotten, position);
    case TUAN_FACT_CAMPAIGN_ENDED: return evolve_campaign_ended(e, &fact->campaign_ended, position);
    case TUAN_FACT_SEAT_REROUTED: return evolve_seat_rerouted(e, &fact->seat_rerouted, position);
    case TUAN_FACT_TIER_SETTLED: return evolve_tier_settled(e, &fact->tier_settled, position);
    case TUAN_FACT_DRAW_RESULT: return evolve_draw_result(e, &fact->draw_result, position);
    case TUAN_FACT_COMMISSION: return evolve_commission(e, &fact->commission, position);
    case TUAN_FACT_RECORD_RESTORED:
        return evolve_record_restored(e, &fact->record_restored, position);
    case TUAN_FACT_TYPE_END: break;
    }
    return false;
}

void outbox_grow(struct engine *e)
{
    e->fact_room = e->fact_room == 0 ? 64 : e->fact_room * 2;
    e->facts = mem_realloc(e->facts, e->fact_room * sizeof *e->facts);
    e->changes = mem_realloc(e->changes, e->fact_room * sizeof *e->changes);
}

void emit(struct engine *e, const struct tuan_fact *fact)
{
    assert(!e->loading);
    assert(e->position > 0);
    assert(fact == &e->facts[e->fact_count]);
    e->change = (struct change){NULL, 0};
    bool fits = engine_evolve(e, fact, e->position);
    assert(fits);
    e->changes[e->fact_count++] = e->change;
    e->facts_total++;
}
