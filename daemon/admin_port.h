/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_port.h - the admin port: metrics for Prometheus, probes, and INFO as JSON. Nothing there
 * changes anything.
 */
#ifndef TUAN_DAEMON_ADMIN_PORT_H
#define TUAN_DAEMON_ADMIN_PORT_H

#include "daemon/http_answer.h"

void admin_port_run(const struct http_call *call, const struct tuan_http_request *request);

/* In Prometheus's text format 0.0.4; after info_sample. */
void prometheus_print(const struct session_host *host, struct tuan_out *out);

#endif
