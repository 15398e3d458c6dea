/* SPDX-License-Identifier: BSD-2-Clause */
#include "pairs.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { PATH_MAX_LEN = 200 };

static void join(char path[PATH_MAX_LEN], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void join(char path[PATH_MAX_LEN], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(path, PATH_MAX_LEN, format, args);
    va_end(args);
    assert(len < PATH_MAX_LEN);
}

static void add(struct pairs *pairs, const char *path, const char *value, size_t len)
{
    if (pairs->count == pairs->room) {
        pairs->room = pairs->room == 0 ? 64 : pairs->room * 2;
        pairs->items = mem_realloc(pairs->items, pairs->room * sizeof *pairs->items);
    }
    char *copy = mem_alloc(len + 1);
    memcpy(copy, value, len);
    copy[len] = '\0';
    pairs->items[pairs->count++] = (struct pair){mem_dup(path, strlen(path) + 1), copy};
}

static void add_int(struct pairs *pairs, const char *path, int64_t value)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%lld", (long long)value);
    add(pairs, path, text, (size_t)len);
}

static void add_str(struct pairs *pairs, const char *path, struct tuan_str str)
{
    add(pairs, path, str.len == 0 ? "" : str.ptr, str.len);
}

static void add_rid(struct pairs *pairs, const char *path, struct tuan_id id)
{
    char text[TUAN_RID_CHARS];
    tuan_rid_print(id, text);
    add(pairs, path, text, sizeof text);
}

static void add_list(struct pairs *pairs, const char *path, const struct tuan_field *field,
                     struct tuan_list list)
{
    char item_path[PATH_MAX_LEN];

    join(item_path, "%s.#", path);
    add_int(pairs, item_path, list.count);
    for (uint32_t i = 0; i < list.count; i++) {
        join(item_path, "%s.%u.", path, i);
        pairs_add_message(pairs, item_path, field->items,
                          (const char *)list.items + i * field->items->size);
    }
}

static void add_names(struct pairs *pairs, const char *path, struct tuan_names names)
{
    char item_path[PATH_MAX_LEN];

    for (uint32_t i = 0; i < names.count; i++) {
        join(item_path, "%s.%u", path, i);
        add_str(pairs, item_path, names.items[i]);
    }
}

static void add_map(struct pairs *pairs, const char *path, const struct tuan_field *field,
                    const void *body)
{
    char inner_path[PATH_MAX_LEN];

    join(inner_path, "%s.", path);
    pairs_add_message(pairs, inner_path, field->items, body);
}

static void add_field(struct pairs *pairs, const char *prefix, const struct tuan_field *field,
                      const void *object);

static void add_rules(struct pairs *pairs, const char *prefix, const struct tuan_rules *rules)
{
    for (size_t i = 0; i < TUAN_PARAM_COUNT; i++)
        add_field(pairs, prefix, &tuan_param_fields[i], rules);
}

static void add_field(struct pairs *pairs, const char *prefix, const struct tuan_field *field,
                      const void *object)
{
    char path[PATH_MAX_LEN];
    const void *at = (const char *)object + field->offset;

    join(path, "%s%s", prefix, field->name);
    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG: add_int(pairs, path, *(const int64_t *)at); break;
    case TUAN_WORD: {
        struct tuan_str word = tuan_word_str(field->words, *(const int64_t *)at);
        add_str(pairs, path, word);
        break;
    }
    case TUAN_ID:
    case TUAN_TEXT: add_str(pairs, path, *(const struct tuan_str *)at); break;
    case TUAN_RID: add_rid(pairs, path, *(const struct tuan_id *)at); break;
    case TUAN_LIST: add_list(pairs, path, field, *(const struct tuan_list *)at); break;
    case TUAN_NAMES: add_names(pairs, path, *(const struct tuan_names *)at); break;
    case TUAN_MAP: add_map(pairs, path, field, *(const void *const *)at); break;
    case TUAN_RULES: add_rules(pairs, prefix, *(const struct tuan_rules *const *)at); break;
    case TUAN_TAGS:
    case TUAN_RIDS:
    case TUAN_TIERS: break; /* no reply shows one yet */
    }
}

void pairs_add_message(struct pairs *pairs, const char *prefix, const struct tuan_message *message,
                       const void *body)
{
    uint64_t given;

    memcpy(&given, body, sizeof given);
    assert(message->count == 64 || given >> message->count == 0);
    for (size_t i = 0; i < message->count; i++)
        if ((given >> i) & 1) add_field(pairs, prefix, &message->fields[i], body);
}

const char *pairs_find(const struct pairs *pairs, const char *path)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].path, path) == 0) return pairs->items[i].value;
    return NULL;
}

char *pairs_print(const struct pairs *pairs)
{
    size_t len = 1;

    for (size_t i = 0; i < pairs->count; i++)
        len += strlen(pairs->items[i].path) + strlen(pairs->items[i].value) + 2;
    char *text = mem_alloc(len), *at = text;
    *at = '\0';
    for (size_t i = 0; i < pairs->count; i++)
        at +=
            sprintf(at, "%s%s=%s", i == 0 ? "" : " ", pairs->items[i].path, pairs->items[i].value);
    return text;
}

void pairs_clear(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        mem_free(pairs->items[i].path);
        mem_free(pairs->items[i].value);
    }
    mem_free(pairs->items);
    *pairs = (struct pairs){.items = NULL};
}
