/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/web_room.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "proto/json.h"

enum {
    POLL_MIN_MS = 1000,
    POLL_MAX_MS = 10000,
    POLL_ENDED_MS = 60000,
    POLL_PART = 20,        /* of the time left */
    JITTER_PERMILLE = 200, /* to both sides */
    LIVE_AGE_S = 1,
    ENDED_AGE_S = 60,
    ETAG_MAX = DISPATCH_INCARNATION_MAX + 24,
};

struct kept {
    struct web_room room;
    struct list used; /* in rooms->used, the latest first */
    size_t bytes;
    char text[]; /* etag, then body */
};

struct web_rooms {
    struct map by_id;
    struct list used;
    size_t bytes, bytes_max;
    struct tuan_out scratch;
};

struct web_rooms *web_rooms_create(size_t bytes_max)
{
    struct web_rooms *rooms = mem_zalloc(sizeof *rooms);

    map_init(&rooms->by_id, 0);
    list_init(&rooms->used);
    rooms->bytes_max = bytes_max;
    rooms->scratch.grow = mem_realloc;
    return rooms;
}

/* ---- what is kept ---- */

static uint64_t hash_of(struct tuan_id id)
{
    return hash_mix(id.hi, id.lo); /* unguessable ids need no seed */
}

static bool has_id(const void *entry, const void *key)
{
    return tuan_rid_equal(((const struct kept *)entry)->room.id, *(const struct tuan_id *)key);
}

static void forget(struct web_rooms *rooms, struct kept *kept)
{
    map_remove(&rooms->by_id, hash_of(kept->room.id), kept);
    list_remove(&kept->used);
    rooms->bytes -= kept->bytes;
    mem_free(kept);
}

void web_rooms_clear(struct web_rooms *rooms)
{
    while (!list_is_empty(&rooms->used))
        forget(rooms, container_of(rooms->used.next, struct kept, used));
    assert(rooms->bytes == 0);
}

void web_rooms_destroy(struct web_rooms *rooms)
{
    if (rooms == NULL) return;
    web_rooms_clear(rooms);
    map_free(&rooms->by_id);
    mem_free(rooms->scratch.data);
    mem_free(rooms);
}

static struct kept *keep(struct web_rooms *rooms, const struct tuan_room *room,
                         struct tuan_str etag, struct tuan_str body)
{
    size_t bytes = sizeof(struct kept) + etag.len + body.len;
    struct kept *kept = mem_alloc(bytes);

    *kept = (struct kept){.bytes = bytes};
    memcpy(kept->text, etag.ptr, etag.len);
    memcpy(kept->text + etag.len, body.ptr, body.len);
    kept->room = (struct web_room){.id = room->room,
                                   .version = room->version,
                                   .deadline = TUAN_HAS(room, room, deadline) ? room->deadline : 0,
                                   .missing = room->missing,
                                   .is_ended = room->state == TUAN_ROOM_FORMED ||
                                               room->state == TUAN_ROOM_FAILED,
                                   .etag = {kept->text, etag.len},
                                   .body = {kept->text + etag.len, body.len}};
    map_insert(&rooms->by_id, hash_of(room->room), kept);
    list_push_head(&rooms->used, &kept->used);
    rooms->bytes += bytes;
    while (rooms->bytes > rooms->bytes_max && rooms->used.prev != &kept->used)
        forget(rooms, container_of(rooms->used.prev, struct kept, used));
    return kept;
}

/* ---- rendering ---- */

static void view_seat(const struct tuan_room_seat *seat, struct tuan_web_seat *out)
{
    *out = (struct tuan_web_seat){0};
    TUAN_SET(web_seat, out, n, seat->n);
    TUAN_SET(web_seat, out, leader, seat->role == TUAN_ROLE_LEADER);
    if (TUAN_HAS(room_seat, seat, profile)) TUAN_SET(web_seat, out, profile, seat->profile);
    TUAN_SET(web_seat, out, is_virtual, seat->is_virtual);
}

/* Their seat numbers alone. */
static void view_winners(const struct tuan_room *room, struct web_view *view)
{
    const struct tuan_winner *winners = room->winners.items;
    uint32_t count = room->winners.count < WEB_WINNERS_MAX ? room->winners.count : WEB_WINNERS_MAX;

    for (uint32_t i = 0; i < count; i++) {
        view->winners[i] = (struct tuan_winner){0};
        TUAN_SET(winner, &view->winners[i], n, winners[i].n);
    }
    TUAN_SET(web_room, &view->room, winners, ((struct tuan_list){view->winners, count}));
}

void web_room_view(const struct tuan_room *room, struct web_view *view)
{
    const struct tuan_room_seat *seats = room->seats.items;
    struct tuan_web_room *out = &view->room;

    assert(room->seats.count <= TUAN_STATUS_SEATS_MAX);
    *out = (struct tuan_web_room){0};
    TUAN_SET(web_room, out, id, room->room);
    TUAN_SET(web_room, out, campaign, room->campaign);
    TUAN_SET(web_room, out, state, room->state);
    if (TUAN_HAS(room, room, reason)) TUAN_SET(web_room, out, reason, room->reason);
    TUAN_SET(web_room, out, size, room->size);
    TUAN_SET(web_room, out, paid, room->paid);
    TUAN_SET(web_room, out, held, room->held);
    TUAN_SET(web_room, out, missing, room->missing);
    TUAN_SET(web_room, out, free, room->free);
    TUAN_SET(web_room, out, virtuals, room->virtuals);
    TUAN_SET(web_room, out, version, room->version);
    TUAN_SET(web_room, out, opened_at, room->opened_at);
    if (TUAN_HAS(room, room, deadline)) TUAN_SET(web_room, out, deadline, room->deadline);
    if (TUAN_HAS(room, room, formed_at)) TUAN_SET(web_room, out, formed_at, room->formed_at);
    for (uint32_t i = 0; i < room->seats.count; i++)
        view_seat(&seats[i], &view->seats[i]);
    TUAN_SET(web_room, out, seats, ((struct tuan_list){view->seats, room->seats.count}));
    if (TUAN_HAS(room, room, draw_commit)) TUAN_SET(web_room, out, draw_commit, room->draw_commit);
    if (TUAN_HAS(room, room, draw_seed)) TUAN_SET(web_room, out, draw_seed, room->draw_seed);
    if (TUAN_HAS(room, room, winners)) view_winners(room, view);
}

static struct kept *render(struct session_host *host, const struct tuan_room *room)
{
    struct tuan_out *out = &host->web_rooms->scratch;
    struct web_view view;
    char etag[ETAG_MAX];

    host->metrics->web_renders++;
    web_room_view(room, &view);
    out->len = 0;
    tuan_json_message(out, &tuan_web_room_message, &view.room);
    int len = snprintf(etag, sizeof etag, "%s-%lld", dispatch_incarnation(host->dispatch),
                       (long long)room->version);
    return keep(host->web_rooms, room, (struct tuan_str){etag, (uint32_t)len},
                (struct tuan_str){out->data, (uint32_t)out->len});
}

const struct web_room *web_room_read(struct session_host *host, struct tuan_id id)
{
    struct web_rooms *rooms = host->web_rooms;
    struct kept *kept = map_find(&rooms->by_id, hash_of(id), has_id, &id);
    struct tuan_command *command = &host->command;

    command->id = TUAN_CMD_ROOM_GET;
    command->given = UINT64_C(1) << TUAN_ARG_room;
    command->arg.room = id;
    if (kept != NULL) {
        command->given |= UINT64_C(1) << TUAN_ARG_if_version;
        command->arg.if_version = kept->room.version;
    }
    dispatch_command(host->dispatch, command, &host->answer);
    const struct tuan_room *status = host->answer.reply.body;
    bool is_known = host->answer.reply.err == TUAN_OK;
    if (is_known && TUAN_HAS(room, status, unchanged)) {
        list_remove(&kept->used);
        list_push_head(&rooms->used, &kept->used);
        return &kept->room;
    }
    if (kept != NULL) forget(rooms, kept);
    return is_known ? &render(host, status)->room : NULL;
}

/* ---- when to come again ---- */

int64_t web_room_poll_after_ms(const struct web_room *room, int64_t now_ms)
{
    int64_t jitter =
        (int64_t)(hash_mix(room->id.lo, (uint64_t)room->version) % (2 * JITTER_PERMILLE + 1)) -
        JITTER_PERMILLE;
    int64_t after_ms = POLL_MAX_MS;

    if (room->is_ended) return POLL_ENDED_MS;
    if (room->deadline > 0 && (room->deadline - now_ms) / POLL_PART < after_ms)
        after_ms = (room->deadline - now_ms) / POLL_PART;
    if (room->missing == 1) after_ms /= 4;
    if (after_ms < POLL_MIN_MS) after_ms = POLL_MIN_MS;
    return after_ms + after_ms * jitter / 1000;
}

int web_room_max_age_s(const struct web_room *room)
{
    return room->is_ended ? ENDED_AGE_S : LIVE_AGE_S;
}
