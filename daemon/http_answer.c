/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/http_answer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/clock.h"
#include "proto/json.h"

static void put(struct tuan_out *out, const char *text)
{
    tuan_out_bytes(out, text, strlen(text));
}

/* ---- who asks ---- */

/* The option's own copy of this origin; "*" admits all. */
static struct tuan_str find_origin(const char *allowed, struct tuan_str origin)
{
    static const char spaces[] = " ,";

    for (const char *at = allowed + strspn(allowed, spaces); origin.len > 0 && *at != '\0';
         at += strspn(at, spaces)) {
        struct tuan_str one = {at, (uint32_t)strcspn(at, spaces)};
        if (tuan_str_equal(one, origin) || tuan_str_equal(one, TUAN_STR("*"))) return one;
        at += one.len;
    }
    return (struct tuan_str){NULL, 0};
}

struct http_call http_call(struct session_host *host, struct conn *conn,
                           const struct tuan_http_request *request)
{
    struct session *session = conn_session(conn);
    struct http_call call = {.host = host, .conn = conn};

    host->trace = traces_keep(&host->traces, request->trace_id);
    session->last_trace = call.trace = host->trace;
    session->last = TUAN_CMD_COUNT; /* not what was asked before, on the same connection */
    if (call.trace != 0) call.from_us = clock_boot_us();

    if (request->method == TUAN_HTTP_HEAD) call.form |= HTTP_WITHOUT_BODY;
    if (!request->keeps_alive)
        call.form |= HTTP_CLOSES;
    else if (request->is_1_0)
        call.form |= HTTP_SAYS_KEEP;
    if (session->protocol == SESSION_WEB)
        call.origin = find_origin(host->options->web_origins, request->origin);
    return call;
}

/* ---- heads ---- */

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = {
        {200, "OK"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].status == status) return rows[i].reason;
    assert(false && "a status without its reason");
    return "";
}

/* Made anew once a second. */
static const char *date_of(struct session_host *host)
{
    int64_t now_s = dispatch_now(host->dispatch) / 1000;
    time_t time = (time_t)now_s;
    struct tm parts;

    if (host->date_s != now_s) {
        host->date_s = now_s;
        gmtime_r(&time, &parts);
        strftime(host->date, sizeof host->date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    }
    return host->date;
}

static void put_status(struct tuan_out *out, int status)
{
    tuan_out_text(out, "HTTP/1.1 ");
    tuan_out_int(out, status);
    tuan_out_text(out, " ");
    put(out, reason_of(status));
    tuan_out_text(out, "\r\n");
}

static void put_clock(struct session_host *host, struct tuan_out *out)
{
    tuan_out_text(out, "Date: ");
    put(out, date_of(host));
    tuan_out_text(out, "\r\nX-Now-Ms: ");
    tuan_out_int(out, dispatch_now(host->dispatch));
    tuan_out_text(out, "\r\n");
}

static void put_sharing(const struct session_host *host, struct tuan_str origin,
                        struct tuan_out *out)
{
    const char *allowed = host->options->web_origins;

    if (allowed[0] != '\0' && strcmp(allowed, "*") != 0) tuan_out_text(out, "Vary: Origin\r\n");
    if (origin.len == 0) return;
    tuan_out_text(out, "Access-Control-Allow-Origin: ");
    tuan_out_bytes(out, origin.ptr, origin.len);
    tuan_out_text(out, "\r\nAccess-Control-Expose-Headers: ETag, X-Now-Ms, X-Poll-After-Ms\r\n");
}

static void put_preflight(const struct http_answer *answer, struct tuan_out *out)
{
    tuan_out_text(out, "Access-Control-Allow-Methods: ");
    put(out, answer->allow);
    tuan_out_text(out, "\r\nAccess-Control-Allow-Headers: If-None-Match, Last-Event-ID, "
                       "Cache-Control, traceparent\r\nAccess-Control-Max-Age: 86400\r\n");
}

static void put_keeping(const struct http_answer *answer, struct tuan_out *out)
{
    if (answer->etag.len > 0) {
        tuan_out_text(out, "ETag: \"");
        tuan_out_bytes(out, answer->etag.ptr, answer->etag.len);
        tuan_out_text(out, "\"\r\n");
    }
    if (answer->max_age_s > 0) {
        tuan_out_text(out, "Cache-Control: max-age=");
        tuan_out_int(out, answer->max_age_s);
        tuan_out_text(out, "\r\n");
    } else if (answer->is_revalidated) {
        tuan_out_text(out, "Cache-Control: no-cache\r\n");
    } else {
        tuan_out_text(out, "Cache-Control: no-store\r\n");
    }
    if (answer->poll_after_ms > 0) {
        tuan_out_text(out, "X-Poll-After-Ms: ");
        tuan_out_int(out, answer->poll_after_ms);
        tuan_out_text(out, "\r\n");
    }
}

static void put_content(const struct http_answer *answer, struct tuan_out *out)
{
    if (answer->type != NULL) {
        tuan_out_text(out, "Content-Type: ");
        put(out, answer->type);
        tuan_out_text(out, "\r\nX-Content-Type-Options: nosniff\r\n");
    }
    if (answer->status == 204 || answer->status == 304) return; /* they have no body, ever */
    tuan_out_text(out, "Content-Length: ");
    tuan_out_int(out, answer->body.len);
    tuan_out_text(out, "\r\n");
}

/* Who traces his request is told where its time went so far: waiting for its turn, and being
 * judged. (What waits for the mirror is written before it waits.) */
static void put_timing(const struct http_call *call, struct tuan_out *out)
{
    double queue_ms = (double)(call->from_us - call->host->turn_us) / 1e3;
    double match_ms = (double)(clock_boot_us() - call->from_us) / 1e3;
    char text[96];
    int len = snprintf(text, sizeof text, "Server-Timing: queue;dur=%.3f, match;dur=%.3f\r\n",
                       queue_ms, match_ms);

    tuan_out_bytes(out, text, (size_t)len);
    if (call->origin.len == 0) return;
    tuan_out_text(out, "Timing-Allow-Origin: ");
    tuan_out_bytes(out, call->origin.ptr, call->origin.len);
    tuan_out_text(out, "\r\n");
}

static void put_answer(const struct http_call *call, const struct http_answer *answer,
                       struct tuan_out *out)
{
    put_status(out, answer->status);
    put_content(answer, out);
    put_keeping(answer, out);
    put_clock(call->host, out);
    put_sharing(call->host, call->origin, out);
    if (answer->allow != NULL) {
        tuan_out_text(out, "Allow: ");
        put(out, answer->allow);
        tuan_out_text(out, "\r\n");
        if (call->origin.len > 0) put_preflight(answer, out);
    }
    if (call->trace != 0) put_timing(call, out);
    if (answer->fields != NULL) put(out, answer->fields);
    if (answer->status == 401) tuan_out_text(out, "WWW-Authenticate: Bearer\r\n");
    if (answer->status == 503) tuan_out_text(out, "Retry-After: 1\r\n");
    if (call->form & HTTP_CLOSES) tuan_out_text(out, "Connection: close\r\n");
    if (call->form & HTTP_SAYS_KEEP) tuan_out_text(out, "Connection: keep-alive\r\n");
    tuan_out_text(out, "\r\n");
    if (!(call->form & HTTP_WITHOUT_BODY)) tuan_out_bytes(out, answer->body.ptr, answer->body.len);
}

static void count(struct metrics *metrics, const struct http_answer *answer,
                  const struct dispatch_answer *waits)
{
    metrics->http_requests++;
    metrics->http_200 += answer->status == 200;
    metrics->http_204 += answer->status == 204;
    metrics->http_304 += answer->status == 304;
    metrics->http_refused += answer->status >= 400;
    if (waits != NULL) metrics->commands[METRIC_PROTO_HTTP][waits->command][answer->err]++;
}

void http_answer(const struct http_call *call, const struct http_answer *answer,
                 const struct dispatch_answer *waits)
{
    struct session *session = conn_session(call->conn);
    struct dispatch_answer traced;

    put_answer(call, answer, conn_out(call->conn));
    if (waits != NULL) session->last = waits->command;
    if (waits != NULL && call->trace != 0) {
        traced = *waits;
        traced.trace = call->trace;
        waits = &traced;
    }
    bool leaves = conn_out_done(call->conn, waits, call->form);
    if (leaves && waits != NULL) latency_this_turn(&call->host->latency, waits->command);
    count(call->host->metrics, answer, waits);
    if (call->form & HTTP_CLOSES) conn_finish(call->conn);
}

void http_page(const struct http_call *call, int status, const char *type,
               const struct dispatch_answer *waits)
{
    const struct tuan_out *page = &call->host->page;
    struct http_answer answer = {
        .status = status, .type = type, .body = {page->data, (uint32_t)page->len}};

    http_answer(call, &answer, waits);
}

/* ---- refusals ---- */

/* Ids may be made any time, so "no such room" is kept for a moment only. */
static struct http_answer refusal(struct session_host *host, const struct tuan_reply *reply,
                                  int status)
{
    struct tuan_out *page = &host->page;

    page->len = 0;
    tuan_out_text(page, "{\"error\":");
    tuan_json_error(page, reply);
    tuan_out_text(page, "}");
    return (struct http_answer){.status = status != 0 ? status : tuan_errors[reply->err].http,
                                .type = "application/json",
                                .body = {page->data, (uint32_t)page->len},
                                .err = reply->err,
                                .max_age_s = tuan_errors[reply->err].http == 404 ? 5 : 0};
}

void http_refuse(const struct http_call *call, const struct tuan_reply *reply, int status,
                 const struct dispatch_answer *waits)
{
    struct http_answer answer = refusal(call->host, reply, status);

    if (answer.status == 405)
        answer.allow = call->allow != NULL ? call->allow : "GET, HEAD, OPTIONS";
    call->host->metrics->errors[reply->err]++;
    http_answer(call, &answer, waits);
}

void http_refuse_text(const struct http_call *call, enum tuan_err err, const char *text)
{
    struct tuan_reply reply = {.err = err, .text = {text, (uint32_t)strlen(text)}};

    http_refuse(call, &reply, 0, NULL);
}

void http_give_up(struct session_host *host, enum tuan_err err, uint32_t form, struct tuan_out *out)
{
    struct tuan_reply reply = {.err = err};
    struct http_answer answer = refusal(host, &reply, 0);
    struct http_call call = {.host = host, .form = form};

    if (form & HTTP_STARTS_STREAM) call.form |= HTTP_CLOSES;
    if (!(form & HTTP_IN_STREAM)) put_answer(&call, &answer, out);
}

/* ---- streams ---- */

void http_stream_head(const struct http_call *call, struct tuan_out *out)
{
    put_status(out, 200);
    tuan_out_text(out, "Content-Type: text/event-stream\r\nX-Content-Type-Options: nosniff\r\n"
                       "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n"
                       "Connection: close\r\n");
    put_clock(call->host, out);
    put_sharing(call->host, call->origin, out);
    tuan_out_text(out, "\r\n");
    call->host->metrics->http_requests++;
    call->host->metrics->http_200++;
}
