/* SPDX-License-Identifier: BSD-2-Clause */
/* console.h - the operator's console: the pages of web/console, which are built into the program.
 *
 * They take everything from the admin port that served them and nothing from elsewhere, which their
 * policy makes the browser enforce.
 */
#ifndef TUAN_DAEMON_CONSOLE_H
#define TUAN_DAEMON_CONSOLE_H

#include "daemon/http_answer.h"

/* False: this path is no page's, and nothing was answered. */
bool console_run(const struct http_call *call, const struct tuan_http_request *request);

#endif
