/* SPDX-License-Identifier: BSD-2-Clause */
/* push_text.h - a room's public status as a push is written, kept for the next watcher.
 *
 * A hot room's watchers are told one after another, so the latest room alone is kept, once for each
 * protocol. The engine is asked each time whether it has changed since.
 */
#ifndef TUAN_DAEMON_PUSH_TEXT_H
#define TUAN_DAEMON_PUSH_TEXT_H

#include "daemon/session.h"

struct push_texts;

struct push_text {
    struct tuan_str bytes; /* the whole push */
    int64_t version;
    bool is_ended;
};

struct push_texts *push_texts_create(void);
void push_texts_destroy(struct push_texts *texts); /* NULL is fine */
void push_texts_clear(struct push_texts *texts);   /* a partition is lost: versions count anew */

/* The room as it is now; whatever shows it waits for host->answer. Good until the next read. NULL:
 * host->answer.reply is a refusal. */
const struct push_text *push_text_read(struct session_host *host, bool is_rpc, struct tuan_id room);

/* `kind` and one body, to a connection that speaks msgpack-rpc or else RESP3. */
void push_text_write(struct tuan_out *out, bool is_rpc, const char *kind,
                     const struct tuan_message *message, const void *body);

#endif
