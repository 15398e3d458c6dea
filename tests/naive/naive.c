/* SPDX-License-Identifier: BSD-2-Clause */
/* naive.c - making, judging, and what must add up. */
#include "naive.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "impl.h"

void n_flaw(struct naive *naive, const char *format, ...)
{
    va_list args;

    if (naive->flaw[0] != '\0') return; /* the first one tells most */
    va_start(args, format);
    vsnprintf(naive->flaw, sizeof naive->flaw, format, args);
    va_end(args);
}

void *n_grown(void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room) return items;
    *room = *room == 0 ? 4 : *room * 2;
    return mem_realloc(items, *room * size);
}

struct naive *naive_create(void)
{
    struct naive *naive = mem_zalloc(sizeof *naive);

    naive->seat_list = mem_alloc(REPLY_LIST_MAX * sizeof *naive->seat_list);
    naive->room_list = mem_alloc(REPLY_LIST_MAX * sizeof *naive->room_list);
    naive->room_seat_list = mem_alloc(REPLY_LIST_MAX * sizeof *naive->room_seat_list);
    naive->refund_list = mem_alloc(REPLY_LIST_MAX * sizeof *naive->refund_list);
    naive->campaign_list = mem_alloc(64 * sizeof *naive->campaign_list);
    naive->winner_list = mem_alloc(REPLY_LIST_MAX * sizeof *naive->winner_list);
    return naive;
}

void naive_destroy(struct naive *naive)
{
    if (naive == NULL) return;
    for (size_t i = 0; i < naive->room_count; i++) {
        mem_free(naive->rooms[i]->seats);
        mem_free(naive->rooms[i]->life);
        mem_free(naive->rooms[i]);
    }
    for (size_t i = 0; i < naive->refund_count; i++)
        mem_free(naive->refunds[i]);
    for (size_t i = 0; i < naive->campaign_count; i++) {
        mem_free(naive->campaigns[i]->fills);
        mem_free(naive->campaigns[i]->used);
        mem_free(naive->campaigns[i]);
    }
    mem_free(naive->rooms);
    mem_free(naive->refunds);
    mem_free(naive->campaigns);
    mem_free(naive->seat_list);
    mem_free(naive->room_list);
    mem_free(naive->room_seat_list);
    mem_free(naive->refund_list);
    mem_free(naive->campaign_list);
    mem_free(naive->winner_list);
    mem_free(naive);
}

void naive_show_facts(struct naive *naive, const struct tuan_fact *const *facts, size_t count)
{
    naive->facts = facts;
    naive->fact_count = count;
    naive->fact_at = 0;
}

void naive_show_reply(struct naive *naive, const struct tuan_reply *reply)
{
    bool is_list = reply->err == TUAN_OK && reply->message == &tuan_rooms_message;

    naive->list_shown = is_list ? reply->body : NULL;
    bool is_user = reply->err == TUAN_OK && reply->message == &tuan_user_seats_message;

    naive->err_shown = reply->err;
    naive->order_shown = reply->err != TUAN_OK ? reply->problem.order : (struct tuan_str){NULL, 0};
    naive->seats_shown = is_user ? reply->body : NULL;
    naive->suggestion_shown =
        reply->err != TUAN_OK ? reply->problem.suggest_room : (struct tuan_id){0, 0};
}

const char *naive_flaw(const struct naive *naive)
{
    return naive->flaw;
}

static void judge(struct naive *naive)
{
    switch (naive->command->id) {
    case TUAN_CMD_CAMPAIGN_PUT: n_campaign_put(naive); break;
    case TUAN_CMD_CAMPAIGN_GET: n_campaign_get(naive); break;
    case TUAN_CMD_CAMPAIGN_LIST: n_campaign_list(naive); break;
    case TUAN_CMD_CAMPAIGN_CLOSE: n_campaign_close(naive); break;
    case TUAN_CMD_CAMPAIGN_DROP: n_campaign_drop(naive); break;
    case TUAN_CMD_ROOM_OPEN:
    case TUAN_CMD_ROOM_JOIN:
    case TUAN_CMD_ROOM_MATCH: n_take_seat(naive); break;
    case TUAN_CMD_ROOM_GET: n_room_get(naive); break;
    case TUAN_CMD_ROOM_MGET: n_room_mget(naive); break;
    case TUAN_CMD_ROOM_SEATS: n_room_seats(naive); break;
    case TUAN_CMD_ROOM_LIST: n_room_list(naive); break;
    case TUAN_CMD_ROOM_FORM:
    case TUAN_CMD_ROOM_DISSOLVE: n_room_by_hand(naive); break;
    case TUAN_CMD_SEAT_PAY: n_seat_pay(naive); break;
    case TUAN_CMD_SEAT_CANCEL: n_seat_cancel(naive); break;
    case TUAN_CMD_SEAT_LEAVE: n_seat_leave(naive); break;
    case TUAN_CMD_SEAT_REFUND: n_seat_refund(naive); break;
    case TUAN_CMD_SEAT_GET: n_seat_get(naive); break;
    case TUAN_CMD_USER_SEATS: n_user_seats(naive); break;
    case TUAN_CMD_REFUND_LIST: n_refund_list(naive); break;
    case TUAN_CMD_REFUND_ACK: n_refund_ack(naive); break;
    case TUAN_CMD_STATS: n_campaign_stats(naive); break;
    default: n_flaw(naive, "the naive engine knows no %s", tuan_commands[naive->command->id].name);
    }
}

const struct tuan_reply *naive_apply(struct naive *naive, const struct tuan_command *command,
                                     int64_t now_ms)
{
    naive->now = now_ms;
    naive->command = command;
    naive->room_seats_used = naive->winners_used = naive->refunds_used = naive->hex_used = 0;
    naive->owed = NULL;
    judge(naive);
    const struct tuan_fact *left = n_next_fact(naive);
    if (left != NULL)
        n_flaw(naive, "the engine tells %s beyond what the naive one does",
               tuan_fact_message(left->type)->name);
    return &naive->reply;
}

/* ---- what must add up ---- */

static void check_money(struct naive *naive, const struct n_room *room, const struct n_seat *seat)
{
    int64_t owed = 0, of_seat = 0;

    for (size_t i = 0; i < naive->refund_count; i++) {
        const struct n_refund *refund = naive->refunds[i];
        if (refund->is_gone || refund->reason == TUAN_REFUND_DUPLICATE ||
            !tuan_rid_equal(refund->room, room->id) || refund->n != seat->n)
            continue;
        owed += refund->amount;
        of_seat += refund->of_seat;
    }
    bool is_owed = seat->state == TUAN_SEAT_REFUND_DUE || seat->state == TUAN_SEAT_REFUNDED;
    if (owed > n_seat_amount(seat)) n_flaw(naive, "more is owed than was paid");
    if (of_seat != is_owed) n_flaw(naive, "a payment is not in exactly one place");
    if (is_owed && owed != n_seat_amount(seat)) n_flaw(naive, "less is owed than was paid");
}

static void check_room(struct naive *naive, const struct n_room *room)
{
    if (n_is_alive(room) &&
        (n_held_of(room) + n_paid_of(room) > room->size || n_live_seats(room) == 0))
        n_flaw(naive, "a room has too many seats or none");
    if (n_is_alive(room) && (n_leader_of(room) == NULL || !n_is_live(n_leader_of(room))))
        n_flaw(naive, "a room without a leader");
    for (size_t i = 0; i < room->seat_count; i++)
        check_money(naive, room, &room->seats[i]);
}

const char *naive_check(struct naive *naive)
{
    for (size_t i = 0; i < naive->room_count; i++)
        if (!naive->rooms[i]->is_gone) check_room(naive, naive->rooms[i]);
    return naive->flaw;
}

/* ---- looking in ---- */

bool naive_look_seat(const struct naive *naive, int64_t state, uint64_t pick,
                     struct naive_look *out)
{
    const struct n_room *rooms[64];
    const struct n_seat *seats[64];
    size_t count = 0;

    for (size_t i = naive->room_count; i-- > 0 && count < 64;) { /* the newest rooms */
        const struct n_room *room = naive->rooms[i];
        for (size_t s = 0; s < room->seat_count && count < 64; s++) {
            if (room->seats[s].state != state || room->seats[s].is_forgotten) continue;
            rooms[count] = room;
            seats[count++] = &room->seats[s];
        }
    }
    if (count == 0) return false;
    *out = (struct naive_look){rooms[pick % count]->campaign->id, seats[pick % count]->order};
    return true;
}

bool naive_look_room(const struct naive *naive, uint64_t pick, struct naive_look *out)
{
    const struct n_room *rooms[16];
    size_t count = 0;

    for (size_t i = naive->room_count; i-- > 0 && count < 16;)
        if (naive->rooms[i]->state == TUAN_ROOM_OPEN && n_free_of(naive->rooms[i]) > 0)
            rooms[count++] = naive->rooms[i];
    if (count == 0) return false;
    *out =
        (struct naive_look){rooms[pick % count]->campaign->id, rooms[pick % count]->seats[0].order};
    return true;
}
