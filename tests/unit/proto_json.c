/* SPDX-License-Identifier: BSD-2-Clause */
/* proto_json.c - messages as JSON: exact text, safe in pages, read by jansson to the same values.
 */
#include "proto/json.h"
#include "unit/proto_testing.h"

#include <jansson.h>

CLAIM(strings_are_escaped_for_json_and_html)
{
    struct tuan_out out = OUT_EMPTY;

    tuan_json_string(&out, TUAN_STR("團 \"a\\b\" <i>&\n\x7f"));
    assert_literal(&out, "\"團 \\\"a\\\\b\\\" \\u003ci\\u003e\\u0026\\u000a\\u007f\"");
    out.len = 0;
    tuan_json_string(&out, (struct tuan_str){NULL, 0});
    assert_literal(&out, "\"\"");
    free(out.data);
}

CLAIM(every_byte_of_ascii_survives)
{
    char ascii[127];
    struct tuan_out out = OUT_EMPTY;

    for (int i = 0; i < 127; i++)
        ascii[i] = (char)(i + 1);
    tuan_json_string(&out, (struct tuan_str){ascii, sizeof ascii});
    json_t *string = json_loadb(out.data, out.len, JSON_DECODE_ANY, NULL);
    assert_non_null(string);
    assert_int_equal(json_string_length(string), sizeof ascii);
    assert_memory_equal(json_string_value(string), ascii, sizeof ascii);
    json_decref(string);
    free(out.data);
}

/* Sixteen bytes are looked at whole: so each byte at each place of each length. */
CLAIM(a_byte_is_judged_wherever_it_stands)
{
    struct tuan_out out = OUT_EMPTY;

    for (uint32_t len = 1; len <= 33; len++)
        for (uint32_t at = 0; at < len; at++)
            for (int c = 0; c < 256; c++) {
                char text[33];
                bool is_control = c < ' ' || c == 0x7f;
                bool is_escaped = is_control || (c != 0 && strchr("\"\\<>&", c) != NULL);

                memset(text, 'z', sizeof text);
                text[at] = (char)c;
                char *copy = exact_copy(text, len);
                struct tuan_str str = {copy, len};
                out.len = 0;
                tuan_json_string(&out, str);
                assert_int_equal(out.len > len + 2, is_escaped);
                assert_int_equal(tuan_id_is_valid(str), c > ' ' && c < 0x7f);
                assert_int_equal(tuan_text_is_valid(str), c >= ' ' && c < 0x7f);
                free(copy);
            }
    free(out.data);
}

CLAIM(a_seat_is_an_object)
{
    struct tuan_seat seat = sample_seat();
    struct tuan_out out = OUT_EMPTY;

    tuan_json_message(&out, &tuan_seat_message, &seat);
    assert_literal(
        &out,
        "{\"room\":\"0000000G000000000002\",\"campaign\":\"c1\",\"order\":\"o1\",\"user\":\"u1\","
        "\"seat\":\"held\",\"room_state\":\"open\",\"role\":\"leader\",\"size\":3,\"paid\":0,"
        "\"held\":1,"
        "\"missing\":3,\"free\":2,\"hold_until\":1700000900000,\"deadline\":1700086400000,"
        "\"version\":2,"
        "\"now\":1700000000000}");
    free(out.data);
}

CLAIM(dotted_parameters_are_nested_and_nothing_is_an_empty_object)
{
    struct tuan_rules rules = tuan_rules_default;
    struct tuan_campaign campaign = {.given = 0};
    struct tuan_out out = OUT_EMPTY;

    rules.given = UINT64_C(1) << TUAN_PARAM_cut_min | UINT64_C(1) << TUAN_PARAM_cut_max |
                  UINT64_C(1) << TUAN_PARAM_tiers;
    TUAN_SET(campaign, &campaign, rules, &rules);
    TUAN_SET(campaign, &campaign, now, 1);
    tuan_json_message(&out, &tuan_campaign_message, &campaign);
    assert_literal(&out, "{\"tiers\":[],\"cut\":{\"min\":0,\"max\":0},\"now\":1}");
    out.len = 0;
    campaign.given = 0;
    tuan_json_message(&out, &tuan_campaign_message, &campaign);
    assert_literal(&out, "{}");
    free(out.data);
}

/* Names are in the rows, so a jansson tree of as many members, none of them null, is the message.
 */
CLAIM(random_messages_are_valid_json)
{
    static const struct tuan_message *const messages[] = {
#define TUAN_MESSAGE(name, doc) &tuan_##name##_message,
#define TUAN_FIELD(message, type, member, wire, of, doc)
#define TUAN_MESSAGE_END(name)
#include "proto/messages.def"
    };
    enum { ARENA_SIZE = 64 << 20 };
    uint64_t seed = 14;
    char *bytes = malloc(ARENA_SIZE);

    for (size_t i = 0; i < 40 * sizeof messages / sizeof messages[0]; i++) {
        const struct tuan_message *message = messages[i % (sizeof messages / sizeof messages[0])];
        struct tuan_arena arena = {.base = bytes, .cap = ARENA_SIZE};
        void *body = tuan_arena_take(&arena, message->size);
        struct tuan_out out = OUT_EMPTY;
        random_message(&seed, message, body, &arena);
        tuan_json_message(&out, message, body);
        json_t *root = json_loadb(out.data, out.len, 0, NULL);
        assert_non_null(root);
        for (size_t j = 0; j < message->count; j++) {
            const struct tuan_field *field = &message->fields[j];
            bool is_given = (*(const uint64_t *)body >> j) & 1;
            if (field->type != TUAN_RULES)
                assert_int_equal(json_object_get(root, field->name) != NULL, is_given);
            if (field->type == TUAN_INT && is_given && message != &tuan_campaign_message)
                assert_int_equal(json_integer_value(json_object_get(root, field->name)),
                                 *(const int64_t *)((const char *)body + field->offset));
        }
        json_decref(root);
        free(out.data);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_escaped_for_json_and_html),
        cmocka_unit_test(every_byte_of_ascii_survives),
        cmocka_unit_test(a_byte_is_judged_wherever_it_stands),
        cmocka_unit_test(a_seat_is_an_object),
        cmocka_unit_test(dotted_parameters_are_nested_and_nothing_is_an_empty_object),
        cmocka_unit_test(random_messages_are_valid_json),
    };
    return cmocka_run_group_tests_name("proto_json", tests, NULL, NULL);
}
