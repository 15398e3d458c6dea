/* SPDX-License-Identifier: BSD-2-Clause */
/* codec.h - the protocols as rows: requests to bytes, bytes to replies.
 *
 * A codec keeps nothing; what it writes and reads is wholly in its arguments. They are written
 * anew here, apart from the daemon's own, so that an error there does not hide itself here. */
#ifndef TUAN_WIRE_CODEC_H
#define TUAN_WIRE_CODEC_H

#include "base/buf.h"
#include "bench/wire/op.h"
#include "bench/wire/reply.h"

enum decoded { DECODED_MORE, DECODED_ONE, DECODED_BAD };

/* What encoding needs beside the request. */
struct wording {
    struct names names;
    int64_t price;
    bool has_payment; /* of the campaigns: paid by SEAT.PAY, or seated at once */
    /* for peers, whose every request brings the campaign's rules along: */
    int64_t size, room_ttl_ms, hold_ms, now_ms; /* now: the app server's clock */
    uint32_t due_campaign;                      /* ends at due_at_ms (0: none does) */
    int64_t due_at_ms;
};

struct codec {
    const char *name;
    bool is_ordered; /* answers come in the order of the requests; else they carry their msgid */
    void (*encode)(struct buf *out, const struct wording *wording, const struct request *request,
                   uint32_t msgid);
    /* One answer, or a push, from the head of data. op: what it answers, where that is known. BAD:
     * not of this protocol. Fills a reply that was reset. */
    enum decoded (*decode)(const char *data, size_t len, enum op op, struct reply *reply,
                           size_t *consumed);
};

extern const struct codec codec_resp, codec_rpc, codec_http;

#endif
