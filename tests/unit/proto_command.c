/* SPDX-License-Identifier: BSD-2-Clause */
/* proto_command.c - words into commands: what is understood, and how each fault is named. */
#include "proto/resp.h"
#include "unit/proto_testing.h"

enum { WORDS_MAX = 32, ARENA_SIZE = 16384 };

static struct tuan_command command;
static struct tuan_fault fault;
static char arena_bytes[ARENA_SIZE];

static enum tuan_err build(const char *const *words, size_t arena_size)
{
    struct tuan_arena arena = {.base = arena_bytes, .cap = arena_size};
    struct tuan_str argv[WORDS_MAX];
    size_t argc = 0;

    while (words[argc] != NULL) {
        argv[argc] = str_of(words[argc]);
        argc++;
    }
    memset(&fault, 0, sizeof fault);
    return tuan_resp_command(argv, argc, &command, &arena, &fault);
}
#define assert_builds(...)                                                                         \
    do {                                                                                           \
        enum tuan_err err_ = build((const char *const[]){__VA_ARGS__, NULL}, ARENA_SIZE);          \
        if (err_ != TUAN_OK) fprintf(stderr, "%s\n", fault.text);                                  \
        assert_int_equal(err_, TUAN_OK);                                                           \
    } while (0)
#define assert_refused(expected_err, expected_text, ...)                                           \
    do {                                                                                           \
        assert_int_equal(build((const char *const[]){__VA_ARGS__, NULL}, ARENA_SIZE),              \
                         expected_err);                                                            \
        assert_string_equal(fault.text, expected_text);                                            \
        assert_int_equal(fault.err, expected_err);                                                 \
    } while (0)
#define assert_bad(text, ...) assert_refused(TUAN_ERR_BAD_ARGUMENT, text, __VA_ARGS__)

#define ROOM "0123456789ABCDEFGHJK"

/* ---- from JSON ---- */

static enum tuan_err build_json(const char *name, const char *text)
{
    struct tuan_arena arena = {.base = arena_bytes, .cap = ARENA_SIZE};

    memset(&fault, 0, sizeof fault);
    return tuan_json_command(str_of(name), str_of(text), &command, &arena, &fault);
}
#define assert_json_refused(expected_err, expected_text, name, body)                               \
    do {                                                                                           \
        assert_int_equal(build_json(name, body), expected_err);                                    \
        assert_string_equal(fault.text, expected_text);                                            \
    } while (0)
#define assert_json_bad(expected_text, name, body)                                                 \
    assert_json_refused(TUAN_ERR_BAD_ARGUMENT, expected_text, name, body)

CLAIM(a_json_object_is_a_command_with_names_flat_or_in_groups)
{
    assert_int_equal(build_json("campaign.put",
                                "{\"campaign\":\"tea\",\"size\":3,\"list_visible\":false,"
                                "\"virtual\":{\"mode\":\"all\"},\"virtual.value\":5,"
                                "\"tiers\":[{\"size\":2,\"price\":900}]}"),
                     TUAN_OK);
    assert_true(tuan_str_equal(command.arg.campaign, TUAN_STR("tea")));
    assert_int_equal(command.rules.size, 3);
    assert_int_equal(command.rules.list_visible, 0);
    assert_int_equal(command.rules.virtual_mode, TUAN_VIRTUAL_ALL);
    assert_int_equal(command.rules.virtual_value, 5);
    assert_int_equal(command.rules.tiers.count, 1);
    assert_int_equal(build_json("ROOM.OPEN", "{\"campaign\":\"c\",\"user\":\"u\",\"order\":\"o\","
                                             "\"tags\":{\"city\":\"sh\"}}"),
                     TUAN_OK);
    assert_int_equal(command.arg.tags.count, 1);
}

CLAIM(json_that_is_no_command_is_refused_by_name)
{
    assert_json_refused(TUAN_ERR_BAD_REQUEST, "the body is not one JSON object", "ping", "[]");
    assert_int_equal(build_json("ping", ""), TUAN_ERR_BAD_REQUEST);
    assert_int_equal(build_json("ping", "{} {}"), TUAN_ERR_BAD_REQUEST);
    assert_int_equal(build_json("ping", "{\"message\":\"a\",\"message\":\"b\"}"),
                     TUAN_ERR_BAD_REQUEST);
    assert_int_equal(build_json("pong", "{}"), TUAN_ERR_UNKNOWN_COMMAND);
    assert_json_bad("room: missing", "room.form", "{}");
    assert_json_bad("size: an integer is expected", "campaign.put",
                    "{\"campaign\":\"c\",\"size\":\"3\"}");
    assert_json_bad("campaign: no integer is expected", "campaign.put", "{\"campaign\":1}");
    assert_json_bad("campaign: not a value of this kind", "campaign.put", "{\"campaign\":null}");
    assert_json_bad("size: not a value of this kind", "campaign.put",
                    "{\"campaign\":\"c\",\"size\":2.5}");
    assert_json_bad("tiers: a list or a map is expected", "campaign.put",
                    "{\"campaign\":\"c\",\"tiers\":\"[]\"}");
    assert_json_bad("virtual.nothing: campaign.put takes no such argument", "campaign.put",
                    "{\"campaign\":\"c\",\"virtual\":{\"nothing\":1}}");
    assert_json_bad("campaign: given twice", "campaign.get",
                    "{\"campaign\":\"c\",\"CAMPAIGN\":\"d\"}");
}

CLAIM(required_words_stand_by_position_and_options_by_name)
{
    assert_builds("ROOM.Match", "c1", "u1", "o1", "QTY", "2", "new_user", "1", "channel", "app");
    assert_int_equal(command.id, TUAN_CMD_ROOM_MATCH);
    assert_true(tuan_str_equal(command.arg.campaign, TUAN_STR("c1")));
    assert_true(tuan_str_equal(command.arg.order, TUAN_STR("o1")));
    assert_int_equal(command.arg.qty, 2);
    assert_int_equal(command.arg.open, 1);
    assert_true(TUAN_GIVEN(&command, qty));
    assert_false(TUAN_GIVEN(&command, open));
    assert_true(TUAN_GIVEN(&command, new_user));
}

CLAIM(room_ids_end_where_a_name_stands)
{
    assert_builds("WATCH", ROOM, ROOM);
    assert_int_equal(command.arg.room_list.count, 2);
    assert_builds("WATCH", "CAMPAIGN", "tea");
    assert_false(TUAN_GIVEN(&command, room_list));
    assert_true(tuan_str_equal(command.arg.campaign, TUAN_STR("tea")));
    assert_builds("ROOM.MGET", ROOM, ROOM, ROOM, "Seats", "3");
    assert_int_equal(command.arg.room_list.count, 3);
    assert_int_equal(command.arg.seats, 3);
    assert_builds("ROOM.MGET", ROOM);
    assert_int_equal(command.arg.seats, TUAN_STATUS_SEATS_MAX);
    assert_false(TUAN_GIVEN(&command, seats));
    assert_int_equal(build((const char *const[]){"WATCH", "what", "tea", NULL}, ARENA_SIZE),
                     TUAN_ERR_BAD_ARGUMENT);
    assert_int_equal(build((const char *const[]){"ROOM.MGET", ROOM, "seats", NULL}, ARENA_SIZE),
                     TUAN_ERR_BAD_ARGUMENT);
    assert_int_equal(
        build((const char *const[]){"ROOM.MGET", ROOM, "seats", "3", ROOM, NULL}, ARENA_SIZE),
        TUAN_ERR_BAD_ARGUMENT);
}

CLAIM(every_command_is_found_in_any_case)
{
    for (int id = 0; id < TUAN_CMD_COUNT; id++) {
        char name[32] = "";
        for (size_t i = 0; tuan_commands[id].name[i] != '\0'; i++) {
            char c = tuan_commands[id].name[i];
            name[i] = (char)(c >= 'a' && c <= 'z' && i % 2 == 0 ? c - 32 : c);
        }
        assert_int_equal(tuan_command_find(str_of(name)), id);
        name[strlen(name) - 1] = '.';
        assert_int_equal(tuan_command_find(str_of(name)), TUAN_CMD_COUNT);
    }
    assert_int_equal(tuan_command_find(TUAN_STR("")), TUAN_CMD_COUNT);
}

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Sixteen bytes are compared at once: so each byte at each place of each length. */
CLAIM(names_differ_by_any_byte_but_not_by_case)
{
    char name[40], other[40];

    for (uint32_t len = 0; len <= sizeof name; len++) {
        for (uint32_t i = 0; i < len; i++)
            name[i] = "room.Get_Q[`{@"[i % 14];
        char *copy = exact_copy(name, len), *changed = exact_copy(name, len);
        for (uint32_t at = 0; at < len; at++)
            for (int c = 0; c < 256; c++) {
                changed[at] = (char)c;
                bool is_same = lower((unsigned char)name[at]) == lower(c);
                assert_int_equal(tuan_str_equal_nocase((struct tuan_str){copy, len},
                                                       (struct tuan_str){changed, len}),
                                 is_same);
                changed[at] = name[at];
            }
        assert_true(
            tuan_str_equal_nocase((struct tuan_str){copy, len}, (struct tuan_str){changed, len}));
        free(copy);
        free(changed);
    }
    for (int id = 0; id < TUAN_CMD_COUNT; id++) {
        struct tuan_str row = str_of(tuan_commands[id].name);
        for (uint32_t at = 0; at < row.len; at++)
            for (int c = 0; c < 256; c++) {
                memcpy(other, row.ptr, row.len);
                other[at] = (char)c;
                bool is_same = lower(c) == row.ptr[at];
                int found = (int)tuan_command_find((struct tuan_str){other, row.len});
                assert_int_equal(found == id, is_same);
            }
    }
}

CLAIM(every_word_is_found_by_number_and_by_name)
{
    static const struct tuan_words *const sets[] = {
#define TUAN_ENUM(set) &tuan_##set##_words,
#define TUAN_WORD(set, name, number, word)
#define TUAN_ENUM_END(set)
#include "proto/states.def"
    };

    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        for (size_t j = 0; j < sets[i]->count; j++) {
            const struct tuan_word *word = &sets[i]->words[j];
            assert_string_equal(tuan_word_text(sets[i], word->number), word->word);
            assert_int_equal(tuan_word_find(sets[i], str_of(word->word)), word->number);
            assert_int_equal(tuan_word_str(sets[i], word->number).len, strlen(word->word));
        }
        assert_string_equal(tuan_word_text(sets[i], 0), "");
        assert_string_equal(tuan_word_text(sets[i], 99), "");
        assert_int_equal(tuan_word_find(sets[i], TUAN_STR("none")) > 0,
                         sets[i] == &tuan_payment_words);
    }
}

CLAIM(unknown_names_are_named_and_the_nearest_is_offered)
{
    assert_refused(TUAN_ERR_UNKNOWN_COMMAND,
                   "no such command 'room.mtach', did you mean room.match", "room.mtach");
    assert_refused(TUAN_ERR_UNKNOWN_COMMAND, "no such command 'GET'", "GET");
    assert_refused(TUAN_ERR_UNKNOWN_COMMAND, "no such command '?[2J?'", "\x1b[2J\x7f");
    assert_refused(TUAN_ERR_UNKNOWN_COMMAND, "no such command '?x?'", "\xffx\xfe");
    assert_bad("campaing: campaign.list takes no such argument", "campaign.list", "campaing", "x");
    assert_bad("limti: campaign.list takes no such argument, did you mean limit", "campaign.list",
               "limti", "1");
    assert_bad("x: ping takes no such argument", "ping", "a", "x");
    assert_bad("extra: quit takes no such argument", "quit", "extra");
    assert_bad("seize: campaign.put takes no such argument, did you mean size", "campaign.put", "c",
               "seize", "3");
}

CLAIM(a_missing_word_is_named)
{
    assert_bad("campaign: missing", "room.match");
    assert_bad("order: missing", "room.match", "c", "u");
    assert_bad("qty: a name without a value", "room.match", "c", "u", "o", "qty");
}

CLAIM(a_name_given_twice_is_refused)
{
    assert_bad("qty: given twice", "room.match", "c", "u", "o", "qty", "1", "QTY", "1");
    assert_bad("user: given twice", "room.match", "c", "u", "o", "user", "v");
    assert_bad("size: given twice", "campaign.put", "c", "size", "3", "size", "3");
}

CLAIM(integers_are_strict_and_in_range)
{
    static const char *const bad[] = {"",
                                      "+1",
                                      "01",
                                      "-0",
                                      " 1",
                                      "1 ",
                                      "0x1",
                                      "1.0",
                                      "1e3",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999",
                                      "nan",
                                      "-"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(
            build((const char *const[]){"room.match", "c", "u", "o", "level", bad[i], NULL},
                  ARENA_SIZE),
            TUAN_ERR_BAD_ARGUMENT);
        assert_non_null(strstr(fault.text, "is not an integer"));
    }
    assert_bad("size: 1 is not from 2 to 10000", "campaign.put", "c", "size", "1");
    assert_bad("level: -9223372036854775808 is not from 0 to 1000000", "room.match", "c", "u", "o",
               "level", "-9223372036854775808");
    assert_bad("open: 2 is not from 0 to 1", "room.match", "c", "u", "o", "open", "2");
    assert_builds("campaign.put", "c", "end_at", "9223372036854775807", "if_revision", "0");
    assert_int_equal(command.rules.end_at, INT64_MAX);
}

CLAIM(ids_words_and_texts_are_checked)
{
    char long_id[66];

    memset(long_id, 'x', 65);
    long_id[65] = '\0';
    assert_bad("campaign: must not be empty", "room.match", "", "u", "o");
    assert_bad("user: 65 bytes are more than 64", "room.match", "c", long_id, "o");
    assert_bad("order: not UTF-8 without spaces and control characters", "room.match", "c", "u",
               "o 1");
    assert_bad("order: not UTF-8 without spaces and control characters", "room.match", "c", "u",
               "\xc0\x80");
    assert_bad("profile: not UTF-8 without control characters", "room.match", "c", "u", "o",
               "profile", "a\nb");
    assert_bad("rooms: 'maybe' is none of run_on fail", "campaign.close", "c", "rooms", "maybe");
    assert_bad("room: 'nope' is not an id of 20 characters", "room.get", "nope");
    assert_bad("room: 'U123456789ABCDEFGHJK' is not an id of 20 characters", "room.get",
               "U123456789ABCDEFGHJK");
    assert_builds("room.get", ROOM);
    assert_builds("campaign.close", "c", "ROOMS", "FAIL");
    assert_int_equal(command.arg.close_rooms, TUAN_CLOSE_FAIL);
}

CLAIM(further_words_are_a_list)
{
    assert_builds("room.mget", ROOM, ROOM);
    assert_int_equal(command.arg.room_list.count, 2);
    assert_bad("room: 'x y' is not an id of 20 characters", "room.mget", ROOM, "x y");
    assert_builds("hello", "3", "AUTH", "default", "secret with space");
    assert_int_equal(command.arg.protocol, 3);
    assert_int_equal(command.arg.words.count, 3);
    assert_builds("room.mget");
    assert_int_equal(command.arg.room_list.count, 0);
}

CLAIM(maps_and_lists_are_json_text)
{
    assert_builds("room.match", "c", "u", "o", "tags", "{\"city\":\"sh\",\"\\u5718\":\"a\"}");
    assert_int_equal(command.arg.tags.count, 2);
    assert_true(tuan_str_equal(command.arg.tags.items[0].name, TUAN_STR("city")));
    assert_true(tuan_str_equal(command.arg.tags.items[1].name, TUAN_STR("團")));
    assert_builds("campaign.put", "c", "tiers", "[]", "channels_deny", "[]", "virtual.mode", "off");
    assert_bad("tags: a JSON map is expected", "room.match", "c", "u", "o", "tags", "[]");
    assert_bad("tags: values are strings", "room.match", "c", "u", "o", "tags", "{\"a\":1}");
    assert_bad("tags: names and values are 1 to 64 bytes without spaces", "room.match", "c", "u",
               "o", "tags", "{\"a\":\"b c\"}");
    assert_bad("tags: 9 elements are not from 0 to 8", "room.match", "c", "u", "o", "tags",
               "{\"1\":\"\",\"2\":\"\",\"3\":\"\",\"4\":\"\",\"5\":\"\",\"6\":\"\",\"7\":\"\","
               "\"8\":\"\",\"9\":\"\"}");
    assert_bad("match_tags: elements are strings", "campaign.put", "c", "match_tags", "[1]");
    assert_bad("tiers: a tier needs size and price", "campaign.put", "c", "tiers",
               "[{\"size\":2}]");
    assert_bad("tiers: a tier has size and price, no more", "campaign.put", "c", "tiers",
               "[{\"sizes\":2}]");
    assert_bad("tiers: size and price are integers", "campaign.put", "c", "tiers",
               "[{\"size\":2.0}]");
    assert_bad("tiers: size 1 is not from 2 to 10000", "campaign.put", "c", "tiers",
               "[{\"size\":1,\"price\":1}]");
    assert_bad("tiers: elements are maps of size and price", "campaign.put", "c", "tiers",
               "[[2,900]]");
}

CLAIM(broken_json_is_refused)
{
    static const char *const bad[] = {"",
                                      "{",
                                      "{\"a\":\"b\"}x",
                                      "{\"a\":\"b\",\"a\":\"c\"}",
                                      "nul",
                                      "{\"a\":\"\\u0000\"}",
                                      "{\"a\":\"\xff\"}",
                                      "{a:1}",
                                      "\"a\""};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(
            build((const char *const[]){"room.match", "c", "u", "o", "tags", bad[i], NULL},
                  ARENA_SIZE),
            TUAN_ERR_BAD_ARGUMENT);
        assert_memory_equal(fault.text, "tags: ", 6);
        assert_true(tuan_text_is_valid(str_of(fault.text)));
    }
}

CLAIM(deep_json_is_refused_without_harm)
{
    char deep[4096];
    struct tuan_str argv[] = {
        TUAN_STR("campaign.put"), TUAN_STR("c"), TUAN_STR("tiers"), {deep, sizeof deep}};
    struct tuan_arena arena = {.base = arena_bytes, .cap = ARENA_SIZE};

    memset(deep, '[', sizeof deep);
    assert_int_equal(tuan_resp_command(argv, 4, &command, &arena, &fault), TUAN_ERR_BAD_ARGUMENT);
}

CLAIM(parameters_that_are_given_are_noted)
{
    assert_builds("campaign.put", "c", "size", "3", "status", "paused");
    assert_int_equal(command.rules.size, 3);
    assert_int_equal(command.rules.given,
                     UINT64_C(1) << TUAN_PARAM_size | UINT64_C(1) << TUAN_PARAM_status);
}

CLAIM(a_full_arena_is_too_large)
{
    assert_int_equal(build((const char *const[]){"room.mget", ROOM, ROOM, NULL}, 16),
                     TUAN_ERR_TOO_LARGE);
    assert_int_equal(
        build((const char *const[]){"room.match", "c", "u", "o", "tags", "{\"a\":\"b\"}", NULL},
              48),
        TUAN_ERR_TOO_LARGE);
}

CLAIM(faults_are_text_whatever_was_sent)
{
    uint64_t seed = 12;

    for (int round = 0; round < 20000; round++) {
        char noise[3][101] = {"", "", ""};
        struct tuan_str argv[] = {
            TUAN_STR("campaign.put"), TUAN_STR("c"), {noise[0], 0}, {noise[1], 0}};
        struct tuan_arena arena = {.base = arena_bytes, .cap = ARENA_SIZE};
        const struct tuan_field *field =
            &tuan_param_fields[testing_random(&seed) % TUAN_PARAM_COUNT];
        for (int i = 0; i < 2; i++) {
            argv[2 + i].len = (uint32_t)(testing_random(&seed) % 100);
            for (uint32_t j = 0; j < argv[2 + i].len; j++)
                noise[i][j] = (char)testing_random(&seed);
        }
        if (round % 2 == 0) argv[2] = str_of(field->name);
        if (tuan_resp_command(argv, 4, &command, &arena, &fault) != TUAN_OK) {
            assert_true(strlen(fault.text) < sizeof fault.text && strlen(fault.text) > 0);
            assert_true(tuan_text_is_valid(str_of(fault.text)));
        }
    }
}

CLAIM(no_words_are_no_request)
{
    struct tuan_arena arena = {.base = arena_bytes, .cap = ARENA_SIZE};
    struct tuan_str none[1] = {{NULL, 0}};

    assert_int_equal(tuan_resp_command(none, 0, &command, &arena, &fault), TUAN_ERR_BAD_REQUEST);
    assert_int_equal(tuan_resp_command(none, 1, &command, &arena, &fault),
                     TUAN_ERR_UNKNOWN_COMMAND);
}

static void errors_are_found_by_the_name_they_are_sent_by(void **state)
{
    (void)state;
    for (int err = 1; err < TUAN_ERR_COUNT; err++)
        assert_int_equal(tuan_error_find(str_of(tuan_errors[err].name)), err);
    assert_int_equal(tuan_error_find(TUAN_STR("OK")), TUAN_ERR_COUNT);
    assert_int_equal(tuan_error_find(TUAN_STR("ROOM_FUL")), TUAN_ERR_COUNT);
    assert_int_equal(tuan_error_find(TUAN_STR("ROOM_FULL_")), TUAN_ERR_COUNT);
    assert_int_equal(tuan_error_find(TUAN_STR("")), TUAN_ERR_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_object_is_a_command_with_names_flat_or_in_groups),
        cmocka_unit_test(json_that_is_no_command_is_refused_by_name),
        cmocka_unit_test(required_words_stand_by_position_and_options_by_name),
        cmocka_unit_test(room_ids_end_where_a_name_stands),
        cmocka_unit_test(errors_are_found_by_the_name_they_are_sent_by),
        cmocka_unit_test(every_command_is_found_in_any_case),
        cmocka_unit_test(names_differ_by_any_byte_but_not_by_case),
        cmocka_unit_test(every_word_is_found_by_number_and_by_name),
        cmocka_unit_test(unknown_names_are_named_and_the_nearest_is_offered),
        cmocka_unit_test(a_missing_word_is_named),
        cmocka_unit_test(a_name_given_twice_is_refused),
        cmocka_unit_test(integers_are_strict_and_in_range),
        cmocka_unit_test(ids_words_and_texts_are_checked),
        cmocka_unit_test(further_words_are_a_list),
        cmocka_unit_test(maps_and_lists_are_json_text),
        cmocka_unit_test(broken_json_is_refused),
        cmocka_unit_test(deep_json_is_refused_without_harm),
        cmocka_unit_test(parameters_that_are_given_are_noted),
        cmocka_unit_test(a_full_arena_is_too_large),
        cmocka_unit_test(faults_are_text_whatever_was_sent),
        cmocka_unit_test(no_words_are_no_request),
    };
    return cmocka_run_group_tests_name("proto_command", tests, NULL, NULL);
}
