/* SPDX-License-Identifier: BSD-2-Clause */
/* json_command.c - a command whose arguments are one JSON object, as the admin port takes them. */
#include "proto/field.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct reading {
    struct tuan_command *command;
    struct tuan_arena *arena;
    struct tuan_fault *fault;
};

static enum tuan_err put_text(struct reading *reading, const struct tuan_place *place, json_t *item)
{
    const struct tuan_field *field = place->field;

    if (field->type == TUAN_INT || field->type == TUAN_FLAG)
        return tuan_field_fault(field, "an integer is expected", reading->fault);
    size_t len = json_string_length(item);
    char *copy = tuan_arena_take(reading->arena, len);
    if (copy == NULL)
        return tuan_fault_set(reading->fault, TUAN_ERR_TOO_LARGE, "%s: too much at once",
                              field->name);
    if (field->type == TUAN_TAGS || field->type == TUAN_NAMES || field->type == TUAN_RIDS ||
        field->type == TUAN_TIERS)
        return tuan_field_fault(field, "a list or a map is expected", reading->fault);
    if (len > 0) memcpy(copy, json_string_value(item), len);
    return tuan_field_put_str(field, place->object, (struct tuan_str){copy, (uint32_t)len},
                              reading->fault);
}

static enum tuan_err put_number(struct reading *reading, const struct tuan_place *place,
                                int64_t value)
{
    const struct tuan_field *field = place->field;

    if (field->type != TUAN_INT && field->type != TUAN_FLAG)
        return tuan_field_fault(field, "no integer is expected", reading->fault);
    return tuan_field_put_int(field, place->object, value, reading->fault);
}

static enum tuan_err put_member(struct reading *reading, struct tuan_str name, json_t *item)
{
    struct tuan_place place;
    enum tuan_err err = tuan_command_place(reading->command, name, &place, reading->fault);

    if (err != TUAN_OK) return err;
    if (json_is_string(item)) return put_text(reading, &place, item);
    if (json_is_integer(item)) return put_number(reading, &place, json_integer_value(item));
    if (json_is_boolean(item) && place.field->type == TUAN_FLAG)
        return put_number(reading, &place, json_is_true(item));
    switch (place.field->type) {
    case TUAN_TAGS:
    case TUAN_NAMES:
    case TUAN_RIDS:
    case TUAN_TIERS:
        return tuan_field_from_tree(place.field, place.object, item, reading->arena,
                                    reading->fault);
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
    return tuan_field_fault(place.field, "not a value of this kind", reading->fault);
}

/* {"virtual": {"mode": …}}: names with a dot, in two pieces. */
static enum tuan_err put_group(struct reading *reading, const char *group, json_t *members)
{
    char dotted[64];
    const char *key;
    json_t *item;

    json_object_foreach(members, key, item)
    {
        int len = snprintf(dotted, sizeof dotted, "%s.%s", group, key);
        struct tuan_str name = {dotted, (uint32_t)len};
        if ((size_t)len >= sizeof dotted)
            return tuan_command_unknown_name(
                reading->command, (struct tuan_str){key, (uint32_t)strlen(key)}, reading->fault);
        enum tuan_err err = put_member(reading, name, item);
        if (err != TUAN_OK) return err;
    }
    return TUAN_OK;
}

static bool is_group(const struct tuan_command *command, struct tuan_str name, json_t *item)
{
    return json_is_object(item) && tuan_command_takes_params(command->id) &&
           tuan_arg_find(command->id, name) == TUAN_ARG_COUNT &&
           tuan_param_find(name) == TUAN_PARAM_COUNT;
}

static enum tuan_err put_members(struct reading *reading, json_t *root)
{
    const char *key;
    json_t *item;

    json_object_foreach(root, key, item)
    {
        struct tuan_str name = {key, (uint32_t)strlen(key)};
        enum tuan_err err = is_group(reading->command, name, item)
                                ? put_group(reading, key, item)
                                : put_member(reading, name, item);
        if (err != TUAN_OK) return err;
    }
    return tuan_command_finish(reading->command, reading->fault);
}

enum tuan_err tuan_json_command(struct tuan_str name, struct tuan_str text,
                                struct tuan_command *command, struct tuan_arena *arena,
                                struct tuan_fault *fault)
{
    struct reading reading = {command, arena, fault};
    json_error_t error;
    enum tuan_err err = tuan_command_begin(command, name, fault);

    if (err != TUAN_OK) return err;
    json_t *root =
        json_loadb(text.ptr == NULL ? "" : text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(root))
        err = put_members(&reading, root);
    else
        err = tuan_fault_set(fault, TUAN_ERR_BAD_REQUEST, "the body is not one JSON object%s%s",
                             root == NULL ? ": " : "", root == NULL ? error.text : "");
    json_decref(root);
    return err;
}
