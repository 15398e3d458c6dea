/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/wire/link.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

#define READ_BYTES (256 * 1024)

static bool is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    if (address->ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
    return address->ss_family == AF_UNIX;
}

static bool resolve_unix(const char *path, struct link_address *address)
{
    struct sockaddr_un *local = (struct sockaddr_un *)&address->socket;

    if (strlen(path) >= sizeof local->sun_path) {
        fprintf(stderr, "tuan: %s: too long for a Unix socket\n", path);
        return false;
    }
    local->sun_family = AF_UNIX;
    strcpy(local->sun_path, path);
    address->len = sizeof *local;
    address->is_loopback = true;
    return true;
}

bool link_resolve(const char *text, const char *default_port, struct link_address *address)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    char host[256];
    const char *port = default_port, *colon;

    *address = (struct link_address){0};
    if (strncmp(text, "unix:", 5) == 0) return resolve_unix(text + 5, address);
    if (text[0] == '/') return resolve_unix(text, address);
    snprintf(host, sizeof host, "%s", text[0] == '[' ? text + 1 : text);
    char *end = text[0] == '[' ? strchr(host, ']') : NULL;
    if (end != NULL) {
        if (end[1] == ':') port = text + (end - host) + 3;
        *end = '\0';
    } else if ((colon = strrchr(text, ':')) != NULL) {
        port = colon + 1;
        host[colon - text] = '\0';
    }
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed != 0) {
        fprintf(stderr, "tuan: %s: %s\n", text, gai_strerror(failed));
        return false;
    }
    memcpy(&address->socket, found->ai_addr, found->ai_addrlen);
    address->len = found->ai_addrlen;
    address->is_loopback = is_loopback(&address->socket);
    freeaddrinfo(found);
    return true;
}

bool link_open(struct link *link, const struct link_address *address)
{
    const int on = 1;

    assert(link->state == LINK_DOWN);
    link->fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (link->fd < 0) return false;
    if (address->socket.ss_family != AF_UNIX)
        setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(link->fd, (const struct sockaddr *)&address->socket, address->len) != 0 &&
        errno != EINPROGRESS) {
        int why = errno;
        close(link->fd);
        errno = why;
        return false;
    }
    link->state = LINK_CONNECTING;
    link->wants_write = true;
    return true;
}

void link_close(struct link *link)
{
    if (link->state != LINK_DOWN) close(link->fd);
    link->state = LINK_DOWN;
    link->in.len = link->in_at = link->out.len = link->out_at = 0;
    link->head = link->count = link->in_flight = link->unsent = 0;
    link->is_dirty = link->wants_write = false;
}

void link_free(struct link *link)
{
    link_close(link);
    buf_free(&link->in);
    buf_free(&link->out);
    mem_free(link->flights);
    link->flights = NULL;
    link->cap = 0;
}

bool link_flush(struct link *link)
{
    while (link->out_at < link->out.len) {
        ssize_t sent = send(link->fd, link->out.data + link->out_at, link->out.len - link->out_at,
                            MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        link->out_at += (size_t)sent;
    }
    link->out.len = link->out_at = 0;
    return true;
}

bool link_read(struct link *link)
{
    if (link->in_at == link->in.len) {
        link->in.len = link->in_at = 0;
    } else if (link->in_at > 0) {
        buf_consume_head(&link->in, link->in_at);
        link->in_at = 0;
    }
    char *room = buf_reserve(&link->in, READ_BYTES);
    for (;;) {
        ssize_t got = recv(link->fd, room, READ_BYTES, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        link->in.len += (size_t)got;
        return got > 0;
    }
}

void link_push(struct link *link, uint32_t flight)
{
    if (link->count == link->cap) {
        uint32_t cap = link->cap == 0 ? 64 : link->cap * 2;
        uint32_t *ring = mem_alloc(cap * sizeof *ring);
        for (uint32_t i = 0; i < link->count; i++)
            ring[i] = link->flights[(link->head + i) & (link->cap - 1)];
        mem_free(link->flights);
        link->flights = ring;
        link->cap = cap;
        link->head = 0;
    }
    link->flights[(link->head + link->count++) & (link->cap - 1)] = flight;
}

uint32_t link_first(const struct link *link)
{
    assert(link->count > 0);
    return link->flights[link->head];
}

void link_pop(struct link *link)
{
    assert(link->count > 0);
    link->head = (link->head + 1) & (link->cap - 1);
    link->count--;
}
