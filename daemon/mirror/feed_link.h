/* SPDX-License-Identifier: BSD-2-Clause */
/* feed_link.h - the feed read back, on a connection of its own: a page may be large, and whoever
 * reads must not stand between the owner and its appends.
 *
 * It connects when somebody asks for the first time, and uses the script that the owner's handshake
 * has loaded.
 */
#ifndef TUAN_DAEMON_MIRROR_FEED_LINK_H
#define TUAN_DAEMON_MIRROR_FEED_LINK_H

#include "base/list.h"
#include "daemon/mirror/link.h"
#include "daemon/mirror/scripts.h"

struct feed_link {
    const struct mirror_config *config;
    const char *password;
    const struct scripts *scripts;
    struct outbox out;
    struct link *link;
    bool is_wanted; /* somebody has asked */
    struct list waiting, sent;
};

/* Resolves the address, so it may block. False, and a line in `error`. */
bool feed_link_open(struct feed_link *feed, struct event_base *base,
                    const struct link_address *address, char *error, size_t error_size);
void feed_link_close(struct feed_link *feed); /* nobody is answered any more; zeroed is fine */

void feed_link_ask(struct feed_link *feed, const struct mirror_feed_ask *ask, int64_t now_ms);
void feed_link_turn(struct feed_link *feed, int64_t now_ms);
int64_t feed_link_next_ms(const struct feed_link *feed);

#endif
