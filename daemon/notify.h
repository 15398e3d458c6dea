/* SPDX-License-Identifier: BSD-2-Clause */
/* notify.h - what systemd wants to hear (sd_notify): one datagram to $NOTIFY_SOCKET. Nothing
 * without it. */
#ifndef TUAN_DAEMON_NOTIFY_H
#define TUAN_DAEMON_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

void notify_send(const char *state); /* "READY=1", "STOPPING=1" */
/* The options are read anew; "READY=1" ends it. */
void notify_reloading(void);

/* How often to tell that the loop turns: a third of what the unit's WatchdogSec allows, or what the
 * start needs to be given more time. 0: nobody listens. */
int64_t notify_beat_ms(void);
void notify_beat(bool is_loading);

#endif
