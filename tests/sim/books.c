/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/books_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void books_flaw(struct books *books, const char *format, ...)
{
    va_list args;

    if (books->flaw[0] != '\0') return;
    va_start(args, format);
    vsnprintf(books->flaw, sizeof books->flaw, format, args);
    va_end(args);
}

/* ---- finding ---- */

static bool has_name(const void *entry, const void *key)
{
    return strcmp(entry, key) == 0; /* the name is the first member */
}

static uint64_t hash_name(const char *name)
{
    return hash_bytes(name, strlen(name), 0);
}

static bool room_has_id(const void *entry, const void *key)
{
    return tuan_rid_equal(((const struct books_room *)entry)->id, *(const struct tuan_id *)key);
}

struct books_room *books_room(const struct books *books, struct tuan_id id)
{
    return map_find(&books->rooms, books_hash_rid(id), room_has_id, &id);
}

struct books_campaign *books_campaign(const struct books *books, struct tuan_str campaign)
{
    char name[BOOKS_NAME_MAX];

    snprintf(name, sizeof name, "%.*s", STR(campaign));
    return map_find(&books->campaigns, hash_name(name), has_name, name);
}

struct books_order *books_order(const struct books *books, struct tuan_str campaign,
                                struct tuan_str order)
{
    char name[2 * BOOKS_NAME_MAX];

    snprintf(name, sizeof name, "%.*s %.*s", STR(campaign), STR(order));
    return map_find(&books->orders, hash_name(name), has_name, name);
}

struct books_payment *books_payment(const struct books *books, struct tuan_str campaign,
                                    struct tuan_str order, struct tuan_str payment)
{
    char name[3 * BOOKS_NAME_MAX];

    snprintf(name, sizeof name, "%.*s %.*s %.*s", STR(campaign), STR(order), STR(payment));
    return map_find(&books->payments, hash_name(name), has_name, name);
}

struct books_order *books_make_order(struct books *books, struct tuan_str campaign,
                                     struct tuan_str order)
{
    struct books_order *entry = books_order(books, campaign, order);

    if (entry != NULL) return entry;
    entry = mem_zalloc(sizeof *entry);
    snprintf(entry->name, sizeof entry->name, "%.*s %.*s", STR(campaign), STR(order));
    map_insert(&books->orders, hash_name(entry->name), entry);
    return entry;
}

struct books_payment *books_make_payment(struct books *books, const char *order,
                                         struct tuan_str payment)
{
    char name[3 * BOOKS_NAME_MAX];
    struct books_payment *entry;

    snprintf(name, sizeof name, "%s %.*s", order, STR(payment));
    entry = map_find(&books->payments, hash_name(name), has_name, name);
    if (entry != NULL) return entry;
    entry = mem_zalloc(sizeof *entry);
    memcpy(entry->name, name, sizeof name);
    entry->campaign =
        books_campaign(books, (struct tuan_str){order, (uint32_t)strcspn(order, " ")});
    map_insert(&books->payments, hash_name(name), entry);
    return entry;
}

/* The room of a fact, counted. */
static struct books_room *touch(struct books *books, struct tuan_id id)
{
    struct books_room *room = books_room(books, id);

    if (room == NULL) {
        books_flaw(books, "a fact of a room that was never opened");
        return NULL;
    }
    if (room->is_dropped) books_flaw(books, "a fact of a room that was dropped");
    room->version++;
    return room;
}

static struct books_seat *seat_of(struct books *books, struct books_room *room, int64_t n)
{
    if (room == NULL) return NULL;
    if (n >= 1 && n <= (int64_t)room->seat_count) return &room->seats[n - 1];
    books_flaw(books, "a fact of a seat that is not there");
    return NULL;
}

static bool is_live(const struct books_room *room)
{
    return room->state == TUAN_ROOM_PENDING || room->state == TUAN_ROOM_OPEN;
}

static void occupy(struct books *books, struct books_room *room, struct books_order *order)
{
    if (!is_live(room)) books_flaw(books, "%s: a seat in a room that has ended", order->name);
    if (++room->taken > room->size) books_flaw(books, "%s: a room is over-filled", order->name);
    if (room->taken == room->size) room->was_full = true;
    if (order->room != NULL) books_flaw(books, "%s: two living seats of one order", order->name);
    order->room = room;
}

static void vacate(struct books_room *room, struct books_seat *seat)
{
    room->taken--;
    seat->order->room = NULL;
}

/* ---- facts ---- */

void books_put_campaign(struct books *books, struct tuan_str name)
{
    struct books_campaign *campaign = books_campaign(books, name);

    if (campaign == NULL) {
        campaign = mem_zalloc(sizeof *campaign);
        snprintf(campaign->name, sizeof campaign->name, "%.*s", STR(name));
        map_insert(&books->campaigns, hash_name(campaign->name), campaign);
    }
    if (campaign->is_dropped) books_flaw(books, "%s: put while it is dropped", campaign->name);
    campaign->is_put = true;
}

/* What was formed or is settled may be forgotten, and no more. */
static void campaign_dropped(struct books *books, struct tuan_str name)
{
    struct books_campaign *campaign = books_campaign(books, name);
    struct books_payment *payment;
    struct books_room *room;

    if (campaign == NULL || !campaign->is_put || campaign->is_dropped) {
        books_flaw(books, "%.*s: dropped, but it is not there", STR(name));
        return;
    }
    campaign->is_dropped = campaign->was_dropped = true;
    for (size_t cursor = 0; (room = map_next(&books->rooms, &cursor)) != NULL;)
        if (room->campaign == campaign && is_live(room))
            books_flaw(books, "%s: dropped with a living room", campaign->name);
    for (size_t cursor = 0; (payment = map_next(&books->payments, &cursor)) != NULL;)
        if (payment->campaign == campaign && payment->place == PLACE_REFUND && !payment->is_acked)
            books_flaw(books, "%s: dropped while a refund is owed", payment->name);
}

static void campaign_forgotten(struct books *books, struct tuan_str name)
{
    struct books_campaign *campaign = books_campaign(books, name);
    struct books_room *room;

    if (campaign == NULL || !campaign->is_dropped) {
        books_flaw(books, "%.*s: forgotten, but not dropped", STR(name));
        return;
    }
    campaign->is_put = campaign->is_dropped = false;
    for (size_t cursor = 0; (room = map_next(&books->rooms, &cursor)) != NULL;)
        if (room->campaign == campaign && !room->is_dropped)
            books_flaw(books, "%s: forgotten before its rooms", campaign->name);
}

static void room_opened(struct books *books, const struct tuan_room_opened_fact *fact)
{
    struct books_campaign *campaign = books_campaign(books, fact->campaign);
    struct books_room *room = books_room(books, fact->room);

    if (room != NULL || campaign == NULL || !campaign->is_put || campaign->is_dropped) {
        books_flaw(books, "a room is opened twice, or in no campaign");
        return;
    }
    room = mem_zalloc(sizeof *room);
    room->id = fact->room;
    room->campaign = campaign;
    room->version = 1;
    room->size = fact->size;
    room->state = (enum tuan_room_state)fact->state;
    map_insert(&books->rooms, books_hash_rid(room->id), room);
}

static void seat_held(struct books *books, const struct tuan_seat_held_fact *fact)
{
    struct books_room *room = touch(books, fact->room);
    struct books_order *order = books_make_order(books, fact->campaign, fact->order);
    bool is_paid = !TUAN_HAS(seat_held_fact, fact, hold_until);

    if (room == NULL) return;
    if (fact->n != room->seat_count + 1 || room->seat_count == BOOKS_SEATS_MAX) {
        books_flaw(books, "%s: a seat number is out of turn", order->name);
        return;
    }
    occupy(books, room, order);
    order->seats++;
    room->paid += is_paid;
    room->seats[room->seat_count++] =
        (struct books_seat){is_paid ? TUAN_SEAT_PAID : TUAN_SEAT_HELD, order};
}

/* An order is free once keep_ms have passed since its room ended, though a sweep that the mirror
 * holds up has not dropped the room yet: a payment that is told again then belongs to nothing. */
static bool is_unplaced(const struct books *books, const struct books_payment *payment)
{
    const struct books_room *room = books_room(books, payment->room);

    if (payment->place != PLACE_SEAT)
        return payment->place == PLACE_NONE || payment->place == PLACE_FORGOTTEN;
    return room != NULL && !is_live(room) && books->now_ms - room->ended_ms >= BOOKS_KEEP_MS;
}

static void seat_paid(struct books *books, const struct tuan_seat_paid_fact *fact)
{
    struct books_room *room = touch(books, fact->room);
    struct books_seat *seat = seat_of(books, room, fact->n);

    if (seat == NULL) return;
    if (!is_live(room)) books_flaw(books, "%s: paid in a room that has ended", seat->order->name);
    if (seat->state == TUAN_SEAT_RELEASED) /* late, but seated again */
        occupy(books, room, seat->order);
    else if (seat->state != TUAN_SEAT_HELD)
        books_flaw(books, "%s: a seat is paid twice", seat->order->name);
    seat->state = TUAN_SEAT_PAID;
    room->paid++;
    if (!TUAN_HAS(seat_paid_fact, fact, payment)) return;
    struct books_payment *payment = books_make_payment(books, seat->order->name, fact->payment);
    if (!is_unplaced(books, payment))
        books_flaw(books, "%s: a payment is placed twice", payment->name);
    payment->place = PLACE_SEAT;
    payment->room = fact->room;
}

static void seat_released(struct books *books, const struct tuan_seat_released_fact *fact)
{
    struct books_room *room = touch(books, fact->room);
    struct books_seat *seat = seat_of(books, room, fact->n);

    if (seat == NULL) return;
    if (seat->state != TUAN_SEAT_HELD)
        books_flaw(books, "%s: not held, released", seat->order->name);
    seat->state = TUAN_SEAT_RELEASED;
    vacate(room, seat);
}

static void room_ended(struct books *books, struct tuan_id id, enum tuan_room_state state)
{
    struct books_room *room = touch(books, id);

    if (room == NULL) return;
    if (!is_live(room)) books_flaw(books, "a room ends twice");
    room->state = state;
    room->ended_ms = books->now_ms;
    if (state != TUAN_ROOM_FORMED) return;
    if (room->paid < 1) books_flaw(books, "a room is formed of nobody");
    for (uint32_t i = 0; i < room->seat_count; i++)
        if (room->seats[i].state == TUAN_SEAT_PAID) room->seats[i].state = TUAN_SEAT_SETTLED;
}

/* A paid seat whose room has failed, or a released one whose money came late. True: it was paid. */
static bool seat_is_refunded(struct books *books, struct books_room *room, int64_t n)
{
    struct books_seat *seat = seat_of(books, room, n);
    bool was_paid;

    if (seat == NULL) return false;
    was_paid = seat->state == TUAN_SEAT_PAID;
    if (!was_paid && seat->state != TUAN_SEAT_RELEASED)
        books_flaw(books, "%s: neither paid nor released, refunded", seat->order->name);
    if (was_paid) {
        room->paid--;
        vacate(room, seat);
    }
    seat->state = TUAN_SEAT_REFUND_DUE;
    return was_paid;
}

static void refund_due(struct books *books, const struct tuan_refund_due_fact *fact)
{
    struct books_room *room = tuan_rid_is_none(fact->room) ? NULL : touch(books, fact->room);
    bool was_seated = fact->of_seat && seat_is_refunded(books, room, fact->n);
    char order[2 * BOOKS_NAME_MAX];

    if (!TUAN_HAS(refund_due_fact, fact, payment)) return;
    snprintf(order, sizeof order, "%.*s %.*s", STR(fact->campaign), STR(fact->order));
    struct books_payment *payment = books_make_payment(books, order, fact->payment);
    bool fits = was_seated ? payment->place == PLACE_SEAT : is_unplaced(books, payment);
    if (!fits) books_flaw(books, "%s: a payment is owed that is placed elsewhere", payment->name);
    payment->place = PLACE_REFUND;
    payment->room = fact->room;
    payment->refund = fact->refund;
    payment->is_acked = false;
}

struct books_payment *books_refund(const struct books *books, struct tuan_id refund)
{
    size_t cursor = 0;

    for (struct books_payment *at; (at = map_next(&books->payments, &cursor)) != NULL;)
        if (at->place == PLACE_REFUND && tuan_rid_equal(at->refund, refund)) return at;
    return NULL;
}

static void refund_acked(struct books *books, const struct tuan_refund_acked_fact *fact)
{
    struct books_payment *payment = books_refund(books, fact->refund);

    if (!tuan_rid_is_none(fact->room)) touch(books, fact->room);
    if (payment == NULL) return; /* of a seat that was paid without a payment's name */
    if (payment->is_acked) books_flaw(books, "%s: a refund is settled twice", payment->name);
    payment->is_acked = true;
}

static void room_dropped(struct books *books, const struct tuan_room_dropped_fact *fact)
{
    struct books_room *room = touch(books, fact->room);
    size_t cursor = 0;

    if (room == NULL) return;
    if (is_live(room)) books_flaw(books, "a living room is dropped");
    room->is_dropped = true;
    for (uint32_t i = 0; i < room->seat_count; i++)
        if (room->seats[i].order->room == room) room->seats[i].order->room = NULL;
    for (struct books_payment *at; (at = map_next(&books->payments, &cursor)) != NULL;) {
        if (!tuan_rid_equal(at->room, fact->room)) continue;
        if (at->place == PLACE_REFUND && !at->is_acked)
            books_flaw(books, "%s: a refund that is owed is forgotten", at->name);
        if (at->place == PLACE_SEAT && room->state == TUAN_ROOM_FAILED)
            books_flaw(books, "%s: a failed room has kept the money", at->name);
        at->place = PLACE_FORGOTTEN;
    }
}

static void refund_dropped(struct books *books, const struct tuan_refund_dropped_fact *fact)
{
    struct books_payment *payment = books_refund(books, fact->refund);

    if (payment == NULL) return;
    if (!payment->is_acked)
        books_flaw(books, "%s: a refund that is owed is dropped", payment->name);
    payment->place = PLACE_FORGOTTEN;
}

static void room_started(struct books *books, const struct tuan_room_started_fact *fact)
{
    struct books_room *room = touch(books, fact->room);

    if (room == NULL) return;
    if (room->state != TUAN_ROOM_PENDING) books_flaw(books, "a room is started twice");
    room->state = TUAN_ROOM_OPEN;
}

/* The order is free for another request. */
static void order_forgotten(struct books *books, const struct tuan_order_forgotten_fact *fact)
{
    struct books_room *room = touch(books, fact->room);
    struct books_seat *seat = seat_of(books, room, fact->n);

    if (seat == NULL || seat->order->room != room) return;
    if (is_live(room) && seat->state != TUAN_SEAT_RELEASED)
        books_flaw(books, "%s: a living seat is forgotten", seat->order->name);
    seat->order->room = NULL;
}

void books_enter(struct books *books, const struct tuan_fact *fact)
{
    switch (fact->type) {
    case TUAN_FACT_ROOM_OPENED: room_opened(books, &fact->room_opened); return;
    case TUAN_FACT_SEAT_HELD: seat_held(books, &fact->seat_held); return;
    case TUAN_FACT_SEAT_PAID: seat_paid(books, &fact->seat_paid); return;
    case TUAN_FACT_SEAT_RELEASED: seat_released(books, &fact->seat_released); return;
    case TUAN_FACT_ROOM_STARTED: room_started(books, &fact->room_started); return;
    case TUAN_FACT_ROOM_FORMED: room_ended(books, fact->room_formed.room, TUAN_ROOM_FORMED); return;
    case TUAN_FACT_ROOM_FAILED: room_ended(books, fact->room_failed.room, TUAN_ROOM_FAILED); return;
    case TUAN_FACT_REFUND_DUE: refund_due(books, &fact->refund_due); return;
    case TUAN_FACT_REFUND_ACKED: refund_acked(books, &fact->refund_acked); return;
    case TUAN_FACT_ROOM_DROPPED: room_dropped(books, &fact->room_dropped); return;
    case TUAN_FACT_REFUND_DROPPED: refund_dropped(books, &fact->refund_dropped); return;
    case TUAN_FACT_LEADER_CHANGED: touch(books, fact->leader_changed.room); return;
    case TUAN_FACT_ORDER_FORGOTTEN: order_forgotten(books, &fact->order_forgotten); return;
    case TUAN_FACT_CLOCK: books->now_ms = fact->clock.now; return;
    case TUAN_FACT_CAMPAIGN_PUT: books_put_campaign(books, fact->campaign_put.campaign); return;
    case TUAN_FACT_CAMPAIGN_DROPPED:
        campaign_dropped(books, fact->campaign_dropped.campaign);
        return;
    case TUAN_FACT_CAMPAIGN_FORGOTTEN:
        campaign_forgotten(books, fact->campaign_forgotten.campaign);
        return;
    case TUAN_FACT_CAMPAIGN_CLOSED:
    case TUAN_FACT_CAMPAIGN_ENDED:
    case TUAN_FACT_USER_ROLLED_UP:
    case TUAN_FACT_TYPE_END: return;
    case TUAN_FACT_COMMISSION: touch(books, fact->commission.room); return;
    case TUAN_FACT_RECORD_RESTORED: books_restore(books, &fact->record_restored); return;
    case TUAN_FACT_SEAT_REROUTED:
    case TUAN_FACT_TIER_SETTLED:
    case TUAN_FACT_DRAW_RESULT:
        books_flaw(books, "%s: of a rule that no campaign here has",
                   tuan_fact_message(fact->type)->name);
        return;
    }
}

const char *books_event(const struct tuan_fact *fact, bool tells_seats)
{
    switch (fact->type) {
    case TUAN_FACT_ROOM_OPENED: return "room_opened";
    case TUAN_FACT_LEADER_CHANGED: return "leader_changed";
    case TUAN_FACT_ROOM_FORMED: return "room_formed";
    case TUAN_FACT_ROOM_FAILED: return "room_failed";
    case TUAN_FACT_REFUND_DUE: return "refund_due";
    case TUAN_FACT_REFUND_ACKED: return "refund_acked";
    case TUAN_FACT_COMMISSION: return "commission";
    case TUAN_FACT_CAMPAIGN_CLOSED:
    case TUAN_FACT_CAMPAIGN_ENDED: return "campaign_ended";
    case TUAN_FACT_SEAT_HELD:
        return tuan_rid_is_none(fact->seat_held.rerouted_from) ? NULL : "seat_rerouted";
    case TUAN_FACT_SEAT_PAID: return tells_seats ? "seat_paid" : NULL;
    case TUAN_FACT_SEAT_RELEASED: return tells_seats ? "seat_released" : NULL;
    default: return NULL;
    }
}

/* ---- life ---- */

void books_init(struct books *books)
{
    *books = (struct books){.events = 0};
    map_init(&books->campaigns, 8);
    map_init(&books->rooms, 64);
    map_init(&books->orders, 64);
    map_init(&books->payments, 64);
}

static void free_entries(struct map *map)
{
    size_t cursor = 0;

    for (void *entry; (entry = map_next(map, &cursor)) != NULL;)
        mem_free(entry);
    map_free(map);
}

void books_free(struct books *books)
{
    free_entries(&books->campaigns);
    free_entries(&books->rooms);
    free_entries(&books->orders);
    free_entries(&books->payments);
}
