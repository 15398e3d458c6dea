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

enum { BEAT_MS = 5000 }; /* without a watchdog */

/* A path, or a name in the abstract name space, which starts with @ here and with a zero byte
 * there. */
void notify_send(const char *state)
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
    ssize_t ignored = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                             (const struct sockaddr *)&address, (socklen_t)size);
    (void)ignored;
    close(fd);
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
    notify_send(is_loading ? "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=60000000\nSTATUS=loading"
                           : "WATCHDOG=1");
}
