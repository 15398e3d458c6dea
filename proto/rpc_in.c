/* SPDX-License-Identifier: BSD-2-Clause */
/* rpc_in.c - MessagePack-RPC requests: the envelope, and parameters by name. */
#include "proto/cursor.h"
#include "proto/field.h"
#include "proto/rpc.h"

enum { TYPE_REQUEST = 0, TYPE_NOTIFICATION = 2, NAME_MAX_LEN = 64 };

static bool read_kind(struct tuan_cursor *cursor, enum tuan_token_kind kind,
                      struct tuan_token *token)
{
    return tuan_cursor_next(cursor, token) == TUAN_PARSE_DONE && token->kind == kind;
}

/* The parameter list: [], [[]], [{…}], [nil] or nil. */
static const char *read_params(struct tuan_cursor *cursor, struct tuan_str *params)
{
    static const char expected[] = "the parameters are a list of one map";
    struct tuan_token token;

    if (tuan_cursor_next(cursor, &token) != TUAN_PARSE_DONE) return expected;
    if (token.kind == TUAN_TOKEN_NIL) return NULL;
    if (token.kind != TUAN_TOKEN_ARRAY || token.count > 1) return expected;
    if (token.count == 0) return NULL;
    const unsigned char *first = cursor->at;
    if (tuan_cursor_next(cursor, &token) != TUAN_PARSE_DONE) return expected;
    if (token.kind == TUAN_TOKEN_NIL || (token.kind == TUAN_TOKEN_ARRAY && token.count == 0))
        return NULL;
    if (token.kind != TUAN_TOKEN_MAP) return expected;
    *params = (struct tuan_str){(const char *)first, (uint32_t)(cursor->end - first)};
    return NULL;
}

/* The envelope of one whole value; NULL, or what is wrong with it. The message id is noted as soon
 * as it is read. */
static const char *read_envelope(struct tuan_cursor cursor, struct tuan_rpc_request *request)
{
    struct tuan_token token;
    uint32_t count;

    if (!read_kind(&cursor, TUAN_TOKEN_ARRAY, &token)) return "a request is a list";
    count = token.count;
    if (count == 0 || !read_kind(&cursor, TUAN_TOKEN_INT, &token) ||
        (token.number != TYPE_REQUEST && token.number != TYPE_NOTIFICATION))
        return "a request starts with 0, a notification with 2";
    request->is_notification = token.number == TYPE_NOTIFICATION;
    if (!request->is_notification) {
        if (count < 2 || !read_kind(&cursor, TUAN_TOKEN_INT, &token) || token.number < 0 ||
            token.number > UINT32_MAX)
            return "the message id is not from 0 to 4294967295";
        request->msgid = (uint32_t)token.number;
    }
    if (count != (request->is_notification ? 3 : 4))
        return "a request is [0, id, method, [map]], a notification [2, method, [map]]";
    if (!read_kind(&cursor, TUAN_TOKEN_STR, &token)) return "the method is not a string";
    request->method = token.str;
    return read_params(&cursor, &request->params);
}

static const char *flaw_text(enum tuan_err flaw, bool is_whole)
{
    if (flaw == TUAN_ERR_TOO_DEEP) return "the request is nested deeper than 8";
    if (flaw == TUAN_ERR_TOO_LARGE)
        return is_whole ? "the request has more than 4096 elements"
                        : "the request is larger than frame_max";
    return is_whole ? "extension types are not understood" : "byte 0xc1 is not msgpack";
}

static enum tuan_parse refuse(struct tuan_fault *fault, enum tuan_err err, const char *text)
{
    tuan_fault_set(fault, err, "%s", text);
    return TUAN_PARSE_BAD;
}

enum tuan_parse tuan_rpc_parse(const char *data, size_t len, size_t frame_max,
                               struct tuan_rpc_request *request, size_t *consumed,
                               struct tuan_fault *fault)
{
    struct tuan_cursor cursor = tuan_cursor_over(data, len);
    enum tuan_err flaw;

    *request = (struct tuan_rpc_request){.msgid = 0};
    *consumed = 0;
    enum tuan_parse got = tuan_cursor_skip(&cursor, frame_max, &flaw);
    if (got == TUAN_PARSE_BAD) return refuse(fault, flaw, flaw_text(flaw, false));
    if (got == TUAN_PARSE_MORE) return got;
    *consumed = (size_t)(cursor.at - (const unsigned char *)data);
    const char *wrong = read_envelope(tuan_cursor_over(data, *consumed), request);
    if (flaw != TUAN_OK) return refuse(fault, flaw, flaw_text(flaw, true));
    return wrong == NULL ? TUAN_PARSE_DONE : refuse(fault, TUAN_ERR_BAD_REQUEST, wrong);
}

/* One request's parameters being read. */
struct params {
    struct tuan_cursor cursor;
    struct tuan_command *command;
    struct tuan_arena *arena;
    struct tuan_fault *fault;
};

static enum tuan_err refuse_value(struct params *params, const struct tuan_field *field,
                                  const char *expected)
{
    return tuan_fault_set(params->fault, TUAN_ERR_BAD_ARGUMENT, "%s: %s is expected", field->name,
                          expected);
}

static enum tuan_err read_tags(struct params *params, struct tuan_making *list)
{
    struct tuan_token name, value;

    while (list->done < list->count) {
        if (!read_kind(&params->cursor, TUAN_TOKEN_STR, &name) ||
            !read_kind(&params->cursor, TUAN_TOKEN_STR, &value))
            return refuse_value(params, list->field, "a map of strings");
        enum tuan_err err = tuan_list_put_tag(list, name.str, value.str);
        if (err != TUAN_OK) return err;
    }
    return TUAN_OK;
}

static enum tuan_err read_strings(struct params *params, struct tuan_making *list)
{
    struct tuan_token value;

    while (list->done < list->count) {
        if (!read_kind(&params->cursor, TUAN_TOKEN_STR, &value))
            return refuse_value(params, list->field, "a list of strings");
        enum tuan_err err = tuan_list_put_str(list, value.str);
        if (err != TUAN_OK) return err;
    }
    return TUAN_OK;
}

static enum tuan_err read_tiers(struct params *params, struct tuan_making *list)
{
    struct tuan_token map, name, value;
    enum tuan_err err = TUAN_OK;

    while (err == TUAN_OK && list->done < list->count) {
        struct tuan_tier_parts parts = {.has_size = false};
        if (!read_kind(&params->cursor, TUAN_TOKEN_MAP, &map))
            return refuse_value(params, list->field, "a list of maps");
        for (; err == TUAN_OK && map.count > 0; map.count--) {
            if (!read_kind(&params->cursor, TUAN_TOKEN_STR, &name) ||
                !read_kind(&params->cursor, TUAN_TOKEN_INT, &value))
                return refuse_value(params, list->field, "integers by name");
            err = tuan_tier_part(list, &parts, name.str, value.number);
        }
        if (err == TUAN_OK) err = tuan_list_put_tier(list, &parts);
    }
    return err;
}

static enum tuan_err read_list(struct params *params, const struct tuan_place *place)
{
    bool is_map = place->field->type == TUAN_TAGS;
    struct tuan_making list;
    struct tuan_token token;

    if (!read_kind(&params->cursor, is_map ? TUAN_TOKEN_MAP : TUAN_TOKEN_ARRAY, &token))
        return refuse_value(params, place->field, is_map ? "a map" : "a list");
    enum tuan_err err = tuan_list_begin(&list, place->field, place->object, token.count,
                                        params->arena, params->fault);
    if (err != TUAN_OK) return err;
    if (is_map) return read_tags(params, &list);
    return place->field->type == TUAN_TIERS ? read_tiers(params, &list)
                                            : read_strings(params, &list);
}

static enum tuan_err read_scalar(struct params *params, const struct tuan_place *place)
{
    const struct tuan_field *field = place->field;
    struct tuan_token token;

    if (tuan_cursor_next(&params->cursor, &token) != TUAN_PARSE_DONE)
        return refuse_value(params, field, "a value");
    if (field->type == TUAN_INT || field->type == TUAN_FLAG) {
        if (token.kind == TUAN_TOKEN_INT ||
            (token.kind == TUAN_TOKEN_BOOL && field->type == TUAN_FLAG))
            return tuan_field_put_int(field, place->object, token.number, params->fault);
        return refuse_value(params, field, "an integer");
    }
    if (token.kind != TUAN_TOKEN_STR) return refuse_value(params, field, "a string");
    return tuan_field_put_str(field, place->object, token.str, params->fault);
}

static enum tuan_err read_value(struct params *params, const struct tuan_place *place)
{
    switch (place->field->type) {
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_ID:
    case TUAN_TEXT:
    case TUAN_RID:
    case TUAN_WORD: return read_scalar(params, place);
    case TUAN_TAGS:
    case TUAN_NAMES:
    case TUAN_RIDS:
    case TUAN_TIERS: return read_list(params, place);
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: break;
    }
    return refuse_value(params, place->field, "nothing");
}

static enum tuan_err read_param(struct params *params, struct tuan_str name)
{
    struct tuan_place place;
    enum tuan_err err = tuan_command_place(params->command, name, &place, params->fault);

    return err == TUAN_OK ? read_value(params, &place) : err;
}

/* The words before the dot of some parameter? Its map spells the rest: {virtual: {mode, value}}. */
static bool is_group(const struct tuan_command *command, struct tuan_str name)
{
    int next;

    if (!tuan_command_takes_params(command->id)) return false;
    for (int i = 0; i < TUAN_PARAM_COUNT; i = next) {
        uint32_t len = tuan_param_group(i, &next);
        if (len > 0 &&
            tuan_str_equal_nocase((struct tuan_str){tuan_param_fields[i].name, len}, name))
            return true;
    }
    return false;
}

static enum tuan_err read_group(struct params *params, struct tuan_str group)
{
    char dotted[NAME_MAX_LEN];
    struct tuan_token map, name;

    if (!read_kind(&params->cursor, TUAN_TOKEN_MAP, &map))
        return tuan_fault_set(params->fault, TUAN_ERR_BAD_ARGUMENT, "%.*s: a map is expected",
                              (int)group.len, group.ptr);
    for (; map.count > 0; map.count--) {
        if (!read_kind(&params->cursor, TUAN_TOKEN_STR, &name))
            return tuan_fault_set(params->fault, TUAN_ERR_BAD_ARGUMENT, "%.*s: names are strings",
                                  (int)group.len, group.ptr);
        if (group.len + 1 + name.str.len > sizeof dotted)
            return tuan_command_unknown_name(params->command, name.str, params->fault);
        struct tuan_out out = {.data = dotted, .cap = sizeof dotted};
        tuan_out_bytes(&out, group.ptr, group.len);
        tuan_out_text(&out, ".");
        tuan_out_bytes(&out, name.str.ptr, name.str.len);
        enum tuan_err err = read_param(params, (struct tuan_str){dotted, (uint32_t)out.len});
        if (err != TUAN_OK) return err;
    }
    return TUAN_OK;
}

static enum tuan_err read_pair(struct params *params, struct tuan_str name)
{
    enum tuan_arg arg = tuan_arg_find(params->command->id, name);
    struct tuan_place place;

    if (arg == TUAN_ARG_COUNT)
        return is_group(params->command, name) ? read_group(params, name)
                                               : read_param(params, name);
    enum tuan_err err = tuan_command_place_arg(params->command, arg, &place, params->fault);
    return err == TUAN_OK ? read_value(params, &place) : err;
}

enum tuan_err tuan_rpc_command(const struct tuan_rpc_request *request, struct tuan_command *command,
                               struct tuan_arena *arena, struct tuan_fault *fault)
{
    struct params params = {tuan_cursor_over(request->params.ptr, request->params.len), command,
                            arena, fault};
    struct tuan_token map, name;
    enum tuan_err err = tuan_command_begin(command, request->method, fault);

    if (err != TUAN_OK) return err;
    if (request->params.len == 0) return tuan_command_finish(command, fault);
    if (!read_kind(&params.cursor, TUAN_TOKEN_MAP, &map))
        return tuan_fault_set(fault, TUAN_ERR_BAD_REQUEST, "the parameters are a list of one map");
    for (; err == TUAN_OK && map.count > 0; map.count--) {
        if (!read_kind(&params.cursor, TUAN_TOKEN_STR, &name))
            return tuan_fault_set(fault, TUAN_ERR_BAD_ARGUMENT, "names of arguments are strings");
        err = read_pair(&params, name.str);
    }
    return err != TUAN_OK ? err : tuan_command_finish(command, fault);
}
