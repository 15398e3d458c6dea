/* SPDX-License-Identifier: BSD-2-Clause */
/* names.c - finding things and adding them up, by looking at all of them. */
#include <string.h>

#include "impl.h"

bool n_same(struct tuan_str a, struct tuan_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

struct n_campaign *n_find_campaign(const struct naive *naive, struct tuan_str id)
{
    for (size_t i = 0; i < naive->campaign_count; i++)
        if (!naive->campaigns[i]->is_dropped && n_same(naive->campaigns[i]->id, id))
            return naive->campaigns[i];
    return NULL;
}

struct n_room *n_find_room(const struct naive *naive, struct tuan_id id)
{
    for (size_t i = 0; i < naive->room_count; i++)
        if (!naive->rooms[i]->is_gone && !naive->rooms[i]->campaign->is_dropped &&
            tuan_rid_equal(naive->rooms[i]->id, id))
            return naive->rooms[i];
    return NULL;
}

struct n_refund *n_find_refund(const struct naive *naive, struct tuan_id id)
{
    for (size_t i = 0; i < naive->refund_count; i++)
        if (!naive->refunds[i]->is_gone && !naive->refunds[i]->campaign->is_dropped &&
            tuan_rid_equal(naive->refunds[i]->id, id))
            return naive->refunds[i];
    return NULL;
}

bool n_is_past(const struct naive *naive, const struct n_room *room)
{
    return !n_is_alive(room) && naive->now >= room->ended_at + room->rules.keep_ms &&
           n_refunds_open(naive, room) == 0;
}

/* A released order is remembered keep_ms after its release, any other as long as its room. */
static bool is_remembered(const struct naive *naive, const struct n_room *room,
                          const struct n_seat *seat)
{
    if (seat->is_forgotten) return false;
    return seat->state != TUAN_SEAT_RELEASED || naive->now < seat->ended_at + room->rules.keep_ms;
}

struct n_spot n_find_order(const struct naive *naive, const struct n_campaign *campaign,
                           struct tuan_str order)
{
    for (size_t i = naive->room_count; i-- > 0;) {
        struct n_room *room = naive->rooms[i];
        if (room->is_gone || room->campaign != campaign || n_is_past(naive, room)) continue;
        for (size_t s = room->seat_count; s-- > 0;)
            if (n_same(room->seats[s].order, order) && is_remembered(naive, room, &room->seats[s]))
                return (struct n_spot){room, &room->seats[s]};
    }
    return (struct n_spot){NULL, NULL};
}

bool n_is_stray(const struct naive *naive, const struct n_campaign *campaign, struct tuan_str order)
{
    for (size_t i = 0; i < naive->refund_count; i++) {
        const struct n_refund *refund = naive->refunds[i];
        if (!refund->is_gone && refund->campaign == campaign && tuan_rid_is_none(refund->room) &&
            n_same(refund->order, order))
            return true;
    }
    return false;
}

struct tuan_str n_tag_value(struct tuan_tags tags, struct tuan_str name)
{
    for (uint32_t i = 0; i < tags.count; i++)
        if (n_same(tags.items[i].name, name)) return tags.items[i].value;
    return (struct tuan_str){NULL, 0};
}

/* ---- sums ---- */

bool n_is_live(const struct n_seat *seat)
{
    return seat->state == TUAN_SEAT_HELD || seat->state == TUAN_SEAT_PAID;
}

bool n_is_alive(const struct n_room *room)
{
    return !room->is_gone && (room->state == TUAN_ROOM_PENDING || room->state == TUAN_ROOM_OPEN);
}

int64_t n_weight(const struct n_room *room, int64_t qty)
{
    return room->rules.count_by == TUAN_COUNT_PIECES ? qty : 1;
}

static int64_t sum_of(const struct n_room *room, int64_t state)
{
    int64_t sum = 0;

    for (size_t i = 0; i < room->seat_count; i++)
        if (room->seats[i].state == state) sum += n_weight(room, room->seats[i].qty);
    return sum;
}

int64_t n_held_of(const struct n_room *room)
{
    return sum_of(room, TUAN_SEAT_HELD);
}

int64_t n_paid_of(const struct n_room *room)
{
    return n_is_alive(room) ? sum_of(room, TUAN_SEAT_PAID) : room->paid_end;
}

int64_t n_free_of(const struct n_room *room)
{
    return n_is_alive(room) ? room->size - n_held_of(room) - n_paid_of(room) : 0;
}

struct n_seat *n_leader_of(const struct n_room *room)
{
    for (size_t i = 0; i < room->seat_count; i++)
        if (room->seats[i].role == TUAN_ROLE_LEADER) return &room->seats[i];
    return NULL;
}

int64_t n_live_seats(const struct n_room *room)
{
    int64_t count = 0;

    for (size_t i = 0; i < room->seat_count; i++)
        count += n_is_live(&room->seats[i]);
    return count;
}

int64_t n_user_seats_in(const struct n_room *room, struct tuan_str user)
{
    int64_t count = 0;

    for (size_t i = 0; i < room->seat_count; i++)
        count += n_is_live(&room->seats[i]) && n_same(room->seats[i].user, user);
    return count;
}

/* What its payment told, else price by qty; nothing where no payment is asked. */
int64_t n_seat_amount(const struct n_seat *seat)
{
    if (seat->is_free) return 0;
    return seat->has_amount ? seat->amount : seat->price * seat->qty;
}

bool n_refund_is_of(const struct n_refund *refund, struct n_spot spot)
{
    if (refund->is_gone || refund->campaign != spot.room->campaign ||
        tuan_rid_is_none(refund->room))
        return false;
    if (tuan_rid_equal(refund->room, spot.room->id)) return refund->n == spot.seat->n;
    return tuan_rid_equal(refund->room, spot.seat->moved_from) &&
           refund->n == spot.seat->moved_from_n;
}

int64_t n_refunds_open(const struct naive *naive, const struct n_room *room)
{
    int64_t count = 0;

    for (size_t i = 0; i < naive->refund_count; i++) {
        const struct n_refund *refund = naive->refunds[i];
        count += !refund->is_gone && !refund->is_acked && tuan_rid_equal(refund->room, room->id);
    }
    return count;
}

struct n_limits n_limits_of(const struct naive *naive, const struct n_campaign *campaign,
                            struct tuan_str user)
{
    struct n_limits limits = {.opens = 0};

    for (size_t i = 0; i < campaign->used_count; i++) {
        if (!n_same(campaign->used[i].user, user)) continue;
        limits.opens += campaign->used[i].opens;
        limits.joins += campaign->used[i].joins;
        limits.qty += campaign->used[i].qty;
    }
    for (size_t i = 0; i < naive->room_count; i++) {
        const struct n_room *room = naive->rooms[i];
        if (room->is_gone || room->campaign != campaign) continue;
        for (size_t s = 0; s < room->seat_count; s++) {
            const struct n_seat *seat = &room->seats[s];
            if (!n_same(seat->user, user)) continue;
            bool counts = n_is_live(seat) || seat->state == TUAN_SEAT_SETTLED;
            limits.opens += counts && seat->opened;
            limits.joins += counts && !seat->opened;
            limits.qty += counts ? seat->qty : 0;
            limits.unpaid += seat->state == TUAN_SEAT_RELEASED &&
                             seat->released == TUAN_RELEASE_EXPIRED &&
                             seat->ended_at > naive->now - DAY_MS;
        }
    }
    return limits;
}
