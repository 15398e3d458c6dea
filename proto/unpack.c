/* SPDX-License-Identifier: BSD-2-Clause */
/* unpack.c - facts and records back from the mirror's bytes, which may be damaged: nothing in them
 * is believed. */
#include "proto/cursor.h"
#include "proto/pack.h"

#include <string.h>

struct unpacker {
    struct tuan_cursor cursor;
    struct tuan_arena *arena;
};

static bool next(struct unpacker *from, struct tuan_token *token)
{
    return tuan_cursor_next(&from->cursor, token) == TUAN_PARSE_DONE;
}

static bool next_is(struct unpacker *from, enum tuan_token_kind kind, struct tuan_token *token)
{
    return next(from, token) && token->kind == kind;
}

/* Room for `count` elements, each of which is one byte at least in what is left. */
static bool take(struct unpacker *from, uint32_t count, size_t size, void **items)
{
    *items = NULL;
    if (count > (size_t)(from->cursor.end - from->cursor.at)) return false;
    if (count > 0) *items = tuan_arena_take(from->arena, count * size);
    return count == 0 || *items != NULL;
}

static bool to_rid(const struct tuan_token *token, struct tuan_id *id)
{
    if (token->kind != TUAN_TOKEN_STR || token->str.len != TUAN_RID_BYTES) return false;
    *id = tuan_rid_unpack((const unsigned char *)token->str.ptr);
    return id->hi >> 36 == 0;
}

static bool to_str(const struct tuan_token *token, bool is_id, struct tuan_str *str)
{
    if (token->kind != TUAN_TOKEN_STR) return false;
    *str = token->str;
    if (str->len == 0) return true;
    return is_id ? tuan_id_is_valid(*str) : tuan_text_is_valid(*str);
}

static bool to_int(const struct tuan_token *token, int64_t *number)
{
    *number = token->number;
    return token->kind == TUAN_TOKEN_INT;
}

static bool unpack_tags(struct unpacker *from, const struct tuan_token *head,
                        struct tuan_tags *tags)
{
    struct tuan_token name, value;
    void *items;

    if (head->kind != TUAN_TOKEN_MAP || !take(from, head->count, sizeof(struct tuan_tag), &items))
        return false;
    *tags = (struct tuan_tags){items, head->count};
    for (uint32_t i = 0; i < head->count; i++) {
        struct tuan_tag *tag = (struct tuan_tag *)items + i;
        if (!next(from, &name) || !to_str(&name, true, &tag->name) || !next(from, &value) ||
            !to_str(&value, true, &tag->value))
            return false;
    }
    return true;
}

static bool unpack_names(struct unpacker *from, const struct tuan_token *head,
                         struct tuan_names *names)
{
    struct tuan_token name;
    void *items;

    if (head->kind != TUAN_TOKEN_ARRAY || !take(from, head->count, sizeof(struct tuan_str), &items))
        return false;
    *names = (struct tuan_names){items, head->count};
    for (uint32_t i = 0; i < head->count; i++)
        if (!next(from, &name) || !to_str(&name, false, (struct tuan_str *)items + i)) return false;
    return true;
}

static bool unpack_tiers(struct unpacker *from, const struct tuan_token *head,
                         struct tuan_tiers *tiers)
{
    struct tuan_token pair, size, price;
    void *items;

    if (head->kind != TUAN_TOKEN_ARRAY ||
        !take(from, head->count, sizeof(struct tuan_tier), &items))
        return false;
    *tiers = (struct tuan_tiers){items, head->count};
    for (uint32_t i = 0; i < head->count; i++) {
        struct tuan_tier *tier = (struct tuan_tier *)items + i;
        if (!next_is(from, TUAN_TOKEN_ARRAY, &pair) || pair.count != 2 || !next(from, &size) ||
            !to_int(&size, &tier->size) || !next(from, &price) || !to_int(&price, &tier->price))
            return false;
    }
    return true;
}

static bool unpack_value(struct unpacker *from, const struct tuan_token *head,
                         const struct tuan_field *field, void *place);

static bool unpack_rules(struct unpacker *from, const struct tuan_token *head,
                         const struct tuan_rules **rules)
{
    struct tuan_token name, value;
    struct tuan_rules *made = tuan_arena_take(from->arena, sizeof *made);

    if (head->kind != TUAN_TOKEN_MAP || made == NULL) return false;
    *made = tuan_rules_default;
    *rules = made;
    for (uint32_t i = 0; i < head->count; i++) {
        if (!next_is(from, TUAN_TOKEN_STR, &name)) return false;
        enum tuan_param param = tuan_param_find(name.str);
        if (param == TUAN_PARAM_COUNT || ((made->given >> param) & 1)) return false;
        const struct tuan_field *field = &tuan_param_fields[param];
        if (!next(from, &value) || !unpack_value(from, &value, field, (char *)made + field->offset))
            return false;
        made->given |= UINT64_C(1) << param;
    }
    return true;
}

static bool unpack_fields(struct unpacker *from, uint32_t count, const struct tuan_message *message,
                          void *body);

static bool unpack_list(struct unpacker *from, const struct tuan_token *head,
                        const struct tuan_message *message, struct tuan_list *list)
{
    struct tuan_token item;
    void *items;

    if (head->kind != TUAN_TOKEN_ARRAY || !take(from, head->count, message->size, &items))
        return false;
    *list = (struct tuan_list){items, head->count};
    for (uint32_t i = 0; i < head->count; i++)
        if (!next_is(from, TUAN_TOKEN_ARRAY, &item) ||
            !unpack_fields(from, item.count, message, (char *)items + i * message->size))
            return false;
    return true;
}

static bool is_in_set(const struct tuan_words *words, int64_t number)
{
    return number == 0 || tuan_word_str(words, number).len > 0;
}

static bool unpack_value(struct unpacker *from, const struct tuan_token *head,
                         const struct tuan_field *field, void *place)
{
    switch (field->type) {
    case TUAN_INT: return to_int(head, place);
    case TUAN_FLAG: return to_int(head, place) && (head->number == 0 || head->number == 1);
    case TUAN_WORD: return to_int(head, place) && is_in_set(field->words, head->number);
    case TUAN_ID:
    case TUAN_TEXT: return to_str(head, field->type == TUAN_ID, place);
    case TUAN_RID: return to_rid(head, place);
    case TUAN_TAGS: return unpack_tags(from, head, place);
    case TUAN_NAMES: return unpack_names(from, head, place);
    case TUAN_TIERS: return unpack_tiers(from, head, place);
    case TUAN_LIST: return unpack_list(from, head, field->items, place);
    case TUAN_RIDS:
    case TUAN_MAP: return false; /* of requests and replies only */
    case TUAN_RULES: return unpack_rules(from, head, place);
    }
    return false;
}

/* The fields that an array of `count` holds; those beyond our rows were written by a newer tuan. */
static bool unpack_fields(struct unpacker *from, uint32_t count, const struct tuan_message *message,
                          void *body)
{
    struct tuan_token head;
    enum tuan_err flaw;
    uint64_t given = 0;

    memset(body, 0, message->size);
    for (uint32_t i = 0; i < count && i < message->count; i++) {
        const struct tuan_field *field = &message->fields[i];
        if (tuan_cursor_skip_nil(&from->cursor)) continue; /* as most fields of most records are */
        if (!next(from, &head)) return false;
        if (!unpack_value(from, &head, field, (char *)body + field->offset)) return false;
        given |= UINT64_C(1) << i;
    }
    for (uint32_t i = (uint32_t)message->count; i < count; i++) {
        size_t left = (size_t)(from->cursor.end - from->cursor.at);
        if (tuan_cursor_skip(&from->cursor, left, &flaw) != TUAN_PARSE_DONE) return false;
    }
    memcpy(body, &given, sizeof given);
    return true;
}

static size_t used_of(const struct unpacker *from, const char *data)
{
    return (size_t)((const char *)from->cursor.at - data);
}

bool tuan_unpack_fact(const char *data, size_t len, size_t *consumed, struct tuan_fact *fact,
                      struct tuan_arena *arena)
{
    struct unpacker from = {tuan_cursor_over(data, len), arena};
    struct tuan_token head, number;

    if (!next_is(&from, TUAN_TOKEN_ARRAY, &head) || head.count == 0 ||
        !next_is(&from, TUAN_TOKEN_INT, &number))
        return false;
    const struct tuan_message *message = tuan_fact_message(number.number);
    if (message == NULL || !unpack_fields(&from, head.count - 1, message, &fact->given))
        return false;
    fact->type = (enum tuan_fact_type)number.number;
    *consumed = used_of(&from, data);
    return true;
}

bool tuan_unpack_record(const char *data, size_t len, size_t *consumed,
                        const struct tuan_message *message, void *record, struct tuan_arena *arena)
{
    struct unpacker from = {tuan_cursor_over(data, len), arena};
    struct tuan_token head;

    if (!next_is(&from, TUAN_TOKEN_ARRAY, &head) ||
        !unpack_fields(&from, head.count, message, record))
        return false;
    *consumed = used_of(&from, data);
    return true;
}
