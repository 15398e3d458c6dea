/* SPDX-License-Identifier: BSD-2-Clause */
/* socket.c - addresses, connecting with a deadline, waiting. */
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client/internal.h"

#define DEFAULT_PORT "8826"

int64_t socket_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t socket_deadline_ms(int timeout_ms)
{
    return timeout_ms < 0 ? INT64_MAX : socket_now_ms() + timeout_ms;
}

int socket_wait(int fd, short events, int64_t deadline_ms)
{
    struct pollfd pfd = {.fd = fd, .events = events};

    for (;;) {
        int64_t left_ms = deadline_ms == INT64_MAX ? -1 : deadline_ms - socket_now_ms();
        if (deadline_ms != INT64_MAX && left_ms < 0) left_ms = 0;
        int n = poll(&pfd, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms);
        if (n > 0) return pfd.revents;
        if (n == 0 && left_ms <= INT_MAX) return 0;
        if (n < 0 && errno != EINTR) return POLLERR;
    }
}

/* True: connected. Else errno says why. */
static bool connect_by(int fd, const struct sockaddr *address, socklen_t len, int64_t deadline_ms)
{
    int problem = 0;
    socklen_t size = sizeof problem;

    if (connect(fd, address, len) == 0) return true;
    if (errno != EINPROGRESS && errno != EINTR) return false;
    if (socket_wait(fd, POLLOUT, deadline_ms) == 0) {
        errno = ETIMEDOUT;
        return false;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0) return true;
    errno = problem;
    return false;
}

static int dial_one(int family, const struct sockaddr *address, socklen_t len, int64_t deadline_ms)
{
    int one = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) return -1;
    if (family != AF_UNIX) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect_by(fd, address, len, deadline_ms)) return fd;
    int problem = errno;
    close(fd);
    errno = problem;
    return -1;
}

static int dial_unix(const char *path, int64_t deadline_ms, struct tuan_client_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path) {
        error_set(error, TUAN_CLIENT_ADDRESS, "%s: a Unix socket's path is at most %zu bytes", path,
                  sizeof address.sun_path - 1);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = dial_one(AF_UNIX, (const struct sockaddr *)&address, sizeof address, deadline_ms);
    if (fd < 0) error_set(error, TUAN_CLIENT_CONNECT, "%s: %s", path, strerror(errno));
    return fd;
}

/* Split "host:port", "[v6]:port" or "host"; false if it is none of them or too long. */
static bool split_address(const char *address, char host[256], char port[16])
{
    bool is_bracketed = address[0] == '[';
    const char *start = is_bracketed ? address + 1 : address;
    const char *end = is_bracketed ? strchr(start, ']') : strrchr(start, ':');
    const char *colon = is_bracketed ? (end == NULL ? NULL : end + 1) : end;

    if (is_bracketed && end == NULL) return false;
    if (end == NULL) end = start + strlen(start);
    size_t len = (size_t)(end - start);
    if (len == 0 || len >= 256) return false;
    memcpy(host, start, len);
    host[len] = '\0';
    const char *text = colon == NULL || *colon == '\0' ? DEFAULT_PORT : colon + 1;
    if ((colon != NULL && *colon != '\0' && *colon != ':') || *text == '\0' || strlen(text) >= 16)
        return false;
    memcpy(port, text, strlen(text) + 1);
    return true;
}

static int dial_tcp(const char *address, int64_t deadline_ms, struct tuan_client_error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    char host[256], port[16];
    int fd = -1;

    if (!split_address(address, host, port)) {
        error_set(error, TUAN_CLIENT_ADDRESS, "%.100s: not host:port, [v6 address]:port, or a path",
                  address);
        return -1;
    }
    int problem = getaddrinfo(host, port, &hints, &found);
    if (problem != 0) {
        error_set(error, TUAN_CLIENT_ADDRESS, "%s: %s", address, gai_strerror(problem));
        return -1;
    }
    for (struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next)
        fd = dial_one(at->ai_family, at->ai_addr, at->ai_addrlen, deadline_ms);
    if (fd < 0) error_set(error, TUAN_CLIENT_CONNECT, "%s: %s", address, strerror(errno));
    freeaddrinfo(found);
    return fd;
}

int socket_dial(const char *address, int timeout_ms, struct tuan_client_error *error)
{
    int64_t deadline_ms = socket_deadline_ms(timeout_ms);

    if (strncmp(address, "unix:", 5) == 0) return dial_unix(address + 5, deadline_ms, error);
    if (address[0] == '/') return dial_unix(address, deadline_ms, error);
    return dial_tcp(address, deadline_ms, error);
}
