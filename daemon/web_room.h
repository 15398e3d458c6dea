/* SPDX-License-Identifier: BSD-2-Clause */
/* web_room.h - rooms as the public sees them, each rendered once a version.
 *
 * Rendered bodies are kept, the least used forgotten beyond a number of bytes. The engine is asked
 * each time whether the version is still the newest, so nothing here has to be told of changes but
 * the loss of a partition.
 */
#ifndef TUAN_DAEMON_WEB_ROOM_H
#define TUAN_DAEMON_WEB_ROOM_H

#include "daemon/session.h"

struct web_rooms;

struct web_room {
    struct tuan_id id;
    int64_t version;
    int64_t deadline; /* 0: none */
    int64_t missing;
    bool is_ended;
    struct tuan_str etag; /* without quotes */
    struct tuan_str body;
};

struct web_rooms *web_rooms_create(size_t bytes_max);
void web_rooms_destroy(struct web_rooms *rooms);
void web_rooms_clear(struct web_rooms *rooms); /* a partition is lost: versions count anew */

/* The room as it is now; whatever shows it waits for host->answer. Good until the next read. NULL:
 * host->answer.reply is a refusal. */
const struct web_room *web_room_read(struct session_host *host, struct tuan_id id);

/* The public view of a status. */
enum { WEB_WINNERS_MAX = 100 };
struct web_view {
    struct tuan_web_room room;
    struct tuan_web_seat seats[TUAN_STATUS_SEATS_MAX];
    struct tuan_winner winners[WEB_WINNERS_MAX];
};
void web_room_view(const struct tuan_room *room, struct web_view *view);

/* When a poller had better come again: later far from the deadline, sooner when one is missing.
 * The same for all pollers of a version in a moment, so that the answer can be kept; different from
 * room to room, so that they do not come in step. */
int64_t web_room_poll_after_ms(const struct web_room *room, int64_t now_ms);
/* Seconds that its answer may be kept. */
int web_room_max_age_s(const struct web_room *room);

#endif
