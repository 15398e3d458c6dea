/* SPDX-License-Identifier: BSD-2-Clause */
/* The generator's own readers of answers: whole ones, ones that come in pieces, and nonsense. */
#include "bench/wire/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"

#define WORD(text) text, sizeof(text) - 1

static struct reply reply;

static const char resp2[] =
    "*8\r\n$4\r\nroom\r\n$20\r\nAAAAAAAAAAAAAAAAAAAA\r\n$5\r\norder\r\n$13\r\n"
    "o000000000007\r\n$4\r\nsize\r\n:5\r\n$4\r\nhold\r\n*2\r\n:1\r\n:-2\r\n";
static const char resp3[] =
    "%4\r\n$4\r\nroom\r\n$20\r\nAAAAAAAAAAAAAAAAAAAA\r\n$5\r\norder\r\n$13\r\n"
    "o000000000007\r\n$4\r\nsize\r\n:5\r\n$4\r\nhold\r\n%1\r\n+a\r\n#t\r\n";
static const char rpc[] =
    "\x94\x01\xce\x00\x00\x01\x02\xc0\x84\xa4room\xb4"
    "AAAAAAAAAAAAAAAAAAAA\xa5order\xado000000000007\xa4size\x05\xa4hold\x92\xd1"
    "\xff\xfe\xc3";
static const char http[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-length: 86\r\n\r\n"
    "{\"room\":\"AAAAAAAAAAAAAAAAAAAA\",\"hold\":[{\"a\":\"]}\\\"\"}],\"order\":\"o"
    "000000000007\",\"size\":5}";

static const struct answer {
    const struct codec *codec;
    const char *bytes;
    size_t len;
} answers[] = {{&codec_resp, WORD(resp2)},
               {&codec_resp, WORD(resp3)},
               {&codec_rpc, WORD(rpc)},
               {&codec_http, WORD(http)}};
enum { ANSWERS = sizeof answers / sizeof answers[0] };

/* From a block of exactly that size, so that a look behind its end is seen. */
static enum decoded decode(const struct codec *codec, const char *bytes, size_t len,
                           size_t *consumed)
{
    char *block = mem_alloc(len);

    memcpy(block, bytes, len);
    reply_reset(&reply);
    enum decoded got = codec->decode(block, len, OP_MATCH, &reply, consumed);
    for (int field = 0; field < REPLY_FIELDS; field++) { /* texts must lie inside of what came */
        struct tuan_str text = reply_text(&reply, (enum reply_field)field);
        if (got == DECODED_ONE && text.len > 0)
            assert_true(text.ptr >= block && text.ptr + text.len <= block + len);
    }
    if (got == DECODED_ONE) assert_true(*consumed > 0 && *consumed <= len);
    mem_free(block);
    return got;
}

static void an_answer_is_read_when_all_of_it_is_there(void **state)
{
    size_t consumed;

    (void)state;
    for (int i = 0; i < ANSWERS; i++) {
        for (size_t len = 0; len < answers[i].len; len++)
            assert_int_equal(decode(answers[i].codec, answers[i].bytes, len, &consumed),
                             DECODED_MORE);
        reply_reset(&reply);
        assert_int_equal(
            answers[i].codec->decode(answers[i].bytes, answers[i].len, OP_MATCH, &reply, &consumed),
            DECODED_ONE);
        assert_int_equal(consumed, answers[i].len);
        assert_true(reply_text_is(&reply, REPLY_ROOM, "AAAAAAAAAAAAAAAAAAAA"));
        assert_true(reply_text_is(&reply, REPLY_ORDER, "o000000000007"));
        assert_int_equal(reply_number(&reply, REPLY_SIZE), 5);
        assert_int_equal(reply.class, CLASS_OK);
    }
    (void)decode(&codec_rpc, WORD(rpc), &consumed);
    assert_int_equal(reply.msgid, 0x102);
}

static bool is_text(struct tuan_str text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

/* Two seats: one with a list between what matters, one that says nothing of its state. */
static void the_seats_of_a_room_are_read(void **state)
{
    static const struct answer rooms[] = {
        {&codec_resp,
         WORD("*4\r\n$5\r\nseats\r\n*2\r\n*8\r\n$1\r\nn\r\n:1\r\n$5\r\norder\r\n$2\r\no7\r\n"
              "$4\r\nmore\r\n*1\r\n$1\r\nx\r\n$5\r\nstate\r\n$4\r\npaid\r\n*2\r\n$5\r\norder\r\n"
              "$2\r\no8\r\n$6\r\ncursor\r\n$0\r\n\r\n")},
        {&codec_rpc, WORD("\x94\x01\x07\xc0\x82\xa5seats\x92\x84\xa1n\x01\xa5order\xa2o7\xa4more"
                          "\x91\xa1x\xa5state\xa4"
                          "paid\x81\xa5order\xa2o8\xa6"
                          "cursor\xa0")}};
    size_t consumed;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        reply_reset(&reply);
        assert_int_equal(
            rooms[i].codec->decode(rooms[i].bytes, rooms[i].len, OP_SEATS, &reply, &consumed),
            DECODED_ONE);
        assert_int_equal(consumed, rooms[i].len);
        assert_int_equal(reply.seat_count, 2);
        assert_true(is_text(reply.seats[0].order, "o7") && is_text(reply.seats[0].state, "paid"));
        assert_true(is_text(reply.seats[1].order, "o8") && is_text(reply.seats[1].state, ""));
        assert_true(reply_has(&reply, REPLY_CURSOR));
    }
}

static void a_number_is_no_name(void **state)
{
    size_t consumed;

    (void)state;
    assert_int_equal(decode(&codec_resp, WORD("%2\r\n$4\r\nsize\r\n:5\r\n:1\r\n:9\r\n"), &consumed),
                     DECODED_ONE);
    assert_int_equal(reply_number(&reply, REPLY_SIZE), 5);
}

static void refusals_are_told_from_failures(void **state)
{
    static const struct answer refusals[] = {
        {&codec_resp, WORD("-ROOM_FULL no seat is free\r\n")},
        {&codec_rpc, WORD("\x94\x01\x07\xb9ROOM_FULL no seat is free\xc0")},
        {&codec_http,
         WORD("HTTP/1.1 409 Conflict\r\nContent-Length: 32\r\n\r\n{\"error\":{\"code\":"
              "\"ROOM_FULL\"}}  ")}};
    size_t consumed;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(decode(refusals[i].codec, refusals[i].bytes, refusals[i].len, &consumed),
                         DECODED_ONE);
        assert_int_equal(reply.err, TUAN_ERR_ROOM_FULL);
        assert_int_equal(reply.class, CLASS_REFUSED);
    }
    (void)decode(&codec_resp, WORD("-BUSY the daemon is overloaded\r\n"), &consumed);
    assert_int_equal(reply.class, CLASS_ERROR);
}

static void pushes_answer_nobody(void **state)
{
    size_t consumed;

    (void)state;
    assert_int_equal(
        decode(&codec_resp, WORD(">2\r\n+room\r\n%1\r\n+id\r\n$1\r\nA\r\n"), &consumed),
        DECODED_ONE);
    assert_true(reply.is_push && reply_has(&reply, REPLY_ID));
    assert_int_equal(decode(&codec_rpc, WORD("\x93\x02\xa4room\x91\x80"), &consumed), DECODED_ONE);
    assert_true(reply.is_push);
}

/* Whatever comes, nothing outside of it is read. */
static void nonsense_is_survived(void **state)
{
    char bytes[512];
    size_t consumed;
    struct rng rng;

    (void)state;
    rng_seed(&rng, 17);
    for (int round = 0; round < 20000; round++) {
        const struct answer *answer = &answers[rng_below(&rng, ANSWERS)];
        memcpy(bytes, answer->bytes, answer->len);
        for (uint64_t i = rng_below(&rng, 4) + 1; i > 0; i--)
            bytes[rng_below(&rng, answer->len)] = (char)rng_below(&rng, 256);
        (void)decode(answer->codec, bytes, answer->len - rng_below(&rng, 3), &consumed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_read_when_all_of_it_is_there),
        cmocka_unit_test(the_seats_of_a_room_are_read),
        cmocka_unit_test(a_number_is_no_name),
        cmocka_unit_test(refusals_are_told_from_failures),
        cmocka_unit_test(pushes_answer_nobody),
        cmocka_unit_test(nonsense_is_survived),
    };

    return cmocka_run_group_tests_name("tool/codecs", tests, NULL, NULL);
}
