/* SPDX-License-Identifier: BSD-2-Clause */
/* rules_fault.c - what must hold between a campaign's parameters; the range of each is its row's.
 */
#include "engine/answer.h"
#include "engine/rules.h"
#include "engine/zone.h"

enum { SIZE_MIN = 2, SIZE_MAX_SEATS = 10000 };
#define PRICE_MAX INT64_C(1000000000000)

#define FAULT(...) return text_make(e, __VA_ARGS__)
#define NUMBER(n)  ((long long)(n))

static const struct tuan_str no_fault;

/* The sizes that rooms can have, from the least to the largest. */
static int64_t least_size(const struct tuan_rules *rules)
{
    return rules_size(rules, 1);
}

static int64_t largest_size(const struct tuan_rules *rules)
{
    return rules_size(rules, rules->tiers.count);
}

static struct tuan_str time_fault(struct engine *e, const struct tuan_rules *rules, bool is_new)
{
    if (rules->end_at > 0 && rules->end_at <= rules->start_at)
        FAULT("end_at: %lld is not after start_at %lld", NUMBER(rules->end_at),
              NUMBER(rules->start_at));
    if (is_new && rules->end_at > 0 && rules->end_at <= e->now_ms)
        FAULT("end_at: %lld is past, now is %lld", NUMBER(rules->end_at), NUMBER(e->now_ms));
    if (rules->room_ttl_ms == 0 && rules->end_at == 0 && rules->cutoff.len == 0)
        FAULT("room_ttl_ms: 0 means until end_at or cutoff, and there is neither");
    if (rules->room_ttl_ms > 0 && rules->hold_ms > rules->room_ttl_ms)
        FAULT("hold_ms: %lld is longer than room_ttl_ms %lld", NUMBER(rules->hold_ms),
              NUMBER(rules->room_ttl_ms));
    if (rules->cutoff.len > 0 && zone_minutes(rules->cutoff) < 0)
        FAULT("cutoff: %.*s is not a time of day, HH:MM", (int)rules->cutoff.len,
              rules->cutoff.ptr);
    if (rules->cutoff.len > 0 && rules->cutoff_zone.len == 0)
        FAULT("cutoff_zone: cutoff %.*s needs one", (int)rules->cutoff.len, rules->cutoff.ptr);
    return no_fault;
}

static struct tuan_str tier_fault(struct engine *e, const struct tuan_rules *rules)
{
    const struct tuan_tier *tiers = rules->tiers.items;

    for (uint32_t i = 0; i < rules->tiers.count; i++) {
        if (tiers[i].size < SIZE_MIN || tiers[i].size > SIZE_MAX_SEATS)
            FAULT("tiers: size %lld is not between %d and %d", NUMBER(tiers[i].size), SIZE_MIN,
                  SIZE_MAX_SEATS);
        if (tiers[i].price < 0 || tiers[i].price > PRICE_MAX)
            FAULT("tiers: price %lld is not between 0 and %lld", NUMBER(tiers[i].price),
                  NUMBER(PRICE_MAX));
        if (i > 0 && tiers[i].size <= tiers[i - 1].size)
            FAULT("tiers: sizes must rise, and %lld follows %lld", NUMBER(tiers[i].size),
                  NUMBER(tiers[i - 1].size));
        if (i > 0 && tiers[i].price >= tiers[i - 1].price)
            FAULT("tiers: prices must fall, and %lld follows %lld", NUMBER(tiers[i].price),
                  NUMBER(tiers[i - 1].price));
    }
    if (!rules_settle_tier(rules)) return no_fault;
    if (rules->size < tiers[rules->tiers.count - 1].size)
        FAULT("size: %lld is less than that of the top tier, %lld", NUMBER(rules->size),
              NUMBER(tiers[rules->tiers.count - 1].size));
    if (rules->min_success > 0)
        FAULT("min_success: %lld, but with tiers at_deadline the lowest tier decides, %lld",
              NUMBER(rules->min_success), NUMBER(tiers[0].size));
    return no_fault;
}

static struct tuan_str limit_fault(struct engine *e, const struct tuan_rules *rules)
{
    if (rules->min_success > least_size(rules))
        FAULT("min_success: %lld is more than size %lld", NUMBER(rules->min_success),
              NUMBER(least_size(rules)));
    if (rules->reserve == TUAN_RESERVE_WHOLE_ROOM && rules->quota > 0 &&
        rules->quota < largest_size(rules))
        FAULT("quota: %lld does not hold one whole room of %lld", NUMBER(rules->quota),
              NUMBER(largest_size(rules)));
    if (rules->qty_per_user > 0 && rules->qty_per_order > rules->qty_per_user)
        FAULT("qty_per_order: %lld is more than qty_per_user %lld", NUMBER(rules->qty_per_order),
              NUMBER(rules->qty_per_user));
    for (uint32_t i = 0; i < rules->match_tags.count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (tuan_str_equal(rules->match_tags.items[i], rules->match_tags.items[k]))
                FAULT("match_tags: %.*s is there twice", (int)rules->match_tags.items[i].len,
                      rules->match_tags.items[i].ptr);
    if (rules->draw_winners > least_size(rules))
        FAULT("draw.winners: %lld is more than size %lld", NUMBER(rules->draw_winners),
              NUMBER(least_size(rules)));
    return no_fault;
}

static struct tuan_str virtual_fault(struct engine *e, const struct tuan_rules *rules)
{
    bool is_percentage = rules->virtual_mode == TUAN_VIRTUAL_THRESHOLD_PCT ||
                         rules->virtual_mode == TUAN_VIRTUAL_MAX_PCT;
    bool needs_value = is_percentage || rules->virtual_mode == TUAN_VIRTUAL_MAX_COUNT;

    if (needs_value && rules->virtual_value == 0)
        FAULT("virtual.value: virtual.mode needs one above 0");
    if (is_percentage && rules->virtual_value > 100)
        FAULT("virtual.value: %lld is more than 100 percent", NUMBER(rules->virtual_value));
    if (rules->virtual_mode != TUAN_VIRTUAL_OFF && rules->joiner == TUAN_JOINER_NEW_USER)
        FAULT("virtual.mode: nobody virtual is new, and joiner is new_user");
    return no_fault;
}

static struct tuan_str cut_fault(struct engine *e, const struct tuan_rules *rules)
{
    int64_t helpers = rules->size - 1;

    if ((rules->cut_total | rules->cut_min | rules->cut_max) == 0) return no_fault;
    if (rules->payment != TUAN_PAYMENT_NONE)
        FAULT("cut.total: helpers do not pay: payment must be none");
    if (rules->tiers.count > 0) FAULT("cut.total: not together with tiers");
    if (rules->count_by == TUAN_COUNT_PIECES)
        FAULT("cut.total: helpers are people: count_by cannot be pieces");
    if (rules->virtual_mode != TUAN_VIRTUAL_OFF)
        FAULT("cut.total: nobody virtual cuts: virtual.mode must be off");
    if (rules->merge != TUAN_MERGE_OFF)
        FAULT("cut.total: a cut belongs to its room: merge must be off");
    if (rules->leader_leave == TUAN_LEADER_SUCCEED)
        FAULT("cut.total: who opens does not cut: leader_leave cannot be succeed");
    if (rules->cut_min > rules->cut_max)
        FAULT("cut.min: %lld is more than cut.max %lld", NUMBER(rules->cut_min),
              NUMBER(rules->cut_max));
    if (rules->cut_total < helpers * rules->cut_min)
        FAULT("cut.total: %lld is less than %lld helpers cut at least", NUMBER(rules->cut_total),
              NUMBER(helpers));
    if (rules->cut_total > helpers * rules->cut_max)
        FAULT("cut.total: %lld is more than %lld helpers cut at most", NUMBER(rules->cut_total),
              NUMBER(helpers));
    return no_fault;
}

struct tuan_str rules_fault(struct engine *e, const struct tuan_rules *rules, bool is_new)
{
    struct tuan_str fault = time_fault(e, rules, is_new);

    if (fault.len == 0) fault = tier_fault(e, rules);
    if (fault.len == 0) fault = limit_fault(e, rules);
    if (fault.len == 0) fault = virtual_fault(e, rules);
    if (fault.len == 0) fault = cut_fault(e, rules);
    return fault;
}
