/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/load_record.h"

#include "engine/evolve.h"
#include "engine/fill.h"
#include "engine/rules.h"
#include "engine/user.h"
#include "engine/zone.h"

/* Time never runs back over a restart, also where no clock fact is left in the log. */
static void see_time(struct engine *e, int64_t at)
{
    if (at > e->seen_ms) e->seen_ms = at;
}

/* ---- records ---- */

static bool load_fill(struct engine *e, struct campaign *campaign, struct tuan_list list)
{
    const struct tuan_fill_record *items = list.items;
    struct fill *fill = list.count > 0 ? campaign_fill(e, campaign) : NULL;

    for (uint32_t i = 0; i < list.count; i++) {
        if (items[i].bucket < 0 || items[i].bucket >= FILL_BUCKETS ||
            !count_is_sane(items[i].count) || !count_is_sane(fill->total))
            return misfit(e, "a campaign's times to form");
        fill->counts[items[i].bucket] = items[i].count;
        fill->total += items[i].count;
    }
    return true;
}

static void load_totals(struct campaign *campaign, const struct tuan_campaign_record *in)
{
    campaign->rooms_merged = in->rooms_merged;
    campaign->failed[FAILURE_DEADLINE] = in->failed_deadline;
    campaign->failed[FAILURE_CAMPAIGN_END] = in->failed_campaign_end;
    campaign->failed[FAILURE_LEADER_UNPAID] = in->failed_leader_unpaid;
    campaign->failed[FAILURE_LEADER_LEFT] = in->failed_leader_left;
    campaign->failed[FAILURE_DISSOLVED] = in->failed_dissolved;
    campaign->members_new = in->members_new;
    campaign->members_old = in->members_old;
    campaign->referred = in->referred;
    campaign->amount = in->amount;
    campaign->amount_referred = in->amount_referred;
}

/* Stored newest first. */
static bool load_revisions(struct engine *e, struct campaign *campaign, struct tuan_list list)
{
    const struct tuan_rules_record *items = list.items;

    for (uint32_t i = list.count; i > 0; i--) {
        const struct tuan_rules_record *in = &items[i - 1];
        if (in->rules == NULL || !tuan_rules_are_in_range(in->rules))
            return misfit(e, "a campaign's parameters are not in their ranges");
        const struct tuan_rules *rules =
            &revision_add(e, campaign, in->revision, in->rules, in->zone)->rules;
        if (rules_fault(e, rules, false).len > 0 ||
            (rules->cutoff.len > 0 && zone_next_ms(in->zone, 0, 0) == 0))
            return misfit(e, "a campaign's parameters contradict each other");
    }
    return true;
}

static bool load_campaign(struct engine *e, const struct tuan_campaign_record *in, uint64_t at)
{
    if (!tuan_id_is_valid(in->campaign)) return misfit(e, "a campaign without an id");
    if (in->revisions.count == 0) return misfit(e, "a campaign without rules");
    if (in->restored < 0 || (uint64_t)in->restored > at)
        return misfit(e, "a campaign that was restored later than it was stored");
    struct campaign *campaign = campaign_find(e, in->campaign);
    if (campaign == NULL) campaign = campaign_make(e, in->campaign);
    if (!list_is_empty(&campaign->revisions)) return true; /* it came before */
    if (!load_revisions(e, campaign, in->revisions)) return false;
    campaign->is_closed = in->closed != 0;
    campaign->close_rooms = (enum tuan_close_rooms)in->close_rooms;
    campaign->rooms_opened = in->rooms_opened;
    campaign->rooms_formed = in->rooms_formed;
    campaign->rooms_failed = in->rooms_failed;
    campaign->seats_held = in->seats_held;
    campaign->seats_paid = in->seats_paid;
    campaign->seats_released = in->seats_released;
    campaign->refunds_due = in->refunds_due;
    campaign->refunds_acked = in->refunds_acked;
    campaign->quota_used = in->quota_used;
    see_time(e, in->as_of);
    load_totals(campaign, in);
    campaign->is_ended = in->ended != 0;
    campaign->is_dropped = in->dropped != 0;
    campaign->born = (uint64_t)in->restored;
    campaign->is_restored = in->restored > 0;
    e->has_dropped = e->has_dropped || campaign->is_restored; /* something of its id went before */
    campaign->record.at = at;
    return load_fill(e, campaign, in->fill);
}

static bool load_seat(struct engine *e, struct room *room, const struct tuan_seat_record *in)
{
    struct seat *seat = seat_restore(e, room, in);
    enum tuan_seat_state state = (enum tuan_seat_state)in->state;

    if (seat == NULL) return misfit(e, "a seat");
    seat->state = 0;
    seat_move(e, seat, state);
    see_time(e, in->joined_at);
    see_time(e, in->ended_at);
    return true;
}

/* The campaign of a stored record is stored too, or made by the log's tail. */
static struct campaign *campaign_of(struct engine *e, struct tuan_str id)
{
    struct campaign *campaign = campaign_find(e, id);

    return campaign != NULL ? campaign : campaign_make(e, id);
}

static bool load_leads(struct engine *e, struct room *room, struct tuan_list list)
{
    const struct tuan_lead_record *leads = list.items;

    for (uint32_t i = 0; i < list.count; i++) {
        if (leads[i].n < 1 || leads[i].n > room->seat_count)
            return misfit(e, "a room that was led from a seat it does not have");
        lead_add(e, room, leads[i].at, (uint32_t)leads[i].n);
    }
    return true;
}

static void load_more(struct engine *e, struct room *room, const struct tuan_room_record *in)
{
    if (in->note.len > 0) room_more(e, room)->note = str_copy(e, in->note);
    if (in->virtuals > 0) room_more(e, room)->virtuals = (uint32_t)in->virtuals;
    if (in->by.len > 0) room_more(e, room)->by = str_copy(e, in->by);
    if (in->draw_seed.len > 0) room_more(e, room)->draw_seed = str_copy(e, in->draw_seed);
    if (in->drawn != 0) room_more(e, room)->is_drawn = true;
    if (!tuan_rid_is_none(in->merged_into)) room_more(e, room)->merged_into = in->merged_into;
    if (in->tier_price != 0) room_more(e, room)->tier_price = in->tier_price;
}

static bool load_room(struct engine *e, const struct tuan_room_record *in, uint64_t at)
{
    if (tuan_rid_is_none(in->room) || !tuan_id_is_valid(in->campaign))
        return misfit(e, "a room without an id");
    if (in->state < TUAN_ROOM_PENDING || in->state > TUAN_ROOM_FAILED || in->size < 2 ||
        in->size > INT32_MAX || in->virtuals < 0 || in->virtuals > in->size ||
        !tier_is_sane(in->tier))
        return misfit(e, "a room's state, size, tier or virtual members");
    if (room_find(e, in->room) != NULL) return true;
    struct room *room = room_make(e, campaign_of(e, in->campaign), in->room);
    room->revision_number = in->revision;
    room->state = (enum tuan_room_state)in->state;
    if (room_is_live(room) != (in->ended_at == 0))
        return misfit(e, "a room that ended and lives, or neither");
    room->reason = (enum tuan_room_reason)in->reason;
    room->size = (uint32_t)in->size;
    room->version = in->version;
    see_time(e, in->opened_at);
    see_time(e, in->ended_at);
    room->opened_at = in->opened_at;
    room->deadline = in->deadline;
    if (!room_is_live(room)) room->ended_at = in->ended_at;
    room->is_listed = in->listed != 0;
    room->ends_campaign = in->ends_campaign != 0;
    room->tier = (uint8_t)in->tier;
    room->by_pieces = in->pieces != 0;
    load_more(e, room, in);
    room->record.at = at;
    const struct tuan_seat_record *seats = in->seats.items;
    for (uint32_t i = 0; i < in->seats.count; i++)
        if (!load_seat(e, room, &seats[i])) return false;
    if (room->held + room->paid > room->size) return misfit(e, "a room that is over-filled");
    return load_leads(e, room, in->leads);
}

static bool load_user(struct engine *e, const struct tuan_user_record *in, uint64_t at)
{
    if (!tuan_id_is_valid(in->campaign) || !tuan_id_is_valid(in->user) ||
        !base_is_sane(in->opens, in->joins, in->qty))
        return misfit(e, "a user");
    struct campaign *campaign = campaign_of(e, in->campaign);
    struct base *base = member_base(e, user_keep(e, campaign, in->user));
    base->opens = in->opens;
    base->joins = in->joins;
    base->qty = in->qty;
    base->record.at = at;
    return true;
}

static bool load_refund(struct engine *e, const struct tuan_refund_record *in, uint64_t at)
{
    struct payee payee = {in->order, in->user, in->payment};

    if (tuan_rid_is_none(in->refund) || !tuan_id_is_valid(in->campaign) ||
        !tuan_id_is_valid(in->order) || !payee_is_sane(payee))
        return misfit(e, "a refund without an id");
    if (in->n < 0 || in->n > UINT32_MAX || (!tuan_rid_is_none(in->room) && in->n == 0))
        return misfit(e, "a refund of no seat");
    if (refund_find(e, in->refund) != NULL) return true;
    struct refund *refund = refund_make(e, campaign_of(e, in->campaign), in->refund, payee);
    refund->room_id = in->room;
    refund->n = (uint32_t)in->n;
    refund->reason = (enum tuan_refund_reason)in->reason;
    refund->amount = in->amount;
    refund->paid_at = in->paid_at;
    refund->at = in->at;
    refund->acked_at = in->acked_at;
    refund->ref = str_copy(e, in->ref);
    refund->forget_at = in->forget_at;
    see_time(e, in->at);
    see_time(e, in->acked_at);
    refund->record.at = at;
    struct room *room = room_find(e, in->room);
    if (room != NULL) list_push_tail(&room->refunds, &refund->of_room);
    return true;
}

bool record_load(struct engine *e, enum engine_kind kind, const void *record, uint64_t at)
{
    switch (kind) {
    case ENGINE_CAMPAIGN: return load_campaign(e, record, at);
    case ENGINE_ROOM: return load_room(e, record, at);
    case ENGINE_USER: return load_user(e, record, at);
    case ENGINE_REFUND: return load_refund(e, record, at);
    case ENGINE_KIND_COUNT: break;
    }
    return false;
}

void record_ahead(const struct engine *e, enum engine_kind kind, const void *record)
{
    if (kind == ENGINE_ROOM) {
        const struct tuan_room_record *in = record;
        map_prefetch(&e->rooms, rid_hash(e, in->room));
    } else if (kind == ENGINE_USER) {
        const struct tuan_user_record *in = record;
        const struct campaign *campaign = campaign_find(e, in->campaign);
        if (campaign != NULL) map_prefetch(&e->members, name_hash(e, campaign, in->user));
    } else if (kind == ENGINE_REFUND) {
        const struct tuan_refund_record *in = record;
        map_prefetch(&e->refunds, rid_hash(e, in->refund));
        map_prefetch(&e->rooms, rid_hash(e, in->room));
    }
}

bool room_resolve_rules(struct room *room)
{
    int64_t number = room->revision_number;

    room->revision = NULL;
    list_for_each (link, &room->campaign->revisions) {
        struct revision *revision = container_of(link, struct revision, link);
        if (revision->number == number) room->revision = revision;
    }
    return room->revision != NULL && (!rules_pick_tier(&room->revision->rules) ||
                                      room->tier <= room->revision->rules.tiers.count);
}
