/* SPDX-License-Identifier: BSD-2-Clause */
/* proto_rpc.c - MessagePack-RPC: requests of every shape that clients send, replies to the exact
 * bytes, refusals. */
#include "proto/rpc.h"
#include "unit/proto_testing.h"

#include <msgpack.h>

enum { FRAME_MAX = 2048, ARENA_SIZE = 16384 };

static struct tuan_rpc_request request;
static struct tuan_command command;
static struct tuan_fault fault;
static char arena_bytes[ARENA_SIZE];

static enum tuan_parse parse(const char *copy, size_t len, size_t *consumed)
{
    enum tuan_parse got = tuan_rpc_parse(copy, len, FRAME_MAX, &request, consumed, &fault);

    assert_true(*consumed <= len);
    if (got == TUAN_PARSE_BAD) assert_true(strlen(fault.text) > 0 && fault.err != TUAN_OK);
    if (got == TUAN_PARSE_MORE) assert_int_equal(*consumed, 0);
    return got;
}

/* Parse one whole request and build its command; the verdict of the first that refuses. */
static enum tuan_err run(const char *bytes, size_t len)
{
    struct tuan_arena arena = {.base = arena_bytes, .cap = ARENA_SIZE};
    char *copy = exact_copy(bytes, len);
    size_t consumed;
    enum tuan_err err;

    memset(&fault, 0, sizeof fault);
    switch (parse(copy, len, &consumed)) {
    case TUAN_PARSE_MORE: err = TUAN_ERR_COUNT; break;
    case TUAN_PARSE_BAD: err = fault.err; break;
    default:
        assert_int_equal(consumed, len);
        err = tuan_rpc_command(&request, &command, &arena, &fault);
    }
    free(copy);
    return err;
}
#define run_literal(literal) run((literal), sizeof(literal) - 1)
#define assert_refused(literal, expected_err, expected_text)                                       \
    do {                                                                                           \
        assert_int_equal(run_literal(literal), expected_err);                                      \
        assert_string_equal(fault.text, expected_text);                                            \
    } while (0)
#define assert_bad(literal, text) assert_refused(literal, TUAN_ERR_BAD_ARGUMENT, text)

/* [0, 1, "room.match", [{campaign: "c", user: "u", order: "o", …more}]] with `n` pairs in all */
#define MATCH(n, more)                                                                             \
    "\x94\x00\x01\xaaroom.match\x91" n "\xa8"                                                      \
    "campaign\xa1"                                                                                 \
    "c\xa4user\xa1u\xa5order\xa1o" more
#define PUT(n, more)                                                                               \
    "\x94\x00\x01\xac"                                                                             \
    "campaign.put\x91" n "\xa8"                                                                    \
    "campaign\xa1"                                                                                 \
    "c" more

CLAIM(a_request_is_read)
{
    assert_int_equal(
        run_literal(MATCH("\x86", "\xa3qty\xcd\x01\x00\xa8new_user\xc3\xa4TAGS\x81\xc4\x04"
                                  "city\xc4\x02sh")),
        TUAN_OK);
    assert_int_equal(request.msgid, 1);
    assert_false(request.is_notification);
    assert_int_equal(command.id, TUAN_CMD_ROOM_MATCH);
    assert_int_equal(command.arg.qty, 256);
    assert_int_equal(command.arg.new_user, 1);
    assert_int_equal(command.arg.tags.count, 1);
    assert_int_equal(command.arg.open, 1);
}

CLAIM(no_arguments_come_in_four_shapes)
{
    assert_int_equal(run_literal("\x94\x00\xce\xff\xff\xff\xff\xa4ping\x90"), TUAN_OK);
    assert_int_equal(request.msgid, UINT32_MAX);
    assert_int_equal(run_literal("\x94\x00\x01\xa4PING\x91\x90"), TUAN_OK);
    assert_int_equal(run_literal("\x94\x00\x01\xa4ping\x91\x80"), TUAN_OK);
    assert_int_equal(run_literal("\x94\x00\x01\xa4ping\x91\xc0"), TUAN_OK);
    assert_int_equal(run_literal("\x94\x00\x01\xc4\x04ping\xc0"), TUAN_OK);
    assert_int_equal(run_literal("\x93\x02\xa4ping\x90"), TUAN_OK);
    assert_true(request.is_notification);
}

CLAIM(what_is_not_a_request_is_refused_with_its_end_known)
{
    static const char *const bad[] = {"\x01",
                                      "\x90",
                                      "\x91\x01",
                                      "\x94\x01\x01\xa1x\x90",
                                      "\x93\x01\x01\xa1x",
                                      "\x94\x02\x01\xa1x\x90",
                                      "\x95\x01\x01\xa1x\x90\x90",
                                      "\x94\x03\xff\xa1x\x90",
                                      "\xa3xyz",
                                      "\x81\x01\x02",
                                      "\x94\x01\x01\x01\x90",
                                      "\x94\xc0\x01\xa1x\x90"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t len = strlen(bad[i]), consumed;
        char *copy = exact_copy(bad[i], len);
        assert_int_equal(parse(copy, len, &consumed), TUAN_PARSE_BAD);
        assert_int_equal(consumed, len);
        assert_int_equal(fault.err, TUAN_ERR_BAD_REQUEST);
        free(copy);
    }
}

CLAIM(the_id_of_a_bad_request_is_told_where_it_can_be_read)
{
    size_t consumed;

    assert_int_equal(parse("\x94\x00\x2a\xa1x\xd4\x01z", 8, &consumed), TUAN_PARSE_BAD);
    assert_int_equal(consumed, 8);
    assert_int_equal(request.msgid, 42);
    assert_int_equal(parse("\x94\x00\x2b\x05\x90", 5, &consumed), TUAN_PARSE_BAD);
    assert_int_equal(request.msgid, 43);
    assert_int_equal(parse("\x94\x00\xcf\x00\x00\x00\x01\x00\x00\x00\x00\xa1x\x90", 14, &consumed),
                     TUAN_PARSE_BAD);
    assert_string_equal(fault.text, "the message id is not from 0 to 4294967295");
}

CLAIM(a_stream_that_cannot_be_followed_is_refused_for_good)
{
    size_t consumed;

    assert_int_equal(parse("\x94\x00\x01\xc1", 4, &consumed), TUAN_PARSE_BAD);
    assert_int_equal(consumed, 0);
    assert_int_equal(parse("\x94\x00\x01\xdb\xff\xff\xff\xff", 8, &consumed), TUAN_PARSE_BAD);
    assert_int_equal(consumed, 0);
    assert_int_equal(fault.err, TUAN_ERR_TOO_LARGE);
    assert_int_equal(parse("\xdd\x0f\xff\xff\xff", 5, &consumed), TUAN_PARSE_BAD);
    assert_int_equal(fault.err, TUAN_ERR_TOO_LARGE);
}

CLAIM(depth_and_ext_are_refused_by_name)
{
    assert_refused("\x94\x00\x01\xa1x\x91\x91\x91\x91\x91\x91\x91\x91\x01", TUAN_ERR_TOO_DEEP,
                   "the request is nested deeper than 8");
    assert_refused(MATCH("\x84", "\xa3qty\xd4\x01x"), TUAN_ERR_BAD_REQUEST,
                   "extension types are not understood");
}

CLAIM(values_of_a_wrong_kind_are_named)
{
    assert_bad(MATCH("\x84", "\xa3qty\xca\x3f\x80\0\0"), "qty: an integer is expected");
    assert_bad(MATCH("\x84", "\xa3qty\xcb\x7f\xf8\0\0\0\0\0\0"), "qty: an integer is expected");
    assert_bad(MATCH("\x84", "\xa3qty\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
               "qty: an integer is expected");
    assert_bad(MATCH("\x84", "\xa3qty\xc0"), "qty: an integer is expected");
    assert_bad(MATCH("\x84", "\xa3qty\xc3"), "qty: an integer is expected");
    assert_bad(MATCH("\x84", "\xa3qty\xa1"
                             "2"),
               "qty: an integer is expected");
    assert_bad(MATCH("\x84", "\xa3qty\xff"), "qty: -1 is not from 1 to 1000000");
    assert_bad(MATCH("\x84", "\xa7"
                             "channel\x01"),
               "channel: a string is expected");
    assert_bad(MATCH("\x84", "\xa7"
                             "channel\xa0"),
               "channel: must not be empty");
    assert_bad(MATCH("\x84", "\xa7"
                             "channel\xa3"
                             "a\0b"),
               "channel: not UTF-8 without spaces and control characters");
    assert_bad(MATCH("\x84", "\xa4tags\x90"), "tags: a map is expected");
    assert_bad(MATCH("\x84", "\xa4tags\x81\xa1"
                             "a\x01"),
               "tags: a map of strings is expected");
    assert_bad(MATCH("\x84", "\xa4tags\x82\xa1"
                             "a\xa1"
                             "b\xa1"
                             "a\xa1"
                             "b"),
               "tags: a name is given twice");
    assert_bad(MATCH("\x84", "\x01\x01"), "names of arguments are strings");
}

CLAIM(names_given_twice_or_unknown_are_refused)
{
    assert_bad(MATCH("\x84", "\xa5order\xa1p"), "order: given twice");
    assert_bad(MATCH("\x84", "\xa5ORDER\xa1p"), "order: given twice");
    assert_bad(MATCH("\x84", "\xa4oder\xa1p"),
               "oder: room.match takes no such argument, did you mean order");
    assert_bad(MATCH("\x84", "\xa4si\0e\x01"), "si: room.match takes no such argument");
    assert_bad("\x94\x00\x01\xaaroom.match\x91\x80", "campaign: missing");
    assert_refused("\x94\x00\x01\xa3nop\x90", TUAN_ERR_UNKNOWN_COMMAND, "no such command 'nop'");
}

CLAIM(room_ids_are_a_list_under_their_name)
{
    assert_int_equal(run_literal("\x94\x00\x01\xa9room.mget\x91\x81\xa4room\x91\xb4"
                                 "0123456789ABCDEFGHJK"),
                     TUAN_OK);
    assert_int_equal(command.arg.room_list.count, 1);
    assert_bad("\x94\x00\x01\xa9room.mget\x91\x81\xa4room\x92\xb4"
               "0123456789ABCDEFGHJK\xa2no",
               "room: 'no' is not an id of 20 characters");
    assert_bad("\x94\x00\x01\xa9room.mget\x91\x81\xa4room\x91\x01",
               "room: a list of strings is expected");
    assert_bad("\x94\x00\x01\xa9room.mget\x91\x81\xa4room\xdc\x00\x65"
               "\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0"
               "\xa0\xa0\xa0\xa0\xa0"
               "\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0"
               "\xa0\xa0\xa0\xa0\xa0"
               "\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0"
               "\xa0\xa0\xa0\xa0\xa0"
               "\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0"
               "\xa0\xa0\xa0\xa0\xa0\xa0",
               "room: 101 elements are not from 0 to 100");
}

CLAIM(dotted_parameters_come_as_maps_or_with_their_dots)
{
    assert_int_equal(run_literal(PUT("\x82", "\xa7virtual\x82\xa4mode\xa3off\xa5value\x00")),
                     TUAN_OK);
    assert_int_equal(command.rules.given, UINT64_C(1) << TUAN_PARAM_virtual_mode |
                                              UINT64_C(1) << TUAN_PARAM_virtual_value);
    assert_int_equal(run_literal(PUT("\x82", "\xacvirtual.mode\xa3off")), TUAN_OK);
    assert_bad(PUT("\x83", "\xacvirtual.mode\xa3off\xa7virtual\x81\xa4mode\xa3off"),
               "virtual.mode: given twice");
    assert_bad(PUT("\x82", "\xa7virtual\x01"), "virtual: a map is expected");
    assert_bad(PUT("\x82", "\xa7virtual\x81\xa4nope\x01"),
               "virtual.nope: campaign.put takes no such argument, did you mean virtual.mode");
    assert_bad(PUT("\x82", "\xa7virtual\x81\xd9\x40"
                           "0123456789012345678901234567890123456789012345678901234567890123\x01"),
               "0123456789012345678901234567890123456789012345678901234567890123: campaign.put "
               "takes no such argument");
    assert_bad(PUT("\x82", "\xa7virtual\x81\x01\x01"), "virtual: names are strings");
    assert_bad(PUT("\x82", "\xa7virtual\x81\xa4mode\xa4"
                           "some"),
               "virtual.mode: 'some' is none of off all threshold_pct max_pct max_count");
}

CLAIM(tiers_are_lists_of_maps)
{
    assert_bad(PUT("\x82", "\xa5tiers\x91\x81\xa4size\x02"), "tiers: a tier needs size and price");
    assert_bad(PUT("\x82", "\xa5tiers\x91\x82\xa4size\x02\xa4size\x02"),
               "tiers: a name is given twice");
    assert_bad(PUT("\x82", "\xa5tiers\x91\x01"), "tiers: a list of maps is expected");
    assert_bad(PUT("\x82", "\xa5tiers\x91\x82\xa4size\xca\0\0\0\0\xa5price\x01"),
               "tiers: integers by name is expected");
    assert_int_equal(run_literal(PUT("\x82", "\xa5tiers\x90")), TUAN_OK);
}

CLAIM(every_split_gives_more_and_then_the_same_request)
{
    static const char bytes[] = MATCH("\x85", "\xa4tags\x81\xa4"
                                              "city\xa2sh\xa3qty\xcd\x01\x00");
    size_t len = sizeof bytes - 1, consumed;

    for (size_t cut = 0; cut <= len; cut++) {
        char *copy = exact_copy(bytes, cut);
        assert_int_equal(parse(copy, cut, &consumed),
                         cut < len ? TUAN_PARSE_MORE : TUAN_PARSE_DONE);
        free(copy);
    }
    assert_int_equal(consumed, len);
    assert_int_equal(run(bytes, len), TUAN_OK);
}

CLAIM(bytes_behind_a_request_are_left_alone)
{
    static const char bytes[] = "\x94\x00\x01\xa4ping\x90\xc1\xc1";
    size_t consumed;

    assert_int_equal(parse(bytes, sizeof bytes - 1, &consumed), TUAN_PARSE_DONE);
    assert_int_equal(consumed, sizeof bytes - 3);
}

CLAIM(damaged_requests_are_read_within_their_bounds)
{
    static const char match[] = MATCH("\x85", "\xa4tags\x81\xa4"
                                              "city\xa2sh\xa3qty\xcd\x01\x00");
    static const char put[] =
        PUT("\x84",
            "\xa5tiers\x91\x82\xa4size\x02\xa5price\x01\xa7virtual\x81\xa4mode\xa3off\xa4size\x03");
    uint64_t seed = 13;

    for (int round = 0; round < 40000; round++) {
        char bytes[sizeof put > sizeof match ? sizeof put : sizeof match];
        size_t len = round % 2 ? sizeof match - 1 : sizeof put - 1, consumed;
        struct tuan_arena arena = {.base = arena_bytes, .cap = ARENA_SIZE};
        memcpy(bytes, round % 2 ? match : put, len);
        for (uint64_t flips = 1 + testing_random(&seed) % 3; flips > 0; flips--)
            bytes[testing_random(&seed) % len] = (char)testing_random(&seed);
        char *copy = exact_copy(bytes, len);
        if (parse(copy, len, &consumed) == TUAN_PARSE_DONE &&
            tuan_rpc_command(&request, &command, &arena, &fault) != TUAN_OK)
            assert_true(tuan_text_is_valid(str_of(fault.text)));
        free(copy);
    }
}

static void assert_reply(enum tuan_error_form form, enum tuan_cmd id,
                         const struct tuan_reply *reply, const char *expected, size_t len)
{
    struct tuan_out out = OUT_EMPTY;
    msgpack_unpacked result;
    size_t used = 0;

    tuan_rpc_reply(&out, 1, form, id, reply);
    assert_bytes(&out, expected, len);
    msgpack_unpacked_init(&result);
    assert_int_equal(msgpack_unpack_next(&result, out.data, out.len, &used),
                     MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(used, out.len);
    msgpack_unpacked_destroy(&result);
    free(out.data);
}
#define assert_reply_literal(form, id, reply, literal)                                             \
    assert_reply((form), (id), (reply), (literal), sizeof(literal) - 1)

CLAIM(a_seat_is_a_map)
{
    struct tuan_seat seat = sample_seat();
    struct tuan_reply reply = reply_with(&tuan_seat_message, &seat);

    assert_reply_literal(TUAN_ERRORS_STRING, TUAN_CMD_ROOM_MATCH, &reply,
                         "\x94\x01\x01\xc0\xde\x00\x10\xa4room\xb4"
                         "0000000G000000000002\xa8"
                         "campaign\xa2"
                         "c1\xa5order\xa2o1"
                         "\xa4user\xa2u1\xa4seat\xa4held\xaaroom_"
                         "state\xa4open\xa4role\xa6leader\xa4size\x03\xa4paid\x00"
                         "\xa4held\x01\xa7missing\x03\xa4"
                         "free\x02\xaahold_until\xcf\x00\x00\x01\x8b\xcf\xf3\x23\xa0"
                         "\xa8"
                         "deadline\xcf\x00\x00\x01\x8b\xd5\x0b\xc4\x00\xa7version\x02"
                         "\xa3now\xcf\x00\x00\x01\x8b\xcf\xe5\x68\x00");
}

CLAIM(errors_are_a_string_or_a_map)
{
    struct tuan_reply refusal = sample_refusal();

    assert_reply_literal(TUAN_ERRORS_STRING, TUAN_CMD_ROOM_JOIN, &refusal,
                         "\x94\x01\x01\xd9\x50ROOM_FULL no seat is free retry_after_ms=900 "
                         "room=00000000000000000001 version=7\xc0");
    assert_reply_literal(TUAN_ERRORS_MAP, TUAN_CMD_ROOM_JOIN, &refusal,
                         "\x94\x01\x01\x86\xa4"
                         "code\xa9ROOM_FULL\xa7message\xafno seat is free\xa9retryable\x01"
                         "\xaeretry_after_ms\xcd\x03\x84\xa4room\xb4"
                         "00000000000000000001\xa7version\x07\xc0");
}

CLAIM(dotted_parameters_are_nested)
{
    struct tuan_rules rules = tuan_rules_default;
    struct tuan_campaign campaign = {.given = 0};
    struct tuan_reply reply = reply_with(&tuan_campaign_message, &campaign);

    rules.given = UINT64_C(1) << TUAN_PARAM_size | UINT64_C(1) << TUAN_PARAM_cut_min |
                  UINT64_C(1) << TUAN_PARAM_cut_max | UINT64_C(1) << TUAN_PARAM_virtual_mode;
    TUAN_SET(campaign, &campaign, rules, &rules);
    assert_reply_literal(TUAN_ERRORS_STRING, TUAN_CMD_CAMPAIGN_GET, &reply,
                         "\x94\x01\x01\xc0\x83\xa4size\x02\xa7virtual\x81\xa4mode\xa3off\xa3"
                         "cut\x82\xa3min\x00\xa3max\x00");
}

CLAIM(mget_answers_a_bare_list)
{
    struct tuan_room statuses[2] = {{.given = 0}, {.given = 0}};
    struct tuan_rooms page = {.given = 0};
    struct tuan_reply reply = reply_with(&tuan_rooms_message, &page);

    TUAN_SET(room, &statuses[0], size, 2);
    TUAN_SET(room, &statuses[1], size, 2);
    TUAN_SET(room, &statuses[1], error, TUAN_STR("E x"));
    TUAN_SET(rooms, &page, rooms, ((struct tuan_list){statuses, 2}));
    assert_reply_literal(TUAN_ERRORS_STRING, TUAN_CMD_ROOM_MGET, &reply,
                         "\x94\x01\x01\xc0\x92\x81\xa4size\x02\x81\xa5"
                         "error\xa3"
                         "E x");
}

CLAIM(a_text_reply_is_a_string)
{
    struct tuan_out out = OUT_EMPTY;

    tuan_rpc_text_reply(&out, UINT32_MAX, TUAN_STR("PONG"));
    assert_literal(&out, "\x94\x01\xce\xff\xff\xff\xff\xc0\xa4PONG");
    free(out.data);
}

CLAIM(a_notification_is_a_method_with_one_map)
{
    struct tuan_gap gap = {.given = 0};
    struct tuan_out out = OUT_EMPTY;

    TUAN_SET(gap, &gap, now, 7);
    tuan_rpc_notify(&out, "gap", &tuan_gap_message, &gap);
    assert_literal(&out, "\x93\x02\xa3gap\x91\x81\xa3now\x07");
    free(out.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read),
        cmocka_unit_test(no_arguments_come_in_four_shapes),
        cmocka_unit_test(what_is_not_a_request_is_refused_with_its_end_known),
        cmocka_unit_test(the_id_of_a_bad_request_is_told_where_it_can_be_read),
        cmocka_unit_test(a_stream_that_cannot_be_followed_is_refused_for_good),
        cmocka_unit_test(depth_and_ext_are_refused_by_name),
        cmocka_unit_test(values_of_a_wrong_kind_are_named),
        cmocka_unit_test(names_given_twice_or_unknown_are_refused),
        cmocka_unit_test(room_ids_are_a_list_under_their_name),
        cmocka_unit_test(dotted_parameters_come_as_maps_or_with_their_dots),
        cmocka_unit_test(tiers_are_lists_of_maps),
        cmocka_unit_test(every_split_gives_more_and_then_the_same_request),
        cmocka_unit_test(bytes_behind_a_request_are_left_alone),
        cmocka_unit_test(damaged_requests_are_read_within_their_bounds),
        cmocka_unit_test(a_seat_is_a_map),
        cmocka_unit_test(errors_are_a_string_or_a_map),
        cmocka_unit_test(dotted_parameters_are_nested),
        cmocka_unit_test(mget_answers_a_bare_list),
        cmocka_unit_test(a_text_reply_is_a_string),
        cmocka_unit_test(a_notification_is_a_method_with_one_map),
    };
    return cmocka_run_group_tests_name("proto_rpc", tests, NULL, NULL);
}
