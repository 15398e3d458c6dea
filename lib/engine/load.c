/* SPDX-License-Identifier: BSD-2-Clause */
/* load.c - memory from records: the inverse of snapshot.c, and the rebuilding of all that is
 * derived.
 *
 * Records come kind by kind: campaigns, rooms, users, refunds; one that comes twice is the same
 * twice. Then the log's tail runs through engine_evolve. Only then are sums, indexes and timers
 * built, so that they are a function of the records alone.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/drop.h"
#include "engine/evolve.h"
#include "engine/fill.h"
#include "engine/ledger.h"

void engine_load_begin(struct engine *e)
{
    assert(map_count(&e->campaigns) == 0 && map_count(&e->rooms) == 0);
    assert(e->fact_count == 0);
    e->loading = true;
}

void engine_load_tombstone(struct engine *e, enum engine_kind kind, struct tuan_str key,
                           uint64_t at)
{
    assert(e->loading);
    if (!was_deleted(e, kind, key, at)) note_deleted(e, kind, key, at);
    e->has_dropped = e->has_dropped || kind == ENGINE_CAMPAIGN;
}

/* Time never runs back over a restart, also where no clock fact is left in the log. */
static void see_time(struct engine *e, int64_t at)
{
    if (at > e->seen_ms) e->seen_ms = at;
}

/* ---- records ---- */

static bool load_fill(struct engine *e, struct campaign *campaign, struct tuan_list list)
{
    const struct tuan_fill_record *items = list.items;

    for (uint32_t i = 0; i < list.count; i++) {
        if (items[i].bucket < 0 || items[i].bucket >= FILL_BUCKETS || items[i].count < 0)
            return false;
        campaign_fill(e, campaign)->counts[items[i].bucket] = items[i].count;
        campaign->fill->total += items[i].count;
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

static bool load_campaign(struct engine *e, const struct tuan_campaign_record *in, uint64_t at)
{
    if (in->revisions.count == 0 || !tuan_id_is_valid(in->campaign)) return false;
    struct campaign *campaign = campaign_find(e, in->campaign);
    if (campaign == NULL) campaign = campaign_make(e, in->campaign);
    if (!list_is_empty(&campaign->revisions)) return true; /* it came before */
    const struct tuan_rules_record *revisions = in->revisions.items;
    for (uint32_t i = in->revisions.count; i > 0; i--) /* stored newest first */
        revision_add(e, campaign, revisions[i - 1].revision, revisions[i - 1].rules,
                     revisions[i - 1].zone);
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
    campaign->record.at = at;
    return load_fill(e, campaign, in->fill);
}

static bool load_seat(struct engine *e, struct room *room, const struct tuan_seat_record *in)
{
    struct seat *seat = seat_restore(e, room, in);
    enum tuan_seat_state state = (enum tuan_seat_state)in->state;

    if (seat == NULL) return false;
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

static void load_more(struct engine *e, struct room *room, const struct tuan_room_record *in)
{
    const struct tuan_lead_record *leads = in->leads.items;

    if (in->note.len > 0) room_more(e, room)->note = str_copy(e, in->note);
    if (in->virtuals > 0) room_more(e, room)->virtuals = (uint32_t)in->virtuals;
    if (in->by.len > 0) room_more(e, room)->by = str_copy(e, in->by);
    if (in->draw_seed.len > 0) room_more(e, room)->draw_seed = str_copy(e, in->draw_seed);
    if (in->drawn != 0) room_more(e, room)->is_drawn = true;
    if (!tuan_rid_is_none(in->merged_into)) room_more(e, room)->merged_into = in->merged_into;
    if (in->tier_price != 0) room_more(e, room)->tier_price = in->tier_price;
    for (uint32_t i = 0; i < in->leads.count; i++)
        lead_add(e, room, leads[i].at, (uint32_t)leads[i].n);
}

static bool load_room(struct engine *e, const struct tuan_room_record *in, uint64_t at)
{
    if (tuan_rid_is_none(in->room) || in->size < 2 || in->state < TUAN_ROOM_PENDING ||
        in->state > TUAN_ROOM_FAILED || !tuan_id_is_valid(in->campaign) || !tier_is_sane(in->tier))
        return false;
    if (room_find(e, in->room) != NULL) return true;
    struct room *room = room_make(e, campaign_of(e, in->campaign), in->room);
    room->revision_number = in->revision;
    room->state = (enum tuan_room_state)in->state;
    room->reason = (enum tuan_room_reason)in->reason;
    room->size = (uint32_t)in->size;
    room->version = in->version;
    see_time(e, in->opened_at);
    see_time(e, in->ended_at);
    room->opened_at = in->opened_at;
    room->deadline = in->deadline;
    room->ended_at = in->ended_at;
    room->is_listed = in->listed != 0;
    room->ends_campaign = in->ends_campaign != 0;
    room->tier = (uint8_t)in->tier;
    room->by_pieces = in->pieces != 0;
    load_more(e, room, in);
    room->record.at = at;
    const struct tuan_seat_record *seats = in->seats.items;
    for (uint32_t i = 0; i < in->seats.count; i++)
        if (!load_seat(e, room, &seats[i])) return false;
    return room->held + room->paid <= room->size;
}

static bool load_user(struct engine *e, const struct tuan_user_record *in, uint64_t at)
{
    if (!tuan_id_is_valid(in->campaign) || !tuan_id_is_valid(in->user) ||
        !base_is_sane(in->opens, in->joins, in->qty))
        return false;
    struct campaign *campaign = campaign_of(e, in->campaign);
    struct member *member = member_find(e, campaign, in->user);
    if (member == NULL) member = member_make(e, campaign, in->user);
    struct base *base = member_base(e, member);
    base->opens = in->opens;
    base->joins = in->joins;
    base->qty = in->qty;
    base->record.at = at;
    return true;
}

static bool load_refund(struct engine *e, const struct tuan_refund_record *in, uint64_t at)
{
    if (tuan_rid_is_none(in->refund) || !tuan_id_is_valid(in->campaign) ||
        !tuan_id_is_valid(in->order))
        return false;
    if (refund_find(e, in->refund) != NULL) return true;
    struct refund *refund = refund_make(e, campaign_of(e, in->campaign), in->refund);
    refund->room_id = in->room;
    refund->n = (uint32_t)in->n;
    refund->order = str_copy(e, in->order);
    refund->user = str_copy(e, in->user);
    refund->reason = (enum tuan_refund_reason)in->reason;
    refund->amount = in->amount;
    refund->payment = str_copy(e, in->payment);
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

bool engine_load_record(struct engine *e, enum engine_kind kind, const void *record, uint64_t at)
{
    assert(e->loading);
    switch (kind) {
    case ENGINE_CAMPAIGN: return load_campaign(e, record, at);
    case ENGINE_ROOM: return load_room(e, record, at);
    case ENGINE_USER: return load_user(e, record, at);
    case ENGINE_REFUND: return load_refund(e, record, at);
    case ENGINE_KIND_COUNT: break;
    }
    return false;
}

/* ---- what is derived ---- */

static bool resolve_rules(struct room *room)
{
    int64_t number = room->revision_number;

    room->revision = NULL;
    list_for_each (link, &room->campaign->revisions) {
        struct revision *revision = container_of(link, struct revision, link);
        if (revision->number == number) room->revision = revision;
    }
    return room->revision != NULL;
}

static bool campaigns_are_whole(const struct engine *e)
{
    const struct campaign *campaign;

    for (size_t cursor = 0; (campaign = map_next(&e->campaigns, &cursor)) != NULL;)
        if (list_is_empty(&campaign->revisions)) return false;
    return true;
}

static int compare_age(const void *left, const void *right)
{
    const struct room *a = *(struct room *const *)left, *b = *(struct room *const *)right;

    int64_t a_at = room_is_live(a) ? a->opened_at : a->ended_at;
    int64_t b_at = room_is_live(b) ? b->opened_at : b->ended_at;

    if (a_at != b_at) return a_at < b_at ? -1 : 1;
    if (a->id.hi != b->id.hi) return a->id.hi < b->id.hi ? -1 : 1;
    return (a->id.lo > b->id.lo) - (a->id.lo < b->id.lo);
}

/* Oldest first, so that each goes to the end of the lists it belongs to: live ones by their
 * opening, the others by their end. */
static bool index_rooms(struct engine *e)
{
    size_t count = map_count(&e->rooms), at = 0;
    struct room **rooms = mem_alloc(count * sizeof(struct room *));
    struct member *member;
    struct room *room;
    bool is_whole = true;

    for (size_t cursor = 0; (member = map_next(&e->members, &cursor)) != NULL;)
        member->seats.first = NULL; /* they come again, in order */
    for (size_t cursor = 0; (room = map_next(&e->rooms, &cursor)) != NULL; rooms[at++] = room)
        is_whole = resolve_rules(room) && is_whole;
    assert(at == count);
    qsort(rooms, count, sizeof(struct room *), compare_age);
    for (at = 0; is_whole && at < count; at++) {
        for (uint32_t i = 0; i < rooms[at]->seat_count; i++) {
            const struct seat *seat = rooms[at]->seats[i];
            is_whole = is_whole && (seat->is_forgotten ||
                                    seat_find(e, rooms[at]->campaign, seat_order(seat)) == NULL);
            if (is_whole) seat_index(e, rooms[at]->seats[i]);
        }
        if (is_whole) room_index(e, rooms[at]);
    }
    mem_free(rooms);
    return is_whole;
}

static void index_members(struct engine *e)
{
    struct member *member;

    for (size_t cursor = 0; (member = map_next(&e->members, &cursor)) != NULL;) {
        if (member->base == NULL) continue;
        member->opens += (uint32_t)member->base->opens;
        member->joins += (uint32_t)member->base->joins;
        member->qty += member->base->qty;
    }
}

/* A refund whose room was forgotten was forgotten with it; that it can have been open is damage. */
static bool index_refunds(struct engine *e)
{
    struct list orphans;
    struct refund *refund;

    list_init(&orphans);
    for (size_t cursor = 0; (refund = map_next(&e->refunds, &cursor)) != NULL;) {
        const struct room *room = room_find(e, refund->room_id);
        if (tuan_rid_is_none(refund->room_id) || room != NULL) {
            if (room != NULL && refund->n > room->seat_count) return false;
            continue;
        }
        if (refund->acked_at == 0) return false;
        assert(!list_is_linked(&refund->of_room));
        list_push_tail(&orphans, &refund->of_room);
    }
    list_for_each (link, &orphans)
        refund_bury(e, container_of(link, struct refund, of_room));
    for (size_t cursor = 0; (refund = map_next(&e->refunds, &cursor)) != NULL;) {
        struct room *room = room_find(e, refund->room_id);
        if (room != NULL && !list_is_linked(&refund->of_room))
            list_push_tail(&room->refunds, &refund->of_room);
        refund_index(e, refund);
    }
    return true;
}

/* Before the rooms: what falls due in one millisecond does so in the order in which it was armed,
 * and a campaign is there before its rooms. */
static void index_campaigns(struct engine *e)
{
    struct campaign *campaign;

    for (size_t cursor = 0; (campaign = map_next(&e->campaigns, &cursor)) != NULL;)
        campaign_arm(e, campaign);
}

static void release_idle_revisions(struct engine *e)
{
    struct campaign *campaign;

    for (size_t cursor = 0; (campaign = map_next(&e->campaigns, &cursor)) != NULL;) {
        list_for_each (link, &campaign->revisions)
            revision_release(e, campaign, container_of(link, struct revision, link));
        campaign_queue(e, campaign);
    }
}

static void free_tombstones(struct engine *e)
{
    struct tombstone *tombstone;

    for (size_t cursor = 0; (tombstone = map_next(&e->tombstones, &cursor)) != NULL;) {
        str_free(e, tombstone->key);
        pool_free(&e->pool, tombstone, sizeof *tombstone);
    }
    map_free(&e->tombstones);
    map_init(&e->tombstones, 0);
}

bool engine_load_end(struct engine *e)
{
    assert(e->loading);
    drop_leftovers(e);
    free_tombstones(e);
    if (!campaigns_are_whole(e)) return false;
    index_campaigns(e);
    if (!index_rooms(e)) return false;
    if (e->seen_ms > e->now_ms) e->now_ms = e->seen_ms;
    index_members(e);
    if (!index_refunds(e)) return false;
    e->loading = false;
    release_idle_revisions(e);
    graveyard_clear(e);
    return true;
}

int64_t engine_last_now_ms(const struct engine *e)
{
    return e->now_ms;
}

/* ---- S8 ---- */

/* Dirty since `position` at the latest. Batches come oldest first, so the place in the dirty list
 * is looked for from where the last one was put. */
static void mark(struct engine *e, struct record *record, uint64_t position)
{
    if (record == NULL || record->at < position) return; /* no fact there touched it */
    if (record_is_dirty(record) && record->first_dirty <= position) return;
    record_clean(e, record);
    record->first_dirty = position;
    struct list *at = e->marked;
    if (at == NULL || container_of(at, struct record, dirty)->first_dirty > position)
        at = &e->dirty; /* the first of a new repair */
    while (at->next != &e->dirty &&
           container_of(at->next, struct record, dirty)->first_dirty <= position)
        at = at->next;
    list_insert_between(&record->dirty, at, at->next);
    e->dirty_count++;
    e->marked = &record->dirty;
}

/* Records deleted since are stored as tombstones again: one each, saying that it is not there now.
 */
static void mark_rid(struct engine *e, enum engine_kind kind, struct tuan_id id, uint64_t position)
{
    char text[TUAN_RID_CHARS];
    struct tuan_str key = {text, sizeof text};
    struct room *room = kind == ENGINE_ROOM ? room_find(e, id) : NULL;
    struct refund *refund = kind == ENGINE_REFUND ? refund_find(e, id) : NULL;

    if (tuan_rid_is_none(id)) return;
    tuan_rid_print(id, text);
    if (room != NULL)
        mark(e, &room->record, position);
    else if (refund != NULL)
        mark(e, &refund->record, position);
    else {
        struct tombstone *tombstone = tombstone_find(e, kind, key);
        if (tombstone == NULL) tombstone = note_deleted(e, kind, key, newest_batch(e));
        mark(e, &tombstone->record, position);
    }
}

/* Every fact but the clock has its campaign first; a room or refund is found by its row's type and
 * name. */
void engine_mark_dirty(struct engine *e, const struct tuan_fact *fact, uint64_t position)
{
    const struct tuan_message *message = tuan_fact_message(fact->type);
    const char *body = (const char *)&fact->given;

    if (fact->type == TUAN_FACT_CLOCK) return;
    struct campaign *campaign =
        campaign_find(e, *(const struct tuan_str *)(body + message->fields[0].offset));
    if (campaign != NULL) mark(e, &campaign->record, position);
    if (fact->type == TUAN_FACT_USER_ROLLED_UP && campaign != NULL) {
        struct member *member = member_find(e, campaign, fact->user_rolled_up.user);
        mark(e, member_record(member), position);
    }
    for (size_t i = 1; i < message->count; i++) {
        const struct tuan_field *field = &message->fields[i];
        if (field->type != TUAN_RID || !((fact->given >> i) & 1)) continue;
        bool is_refund = __builtin_strcmp(field->name, "refund") == 0;
        bool is_room = __builtin_strcmp(field->name, "room") == 0 ||
                       __builtin_strcmp(field->name, "from") == 0;
        if (is_refund || is_room)
            mark_rid(e, is_refund ? ENGINE_REFUND : ENGINE_ROOM,
                     *(const struct tuan_id *)(body + field->offset), position);
    }
}
