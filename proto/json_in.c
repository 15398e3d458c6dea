/* SPDX-License-Identifier: BSD-2-Clause */
/* json_in.c - lists and maps that RESP, flags and files spell as JSON text; with json_command.c the
 * door to jansson.
 *
 * jansson builds a tree on the heap, bounded by the text, which is bounded by the frame. What is
 * kept is copied into the arena. Integers only, no name twice, no NUL.
 */
#include "proto/field.h"

#include <jansson.h>
#include <string.h>

static struct tuan_str keep(struct tuan_arena *arena, const char *text, size_t len)
{
    char *copy = tuan_arena_take(arena, len);
    if (copy != NULL && len > 0) memcpy(copy, text, len);
    return (struct tuan_str){copy, (uint32_t)len};
}

static enum tuan_err refuse_full(struct tuan_making *list)
{
    return tuan_fault_set(list->fault, TUAN_ERR_TOO_LARGE, "%s: too much at once",
                          list->field->name);
}

static enum tuan_err put_tags(struct tuan_making *list, json_t *object, struct tuan_arena *arena)
{
    const char *key;
    json_t *item;

    json_object_foreach(object, key, item)
    {
        if (!json_is_string(item))
            return tuan_field_fault(list->field, "values are strings", list->fault);
        struct tuan_str name = keep(arena, key, strlen(key));
        struct tuan_str value = keep(arena, json_string_value(item), json_string_length(item));
        if (name.ptr == NULL || value.ptr == NULL) return refuse_full(list);
        enum tuan_err err = tuan_list_put_tag(list, name, value);
        if (err != TUAN_OK) return err;
    }
    return TUAN_OK;
}

static enum tuan_err put_strings(struct tuan_making *list, json_t *array, struct tuan_arena *arena)
{
    size_t i;
    json_t *item;

    json_array_foreach(array, i, item)
    {
        if (!json_is_string(item))
            return tuan_field_fault(list->field, "elements are strings", list->fault);
        struct tuan_str value = keep(arena, json_string_value(item), json_string_length(item));
        if (value.ptr == NULL) return refuse_full(list);
        enum tuan_err err = tuan_list_put_str(list, value);
        if (err != TUAN_OK) return err;
    }
    return TUAN_OK;
}

static enum tuan_err put_tier(struct tuan_making *list, json_t *object)
{
    struct tuan_tier_parts parts = {.has_size = false};
    const char *key;
    json_t *item;

    json_object_foreach(object, key, item)
    {
        if (!json_is_integer(item))
            return tuan_field_fault(list->field, "size and price are integers", list->fault);
        struct tuan_str name = {key, (uint32_t)strlen(key)};
        enum tuan_err err = tuan_tier_part(list, &parts, name, json_integer_value(item));
        if (err != TUAN_OK) return err;
    }
    return tuan_list_put_tier(list, &parts);
}

static enum tuan_err put_tiers(struct tuan_making *list, json_t *array)
{
    size_t i;
    json_t *item;

    json_array_foreach(array, i, item)
    {
        if (!json_is_object(item))
            return tuan_field_fault(list->field, "elements are maps of size and price",
                                    list->fault);
        enum tuan_err err = put_tier(list, item);
        if (err != TUAN_OK) return err;
    }
    return TUAN_OK;
}

enum tuan_err tuan_field_from_tree(const struct tuan_field *field, void *object, json_t *root,
                                   struct tuan_arena *arena, struct tuan_fault *fault)
{
    struct tuan_making list;
    bool is_map = field->type == TUAN_TAGS;

    if (is_map ? !json_is_object(root) : !json_is_array(root))
        return tuan_field_fault(
            field, is_map ? "a JSON map is expected" : "a JSON list is expected", fault);
    size_t count = is_map ? json_object_size(root) : json_array_size(root);
    enum tuan_err err = tuan_list_begin(&list, field, object, count, arena, fault);
    if (err != TUAN_OK) return err;
    if (is_map) return put_tags(&list, root, arena);
    return field->type == TUAN_TIERS ? put_tiers(&list, root) : put_strings(&list, root, arena);
}

enum tuan_err tuan_field_from_json(const struct tuan_field *field, void *object,
                                   struct tuan_str text, struct tuan_arena *arena,
                                   struct tuan_fault *fault)
{
    json_error_t error;
    json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);

    if (root == NULL)
        return tuan_fault_set(fault, TUAN_ERR_BAD_ARGUMENT, "%s: not JSON, character %d: %s",
                              field->name, error.position, error.text);
    enum tuan_err err = tuan_field_from_tree(field, object, root, arena, fault);
    json_decref(root);
    return err;
}
