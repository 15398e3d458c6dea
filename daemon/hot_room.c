/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/hot_room.h"

#include <assert.h>

#include "proto/resp.h"

static bool is_the_same(const struct hot_room *hot, int resp_version, const struct tuan_room *room)
{
    return tuan_rid_equal(hot->room, room->room) && hot->version == room->version &&
           hot->now_ms == room->now && hot->given == room->given &&
           hot->resp_version == resp_version;
}

static void remember(struct hot_room *hot, int resp_version, const struct tuan_room *room)
{
    hot->room = room->room;
    hot->version = room->version;
    hot->now_ms = room->now;
    hot->given = room->given;
    hot->resp_version = resp_version;
    buf_reset(&hot->bytes);
}

void hot_room_write(struct hot_room *hot, int resp_version, const struct tuan_reply *reply,
                    struct tuan_out *out)
{
    const struct tuan_room *room = reply->body;
    size_t start = out->len;

    assert(reply->err == TUAN_OK && reply->message == &tuan_room_message);
    bool is_again = is_the_same(hot, resp_version, room);
    if (is_again && hot->bytes.len > 0) {
        tuan_out_bytes(out, hot->bytes.data, hot->bytes.len);
        return;
    }
    tuan_resp_reply(out, resp_version, TUAN_CMD_ROOM_GET, reply);
    if (is_again)
        buf_append(&hot->bytes, out->data + start, out->len - start);
    else
        remember(hot, resp_version, room);
}

void hot_room_free(struct hot_room *hot)
{
    buf_free(&hot->bytes);
}
