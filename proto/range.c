/* SPDX-License-Identifier: BSD-2-Clause */
/* range.c - stored parameters against their rows. Those of requests are checked as they are read
 * (field.c). */
#include <string.h>

#include "proto/schema.h"

static bool is_count(const struct tuan_field *field, size_t count)
{
    return count >= (uint64_t)field->min && count <= (uint64_t)field->max;
}

static bool are_tags(const struct tuan_field *field, struct tuan_tags tags)
{
    bool are_ids = is_count(field, tags.count);

    for (uint32_t i = 0; are_ids && i < tags.count; i++)
        are_ids = tuan_id_is_valid(tags.items[i].name) && tuan_id_is_valid(tags.items[i].value);
    return are_ids;
}

static bool are_names(const struct tuan_field *field, struct tuan_names names)
{
    bool are_ids = is_count(field, names.count);

    for (uint32_t i = 0; are_ids && i < names.count; i++)
        are_ids = tuan_id_is_valid(names.items[i]);
    return are_ids;
}

static bool is_in_range(const struct tuan_field *field, const void *place)
{
    int64_t number;

    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG:
        memcpy(&number, place, sizeof number);
        return number >= field->min && number <= field->max;
    case TUAN_WORD:
        memcpy(&number, place, sizeof number);
        return tuan_word_at(field->words, number) != NULL;
    case TUAN_ID:
    case TUAN_TEXT: return is_count(field, ((const struct tuan_str *)place)->len);
    case TUAN_TAGS: return are_tags(field, *(const struct tuan_tags *)place);
    case TUAN_NAMES: return are_names(field, *(const struct tuan_names *)place);
    case TUAN_TIERS: return is_count(field, ((const struct tuan_tiers *)place)->count);
    case TUAN_RID:
    case TUAN_RIDS:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: break;
    }
    return false;
}

bool tuan_rules_are_in_range(const struct tuan_rules *rules)
{
    for (int i = 0; i < TUAN_PARAM_COUNT; i++) {
        const struct tuan_field *field = &tuan_param_fields[i];
        if ((rules->given >> i) & 1 && !is_in_range(field, (const char *)rules + field->offset))
            return false;
    }
    return true;
}
