/* SPDX-License-Identifier: BSD-2-Clause */
/* proto_cursor.c - the bounded msgpack reader against msgpack-c's, and against lies. */
#include "proto/cursor.h"
#include "unit/proto_testing.h"

#include <msgpack.h>

enum { BYTES_MAX = 1000 };

static enum tuan_parse skip_over(const char *bytes, size_t len, size_t *used, enum tuan_err *flaw)
{
    char *copy = exact_copy(bytes, len);
    struct tuan_cursor cursor = tuan_cursor_over(copy, len);
    enum tuan_parse got = tuan_cursor_skip(&cursor, BYTES_MAX, flaw);

    *used = (size_t)((const char *)cursor.at - copy);
    assert_true(*used <= len);
    free(copy);
    return got;
}

static void random_document(uint64_t *seed, msgpack_packer *packer, int depth)
{
    uint64_t count = testing_random(seed) % 5;
    int kind = (int)(testing_random(seed) % (depth < 5 ? 11 : 8));

    switch (kind) {
    case 0: msgpack_pack_nil(packer); break;
    case 1: msgpack_pack_true(packer); break;
    case 2: msgpack_pack_int64(packer, random_int(seed)); break;
    case 3: msgpack_pack_uint64(packer, testing_random(seed)); break;
    case 4: msgpack_pack_double(packer, (double)random_int(seed)); break;
    case 5:
        msgpack_pack_str_with_body(packer, "0123456789012345678901234567890123456789", count * 9);
        break;
    case 6: msgpack_pack_bin_with_body(packer, "0123456789", count); break;
    case 7: msgpack_pack_ext_with_body(packer, "0123456789012345", (size_t)1 << count, 5); break;
    case 8:
        msgpack_pack_map(packer, count);
        for (uint64_t i = 0; i < 2 * count; i++)
            random_document(seed, packer, depth + 1);
        break;
    default:
        msgpack_pack_array(packer, count);
        for (uint64_t i = 0; i < count; i++)
            random_document(seed, packer, depth + 1);
    }
}

/* Both say the same of the same bytes, also where they say no. */
static void compare(const char *bytes, size_t len)
{
    size_t used, oracle_used = 0;
    enum tuan_err flaw;
    enum tuan_parse got = skip_over(bytes, len, &used, &flaw);
    msgpack_unpacked result;

    if (flaw == TUAN_ERR_TOO_LARGE || flaw == TUAN_ERR_TOO_DEEP)
        return; /* msgpack-c would believe it */
    msgpack_unpacked_init(&result);
    msgpack_unpack_return oracle = msgpack_unpack_next(&result, bytes, len, &oracle_used);
    msgpack_unpacked_destroy(&result);
    switch (got) {
    case TUAN_PARSE_DONE:
        assert_int_equal(oracle, MSGPACK_UNPACK_SUCCESS);
        assert_int_equal(used, oracle_used);
        break;
    case TUAN_PARSE_MORE: assert_int_equal(oracle, MSGPACK_UNPACK_CONTINUE); break;
    case TUAN_PARSE_BAD: assert_int_equal(oracle, MSGPACK_UNPACK_PARSE_ERROR); break;
    }
}

CLAIM(verdicts_equal_msgpack_c_on_documents_whole_cut_and_damaged)
{
    uint64_t seed = 7;

    for (int round = 0; round < 5000; round++) {
        msgpack_sbuffer buffer;
        msgpack_packer packer;
        msgpack_sbuffer_init(&buffer);
        msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
        random_document(&seed, &packer, 0);
        size_t len = buffer.size < 200 ? buffer.size : 200;
        compare(buffer.data, len);
        compare(buffer.data, testing_random(&seed) % (len + 1));
        buffer.data[testing_random(&seed) % len] = (char)testing_random(&seed);
        compare(buffer.data, len);
        msgpack_sbuffer_destroy(&buffer);
    }
}

CLAIM(verdicts_equal_msgpack_c_on_noise)
{
    uint64_t seed = 8;
    char noise[24];

    for (int round = 0; round < 100000; round++) {
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (char)testing_random(&seed);
        compare(noise, testing_random(&seed) % sizeof noise);
    }
}

CLAIM(integers_of_every_width_are_read)
{
    uint64_t seed = 9;

    for (int round = 0; round < 100000; round++) {
        char bytes[16];
        msgpack_sbuffer buffer = {.data = bytes, .size = 0, .alloc = sizeof bytes};
        msgpack_packer packer;
        struct tuan_token token;
        int64_t value = random_int(&seed);
        msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
        msgpack_pack_int64(&packer, value);
        struct tuan_cursor cursor = tuan_cursor_over(buffer.data, buffer.size);
        assert_int_equal(tuan_cursor_next(&cursor, &token), TUAN_PARSE_DONE);
        assert_int_equal(token.kind, TUAN_TOKEN_INT);
        assert_int_equal(token.number, value);
    }
}

static void assert_skip(const char *bytes, size_t len, enum tuan_parse expected,
                        enum tuan_err expected_flaw)
{
    size_t used;
    enum tuan_err flaw;

    assert_int_equal(skip_over(bytes, len, &used, &flaw), expected);
    assert_int_equal(flaw, expected_flaw);
}
#define assert_skip_literal(literal, expected, flaw)                                               \
    assert_skip((literal), sizeof(literal) - 1, (expected), (flaw))

CLAIM(counts_beyond_the_frame_are_refused_from_the_head_alone)
{
    assert_skip_literal("\xdd\x0f\xff\xff\xff", TUAN_PARSE_BAD, TUAN_ERR_TOO_LARGE);
    assert_skip_literal("\xdd\xff\xff\xff\xff", TUAN_PARSE_BAD, TUAN_ERR_TOO_LARGE);
    assert_skip_literal("\xdf\xff\xff\xff\xff", TUAN_PARSE_BAD, TUAN_ERR_TOO_LARGE);
    assert_skip_literal("\xdb\xff\xff\xff\xff", TUAN_PARSE_BAD, TUAN_ERR_TOO_LARGE);
    assert_skip_literal("\xc9\xff\xff\xff\xff\x01", TUAN_PARSE_BAD, TUAN_ERR_TOO_LARGE);
    assert_skip_literal("\xdc\x03\xe8", TUAN_PARSE_BAD,
                        TUAN_ERR_TOO_LARGE);                       /* 3 + 1000 bytes at least */
    assert_skip_literal("\xdc\x03\xe5", TUAN_PARSE_MORE, TUAN_OK); /* 3 + 997: may fit */
    assert_skip_literal("\xc6\x00\x00\x03\xe4", TUAN_PARSE_BAD, TUAN_ERR_TOO_LARGE);
}

CLAIM(depth_is_refused_but_the_end_is_found)
{
    size_t used;
    enum tuan_err flaw;

    assert_skip_literal("\x91\x91\x91\x91\x91\x91\x91\x91\x01", TUAN_PARSE_DONE, TUAN_OK);
    assert_skip_literal("\x91\x91\x91\x91\x91\x91\x91\x91\x90", TUAN_PARSE_DONE, TUAN_ERR_TOO_DEEP);
    assert_int_equal(
        skip_over("\x91\x91\x91\x91\x91\x91\x91\x91\x81\x01\x02\x03", 12, &used, &flaw),
        TUAN_PARSE_DONE);
    assert_int_equal(used, 11);
    assert_int_equal(flaw, TUAN_ERR_TOO_DEEP);
}

CLAIM(elements_are_counted)
{
    char bytes[1 << 13] = "\xdc\x10\x01";
    struct tuan_cursor cursor;
    enum tuan_err flaw;

    memset(bytes + 3, 0xc0, 4097);
    cursor = tuan_cursor_over(bytes, 3 + 4097);
    assert_int_equal(tuan_cursor_skip(&cursor, sizeof bytes, &flaw), TUAN_PARSE_DONE);
    assert_int_equal(flaw, TUAN_ERR_TOO_LARGE);
    bytes[2] = 0;
    cursor = tuan_cursor_over(bytes, 3 + 4096);
    assert_int_equal(tuan_cursor_skip(&cursor, sizeof bytes, &flaw), TUAN_PARSE_DONE);
    assert_int_equal(flaw, TUAN_OK);
}

CLAIM(ext_and_the_reserved_byte_are_flaws)
{
    assert_skip_literal("\xd4\x01x", TUAN_PARSE_DONE, TUAN_ERR_BAD_REQUEST);
    assert_skip_literal("\xc7\x00\x01", TUAN_PARSE_DONE, TUAN_ERR_BAD_REQUEST);
    assert_skip_literal("\xc1", TUAN_PARSE_BAD, TUAN_ERR_BAD_REQUEST);
    assert_skip_literal("\x92\x01\xc1", TUAN_PARSE_BAD, TUAN_ERR_BAD_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_equal_msgpack_c_on_documents_whole_cut_and_damaged),
        cmocka_unit_test(verdicts_equal_msgpack_c_on_noise),
        cmocka_unit_test(integers_of_every_width_are_read),
        cmocka_unit_test(counts_beyond_the_frame_are_refused_from_the_head_alone),
        cmocka_unit_test(depth_is_refused_but_the_end_is_found),
        cmocka_unit_test(elements_are_counted),
        cmocka_unit_test(ext_and_the_reserved_byte_are_flaws),
    };
    return cmocka_run_group_tests_name("proto_cursor", tests, NULL, NULL);
}
