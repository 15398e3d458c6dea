/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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
