/* SPDX-License-Identifier: BSD-2-Clause */
/* http_answer.h - answers of the HTTP ports, byte by byte.
 *
 * No byte of a client's gets into a head. Every answer carries the daemon's clock (Date, X-Now-Ms);
 * what may be kept, for how long, and when to come again is the route's to say. Not here: what the
 * body means, and who asked.
 */
#ifndef TUAN_DAEMON_HTTP_ANSWER_H
#define TUAN_DAEMON_HTTP_ANSWER_H

#include "daemon/session.h"
#include "proto/http.h"

/* How a request wants to be answered; kept as the msgid of a parked reply. */
enum http_form {
    HTTP_WITHOUT_BODY = 1, /* HEAD */
    HTTP_CLOSES = 2,       /* the connection ends with this answer */
    HTTP_SAYS_KEEP = 4,    /* HTTP/1.0 with keep-alive */
    HTTP_STARTS_STREAM = 8,
    HTTP_IN_STREAM = 16, /* no answer: a piece of one */
};

/* One request under way. */
struct http_call {
    struct session_host *host;
    struct conn *conn;
    uint32_t form;
    struct tuan_str origin; /* may read: as the options have it; empty: none, or it may not */
    const char *allow;      /* the methods of this resource; NULL: those that read */
    uint32_t trace;         /* trace.h; 0: none, and no Server-Timing */
    int64_t from_us;        /* clock_boot_us() when it was taken up; of those that have a trace */
};

struct http_answer {
    int status;
    const char *type; /* of the body; NULL: none */
    struct tuan_str body;
    struct tuan_str etag;  /* without quotes; empty: none */
    int max_age_s;         /* 0: not to be kept */
    bool is_revalidated;   /* to be kept, and asked about each time */
    int64_t poll_after_ms; /* 0: not told */
    const char *allow;     /* the methods, of 405 and of OPTIONS */
    enum tuan_err err;     /* of a refusal */
    const char *fields;    /* further ones of the head, each with its CR LF; NULL: none */
};

struct http_call http_call(struct session_host *host, struct conn *conn,
                           const struct tuan_http_request *request);

/* Answer it; `waits` as in conn_out_done. Ends the connection if the form says so. */
void http_answer(const struct http_call *call, const struct http_answer *answer,
                 const struct dispatch_answer *waits);
/* Answer with what is in host->page. */
void http_page(const struct http_call *call, int status, const char *type,
               const struct dispatch_answer *waits);
/* {"error":{code,message,retryable,…}} with the status of the error's row, or `status` if not 0. */
void http_refuse(const struct http_call *call, const struct tuan_reply *reply, int status,
                 const struct dispatch_answer *waits);
void http_refuse_text(const struct http_call *call, enum tuan_err err, const char *text);

/* The head of an event stream: written to `out`, which is conn_out's. */
void http_stream_head(const struct http_call *call, struct tuan_out *out);
/* In place of an answer that was given up for this reason. */
void http_give_up(struct session_host *host, enum tuan_err err, uint32_t form,
                  struct tuan_out *out);

#endif
