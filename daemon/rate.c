/* SPDX-License-Identifier: BSD-2-Clause */
/* rate.c - a bucket is one number: the moment at which it is full again. A request moves that
 * moment on by the time one request takes, and is refused if it would lie more than a second ahead.
 */
#include "daemon/rate.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"

#define SECOND_NS INT64_C(1000000000)

struct rate {
    char name[RATE_NAME_MAX];
    uint64_t hash;
    size_t holders;
    int64_t full_ns;
    struct list idle; /* in rates->idle while nobody holds it */
};

struct rates {
    struct map map;
    struct list idle; /* oldest first */
    size_t idle_count;
    uint64_t seed;
};

static bool is_named(const void *entry, const void *name)
{
    return strcmp(((const struct rate *)entry)->name, name) == 0;
}

struct rates *rates_create(uint64_t hash_seed)
{
    struct rates *rates = mem_zalloc(sizeof *rates);

    map_init(&rates->map, 0);
    list_init(&rates->idle);
    rates->seed = hash_seed;
    return rates;
}

static void forget(struct rates *rates, struct rate *rate)
{
    assert(rate->holders == 0);
    list_remove(&rate->idle);
    rates->idle_count--;
    map_remove(&rates->map, rate->hash, rate);
    mem_free(rate);
}

static struct rate *oldest_idle(const struct rates *rates)
{
    struct list *link = list_first(&rates->idle);

    return link == NULL ? NULL : container_of(link, struct rate, idle);
}

/* Those that are full again are worth nothing. */
static void forget_idle(struct rates *rates, int64_t now_us)
{
    struct rate *oldest;

    while ((oldest = oldest_idle(rates)) != NULL &&
           (rates->idle_count > RATE_IDLE_MAX || oldest->full_ns <= now_us * 1000))
        forget(rates, oldest);
}

void rates_destroy(struct rates *rates)
{
    struct rate *oldest;

    if (rates == NULL) return;
    while ((oldest = oldest_idle(rates)) != NULL)
        forget(rates, oldest);
    assert(map_count(&rates->map) == 0);
    map_free(&rates->map);
    mem_free(rates);
}

struct rate *rates_hold(struct rates *rates, const char *name, int64_t now_us)
{
    char key[RATE_NAME_MAX];
    int len = snprintf(key, sizeof key, "%s", name);
    uint64_t hash =
        hash_bytes(key, (size_t)len < sizeof key ? (size_t)len : sizeof key - 1, rates->seed);

    forget_idle(rates, now_us);
    struct rate *rate = map_find(&rates->map, hash, is_named, key);
    if (rate == NULL) {
        rate = mem_zalloc(sizeof *rate);
        memcpy(rate->name, key, sizeof key);
        rate->hash = hash;
        rate->full_ns = now_us * 1000;
        list_init(&rate->idle);
        map_insert(&rates->map, hash, rate);
    } else if (rate->holders == 0) {
        list_remove(&rate->idle);
        rates->idle_count--;
    }
    rate->holders++;
    return rate;
}

void rates_give_back(struct rates *rates, struct rate *rate, int64_t now_us)
{
    assert(rate->holders > 0);
    if (--rate->holders > 0) return;
    list_push_tail(&rates->idle, &rate->idle);
    rates->idle_count++;
    forget_idle(rates, now_us);
}

size_t rates_count(const struct rates *rates)
{
    return map_count(&rates->map);
}

int64_t rate_take(struct rate *rate, int64_t per_second, int64_t now_us)
{
    assert(per_second > 0);
    int64_t each_ns = per_second < SECOND_NS ? SECOND_NS / per_second : 1;
    int64_t now_ns = now_us * 1000;
    int64_t from_ns = rate->full_ns > now_ns ? rate->full_ns : now_ns;
    int64_t ahead_ns = from_ns + each_ns - now_ns - SECOND_NS;

    if (ahead_ns > 0 && from_ns > now_ns) return (ahead_ns + 999999) / 1000000;
    rate->full_ns = from_ns + each_ns;
    return 0;
}
