/* SPDX-License-Identifier: BSD-2-Clause */
/* http.h - HTTP/1.1 requests (RFC 9110, 9112), strictly: what browsers, proxies and curl send is
 * read, and whatever two readers might take for different things is refused.
 *
 * Read are GET, HEAD and OPTIONS without a body, POST with one Content-Length; lines that end in
 * CR LF; one Host; a target that is a path. Nothing is allocated: all strings point into the
 * caller's bytes, and only the fields that somebody here uses are kept.
 */
#ifndef TUAN_PROTO_HTTP_H
#define TUAN_PROTO_HTTP_H

#include "proto/codec.h"

enum { TUAN_HTTP_HEAD_MAX = 8192, TUAN_HTTP_FIELDS_MAX = 64 };

enum tuan_http_method { TUAN_HTTP_GET, TUAN_HTTP_HEAD, TUAN_HTTP_OPTIONS, TUAN_HTTP_POST };

enum tuan_http_fault {
#define TUAN_HTTP_FAULT(name, status, err, text) TUAN_HTTP_BAD_##name,
#include "proto/http.def"
    TUAN_HTTP_FAULT_COUNT
};
struct tuan_http_fault_row {
    const char *name;
    int status;
    enum tuan_err err;
    const char *text;
};
extern const struct tuan_http_fault_row tuan_http_faults[TUAN_HTTP_FAULT_COUNT];

/* A field that was not sent has a NULL ptr. */
struct tuan_http_request {
    enum tuan_http_method method;
    bool is_1_0;
    bool keeps_alive;            /* the client wants the connection to go on */
    struct tuan_str path, query; /* as sent: percent-encoded, which is well-formed */
    struct tuan_str host, origin, if_none_match, last_event_id, authorization, content_type;
    struct tuan_str trace_id; /* of traceparent, 32 hex digits; a NULL ptr also if that is not
                                 well-formed, or came twice */
    struct tuan_str body;
};

/* Find one request at the start of data. DONE: *consumed bytes are its own. MORE: show the same
 * bytes again with more behind them; never more than TUAN_HTTP_HEAD_MAX + body_max. BAD: *fault
 * says why, as early as it can be told. Never reads beyond data + len. */
enum tuan_parse tuan_http_parse(const char *data, size_t len, size_t body_max,
                                struct tuan_http_request *request, size_t *consumed,
                                enum tuan_http_fault *fault);

/* Take the next segment off a path, or the next `name=value` off a query, still encoded; false: it
 * is at its end. "/a//b" has three segments, the second empty; "/" has one that is empty. */
bool tuan_http_next_segment(struct tuan_str *path, struct tuan_str *segment);
bool tuan_http_next_pair(struct tuan_str *query, struct tuan_str *name, struct tuan_str *value);
/* Percent-decode into out[size]; a plus sign stays one. False: malformed, or it does not fit. Any
 * byte may come out, zero too: the caller checks what it takes. */
bool tuan_http_decode(struct tuan_str encoded, char *out, size_t size, struct tuan_str *decoded);

/* Does an If-None-Match field name this entity tag (given without quotes)? Weakly, as RFC 9110
 * 13.1.2 has it; a malformed list names nothing from its fault on. */
bool tuan_http_names_etag(struct tuan_str field, struct tuan_str etag);

#endif
