/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/clock.h"

enum {
    BEAT_MS = 5000,    /* without a watchdog */
    PATIENCE_MS = 500, /* what is told once may wait so long for a place in the manager's queue */
};

/* A path, or a name in the abstract name space, which starts with @ here and with a zero byte
 * there. A service manager that stands still fills its queue: it is not waited for longer than
 * patience_ms, and what it does not take is lost. */
static void send_state(const char *state, int patience_ms)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (path == NULL || (path[0] != '/' && path[0] != '@') ||
        strlen(path) >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@') address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    size_t size = offsetof(struct sockaddr_un, sun_path) + strlen(path);
    struct timeval patience = {.tv_usec = patience_ms * 1000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ssize_t ignored =
        sendto(fd, state, strlen(state), MSG_NOSIGNAL | (patience_ms == 0 ? MSG_DONTWAIT : 0),
               (const struct sockaddr *)&address, (socklen_t)size);
    (void)ignored;
    close(fd);
}

void notify_send(const char *state)
{
    send_state(state, PATIENCE_MS);
}

/* The time tells systemd which of several reloads this is. */
void notify_reloading(void)
{
    char state[80];

    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)clock_monotonic_us());
    notify_send(state);
}

int64_t notify_beat_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    bool is_ours = pid == NULL || strtol(pid, NULL, 10) == getpid();
    long long wanted_us = usec != NULL && is_ours ? strtoll(usec, NULL, 10) : 0;

    if (getenv("NOTIFY_SOCKET") == NULL) return 0;
    if (wanted_us <= 0) return BEAT_MS;
    return wanted_us / 3000 > 0 ? wanted_us / 3000 : 1;
}

void notify_beat(bool is_loading)
{
    send_state(
        is_loading ? "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=60000000\nSTATUS=loading" : "WATCHDOG=1", 0);
}
