/* SPDX-License-Identifier: BSD-2-Clause */
/* push.h - WATCH, UNWATCH and ROOM.WAIT on the rpc port: statuses that come later, or by
 * themselves.
 *
 * A push is the room's public status: in RESP3 a push of two elements, `room` and the map; in
 * msgpack-rpc the notification [2, "room", [map]]. Who reads too slowly is told `gap` in place of
 * all that he missed, once he reads again, and had better read his rooms. A room's watch ends with
 * its last status.
 */
#ifndef TUAN_DAEMON_PUSH_H
#define TUAN_DAEMON_PUSH_H

#include "daemon/admin.h"

enum { PUSH_WATCHES_MAX = 1000 }; /* of a connection */

void push_watch(struct admin_call *call);
void push_unwatch(struct admin_call *call);
void push_wait(struct admin_call *call); /* answers later, unless the version differs already */

void push_told(struct session_host *host, struct session_watch *watch, struct tuan_id room,
               enum watch_why why);
/* A push was given up: in its place. */
void push_give_up(struct session_host *host, struct conn *conn, struct tuan_out *out);
void push_alarm(struct session_host *host, struct conn *conn); /* does a slow reader read again? */
void push_answer_now(struct session_host *host, struct conn *conn); /* whoever is in ROOM.WAIT */
void push_end(struct session_host *host, struct conn *conn);        /* nobody is there any more */

#endif
