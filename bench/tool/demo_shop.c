/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/demo_shop.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/tool/tool.h"
#include "bench/tool/value.h"

#define SHOW_ENDED_MS   2500
#define PAY_AGAIN_MS    500
#define CALL_TIMEOUT_MS 5000
#define PAY_LEAST_MS    800
#define PAY_MOST_MS     6000

static const char *const nicknames[] = {"小*", "王*明", "李*", "阿*", "陳*華", "T*m", "林*", "老*"};

/* What a shopper who holds a seat will do. */
enum intent { INTENT_PAY, INTENT_CANCEL };

struct shopper {
    struct wheel_node due;
    struct list of_late;
    const char *campaign;
    enum intent intent;
    int64_t amount;
    char order[64];
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

static bool put_campaign(struct shop *shop, const struct product *product)
{
    struct tuan_answer *answer = NULL;
    const char *key;
    json_t *value;

    tuan_client_begin(shop->client, "campaign.put");
    tuan_client_str(shop->client, "campaign", product->id);
    json_object_foreach((json_t *)(uintptr_t)product->campaign, key, value)
    {
        value_send(shop->client, key, value);
    }
    if (tuan_client_end(shop->client, &shop->error) != 0)
        answer = tuan_client_receive(shop->client, CALL_TIMEOUT_MS, &shop->error);
    bool is_good = answer != NULL && !tuan_answer_is_refused(answer);
    if (answer != NULL && !is_good) shop->error = tool_refused(answer);
    tuan_answer_free(answer);
    return is_good;
}

void shop_init(struct shop *shop, double pace, int64_t now_ms)
{
    *shop = (struct shop){.pace = pace};
    rng_seed(&shop->rng, (uint64_t)now_ms);
    pool_init(&shop->pool);
    wheel_init(&shop->wheel, now_ms);
    list_init(&shop->late);
    products_open(&shop->products);
}

void shop_free(struct shop *shop)
{
    pool_destroy(&shop->pool);
    products_close(&shop->products);
}

bool shop_attach(struct shop *shop, struct tuan_client *client)
{
    shop->client = client;
    shop->is_lost = false;
    for (int i = 0; i < shop->products.count; i++)
        if (!put_campaign(shop, &shop->products.rows[i])) return false;
    return true;
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
static void follow_room(struct shop *shop, const struct tuan_value *told, int product)
{
    char id[TUAN_RID_CHARS + 1];

    if (!tuan_value_copy(tuan_value_get(told, "room"), id, sizeof id) ||
        find_room(shop, id) != NULL)
        return;
    struct shop_room *room = find_room(shop, "");
    if (room == NULL) return;
    *room = (struct shop_room){.product = product, .state = TUAN_ROOM_PENDING};
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
        answer = tuan_client_receive(shop->client, CALL_TIMEOUT_MS, &shop->error);
    if (answer == NULL) return false;
    for (size_t i = 0; i < count && !tuan_answer_is_refused(answer); i++)
        note_room(shop, asked[i], tuan_value_at(tuan_answer_result(answer), i), now_ms);
    tuan_answer_free(answer);
    return true;
}

bool shop_discover(struct shop *shop)
{
    for (int i = 0; i < shop->products.count; i++) {
        struct tuan_answer *answer = tuan_client_call(shop->client, &shop->error,
                                                      "room.list campaign=%s sort=newest limit=20",
                                                      shop->products.rows[i].id);
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
    for (int i = 0; i < shop->products.count; i++) {
        struct shop_counters *counters = &shop->counters[i];
        struct tuan_answer *answer = tuan_client_call(
            shop->client, &shop->error, "campaign.get campaign=%s", shop->products.rows[i].id);
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

static struct shopper *add_shopper(struct shop *shop, const struct product *product,
                                   const char *order, enum intent intent, int64_t amount,
                                   int64_t at_ms)
{
    struct shopper *shopper = pool_alloc(&shop->pool, sizeof *shopper);

    *shopper = (struct shopper){.campaign = product->id, .intent = intent, .amount = amount};
    list_init(&shopper->of_late);
    snprintf(shopper->order, sizeof shopper->order, "%s", order);
    wheel_add(&shop->wheel, &shopper->due, at_ms);
    return shopper;
}

static void free_shopper(struct shop *shop, struct shopper *shopper)
{
    shop->late_count -= list_is_linked(&shopper->of_late);
    list_remove(&shopper->of_late);
    pool_free(&shop->pool, shopper, sizeof *shopper);
}

static struct shopper *find_late(struct shop *shop, const char *campaign, const char *order)
{
    list_for_each (link, &shop->late) {
        struct shopper *shopper = container_of(link, struct shopper, of_late);
        if (strcmp(shopper->campaign, campaign) == 0 && strcmp(shopper->order, order) == 0)
            return shopper;
    }
    return NULL;
}

int64_t shop_pay_at(struct shop *shop, const struct product *product, const char *order,
                    int64_t amount, int64_t at_ms)
{
    struct shopper *shopper = find_late(shop, product->id, order);

    if (shopper != NULL) return shopper->due.due_ms;
    if (shop->late_count >= SHOP_LATE) return 0;
    shopper = add_shopper(shop, product, order, INTENT_PAY, amount, at_ms);
    list_push_tail(&shop->late, &shopper->of_late);
    shop->late_count++;
    return at_ms;
}

/* He holds a seat: nine of ten pay within seconds, some give it back, the rest forget. */
static void plan(struct shop *shop, const struct product *product, const char *order,
                 int64_t amount, int64_t now_ms)
{
    bool pays = rng_chance(&shop->rng, 0.9), cancels = rng_chance(&shop->rng, 0.4);

    if (product->is_free || (!pays && !cancels)) return;
    add_shopper(shop, product, order, pays ? INTENT_PAY : INTENT_CANCEL, amount,
                now_ms + between(shop, PAY_LEAST_MS, PAY_MOST_MS));
}

/* One of the rooms of that product that wait; NULL if there is none. */
static const struct shop_room *pick_room(struct shop *shop, int product)
{
    size_t start = rng_below(&shop->rng, SHOP_ROOMS);

    for (size_t i = 0; i < SHOP_ROOMS; i++) {
        const struct shop_room *room = &shop->rooms[(start + i) % SHOP_ROOMS];
        if (room->id[0] != '\0' && room->product == product && room->state == TUAN_ROOM_OPEN)
            return room;
    }
    return NULL;
}

/* Most are matched; some open a room of their own, some follow a friend's link. What others see of
 * them says that they are not real. */
static struct tuan_answer *take_seat(struct shop *shop, int index, const char *user,
                                     const char *order)
{
    const struct product *product = &shop->products.rows[index];
    const struct shop_room *room = rng_chance(&shop->rng, 0.15) ? pick_room(shop, index) : NULL;
    bool opens = rng_chance(&shop->rng, 0.07);
    char profile[80];

    snprintf(profile, sizeof profile, "{\"nick\":\"%s\",\"key\":\"%s\",\"simulated\":1}",
             nicknames[rng_below(&shop->rng, sizeof nicknames / sizeof nicknames[0])], user);
    if (room != NULL)
        return tuan_client_call(shop->client, &shop->error,
                                "room.join room=%s user=%s order=%s profile=%s", room->id, user,
                                order, profile);
    if (opens && product->tiers > 0)
        return tuan_client_call(shop->client, &shop->error,
                                "room.open campaign=%s user=%s order=%s profile=%s tier=%lld",
                                product->id, user, order, profile,
                                (long long)between(shop, 1, product->tiers));
    return tuan_client_call(shop->client, &shop->error,
                            opens ? "room.open campaign=%s user=%s order=%s profile=%s"
                                  : "room.match campaign=%s user=%s order=%s profile=%s",
                            product->id, user, order, profile);
}

static bool arrive(struct shop *shop, int index, int64_t now_ms)
{
    char user[24], order[24];

    shop->shopper_count++;
    snprintf(user, sizeof user, "u%06" PRId64, shop->shopper_count);
    snprintf(order, sizeof order, "d%06" PRId64, shop->shopper_count);
    struct tuan_answer *answer = take_seat(shop, index, user, order);
    if (!is_life(shop, answer)) return false;
    if (answer == NULL) return true;
    const struct tuan_value *seat = tuan_answer_result(answer);
    follow_room(shop, seat, index);
    plan(shop, &shop->products.rows[index], order, int_of(seat, "price"), now_ms);
    tuan_answer_free(answer);
    return true;
}

/* A refusal of the moment: the daemon loads, or its mirror is away. */
static bool may_go_later(const struct tuan_client_error *error)
{
    struct tuan_str code = {error->code, (uint32_t)strlen(error->code)};
    enum tuan_err err = tuan_error_find(code);

    return err < TUAN_ERR_COUNT && tuan_errors[err].retryable;
}

/* False: it must be done again. */
static bool act(struct shop *shop, const struct shopper *shopper)
{
    struct tuan_answer *answer =
        shopper->intent == INTENT_PAY
            ? tuan_client_call(shop->client, &shop->error,
                               "seat.pay campaign=%s order=%s amount=%lld payment=%s",
                               shopper->campaign, shopper->order, (long long)shopper->amount,
                               shopper->order)
            : tuan_client_call(shop->client, &shop->error, "seat.cancel campaign=%s order=%s",
                               shopper->campaign, shopper->order);

    tuan_answer_free(answer);
    return is_life(shop, answer) && (answer != NULL || !may_go_later(&shop->error));
}

bool shop_step(struct shop *shop, int64_t now_ms, int64_t tick_ms)
{
    struct wheel_node *due;
    bool is_good = true;

    for (int i = 0; is_good && i < shop->products.count; i++)
        if (rng_chance(&shop->rng, shop->pace * shop->products.rows[i].shoppers_a_second *
                                       (double)tick_ms / 1000.0))
            is_good = arrive(shop, i, now_ms);
    while (is_good && (due = wheel_pop_due(&shop->wheel, now_ms)) != NULL) {
        struct shopper *shopper = (struct shopper *)(void *)due; /* its first member */
        is_good = act(shop, shopper);
        if (is_good)
            free_shopper(shop, shopper);
        else
            wheel_add(&shop->wheel, &shopper->due, now_ms + PAY_AGAIN_MS); /* money is not lost */
    }
    return is_good;
}
