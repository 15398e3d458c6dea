/* SPDX-License-Identifier: BSD-2-Clause */
/* answer.c - one answer as a tree, and what can be asked of it. The tree's texts point into the
 * answer's own bytes. */
#include <stdlib.h>
#include <string.h>

#include "client/internal.h"

enum { RESPONSE = 1, NOTIFICATION = 2 }; /* [1, msgid, error, result], [2, method, parameters] */

struct tuan_answer {
    struct tuan_answer *next; /* among those kept */
    uint32_t msgid;
    bool is_refused;
    char code[32];
    char *text;   /* of a refusal: owned */
    char *method; /* of a notification: owned */
    const msgpack_object *result;
    msgpack_unpacked tree;
    char bytes[];
};

static const msgpack_object nil = {.type = MSGPACK_OBJECT_NIL};

struct tuan_answer **answer_next(struct tuan_answer *answer)
{
    return &answer->next;
}

void tuan_answer_free(struct tuan_answer *answer)
{
    if (answer == NULL) return;
    msgpack_unpacked_destroy(&answer->tree);
    free(answer->text);
    free(answer->method);
    free(answer);
}

static const struct tuan_value *value_of(const msgpack_object *object)
{
    return (const struct tuan_value *)(const void *)object;
}

static const msgpack_object *object_of(const struct tuan_value *value)
{
    return value == NULL ? &nil : (const msgpack_object *)(const void *)value;
}

static bool is_text(const msgpack_object *object)
{
    return object->type == MSGPACK_OBJECT_STR || object->type == MSGPACK_OBJECT_BIN;
}

static char *text_dup(const msgpack_object *object)
{
    return is_text(object) ? strndup(object->via.str.ptr, object->via.str.size) : strdup("");
}

/* "CODE text": the code is the first word if it looks like one. */
static bool read_error_text(struct tuan_answer *answer, const msgpack_object *error)
{
    char *text = text_dup(error);

    if (text == NULL) return false;
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    bool is_code = len > 0 && len < sizeof answer->code && (text[len] == ' ' || text[len] == '\0');
    strcpy(answer->code, "ERROR");
    if (is_code) {
        memcpy(answer->code, text, len);
        answer->code[len] = '\0';
        len += strspn(text + len, " ");
        memmove(text, text + len, strlen(text + len) + 1);
    }
    answer->text = text;
    return true;
}

/* {code, message, ...}, as HELLO's `errors map` asks for. */
static bool read_error_map(struct tuan_answer *answer, const msgpack_object *error)
{
    const struct tuan_value *map = value_of(error);

    if (!tuan_value_copy(tuan_value_get(map, "code"), answer->code, sizeof answer->code))
        strcpy(answer->code, "ERROR");
    answer->text = text_dup(object_of(tuan_value_get(map, "message")));
    return answer->text != NULL;
}

static bool read_response(struct tuan_answer *answer, const msgpack_object *items, const char **why)
{
    const msgpack_object *error = &items[2];

    if (items[1].type != MSGPACK_OBJECT_POSITIVE_INTEGER || items[1].via.u64 > UINT32_MAX) {
        *why = "an answer without a msgid";
        return false;
    }
    answer->msgid = (uint32_t)items[1].via.u64;
    answer->result = &items[3];
    answer->is_refused = error->type != MSGPACK_OBJECT_NIL;
    if (!answer->is_refused) return true;
    return error->type == MSGPACK_OBJECT_MAP ? read_error_map(answer, error)
                                             : read_error_text(answer, error);
}

static bool read_notification(struct tuan_answer *answer, const msgpack_object *items)
{
    const msgpack_object *params = &items[2];
    bool has_params = params->type == MSGPACK_OBJECT_ARRAY && params->via.array.size > 0;

    answer->method = text_dup(&items[1]);
    answer->result = has_params ? &params->via.array.ptr[0] : &nil;
    return answer->method != NULL;
}

static bool read_message(struct tuan_answer *answer, const char **why)
{
    const msgpack_object *message = &answer->tree.data;
    const msgpack_object *items = message->via.array.ptr;
    uint64_t kind = 0;

    if (message->type == MSGPACK_OBJECT_ARRAY && message->via.array.size >= 3 &&
        items[0].type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        kind = items[0].via.u64;
    if (kind == RESPONSE && message->via.array.size == 4) return read_response(answer, items, why);
    if (kind == NOTIFICATION && message->via.array.size == 3)
        return read_notification(answer, items);
    *why = "neither an answer nor a notification of msgpack-rpc";
    return false;
}

struct tuan_answer *answer_parse(const char *bytes, size_t len, const char **why)
{
    struct tuan_answer *answer = calloc(1, sizeof *answer + len);
    size_t used = 0;

    *why = NULL;
    if (answer == NULL) return NULL;
    memcpy(answer->bytes, bytes, len);
    answer->result = &nil;
    msgpack_unpacked_init(&answer->tree);
    switch (msgpack_unpack_next(&answer->tree, answer->bytes, len, &used)) {
    case MSGPACK_UNPACK_SUCCESS:
    case MSGPACK_UNPACK_EXTRA_BYTES:
        if (read_message(answer, why)) return answer;
        break;
    case MSGPACK_UNPACK_NOMEM_ERROR: /* what msgpack-c says of nesting beyond its stack, too */
    case MSGPACK_UNPACK_CONTINUE:
    case MSGPACK_UNPACK_PARSE_ERROR: *why = "an answer is not msgpack, or nested too deeply"; break;
    }
    tuan_answer_free(answer);
    return NULL;
}

uint32_t tuan_answer_msgid(const struct tuan_answer *answer)
{
    return answer->msgid;
}

const char *tuan_answer_method(const struct tuan_answer *answer)
{
    return answer->method == NULL ? "" : answer->method;
}

bool tuan_answer_is_refused(const struct tuan_answer *answer)
{
    return answer->is_refused;
}

const char *tuan_answer_code(const struct tuan_answer *answer)
{
    return answer->code;
}

const char *tuan_answer_text(const struct tuan_answer *answer)
{
    return answer->text == NULL ? "" : answer->text;
}

bool tuan_answer_detail(const struct tuan_answer *answer, const char *name, char *out, size_t size)
{
    size_t name_len = strlen(name);

    for (const char *word = tuan_answer_text(answer); *word != '\0'; word += strspn(word, " ")) {
        size_t len = strcspn(word, " ");
        if (len > name_len && word[name_len] == '=' && memcmp(word, name, name_len) == 0) {
            size_t value_len = len - name_len - 1;
            if (value_len >= size) return false;
            memcpy(out, word + name_len + 1, value_len);
            out[value_len] = '\0';
            return true;
        }
        word += len;
    }
    return false;
}

const struct tuan_value *tuan_answer_result(const struct tuan_answer *answer)
{
    return value_of(answer->result);
}

bool tuan_answer_int(const struct tuan_answer *answer, const char *name, int64_t *out)
{
    return tuan_value_int(tuan_value_get(value_of(answer->result), name), out);
}

bool tuan_answer_copy(const struct tuan_answer *answer, const char *name, char *out, size_t size)
{
    return tuan_value_copy(tuan_value_get(value_of(answer->result), name), out, size);
}

enum tuan_value_kind tuan_value_kind(const struct tuan_value *value)
{
    switch (object_of(value)->type) {
    case MSGPACK_OBJECT_NIL: return TUAN_VALUE_NIL;
    case MSGPACK_OBJECT_BOOLEAN:
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: return TUAN_VALUE_INT;
    case MSGPACK_OBJECT_STR:
    case MSGPACK_OBJECT_BIN: return TUAN_VALUE_TEXT;
    case MSGPACK_OBJECT_ARRAY: return TUAN_VALUE_LIST;
    case MSGPACK_OBJECT_MAP: return TUAN_VALUE_MAP;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
    case MSGPACK_OBJECT_EXT: break;
    }
    return TUAN_VALUE_OTHER;
}

size_t tuan_value_count(const struct tuan_value *value)
{
    const msgpack_object *object = object_of(value);

    if (object->type == MSGPACK_OBJECT_ARRAY) return object->via.array.size;
    return object->type == MSGPACK_OBJECT_MAP ? object->via.map.size : 0;
}

const struct tuan_value *tuan_value_at(const struct tuan_value *list_or_map, size_t index)
{
    const msgpack_object *object = object_of(list_or_map);

    if (index >= tuan_value_count(list_or_map)) return NULL;
    if (object->type == MSGPACK_OBJECT_ARRAY) return value_of(&object->via.array.ptr[index]);
    return value_of(&object->via.map.ptr[index].val);
}

const struct tuan_value *tuan_value_key(const struct tuan_value *map, size_t index)
{
    const msgpack_object *object = object_of(map);

    if (object->type != MSGPACK_OBJECT_MAP || index >= object->via.map.size) return NULL;
    return value_of(&object->via.map.ptr[index].key);
}

const struct tuan_value *tuan_value_get(const struct tuan_value *map, const char *name)
{
    size_t name_len = strlen(name);

    for (size_t i = 0; i < tuan_value_count(map); i++) {
        const msgpack_object *key = object_of(tuan_value_key(map, i));
        if (is_text(key) && key->via.str.size == name_len &&
            memcmp(key->via.str.ptr, name, name_len) == 0)
            return tuan_value_at(map, i);
    }
    return NULL;
}

bool tuan_value_int(const struct tuan_value *value, int64_t *out)
{
    const msgpack_object *object = object_of(value);

    if (object->type == MSGPACK_OBJECT_BOOLEAN)
        *out = object->via.boolean ? 1 : 0;
    else if (object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        *out = object->via.i64;
    else if (object->type == MSGPACK_OBJECT_POSITIVE_INTEGER && object->via.u64 <= INT64_MAX)
        *out = (int64_t)object->via.u64;
    else
        return false;
    return true;
}

bool tuan_value_text(const struct tuan_value *value, const char **text, size_t *len)
{
    const msgpack_object *object = object_of(value);

    if (!is_text(object)) return false;
    *text = object->via.str.ptr;
    *len = object->via.str.size;
    return true;
}

bool tuan_value_copy(const struct tuan_value *value, char *out, size_t size)
{
    const char *text;
    size_t len;

    if (!tuan_value_text(value, &text, &len) || len >= size || memchr(text, '\0', len) != NULL)
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}
