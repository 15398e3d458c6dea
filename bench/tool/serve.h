/* SPDX-License-Identifier: BSD-2-Clause */
/* serve.h - a small HTTP/1.1 server for the demo's shop, turned by its owner's loop.
 *
 * For a handful of browsers beside a demo, not for the open net: a connection more than there is
 * room for takes the place of the one that has been idle longest. Requests are read by
 * proto/http.h, so whatever is doubtful is refused there.
 */
#ifndef TUAN_TOOL_SERVE_H
#define TUAN_TOOL_SERVE_H

#include "base/buf.h"
#include "proto/http.h"

struct serve;

/* What the handler makes of a request; the strings live until it is called again. */
struct serve_reply {
    int status;
    const char *type;   /* of the body; NULL: there is none */
    const char *etag;   /* without quotes; NULL: not to be kept by browsers */
    struct buf *body;   /* the server's, empty at first */
    struct buf *fields; /* further header lines, each with its CR LF; likewise */
};
typedef void serve_handler(void *context, const struct tuan_http_request *request,
                           struct serve_reply *reply);

/* Listen at "ADDR:PORT" or "[v6]:PORT" (port 0: a free one). NULL: said on stderr why not. */
struct serve *serve_open(const char *address, serve_handler *handler, void *context);
const char *serve_address(const struct serve *serve); /* "127.0.0.1:40123" */
void serve_close(struct serve *serve);                /* NULL is legal */

/* Answer what comes until clock_now_us() is until_us, or a signal arrives. */
void serve_until(struct serve *serve, int64_t until_us);

#endif
