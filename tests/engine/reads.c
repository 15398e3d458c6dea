/* SPDX-License-Identifier: BSD-2-Clause */
#include "reads.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "proto/resp.h"

enum { WORDS_MAX = 8, ARENA_BYTES = 4096 };

size_t names_add(struct names *names, struct tuan_str name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strlen(names->items[i]) == name.len && memcmp(names->items[i], name.ptr, name.len) == 0)
            return i;
    if (names->count == names->room) {
        names->room = names->room == 0 ? 32 : names->room * 2;
        names->items = mem_realloc(names->items, names->room * sizeof *names->items);
    }
    names->items[names->count] = strndup(name.ptr, name.len);
    return names->count++;
}

void names_clear(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        mem_free(names->items[i]);
    mem_free(names->items);
    *names = (struct names){.items = NULL};
}

struct printing {
    struct world *world;
    struct engine *engine;
    struct tuan_out out;
};

static void print_answer(struct printing *printing, const struct tuan_command *command)
{
    struct engine_answer answer;
    struct pairs pairs = {.items = NULL};

    engine_apply(printing->engine, command, printing->world->now_ms, &answer);
    assert(engine_fact_count(printing->engine) == 0); /* reads never change anything */
    const struct tuan_reply *reply = &answer.reply;
    const char *err = tuan_errors[reply->err].name;
    if (reply->err != TUAN_OK)
        tuan_out_bytes(&printing->out, err, strlen(err));
    else
        pairs_add_message(&pairs, "", reply->message, reply->body);
    char *text = pairs_print(&pairs);
    tuan_out_bytes(&printing->out, text, strlen(text));
    tuan_out_text(&printing->out, "\n");
    mem_free(text);
    pairs_clear(&pairs);
}

/* A read, its words in a row, NULL behind them. */
static void print_read(struct printing *printing, const char *const *words)
{
    struct tuan_str argv[WORDS_MAX];
    struct tuan_arena arena = {.base = mem_alloc(ARENA_BYTES), .cap = ARENA_BYTES};
    struct tuan_command command;
    struct tuan_fault fault;
    size_t count = 0;

    for (; words[count] != NULL; count++) {
        argv[count] = (struct tuan_str){words[count], (uint32_t)strlen(words[count])};
        tuan_out_bytes(&printing->out, argv[count].ptr, argv[count].len);
        tuan_out_text(&printing->out, " ");
    }
    tuan_out_text(&printing->out, "-> ");
    enum tuan_err err = tuan_resp_command(argv, count, &command, &arena, &fault);
    assert(err == TUAN_OK);
    print_answer(printing, &command);
    mem_free(arena.base);
}
#define READ(...) print_read(printing, (const char *const[]){__VA_ARGS__, NULL})

static void print_campaign(struct printing *printing, const char *campaign)
{
    const struct world *world = printing->world;

    READ("CAMPAIGN.GET", campaign);
    READ("REFUND.LIST", "campaign", campaign);
    READ("ROOM.LIST", campaign, "limit", "50");
    READ("ROOM.LIST", campaign, "sort", "newest", "limit", "50");
    for (size_t i = 0; i < world->orders.count; i++)
        READ("SEAT.GET", campaign, world->orders.items[i]);
    for (size_t i = 0; i < world->users.count; i++) {
        READ("USER.SEATS", campaign, world->users.items[i]);
        READ("ROOM.LIST", campaign, "user", world->users.items[i], "limit", "50");
    }
}

static void print_room(struct printing *printing, const char *room)
{
    READ("ROOM.GET", room);
    READ("ROOM.SEATS", room, "limit", "500");
    READ("ROOM.HISTORY", room, "limit", "500");
}

char *reads_print(struct world *world, struct engine *engine)
{
    struct printing all = {world, engine, {.grow = store_grow}};
    struct printing *printing = &all;

    READ("CAMPAIGN.LIST");
    READ("REFUND.LIST", "limit", "1000");
    for (size_t i = 0; i < world->rooms.count; i++)
        print_room(printing, world->rooms.items[i]);
    for (size_t i = 0; i < world->campaigns.count; i++)
        print_campaign(printing, world->campaigns.items[i]);
    tuan_out_bytes(&all.out, "", 1);
    return all.out.data;
}
