/* SPDX-License-Identifier: BSD-2-Clause */
/* proto_write.c - what the encoders write by: decimals, labels, short copies. */
#include "proto/write.h"
#include "unit/proto_testing.h"

#include <inttypes.h>

/* Exactly as much room as is promised to be enough. */
static void assert_prints(int64_t value)
{
    char expected[32], *room = malloc(TUAN_DECIMAL_MAX);
    int len = snprintf(expected, sizeof expected, "%" PRId64, value);

    assert_non_null(room);
    assert_int_equal(tuan_put_int(room, value) - room, len);
    assert_memory_equal(room, expected, (size_t)len);
    free(room);
}

CLAIM(an_integer_prints_as_printf_prints_it)
{
    uint64_t seed = 1;

    for (int64_t value = -100000; value <= 100000; value++)
        assert_prints(value);
    for (int64_t power = 1; power < INT64_MAX / 10; power *= 10)
        for (int64_t near = -2; near <= 2; near++) {
            assert_prints(power + near);
            assert_prints(-power + near);
        }
    for (int i = 0; i < 200000; i++)
        assert_prints((int64_t)(testing_random(&seed) >> (testing_random(&seed) % 64)));
    assert_prints(INT64_MAX);
    assert_prints(INT64_MIN);
}

CLAIM(the_largest_number_fits)
{
    char room[TUAN_DECIMAL_MAX];

    assert_ptr_equal(tuan_put_decimal(room, UINT64_MAX), room + sizeof room);
    assert_memory_equal(room, "18446744073709551615", sizeof room);
}

static void assert_label(const struct tuan_label *label, const char *text)
{
    char room[TUAN_LABEL_BYTES];

    assert_int_equal(label->len, strlen(text));
    assert_ptr_equal(tuan_put_label(room, label), room + label->len);
    assert_memory_equal(room, text, label->len);
}

static void assert_named(const char *name, const struct tuan_label *bulk)
{
    char text[64];

    snprintf(text, sizeof text, "$%zu\r\n%s\r\n", strlen(name), name);
    assert_label(bulk, text);
}

static void assert_labels(const struct tuan_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[64];

        if (fields[i].name_len == 0) continue; /* its fields are told as the message's own */
        assert_named(fields[i].name, &fields[i].bulk);
        snprintf(text, sizeof text, ",\"%s\":", fields[i].name);
        assert_label(&fields[i].key, text);
    }
}

CLAIM(labels_are_what_printing_would_write)
{
    assert_labels(tuan_arg_fields, TUAN_ARG_COUNT);
    assert_labels(tuan_param_fields, TUAN_PARAM_COUNT);
#define TUAN_MESSAGE(name, doc)                                                                    \
    assert_labels(tuan_##name##_message.fields, tuan_##name##_message.count);
#define TUAN_FIELD(message, type, member, wire, of, doc)
#define TUAN_MESSAGE_END(name)
#include "proto/messages.def"
#define TUAN_ENUM(set)                                                                             \
    for (size_t i = 0; i < tuan_##set##_words.count; i++)                                          \
        assert_named(tuan_##set##_words.words[i].word, &tuan_##set##_words.words[i].bulk);
#define TUAN_WORD(set, name, number, word)
#define TUAN_ENUM_END(set)
#include "proto/states.def"
}

/* The bits by which a codec finds maps are those of the rows' types. */
CLAIM(maps_are_marked)
{
#define TUAN_MESSAGE(name, doc)
#define TUAN_FIELD(message, type, member, wire, of, doc)                                           \
    assert_int_equal((tuan_##message##_message.maps >> TUAN_F_##message##_##member) & 1,           \
                     TUAN_##type == TUAN_MAP || TUAN_##type == TUAN_RULES);
#define TUAN_MESSAGE_END(name)
#include "proto/messages.def"
    assert_true(tuan_campaign_message.maps != 0);
}

CLAIM(bytes_of_each_length_are_copied_and_no_more)
{
    for (size_t len = 0; len <= 70; len++) {
        char from[70], *bytes, *to = malloc(len + 1);

        assert_non_null(to);
        for (size_t i = 0; i < sizeof from; i++)
            from[i] = (char)('0' + i);
        bytes = exact_copy(from, len);
        to[len] = '.';
        assert_ptr_equal(tuan_put_bytes(to, bytes, len), to + len);
        assert_memory_equal(to, from, len);
        assert_int_equal(to[len], '.');
        free(bytes);
        free(to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_integer_prints_as_printf_prints_it),
        cmocka_unit_test(the_largest_number_fits),
        cmocka_unit_test(labels_are_what_printing_would_write),
        cmocka_unit_test(maps_are_marked),
        cmocka_unit_test(bytes_of_each_length_are_copied_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
