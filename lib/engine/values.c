/* SPDX-License-Identifier: BSD-2-Clause */
/* values.c - strings, lists and rules as the engine owns them: copied into its pool, given back
 * piece by piece. */
#include <assert.h>
#include <string.h>

#include "engine/model.h"

struct tuan_str str_copy(struct engine *e, struct tuan_str str)
{
    if (str.len == 0) return (struct tuan_str){NULL, 0};
    char *copy = pool_alloc(&e->pool, str.len);
    memcpy(copy, str.ptr, str.len);
    return (struct tuan_str){copy, str.len};
}

void str_free(struct engine *e, struct tuan_str str)
{
    if (str.len > 0) pool_free(&e->pool, (void *)(uintptr_t)str.ptr, str.len);
}

struct tuan_names names_copy(struct engine *e, struct tuan_names names)
{
    if (names.count == 0) return (struct tuan_names){NULL, 0};
    struct tuan_str *items = pool_alloc(&e->pool, names.count * sizeof *items);
    for (uint32_t i = 0; i < names.count; i++)
        items[i] = str_copy(e, names.items[i]);
    return (struct tuan_names){items, names.count};
}

void names_free(struct engine *e, struct tuan_names names)
{
    for (uint32_t i = 0; i < names.count; i++)
        str_free(e, names.items[i]);
    if (names.count > 0)
        pool_free(&e->pool, (void *)(uintptr_t)names.items, names.count * sizeof *names.items);
}

bool names_equal(struct tuan_names a, struct tuan_names b)
{
    if (a.count != b.count) return false;
    for (uint32_t i = 0; i < a.count; i++)
        if (!tuan_str_equal(a.items[i], b.items[i])) return false;
    return true;
}

struct tuan_tags tags_copy(struct engine *e, struct tuan_tags tags)
{
    if (tags.count == 0) return (struct tuan_tags){NULL, 0};
    struct tuan_tag *items = pool_alloc(&e->pool, tags.count * sizeof *items);
    for (uint32_t i = 0; i < tags.count; i++)
        items[i] =
            (struct tuan_tag){str_copy(e, tags.items[i].name), str_copy(e, tags.items[i].value)};
    return (struct tuan_tags){items, tags.count};
}

void tags_free(struct engine *e, struct tuan_tags tags)
{
    for (uint32_t i = 0; i < tags.count; i++) {
        str_free(e, tags.items[i].name);
        str_free(e, tags.items[i].value);
    }
    if (tags.count > 0)
        pool_free(&e->pool, (void *)(uintptr_t)tags.items, tags.count * sizeof *tags.items);
}

static struct tuan_tiers tiers_copy(struct engine *e, struct tuan_tiers tiers)
{
    if (tiers.count == 0) return (struct tuan_tiers){NULL, 0};
    struct tuan_tier *items = pool_alloc(&e->pool, tiers.count * sizeof *items);
    memcpy(items, tiers.items, tiers.count * sizeof *items);
    return (struct tuan_tiers){items, tiers.count};
}

/* Rules own what their rows of the borrowed types point to. */
void rules_copy(struct engine *e, struct tuan_rules *to, const struct tuan_rules *from)
{
    *to = *from;
    for (size_t i = 0; i < TUAN_PARAM_COUNT; i++) {
        const struct tuan_field *field = &tuan_param_fields[i];
        void *at = (char *)to + field->offset;
        switch (field->type) {
        case TUAN_ID:
        case TUAN_TEXT: *(struct tuan_str *)at = str_copy(e, *(struct tuan_str *)at); break;
        case TUAN_NAMES: *(struct tuan_names *)at = names_copy(e, *(struct tuan_names *)at); break;
        case TUAN_TAGS: *(struct tuan_tags *)at = tags_copy(e, *(struct tuan_tags *)at); break;
        case TUAN_TIERS: *(struct tuan_tiers *)at = tiers_copy(e, *(struct tuan_tiers *)at); break;
        case TUAN_INT:
        case TUAN_FLAG:
        case TUAN_WORD: break;
        case TUAN_RID:
        case TUAN_RIDS:
        case TUAN_LIST:
        case TUAN_MAP:
        case TUAN_RULES: assert(false && "no parameter has this type"); break;
        }
    }
}

void rules_free(struct engine *e, struct tuan_rules *rules)
{
    for (size_t i = 0; i < TUAN_PARAM_COUNT; i++) {
        const struct tuan_field *field = &tuan_param_fields[i];
        void *at = (char *)rules + field->offset;
        if (field->type == TUAN_ID || field->type == TUAN_TEXT)
            str_free(e, *(struct tuan_str *)at);
        else if (field->type == TUAN_NAMES)
            names_free(e, *(struct tuan_names *)at);
        else if (field->type == TUAN_TAGS)
            tags_free(e, *(struct tuan_tags *)at);
        else if (field->type == TUAN_TIERS && ((struct tuan_tiers *)at)->count > 0)
            pool_free(&e->pool, (void *)(uintptr_t)((struct tuan_tiers *)at)->items,
                      ((struct tuan_tiers *)at)->count * sizeof(struct tuan_tier));
    }
}
