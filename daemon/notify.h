/* SPDX-License-Identifier: BSD-2-Clause */
/* notify.h - what systemd wants to hear (sd_notify): one datagram to $NOTIFY_SOCKET. Nothing
 * without it. */
#ifndef TUAN_DAEMON_NOTIFY_H
#define TUAN_DAEMON_NOTIFY_H

void notify_send(const char *state); /* "READY=1", "STOPPING=1" */

#endif
