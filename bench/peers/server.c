/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/peers/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/tool/clock.h"
#include "bench/tool/stop.h"

enum { START_MS = 10000, STOP_MS = 10000 };

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* One that nobody listens on; 0: none. While *held is open (-1: is not), only who asks for the port
 * by number and with SO_REUSEADDR gets it, as redis-server does: no connection, no other server. */
static int hold_free_port(int *held)
{
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof address;
    int yes = 1;

    *held = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*held < 0 || setsockopt(*held, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(*held, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(*held, (struct sockaddr *)&address, &len) != 0)
        return 0;
    return ntohs(address.sin_port);
}

/* In the child. Only returns if it cannot be run. */
static void run_redis(const struct server *server, const char *port, const char *fsync,
                      pid_t parent)
{
    bool has_file = strcmp(fsync, "off") != 0;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0) return;
    setpgid(0, 0); /* Ctrl-C is for the load, which then ends it in good order */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) return;
    execlp("redis-server", "redis-server", "--port", port, "--bind", "127.0.0.1", "--dir",
           server->dir, "--save", "", "--appendonly", has_file ? "yes" : "no", "--appendfsync",
           has_file ? fsync : "no", (char *)NULL);
    fprintf(stderr, "tuan bench: redis-server: %s\n", strerror(errno));
}

static bool is_alive(struct server *server)
{
    if (server->pid != 0 && waitpid(server->pid, NULL, WNOHANG) == server->pid) server->pid = 0;
    return server->pid != 0;
}

static bool listens(int port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_there = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;

    if (fd >= 0) close(fd);
    return is_there;
}

static bool start_at(struct server *server, int port, const char *fsync)
{
    const char *tmp = getenv("TMPDIR");
    int64_t end_us = clock_now_us() + START_MS * INT64_C(1000);
    char text[8];

    *server = (struct server){0};
    snprintf(server->dir, sizeof server->dir, "%s/tuan-peer-XXXXXX",
             tmp != NULL && strlen(tmp) < 60 ? tmp : "/tmp");
    if (port == 0 || mkdtemp(server->dir) == NULL) {
        fprintf(stderr, "tuan bench: %s: %s\n", server->dir, strerror(errno));
        server->dir[0] = '\0';
        return false;
    }
    snprintf(server->address, sizeof server->address, "127.0.0.1:%d", port);
    snprintf(text, sizeof text, "%d", port);
    pid_t parent = getpid();
    fflush(NULL);
    server->pid = fork();
    if (server->pid == 0) {
        run_redis(server, text, fsync, parent);
        _exit(127);
    }
    if (server->pid < 0) server->pid = 0;
    while (is_alive(server) && clock_now_us() < end_us && !stop_asked()) {
        if (listens(port)) return true;
        clock_sleep_ms(10);
    }
    fprintf(stderr, "tuan bench: the peer's redis-server does not serve\n");
    server_stop(server);
    return false;
}

bool server_start(struct server *server, const char *fsync)
{
    int held, port = hold_free_port(&held);
    bool started = start_at(server, port, fsync);

    if (held >= 0) close(held);
    return started;
}

void server_stop(struct server *server)
{
    int64_t end_us = clock_now_us() + STOP_MS * INT64_C(1000);

    if (is_alive(server)) kill(server->pid, SIGTERM);
    while (is_alive(server) && clock_now_us() < end_us)
        clock_sleep_ms(5);
    if (server->pid != 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
    if (server->dir[0] != '\0' && nftw(server->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "tuan bench: could not remove %s: %s\n", server->dir, strerror(errno));
    server->dir[0] = '\0';
}
