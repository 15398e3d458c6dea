/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/stop.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#define PATIENCE 3 /* one press of Ctrl-C may arrive twice: to the process and to its group */

static volatile sig_atomic_t times_asked; /* a signal has no other place to leave its message */

static void note(int number)
{
    if (++times_asked < PATIENCE) return;
    signal(number, SIG_DFL);
    raise(number);
}

void stop_watch(void)
{
    struct sigaction action = {.sa_handler = note}; /* no SA_RESTART: waits end */

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* The other end of a pipe was closed: told before anything is written that would find out. */
static bool is_unread(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

bool stop_asked(void)
{
    return times_asked != 0 || is_unread();
}
