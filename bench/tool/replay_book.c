/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/replay_book.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"

#define SEED 0 /* the ids of a trace are no attack */

void book_init(struct book *book, int64_t size, int64_t min_success)
{
    *book = (struct book){.size = size, .min_success = min_success};
    pool_init(&book->pool);
    map_init(&book->campaign_by_id, 64);
    map_init(&book->room_by_id, 64);
    map_init(&book->seat_by_order, 64);
    map_init(&book->user_by_id, 64);
}

void book_free(struct book *book)
{
    map_free(&book->campaign_by_id);
    map_free(&book->room_by_id);
    map_free(&book->seat_by_order);
    map_free(&book->user_by_id);
    pool_destroy(&book->pool);
}

static void *take(struct book *book, size_t size)
{
    return memset(pool_alloc(&book->pool, size), 0, size);
}

static void copy(char *out, size_t size, const char *text)
{
    size_t len = strlen(text);

    assert(len < size);
    memcpy(out, text, len + 1);
}

static uint64_t hash_of(const char *id)
{
    return hash_bytes(id, strlen(id), SEED);
}

static bool campaign_has_id(const void *entry, const void *key)
{
    return strcmp(((const struct book_campaign *)entry)->id, key) == 0;
}

static bool room_has_id(const void *entry, const void *key)
{
    return strcmp(((const struct book_room *)entry)->id, key) == 0;
}

static bool user_has_id(const void *entry, const void *key)
{
    return strcmp(((const struct book_user *)entry)->id, key) == 0;
}

struct order_key {
    const struct book_campaign *campaign;
    const char *order;
};

static bool seat_has_order(const void *entry, const void *key)
{
    const struct book_seat *seat = entry;
    const struct order_key *wanted = key;

    return seat->campaign == wanted->campaign && strcmp(seat->order, wanted->order) == 0;
}

struct book_campaign *book_find_campaign(const struct book *book, const char *id)
{
    return map_find(&book->campaign_by_id, hash_of(id), campaign_has_id, id);
}

struct book_room *book_find_room(const struct book *book, const char *id)
{
    return map_find(&book->room_by_id, hash_of(id), room_has_id, id);
}

struct book_seat *book_find_seat(const struct book *book, const struct book_campaign *campaign,
                                 const char *order)
{
    const struct order_key key = {campaign, order};

    return map_find(&book->seat_by_order, hash_of(order), seat_has_order, &key);
}

struct book_campaign *book_campaign(struct book *book, const char *id)
{
    struct book_campaign *campaign = book_find_campaign(book, id);

    if (campaign != NULL) return campaign;
    campaign = take(book, sizeof *campaign);
    copy(campaign->id, sizeof campaign->id, id);
    campaign->next = book->campaigns;
    book->campaigns = campaign;
    book->campaign_count++;
    map_insert(&book->campaign_by_id, hash_of(id), campaign);
    return campaign;
}

struct book_room *book_room(struct book *book, struct book_campaign *campaign, const char *id)
{
    struct book_room *room = book_find_room(book, id);

    if (room != NULL) return room;
    room = take(book, sizeof *room);
    copy(room->id, sizeof room->id, id);
    room->campaign = campaign;
    room->next = book->rooms;
    book->rooms = room;
    book->room_count++;
    map_insert(&book->room_by_id, hash_of(id), room);
    return room;
}

struct book_seat *book_seat(struct book *book, struct book_campaign *campaign, const char *order,
                            struct book_user *user)
{
    struct book_seat *seat = book_find_seat(book, campaign, order);

    if (seat != NULL) return seat;
    seat = take(book, sizeof *seat);
    copy(seat->order, sizeof seat->order, order);
    seat->campaign = campaign;
    seat->user = user;
    seat->next = book->seats;
    book->seats = seat;
    book->seat_count++;
    map_insert(&book->seat_by_order, hash_of(order), seat);
    return seat;
}

struct book_user *book_user(struct book *book, const char *id)
{
    struct book_user *user = map_find(&book->user_by_id, hash_of(id), user_has_id, id);

    if (user != NULL) return user;
    user = take(book, sizeof *user);
    copy(user->id, sizeof user->id, id);
    user->actions_tail = &user->actions;
    user->next = book->users;
    book->users = user;
    book->user_count++;
    map_insert(&book->user_by_id, hash_of(id), user);
    return user;
}

struct book_refund *book_add_refund(struct book *book, struct book_campaign *campaign,
                                    const char *id)
{
    struct book_refund *refund = take(book, sizeof *refund);

    copy(refund->id, sizeof refund->id, id);
    refund->campaign = campaign;
    refund->next = book->refunds;
    book->refunds = refund;
    book->refund_count++;
    return refund;
}

void book_list_seats(struct book *book, struct book_room *room, size_t count)
{
    if (room->listed_count > 0)
        pool_free(&book->pool, room->listed, room->listed_count * sizeof *room->listed);
    room->listed = count > 0 ? take(book, count * sizeof *room->listed) : NULL;
    room->listed_count = count;
}
