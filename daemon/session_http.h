/* SPDX-License-Identifier: BSD-2-Clause */
/* session_http.h - a connection of the web or the admin port: request after request, in order, with
 * the times in which they have to come. */
#ifndef TUAN_DAEMON_SESSION_HTTP_H
#define TUAN_DAEMON_SESSION_HTTP_H

#include "daemon/session.h"

enum {
    SESSION_HTTP_HEAD_MS = 10000, /* for a whole request, from its first byte */
    SESSION_HTTP_IDLE_MS = 75000, /* between requests */
    SESSION_HTTP_BODY_MAX = 4096,
};

void session_http_open(struct conn *conn);
size_t session_http_input(struct session_host *host, struct conn *conn, const char *data,
                          size_t len);
void session_http_alarm(struct session_host *host, struct conn *conn);

#endif
