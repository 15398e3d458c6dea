/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/shoppers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "bench/load/numbering.h"
#include "bench/tool/replay_read.h"

struct happening {
    double at_s; /* since the first */
    uint32_t user, campaign;
    enum event_kind kind;
};

struct hold { /* what a user has in a campaign */
    uint32_t user, campaign;
    uint64_t order;
    bool is_paid;
};

struct shoppers {
    struct happening *items;
    size_t count, cap;
    uint32_t campaigns;
    /* of the run: */
    double ns_a_second;
    int64_t end_ns;
    size_t next;
    uint32_t buying;       /* matches under way whose payment follows */
    struct queue payments; /* due now */
    struct map holds;      /* struct hold, by user and campaign */
    uint32_t *newest_room; /* by campaign */
};

/* ---- reading ---- */

/* Those of one second are spread over it. */
static void spread_seconds(struct shoppers *shoppers)
{
    for (size_t first = 0, end; first < shoppers->count; first = end) {
        for (end = first + 1;
             end < shoppers->count && shoppers->items[end].at_s <= shoppers->items[first].at_s;)
            end++;
        for (size_t i = first + 1; i < end; i++)
            shoppers->items[i].at_s += (double)(i - first) / (double)(end - first);
    }
}

static void read_all(struct shoppers *shoppers, struct reader *reader)
{
    struct numbering users, categories;
    struct event event;
    int64_t first_s = 0;

    numbering_init(&users);
    numbering_init(&categories);
    while (reader_next(reader, &event)) {
        if (shoppers->count == 0) first_s = event.at_s;
        if (shoppers->count == shoppers->cap) {
            shoppers->cap = shoppers->cap == 0 ? 1024 : shoppers->cap * 2;
            shoppers->items = mem_realloc(shoppers->items, shoppers->cap * sizeof *shoppers->items);
        }
        shoppers->items[shoppers->count++] =
            (struct happening){.at_s = (double)(event.at_s - first_s),
                               .user = numbering_of(&users, event.user),
                               .campaign = numbering_of(&categories, event.category),
                               .kind = event.kind};
    }
    shoppers->campaigns = numbering_count(&categories);
    spread_seconds(shoppers);
    numbering_free(&users);
    numbering_free(&categories);
}

struct shoppers *shoppers_read(const char *path)
{
    struct reader reader = {.file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re")};

    if (reader.file == stdin && isatty(STDIN_FILENO) == 1) {
        fprintf(stderr, "tuan bench: recorded shoppers come from --trace FILE or standard input\n");
        return NULL;
    }
    if (reader.file == NULL) {
        fprintf(stderr, "tuan bench: %s: %s\n", path, strerror(errno));
        return NULL;
    }
    struct shoppers *shoppers = mem_zalloc(sizeof *shoppers);
    map_init(&shoppers->holds, 0);
    read_all(shoppers, &reader);
    shoppers->newest_room = mem_alloc((shoppers->campaigns + 1) * sizeof *shoppers->newest_room);
    if (reader.file != stdin) fclose(reader.file);
    if (reader.skipped > 0)
        fprintf(stderr, "tuan bench: %s: %lld rows left out: %s\n", path, (long long)reader.skipped,
                reader.first_skipped);
    if (shoppers->count > 0) return shoppers;
    fprintf(stderr, "tuan bench: %s holds no shopper\n", path);
    shoppers_free(shoppers);
    return NULL;
}

void shoppers_free(struct shoppers *shoppers)
{
    if (shoppers == NULL) return;
    map_free_entries(&shoppers->holds);
    queue_free(&shoppers->payments);
    mem_free(shoppers->newest_room);
    mem_free(shoppers->items);
    mem_free(shoppers);
}

uint32_t shoppers_campaigns(const struct shoppers *shoppers)
{
    return shoppers->campaigns;
}

/* ---- a run ---- */

void shoppers_start(struct shoppers *shoppers, double speed, int64_t end_ns)
{
    map_free_entries(&shoppers->holds);
    map_init(&shoppers->holds, 0);
    queue_free(&shoppers->payments);
    for (uint32_t i = 0; i < shoppers->campaigns; i++)
        shoppers->newest_room[i] = NO_ROOM;
    shoppers->ns_a_second = 1e9 / speed;
    shoppers->end_ns = end_ns;
    shoppers->next = 0;
    shoppers->buying = 0;
}

static int64_t due_ns(const struct shoppers *shoppers)
{
    if (shoppers->next == shoppers->count) return -1;
    int64_t at_ns = (int64_t)(shoppers->items[shoppers->next].at_s * shoppers->ns_a_second);
    return at_ns < shoppers->end_ns ? at_ns : -1;
}

int64_t shoppers_next_ns(const struct shoppers *shoppers)
{
    const struct queued *payment = queue_first(&shoppers->payments);
    int64_t event_ns = due_ns(shoppers);

    if (payment != NULL && (event_ns < 0 || payment->due_ns < event_ns)) return payment->due_ns;
    return event_ns < 0 && shoppers->buying > 0 ? INT64_MAX : event_ns;
}

static bool hold_equal(const void *entry, const void *key)
{
    const struct hold *a = entry, *b = key;

    return a->user == b->user && a->campaign == b->campaign;
}

static struct hold *find_hold(const struct shoppers *shoppers, uint64_t user, uint32_t campaign)
{
    const struct hold key = {.user = (uint32_t)user, .campaign = campaign};

    return map_find(&shoppers->holds, hash_mix(key.user, campaign), hold_equal, &key);
}

static void make_pay(const struct hold *hold, struct request *request)
{
    *request = (struct request){
        .op = OP_PAY, .campaign = hold->campaign, .room = NO_ROOM, .order = hold->order};
}

bool shoppers_take(struct shoppers *shoppers, struct traffic *traffic, struct request *request)
{
    const struct queued *payment = queue_first(&shoppers->payments);
    int64_t event_ns = due_ns(shoppers);

    if (payment != NULL && (event_ns < 0 || payment->due_ns < event_ns)) {
        *request = payment->request;
        queue_pop(&shoppers->payments);
        return true;
    }
    const struct happening *now = &shoppers->items[shoppers->next++];
    uint32_t room = shoppers->newest_room[now->campaign];
    struct hold *hold = find_hold(shoppers, now->user, now->campaign);
    switch (now->kind) {
    case EVENT_BUY:
        if (hold != NULL && !hold->is_paid) {
            hold->is_paid = true;
            make_pay(hold, request);
            return true;
        }
        shoppers->buying++;
        traffic_make(traffic, OP_MATCH, now->campaign, now->user, request);
        request->pays_at_once = true;
        return true;
    case EVENT_CART:
        traffic_make(traffic, OP_MATCH, now->campaign, now->user, request);
        return true;
    case EVENT_FAV:
        if (room != NO_ROOM) {
            traffic_make_get(traffic, room, request);
            return true;
        }
        break;
    case EVENT_PV:
    case EVENT_KINDS: break;
    }
    traffic_make(traffic, OP_LIST, now->campaign, now->user, request);
    return true;
}

/* The seat is his until it is paid, or another one is. */
static struct hold *note_hold(struct shoppers *shoppers, const struct request *request)
{
    struct hold *hold = find_hold(shoppers, request->user, request->campaign);

    if (hold == NULL) {
        hold = mem_zalloc(sizeof *hold);
        hold->user = (uint32_t)request->user;
        hold->campaign = request->campaign;
        map_insert(&shoppers->holds, hash_mix(hold->user, hold->campaign), hold);
    }
    hold->order = request->order;
    hold->is_paid = false;
    return hold;
}

void shoppers_answered(struct shoppers *shoppers, const struct request *request,
                       const struct noted *noted, int64_t at_ns)
{
    if (noted->room != NO_ROOM && noted->is_new_room)
        shoppers->newest_room[request->campaign] = noted->room;
    if (request->op != OP_MATCH || noted->is_unknown) return; /* unknown: it is asked again */
    shoppers->buying -= request->pays_at_once;
    if (!noted->is_held) return;
    struct hold *hold = note_hold(shoppers, request);
    if (!request->pays_at_once) return;
    struct request pay;
    hold->is_paid = true;
    make_pay(hold, &pay);
    queue_push(&shoppers->payments, &pay, at_ns);
}
