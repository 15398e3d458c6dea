/* SPDX-License-Identifier: BSD-2-Clause */
/* posix.h - what the daemon's code takes for the system.
 *
 * clock.c, entropy.c, mirror.c and link.c are compiled for the simulator with the names below in
 * place of the system's and libevent's (see CMakeLists.txt); nothing else of them changes. Whose
 * clock, socket or event it is, is told by the daemon whose turn it is: there is one simulation at
 * a time in a process, posix_enter() names it.
 */
#ifndef TUAN_TESTS_SIM_POSIX_H
#define TUAN_TESTS_SIM_POSIX_H

#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

struct sim;
struct event_base;
struct event;
struct timeval;
struct node;

typedef void sim_callback(int fd, short what, void *context);

/* The daemon whose code runs from here on; NULL: none. */
void posix_enter(struct sim *sim, struct node *node);
struct node *posix_running(void);
struct sim *posix_sim(void);

int sim_clock_gettime(clockid_t id, struct timespec *out);
ssize_t sim_getrandom(void *out, size_t size, unsigned flags);

int sim_socket(int family, int type, int protocol);
int sim_connect(int fd, const struct sockaddr *address, socklen_t len);
ssize_t sim_send(int fd, const void *bytes, size_t len, int flags);
ssize_t sim_recv(int fd, void *bytes, size_t len, int flags);
int sim_close(int fd);
int sim_shutdown(int fd, int how);
int sim_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int sim_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int sim_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

struct event *sim_event_new(struct event_base *base, int fd, short what, sim_callback *callback,
                            void *context);
int sim_event_add(struct event *event, const struct timeval *timeout);
int sim_event_del(struct event *event);
void sim_event_free(struct event *event);

/* Call back what is ready on this daemon's sockets. */
void posix_deliver(struct sim *sim, struct node *node);

#endif
