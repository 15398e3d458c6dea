/* SPDX-License-Identifier: BSD-2-Clause */
/* storefront.c - from a request to its route: pages, the shop's data, and who asks. */
#include "bench/tool/storefront.h"

#include <stdio.h>

#include "base/digest.h"
#include "bench/tool/pages.h"
#include "bench/tool/storefront_call.h"

enum { SEGMENTS_MAX = 6, TOKEN_LEAST = 16, HOST_SIZE = 128 };

/* ---- where the browser reaches the daemon ---- */

/* The name by which the browser calls this machine, without the port; false: none that may stand in
 * a header. */
static bool read_host(const struct storefront_call *call, char host[HOST_SIZE])
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";

    if (call->request->host.ptr == NULL || call->request->host.len >= HOST_SIZE) return false;
    snprintf(host, HOST_SIZE, "%.*s", (int)call->request->host.len, call->request->host.ptr);
    if (strspn(host, allowed) != strlen(host)) return false;
    char *colon = strrchr(host, ':'), *bracket = strchr(host, ']');
    if (colon != NULL && (bracket == NULL || colon > bracket)) *colon = '\0';
    return host[0] != '\0';
}

static bool is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "localhost") == 0 ||
           strcmp(host, "[::1]") == 0;
}

/* "http://HOST:PORT" of a port of the daemon; "" if that browser does not reach it. */
static void name_base(const struct storefront_call *call, const char *address,
                      char base[HOST_SIZE + 16])
{
    char host[HOST_SIZE];
    const char *colon = strrchr(address, ':');

    base[0] = '\0';
    if (colon == NULL || !read_host(call, host)) return;
    if (strncmp(address, "127.", 4) == 0 && !is_loopback(host)) return;
    snprintf(base, HOST_SIZE + 16, "http://%s%s", host, colon);
}

/* ---- pages ---- */

static void put_file(struct storefront_call *call, const struct embedded_file *file)
{
    if (file == NULL) {
        storefront_refuse(call, 404, "NOT_FOUND", "no such page");
        return;
    }
    call->reply->type = file->type;
    call->reply->etag = file->etag;
    buf_append(call->reply->body, file->data, file->len);
    buf_append_str(call->reply->fields, "Referrer-Policy: no-referrer\r\n"
                                        "Cross-Origin-Resource-Policy: same-origin\r\n");
}

static void page_get(struct storefront_call *call)
{
    char status[HOST_SIZE + 16];

    name_base(call, call->front->web, status);
    put_file(call, pages_find(&shop_pages, "index.html"));
    buf_printf(call->reply->fields,
               "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
               "img-src 'self'; connect-src 'self' %s; base-uri 'none'; form-action 'none'; "
               "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
               "\r\nCross-Origin-Opener-Policy: same-origin\r\n",
               status);
}

static void file_get(struct storefront_call *call)
{
    put_file(call, pages_find(&shop_pages, call->args[0]));
}

static void picture_get(struct storefront_call *call)
{
    char path[STOREFRONT_ID_SIZE + 16];

    snprintf(path, sizeof path, "pictures/%s", call->args[0]);
    put_file(call, pages_find(&shop_pages, path));
}

static void client_get(struct storefront_call *call)
{
    put_file(call, pages_find(&web_client, call->args[0]));
}

/* ---- the shop ---- */

static void shop_get(struct storefront_call *call)
{
    char status[HOST_SIZE + 16], console[HOST_SIZE + 16];
    struct shop *shop = call->front->shop;

    name_base(call, call->front->web, status);
    name_base(call, call->front->admin, console);
    storefront_reply(call, 200,
                     json_pack("{s:s,s:s,s:b,s:O}", "status", status, "console", console,
                               "is_simulated", shop->pace > 0, "products", shop->products.json));
}

static void me_get(struct storefront_call *call)
{
    char nick[STOREFRONT_NICK_SIZE];

    storefront_nick(call, nick);
    storefront_reply(call, 200, json_pack("{s:s,s:s}", "nick", nick, "key", call->user));
}

/* ---- routes ---- */

enum { FOR_VISITORS = 1, CHANGES = 2 };

/* A star is an id. */
static const struct route {
    const char *segments[SEGMENTS_MAX + 1];
    storefront_route *run;
    unsigned marks;
} routes[] = {
    {{""}, page_get, 0},
    {{"p", "*"}, page_get, 0},
    {{"r", "*"}, page_get, 0},
    {{"orders"}, page_get, 0},
    {{"shop", "*"}, file_get, 0},
    {{"shop", "pictures", "*"}, picture_get, 0},
    {{"tuan-web", "*"}, client_get, 0},
    {{"api", "shop"}, shop_get, 0},
    {{"api", "me"}, me_get, FOR_VISITORS},
    {{"api", "rooms", "*"}, storefront_room_get, 0},
    {{"api", "campaigns", "*", "seats"}, storefront_seats_get, FOR_VISITORS},
    {{"api", "campaigns", "*", "seats"}, storefront_seats_post, FOR_VISITORS | CHANGES},
    {{"api", "campaigns", "*", "seats", "*"}, storefront_seat_get, FOR_VISITORS},
    {{"api", "campaigns", "*", "seats", "*", "payment"}, storefront_pay, FOR_VISITORS | CHANGES},
    {{"api", "campaigns", "*", "seats", "*", "leave"}, storefront_leave, FOR_VISITORS | CHANGES},
};

static bool take_star(struct storefront_call *call, size_t star, struct tuan_str segment)
{
    struct tuan_str id;

    if (star >= 2 || !tuan_http_decode(segment, call->args[star], STOREFRONT_ID_SIZE - 1, &id))
        return false;
    call->args[star][id.len] = '\0';
    return strlen(call->args[star]) == id.len; /* a zero byte is in no id */
}

static bool fits(struct storefront_call *call, const struct route *route)
{
    struct tuan_str path = call->request->path, segment;
    size_t i = 0, stars = 0;

    for (; tuan_http_next_segment(&path, &segment); i++) {
        const char *expected = route->segments[i];
        if (expected == NULL) return false;
        if (expected[0] == '*') {
            if (!take_star(call, stars++, segment)) return false;
        } else if (strlen(expected) != segment.len ||
                   memcmp(expected, segment.ptr, segment.len) != 0) {
            return false;
        }
    }
    return route->segments[i] == NULL;
}

/* ---- who asks ---- */

/* A visitor is named by the digest of his token, so that his name gives nothing away. */
static void read_user(struct storefront_call *call)
{
    static const struct tuan_str scheme = {"Bearer ", 7};
    struct tuan_str field = call->request->authorization;
    char hex[DIGEST_HEX];
    struct digest digest;

    call->user[0] = '\0';
    if (field.ptr == NULL || field.len < scheme.len + TOKEN_LEAST ||
        memcmp(field.ptr, scheme.ptr, scheme.len) != 0)
        return;
    digest_make(field.ptr + scheme.len, field.len - scheme.len, &digest);
    digest_print(&digest, hex);
    snprintf(call->user, sizeof call->user, "v%.12s", hex);
}

static void run_route(struct storefront_call *call, const struct route *route)
{
    struct tuan_str body = call->request->body;
    json_t *json = NULL;

    if ((route->marks & FOR_VISITORS) && call->user[0] == '\0') {
        storefront_refuse(call, 401, "NOAUTH", "who asks? Authorization: Bearer TOKEN");
        return;
    }
    if (route->marks & CHANGES) json = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL);
    call->body = json;
    if ((route->marks & CHANGES) && !json_is_object(json))
        storefront_refuse(call, 400, "BAD_REQUEST", "the body is not a JSON object");
    else
        route->run(call);
    json_decref(json);
}

void storefront_answer(void *context, const struct tuan_http_request *request,
                       struct serve_reply *reply)
{
    struct storefront_call call = {.front = context, .request = request, .reply = reply};
    bool is_post = request->method == TUAN_HTTP_POST, is_known = false;

    read_user(&call);
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!fits(&call, &routes[i])) continue;
        is_known = true;
        if (is_post != ((routes[i].marks & CHANGES) != 0)) continue;
        run_route(&call, &routes[i]);
        return;
    }
    if (is_known)
        storefront_refuse(&call, 405, "BAD_REQUEST", "not by that method");
    else
        storefront_refuse(&call, 404, "NOT_FOUND", "no such page");
}
