/* SPDX-License-Identifier: BSD-2-Clause */
/* monitor.h - MONITOR: the requests of the rpc port as they go by, a line each, for people.
 *
 * What could be a secret is left out: of HELLO, AUTH and the like only the name is shown. Who does
 * not read gets no more lines until he reads again; then one says how many he missed.
 */
#ifndef TUAN_DAEMON_MONITOR_H
#define TUAN_DAEMON_MONITOR_H

#include "daemon/admin.h"

void monitor_start(struct admin_call *call); /* MONITOR */
/* host->command was read from the connection, and is about to be run. */
void monitor_show(struct session_host *host, struct conn *conn);
void monitor_end(struct session *session); /* fine if it is none */

#endif
