/* SPDX-License-Identifier: BSD-2-Clause */
/* hot_room.h - many ask for one room at once: its status is put into RESP once for all of them.
 *
 * A share link that goes round brings thousands to one room, and app servers ask in pipelines. To
 * write a status costs several times what it costs to find it; and a room has the same content
 * for ever at one version (see dispatch_incarnation), so at one version and one time the answer is
 * the same bytes. What is asked for once costs nothing more than before.
 */
#ifndef TUAN_DAEMON_HOT_ROOM_H
#define TUAN_DAEMON_HOT_ROOM_H

#include "base/buf.h"
#include "proto/codec.h"

/* Zeroed: empty. */
struct hot_room {
    struct tuan_id room;
    int64_t version, now_ms;
    uint64_t given; /* which fields were told */
    int resp_version;
    struct buf bytes; /* empty: asked for once */
};

/* Append the answer of ROOM.GET, which must not be an error, as tuan_resp_reply would. */
void hot_room_write(struct hot_room *hot, int resp_version, const struct tuan_reply *reply,
                    struct tuan_out *out);
void hot_room_free(struct hot_room *hot);

#endif
