/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/posix.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <string.h>

#include "base/mem.h"
#include "tests/sim/sim.h"

enum { FD_FIRST = 1000 };

static struct {
    struct sim *sim;
    struct node *node;
} running;

void posix_enter(struct sim *sim, struct node *node)
{
    running.sim = sim;
    running.node = node;
}

struct node *posix_running(void)
{
    assert(running.node != NULL);
    return running.node;
}

struct sim *posix_sim(void)
{
    return running.sim;
}

/* ---- clocks and dice ---- */

int sim_clock_gettime(clockid_t id, struct timespec *out)
{
    const struct node *node = running.node;
    int64_t at_us = running.sim->now_us;

    assert(node != NULL);
    at_us += id == CLOCK_REALTIME ? node->wall_us : node->boot_us;
    out->tv_sec = at_us / 1000000;
    out->tv_nsec = at_us % 1000000 * 1000;
    return 0;
}

ssize_t sim_getrandom(void *out, size_t size, unsigned flags)
{
    unsigned char *bytes = out;

    (void)flags;
    for (size_t at = 0; at < size;) {
        uint64_t word = rng_u64(&running.sim->entropy);
        size_t part = size - at < sizeof word ? size - at : sizeof word;
        memcpy(bytes + at, &word, part);
        at += part;
    }
    return (ssize_t)size;
}

/* ---- sockets ---- */

static struct conn *conn_of(int fd)
{
    assert(fd >= FD_FIRST && fd < FD_FIRST + CONNS_MAX);
    return &running.sim->net.conns[fd - FD_FIRST];
}

int sim_socket(int family, int type, int protocol)
{
    (void)family;
    (void)type;
    (void)protocol;
    struct conn *conn = net_connect(running.sim, running.node->index);
    return FD_FIRST + (int)(conn - running.sim->net.conns);
}

static int fail(int error)
{
    errno = error;
    return -1;
}

/* At once, or later: then the socket becomes writable, and tells how it went. */
int sim_connect(int fd, const struct sockaddr *address, socklen_t len)
{
    struct conn *conn = conn_of(fd);
    bool is_there = redis_accepts(&running.sim->redis, conn->server);

    (void)address;
    (void)len;
    if (running.node->is_dying) is_there = false;
    conn->state = is_there ? CONN_UP : CONN_REFUSED;
    if (rng_below(&running.sim->rng, 2) == 0) {
        node_wake(running.sim, running.node->index,
                  running.sim->now_us + sim_spread(running.sim, running.sim->config.delay_us));
        return fail(EINPROGRESS);
    }
    return is_there ? 0 : fail(ECONNREFUSED);
}

int sim_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    int error = conn_of(fd)->state == CONN_REFUSED ? ECONNREFUSED : 0;

    assert(level == SOL_SOCKET && name == SO_ERROR && *len == sizeof error);
    memcpy(value, &error, sizeof error);
    return 0;
}

int sim_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    (void)fd;
    (void)level;
    (void)name;
    (void)value;
    (void)len;
    return 0;
}

/* A process that dies between two instructions has written what it has written. */
ssize_t sim_send(int fd, const void *bytes, size_t len, int flags)
{
    struct sim *sim = running.sim;
    struct conn *conn = conn_of(fd);

    (void)flags;
    if (running.node->is_dying) return fail(EPIPE);
    if (conn->state == CONN_CUT && conn->has_ended) return fail(ECONNRESET);
    if (sim->config.slice_bytes > 0) {
        if (rng_below(&sim->rng, 8) == 0) return fail(EAGAIN);
        if (len > sim->config.slice_bytes) len = 1 + rng_below(&sim->rng, len);
    }
    if (running.node->dies_after > 0 && --running.node->dies_after == 0) {
        running.node->is_dying = true;
        len = rng_below(&sim->rng, len + 1);
        net_send(sim, conn, bytes, len);
        return fail(EPIPE);
    }
    net_send(sim, conn, bytes, len);
    return (ssize_t)len;
}

ssize_t sim_recv(int fd, void *bytes, size_t len, int flags)
{
    struct conn *conn = conn_of(fd);
    struct buf *received = &conn->received;

    (void)flags;
    if (received->len > 0) {
        if (len > received->len) len = received->len;
        memcpy(bytes, received->data, len);
        buf_consume_head(received, len);
        return (ssize_t)len;
    }
    if (!conn->has_ended) return fail(EAGAIN);
    return rng_below(&running.sim->rng, 2) == 0 ? 0 : fail(ECONNRESET);
}

int sim_close(int fd)
{
    net_close(running.sim, conn_of(fd));
    return 0;
}

int sim_shutdown(int fd, int how)
{
    (void)fd;
    (void)how;
    return 0;
}

/* Asked when a daemon starts (is somebody there?) and ends (are the last bytes out?): yes. */
int sim_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    (void)count;
    (void)timeout_ms;
    if (fds->events == POLLIN) return 0;
    fds->revents = fds->events;
    return 1;
}

/* ---- events ---- */

struct event {
    struct node *node;
    int fd;
    short what;
    sim_callback *callback;
    void *context;
    bool is_added;
    struct event *next; /* of the node */
};

struct event *sim_event_new(struct event_base *base, int fd, short what, sim_callback *callback,
                            void *context)
{
    struct event *event = mem_alloc(sizeof *event);

    (void)base;
    *event = (struct event){.node = running.node,
                            .fd = fd,
                            .what = what,
                            .callback = callback,
                            .context = context,
                            .next = running.node->events};
    running.node->events = event;
    return event;
}

static bool is_ready(const struct event *event)
{
    const struct conn *conn = conn_of(event->fd);

    if (!event->is_added) return false;
    if ((event->what & EV_WRITE) != 0) return true;
    return conn->received.len > 0 || conn->has_ended;
}

int sim_event_add(struct event *event, const struct timeval *timeout)
{
    assert(timeout == NULL);
    event->is_added = true;
    if (is_ready(event))
        node_wake(running.sim, event->node->index,
                  running.sim->now_us + 1 + (int64_t)rng_below(&running.sim->rng, 50));
    return 0;
}

int sim_event_del(struct event *event)
{
    event->is_added = false;
    return 0;
}

void sim_event_free(struct event *event)
{
    struct event **at = &event->node->events;

    while (*at != event)
        at = &(*at)->next;
    *at = event->next;
    mem_free(event);
}

/* A callback may free any event, so the walk starts anew behind each. */
void posix_deliver(struct sim *sim, struct node *node)
{
    (void)sim;
    for (int i = 0; i < 4; i++) {
        struct event *event = node->events;
        while (event != NULL && !is_ready(event))
            event = event->next;
        if (event == NULL) return;
        if ((event->what & EV_PERSIST) == 0) event->is_added = false;
        event->callback(event->fd, (short)(event->what & (EV_READ | EV_WRITE)), event->context);
    }
}
