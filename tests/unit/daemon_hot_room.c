/* SPDX-License-Identifier: BSD-2-Clause */
/* daemon_hot_room.c - the answer that is kept is the one that would be written. */
#include "daemon/hot_room.h"

#include "proto/resp.h"
#include "unit/proto_testing.h"

static struct tuan_room sample(void)
{
    struct tuan_room room = {.given = 0};

    TUAN_SET(room, &room, room, ((struct tuan_id){1, 2}));
    TUAN_SET(room, &room, campaign, TUAN_STR("c1"));
    TUAN_SET(room, &room, paid, 1);
    TUAN_SET(room, &room, version, 3);
    TUAN_SET(room, &room, now, 1700000000000);
    return room;
}

/* Asked for as often as an answer needs to be kept, and once more. */
static void assert_written(struct hot_room *hot, int resp_version, const struct tuan_room *room)
{
    const struct tuan_reply reply = {.message = &tuan_room_message, .body = room};
    struct tuan_out expected = OUT_EMPTY, out = OUT_EMPTY;

    tuan_resp_reply(&expected, resp_version, TUAN_CMD_ROOM_GET, &reply);
    for (int i = 0; i < 3; i++) {
        out.len = 0;
        tuan_out_text(&out, "+before\r\n");
        hot_room_write(hot, resp_version, &reply, &out);
        assert_int_equal(out.len, 9 + expected.len);
        assert_memory_equal(out.data + 9, expected.data, expected.len);
    }
    free(expected.data);
    free(out.data);
}

CLAIM(whatever_differs_is_written_anew)
{
    struct hot_room hot = {.version = 0};
    struct tuan_room room = sample();

    assert_written(&hot, 2, &room);
    assert_written(&hot, 3, &room);
    room.now++;
    assert_written(&hot, 3, &room);
    room.paid = 2;
    room.version++;
    assert_written(&hot, 3, &room);
    room.room.lo++;
    room.paid = 5;
    assert_written(&hot, 3, &room);
    TUAN_SET(room, &room, held, 7);
    assert_written(&hot, 3, &room);
    hot_room_free(&hot);
}

CLAIM(one_version_at_one_time_is_written_once)
{
    struct hot_room hot = {.version = 0};
    struct tuan_room room = sample();

    assert_written(&hot, 2, &room);
    assert_true(hot.bytes.len > 0);
    const struct tuan_reply reply = {.message = &tuan_room_message, .body = &room};
    struct tuan_out out = OUT_EMPTY;
    memset(hot.bytes.data, 'x', hot.bytes.len); /* so that one sees from where it comes */
    hot_room_write(&hot, 2, &reply, &out);
    assert_int_equal(out.data[0], 'x');
    free(out.data);
    hot_room_free(&hot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_differs_is_written_anew),
        cmocka_unit_test(one_version_at_one_time_is_written_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
