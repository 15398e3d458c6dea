/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/serve.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench/tool/clock.h"
#include "bench/tool/stop.h"

enum { PEERS_MAX = 64, BODY_MAX = 4096, READ_BYTES = 4096, BACKLOG = 64 };

struct peer {
    int fd; /* -1: the place is free */
    struct buf in, out;
    size_t sent;
    int64_t used_us;
    bool ends; /* once `out` is sent */
};

struct serve {
    int fd;
    char address[80];
    serve_handler *handler;
    void *context;
    struct peer peers[PEERS_MAX];
    struct buf body, fields; /* of the reply that is made now */
};

/* ---- listening ---- */

/* Split "ADDR:PORT" at its last colon; brackets around ADDR go. */
static bool split_address(const char *address, char host[64], char port[8])
{
    const char *colon = strrchr(address, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - address);

    if (len == 0 || len >= 64 || strlen(colon + 1) == 0 || strlen(colon + 1) > 5) return false;
    if (strspn(colon + 1, "0123456789") != strlen(colon + 1) || atoi(colon + 1) > 65535)
        return false;
    bool is_bracketed = address[0] == '[' && len > 2 && address[len - 1] == ']';
    snprintf(host, 64, "%.*s", (int)(is_bracketed ? len - 2 : len), address + is_bracketed);
    snprintf(port, 8, "%s", colon + 1);
    return true;
}

static int listen_at(const struct addrinfo *at)
{
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;

    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static void name_address(struct serve *serve)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    char host[64] = "?", port[8] = "0";

    if (getsockname(serve->fd, (struct sockaddr *)&at, &len) == 0)
        getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(serve->address, sizeof serve->address, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
             port);
}

struct serve *serve_open(const char *address, serve_handler *handler, void *context)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    char host[64], port[8];

    if (!split_address(address, host, port) || getaddrinfo(host, port, &wanted, &found) != 0) {
        fprintf(stderr, "tuan: %s: not an ADDR:PORT to serve at\n", address);
        return NULL;
    }
    int fd = listen_at(found);
    freeaddrinfo(found);
    if (fd < 0) {
        fprintf(stderr, "tuan: cannot serve at %s: %s\n", address, strerror(errno));
        return NULL;
    }
    struct serve *serve = mem_zalloc(sizeof *serve);
    serve->fd = fd;
    serve->handler = handler;
    serve->context = context;
    for (int i = 0; i < PEERS_MAX; i++)
        serve->peers[i].fd = -1;
    name_address(serve);
    return serve;
}

const char *serve_address(const struct serve *serve)
{
    return serve->address;
}

static void drop_peer(struct peer *peer)
{
    if (peer->fd >= 0) close(peer->fd);
    buf_free(&peer->in);
    buf_free(&peer->out);
    *peer = (struct peer){.fd = -1};
}

void serve_close(struct serve *serve)
{
    if (serve == NULL) return;
    for (int i = 0; i < PEERS_MAX; i++)
        drop_peer(&serve->peers[i]);
    close(serve->fd);
    buf_free(&serve->body);
    buf_free(&serve->fields);
    mem_free(serve);
}

/* ---- replies ---- */

static const char *reason_of(int status)
{
    return status < 300   ? "OK"
           : status < 400 ? "Not Modified"
           : status < 500 ? "Refused"
                          : "Unavailable";
}

static void put_reply(struct peer *peer, const struct serve_reply *reply, bool without_body)
{
    struct buf *out = &peer->out;

    buf_printf(out, "HTTP/1.1 %d %s\r\nX-Content-Type-Options: nosniff\r\n", reply->status,
               reason_of(reply->status));
    if (reply->type != NULL) buf_printf(out, "Content-Type: %s\r\n", reply->type);
    if (reply->etag != NULL)
        buf_printf(out, "ETag: \"%s\"\r\nCache-Control: no-cache\r\n", reply->etag);
    else
        buf_append_str(out, "Cache-Control: no-store\r\n");
    if (reply->status == 503) buf_append_str(out, "Retry-After: 1\r\n");
    if (peer->ends) buf_append_str(out, "Connection: close\r\n");
    buf_append(out, reply->fields->data, reply->fields->len);
    if (reply->status != 304) buf_printf(out, "Content-Length: %zu\r\n", reply->body->len);
    buf_append_str(out, "\r\n");
    if (!without_body) buf_append(out, reply->body->data, reply->body->len);
}

static void refuse(struct serve *serve, struct peer *peer, enum tuan_http_fault fault)
{
    struct serve_reply reply = {.status = tuan_http_faults[fault].status,
                                .type = "text/plain; charset=utf-8",
                                .body = &serve->body,
                                .fields = &serve->fields};

    buf_append_str(&serve->body, tuan_http_faults[fault].text);
    peer->ends = true;
    put_reply(peer, &reply, false);
}

static void answer(struct serve *serve, struct peer *peer, const struct tuan_http_request *request)
{
    struct serve_reply reply = {.status = 200, .body = &serve->body, .fields = &serve->fields};

    peer->ends = !request->keeps_alive;
    serve->handler(serve->context, request, &reply);
    bool is_kept =
        reply.etag != NULL && request->if_none_match.ptr != NULL &&
        tuan_http_names_etag(request->if_none_match,
                             (struct tuan_str){reply.etag, (uint32_t)strlen(reply.etag)});
    if (is_kept) {
        reply.status = 304;
        reply.type = NULL;
        buf_reset(&serve->body);
    }
    put_reply(peer, &reply, request->method == TUAN_HTTP_HEAD);
}

/* ---- a peer ---- */

/* Answer all whole requests that have come. */
static void take_requests(struct serve *serve, struct peer *peer)
{
    size_t taken = 0, consumed;

    while (!peer->ends && taken < peer->in.len) {
        struct tuan_http_request request;
        enum tuan_http_fault fault;
        buf_reset(&serve->body);
        buf_reset(&serve->fields);
        enum tuan_parse parse = tuan_http_parse(peer->in.data + taken, peer->in.len - taken,
                                                BODY_MAX, &request, &consumed, &fault);
        if (parse == TUAN_PARSE_MORE) break;
        if (parse == TUAN_PARSE_DONE) {
            answer(serve, peer, &request);
            taken += consumed;
        } else {
            refuse(serve, peer, fault);
        }
    }
    buf_consume_head(&peer->in, taken);
}

/* False: it is gone. */
static bool read_peer(struct peer *peer)
{
    ssize_t len = recv(peer->fd, buf_reserve(&peer->in, READ_BYTES), READ_BYTES, 0);

    if (len > 0) peer->in.len += (size_t)len;
    return len > 0 || (len < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool write_peer(struct peer *peer)
{
    ssize_t len =
        send(peer->fd, peer->out.data + peer->sent, peer->out.len - peer->sent, MSG_NOSIGNAL);

    if (len < 0) return errno == EAGAIN || errno == EINTR;
    peer->sent += (size_t)len;
    if (peer->sent < peer->out.len) return true;
    buf_reset(&peer->out);
    peer->sent = 0;
    return !peer->ends;
}

static void turn_peer(struct serve *serve, struct peer *peer, short events)
{
    bool is_good = (events & (POLLERR | POLLNVAL)) == 0;

    peer->used_us = clock_now_us();
    if (is_good && (events & (POLLIN | POLLHUP)) && !peer->ends) {
        is_good = read_peer(peer);
        if (is_good) take_requests(serve, peer);
    }
    if (is_good && peer->out.len > 0) is_good = write_peer(peer);
    if (!is_good) drop_peer(peer);
}

static void accept_peer(struct serve *serve)
{
    int fd = accept4(serve->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct peer *place = &serve->peers[0];

    if (fd < 0) return;
    for (int i = 0; i < PEERS_MAX && place->fd >= 0; i++)
        if (serve->peers[i].fd < 0 || serve->peers[i].used_us < place->used_us)
            place = &serve->peers[i];
    drop_peer(place);
    place->fd = fd;
    place->used_us = clock_now_us();
}

/* ---- the loop ---- */

static void turn(struct serve *serve, int wait_ms)
{
    struct pollfd watched[PEERS_MAX + 1] = {{.fd = serve->fd, .events = POLLIN}};

    for (int i = 0; i < PEERS_MAX; i++) {
        struct peer *peer = &serve->peers[i];
        watched[i + 1].fd = peer->fd; /* poll leaves out what is negative */
        watched[i + 1].events = peer->out.len > 0 ? POLLOUT : POLLIN;
    }
    if (poll(watched, PEERS_MAX + 1, wait_ms) <= 0) return;
    for (int i = 0; i < PEERS_MAX; i++)
        if (watched[i + 1].revents != 0) turn_peer(serve, &serve->peers[i], watched[i + 1].revents);
    if (watched[0].revents != 0) accept_peer(serve);
}

void serve_until(struct serve *serve, int64_t until_us)
{
    int64_t left_us;

    while ((left_us = until_us - clock_now_us()) > 0 && !stop_asked())
        turn(serve, (int)((left_us + 999) / 1000));
}
