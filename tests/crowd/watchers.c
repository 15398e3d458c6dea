/* SPDX-License-Identifier: BSD-2-Clause */
/* watchers.c - a watcher is read line by line, which both protocols have: `id: INCARNATION-VERSION`
 * and `:` (a heartbeat) in a stream; `version` and then `:VERSION` in a push. */
#include "watchers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 64, READ_BYTES = 64 * 1024, EVENTS_MAX = 512 };

struct watcher {
    int fd;
    bool is_version_next;
    size_t line_bytes; /* the rest of a longer line is left out */
    char line[LINE_MAX_BYTES];
    int64_t version;
};

struct watchers {
    bool is_resp3;
    int poll;
    int64_t expected, told_us;
    size_t count, count_max, told, heartbeats;
    char input[READ_BYTES];
    struct watcher items[];
};

int64_t now_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

void give_up(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("crowd: ", stderr);
    vfprintf(stderr, format, args);
    fputs("\n", stderr);
    va_end(args);
    exit(EXIT_FAILURE);
}

struct watchers *watchers_create(bool is_resp3, size_t count_max)
{
    struct watchers *watchers = calloc(1, sizeof *watchers + count_max * sizeof watchers->items[0]);

    if (watchers == NULL) give_up("no memory for %zu watchers", count_max);
    watchers->is_resp3 = is_resp3;
    watchers->count_max = count_max;
    watchers->poll = epoll_create1(0);
    return watchers;
}

void watchers_destroy(struct watchers *watchers)
{
    if (watchers == NULL) return;
    for (size_t i = 0; i < watchers->count; i++)
        close(watchers->items[i].fd);
    close(watchers->poll);
    free(watchers);
}

static int connect_to(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        give_up("no connection to port %d: %s", port, strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

void watchers_add(struct watchers *watchers, int port, const char *room)
{
    struct watcher *watcher = &watchers->items[watchers->count];
    char request[160];
    int len =
        snprintf(request, sizeof request,
                 watchers->is_resp3 ? "HELLO 3\r\nWATCH %s\r\n"
                                    : "GET /v1/rooms/%s/events HTTP/1.1\r\nHost: crowd\r\n\r\n",
                 room);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watcher};

    if (watchers->count++ == watchers->count_max) give_up("one watcher more than was said");
    watcher->fd = connect_to(port);
    if (send(watcher->fd, request, (size_t)len, MSG_NOSIGNAL) != len ||
        epoll_ctl(watchers->poll, EPOLL_CTL_ADD, watcher->fd, &event) != 0)
        give_up("watcher %zu: %s", watchers->count, strerror(errno));
}

/* ---- reading ---- */

static void see_version(struct watchers *watchers, struct watcher *watcher, const char *digits)
{
    int64_t version = strtoll(digits, NULL, 10);
    bool was_told = watcher->version >= watchers->expected;

    if (version <= watcher->version)
        give_up("version %lld after %lld", (long long)version, (long long)watcher->version);
    watcher->version = version;
    if (was_told || version < watchers->expected) return;
    watchers->told++;
    watchers->told_us = now_us();
}

static bool starts_with(const char *line, const char *start)
{
    return strncmp(line, start, strlen(start)) == 0;
}

static void take_stream_line(struct watchers *watchers, struct watcher *watcher)
{
    const char *line = watcher->line;

    if (starts_with(line, "HTTP/") && !starts_with(line, "HTTP/1.1 200 "))
        give_up("a stream is answered %s", line);
    if (strcmp(line, ":") == 0) watchers->heartbeats++;
    if (!starts_with(line, "id: ")) return;
    const char *dash = strrchr(line, '-');
    if (dash == NULL) give_up("an event without a version: %s", line);
    see_version(watchers, watcher, dash + 1);
}

static void take_push_line(struct watchers *watchers, struct watcher *watcher)
{
    const char *line = watcher->line;

    if (line[0] == '-') give_up("a watcher is refused: %s", line);
    /* HELLO has a version too, which is no number. */
    if (watcher->is_version_next && line[0] == ':') see_version(watchers, watcher, line + 1);
    watcher->is_version_next = strcmp(line, "version") == 0;
}

static void end_line(struct watchers *watchers, struct watcher *watcher)
{
    if (watcher->line_bytes > 0 && watcher->line[watcher->line_bytes - 1] == '\r')
        watcher->line_bytes--;
    watcher->line[watcher->line_bytes] = '\0';
    if (watchers->is_resp3)
        take_push_line(watchers, watcher);
    else
        take_stream_line(watchers, watcher);
    watcher->line_bytes = 0;
}

static void read_watcher(struct watchers *watchers, struct watcher *watcher)
{
    ssize_t got = recv(watcher->fd, watchers->input, sizeof watchers->input, 0);

    if (got <= 0) give_up("a watcher is cut off: %s", got == 0 ? "end of file" : strerror(errno));
    for (ssize_t i = 0; i < got; i++) {
        if (watchers->input[i] == '\n')
            end_line(watchers, watcher);
        else if (watcher->line_bytes < LINE_MAX_BYTES - 1)
            watcher->line[watcher->line_bytes++] = watchers->input[i];
    }
}

void watchers_turn(struct watchers *watchers, int fd, int64_t wait_us)
{
    struct epoll_event events[EVENTS_MAX];
    struct pollfd both[] = {{.fd = watchers->poll, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    struct timespec wait = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};

    ppoll(both, 2, &wait, NULL);
    int count = epoll_wait(watchers->poll, events, EVENTS_MAX, 0);
    if (count < 0 && errno != EINTR) give_up("epoll: %s", strerror(errno));
    for (int i = 0; i < count; i++)
        read_watcher(watchers, events[i].data.ptr);
}

/* ---- asking ---- */

size_t watchers_count(const struct watchers *watchers)
{
    return watchers->count;
}

size_t watchers_heartbeats(const struct watchers *watchers)
{
    return watchers->heartbeats;
}

int64_t watchers_version(const struct watchers *watchers)
{
    return watchers->count > 0 ? watchers->items[0].version : 0;
}

void watchers_expect(struct watchers *watchers, int64_t version)
{
    watchers->expected = version;
    watchers->told = 0;
    for (size_t i = 0; i < watchers->count; i++)
        watchers->told += watchers->items[i].version >= version;
}

size_t watchers_told(const struct watchers *watchers)
{
    return watchers->told;
}

int64_t watchers_told_us(const struct watchers *watchers)
{
    return watchers->told_us;
}
