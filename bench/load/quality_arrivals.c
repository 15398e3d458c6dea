/* SPDX-License-Identifier: BSD-2-Clause */
/* quality_arrivals.c - who arrives: recorded shoppers, or seeded ones. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench/load/numbering.h"
#include "bench/load/quality.h"
#include "bench/tool/replay_read.h"

#define T0_MS (INT64_C(1700000000) * 1000) /* generated arrivals begin: an ordinary moment */

static void add(struct arrivals *arrivals, size_t *room_for, struct arrival arrival)
{
    if (arrivals->count == *room_for) {
        *room_for = *room_for == 0 ? 1024 : *room_for * 2;
        arrivals->items = mem_realloc(arrivals->items, *room_for * sizeof *arrivals->items);
    }
    arrivals->items[arrivals->count++] = arrival;
}

void arrivals_free(struct arrivals *arrivals)
{
    mem_free(arrivals->items);
    arrivals->items = NULL;
}

/* ---- recorded ---- */

/* When this user was last counted in this campaign. */
struct visit {
    uint32_t user, campaign;
    int64_t at_ms;
};

static bool visit_equal(const void *entry, const void *key)
{
    const struct visit *a = entry, *b = key;

    return a->user == b->user && a->campaign == b->campaign;
}

/* Could he still be waiting since his last visit? If not, this is the last visit now. */
static bool is_again(struct map *visits, const struct arrival *arrival, int64_t life_ms)
{
    const struct visit key = {arrival->user, arrival->campaign, arrival->at_ms};
    uint64_t hash = hash_mix(key.user, key.campaign);
    struct visit *visit = map_find(visits, hash, visit_equal, &key);

    if (visit == NULL) {
        map_insert(visits, hash, mem_dup(&key, sizeof key));
        return false;
    }
    if (arrival->at_ms - visit->at_ms < life_ms) return true;
    visit->at_ms = arrival->at_ms;
    return false;
}

void arrivals_read(const struct arrivals_recorded *source, struct arrivals *out)
{
    struct reader reader = {.file = source->file};
    struct numbering users, campaigns;
    struct map visits;
    struct event event;
    struct rng rng;
    size_t room_for = 0;

    *out = (struct arrivals){0};
    rng_seed(&rng, source->seed);
    numbering_init(&users);
    numbering_init(&campaigns);
    map_init(&visits, 0);
    while (reader_next(&reader, &event)) {
        if (event.kind != EVENT_BUY && event.kind != EVENT_CART) continue;
        struct arrival arrival = {.at_ms = event.at_s * 1000,
                                  .campaign = numbering_of(&campaigns, event.category),
                                  .user = numbering_of(&users, event.user)};
        if (source->each) {
            arrival.user = (uint32_t)out->count;
        } else if (is_again(&visits, &arrival, source->life_ms)) {
            out->again++;
            continue;
        }
        arrival.draw = rng_u64(&rng);
        add(out, &room_for, arrival);
    }
    out->campaigns = numbering_count(&campaigns);
    out->users = source->each ? (uint32_t)out->count : numbering_count(&users);
    out->skipped = reader.skipped;
    memcpy(out->note, reader.first_skipped, sizeof out->note);
    numbering_free(&users);
    numbering_free(&campaigns);
    map_free_entries(&visits);
}

/* ---- generated ---- */

/* In (0, 1]: its logarithm is finite. */
static double fraction(struct rng *rng)
{
    return ((double)(rng_u64(rng) >> 11) + 1) / (double)(UINT64_C(1) << 53);
}

static double exponential(struct rng *rng, double mean)
{
    return -log(fraction(rng)) * mean;
}

/* sums[n]: the weight of the campaigns up to n, of 1 in all. */
static double *zipf_sums(int64_t campaigns, double exponent)
{
    double *sums = mem_alloc((size_t)campaigns * sizeof *sums), sum = 0;

    for (int64_t n = 0; n < campaigns; n++)
        sums[n] = sum += pow((double)n + 1, -exponent);
    for (int64_t n = 0; n < campaigns; n++)
        sums[n] /= sum;
    return sums;
}

/* The first whose sum is not below the draw. */
static uint32_t zipf_pick(const double *sums, int64_t campaigns, double draw)
{
    int64_t low = 0, high = campaigns - 1;

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sums[middle] < draw)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static int by_time(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;

    if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
    return x->user < y->user ? -1 : x->user > y->user;
}

void arrivals_generate(const struct arrivals_generated *source, struct arrivals *out)
{
    double *sums = zipf_sums(source->campaigns, source->zipf), at_ms = 0;
    double *live_ms = mem_alloc((size_t)source->campaigns * sizeof *live_ms);
    double gap_ms = (double)source->span_ms / (double)source->shoppers;
    struct rng rng;
    size_t room_for = 0;

    *out = (struct arrivals){.campaigns = (uint32_t)source->campaigns,
                             .users = (uint32_t)source->shoppers};
    rng_seed(&rng, source->seed);
    for (int64_t n = 0; n < source->campaigns; n++)
        live_ms[n] = fraction(&rng) * (double)source->span_ms;
    for (int64_t user = 0; user < source->shoppers; user++) {
        struct arrival arrival = {.user = (uint32_t)user, .draw = rng_u64(&rng)};
        arrival.campaign = zipf_pick(sums, source->campaigns, fraction(&rng));
        at_ms = source->kind == ARRIVALS_POISSON
                    ? at_ms + exponential(&rng, gap_ms)
                    : live_ms[arrival.campaign] + exponential(&rng, (double)source->burst_ms);
        arrival.at_ms = T0_MS + (int64_t)at_ms;
        add(out, &room_for, arrival);
    }
    qsort(out->items, out->count, sizeof *out->items, by_time);
    mem_free(live_ms);
    mem_free(sums);
}
