/* SPDX-License-Identifier: BSD-2-Clause */
/* server_limits.c - how many connections the limit of open files allows. */
#include <sys/resource.h>

#include "base/log.h"
#include "daemon/server_impl.h"

enum { DESCRIPTORS_RESERVED = 64, ADMIN_CONNECTIONS = 16 };

static size_t raise_descriptors(size_t connections)
{
    struct rlimit limit;
    rlim_t needed = connections + DESCRIPTORS_RESERVED;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return connections;
    if (limit.rlim_cur < needed) {
        limit.rlim_cur = needed < limit.rlim_max ? needed : limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= needed) return connections;
    size_t possible = limit.rlim_cur > 2 * DESCRIPTORS_RESERVED
                          ? limit.rlim_cur - DESCRIPTORS_RESERVED
                          : DESCRIPTORS_RESERVED;
    log_warn("fewer connections than limit.connections: the limit of open files is low",
             "limit=%zu possible=%zu open_files=%llu", connections, possible,
             (unsigned long long)limit.rlim_cur);
    return possible;
}

void server_limit_connections(struct server *server)
{
    server->connections_max = raise_descriptors((size_t)server->options.limit_connections);
    server->admin_connections_max = server->connections_max + ADMIN_CONNECTIONS;
}
