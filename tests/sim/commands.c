/* SPDX-License-Identifier: BSD-2-Clause */
/* commands.c - what clients ask: few campaigns, users and orders, so that they meet. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

enum { ORDER_BITS = 24 };

__attribute__((format(printf, 2, 3))) static void word(struct request *request, const char *format,
                                                       ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(request->words[request->word_count++], REQUEST_WORD_MAX, format, args);
    va_end(args);
}

static uint64_t dice(struct sim *sim, uint64_t sides)
{
    return rng_below(&sim->rng, sides);
}

/* One in `of`: "name" and one of the values. */
static void maybe(struct sim *sim, struct request *request, uint64_t of, const char *name,
                  const char *const *values, uint64_t count)
{
    if (dice(sim, of) != 0) return;
    word(request, "%s", name);
    word(request, "%s", values[dice(sim, count)]);
}
#define MAYBE(of, name, ...)                                                                       \
    maybe(sim, request, of, name, (const char *const[]){__VA_ARGS__},                              \
          sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void put_campaign(struct sim *sim, struct request *request, uint32_t campaign)
{
    word(request, "CAMPAIGN.PUT");
    word(request, "c%u", campaign);
    MAYBE(2, "size", "2", "3", "4");
    MAYBE(3, "min_success", "0", "1", "2");
    MAYBE(1, "room_ttl_ms", "1000", "1500", "6000", "30000");
    MAYBE(1, "hold_ms", "20", "150", "1000");
    MAYBE(2, "late_grace_ms", "0", "30", "300");
    MAYBE(2, "late_pay", "reseat", "reroute", "refund");
    MAYBE(3, "full_join", "refuse", "reroute");
    MAYBE(3, "clock_start", "open", "leader_paid");
    MAYBE(4, "quota", "0", "40", "200");
    MAYBE(4, "one_open_per_user", "0", "1");
    if (sim->config.drops) MAYBE(2, "opens_per_user", "0", "9"); /* and users are remembered */
    word(request, "keep_ms");
    word(request, "%d", BOOKS_KEEP_MS);
}

static void room_word(struct sim *sim, struct request *request)
{
    const struct board *board = &sim->board;
    char text[TUAN_RID_CHARS + 1] = "";

    if (board->room_count > 0) {
        uint32_t recent = dice(sim, 2) == 0 ? 2 : 12;
        if (recent > board->room_count) recent = board->room_count;
        request->room = board->rooms[(board->room_count - 1 - dice(sim, recent)) % BOARD_MAX];
    }
    tuan_rid_print(request->room, text);
    word(request, "%s", text);
}

static void new_order(struct sim *sim, struct request *request, uint32_t campaign)
{
    struct board *board = &sim->board;
    uint32_t order = board->order_next++;

    board->orders[board->order_count++ % BOARD_MAX] = (campaign << ORDER_BITS) + order;
    word(request, "u%u", (uint32_t)dice(sim, sim->config.users));
    word(request, "o%u", order);
}

/* Campaign and order of something that was asked lately. */
static void known_order(struct sim *sim, struct request *request)
{
    const struct board *board = &sim->board;
    uint32_t recent = board->order_count < 16 ? board->order_count : 16;
    uint32_t order = board->orders[(board->order_count - 1 - dice(sim, recent)) % BOARD_MAX];

    word(request, "c%u", order >> ORDER_BITS);
    word(request, "o%u", order & ((1U << ORDER_BITS) - 1));
}

static void take_seat(struct sim *sim, struct request *request)
{
    uint32_t campaign = (uint32_t)dice(sim, sim->config.campaigns);
    uint64_t kind = dice(sim, 6);

    if (kind < 2 || sim->board.room_count == 0) {
        word(request, kind == 0 ? "ROOM.OPEN" : "ROOM.MATCH");
        word(request, "c%u", campaign);
    } else {
        word(request, "ROOM.JOIN");
        room_word(sim, request);
    }
    new_order(sim, request, campaign);
    MAYBE(6, "qty", "1", "2", "3");
    MAYBE(8, "hold_ms", "1", "40");
    MAYBE(9, "profile", "somebody");
}

static void pay(struct sim *sim, struct request *request)
{
    struct board *board = &sim->board;
    bool is_new = board->payment_next == 0 || dice(sim, 8) != 0;

    word(request, "SEAT.PAY");
    known_order(sim, request);
    word(request, "payment");
    word(request, "p%u", is_new ? board->payment_next++ : (uint32_t)dice(sim, board->payment_next));
    word(request, "amount");
    word(request, "%d", 100);
}

static void refund_word(struct sim *sim, struct request *request)
{
    const struct board *board = &sim->board;
    uint32_t recent = board->refund_count < 6 ? board->refund_count : 6;
    char text[TUAN_RID_CHARS + 1] = "";

    request->refund = board->refunds[(board->refund_count - 1 - dice(sim, recent)) % BOARD_MAX];
    tuan_rid_print(request->refund, text);
    word(request, "%s", text);
}

static void read_something(struct sim *sim, struct request *request)
{
    uint64_t kind = dice(sim, 9);

    if (kind < 6 && sim->board.room_count > 0) {
        word(request, "ROOM.GET");
        room_word(sim, request);
    } else if (kind < 7 && sim->board.order_count > 0) {
        word(request, "SEAT.GET");
        known_order(sim, request);
    } else if (kind < 8) {
        word(request, "REFUND.LIST");
    } else {
        word(request, dice(sim, 2) == 0 ? "CAMPAIGN.LIST" : "ROOM.LIST");
        if (request_is(request, "ROOM.LIST"))
            word(request, "c%u", (uint32_t)dice(sim, sim->config.campaigns));
    }
}

/* Word for word what was asked lately, answered or not. */
static void repeat(struct sim *sim, struct request *request)
{
    const struct board *board = &sim->board;
    uint32_t recent = board->asked_count < 6 ? board->asked_count : 6;

    *request = board->asked[(board->asked_count - 1 - dice(sim, recent)) % BOARD_ASKED_MAX];
}

static void write_something(struct sim *sim, struct request *request, uint64_t kind)
{
    if (kind >= 34 && kind < 56 && sim->board.order_count > 0) {
        pay(sim, request);
    } else if (kind >= 56 && sim->board.order_count > 0) {
        word(request, "SEAT.CANCEL");
        known_order(sim, request);
    } else {
        take_seat(sim, request);
    }
    sim->board.asked[sim->board.asked_count++ % BOARD_ASKED_MAX] = *request;
}

/* Where it was dropped, a campaign comes back as it was when it was dumped, or it is refused. */
static void move_something(struct sim *sim, struct request *request)
{
    const struct board *board = &sim->board;

    if (dice(sim, 4) == 0 || board->dump_count == 0) {
        word(request, "CAMPAIGN.DUMP");
        word(request, "c%u", (uint32_t)dice(sim, sim->config.campaigns));
        return;
    }
    uint32_t recent = board->dump_count < BOARD_DUMPS_MAX ? board->dump_count : BOARD_DUMPS_MAX;
    const struct board_dump *dump = &board->dumps[dice(sim, recent)];
    word(request, "CAMPAIGN.LOAD");
    word(request, "c%u", dump->campaign);
    request->dump = dump->number;
}

/* A campaign can be dropped when all its rooms have ended and its refunds are settled. */
static void drop_something(struct sim *sim, struct request *request)
{
    uint32_t campaign = (uint32_t)dice(sim, sim->config.campaigns);
    uint64_t kind = dice(sim, 6);

    if (kind < 2 && sim->board.refund_count > 0) {
        word(request, "REFUND.ACK");
        refund_word(sim, request);
    } else if (kind < 4 && sim->board.room_count > 0) {
        word(request, "ROOM.DISSOLVE");
        room_word(sim, request);
    } else if (kind == 4 && sim->config.moves && dice(sim, 4) != 0) {
        move_something(sim, request);
    } else if (kind == 4) {
        put_campaign(sim, request, campaign);
    } else {
        word(request, "CAMPAIGN.DROP");
        word(request, "c%u", campaign);
    }
}

void request_make(struct sim *sim, struct request *request)
{
    uint64_t kind = dice(sim, 100);

    if (sim->board.put < sim->config.campaigns)
        put_campaign(sim, request, sim->board.put++);
    else if (sim->config.moves && dice(sim, 6) == 0)
        move_something(sim, request);
    else if (sim->config.drops && dice(sim, 3) == 0)
        drop_something(sim, request);
    else if (sim->config.looks_often && kind % 2 == 0)
        read_something(sim, request);
    else if (kind < 60)
        write_something(sim, request, kind);
    else if (kind < 66 && sim->board.refund_count > 0) {
        word(request, "REFUND.ACK");
        refund_word(sim, request);
    } else if (kind < 69 && sim->board.room_count > 0) {
        word(request, dice(sim, 2) == 0 ? "ROOM.FORM" : "ROOM.DISSOLVE");
        room_word(sim, request);
    } else if (kind < 70) {
        put_campaign(sim, request, (uint32_t)dice(sim, sim->config.campaigns));
    } else if (kind < 78 && sim->board.asked_count > 0) {
        repeat(sim, request);
    } else {
        read_something(sim, request);
    }
}

void request_make_last(struct sim *sim, uint32_t client, struct request *request)
{
    word(request, "CAMPAIGN.PUT");
    word(request, "c%u", client % sim->config.campaigns);
    word(request, "name");
    word(request, "last");
}

void board_see(struct sim *sim, const struct outcome *outcome)
{
    struct board *board = &sim->board;
    bool takes = strncmp(outcome->request.words[0], "ROOM.", 5) == 0;

    if (outcome->err != TUAN_OK) return;
    if (takes && outcome->has_room) board->rooms[board->room_count++ % BOARD_MAX] = outcome->room;
    if (!tuan_rid_is_none(outcome->refund))
        board->refunds[board->refund_count++ % BOARD_MAX] = outcome->refund;
    if (outcome->dump != 0)
        board->dumps[board->dump_count++ % BOARD_DUMPS_MAX] = (struct board_dump){
            (uint32_t)strtoul(outcome->request.words[1] + 1, NULL, 10), outcome->dump};
}
