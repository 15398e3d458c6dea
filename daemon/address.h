/* SPDX-License-Identifier: BSD-2-Clause */
/* address.h - ADDR:PORT as text. IPv6 addresses stand in brackets; names are not looked up, but for
 * localhost. */
#ifndef TUAN_DAEMON_ADDRESS_H
#define TUAN_DAEMON_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

bool address_parse(const char *text, struct sockaddr_storage *out, socklen_t *out_size);
void address_print(const struct sockaddr *address, char *out, size_t size);
bool address_is_loopback(const struct sockaddr_storage *address);

#endif
