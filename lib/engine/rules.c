/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/rules.h"

#include <assert.h>
#include <string.h>

#include "engine/answer.h"

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
    if (is_given(rules, TUAN_PARAM_hold_ms)) return;
    bool is_shorter = rules->room_ttl_ms > 0 && rules->room_ttl_ms < HOLD_DEFAULT_MS;
    rules->hold_ms = is_shorter ? rules->room_ttl_ms : HOLD_DEFAULT_MS;
}

/* ---- equality ---- */

static bool values_equal(const struct tuan_field *field, const void *a, const void *b)
{
    switch (field->type) {
    case TUAN_ID:
    case TUAN_TEXT: return tuan_str_equal(*(const struct tuan_str *)a, *(const struct tuan_str *)b);
    case TUAN_NAMES: {
        const struct tuan_names *x = a, *y = b;
        bool equal = x->count == y->count;
        for (uint32_t i = 0; equal && i < x->count; i++)
            equal = tuan_str_equal(x->items[i], y->items[i]);
        return equal;
    }
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

/* ---- what must hold ---- */

struct tuan_str rules_fault(struct engine *e, const struct tuan_rules *rules, bool is_new)
{
    if (rules->end_at > 0 && rules->end_at <= rules->start_at)
        return text_make(e, "end_at: %lld is not after start_at %lld", (long long)rules->end_at,
                         (long long)rules->start_at);
    if (is_new && rules->end_at > 0 && rules->end_at <= e->now_ms)
        return text_make(e, "end_at: %lld is past, now is %lld", (long long)rules->end_at,
                         (long long)e->now_ms);
    if (rules->room_ttl_ms == 0 && rules->end_at == 0)
        return text_make(e, "room_ttl_ms: 0 means until end_at, and there is no end_at");
    if (rules->min_success > rules->size)
        return text_make(e, "min_success: %lld is more than size %lld",
                         (long long)rules->min_success, (long long)rules->size);
    if (rules->room_ttl_ms > 0 && rules->hold_ms > rules->room_ttl_ms)
        return text_make(e, "hold_ms: %lld is longer than room_ttl_ms %lld",
                         (long long)rules->hold_ms, (long long)rules->room_ttl_ms);
    if (rules->reserve == TUAN_RESERVE_WHOLE_ROOM && rules->quota > 0 && rules->quota < rules->size)
        return text_make(e, "quota: %lld does not hold one whole room of %lld",
                         (long long)rules->quota, (long long)rules->size);
    if (rules->qty_per_user > 0 && rules->qty_per_order > rules->qty_per_user)
        return text_make(e, "qty_per_order: %lld is more than qty_per_user %lld",
                         (long long)rules->qty_per_order, (long long)rules->qty_per_user);
    if (rules->match != TUAN_MATCH_NEARLY_FULL)
        return text_make(e, "match: only nearly_full is served yet");
    return (struct tuan_str){NULL, 0};
}
