/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_port_access.c - who asks the admin port for what is not for everybody.
 *
 * Where there are tokens, one must come with the request; a page of another origin has none. Where
 * there are none, whoever can connect is the operator, and what must be kept out is a page that the
 * operator's browser has open. It cannot read our answers, which name no other origin, unless its
 * own name was made to lead here: so the host must be an address or localhost. And it cannot act,
 * since a body of JSON from another origin is asked for first (OPTIONS), which is refused, and
 * browsers name the origin that acts.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "daemon/admin.h"
#include "daemon/admin_port.h"
#include "daemon/page.h"

/* "host:port" or "[v6]:port" without the port. */
static struct tuan_str without_port(struct tuan_str host)
{
    const char *end = host.len == 0 ? NULL : memchr(host.ptr, ']', host.len);
    size_t from = end == NULL ? 0 : (size_t)(end - host.ptr);
    const char *colon = memchr(host.ptr + from, ':', host.len - from);

    return colon == NULL ? host : (struct tuan_str){host.ptr, (uint32_t)(colon - host.ptr)};
}

/* What nobody can have made his name lead to. */
static bool is_address(struct tuan_str host)
{
    struct tuan_str name = without_port(host);
    bool is_v4 = name.len > 0 && name.len <= 15;

    if (tuan_str_equal_nocase(name, TUAN_STR("localhost"))) return true;
    if (name.len > 0 && name.ptr[0] == '[') return true;
    for (uint32_t i = 0; i < name.len; i++)
        is_v4 = is_v4 && (name.ptr[i] == '.' || isdigit((unsigned char)name.ptr[i]));
    return is_v4;
}

static bool is_own_origin(const struct tuan_http_request *request)
{
    struct tuan_str origin = request->origin;
    static const char slashes[] = "://";

    if (origin.ptr == NULL) return true; /* no browser */
    const char *at = memmem(origin.ptr, origin.len, slashes, sizeof slashes - 1);
    if (at == NULL) return false;
    size_t skip = (size_t)(at - origin.ptr) + sizeof slashes - 1;
    return tuan_str_equal_nocase((struct tuan_str){origin.ptr + skip, origin.len - (uint32_t)skip},
                                 request->host);
}

static bool is_json(struct tuan_str type)
{
    static const struct tuan_str expected = {"application/json", 16};

    if (type.len > expected.len && (type.ptr[expected.len] == ';' || type.ptr[expected.len] == ' '))
        type.len = expected.len;
    return tuan_str_equal_nocase(type, expected);
}

/* The token of "Bearer TOKEN"; empty: none. */
static struct tuan_str find_token(struct tuan_str field)
{
    static const char scheme[] = "Bearer ";
    size_t len = sizeof scheme - 1;

    if (field.len <= len || strncasecmp(field.ptr, scheme, len) != 0)
        return (struct tuan_str){"", 0};
    return (struct tuan_str){field.ptr + len, field.len - (uint32_t)len};
}

static void identify(const struct http_call *call, const struct tuan_http_request *request)
{
    struct session_host *host = call->host;
    struct session *session = conn_session(call->conn);
    struct tuan_str token = find_token(request->authorization);
    const char *name = "";
    struct conn_facts facts;

    session->role = TUAN_ROLE_OPERATOR;
    if (auth_is_needed(host->auth))
        session->role = auth_check(host->auth, (struct tuan_str){"", 0}, token, &name);
    snprintf(session->user, sizeof session->user, "%s", name);
    if (session->user[0] == '\0') snprintf(session->name, sizeof session->name, "console");
    if (session->role != TUAN_ROLE_ANY || token.len == 0) return;
    conn_describe(call->conn, &facts);
    host->metrics->auth_failures++;
    log_limited(LOG_LEVEL_WARN, "a wrong token at the admin port", "client=%s", facts.peer);
}

static const char *find_flaw(const struct http_call *call, const struct tuan_http_request *request)
{
    if (!auth_is_needed(call->host->auth) && !is_address(request->host))
        return "without tokens the admin port is asked by address, or as localhost";
    if (request->method != TUAN_HTTP_POST) return NULL;
    if (!is_own_origin(request)) return "a page of another origin may not act";
    return is_json(request->content_type) ? NULL : "acts are JSON: Content-Type: application/json";
}

bool admin_port_admits(const struct http_call *call, const struct tuan_http_request *request,
                       enum tuan_cmd command)
{
    struct session_host *host = call->host;
    const char *flaw = find_flaw(call, request);

    if (flaw != NULL) {
        http_refuse_text(call, TUAN_ERR_NOPERM, flaw);
        return false;
    }
    identify(call, request);
    if (session_may_run(host, conn_session(call->conn), &tuan_commands[command])) return true;
    if (host->fault.err == TUAN_ERR_NOAUTH && request->authorization.len > 0)
        session_refuse_with(host, TUAN_ERR_NOAUTH, "no such token");
    http_refuse_text(call, host->fault.err, host->fault.text);
    return false;
}

/* Refused is nothing here: a page asks this to know what it may ask. */
void admin_port_me(const struct http_call *call, const struct tuan_http_request *request)
{
    const struct session *session = conn_session(call->conn);
    struct tuan_out *page = &call->host->page;

    identify(call, request);
    page->len = 0;
    tuan_out_text(page, "{");
    page_text(page, "role", admin_role_word(session->role));
    page_text(page, "user", session->user);
    page_number(page, "needs_token", auth_is_needed(call->host->auth));
    tuan_out_text(page, "}");
    http_page(call, 200, "application/json", NULL);
}
