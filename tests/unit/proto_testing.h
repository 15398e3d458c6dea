/* SPDX-License-Identifier: BSD-2-Clause */
/* proto_testing.h - what the tests of proto share: buffers whose end ASan guards, random messages,
 * comparison. */
#ifndef TUAN_TESTS_PROTO_TESTING_H
#define TUAN_TESTS_PROTO_TESTING_H

#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CLAIM(name) static void name(void **state __attribute__((unused)))

static inline void *testing_grow(void *old, size_t size)
{
    void *grown = realloc(old, size);
    assert_non_null(grown);
    return grown;
}
#define OUT_EMPTY ((struct tuan_out){.grow = testing_grow})

/* A copy behind whose last byte nothing may be read. */
static inline char *exact_copy(const char *bytes, size_t len)
{
    char *copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    if (len > 0) memcpy(copy, bytes, len);
    return copy;
}

static inline void assert_bytes(const struct tuan_out *out, const char *expected, size_t len)
{
    if (out->len != len || memcmp(out->data, expected, len) != 0) {
        fprintf(stderr, "got %zu bytes: ", out->len);
        for (size_t i = 0; i < out->len; i++)
            fprintf(stderr,
                    out->data[i] >= ' ' && out->data[i] != '"' && out->data[i] != '\\' ? "%c"
                                                                                       : "\\x%02x",
                    (unsigned char)out->data[i]);
        fprintf(stderr, "\n");
    }
    assert_int_equal(out->len, len);
    assert_memory_equal(out->data, expected, len);
}
#define assert_literal(out, literal) assert_bytes((out), (literal), sizeof(literal) - 1)

static inline struct tuan_str str_of(const char *text)
{
    return (struct tuan_str){text, (uint32_t)strlen(text)};
}

static inline uint64_t testing_random(uint64_t *seed)
{
    uint64_t mixed = (*seed += UINT64_C(0x9e3779b97f4a7c15));
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

/* Integers of every width, of either sign. */
static inline int64_t random_int(uint64_t *seed)
{
    uint64_t bits = testing_random(seed) >> (testing_random(seed) % 64);
    return (int64_t)(testing_random(seed) & 1 ? bits : ~bits);
}

static inline struct tuan_str random_str(uint64_t *seed, struct tuan_arena *arena, uint32_t max)
{
    uint32_t len = (uint32_t)(1 + testing_random(seed) % max);
    char *text = tuan_arena_take(arena, len);

    assert_non_null(text);
    for (uint32_t i = 0; i < len; i++)
        text[i] = (char)('!' + testing_random(seed) % 94);
    return (struct tuan_str){text, len};
}

static inline struct tuan_id random_rid(uint64_t *seed)
{
    return (struct tuan_id){testing_random(seed) >> 28, testing_random(seed)};
}

static inline void random_message(uint64_t *seed, const struct tuan_message *message, void *body,
                                  struct tuan_arena *arena);
static inline void random_rules(uint64_t *seed, struct tuan_rules *rules, struct tuan_arena *arena);

static inline void random_value(uint64_t *seed, const struct tuan_field *field, void *place,
                                struct tuan_arena *arena)
{
    uint32_t count = (uint32_t)(testing_random(seed) % 20);
    void *items = NULL;

    switch (field->type) {
    case TUAN_INT: *(int64_t *)place = random_int(seed); break;
    case TUAN_FLAG: *(int64_t *)place = (int64_t)(testing_random(seed) & 1); break;
    case TUAN_WORD:
        *(int64_t *)place = field->words->words[testing_random(seed) % field->words->count].number;
        break;
    case TUAN_ID: *(struct tuan_str *)place = random_str(seed, arena, 64); break;
    case TUAN_TEXT: *(struct tuan_str *)place = random_str(seed, arena, 300); break;
    case TUAN_RID: *(struct tuan_id *)place = random_rid(seed); break;
    case TUAN_TAGS:
        items = tuan_arena_take(arena, 20 * sizeof(struct tuan_tag));
        for (uint32_t i = 0; i < count; i++)
            ((struct tuan_tag *)items)[i] =
                (struct tuan_tag){random_str(seed, arena, 8), random_str(seed, arena, 64)};
        *(struct tuan_tags *)place = (struct tuan_tags){items, count};
        break;
    case TUAN_NAMES:
        items = tuan_arena_take(arena, 20 * sizeof(struct tuan_str));
        for (uint32_t i = 0; i < count; i++)
            ((struct tuan_str *)items)[i] = random_str(seed, arena, 64);
        *(struct tuan_names *)place = (struct tuan_names){items, count};
        break;
    case TUAN_RIDS:
        items = tuan_arena_take(arena, 20 * sizeof(struct tuan_id));
        for (uint32_t i = 0; i < count; i++)
            ((struct tuan_id *)items)[i] = random_rid(seed);
        *(struct tuan_ids *)place = (struct tuan_ids){items, count};
        break;
    case TUAN_TIERS:
        items = tuan_arena_take(arena, 20 * sizeof(struct tuan_tier));
        for (uint32_t i = 0; i < count; i++)
            ((struct tuan_tier *)items)[i] = (struct tuan_tier){random_int(seed), random_int(seed)};
        *(struct tuan_tiers *)place = (struct tuan_tiers){items, count};
        break;
    case TUAN_LIST:
        items = tuan_arena_take(arena, 20 * field->items->size);
        for (uint32_t i = 0; i < count; i++)
            random_message(seed, field->items, (char *)items + i * field->items->size, arena);
        *(struct tuan_list *)place = (struct tuan_list){items, count};
        break;
    case TUAN_MAP:
        items = tuan_arena_take(arena, field->items->size);
        random_message(seed, field->items, items, arena);
        *(const void **)place = items;
        break;
    case TUAN_RULES:
        items = tuan_arena_take(arena, sizeof(struct tuan_rules));
        random_rules(seed, items, arena);
        *(const struct tuan_rules **)place = items;
        break;
    }
}

static inline void random_message(uint64_t *seed, const struct tuan_message *message, void *body,
                                  struct tuan_arena *arena)
{
    uint64_t given = testing_random(seed) & ((UINT64_C(1) << message->count) - 1);

    memset(body, 0, message->size);
    for (size_t i = 0; i < message->count; i++)
        if ((given >> i) & 1)
            random_value(seed, &message->fields[i], (char *)body + message->fields[i].offset,
                         arena);
    memcpy(body, &given, sizeof given);
}

static inline void random_rules(uint64_t *seed, struct tuan_rules *rules, struct tuan_arena *arena)
{
    *rules = tuan_rules_default;
    rules->given = testing_random(seed) & (UINT64_MAX >> (64 - TUAN_PARAM_COUNT));
    for (int i = 0; i < TUAN_PARAM_COUNT; i++)
        if ((rules->given >> i) & 1)
            random_value(seed, &tuan_param_fields[i], (char *)rules + tuan_param_fields[i].offset,
                         arena);
}

static inline void assert_same_str(struct tuan_str a, struct tuan_str b)
{
    assert_true(tuan_str_equal(a, b));
}

static inline void assert_same_message(const struct tuan_message *message, const void *a,
                                       const void *b);

static inline void assert_same_rules(const struct tuan_rules *a, const struct tuan_rules *b);

static inline void assert_same_value(const struct tuan_field *field, const void *a, const void *b)
{
    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_WORD: assert_int_equal(*(const int64_t *)a, *(const int64_t *)b); break;
    case TUAN_ID:
    case TUAN_TEXT:
        assert_same_str(*(const struct tuan_str *)a, *(const struct tuan_str *)b);
        break;
    case TUAN_RID:
        assert_true(tuan_rid_equal(*(const struct tuan_id *)a, *(const struct tuan_id *)b));
        break;
    case TUAN_TAGS: {
        const struct tuan_tags *x = a, *y = b;
        assert_int_equal(x->count, y->count);
        for (uint32_t i = 0; i < x->count; i++) {
            assert_same_str(x->items[i].name, y->items[i].name);
            assert_same_str(x->items[i].value, y->items[i].value);
        }
        break;
    }
    case TUAN_NAMES: {
        const struct tuan_names *x = a, *y = b;
        assert_int_equal(x->count, y->count);
        for (uint32_t i = 0; i < x->count; i++)
            assert_same_str(x->items[i], y->items[i]);
        break;
    }
    case TUAN_RIDS: {
        const struct tuan_ids *x = a, *y = b;
        assert_int_equal(x->count, y->count);
        for (uint32_t i = 0; i < x->count; i++)
            assert_true(tuan_rid_equal(x->items[i], y->items[i]));
        break;
    }
    case TUAN_TIERS: {
        const struct tuan_tiers *x = a, *y = b;
        assert_int_equal(x->count, y->count);
        for (uint32_t i = 0; i < x->count; i++) {
            assert_int_equal(x->items[i].size, y->items[i].size);
            assert_int_equal(x->items[i].price, y->items[i].price);
        }
        break;
    }
    case TUAN_LIST: {
        const struct tuan_list *x = a, *y = b;
        assert_int_equal(x->count, y->count);
        for (uint32_t i = 0; i < x->count; i++)
            assert_same_message(field->items, (const char *)x->items + i * field->items->size,
                                (const char *)y->items + i * field->items->size);
        break;
    }
    case TUAN_MAP:
        assert_same_message(field->items, *(const void *const *)a, *(const void *const *)b);
        break;
    case TUAN_RULES:
        assert_same_rules(*(const struct tuan_rules *const *)a,
                          *(const struct tuan_rules *const *)b);
        break;
    }
}

static inline void assert_same_message(const struct tuan_message *message, const void *a,
                                       const void *b)
{
    uint64_t given;

    memcpy(&given, a, sizeof given);
    assert_memory_equal(a, b, sizeof given);
    for (size_t i = 0; i < message->count; i++)
        if ((given >> i) & 1)
            assert_same_value(&message->fields[i], (const char *)a + message->fields[i].offset,
                              (const char *)b + message->fields[i].offset);
}

static inline void assert_same_rules(const struct tuan_rules *a, const struct tuan_rules *b)
{
    assert_int_equal(a->given, b->given);
    for (int i = 0; i < TUAN_PARAM_COUNT; i++)
        assert_same_value(&tuan_param_fields[i], (const char *)a + tuan_param_fields[i].offset,
                          (const char *)b + tuan_param_fields[i].offset);
}

/* A seat as ROOM.MATCH answers it. */
static inline struct tuan_seat sample_seat(void)
{
    struct tuan_seat seat = {.given = 0};

    TUAN_SET(seat, &seat, room, ((struct tuan_id){1, 2}));
    TUAN_SET(seat, &seat, campaign, TUAN_STR("c1"));
    TUAN_SET(seat, &seat, order, TUAN_STR("o1"));
    TUAN_SET(seat, &seat, user, TUAN_STR("u1"));
    TUAN_SET(seat, &seat, state, TUAN_SEAT_HELD);
    TUAN_SET(seat, &seat, room_state, TUAN_ROOM_OPEN);
    TUAN_SET(seat, &seat, role, TUAN_ROLE_LEADER);
    TUAN_SET(seat, &seat, size, 3);
    TUAN_SET(seat, &seat, paid, 0);
    TUAN_SET(seat, &seat, held, 1);
    TUAN_SET(seat, &seat, missing, 3);
    TUAN_SET(seat, &seat, free, 2);
    TUAN_SET(seat, &seat, hold_until, 1700000900000);
    TUAN_SET(seat, &seat, deadline, 1700086400000);
    TUAN_SET(seat, &seat, version, 2);
    TUAN_SET(seat, &seat, now, 1700000000000);
    return seat;
}

static inline struct tuan_reply reply_with(const struct tuan_message *message, const void *body)
{
    return (struct tuan_reply){.message = message, .body = body};
}

/* ROOM_FULL with all that may follow. */
static inline struct tuan_reply sample_refusal(void)
{
    struct tuan_reply reply = {.err = TUAN_ERR_ROOM_FULL};

    TUAN_SET(problem, &reply.problem, retry_after_ms, 900);
    TUAN_SET(problem, &reply.problem, room, ((struct tuan_id){0, 1}));
    TUAN_SET(problem, &reply.problem, version, 7);
    return reply;
}

#endif
