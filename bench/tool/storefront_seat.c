/* SPDX-License-Identifier: BSD-2-Clause */
/* storefront_seat.c - what an app server does between a shopper and tuand: names his orders, hands
 * his wishes on, and pays when its till is told so.
 *
 * An order's number is made of the visitor's name and of a number his page made up for this
 * attempt, so a page that repeats a request gets the same seat, and nobody gets at the order of
 * another. */
#include <stdio.h>

#include "bench/tool/clock.h"
#include "bench/tool/storefront_call.h"
#include "bench/tool/value.h"

enum { CALL_TIMEOUT_MS = 5000, LATE_BY_MS = 800, ATTEMPT_MAX = 32, PROFILE_SIZE = 128 };

/* ---- calls ---- */

static int status_of(const char *code)
{
    enum tuan_err err = tuan_error_find((struct tuan_str){code, (uint32_t)strlen(code)});

    return err == TUAN_ERR_COUNT ? 503 : tuan_errors[err].http;
}

/* False: there is no daemon to call now, and that has been answered. */
static bool begin(struct storefront_call *call, const char *method)
{
    struct tuan_client *client = call->front->shop->client;

    if (client == NULL) {
        storefront_refuse(call, 503, "AWAY", "the daemon is away; ask again");
        return false;
    }
    tuan_client_begin(client, method);
    return true;
}

static void add(struct storefront_call *call, const char *name, const char *text)
{
    tuan_client_str(call->front->shop->client, name, text);
}

/* NULL: refused, or not answered, and the visitor knows. */
static struct tuan_answer *finish(struct storefront_call *call)
{
    struct shop *shop = call->front->shop;
    struct tuan_answer *answer = NULL;

    if (tuan_client_end(shop->client, &shop->error) != 0)
        answer = tuan_client_receive(shop->client, CALL_TIMEOUT_MS, &shop->error);
    shop->calls++;
    if (answer == NULL) {
        shop->is_lost = true;
        storefront_refuse(call, 503, "AWAY", "the daemon is away; ask again");
        return NULL;
    }
    if (!tuan_answer_is_refused(answer)) return answer;
    shop->refused++;
    storefront_refuse(call, status_of(tuan_answer_code(answer)), tuan_answer_code(answer),
                      tuan_answer_text(answer));
    tuan_answer_free(answer);
    return NULL;
}

static void finish_and_reply(struct storefront_call *call)
{
    struct tuan_answer *answer = finish(call);

    if (answer != NULL) storefront_reply(call, 200, value_json(tuan_answer_result(answer)));
    tuan_answer_free(answer);
}

static bool is_sold_here(struct storefront_call *call)
{
    if (products_find(&call->front->shop->products, call->args[0]) != NULL) return true;
    storefront_refuse(call, 404, "CAMPAIGN_NOT_FOUND", "not sold in this shop");
    return false;
}

/* Is the order in the path one of the visitor's? */
static bool is_his(struct storefront_call *call)
{
    size_t len = strlen(call->user);

    if (!is_sold_here(call)) return false;
    if (strncmp(call->args[1], call->user, len) == 0 && call->args[1][len] == '-') return true;
    storefront_refuse(call, 404, "SEAT_NOT_FOUND", "no such order of yours");
    return false;
}

static struct tuan_answer *get_seat(struct storefront_call *call)
{
    if (!begin(call, "seat.get")) return NULL;
    add(call, "campaign", call->args[0]);
    add(call, "order", call->args[1]);
    return finish(call);
}

/* ---- reading ---- */

void storefront_seats_get(struct storefront_call *call)
{
    if (!is_sold_here(call) || !begin(call, "user.seats")) return;
    add(call, "campaign", call->args[0]);
    add(call, "user", call->user);
    finish_and_reply(call);
}

void storefront_seat_get(struct storefront_call *call)
{
    if (!is_his(call)) return;
    struct tuan_answer *answer = get_seat(call);
    if (answer != NULL) storefront_reply(call, 200, value_json(tuan_answer_result(answer)));
    tuan_answer_free(answer);
}

/* The orders of a drawn room, by which anybody can draw again. */
static json_t *orders_of(const struct tuan_value *room)
{
    const struct tuan_value *seats = tuan_value_get(room, "seats");
    json_t *orders = json_array();

    for (size_t i = 0; i < tuan_value_count(seats); i++) {
        const struct tuan_value *seat = tuan_value_at(seats, i);
        json_array_append_new(orders,
                              json_pack("{s:o,s:o}", "n", value_json(tuan_value_get(seat, "n")),
                                        "order", value_json(tuan_value_get(seat, "order"))));
    }
    return orders;
}

/* What this shop tells about a room beside its public status: what was cut off so far, and after a
 * draw the orders that took part. */
void storefront_room_get(struct storefront_call *call)
{
    if (!begin(call, "room.get")) return;
    add(call, "room", call->args[0]);
    struct tuan_answer *answer = finish(call);
    if (answer == NULL) return;
    const struct tuan_value *room = tuan_answer_result(answer);
    json_t *told = json_object();
    if (tuan_value_get(room, "cut") != NULL)
        json_object_set_new(told, "cut", value_json(tuan_value_get(room, "cut")));
    if (tuan_value_get(room, "draw_seed") != NULL)
        json_object_set_new(told, "orders", orders_of(room));
    storefront_reply(call, 200, told);
    tuan_answer_free(answer);
}

/* ---- a seat ---- */

/* What others see of him. His own page knows him by the key. */
static void add_profile(struct storefront_call *call)
{
    char profile[PROFILE_SIZE], nick[STOREFRONT_NICK_SIZE];

    storefront_nick(call, nick);
    snprintf(profile, sizeof profile, "{\"nick\":\"%s\",\"key\":\"%s\"}", nick, call->user);
    add(call, "profile", profile);
}

/* NULL: the attempt's number is missing or no good. */
static const char *read_attempt(const struct storefront_call *call)
{
    const char *attempt = json_string_value(json_object_get(call->body, "attempt"));
    static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    size_t len = attempt == NULL ? 0 : strlen(attempt);

    return len > 0 && len <= ATTEMPT_MAX && strspn(attempt, allowed) == len ? attempt : NULL;
}

void storefront_seats_post(struct storefront_call *call)
{
    static const char *const ways[][2] = {
        {"open", "room.open"}, {"match", "room.match"}, {"join", "room.join"}};
    const char *how = json_string_value(json_object_get(call->body, "how")), *method = NULL;
    const char *room = json_string_value(json_object_get(call->body, "room"));
    const char *attempt = read_attempt(call);
    const json_t *tier = json_object_get(call->body, "tier");
    char order[STOREFRONT_USER_SIZE + ATTEMPT_MAX + 2];

    for (size_t i = 0; how != NULL && i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i][0], how) == 0) method = ways[i][1];
    if (method == NULL || attempt == NULL || (strcmp(how, "join") == 0 && room == NULL) ||
        (tier != NULL && !json_is_integer(tier))) {
        storefront_refuse(call, 400, "BAD_ARGUMENT",
                          "how: open, match or join (with room); attempt: 1 to 32 of 0-9 a-z; "
                          "tier: an integer");
        return;
    }
    if (!is_sold_here(call) || !begin(call, method)) return;
    snprintf(order, sizeof order, "%s-%s", call->user, attempt);
    if (strcmp(how, "join") == 0)
        add(call, "room", room);
    else
        add(call, "campaign", call->args[0]);
    add(call, "user", call->user);
    add(call, "order", order);
    add(call, "channel", "web");
    add_profile(call);
    if (tier != NULL && strcmp(how, "join") != 0)
        tuan_client_int(call->front->shop->client, "tier", json_integer_value(tier));
    finish_and_reply(call);
}

/* ---- the till ---- */

static int64_t int_of(const struct tuan_answer *answer, const char *name)
{
    int64_t value = 0;

    tuan_answer_int(answer, name, &value);
    return value;
}

/* The bank takes its time: the payment is reported when the hold has run out. What is under way is
 * bounded, since anybody may ask for it. */
static void pay_late(struct storefront_call *call, const struct tuan_answer *seat)
{
    struct shop *shop = call->front->shop;
    int64_t at_ms = int_of(seat, "hold_until") - shop->clock_offset_ms + LATE_BY_MS;

    if (int_of(seat, "hold_until") == 0) at_ms = clock_wall_ms();
    at_ms = shop_pay_at(shop, products_find(&shop->products, call->args[0]), call->args[1],
                        int_of(seat, "price"), at_ms);
    if (at_ms == 0) {
        storefront_refuse(call, tuan_errors[TUAN_ERR_TOO_MANY].http, "TOO_MANY",
                          "too many late payments are under way; pay now, or ask again");
        return;
    }
    json_t *told = value_json(tuan_answer_result(seat));
    json_object_set_new(told, "pays_at", json_integer(at_ms + shop->clock_offset_ms));
    storefront_reply(call, 202, told);
}

void storefront_pay(struct storefront_call *call)
{
    const char *how = json_string_value(json_object_get(call->body, "how"));
    char payment[STOREFRONT_ID_SIZE + 4];

    if (!is_his(call)) return;
    struct tuan_answer *seat = get_seat(call);
    if (seat == NULL) return;
    if (how != NULL && strcmp(how, "late") == 0) {
        pay_late(call, seat);
    } else if (begin(call, "seat.pay")) {
        snprintf(payment, sizeof payment, "pay-%.60s", call->args[1]);
        add(call, "campaign", call->args[0]);
        add(call, "order", call->args[1]);
        add(call, "payment", payment);
        tuan_client_int(call->front->shop->client, "amount", int_of(seat, "price"));
        finish_and_reply(call);
    }
    tuan_answer_free(seat);
}

/* Give the seat back: an unpaid one for nothing, a paid one where the sale allows it. */
void storefront_leave(struct storefront_call *call)
{
    char state[16] = "";

    if (!is_his(call)) return;
    struct tuan_answer *seat = get_seat(call);
    if (seat == NULL) return;
    (void)tuan_answer_copy(seat, "seat", state, sizeof state);
    if (begin(call, strcmp(state, "paid") == 0 ? "seat.leave" : "seat.cancel")) {
        add(call, "campaign", call->args[0]);
        add(call, "order", call->args[1]);
        finish_and_reply(call);
    }
    tuan_answer_free(seat);
}
