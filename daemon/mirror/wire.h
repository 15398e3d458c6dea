/* SPDX-License-Identifier: BSD-2-Clause */
/* wire.h - requests on their way out, and replies as they come back; no socket here.
 *
 * An outbox is what one connection has been asked: the bytes not yet written, and one `expected`
 * for each request not yet answered. Redis answers in order, so the oldest expectation belongs to
 * the next reply; `echo` is what that reply must show where it can.
 */
#ifndef TUAN_DAEMON_MIRROR_WIRE_H
#define TUAN_DAEMON_MIRROR_WIRE_H

#include "base/buf.h"
#include "daemon/mirror/types.h"

/* What was asked. The ASK_HELLO_ ones are the handshake's, all others a partition's. */
enum ask {
    ASK_APPEND,
    ASK_VERIFY_HEAD,
    ASK_VERIFY_SNAP,
    ASK_VERIFY_OWNER,
    ASK_LOST_HEAD,
    ASK_TAKE_HEAD,
    ASK_TAKE,
    ASK_RENEW,
    ASK_RELEASE,
    ASK_LOAD_SNAP,
    ASK_LOAD_SCAN,
    ASK_LOAD_RANGE,
    ASK_LOAD_HEAD,
    ASK_SLICE,
    ASK_TRIM,
    ASK_PURGE,
    ASK_MARK_RANGE,
    ASK_SCRIPT,
    ASK_FEED,
    ASK_HELLO_AUTH,
    ASK_HELLO_NAME,
    ASK_HELLO_SELECT,
    ASK_HELLO_INFO,
    ASK_HELLO_ROLE,
    ASK_HELLO_FSYNC,
    ASK_HELLO_SCRIPT,
    ASK_HELLO_META,
    ASK_HELLO_HEAD,
    ASK_HELLO_MAKE,
    ASK_HELLO_CREATE,
    ASK_HELLO_MADE
};

struct expected {
    enum ask ask;
    uint32_t partition;
    uint32_t generation; /* of the asker: an answer to a question it has forgotten is dropped */
    uint64_t echo;
    int64_t asked_ms;
    int64_t sent_us; /* clock_boot_us() when it was given to the socket; 0: not yet */
};
enum mirror_op wire_op(enum ask ask); /* what it is for */

struct outbox {
    struct buf bytes;
    struct expected *expected; /* a circle of `expected_cap`, a power of two */
    size_t expected_cap, expected_first, expected_count;
    size_t expected_sent;        /* of those, from the oldest on */
    int64_t now_ms;              /* boot clock, set once a turn */
    void (*urge)(void *context); /* gives to the socket what it takes now; NULL: nothing can */
    void *urge_context;
};

void outbox_init(struct outbox *out);
void outbox_free(struct outbox *out);
/* The connection is gone: forget all bytes and expectations. */
void outbox_reset(struct outbox *out);
void outbox_expect(struct outbox *out, const struct expected *expected);
/* What was asked so far need not wait for the end of the turn: there is work to do meanwhile. */
void outbox_urge(struct outbox *out);
void outbox_sent(struct outbox *out, int64_t now_us); /* all that was asked is on its way */
const struct expected *outbox_oldest(const struct outbox *out); /* NULL: nothing is awaited */
struct expected outbox_pop(struct outbox *out);

/* A request: wire_begin(argc), then argc arguments. */
void wire_begin(struct buf *out, size_t argc);
void wire_arg(struct buf *out, const void *bytes, size_t len);
void wire_arg_str(struct buf *out, const char *str);
void wire_arg_uint(struct buf *out, uint64_t value);

enum reply_type { REPLY_NIL, REPLY_STRING, REPLY_STATUS, REPLY_ERROR, REPLY_INTEGER, REPLY_ARRAY };

struct reply {
    enum reply_type type;
    int64_t integer;
    struct mirror_bytes text; /* STRING, STATUS, ERROR */
    struct reply *elements;   /* ARRAY */
    size_t count;
};

static inline bool reply_is_text(const struct reply *reply)
{
    return reply->type == REPLY_STRING || reply->type == REPLY_STATUS;
}
static inline bool reply_is_array(const struct reply *reply, size_t count_min)
{
    return reply->type == REPLY_ARRAY && reply->count >= count_min;
}
/* The first element, an integer: how our scripts say yes and no. -1 if it is not. */
int64_t reply_verdict(const struct reply *reply);
/* Element `index` as text; empty if it is none. */
struct mirror_bytes reply_text_at(const struct reply *reply, size_t index);

/* What an error reply says about the call it answers. */
enum fate {
    FATE_NOT_DONE,     /* refused as a whole; may go later: ask again after a while */
    FATE_NO_SCRIPT,    /* not done; the server forgot our scripts */
    FATE_WRONG_SERVER, /* not done; this server is no primary (any more) for the key */
    FATE_DENIED,       /* not done; an operator must help */
    FATE_UNKNOWN       /* may have been done: end the connection, look at the head */
};
enum fate wire_fate(struct mirror_bytes error);
enum mirror_fault wire_fault(enum fate fate);

#endif
