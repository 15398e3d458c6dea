/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/rules.h"

#include <assert.h>
#include <string.h>

enum { HOLD_DEFAULT_MS = 15 * 60 * 1000 };

static bool is_given(const struct tuan_rules *rules, size_t param)
{
    return (rules->given >> param) & 1;
}

static size_t size_of(enum tuan_type type)
{
    switch (type) {
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_WORD: return sizeof(int64_t);
    case TUAN_ID:
    case TUAN_TEXT: return sizeof(struct tuan_str);
    case TUAN_TAGS: return sizeof(struct tuan_tags);
    case TUAN_NAMES: return sizeof(struct tuan_names);
    case TUAN_TIERS: return sizeof(struct tuan_tiers);
    case TUAN_RID:
    case TUAN_RIDS:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: break;
    }
    assert(false && "no parameter has this type");
    return 0;
}

void rules_change(struct tuan_rules *rules, const struct tuan_rules *change)
{
    for (size_t i = 0; i < TUAN_PARAM_COUNT; i++) {
        const struct tuan_field *field = &tuan_param_fields[i];
        if (is_given(change, i))
            memcpy((char *)rules + field->offset, (const char *)change + field->offset,
                   size_of(field->type));
    }
    rules->given |= change->given;
}

void rules_complete(struct tuan_rules *rules)
{
    if (!is_given(rules, TUAN_PARAM_hold_ms)) {
        bool is_shorter = rules->room_ttl_ms > 0 && rules->room_ttl_ms < HOLD_DEFAULT_MS;
        rules->hold_ms = is_shorter ? rules->room_ttl_ms : HOLD_DEFAULT_MS;
    }
    if (is_given(rules, TUAN_PARAM_size)) return;
    rules->size = tuan_rules_default.size;
    if (rules->tiers.count > 0)
        rules->size = rules_settle_tier(rules) ? rules->tiers.items[rules->tiers.count - 1].size
                                               : rules->tiers.items[0].size;
}

bool rules_settle_tier(const struct tuan_rules *rules)
{
    return rules->tiers.count > 0 && rules->tier_mode == TUAN_TIER_AT_DEADLINE;
}

bool rules_pick_tier(const struct tuan_rules *rules)
{
    return rules->tiers.count > 0 && rules->tier_mode == TUAN_TIER_AT_OPEN;
}

int64_t rules_size(const struct tuan_rules *rules, int64_t tier)
{
    return tier > 0 && rules_pick_tier(rules) ? rules->tiers.items[tier - 1].size : rules->size;
}

int64_t rules_price(const struct tuan_rules *rules, int64_t tier)
{
    if (rules->tiers.count == 0) return rules->price;
    return rules->tiers.items[tier > 0 && rules_pick_tier(rules) ? tier - 1 : 0].price;
}

int64_t rules_least_success(const struct tuan_rules *rules)
{
    return rules_settle_tier(rules) ? rules->tiers.items[0].size : rules->min_success;
}

/* ---- equality ---- */

static bool values_equal(const struct tuan_field *field, const void *a, const void *b)
{
    switch (field->type) {
    case TUAN_ID:
    case TUAN_TEXT: return tuan_str_equal(*(const struct tuan_str *)a, *(const struct tuan_str *)b);
    case TUAN_NAMES:
        return names_equal(*(const struct tuan_names *)a, *(const struct tuan_names *)b);
    case TUAN_TAGS: {
        const struct tuan_tags *x = a, *y = b;
        bool equal = x->count == y->count;
        for (uint32_t i = 0; equal && i < x->count; i++)
            equal = tuan_str_equal(x->items[i].name, y->items[i].name) &&
                    tuan_str_equal(x->items[i].value, y->items[i].value);
        return equal;
    }
    case TUAN_TIERS: {
        const struct tuan_tiers *x = a, *y = b;
        return x->count == y->count &&
               (x->count == 0 || memcmp(x->items, y->items, x->count * sizeof *x->items) == 0);
    }
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_WORD: return *(const int64_t *)a == *(const int64_t *)b;
    case TUAN_RID:
    case TUAN_RIDS:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: break;
    }
    assert(false && "no parameter has this type");
    return false;
}

bool rules_equal(const struct tuan_rules *a, const struct tuan_rules *b)
{
    if (a->given != b->given) return false;
    for (size_t i = 0; i < TUAN_PARAM_COUNT; i++) {
        const struct tuan_field *field = &tuan_param_fields[i];
        if (!values_equal(field, (const char *)a + field->offset, (const char *)b + field->offset))
            return false;
    }
    return true;
}
