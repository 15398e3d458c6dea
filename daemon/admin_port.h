/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_port.h - the admin port: the operator's console and what it shows and does, metrics for
 * Prometheus, probes.
 *
 * GET /v1/COMMAND?name=value runs a command that reads, POST /v1/COMMAND with a JSON object one
 * that is an operator's, with the roles that tokens have on the rpc port; `Authorization: Bearer
 * TOKEN`. What shows no user, no order and no client needs no token.
 *
 * admin_port.c finds the route; admin_port_access.c tells who asks; admin_port_call.c runs
 * commands; admin_port_view.c shows the daemon's own state.
 */
#ifndef TUAN_DAEMON_ADMIN_PORT_H
#define TUAN_DAEMON_ADMIN_PORT_H

#include "daemon/http_answer.h"

void admin_port_run(const struct http_call *call, const struct tuan_http_request *request);

/* In Prometheus's text format 0.0.4; after info_sample. */
void prometheus_print(const struct session_host *host, struct tuan_out *out);

/* ---- between the admin port's files ---- */

typedef void admin_route(const struct http_call *call, const struct tuan_http_request *request);
admin_route admin_port_info, admin_port_me, admin_port_connections, admin_port_slowlog,
    admin_port_latency, admin_port_config;

/* A path behind "/v1/" that no other route has: a command, or nothing. */
void admin_port_call(const struct http_call *call, const struct tuan_http_request *request,
                     struct tuan_str name);

/* May whoever asks run this? False: refused, and answered. */
bool admin_port_admits(const struct http_call *call, const struct tuan_http_request *request,
                       enum tuan_cmd command);

#endif
