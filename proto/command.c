/* SPDX-License-Identifier: BSD-2-Clause */
/* command.c - building a command: which names it takes, each once, all that it needs. */
#include "proto/field.h"
#include "proto/write.h"

enum { QUOTED_MAX = 64 }; /* bytes of an unknown name that its refusal shows */

static int quoted_len(struct tuan_str str)
{
    return (int)(str.len < QUOTED_MAX ? str.len : QUOTED_MAX);
}

enum tuan_err tuan_command_begin(struct tuan_command *command, struct tuan_str name,
                                 struct tuan_fault *fault)
{
    enum tuan_cmd id = tuan_command_find(name);

    if (id == TUAN_CMD_COUNT) {
        const char *near = tuan_suggest_command(name);
        return tuan_fault_set(fault, TUAN_ERR_UNKNOWN_COMMAND, "no such command '%.*s'%s%s",
                              quoted_len(name), name.ptr, near == NULL ? "" : ", did you mean ",
                              near == NULL ? "" : near);
    }
    command->id = id;
    command->given = 0;
    command->arg = tuan_args_default;
    command->rules.given = 0; /* what is not given is not looked at */
    command->by = command->zone = (struct tuan_str){NULL, 0};
    return TUAN_OK;
}

enum tuan_err tuan_command_unknown_name(const struct tuan_command *command, struct tuan_str name,
                                        struct tuan_fault *fault)
{
    const char *near = tuan_suggest_name(command->id, name);

    return tuan_fault_set(fault, TUAN_ERR_BAD_ARGUMENT, "%.*s: %s takes no such argument%s%s",
                          quoted_len(name), name.ptr, tuan_commands[command->id].name,
                          near == NULL ? "" : ", did you mean ", near == NULL ? "" : near);
}

static enum tuan_err mark(uint64_t *given, int bit, const struct tuan_field *field,
                          struct tuan_fault *fault)
{
    if ((*given >> bit) & 1) return tuan_field_fault(field, "given twice", fault);
    *given |= UINT64_C(1) << bit;
    return TUAN_OK;
}

enum tuan_err tuan_command_place_arg(struct tuan_command *command, enum tuan_arg arg,
                                     struct tuan_place *place, struct tuan_fault *fault)
{
    *place = (struct tuan_place){&tuan_arg_fields[arg], &command->arg};
    return mark(&command->given, (int)arg, place->field, fault);
}

enum tuan_err tuan_command_place_param(struct tuan_command *command, enum tuan_param param,
                                       struct tuan_place *place, struct tuan_fault *fault)
{
    *place = (struct tuan_place){&tuan_param_fields[param], &command->rules};
    return mark(&command->rules.given, (int)param, place->field, fault);
}

enum tuan_err tuan_command_place(struct tuan_command *command, struct tuan_str name,
                                 struct tuan_place *place, struct tuan_fault *fault)
{
    enum tuan_arg arg = tuan_arg_find(command->id, name);

    if (arg != TUAN_ARG_COUNT) return tuan_command_place_arg(command, arg, place, fault);
    if (tuan_command_takes_params(command->id)) {
        enum tuan_param param = tuan_param_find(name);
        if (param != TUAN_PARAM_COUNT)
            return tuan_command_place_param(command, param, place, fault);
    }
    return tuan_command_unknown_name(command, name, fault);
}

enum tuan_err tuan_command_put_text(struct tuan_command *command, struct tuan_str name,
                                    struct tuan_str text, struct tuan_arena *arena,
                                    struct tuan_fault *fault)
{
    struct tuan_place place = {NULL, NULL};
    enum tuan_err err = tuan_command_place(command, name, &place, fault);

    return err == TUAN_OK ? tuan_field_from_text(place.field, place.object, text, arena, fault)
                          : err;
}

enum tuan_err tuan_command_finish(const struct tuan_command *command, struct tuan_fault *fault)
{
    uint64_t missing = tuan_commands[command->id].required & ~command->given;

    if (missing == 0) return TUAN_OK;
    const struct tuan_use *use = tuan_commands[command->id].uses;
    while (use->kind != TUAN_USE_REQUIRED || ((missing >> use->arg) & 1) == 0)
        use++; /* the first one in the order they are documented */
    return tuan_field_fault(&tuan_arg_fields[use->arg], "missing", fault);
}

/* Strict decimal: "-12", "0"; no sign or zero too many, nothing around it. */
static bool parse_int(struct tuan_str text, int64_t *out)
{
    bool is_negative = text.len > 0 && text.ptr[0] == '-';
    uint64_t limit = (uint64_t)INT64_MAX + is_negative;
    uint64_t value = 0;
    uint32_t i = is_negative;

    if (i == text.len || (text.ptr[i] == '0' && text.len > 1)) return false;
    for (; i < text.len; i++) {
        unsigned digit = (unsigned)(unsigned char)text.ptr[i] - '0';
        if (digit > 9 || value > (limit - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *out = is_negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static enum tuan_err int_from_text(const struct tuan_field *field, void *object,
                                   struct tuan_str text, struct tuan_fault *fault)
{
    int64_t value;

    if (!parse_int(text, &value))
        return tuan_fault_set(fault, TUAN_ERR_BAD_ARGUMENT, "%s: '%.*s' is not an integer",
                              field->name, quoted_len(text), text.ptr);
    return tuan_field_put_int(field, object, value, fault);
}

enum tuan_err tuan_field_from_text(const struct tuan_field *field, void *object,
                                   struct tuan_str text, struct tuan_arena *arena,
                                   struct tuan_fault *fault)
{
    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG: return int_from_text(field, object, text, fault);
    case TUAN_ID:
    case TUAN_TEXT:
    case TUAN_RID:
    case TUAN_WORD: return tuan_field_put_str(field, object, text, fault);
    case TUAN_TAGS:
    case TUAN_NAMES:
    case TUAN_RIDS:
    case TUAN_TIERS: return tuan_field_from_json(field, object, text, arena, fault);
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: break;
    }
    return tuan_field_fault(field, "has no text form", fault);
}
