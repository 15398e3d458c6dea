/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/listener.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/address.h"

enum { ACCEPTS_PER_TURN = 64, BACKLOG = 4096, PAUSE_US = 50 * 1000, NAME_MAX_LEN = 128 };

struct listener {
    struct listener_config config;
    struct event on_accept, on_rested;
    int fd;
    bool is_unix;
    char name[NAME_MAX_LEN];
};

static void print_peer(const struct sockaddr_storage *peer, bool is_unix, char *out, size_t size)
{
    if (is_unix)
        snprintf(out, size, "unix");
    else
        address_print((const struct sockaddr *)peer, out, size);
}

static void refuse(int fd, const char *refusal, int64_t *rejected)
{
    ++*rejected;
    ssize_t ignored = send(fd, refusal, strlen(refusal), MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)ignored;
    close(fd);
}

static void refuse_beyond_limit(struct listener *listener, int fd)
{
    refuse(fd, listener->config.refusal, listener->config.rejected);
    log_limited(LOG_LEVEL_WARN, "too many connections", "limit=%zu",
                *listener->config.connections_max);
}

static void rest(struct listener *listener)
{
    struct timeval pause = {0, PAUSE_US};
    const char *why = strerror(errno);

    listener->config.metrics->accept_pauses++;
    event_del(&listener->on_accept);
    event_add(&listener->on_rested, &pause);
    log_limited(LOG_LEVEL_WARN, "cannot accept connections for a moment", "error=\"%s\"", why);
}

static void on_rested(evutil_socket_t fd, short what, void *context)
{
    struct listener *listener = context;

    (void)fd;
    (void)what;
    event_add(&listener->on_accept, NULL);
}

/* False: nobody waits, or accepting has to rest. */
static bool accept_one(struct listener *listener)
{
    struct sockaddr_storage peer = {0};
    socklen_t peer_size = sizeof peer;
    char name[NAME_MAX_LEN];
    int one = 1;

    int fd =
        accept4(listener->fd, (struct sockaddr *)&peer, &peer_size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            rest(listener);
        return errno == ECONNABORTED || errno == EINTR;
    }
    if (conns_count(listener->config.conns) >= *listener->config.connections_max) {
        refuse_beyond_limit(listener, fd);
        return true;
    }
    if (!listener->is_unix) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    print_peer(&peer, listener->is_unix, name, sizeof name);
    struct conn *conn = conns_adopt(listener->config.conns, fd, listener->is_unix, name);
    listener->config.accepted(listener->config.context, conn);
    return true;
}

static void on_accept(evutil_socket_t fd, short what, void *context)
{
    struct listener *listener = context;

    (void)fd;
    (void)what;
    listener->config.turn(listener->config.context);
    for (int i = 0; i < ACCEPTS_PER_TURN; i++)
        if (!accept_one(listener)) return;
}

/* ---- open ---- */

/* A socket file that nobody answers on is a leftover of a daemon that was killed; any other file is
 * left alone. */
static bool remove_stale_socket(const struct sockaddr_un *address, char *error, size_t error_size)
{
    struct stat status;

    if (lstat(address->sun_path, &status) != 0) return true;
    if (!S_ISSOCK(status.st_mode)) {
        snprintf(error, error_size, "%s exists and is not a socket", address->sun_path);
        return false;
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_alive =
        probe >= 0 && (connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 ||
                       errno != ECONNREFUSED);
    if (probe >= 0) close(probe);
    if (is_alive) {
        snprintf(error, error_size, "%s is in use by another process", address->sun_path);
        return false;
    }
    if (status.st_uid != geteuid()) {
        snprintf(error, error_size, "%s is another user's leftover socket", address->sun_path);
        return false;
    }
    return unlink(address->sun_path) == 0;
}

static bool bind_unix(struct listener *listener, const char *path, char *error, size_t error_size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path || strlen(path) >= sizeof listener->name) {
        snprintf(error, error_size, "the socket's path is longer than %zu bytes: %s",
                 sizeof address.sun_path - 1, path);
        return false;
    }
    memcpy(address.sun_path, path, strlen(path));
    if (!remove_stale_socket(&address, error, error_size)) return false;
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t before = umask(0177);
    int failed = listener->fd < 0 ||
                 bind(listener->fd, (const struct sockaddr *)&address, sizeof address) != 0;
    umask(before);
    if (failed) {
        snprintf(error, error_size, "cannot bind %s: %s", path, strerror(errno));
        return false;
    }
    snprintf(listener->name, sizeof listener->name, "%s", path); /* from here on the file is ours */
    return true;
}

static bool bind_tcp(struct listener *listener, const char *text, char *error, size_t error_size)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int one = 1;

    if (!address_parse(text, &address, &size)) {
        snprintf(error, error_size, "%s is not ADDR:PORT", text);
        return false;
    }
    listener->fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->fd < 0 ||
        setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(listener->fd, (const struct sockaddr *)&address, size) != 0) {
        snprintf(error, error_size, "cannot bind %s: %s", text, strerror(errno));
        return false;
    }
    size = sizeof address;
    int failed = getsockname(listener->fd, (struct sockaddr *)&address, &size);
    assert(failed == 0);
    address_print((const struct sockaddr *)&address, listener->name, sizeof listener->name);
    return true;
}

struct listener *listener_open(const struct listener_config *config, const char *address,
                               bool is_unix, char *error, size_t error_size)
{
    struct listener *listener = mem_zalloc(sizeof *listener);

    listener->config = *config;
    listener->fd = -1;
    listener->is_unix = is_unix;
    event_assign(&listener->on_rested, config->base, -1, 0, on_rested, listener);
    bool is_bound = is_unix ? bind_unix(listener, address, error, error_size)
                            : bind_tcp(listener, address, error, error_size);
    event_assign(&listener->on_accept, config->base, listener->fd, EV_READ | EV_PERSIST, on_accept,
                 listener);
    if (is_bound && listen(listener->fd, BACKLOG) != 0) {
        snprintf(error, error_size, "cannot listen on %s: %s", address, strerror(errno));
        is_bound = false;
    }
    if (!is_bound) {
        listener_close(listener);
        return NULL;
    }
    event_add(&listener->on_accept, NULL);
    return listener;
}

void listener_turn_away(struct listener *listener)
{
    int64_t *rejected;
    int fd;

    if (listener == NULL) return;
    rejected = &listener->config.metrics->rejected_draining;
    for (int i = 0; i < BACKLOG; i++) {
        fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            refuse(fd, listener->config.farewell, rejected);
        else if (errno != ECONNABORTED && errno != EINTR)
            return;
    }
}

void listener_close(struct listener *listener)
{
    if (listener == NULL) return;
    event_del(&listener->on_rested);
    if (listener->fd >= 0) {
        event_del(&listener->on_accept);
        close(listener->fd);
    }
    if (listener->is_unix && listener->name[0] != '\0') unlink(listener->name);
    mem_free(listener);
}

const char *listener_address(const struct listener *listener)
{
    return listener->name;
}
