/* SPDX-License-Identifier: BSD-2-Clause */
#include "client/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <msgpack.h>

#define MAX ((size_t)1 << 20)

/* One value of every format there is. */
static void pack_all_formats(msgpack_packer *packer)
{
    char big[70000] = {0};

    msgpack_pack_array(packer, 24);
    msgpack_pack_nil(packer);
    msgpack_pack_true(packer);
    msgpack_pack_int64(packer, -1);
    msgpack_pack_int64(packer, -100);
    msgpack_pack_int64(packer, -1000);
    msgpack_pack_int64(packer, -100000);
    msgpack_pack_int64(packer, INT64_MIN);
    msgpack_pack_uint64(packer, 200);
    msgpack_pack_uint64(packer, 60000);
    msgpack_pack_uint64(packer, 4000000000U);
    msgpack_pack_uint64(packer, UINT64_MAX);
    msgpack_pack_float(packer, 1);
    msgpack_pack_double(packer, 1);
    msgpack_pack_str_with_body(packer, "abc", 3);
    msgpack_pack_str_with_body(packer, big, 100);
    msgpack_pack_str_with_body(packer, big, 1000);
    msgpack_pack_str_with_body(packer, big, sizeof big);
    msgpack_pack_bin_with_body(packer, big, 10);
    msgpack_pack_bin_with_body(packer, big, 300);
    msgpack_pack_ext_with_body(packer, big, 4, 1);
    msgpack_pack_ext_with_body(packer, big, 16, 1);
    msgpack_pack_ext_with_body(packer, big, 500, 1);
    msgpack_pack_map(packer, 1);
    msgpack_pack_int(packer, 1);
    msgpack_pack_array(packer, 20);
    for (int i = 0; i < 20; i++)
        msgpack_pack_map(packer, 0);
    msgpack_pack_array(packer, 0);
}

static void a_frame_ends_where_msgpack_c_says_it_does(void **state)
{
    msgpack_sbuffer bytes;
    msgpack_packer packer;
    msgpack_unpacked tree;
    struct frame frame = {0};
    size_t used = 0;

    (void)state;
    msgpack_sbuffer_init(&bytes);
    msgpack_packer_init(&packer, &bytes, msgpack_sbuffer_write);
    pack_all_formats(&packer);
    size_t whole = bytes.size;
    msgpack_sbuffer_write(&bytes, "\x01\x02", 2); /* the next frame */
    msgpack_unpacked_init(&tree);
    assert_int_equal(msgpack_unpack_next(&tree, bytes.data, bytes.size, &used),
                     MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(used, whole);
    assert_int_equal(frame_scan(&frame, (unsigned char *)bytes.data, bytes.size, MAX), FRAME_DONE);
    assert_int_equal(frame.at, whole);
    msgpack_unpacked_destroy(&tree);
    msgpack_sbuffer_destroy(&bytes);
}

static void a_frame_may_arrive_byte_by_byte(void **state)
{
    msgpack_sbuffer bytes;
    msgpack_packer packer;
    struct frame frame = {0};

    (void)state;
    msgpack_sbuffer_init(&bytes);
    msgpack_packer_init(&packer, &bytes, msgpack_sbuffer_write);
    pack_all_formats(&packer);
    for (size_t len = 0; len < bytes.size; len++)
        assert_int_equal(frame_scan(&frame, (unsigned char *)bytes.data, len, MAX), FRAME_MORE);
    assert_int_equal(frame_scan(&frame, (unsigned char *)bytes.data, bytes.size, MAX), FRAME_DONE);
    msgpack_sbuffer_destroy(&bytes);
}

static void assert_bad(const char *bytes, size_t len, size_t max)
{
    struct frame frame = {0};

    assert_int_equal(frame_scan(&frame, (const unsigned char *)bytes, len, max), FRAME_BAD);
}

static void hostile_counts_are_refused_at_once(void **state)
{
    (void)state;
    assert_bad("\xdd\xff\xff\xff\xff", 5, MAX); /* array of 4 G: five bytes */
    assert_bad("\xdf\xff\xff\xff\xff", 5, MAX); /* map */
    assert_bad("\xdb\xff\xff\xff\xff", 5, MAX); /* str */
    assert_bad("\x92\xdd\x00\x10\x00\x00", 6, MAX);
    assert_bad("\xc1", 1, MAX);
    assert_bad("\xda\x00\x10", 3, 18); /* one byte too long */
}

static void a_frame_of_exactly_the_limit_is_taken(void **state)
{
    struct frame frame = {0};

    (void)state;
    assert_int_equal(frame_scan(&frame, (const unsigned char *)"\xa3xyz", 4, 4), FRAME_DONE);
    assert_int_equal(frame.at, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_ends_where_msgpack_c_says_it_does),
        cmocka_unit_test(a_frame_may_arrive_byte_by_byte),
        cmocka_unit_test(hostile_counts_are_refused_at_once),
        cmocka_unit_test(a_frame_of_exactly_the_limit_is_taken),
    };

    return cmocka_run_group_tests_name("client/frame", tests, NULL, NULL);
}
