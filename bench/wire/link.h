/* SPDX-License-Identifier: BSD-2-Clause */
/* link.h - one connection of the generator: bytes out, bytes in, never waiting. */
#ifndef TUAN_WIRE_LINK_H
#define TUAN_WIRE_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"

struct link_address {
    struct sockaddr_storage socket;
    socklen_t len;
    bool is_loopback; /* or a Unix socket */
};

/* "host:port", "host", "[v6]:port", "unix:/path" or "/path". False: says so on stderr. */
bool link_resolve(const char *text, const char *default_port, struct link_address *address);

enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_UP };

struct link {
    int fd;
    enum link_state state;
    uint32_t group;
    struct buf in, out;
    size_t in_at;      /* bytes of `in` already taken */
    size_t out_at;     /* bytes of `out` already written */
    uint32_t *flights; /* ring: in the order they were asked, where that orders the answers */
    uint32_t head, count, cap;
    uint32_t in_flight;
    bool is_dirty;    /* has bytes to write, and waits for its turn */
    bool wants_write; /* the socket was full: epoll tells */
    uint32_t unsent;  /* the newest so many flights have not been written yet */
};

/* Start to connect. False: errno. */
bool link_open(struct link *link, const struct link_address *address);
void link_close(struct link *link); /* forgets what was under way; keeps memory */
void link_free(struct link *link);

/* Write what there is. False: the connection is lost. */
bool link_flush(struct link *link);
/* Read what there is, at most about 256 KiB. False: lost, or closed by the peer (what came before
 * is in `in`). */
bool link_read(struct link *link);

void link_push(struct link *link, uint32_t flight);
uint32_t link_first(const struct link *link); /* count > 0 */
void link_pop(struct link *link);

#endif
