/* SPDX-License-Identifier: BSD-2-Clause */
/* proto_pack.c - facts and records: packed, read by msgpack-c, unpacked, damaged. */
#include "proto/pack.h"
#include "unit/proto_testing.h"

#include <msgpack.h>

enum { ROUNDS = 100, ARENA_SIZE = 8 << 20 };

static char *arena_bytes;

static struct tuan_arena new_arena(int half)
{
    return (struct tuan_arena){.base = arena_bytes + half * ARENA_SIZE, .cap = ARENA_SIZE};
}

static const struct tuan_message *const records[] = {
#define TUAN_RECORD(name, doc) &tuan_##name##_message,
#define TUAN_RECORD_FIELD(record, type, member, of)
#define TUAN_RECORD_END(name)
#include "proto/records.def"
};
enum { RECORD_COUNT = sizeof records / sizeof records[0] };

static struct tuan_fact random_fact(uint64_t *seed, int number, struct tuan_arena *arena)
{
    struct tuan_fact fact = {.type = (enum tuan_fact_type)number};
    random_message(seed, tuan_fact_message(number), &fact.given, arena);
    return fact;
}

CLAIM(every_fact_survives_packing)
{
    uint64_t seed = 1;

    for (int number = 1; number < TUAN_FACT_TYPE_END; number++) {
        for (int round = 0; round < ROUNDS && tuan_fact_message(number) != NULL; round++) {
            struct tuan_arena arena = new_arena(0), unpacked = new_arena(1);
            struct tuan_fact fact = random_fact(&seed, number, &arena), back;
            struct tuan_out out = OUT_EMPTY;
            size_t consumed;
            tuan_pack_fact(&out, &fact);
            char *copy = exact_copy(out.data, out.len);
            assert_true(tuan_unpack_fact(copy, out.len, &consumed, &back, &unpacked));
            assert_int_equal(consumed, out.len);
            assert_int_equal(back.type, number);
            assert_same_message(tuan_fact_message(number), &fact.given, &back.given);
            free(copy);
            free(out.data);
        }
    }
}

CLAIM(every_record_survives_packing)
{
    uint64_t seed = 2;

    for (int i = 0; i < RECORD_COUNT * ROUNDS; i++) {
        const struct tuan_message *message = records[i % RECORD_COUNT];
        struct tuan_arena arena = new_arena(0), unpacked = new_arena(1);
        void *record = tuan_arena_take(&arena, message->size);
        void *back = tuan_arena_take(&unpacked, message->size);
        struct tuan_out out = OUT_EMPTY;
        size_t consumed;
        random_message(&seed, message, record, &arena);
        tuan_pack_record(&out, message, record);
        char *copy = exact_copy(out.data, out.len);
        assert_true(tuan_unpack_record(copy, out.len, &consumed, message, back, &unpacked));
        assert_int_equal(consumed, out.len);
        assert_same_message(message, record, back);
        free(copy);
        free(out.data);
    }
}

static void assert_object_is_str(const msgpack_object *object, struct tuan_str str)
{
    assert_int_equal(object->type, MSGPACK_OBJECT_STR);
    assert_int_equal(object->via.str.size, str.len);
    assert_memory_equal(object->via.str.ptr, str.ptr, str.len);
}

static void assert_object_is_int(const msgpack_object *object, int64_t value)
{
    assert_int_equal(object->type,
                     value < 0 ? MSGPACK_OBJECT_NEGATIVE_INTEGER : MSGPACK_OBJECT_POSITIVE_INTEGER);
    assert_int_equal(object->via.i64, value);
}

static void assert_object_is_rid(const msgpack_object *object, struct tuan_id id)
{
    unsigned char bytes[TUAN_RID_BYTES];

    tuan_rid_pack(id, bytes);
    assert_int_equal(object->type, MSGPACK_OBJECT_BIN);
    assert_int_equal(object->via.bin.size, TUAN_RID_BYTES);
    assert_memory_equal(object->via.bin.ptr, bytes, sizeof bytes);
}

static void assert_object_is(const msgpack_object *object, const struct tuan_field *field,
                             const void *value);

static void assert_objects_are(const msgpack_object *objects, uint32_t count,
                               const struct tuan_message *message, const void *body)
{
    uint64_t given;

    memcpy(&given, body, sizeof given);
    assert_int_equal(count, given == 0 ? 0 : 64 - __builtin_clzll(given));
    for (uint32_t i = 0; i < count; i++) {
        if ((given >> i) & 1)
            assert_object_is(&objects[i], &message->fields[i],
                             (const char *)body + message->fields[i].offset);
        else
            assert_int_equal(objects[i].type, MSGPACK_OBJECT_NIL);
    }
}

static void assert_object_is_rules(const msgpack_object *object, const struct tuan_rules *rules)
{
    uint32_t seen = 0;

    assert_int_equal(object->type, MSGPACK_OBJECT_MAP);
    for (int i = 0; i < TUAN_PARAM_COUNT; i++) {
        const struct tuan_field *field = &tuan_param_fields[i];
        if (((rules->given >> i) & 1) == 0) continue;
        assert_object_is_str(&object->via.map.ptr[seen].key, str_of(field->name));
        assert_object_is(&object->via.map.ptr[seen++].val, field,
                         (const char *)rules + field->offset);
    }
    assert_int_equal(object->via.map.size, seen);
}

static void assert_object_is_list(const msgpack_object *object, const struct tuan_field *field,
                                  const void *value)
{
    const struct tuan_list *list = value; /* all lists have items and count in the same places */
    const msgpack_object *items = object->via.array.ptr;

    assert_int_equal(object->type, MSGPACK_OBJECT_ARRAY);
    assert_int_equal(object->via.array.size, list->count);
    for (uint32_t i = 0; i < list->count; i++) {
        if (field->type == TUAN_LIST) {
            assert_int_equal(items[i].type, MSGPACK_OBJECT_ARRAY);
            assert_objects_are(items[i].via.array.ptr, items[i].via.array.size, field->items,
                               (const char *)list->items + i * field->items->size);
        } else if (field->type == TUAN_TIERS) {
            assert_int_equal(items[i].via.array.size, 2);
            assert_object_is_int(&items[i].via.array.ptr[0],
                                 ((const struct tuan_tiers *)value)->items[i].size);
            assert_object_is_int(&items[i].via.array.ptr[1],
                                 ((const struct tuan_tiers *)value)->items[i].price);
        } else if (field->type == TUAN_RIDS) {
            assert_object_is_rid(&items[i], ((const struct tuan_ids *)value)->items[i]);
        } else {
            assert_object_is_str(&items[i], ((const struct tuan_names *)value)->items[i]);
        }
    }
}

static void assert_object_is(const msgpack_object *object, const struct tuan_field *field,
                             const void *value)
{
    const struct tuan_tags *tags = value;

    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_WORD: assert_object_is_int(object, *(const int64_t *)value); break;
    case TUAN_ID:
    case TUAN_TEXT: assert_object_is_str(object, *(const struct tuan_str *)value); break;
    case TUAN_RID: assert_object_is_rid(object, *(const struct tuan_id *)value); break;
    case TUAN_TAGS:
        assert_int_equal(object->type, MSGPACK_OBJECT_MAP);
        assert_int_equal(object->via.map.size, tags->count);
        for (uint32_t i = 0; i < tags->count; i++) {
            assert_object_is_str(&object->via.map.ptr[i].key, tags->items[i].name);
            assert_object_is_str(&object->via.map.ptr[i].val, tags->items[i].value);
        }
        break;
    case TUAN_NAMES:
    case TUAN_RIDS:
    case TUAN_TIERS:
    case TUAN_LIST: assert_object_is_list(object, field, value); break;
    case TUAN_MAP: fail_msg("a map is of replies only"); break;
    case TUAN_RULES:
        assert_object_is_rules(object, *(const struct tuan_rules *const *)value);
        break;
    }
}

CLAIM(msgpack_c_reads_facts_to_the_same_values)
{
    uint64_t seed = 3;

    for (int i = 0; i < 20 * ROUNDS; i++) {
        int number = 1 + i % (TUAN_FACT_TYPE_END - 1);
        struct tuan_arena arena = new_arena(0);
        struct tuan_out out = OUT_EMPTY;
        msgpack_unpacked result;
        size_t used = 0;
        if (tuan_fact_message(number) == NULL) continue;
        struct tuan_fact fact = random_fact(&seed, number, &arena);
        tuan_pack_fact(&out, &fact);
        msgpack_unpacked_init(&result);
        assert_int_equal(msgpack_unpack_next(&result, out.data, out.len, &used),
                         MSGPACK_UNPACK_SUCCESS);
        assert_int_equal(used, out.len);
        assert_int_equal(result.data.type, MSGPACK_OBJECT_ARRAY);
        assert_object_is_int(&result.data.via.array.ptr[0], number);
        assert_objects_are(result.data.via.array.ptr + 1, result.data.via.array.size - 1,
                           tuan_fact_message(number), &fact.given);
        msgpack_unpacked_destroy(&result);
        free(out.data);
    }
}

CLAIM(msgpack_c_reads_records_to_the_same_values)
{
    uint64_t seed = 4;

    for (int i = 0; i < RECORD_COUNT * ROUNDS; i++) {
        const struct tuan_message *message = records[i % RECORD_COUNT];
        struct tuan_arena arena = new_arena(0);
        void *record = tuan_arena_take(&arena, message->size);
        struct tuan_out out = OUT_EMPTY;
        msgpack_unpacked result;
        size_t used = 0;
        random_message(&seed, message, record, &arena);
        tuan_pack_record(&out, message, record);
        msgpack_unpacked_init(&result);
        assert_int_equal(msgpack_unpack_next(&result, out.data, out.len, &used),
                         MSGPACK_UNPACK_SUCCESS);
        assert_objects_are(result.data.via.array.ptr, result.data.via.array.size, message, record);
        msgpack_unpacked_destroy(&result);
        free(out.data);
    }
}

static bool unpacks(const char *bytes, size_t len)
{
    struct tuan_arena arena = new_arena(1);
    struct tuan_fact fact;
    size_t consumed = 0;
    char *copy = exact_copy(bytes, len);
    bool is_good = tuan_unpack_fact(copy, len, &consumed, &fact, &arena);

    if (is_good) assert_true(consumed > 0 && consumed <= len);
    free(copy);
    return is_good;
}
#define unpacks_literal(literal) unpacks((literal), sizeof(literal) - 1)

CLAIM(a_fact_cut_anywhere_is_refused)
{
    uint64_t seed = 5;
    struct tuan_arena arena = new_arena(0);

    for (int number = 1; number < TUAN_FACT_TYPE_END; number++) {
        struct tuan_out out = OUT_EMPTY;
        if (tuan_fact_message(number) == NULL) continue;
        struct tuan_fact fact = random_fact(&seed, number, &arena);
        tuan_pack_fact(&out, &fact);
        for (size_t len = 0; len < out.len; len++)
            assert_false(unpacks(out.data, len));
        assert_true(unpacks(out.data, out.len));
        free(out.data);
    }
}

CLAIM(damaged_bytes_are_read_within_their_bounds)
{
    uint64_t seed = 6;

    for (int round = 0; round < 200 * ROUNDS; round++) {
        struct tuan_arena arena = new_arena(0);
        struct tuan_out out = OUT_EMPTY;
        int number = 1 + (int)(testing_random(&seed) % (TUAN_FACT_TYPE_END - 1));
        if (tuan_fact_message(number) == NULL) continue;
        struct tuan_fact fact = random_fact(&seed, number, &arena);
        tuan_pack_fact(&out, &fact);
        for (int flips = 0; flips < 3; flips++)
            out.data[testing_random(&seed) % out.len] = (char)testing_random(&seed);
        (void)unpacks(out.data, out.len);
        free(out.data);
    }
}

CLAIM(absent_fields_are_nil_and_absent_tails_cut)
{
    struct tuan_fact fact = {.type = TUAN_FACT_SEAT_RELEASED};
    struct tuan_out out = OUT_EMPTY;

    TUAN_SET(seat_released_fact, &fact.seat_released, campaign, TUAN_STR("c"));
    TUAN_SET(seat_released_fact, &fact.seat_released, n, 300);
    tuan_pack_fact(&out, &fact);
    assert_literal(&out, "\x94\x07\xa1"
                         "c\xc0\xcd\x01\x2c");
    free(out.data);
}

CLAIM(fields_of_a_newer_tuan_are_skipped)
{
    assert_true(unpacks_literal("\x92\x01\x05"));
    assert_true(
        unpacks_literal("\x95\x01\x05\x81\xa1x\x92\x01\xcb\0\0\0\0\0\0\0\0\xc7\x01\x02z\xc0"));
    assert_false(unpacks_literal("\x95\x01\x05\x81\xa1x\x92\x01\xc1\xc0\xc0"));
}

CLAIM(what_is_not_a_fact_is_refused)
{
    assert_false(unpacks_literal(""));
    assert_false(unpacks_literal("\x90"));
    assert_false(unpacks_literal("\x91\x00"));                       /* number 0 */
    assert_false(unpacks_literal("\x91\x7f"));                       /* no such number */
    assert_false(unpacks_literal("\x91\xff"));                       /* -1 */
    assert_false(unpacks_literal("\x92\x01\xa1x"));                  /* a string for an integer */
    assert_false(unpacks_literal("\x92\x01\xca\0\0\0\0"));           /* a float */
    assert_false(unpacks_literal("\x92\x01\xcf\xff\0\0\0\0\0\0\0")); /* beyond int64 */
    assert_false(unpacks_literal("\xdd\xff\xff\xff\xff\x01"));       /* a count beyond the bytes */
    assert_false(unpacks_literal("\x93\x07\xa1 \x01"));              /* an id with a space */
    assert_false(unpacks_literal("\x93\x0e\xa1x\xc4\x01x"));         /* a room id too short */
    assert_false(unpacks_literal("\x94\x02\xa1x\x01\x81\xa4nope\x01"));
    assert_false(unpacks_literal("\x94\x02\xa1x\x01\x82\xa4size\x02\xa4size\x02"));
    assert_false(unpacks_literal("\x94\x02\xa1x\x01\x81\xa5tiers\xdd\x0f\xff\xff\xff"));
    assert_true(unpacks_literal("\x94\x02\xa1x\x01\x81\xa4size\x02"));
}

CLAIM(a_full_arena_is_a_refusal)
{
    static const char bytes[] = "\x94\x02\xa1x\x01\x81\xa4size\x02";
    char small[32];
    struct tuan_arena arena = {.base = small, .cap = sizeof small};
    struct tuan_fact fact;
    size_t consumed;

    assert_false(tuan_unpack_fact(bytes, sizeof bytes - 1, &consumed, &fact, &arena));
}

CLAIM(a_count_beyond_the_bytes_takes_no_memory)
{
    static const char bytes[] = "\x94\x02\xa1x\x01\x81\xa5tiers\xdc\x00\x40\x92\x02\x02";
    struct tuan_arena arena = new_arena(1);
    struct tuan_fact fact;
    size_t consumed;

    assert_false(tuan_unpack_fact(bytes, sizeof bytes - 1, &consumed, &fact, &arena));
    assert_true(arena.used <= sizeof(struct tuan_rules) + 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fact_survives_packing),
        cmocka_unit_test(every_record_survives_packing),
        cmocka_unit_test(msgpack_c_reads_facts_to_the_same_values),
        cmocka_unit_test(msgpack_c_reads_records_to_the_same_values),
        cmocka_unit_test(a_fact_cut_anywhere_is_refused),
        cmocka_unit_test(damaged_bytes_are_read_within_their_bounds),
        cmocka_unit_test(absent_fields_are_nil_and_absent_tails_cut),
        cmocka_unit_test(fields_of_a_newer_tuan_are_skipped),
        cmocka_unit_test(what_is_not_a_fact_is_refused),
        cmocka_unit_test(a_full_arena_is_a_refusal),
        cmocka_unit_test(a_count_beyond_the_bytes_takes_no_memory),
    };

    arena_bytes = malloc((size_t)2 * ARENA_SIZE);
    int failed = cmocka_run_group_tests_name("proto_pack", tests, NULL, NULL);
    free(arena_bytes);
    return failed;
}
