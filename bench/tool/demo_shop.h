/* SPDX-License-Identifier: BSD-2-Clause */
/* demo_shop.h - a shop with simulated shoppers, and what is seen of it: rooms, counters, news.
 *
 * All calls wait for their answer; a demo sends some dozens a second. Times are ms since 1970. */
#ifndef TUAN_TOOL_DEMO_SHOP_H
#define TUAN_TOOL_DEMO_SHOP_H

#include "base/pool.h"
#include "base/rng.h"
#include "base/wheel.h"
#include "bench/tool/product.h"
#include "client/tuan.h"
#include "proto/schema.h"

#define SHOP_ROOMS 100 /* followed at a time: as many as ROOM.MGET takes */
#define SHOP_NEWS  8
#define SHOP_LATE  1000 /* late payments under way at a time */

struct shop_room {
    char id[TUAN_RID_CHARS + 1]; /* "": the slot is free */
    int product;                 /* index in products.rows */
    enum tuan_room_state state;
    enum tuan_room_reason reason;
    int64_t size, paid, held, missing, opened_at, deadline, ended_at;
    int64_t seats; /* shown in its status */
    int64_t forget_at;
};

struct shop_counters {
    int64_t rooms_open, rooms_opened, rooms_formed, rooms_failed;
    int64_t seats_held, seats_paid, seats_released, refunds_due, refunds_acked;
};

struct shop {
    struct products products;
    double pace;                    /* of simulated shoppers; 1: the usual, 0: none come */
    struct tuan_client *client;     /* borrowed; NULL: the daemon is away */
    struct tuan_client_error error; /* why a step failed */
    bool is_lost;                   /* a call was not answered: connect anew */
    struct rng rng;
    struct pool pool;
    struct wheel wheel; /* what shoppers will do */
    struct list late;   /* those of them whose payment is late */
    int late_count;
    struct shop_room rooms[SHOP_ROOMS];
    struct shop_room news[SHOP_NEWS]; /* rooms that ended, newest first */
    int64_t news_count;               /* since start */
    struct shop_counters counters[PRODUCTS_MAX];
    int64_t refunds_open;
    int64_t calls, refused;
    int64_t shopper_count;
    int64_t clock_offset_ms; /* the daemon's clock minus ours */
};

void shop_init(struct shop *shop, double pace, int64_t now_ms);
void shop_free(struct shop *shop); /* the client stays open */

/* Each false: the connection is lost, or the daemon refuses what it must not; shop->error says
 * which. */
/* Use this connection from now on, and put what is sold on sale. */
bool shop_attach(struct shop *shop, struct tuan_client *client);
/* Let shoppers come and go: call each tick_ms. */
bool shop_step(struct shop *shop, int64_t now_ms, int64_t tick_ms);
/* Look at rooms, counters and refunds; meanwhile the payment system acknowledges some. */
bool shop_refresh(struct shop *shop, int64_t now_ms);
/* Find rooms that others opened of these products. */
bool shop_discover(struct shop *shop);

/* At at_ms the till reports a payment for that order, again until the daemon has taken it, or
 * refuses it for good. An order
 * has one such payment under way: asked again, the first one stays. Returns when it is reported;
 * 0: SHOP_LATE are under way, and this one is not taken. */
int64_t shop_pay_at(struct shop *shop, const struct product *product, const char *order,
                    int64_t amount, int64_t at_ms);

#endif
