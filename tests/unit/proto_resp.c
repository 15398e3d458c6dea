/* SPDX-License-Identifier: BSD-2-Clause */
/* proto_resp.c - RESP: bytes to words to commands, replies to the exact bytes, and what is refused.
 */
#include "proto/resp.h"
#include "unit/proto_testing.h"

enum { FRAME_MAX = 1024, ARGV_MAX = 16 };

struct parsed {
    enum tuan_parse got;
    struct tuan_str argv[ARGV_MAX];
    size_t argc, consumed;
    struct tuan_fault fault;
};

/* The bytes must outlive the words, so the copy is the caller's. */
static struct parsed parse(const char *copy, size_t len)
{
    struct parsed parsed = {.argc = 99};

    parsed.got = tuan_resp_parse(copy, len, FRAME_MAX, parsed.argv, ARGV_MAX, &parsed.argc,
                                 &parsed.consumed, &parsed.fault);
    if (parsed.got == TUAN_PARSE_BAD) {
        assert_true(parsed.fault.err == TUAN_ERR_BAD_REQUEST ||
                    parsed.fault.err == TUAN_ERR_TOO_LARGE);
        assert_true(strlen(parsed.fault.text) > 0);
    }
    if (parsed.got != TUAN_PARSE_DONE) assert_int_equal(parsed.consumed, 0);
    return parsed;
}

/* The words joined by '|', or "MORE", or "BAD". */
static void assert_parses(const char *bytes, size_t len, const char *expected)
{
    char *copy = exact_copy(bytes, len);
    struct parsed parsed = parse(copy, len);
    struct tuan_out out = OUT_EMPTY;

    if (parsed.got == TUAN_PARSE_MORE) tuan_out_text(&out, "MORE");
    if (parsed.got == TUAN_PARSE_BAD) tuan_out_text(&out, "BAD");
    for (size_t i = 0; i < parsed.argc; i++) {
        tuan_out_bytes(&out, "|", i > 0);
        tuan_out_bytes(&out, parsed.argv[i].ptr, parsed.argv[i].len);
    }
    tuan_out_bytes(&out, "", 1);
    assert_string_equal(out.data, expected);
    free(out.data);
    free(copy);
}
#define assert_request(literal, expected) assert_parses((literal), sizeof(literal) - 1, (expected))

CLAIM(arrays_of_bulk_strings_are_words)
{
    assert_request("*2\r\n$4\r\nPING\r\n$2\r\nhi\r\n", "PING|hi");
    assert_request("*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n", "PING");
    assert_request("*2\r\n$1\r\na\r\n$0\r\n\r\n", "a|");
    assert_request("*1\r\n$4\r\n\r\n\r\n\r\n", "\r\n\r\n");
    assert_request("*0\r\n", "");
    assert_request("*-1\r\n", "");
}

CLAIM(lines_are_words_and_quotes_hold_them_together)
{
    assert_request("PING\r\n", "PING");
    assert_request("PING\n", "PING");
    assert_request("\r\n", "");
    assert_request("  room.get \t x \r\n", "room.get|x");
    assert_request("a \"b c\" 'd \"e' \"\"\n", "a|b c|d \"e|");
}

CLAIM(inline_faults_are_refused)
{
    assert_request("a \"b\n", "BAD");
    assert_request("a \"b\"c\n", "BAD");
    assert_request("a b\"c\"\n", "BAD");
    assert_request("a \"b\\n\"\n", "BAD");
    assert_request("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n", "BAD");
}

CLAIM(lengths_are_plain_decimal_numbers)
{
    assert_request("*+1\r\n", "BAD");
    assert_request("*01\r\n", "BAD");
    assert_request("*-2\r\n", "BAD");
    assert_request("*-\r\n", "BAD");
    assert_request("*\r\n", "BAD");
    assert_request("* 1\r\n", "BAD");
    assert_request("*1\n", "BAD");
    assert_request("*1\rx", "BAD");
    assert_request("*17\r\n", "BAD");
    assert_request("*99999999999", "BAD");
    assert_request("*1\r\n$-1\r\n", "BAD");
    assert_request("*1\r\n$+1\r\n", "BAD");
    assert_request("*1\r\n$00\r\n", "BAD");
    assert_request("*1\r\n$1\r\nxy", "BAD");
    assert_request("*1\r\n:1\r\n", "BAD");
    assert_request("*1\r\n*1\r\n", "BAD");
}

CLAIM(what_cannot_fit_the_frame_is_refused_before_it_comes)
{
    char line[FRAME_MAX];

    assert_request("*1\r\n$1014\r\n", "BAD"); /* 4 + 7 + 1014 + 2 bytes */
    assert_request("*1\r\n$1011\r\n", "MORE");
    assert_request("*1\r\n$9999999999\r\n", "BAD");
    memset(line, 'x', sizeof line);
    assert_parses(line, sizeof line - 1, "MORE");
    assert_parses(line, sizeof line, "BAD");
}

CLAIM(every_split_of_a_request_gives_more_and_then_the_same_words)
{
    static const char *const requests[] = {
        "*3\r\n$4\r\nPING\r\n$0\r\n\r\n$11\r\nhello world\r\n",
        "*-1\r\n",
        "*0\r\n",
        "room.get \"a b\" 'c' d\r\n",
        "*16\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$"
        "1\r\na\r\n"
        "$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n",
    };

    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        size_t len = strlen(requests[i]);
        for (size_t cut = 0; cut <= len; cut++) {
            char *copy = exact_copy(requests[i], cut);
            struct parsed parsed = parse(copy, cut);
            assert_int_equal(parsed.got, cut < len ? TUAN_PARSE_MORE : TUAN_PARSE_DONE);
            if (cut == len) assert_int_equal(parsed.consumed, len);
            free(copy);
        }
    }
}

/* Once a prefix is refused, so is all that starts with it; once it is whole, more bytes change
 * nothing. */
CLAIM(verdicts_on_noise_do_not_change_with_more_bytes)
{
    static const char letters[] = "*$-019\r\n\"' ax\\";
    uint64_t seed = 11;
    char noise[24];

    for (int round = 0; round < 20000; round++) {
        enum tuan_parse last = TUAN_PARSE_MORE;
        size_t consumed = 0;
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = letters[testing_random(&seed) % (sizeof letters - 1)];
        memcpy(noise, "*1\r\n$", testing_random(&seed) % 6);
        for (size_t len = 0; len <= sizeof noise; len++) {
            char *copy = exact_copy(noise, len);
            struct parsed parsed = parse(copy, len);
            if (last != TUAN_PARSE_MORE) {
                assert_int_equal(parsed.got, last);
                assert_int_equal(parsed.consumed, consumed);
            }
            last = parsed.got;
            consumed = parsed.consumed;
            assert_true(consumed <= len);
            free(copy);
        }
    }
}

static struct tuan_seat seat_with_all(struct tuan_refund *refund)
{
    struct tuan_seat seat = sample_seat();

    *refund = (struct tuan_refund){.given = 0};
    TUAN_SET(refund, refund, reason, TUAN_REFUND_LATE);
    TUAN_SET(refund, refund, amount, -5);
    seat.given = 0;
    TUAN_SET(seat, &seat, again, 1);
    TUAN_SET(seat, &seat, refunds, ((struct tuan_list){refund, 1}));
    return seat;
}

static void assert_reply(int version, enum tuan_cmd command, const struct tuan_reply *reply,
                         const char *expected)
{
    struct tuan_out out = OUT_EMPTY;

    tuan_resp_reply(&out, version, command, reply);
    assert_bytes(&out, expected, strlen(expected));
    free(out.data);
}

#define SEAT_PAIRS                                                                                 \
    "$4\r\nroom\r\n$20\r\n0000000G000000000002\r\n$8\r\ncampaign\r\n$2\r\nc1\r\n"                  \
    "$5\r\norder\r\n$2\r\no1\r\n$4\r\nuser\r\n$2\r\nu1\r\n$4\r\nseat\r\n$4\r\nheld\r\n"            \
    "$10\r\nroom_state\r\n$4\r\nopen\r\n$4\r\nrole\r\n$6\r\nleader\r\n$4\r\nsize\r\n:3\r\n"        \
    "$4\r\npaid\r\n:0\r\n$4\r\nheld\r\n:1\r\n$7\r\nmissing\r\n:3\r\n$4\r\nfree\r\n:2\r\n"          \
    "$10\r\nhold_until\r\n:1700000900000\r\n$8\r\ndeadline\r\n:1700086400000\r\n"                  \
    "$7\r\nversion\r\n:2\r\n$3\r\nnow\r\n:1700000000000\r\n"

CLAIM(a_seat_is_a_map_in_resp3_and_flat_pairs_in_resp2)
{
    struct tuan_seat seat = sample_seat();
    struct tuan_reply reply = reply_with(&tuan_seat_message, &seat);

    assert_reply(3, TUAN_CMD_ROOM_MATCH, &reply, "%16\r\n" SEAT_PAIRS);
    assert_reply(2, TUAN_CMD_ROOM_MATCH, &reply, "*32\r\n" SEAT_PAIRS);
}

CLAIM(lists_are_arrays_of_maps)
{
    struct tuan_refund refund;
    struct tuan_seat seat = seat_with_all(&refund);
    struct tuan_reply reply = reply_with(&tuan_seat_message, &seat);

    assert_reply(3, TUAN_CMD_SEAT_GET, &reply,
                 "%2\r\n$5\r\nagain\r\n:1\r\n$7\r\nrefunds\r\n*1\r\n"
                 "%2\r\n$6\r\nreason\r\n$4\r\nlate\r\n$6\r\namount\r\n:-5\r\n");
    assert_reply(2, TUAN_CMD_SEAT_GET, &reply,
                 "*4\r\n$5\r\nagain\r\n:1\r\n$7\r\nrefunds\r\n*1\r\n"
                 "*4\r\n$6\r\nreason\r\n$4\r\nlate\r\n$6\r\namount\r\n:-5\r\n");
}

CLAIM(a_room_status_shows_its_seats)
{
    struct tuan_room_seat seats[1] = {{.given = 0}};
    struct tuan_room room = {.given = 0};
    struct tuan_reply reply = reply_with(&tuan_room_message, &room);

    TUAN_SET(room_seat, &seats[0], n, 1);
    TUAN_SET(room_seat, &seats[0], role, TUAN_ROLE_LEADER);
    TUAN_SET(room_seat, &seats[0], is_virtual, 1);
    TUAN_SET(room, &room, state, TUAN_ROOM_FORMED);
    TUAN_SET(room, &room, seats, ((struct tuan_list){seats, 1}));
    TUAN_SET(room, &room, seats_total, 1);
    assert_reply(3, TUAN_CMD_ROOM_GET, &reply,
                 "%3\r\n$5\r\nstate\r\n$6\r\nformed\r\n$5\r\nseats\r\n*1\r\n"
                 "%3\r\n$1\r\nn\r\n:1\r\n$4\r\nrole\r\n$6\r\nleader\r\n$7\r\nvirtual\r\n:1\r\n"
                 "$11\r\nseats_total\r\n:1\r\n");
}

CLAIM(mget_answers_a_bare_list_with_errors_in_place)
{
    struct tuan_room statuses[2] = {{.given = 0}, {.given = 0}};
    struct tuan_rooms page = {.given = 0};
    struct tuan_reply reply = reply_with(&tuan_rooms_message, &page);

    TUAN_SET(room, &statuses[0], size, 2);
    TUAN_SET(room, &statuses[1], size, 2);
    TUAN_SET(room, &statuses[1], error, TUAN_STR("ROOM_NOT_FOUND no such room"));
    TUAN_SET(rooms, &page, rooms, ((struct tuan_list){statuses, 2}));
    assert_reply(3, TUAN_CMD_ROOM_MGET, &reply,
                 "*2\r\n%1\r\n$4\r\nsize\r\n:2\r\n"
                 "%1\r\n$5\r\nerror\r\n$27\r\nROOM_NOT_FOUND no such room\r\n");
    statuses[1].given = 0;
    assert_reply(3, TUAN_CMD_ROOM_LIST, &reply,
                 "%1\r\n$5\r\nrooms\r\n*2\r\n%1\r\n$4\r\nsize\r\n:2\r\n%0\r\n");
}

CLAIM(rules_stand_in_the_campaigns_map_with_dotted_names)
{
    static const struct tuan_tier tiers[] = {{2, 900}};
    static const struct tuan_tag tags[] = {{{"city", 4}, {"a\"b", 3}}};
    static const struct tuan_str names[] = {{"a", 1}, {"b", 1}};
    struct tuan_rules rules = tuan_rules_default;
    struct tuan_campaign campaign = {.given = 0};
    struct tuan_reply reply = reply_with(&tuan_campaign_message, &campaign);

    rules.given = UINT64_C(1) << TUAN_PARAM_tiers | UINT64_C(1) << TUAN_PARAM_match_tags |
                  UINT64_C(1) << TUAN_PARAM_virtual_mode | UINT64_C(1) << TUAN_PARAM_tags_required;
    rules.tiers = (struct tuan_tiers){tiers, 1};
    rules.match_tags = (struct tuan_names){names, 2};
    rules.tags_required = (struct tuan_tags){tags, 1};
    TUAN_SET(campaign, &campaign, revision, 1);
    TUAN_SET(campaign, &campaign, rules, &rules);
    TUAN_SET(campaign, &campaign, now, 9);
    assert_reply(
        3, TUAN_CMD_CAMPAIGN_GET, &reply,
        "%6\r\n$8\r\nrevision\r\n:1\r\n$5\r\ntiers\r\n*1\r\n%2\r\n$4\r\nsize\r\n:2\r\n$"
        "5\r\nprice\r\n:900\r\n"
        "$10\r\nmatch_tags\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n$12\r\nvirtual.mode\r\n$3\r\noff\r\n"
        "$13\r\ntags_required\r\n$15\r\n{\"city\":\"a\\\"b\"}\r\n$3\r\nnow\r\n:9\r\n");
    rules.given = 0;
    assert_reply(2, TUAN_CMD_CAMPAIGN_GET, &reply,
                 "*4\r\n$8\r\nrevision\r\n:1\r\n$3\r\nnow\r\n:9\r\n");
}

CLAIM(errors_are_one_line_with_their_details)
{
    struct tuan_reply refusal = sample_refusal();
    struct tuan_reply evil = {.err = TUAN_ERR_BAD_ARGUMENT,
                              .text = TUAN_STR("a\r\n+OK\x00\x7f\xff")};

    assert_reply(
        2, TUAN_CMD_ROOM_JOIN, &refusal,
        "-ROOM_FULL no seat is free retry_after_ms=900 room=00000000000000000001 version=7\r\n");
    assert_reply(3, TUAN_CMD_ROOM_JOIN, &evil, "-BAD_ARGUMENT a??+OK???\r\n");
}

CLAIM(an_error_longer_than_its_line_is_cut_between_characters)
{
    char text[3001];
    struct tuan_reply reply = {.err = TUAN_ERR_BAD_ARGUMENT, .text = {text, 3001}};
    struct tuan_out out = OUT_EMPTY;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i == 0 ? 'x' : "\xe5\x9b\xa2"[(i - 1) % 3];
    TUAN_SET(problem, &reply.problem, version, 7);
    tuan_resp_error(&out, &reply);
    assert_true(out.len < 600);
    assert_true(tuan_text_is_valid((struct tuan_str){out.data, (uint32_t)out.len - 2}));
    assert_memory_equal(out.data + out.len - 12, " version=7\r\n", 12);
    free(out.data);
}

CLAIM(pieces_are_as_redis_has_them)
{
    struct tuan_out out = OUT_EMPTY;

    tuan_resp_simple(&out, "OK");
    tuan_resp_bulk(&out, TUAN_STR(""));
    tuan_resp_int(&out, INT64_MIN);
    tuan_resp_null(&out, 2);
    tuan_resp_null(&out, 3);
    tuan_resp_array(&out, 100);
    tuan_resp_map(&out, 2, 10);
    tuan_resp_map(&out, 3, 10);
    tuan_resp_push(&out, 2);
    assert_literal(
        &out, "+OK\r\n$0\r\n\r\n:-9223372036854775808\r\n$-1\r\n_\r\n*100\r\n*20\r\n%10\r\n>2\r\n");
    free(out.data);
}

static void assert_prints(int64_t value)
{
    struct tuan_out out = OUT_EMPTY;
    char expected[32];

    snprintf(expected, sizeof expected, ":%lld\r\n", (long long)value);
    tuan_resp_int(&out, value);
    assert_bytes(&out, expected, strlen(expected));
    free(out.data);
}

CLAIM(numbers_of_every_length_print_as_printf_does)
{
    uint64_t power = 1;

    for (int digits = 1; digits <= 19; digits++, power *= 10)
        for (uint64_t near = power - 1; near <= power + 1; near++) {
            assert_prints((int64_t)near);
            assert_prints(-(int64_t)near);
        }
    for (int bits = 0; bits < 63; bits++)
        assert_prints((INT64_C(1) << bits) - 1);
    assert_prints(INT64_MAX);
    assert_prints(INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_every_length_print_as_printf_does),
        cmocka_unit_test(arrays_of_bulk_strings_are_words),
        cmocka_unit_test(lines_are_words_and_quotes_hold_them_together),
        cmocka_unit_test(inline_faults_are_refused),
        cmocka_unit_test(lengths_are_plain_decimal_numbers),
        cmocka_unit_test(what_cannot_fit_the_frame_is_refused_before_it_comes),
        cmocka_unit_test(every_split_of_a_request_gives_more_and_then_the_same_words),
        cmocka_unit_test(verdicts_on_noise_do_not_change_with_more_bytes),
        cmocka_unit_test(a_seat_is_a_map_in_resp3_and_flat_pairs_in_resp2),
        cmocka_unit_test(lists_are_arrays_of_maps),
        cmocka_unit_test(a_room_status_shows_its_seats),
        cmocka_unit_test(mget_answers_a_bare_list_with_errors_in_place),
        cmocka_unit_test(rules_stand_in_the_campaigns_map_with_dotted_names),
        cmocka_unit_test(errors_are_one_line_with_their_details),
        cmocka_unit_test(an_error_longer_than_its_line_is_cut_between_characters),
        cmocka_unit_test(pieces_are_as_redis_has_them),
    };
    return cmocka_run_group_tests_name("proto_resp", tests, NULL, NULL);
}
