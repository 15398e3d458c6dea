/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/demo_shop.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOW_ENDED_MS 2500

const struct shop_campaign_row shop_campaigns[SHOP_CAMPAIGNS] = {
    {"tea-3", "明前龍井 3人拼團", 3, 0, 9900, 45000, 8000, false, 1.2},
    {"rice-5", "五常大米 5人團", 5, 0, 4990, 60000, 10000, false, 1.6},
    {"flash-10", "限時秒殺 10人團", 10, 0, 100, 7000, 3000, false, 1.2},
    {"pickup-20", "社區團購 8人成團", 20, 8, 2500, 15000, 6000, false, 0.9},
    {"help-4", "好友助力 免費領", 4, 0, 0, 20000, 5000, true, 0.5},
};

static const char *const nicknames[] = {"小*", "王*明", "李*", "阿*", "陳*華", "T*m", "林*", "老*"};

/* What a shopper who holds a seat will do. */
enum intent { INTENT_PAY, INTENT_CANCEL };

struct shopper {
    struct wheel_node due;
    int campaign;
    enum intent intent;
    char order[24];
};

/* ---- calls ---- */

/* Of a shopper's call: a refusal is part of life, a lost connection is not. */
static bool is_life(struct shop *shop, const struct tuan_answer *answer)
{
    shop->calls++;
    if (answer != NULL) return true;
    shop->refused++;
    return shop->error.failure == TUAN_CLIENT_REFUSED;
}

static int64_t int_of(const struct tuan_value *map, const char *name)
{
    int64_t value = 0;

    tuan_value_int(tuan_value_get(map, name), &value);
    return value;
}

static int64_t word_of(const struct tuan_value *map, const char *name,
                       const struct tuan_words *words)
{
    const char *text = "";
    size_t len = 0;

    tuan_value_text(tuan_value_get(map, name), &text, &len);
    return tuan_word_find(words, (struct tuan_str){text, (uint32_t)len});
}

static bool put_campaign(struct shop *shop, const struct shop_campaign_row *row)
{
    struct tuan_answer *answer =
        tuan_client_call(shop->client, &shop->error,
                         "campaign.put campaign=%s name=%s size=%lld min_success=%lld price=%lld "
                         "room_ttl_ms=%lld hold_ms=%lld"
                         " late_grace_ms=500 payment=%s",
                         row->id, row->title, (long long)row->size, (long long)row->min_success,
                         (long long)row->price, (long long)row->ttl_ms, (long long)row->hold_ms,
                         row->is_free ? "none" : "required");

    tuan_answer_free(answer);
    return answer != NULL;
}

bool shop_open(struct shop *shop, struct tuan_client *client, int64_t now_ms)
{
    *shop = (struct shop){.client = client};
    rng_seed(&shop->rng, (uint64_t)now_ms);
    pool_init(&shop->pool);
    wheel_init(&shop->wheel, now_ms);
    for (int i = 0; i < SHOP_CAMPAIGNS; i++)
        if (!put_campaign(shop, &shop_campaigns[i])) return false;
    return true;
}

void shop_close(struct shop *shop)
{
    pool_destroy(&shop->pool);
}

/* ---- rooms that are followed ---- */

static struct shop_room *find_room(struct shop *shop, const char *id)
{
    for (int i = 0; i < SHOP_ROOMS; i++)
        if (strcmp(shop->rooms[i].id, id) == 0) return &shop->rooms[i];
    return NULL;
}

/* Follow a room from now on, if there is a slot; the lowest one, so that rows on the screen keep
 * their places. */
static void follow_room(struct shop *shop, const struct tuan_value *told, int campaign)
{
    char id[TUAN_RID_CHARS + 1];

    if (!tuan_value_copy(tuan_value_get(told, "room"), id, sizeof id) ||
        find_room(shop, id) != NULL)
        return;
    struct shop_room *room = find_room(shop, "");
    if (room == NULL) return;
    *room = (struct shop_room){.campaign = campaign, .state = TUAN_ROOM_PENDING};
    memcpy(room->id, id, sizeof id);
}

static bool room_has_ended(const struct shop_room *room)
{
    return room->state == TUAN_ROOM_FORMED || room->state == TUAN_ROOM_FAILED;
}

static void note_room(struct shop *shop, struct shop_room *room, const struct tuan_value *told,
                      int64_t now_ms)
{
    if (tuan_value_get(told, "state") == NULL) { /* forgotten by the daemon */
        room->id[0] = '\0';
        return;
    }
    room->state = (enum tuan_room_state)word_of(told, "state", &tuan_room_state_words);
    room->reason = (enum tuan_room_reason)word_of(told, "reason", &tuan_room_reason_words);
    room->size = int_of(told, "size");
    room->paid = int_of(told, "paid");
    room->held = int_of(told, "held");
    room->missing = int_of(told, "missing");
    room->opened_at = int_of(told, "opened_at");
    room->deadline = int_of(told, "deadline");
    room->seats = int_of(told, "seats_total");
    room->ended_at = int_of(told, "formed_at") + int_of(told, "failed_at");
    shop->clock_offset_ms = int_of(told, "now") - now_ms;
    if (!room_has_ended(room)) return;
    room->forget_at = now_ms + SHOW_ENDED_MS;
    memmove(shop->news + 1, shop->news, (SHOP_NEWS - 1) * sizeof shop->news[0]);
    shop->news[0] = *room;
    shop->news_count++;
}

static bool refresh_rooms(struct shop *shop, int64_t now_ms)
{
    struct shop_room *asked[SHOP_ROOMS];
    size_t count = 0;

    for (int i = 0; i < SHOP_ROOMS; i++) {
        struct shop_room *room = &shop->rooms[i];
        if (room_has_ended(room) && now_ms >= room->forget_at) *room = (struct shop_room){.id = ""};
        if (room->id[0] != '\0' && !room_has_ended(room)) asked[count++] = room;
    }
    if (count == 0) return true;
    tuan_client_begin(shop->client, "room.mget");
    tuan_client_list(shop->client, "room", count);
    for (size_t i = 0; i < count; i++)
        tuan_client_str(shop->client, NULL, asked[i]->id);
    struct tuan_answer *answer = NULL;
    if (tuan_client_end(shop->client, &shop->error) != 0)
        answer = tuan_client_receive(shop->client, 5000, &shop->error);
    if (answer == NULL) return false;
    for (size_t i = 0; i < count && !tuan_answer_is_refused(answer); i++)
        note_room(shop, asked[i], tuan_value_at(tuan_answer_result(answer), i), now_ms);
    tuan_answer_free(answer);
    return true;
}

bool shop_discover(struct shop *shop)
{
    for (int i = 0; i < SHOP_CAMPAIGNS; i++) {
        struct tuan_answer *answer =
            tuan_client_call(shop->client, &shop->error,
                             "room.list campaign=%s sort=newest limit=20", shop_campaigns[i].id);
        if (!is_life(shop, answer)) return false;
        const struct tuan_value *rooms =
            answer == NULL ? NULL : tuan_value_get(tuan_answer_result(answer), "rooms");
        for (size_t at = 0; at < tuan_value_count(rooms); at++)
            follow_room(shop, tuan_value_at(rooms, at), i);
        tuan_answer_free(answer);
    }
    return true;
}

/* ---- counters and refunds ---- */

static bool refresh_counters(struct shop *shop)
{
    for (int i = 0; i < SHOP_CAMPAIGNS; i++) {
        struct shop_counters *counters = &shop->counters[i];
        struct tuan_answer *answer = tuan_client_call(
            shop->client, &shop->error, "campaign.get campaign=%s", shop_campaigns[i].id);
        if (answer == NULL) return false;
#define NOTE_COUNTER(name) counters->name = int_of(tuan_answer_result(answer), #name)
        NOTE_COUNTER(rooms_open);
        NOTE_COUNTER(rooms_opened);
        NOTE_COUNTER(rooms_formed);
        NOTE_COUNTER(rooms_failed);
        NOTE_COUNTER(seats_held);
        NOTE_COUNTER(seats_paid);
        NOTE_COUNTER(seats_released);
        NOTE_COUNTER(refunds_due);
        NOTE_COUNTER(refunds_acked);
#undef NOTE_COUNTER
        tuan_answer_free(answer);
    }
    return true;
}

/* The payment system works through the list, oldest first, a little slower than it grows at times.
 */
static bool refresh_refunds(struct shop *shop)
{
    struct tuan_answer *list = tuan_client_call(shop->client, &shop->error, "refund.list limit=2");
    bool is_good = list != NULL;
    char id[TUAN_RID_CHARS + 1];

    if (list == NULL) return false;
    const struct tuan_value *refunds = tuan_value_get(tuan_answer_result(list), "refunds");
    shop->refunds_open = int_of(tuan_answer_result(list), "open");
    for (size_t i = 0; is_good && i < tuan_value_count(refunds); i++) {
        if (!rng_chance(&shop->rng, 0.3) ||
            !tuan_value_copy(tuan_value_get(tuan_value_at(refunds, i), "refund"), id, sizeof id))
            continue;
        struct tuan_answer *answer =
            tuan_client_call(shop->client, &shop->error, "refund.ack refund=%s ref=demo", id);
        is_good = is_life(shop, answer);
        tuan_answer_free(answer);
    }
    tuan_answer_free(list);
    return is_good;
}

bool shop_refresh(struct shop *shop, int64_t now_ms)
{
    return refresh_rooms(shop, now_ms) && refresh_counters(shop) && refresh_refunds(shop);
}

/* ---- shoppers ---- */

static int64_t between(struct shop *shop, int64_t least, int64_t most)
{
    return least + (int64_t)rng_below(&shop->rng, (uint64_t)(most - least + 1));
}

/* He holds a seat: four of five pay, some give it back, the rest forget. */
static void plan(struct shop *shop, int campaign, const char *order, int64_t now_ms)
{
    bool pays = rng_chance(&shop->rng, 0.82), cancels = rng_chance(&shop->rng, 0.4);

    if (shop_campaigns[campaign].is_free || (!pays && !cancels)) return;
    struct shopper *shopper = pool_alloc(&shop->pool, sizeof *shopper);
    *shopper = (struct shopper){.campaign = campaign, .intent = pays ? INTENT_PAY : INTENT_CANCEL};
    snprintf(shopper->order, sizeof shopper->order, "%s", order);
    wheel_add(&shop->wheel, &shopper->due,
              now_ms + between(shop, 300, shop_campaigns[campaign].hold_ms * 2 / 3));
}

/* One of the rooms that wait in that campaign; NULL if there is none. */
static const struct shop_room *pick_room(struct shop *shop, int campaign)
{
    size_t start = rng_below(&shop->rng, SHOP_ROOMS);

    for (size_t i = 0; i < SHOP_ROOMS; i++) {
        const struct shop_room *room = &shop->rooms[(start + i) % SHOP_ROOMS];
        if (room->id[0] != '\0' && room->campaign == campaign && room->state == TUAN_ROOM_OPEN)
            return room;
    }
    return NULL;
}

/* Most are matched; some open a room of their own, some follow a friend's link. */
static struct tuan_answer *take_seat(struct shop *shop, int campaign, const char *user,
                                     const char *order)
{
    const char *profile = nicknames[rng_below(&shop->rng, sizeof nicknames / sizeof nicknames[0])];
    const struct shop_room *room = rng_chance(&shop->rng, 0.15) ? pick_room(shop, campaign) : NULL;

    if (room != NULL)
        return tuan_client_call(shop->client, &shop->error,
                                "room.join room=%s user=%s order=%s profile=%s", room->id, user,
                                order, profile);
    return tuan_client_call(shop->client, &shop->error,
                            rng_chance(&shop->rng, 0.07)
                                ? "room.open campaign=%s user=%s order=%s profile=%s"
                                : "room.match campaign=%s user=%s order=%s profile=%s",
                            shop_campaigns[campaign].id, user, order, profile);
}

static bool arrive(struct shop *shop, int campaign, int64_t now_ms)
{
    char user[24], order[24];

    shop->shopper_count++;
    snprintf(user, sizeof user, "u%06" PRId64, shop->shopper_count);
    snprintf(order, sizeof order, "d%06" PRId64, shop->shopper_count);
    struct tuan_answer *answer = take_seat(shop, campaign, user, order);
    if (!is_life(shop, answer)) return false;
    if (answer == NULL) return true;
    follow_room(shop, tuan_answer_result(answer), campaign);
    plan(shop, campaign, order, now_ms);
    tuan_answer_free(answer);
    return true;
}

static bool act(struct shop *shop, const struct shopper *shopper)
{
    const struct shop_campaign_row *row = &shop_campaigns[shopper->campaign];
    struct tuan_answer *answer =
        shopper->intent == INTENT_PAY
            ? tuan_client_call(shop->client, &shop->error,
                               "seat.pay campaign=%s order=%s amount=%lld payment=%s", row->id,
                               shopper->order, (long long)row->price, shopper->order)
            : tuan_client_call(shop->client, &shop->error, "seat.cancel campaign=%s order=%s",
                               row->id, shopper->order);

    tuan_answer_free(answer);
    return is_life(shop, answer);
}

bool shop_step(struct shop *shop, int64_t now_ms, int64_t tick_ms)
{
    struct wheel_node *due;
    bool is_good = true;

    for (int i = 0; is_good && i < SHOP_CAMPAIGNS; i++)
        if (rng_chance(&shop->rng, shop_campaigns[i].shoppers_a_second * (double)tick_ms / 1000.0))
            is_good = arrive(shop, i, now_ms);
    while (is_good && (due = wheel_pop_due(&shop->wheel, now_ms)) != NULL) {
        struct shopper *shopper = (struct shopper *)(void *)due; /* its first member */
        is_good = act(shop, shopper);
        pool_free(&shop->pool, shopper, sizeof *shopper);
    }
    return is_good;
}
