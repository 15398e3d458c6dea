/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/link.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/clock.h"
#include "daemon/mirror/replies.h"

#define CONNECT_MS      500
#define READ_BYTES      ((size_t)256 * 1024)
#define READS_MAX       8 /* in one turn, so that others get theirs */
#define WHY_SIZE        160
#define BUFFER_KEPT_MAX ((size_t)8 * 1024 * 1024)

enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_UP };

struct link {
    struct event_base *base;
    struct sockaddr_storage address;
    socklen_t address_len;
    struct outbox *out;
    struct link_hooks hooks;
    const struct mirror_meter *meter;
    struct replies replies;
    enum link_state state;
    int fd;
    struct event *readable, *writable;
    bool is_write_armed;
    bool is_ending;
    bool has_been_up;
    char why[WHY_SIZE];
    char told[WHY_SIZE]; /* the last reason logged since it was settled: a Redis that loads for a
                          * minute is news once */
    size_t written;      /* of out->bytes */
    int64_t retry_ms, backoff_ms, backoff_min_ms, backoff_max_ms, connect_by_ms;
    int64_t heard_us; /* when the last bytes came in */
    char *read_buffer;
};

/* ---- ending ---- */

void link_end(struct link *link, const char *why, int64_t wait_ms)
{
    if (link->state == LINK_DOWN || link->is_ending) return;
    link->is_ending = true;
    snprintf(link->why, sizeof link->why, "%s", why);
    if (link->backoff_ms < wait_ms) link->backoff_ms = wait_ms;
}

static void close_socket(struct link *link)
{
    if (link->readable != NULL) event_free(link->readable);
    if (link->writable != NULL) event_free(link->writable);
    if (link->fd >= 0) close(link->fd);
    link->readable = link->writable = NULL;
    link->fd = -1;
    link->is_write_armed = false;
    link->state = LINK_DOWN;
}

static void finish_ending(struct link *link)
{
    bool was_up = link->state == LINK_UP;
    int64_t now_ms = clock_boot_ms();

    if (!link->is_ending) return;
    close_socket(link);
    outbox_reset(link->out);
    link->written = 0;
    replies_reset(&link->replies);
    if (link->backoff_ms < link->backoff_min_ms) link->backoff_ms = link->backoff_min_ms;
    link->retry_ms = now_ms + link->backoff_ms;
    link->backoff_ms *= 2;
    if (link->backoff_ms > link->backoff_max_ms) link->backoff_ms = link->backoff_max_ms;
    link->is_ending = false;
    if (was_up && strcmp(link->told, link->why) != 0) {
        log_warn("connection to Redis ended", "why=\"%s\"", link->why);
        memcpy(link->told, link->why, sizeof link->told);
    } else {
        log_debug("no connection to Redis", "why=\"%s\"", link->why);
    }
    link->hooks.down(link->hooks.context, link->why);
}

/* A Redis that is still being started is no failure. */
static void fail(struct link *link, enum mirror_fault fault, const char *why)
{
    bool is_news = !link->is_ending && (link->has_been_up || fault != MIRROR_FAULT_CONNECT);

    if (is_news && link->meter->failed != NULL) link->meter->failed(link->meter->context, fault);
    link_end(link, why, 0);
}

static void fail_errno(struct link *link, enum mirror_fault fault, const char *what)
{
    char why[WHY_SIZE];

    snprintf(why, sizeof why, "%s: %s", what, strerror(errno));
    fail(link, fault, why);
}

void link_settled(struct link *link)
{
    link->backoff_ms = 0;
    link->told[0] = '\0';
}

bool link_is_up(const struct link *link)
{
    return link->state == LINK_UP && !link->is_ending;
}

/* ---- writing ---- */

static void arm_write(struct link *link, bool is_wanted)
{
    if (is_wanted == link->is_write_armed) return;
    link->is_write_armed = is_wanted;
    if (is_wanted)
        event_add(link->writable, NULL);
    else
        event_del(link->writable);
}

static void forget_written(struct link *link)
{
    struct buf *bytes = &link->out->bytes;

    if (link->written == bytes->len) {
        link->written = 0;
        buf_reset(bytes);
        if (bytes->cap > BUFFER_KEPT_MAX) buf_free(bytes);
    } else if (link->written > bytes->len / 2) {
        buf_consume_head(bytes, link->written);
        link->written = 0;
    }
}

void link_flush(struct link *link)
{
    struct buf *bytes = &link->out->bytes;

    if (!link_is_up(link)) return;
    if (link->written < bytes->len) outbox_sent(link->out, clock_boot_us());
    while (link->written < bytes->len) {
        ssize_t sent =
            send(link->fd, bytes->data + link->written, bytes->len - link->written, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno != EAGAIN) fail_errno(link, MIRROR_FAULT_ENDED, "write");
        if (sent < 0) break;
        link->written += (size_t)sent;
    }
    if (!link_is_up(link)) return;
    forget_written(link);
    arm_write(link, bytes->len > 0);
}

/* In the midst of a reply: what fails shows when all is flushed. */
static void urge(void *context)
{
    struct link *link = context;
    struct buf *bytes = &link->out->bytes;

    if (!link_is_up(link) || link->written == bytes->len) return;
    outbox_sent(link->out, clock_boot_us());
    ssize_t sent =
        send(link->fd, bytes->data + link->written, bytes->len - link->written, MSG_NOSIGNAL);
    if (sent > 0) link->written += (size_t)sent;
}

/* ---- reading ---- */

static void measure(const struct link *link, const struct expected *expected,
                    const struct reply *reply)
{
    const struct mirror_meter *meter = link->meter;

    if (meter->answered != NULL)
        meter->answered(meter->context, wire_op(expected->ask), link->heard_us - expected->sent_us);
    if (meter->failed != NULL && reply->type == REPLY_ERROR)
        meter->failed(meter->context, wire_fault(wire_fate(reply->text)));
}

static void take_replies(struct link *link)
{
    while (link_is_up(link)) {
        const struct reply *reply;
        struct expected expected;

        if (!replies_next(&link->replies, &reply)) {
            fail(link, MIRROR_FAULT_PROTOCOL, "Redis sent what is no reply");
            return;
        }
        if (reply == NULL) return;
        if (outbox_oldest(link->out) == NULL) {
            fail(link, MIRROR_FAULT_PROTOCOL, "a reply that nobody asked for");
            return;
        }
        expected = outbox_pop(link->out);
        measure(link, &expected, reply);
        link->hooks.reply(link->hooks.context, &expected, reply);
    }
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct link *link = context;

    (void)what;
    link->heard_us = clock_boot_us();
    link->out->now_ms = link->heard_us / 1000;
    for (int i = 0; i < READS_MAX && link_is_up(link); i++) {
        ssize_t got = recv(fd, link->read_buffer, READ_BYTES, 0);

        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) break;
        if (got < 0) {
            fail_errno(link, MIRROR_FAULT_ENDED, "read");
        } else if (got == 0) {
            fail(link, MIRROR_FAULT_ENDED, "Redis closed the connection");
        } else if (!replies_feed(&link->replies, link->read_buffer, (size_t)got)) {
            fail(link, MIRROR_FAULT_PROTOCOL, "Redis sent too much at once");
        } else {
            take_replies(link);
            link_flush(link);
        }
        if (got < (ssize_t)READ_BYTES) break;
    }
    finish_ending(link);
}

/* ---- connecting ---- */

static void is_connected(struct link *link)
{
    int error = 0;
    socklen_t len = sizeof error;

    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) error = errno;
    if (error != 0) {
        errno = error;
        fail_errno(link, MIRROR_FAULT_CONNECT, "connect");
        return;
    }
    link->state = LINK_UP;
    link->has_been_up = true;
    event_add(link->readable, NULL);
    outbox_reset(link->out);
    link->hooks.up(link->hooks.context);
    link_flush(link);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct link *link = context;

    (void)fd;
    (void)what;
    link->out->now_ms = clock_boot_ms();
    link->is_write_armed = false;
    if (link->state == LINK_CONNECTING)
        is_connected(link);
    else
        link_flush(link);
    finish_ending(link);
}

static int open_socket(const struct link *link)
{
    int family = link->address.ss_family;
    int one = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && family != AF_UNIX) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    }
    return fd;
}

static void begin_connect(struct link *link, int64_t now_ms)
{
    link->fd = open_socket(link);
    link->state = LINK_CONNECTING;
    link->connect_by_ms = now_ms + CONNECT_MS;
    if (link->fd < 0) {
        fail_errno(link, MIRROR_FAULT_CONNECT, "socket");
        return;
    }
    link->readable = event_new(link->base, link->fd, EV_READ | EV_PERSIST, on_readable, link);
    link->writable = event_new(link->base, link->fd, EV_WRITE, on_writable, link);
    if (link->readable == NULL || link->writable == NULL) {
        link_end(link, "no event to be had", 0);
        return;
    }
    if (connect(link->fd, (struct sockaddr *)&link->address, link->address_len) == 0)
        is_connected(link);
    else if (errno == EINPROGRESS)
        arm_write(link, true);
    else
        fail_errno(link, MIRROR_FAULT_CONNECT, "connect");
}

/* ---- time ---- */

static int64_t answer_by_ms(const struct link *link, int64_t timeout_ms)
{
    const struct expected *oldest = outbox_oldest(link->out);

    return oldest == NULL ? INT64_MAX : oldest->asked_ms + timeout_ms;
}

void link_turn(struct link *link, int64_t now_ms, int64_t timeout_ms)
{
    link->out->now_ms = now_ms;
    if (link->state == LINK_CONNECTING && now_ms >= link->connect_by_ms)
        fail(link, MIRROR_FAULT_CONNECT, "connecting takes too long");
    if (link->state == LINK_UP && now_ms >= answer_by_ms(link, timeout_ms))
        fail(link, MIRROR_FAULT_TIMEOUT, "Redis does not answer");
    finish_ending(link);
    if (link->state == LINK_DOWN && now_ms >= link->retry_ms) begin_connect(link, now_ms);
    link_flush(link);
    finish_ending(link);
}

int64_t link_next_ms(const struct link *link, int64_t timeout_ms)
{
    if (link->is_ending) return 0;
    if (link->state == LINK_DOWN) return link->retry_ms;
    if (link->state == LINK_CONNECTING) return link->connect_by_ms;
    return answer_by_ms(link, timeout_ms);
}

void link_drain(struct link *link, int wait_ms)
{
    struct pollfd poll_fd = {.fd = link->fd, .events = POLLIN};
    int64_t until_ms = clock_boot_ms() + wait_ms;

    link_flush(link);
    if (!link_is_up(link) || shutdown(link->fd, SHUT_WR) != 0) return;
    while (clock_boot_ms() < until_ms && poll(&poll_fd, 1, wait_ms) > 0)
        if (recv(link->fd, link->read_buffer, READ_BYTES, 0) <= 0) return;
}

/* ---- life ---- */

static bool resolve_unix(struct link *link, const char *path)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&link->address;

    if (strlen(path) >= sizeof un->sun_path) return false;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, strlen(path) + 1);
    link->address_len = sizeof *un;
    return true;
}

/* Does anybody listen there? Asked once, before anything else. */
static bool is_reachable(const struct link *link)
{
    struct pollfd poll_fd = {.fd = open_socket(link), .events = POLLOUT};
    int error = 0;
    socklen_t len = sizeof error;

    if (poll_fd.fd < 0) return false;
    if (connect(poll_fd.fd, (const struct sockaddr *)&link->address, link->address_len) != 0) {
        error = errno;
        if (error == EINPROGRESS) {
            error = ETIMEDOUT;
            if (poll(&poll_fd, 1, CONNECT_MS) > 0)
                getsockopt(poll_fd.fd, SOL_SOCKET, SO_ERROR, &error, &len);
        }
    }
    close(poll_fd.fd);
    errno = error;
    return error == 0;
}

static bool resolve_host(struct link *link, const struct link_address *address)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[8];

    snprintf(port, sizeof port, "%u", (unsigned)address->port);
    if (getaddrinfo(address->host, port, &hints, &found) != 0 || found == NULL) return false;
    /* A name may have several addresses (localhost: ::1 and 127.0.0.1): the first that answers. */
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        memcpy(&link->address, at->ai_addr, at->ai_addrlen);
        link->address_len = at->ai_addrlen;
        if (at->ai_next == NULL || is_reachable(link)) break;
    }
    freeaddrinfo(found);
    return true;
}

struct link *link_create(struct event_base *base, const struct link_address *address,
                         bool must_reach, struct outbox *out, const struct link_hooks *hooks,
                         char *error, size_t error_size)
{
    struct link *link = mem_zalloc(sizeof *link);
    bool is_known;

    link->base = base;
    link->out = out;
    out->urge = urge;
    out->urge_context = link;
    link->hooks = *hooks;
    link->meter = address->meter;
    link->backoff_min_ms = address->backoff_min_ms;
    link->backoff_max_ms = address->backoff_max_ms;
    link->fd = -1;
    link->read_buffer = mem_alloc(READ_BYTES);
    replies_init(&link->replies);
    is_known = address->is_unix ? resolve_unix(link, address->path) : resolve_host(link, address);
    if (!is_known) {
        snprintf(error, error_size, "the address of Redis is not known: %s",
                 address->is_unix ? address->path : address->host);
    } else if (must_reach && !is_reachable(link)) {
        int why = errno;
        int len = snprintf(error, error_size, "Redis at %s",
                           address->is_unix ? address->path : address->host);
        if (!address->is_unix && len > 0 && (size_t)len < error_size)
            len += snprintf(error + len, error_size - (size_t)len, ":%u", address->port);
        if (len > 0 && (size_t)len < error_size)
            snprintf(error + len, error_size - (size_t)len, " cannot be reached: %s",
                     strerror(why));
    } else {
        return link;
    }
    link_destroy(link);
    return NULL;
}

void link_destroy(struct link *link)
{
    if (link == NULL) return;
    link->out->urge = NULL;
    close_socket(link);
    replies_free(&link->replies);
    mem_free(link->read_buffer);
    mem_free(link);
}
