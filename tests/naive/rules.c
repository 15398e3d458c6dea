/* SPDX-License-Identifier: BSD-2-Clause */
/* rules.c - what follows from other parameters, and what is refused at CAMPAIGN.PUT. */
#include <ctype.h>

#include "impl.h"

#define IS_GIVEN(rules, member) (((rules)->given >> TUAN_PARAM_##member) & 1)

void n_rules_complete(struct tuan_rules *rules)
{
    if (!IS_GIVEN(rules, hold_ms) && rules->room_ttl_ms > 0 && rules->hold_ms > rules->room_ttl_ms)
        rules->hold_ms = rules->room_ttl_ms;
    if (!IS_GIVEN(rules, size) && rules->tiers.count > 0)
        rules->size =
            rules->tiers.items[rules->tier_mode == TUAN_TIER_AT_OPEN ? 0 : rules->tiers.count - 1]
                .size;
}

static bool has_tiers(const struct tuan_rules *rules, int64_t mode)
{
    return rules->tiers.count > 0 && rules->tier_mode == mode;
}

static int64_t least_size(const struct tuan_rules *rules)
{
    return has_tiers(rules, TUAN_TIER_AT_OPEN) ? rules->tiers.items[0].size : rules->size;
}

static int64_t largest_size(const struct tuan_rules *rules)
{
    return has_tiers(rules, TUAN_TIER_AT_OPEN) ? rules->tiers.items[rules->tiers.count - 1].size
                                               : rules->size;
}

static bool tiers_are_bad(const struct tuan_rules *rules)
{
    for (uint32_t i = 0; i < rules->tiers.count; i++) {
        const struct tuan_tier *tier = &rules->tiers.items[i];
        if (tier->size < 2 || tier->size > 10000) return true;
        if (i > 0 && (tier->size <= tier[-1].size || tier->price >= tier[-1].price)) return true;
    }
    if (!has_tiers(rules, TUAN_TIER_AT_DEADLINE)) return false;
    return rules->size < rules->tiers.items[rules->tiers.count - 1].size || rules->min_success > 0;
}

static bool cutoff_is_bad(const struct tuan_rules *rules)
{
    const char *text = rules->cutoff.ptr;

    if (rules->cutoff_zone.len > 0 && !n_zone_is_known(rules->cutoff_zone)) return true;
    if (rules->cutoff.len == 0) return false;
    if (rules->cutoff.len != 5 || text[2] != ':' || rules->cutoff_zone.len == 0) return true;
    for (int i = 0; i < 5; i++)
        if (i != 2 && !isdigit((unsigned char)text[i])) return true;
    return (text[0] - '0') * 10 + text[1] - '0' > 23 || text[3] > '5';
}

static bool matching_is_bad(const struct tuan_rules *rules)
{
    for (uint32_t i = 0; i < rules->match_tags.count; i++)
        for (uint32_t other = 0; other < i; other++)
            if (n_same(rules->match_tags.items[i], rules->match_tags.items[other])) return true;
    return false;
}

static bool virtual_is_bad(const struct tuan_rules *rules)
{
    int64_t mode = rules->virtual_mode;

    if (mode == TUAN_VIRTUAL_OFF) return false;
    if (rules->joiner == TUAN_JOINER_NEW_USER) return true;
    if (mode == TUAN_VIRTUAL_ALL) return false;
    if (rules->virtual_value == 0) return true;
    return mode != TUAN_VIRTUAL_MAX_COUNT && rules->virtual_value > 100;
}

static bool cut_is_bad(const struct tuan_rules *rules)
{
    int64_t helpers = rules->size - 1;

    if (rules->cut_total == 0 && rules->cut_min == 0 && rules->cut_max == 0) return false;
    if (rules->payment != TUAN_PAYMENT_NONE || rules->cut_min > rules->cut_max) return true;
    if (rules->tiers.count > 0 || rules->count_by == TUAN_COUNT_PIECES) return true;
    if (rules->virtual_mode != TUAN_VIRTUAL_OFF || rules->merge != TUAN_MERGE_OFF) return true;
    if (rules->leader_leave == TUAN_LEADER_SUCCEED) return true;
    return rules->cut_total < helpers * rules->cut_min ||
           rules->cut_total > helpers * rules->cut_max;
}

bool n_rules_are_bad(const struct tuan_rules *rules, bool is_new, int64_t now)
{
    if (rules->end_at != 0 && rules->end_at <= rules->start_at) return true;
    if (is_new && rules->end_at != 0 && rules->end_at <= now) return true;
    if (rules->room_ttl_ms == 0 && rules->end_at == 0 && rules->cutoff.len == 0) return true;
    if (rules->min_success > least_size(rules)) return true;
    if (rules->room_ttl_ms > 0 && rules->hold_ms > rules->room_ttl_ms) return true;
    if (rules->reserve == TUAN_RESERVE_WHOLE_ROOM && rules->quota > 0 &&
        rules->quota < largest_size(rules))
        return true;
    if (rules->qty_per_user > 0 && rules->qty_per_order > rules->qty_per_user) return true;
    if (rules->draw_winners > least_size(rules)) return true;
    return tiers_are_bad(rules) || cutoff_is_bad(rules) || matching_is_bad(rules) ||
           virtual_is_bad(rules) || cut_is_bad(rules);
}
