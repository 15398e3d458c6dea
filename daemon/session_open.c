/* SPDX-License-Identifier: BSD-2-Clause */
/* session_open.c - the first bytes of a connection tell its protocol. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/clock.h"
#include "daemon/session_http.h"

enum opening { OPENING_MORE, OPENING_RESP, OPENING_RPC, OPENING_HTTP, OPENING_TLS, OPENING_OTHER };

static enum opening find_opening(const char *data, size_t len)
{
    static const char *const verbs[] = {"GET /", "POST ", "HEAD ", "OPTIONS "};
    unsigned char first = (unsigned char)data[0];

    if ((first >= 0x90 && first <= 0x9f) || first == 0xdc || first == 0xdd) return OPENING_RPC;
    if (first == 0x16) return OPENING_TLS;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        size_t verb_len = strlen(verbs[i]);
        if (memcmp(data, verbs[i], len < verb_len ? len : verb_len) == 0)
            return len < verb_len ? OPENING_MORE : OPENING_HTTP;
    }
    bool is_letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    return is_letter || first == '*' || first == '\r' || first == '\n' ? OPENING_RESP
                                                                       : OPENING_OTHER;
}

static void answer_http(struct session_host *host, struct conn *conn)
{
    char text[OPTION_TEXT_MAX + 64], page[2 * sizeof text + 160];

    host->metrics->http_on_rpc++;
    int len =
        snprintf(text, sizeof text, "this is the RPC port; HTTP is at %s\n", host->web_address);
    int page_len =
        snprintf(page, sizeof page,
                 "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
                 "Connection: close\r\n\r\n%s",
                 len, text);
    tuan_out_bytes(conn_out(conn), page, (size_t)page_len);
    conn_out_done(conn, NULL, 0);
    conn_finish(conn);
}

static void refuse_opening(struct session_host *host, struct conn *conn)
{
    session_refuse_with(host, TUAN_ERR_BAD_REQUEST, "this port speaks MessagePack-RPC and RESP");
    session_bad_frame(host, conn, 0, false);
}

static void refuse_tls(struct session_host *host, struct conn *conn)
{
    struct conn_facts facts;

    conn_describe(conn, &facts);
    host->metrics->tls_on_rpc++;
    log_limited(LOG_LEVEL_WARN, "a client speaks TLS to the RPC port, which is plain", "client=%s",
                facts.peer);
    conn_close(conn);
}

static size_t take(struct session_host *host, struct conn *conn, const char *data, size_t len)
{
    struct session *session = conn_session(conn);

    if (session->protocol == SESSION_WEB || session->protocol == SESSION_ADMIN)
        return session_http_input(host, conn, data, len);
    if (session->protocol == SESSION_NEW) {
        switch (find_opening(data, len)) {
        case OPENING_MORE: return 0;
        case OPENING_RESP: session_speaks(conn, SESSION_RESP); break;
        case OPENING_RPC: session_speaks(conn, SESSION_RPC); break;
        case OPENING_HTTP: answer_http(host, conn); return len;
        case OPENING_TLS: refuse_tls(host, conn); return len;
        case OPENING_OTHER: refuse_opening(host, conn); return len;
        }
    }
    return session->protocol == SESSION_RPC ? session_rpc_input(host, conn, data, len)
                                            : session_resp_input(host, conn, data, len);
}

size_t session_input(void *context, struct conn *conn, const char *data, size_t len)
{
    struct session_host *host = context;

    if (len == 0) return 0;
    int64_t from_us = clock_boot_us();
    size_t taken = take(host, conn, data, len);
    session_read(host, conn, from_us, clock_boot_us());
    return taken;
}
