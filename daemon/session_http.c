/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/session_http.h"

#include <string.h>

#include "daemon/admin_port.h"
#include "daemon/clock.h"
#include "daemon/web.h"

static void await(struct conn *conn, enum session_http_state state, int64_t ms)
{
    struct session *session = conn_session(conn);

    session->http.state = state;
    conn_set_alarm(conn, clock_boot_ms() + ms);
}

void session_http_open(struct conn *conn)
{
    await(conn, SESSION_HTTP_IDLE, SESSION_HTTP_IDLE_MS);
}

static void refuse_fault(struct session_host *host, struct conn *conn, enum tuan_http_fault fault)
{
    const struct tuan_http_fault_row *row = &tuan_http_faults[fault];
    struct http_call call = {.host = host, .conn = conn, .form = HTTP_CLOSES};
    struct tuan_reply reply = {.err = row->err, .text = {row->text, (uint32_t)strlen(row->text)}};

    host->metrics->unreadable[METRIC_PROTO_HTTP]++;
    http_refuse(&call, &reply, row->status, NULL);
}

/* What is still to come is a part of a request, or nothing. Those who wait have their own times. */
static void await_more(struct conn *conn, bool has_part)
{
    const struct session *session = conn_session(conn);

    switch (session->http.state) {
    case SESSION_HTTP_WAITING:
    case SESSION_HTTP_STREAMING: return;
    case SESSION_HTTP_READING:
    case SESSION_HTTP_IDLE: break;
    }
    if (!has_part)
        await(conn, SESSION_HTTP_IDLE, SESSION_HTTP_IDLE_MS);
    else if (session->http.state == SESSION_HTTP_IDLE)
        await(conn, SESSION_HTTP_READING, SESSION_HTTP_HEAD_MS);
}

size_t session_http_input(struct session_host *host, struct conn *conn, const char *data,
                          size_t len)
{
    const struct session *session = conn_session(conn);
    struct tuan_http_request request;
    enum tuan_http_fault fault;
    size_t at = 0, consumed;

    while (at < len && conn_may_take(conn)) {
        enum tuan_parse got = tuan_http_parse(data + at, len - at, SESSION_HTTP_BODY_MAX, &request,
                                              &consumed, &fault);
        if (got == TUAN_PARSE_MORE) break;
        if (got == TUAN_PARSE_BAD) {
            refuse_fault(host, conn, fault);
            return len;
        }
        at += consumed;
        struct http_call call = http_call(host, conn, &request);
        if (session->protocol == SESSION_ADMIN)
            admin_port_run(&call, &request);
        else
            web_run(&call, &request);
    }
    await_more(conn, at < len);
    return at;
}

void session_http_alarm(struct session_host *host, struct conn *conn)
{
    const struct session *session = conn_session(conn);
    struct tuan_reply late = {.err = TUAN_ERR_BAD_REQUEST,
                              .text = TUAN_STR("the request did not come whole in time")};

    switch (session->http.state) {
    case SESSION_HTTP_IDLE: conn_close(conn); return;
    case SESSION_HTTP_READING:
        http_refuse(&(struct http_call){.host = host, .conn = conn, .form = HTTP_CLOSES}, &late,
                    408, NULL);
        return;
    case SESSION_HTTP_WAITING: return; /* the watcher's time tells */
    case SESSION_HTTP_STREAMING: web_beat(host, conn); return;
    }
}
