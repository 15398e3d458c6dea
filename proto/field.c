/* SPDX-License-Identifier: BSD-2-Clause */
/* field.c - values against their rows: type, range, length, UTF-8. */
#include "proto/field.h"

#include <inttypes.h>
#include <string.h>

static void *place_of(const struct tuan_field *field, void *object)
{
    return (char *)object + field->offset;
}

enum tuan_err tuan_field_fault(const struct tuan_field *field, const char *what,
                               struct tuan_fault *fault)
{
    return tuan_fault_set(fault, TUAN_ERR_BAD_ARGUMENT, "%s: %s", field->name, what);
}

enum tuan_err tuan_field_put_int(const struct tuan_field *field, void *object, int64_t value,
                                 struct tuan_fault *fault)
{
    if (value < field->min || value > field->max)
        return tuan_fault_set(fault, TUAN_ERR_BAD_ARGUMENT,
                              "%s: %" PRId64 " is not from %" PRId64 " to %" PRId64, field->name,
                              value, field->min, field->max);
    *(int64_t *)place_of(field, object) = value;
    return TUAN_OK;
}

static enum tuan_err put_text(const struct tuan_field *field, void *object, struct tuan_str value,
                              struct tuan_fault *fault)
{
    if (value.len < field->min) return tuan_field_fault(field, "must not be empty", fault);
    if (value.len > field->max)
        return tuan_fault_set(fault, TUAN_ERR_BAD_ARGUMENT,
                              "%s: %" PRIu32 " bytes are more than %" PRId64, field->name,
                              value.len, field->max);
    if (!tuan_text_is_valid(value))
        return tuan_field_fault(field, "not UTF-8 without control characters", fault);
    *(struct tuan_str *)place_of(field, object) = value;
    return TUAN_OK;
}

static enum tuan_err put_id(const struct tuan_field *field, void *object, struct tuan_str value,
                            struct tuan_fault *fault)
{
    if (value.len == 0) return tuan_field_fault(field, "must not be empty", fault);
    if (value.len > field->max)
        return tuan_fault_set(fault, TUAN_ERR_BAD_ARGUMENT,
                              "%s: %" PRIu32 " bytes are more than %" PRId64, field->name,
                              value.len, field->max);
    if (!tuan_id_is_valid(value))
        return tuan_field_fault(field, "not UTF-8 without spaces and control characters", fault);
    *(struct tuan_str *)place_of(field, object) = value;
    return TUAN_OK;
}

static enum tuan_err refuse_rid(const struct tuan_field *field, struct tuan_str value,
                                struct tuan_fault *fault)
{
    return tuan_fault_set(fault, TUAN_ERR_BAD_ARGUMENT, "%s: '%.*s' is not an id of %d characters",
                          field->name, (int)(value.len < 64 ? value.len : 64), value.ptr,
                          TUAN_RID_CHARS);
}

static enum tuan_err put_rid(const struct tuan_field *field, void *object, struct tuan_str value,
                             struct tuan_fault *fault)
{
    if (!tuan_rid_parse(value, place_of(field, object))) return refuse_rid(field, value, fault);
    return TUAN_OK;
}

/* Apart from put_word: its text would stand on the stack of all who put a string. */
static __attribute__((noinline)) enum tuan_err
refuse_word(const struct tuan_field *field, struct tuan_str value, struct tuan_fault *fault)
{
    char allowed[sizeof fault->text] = "";
    size_t len = 0;

    for (size_t i = 0; i < field->words->count; i++) {
        const struct tuan_word *word = &field->words->words[i];
        if (len + word->len + 2 > sizeof allowed) break;
        allowed[len++] = ' ';
        memcpy(allowed + len, word->word, word->len + 1);
        len += word->len;
    }
    return tuan_fault_set(fault, TUAN_ERR_BAD_ARGUMENT, "%s: '%.*s' is none of%s", field->name,
                          (int)(value.len < 64 ? value.len : 64), value.ptr, allowed);
}

static enum tuan_err put_word(const struct tuan_field *field, void *object, struct tuan_str value,
                              struct tuan_fault *fault)
{
    int64_t number = tuan_word_find(field->words, value);

    if (number == 0) return refuse_word(field, value, fault);
    *(int64_t *)place_of(field, object) = number;
    return TUAN_OK;
}

enum tuan_err tuan_field_put_str(const struct tuan_field *field, void *object,
                                 struct tuan_str value, struct tuan_fault *fault)
{
    switch (field->type) {
    case TUAN_ID: return put_id(field, object, value, fault);
    case TUAN_TEXT: return put_text(field, object, value, fault);
    case TUAN_RID: return put_rid(field, object, value, fault);
    case TUAN_WORD: return put_word(field, object, value, fault);
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_TAGS:
    case TUAN_NAMES:
    case TUAN_RIDS:
    case TUAN_TIERS:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: break;
    }
    return tuan_field_fault(field, "a string does not fit", fault);
}

static size_t element_size(enum tuan_type type)
{
    switch (type) {
    case TUAN_TAGS: return sizeof(struct tuan_tag);
    case TUAN_NAMES: return sizeof(struct tuan_str);
    case TUAN_RIDS: return sizeof(struct tuan_id);
    case TUAN_TIERS: return sizeof(struct tuan_tier);
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_ID:
    case TUAN_TEXT:
    case TUAN_RID:
    case TUAN_WORD:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: break;
    }
    return 0;
}

static void point_at(const struct tuan_field *field, void *object, void *items, uint32_t count)
{
    void *place = place_of(field, object);

    switch (field->type) {
    case TUAN_TAGS: *(struct tuan_tags *)place = (struct tuan_tags){items, count}; break;
    case TUAN_NAMES: *(struct tuan_names *)place = (struct tuan_names){items, count}; break;
    case TUAN_RIDS: *(struct tuan_ids *)place = (struct tuan_ids){items, count}; break;
    case TUAN_TIERS: *(struct tuan_tiers *)place = (struct tuan_tiers){items, count}; break;
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_ID:
    case TUAN_TEXT:
    case TUAN_RID:
    case TUAN_WORD:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: break;
    }
}

enum tuan_err tuan_list_begin(struct tuan_making *list, const struct tuan_field *field,
                              void *object, size_t count, struct tuan_arena *arena,
                              struct tuan_fault *fault)
{
    if (count < (uint64_t)field->min || count > (uint64_t)field->max)
        return tuan_fault_set(fault, TUAN_ERR_BAD_ARGUMENT,
                              "%s: %zu elements are not from %" PRId64 " to %" PRId64, field->name,
                              count, field->min, field->max);
    *list = (struct tuan_making){.field = field, .count = (uint32_t)count, .fault = fault};
    if (count > 0) {
        list->items = tuan_arena_take(arena, count * element_size(field->type));
        if (list->items == NULL)
            return tuan_fault_set(fault, TUAN_ERR_TOO_LARGE, "%s: too much at once", field->name);
    }
    point_at(field, object, list->items, list->count);
    return TUAN_OK;
}

enum tuan_err tuan_list_put_tag(struct tuan_making *list, struct tuan_str name,
                                struct tuan_str value)
{
    struct tuan_tag *tags = list->items;

    if (!tuan_id_is_valid(name) || !tuan_id_is_valid(value))
        return tuan_field_fault(list->field, "names and values are 1 to 64 bytes without spaces",
                                list->fault);
    for (uint32_t i = 0; i < list->done; i++)
        if (tuan_str_equal(tags[i].name, name))
            return tuan_field_fault(list->field, "a name is given twice", list->fault);
    tags[list->done++] = (struct tuan_tag){name, value};
    return TUAN_OK;
}

/* The words of a command are free text; all other lists of names hold ids. */
static enum tuan_err put_name(struct tuan_making *list, struct tuan_str value)
{
    bool is_free = list->field == &tuan_arg_fields[TUAN_ARG_words];

    if (is_free ? !tuan_text_is_valid(value) : !tuan_id_is_valid(value))
        return tuan_field_fault(list->field,
                                is_free ? "not UTF-8 without control characters"
                                        : "each is 1 to 64 bytes without spaces",
                                list->fault);
    ((struct tuan_str *)list->items)[list->done++] = value;
    return TUAN_OK;
}

enum tuan_err tuan_list_put_str(struct tuan_making *list, struct tuan_str value)
{
    if (list->field->type == TUAN_NAMES) return put_name(list, value);
    if (!tuan_rid_parse(value, &((struct tuan_id *)list->items)[list->done]))
        return refuse_rid(list->field, value, list->fault);
    list->done++;
    return TUAN_OK;
}

enum tuan_err tuan_tier_part(struct tuan_making *list, struct tuan_tier_parts *parts,
                             struct tuan_str name, int64_t value)
{
    bool is_size = tuan_str_equal_nocase(name, TUAN_STR("size"));
    const struct tuan_field *row = &tuan_param_fields[is_size ? TUAN_PARAM_size : TUAN_PARAM_price];
    bool *has = is_size ? &parts->has_size : &parts->has_price;

    if (!is_size && !tuan_str_equal_nocase(name, TUAN_STR("price")))
        return tuan_field_fault(list->field, "a tier has size and price, no more", list->fault);
    if (*has) return tuan_field_fault(list->field, "a name is given twice", list->fault);
    if (value < row->min || value > row->max)
        return tuan_fault_set(list->fault, TUAN_ERR_BAD_ARGUMENT,
                              "%s: %s %" PRId64 " is not from %" PRId64 " to %" PRId64,
                              list->field->name, row->name, value, row->min, row->max);
    *has = true;
    *(is_size ? &parts->tier.size : &parts->tier.price) = value;
    return TUAN_OK;
}

enum tuan_err tuan_list_put_tier(struct tuan_making *list, const struct tuan_tier_parts *parts)
{
    if (!parts->has_size || !parts->has_price)
        return tuan_field_fault(list->field, "a tier needs size and price", list->fault);
    ((struct tuan_tier *)list->items)[list->done++] = parts->tier;
    return TUAN_OK;
}
