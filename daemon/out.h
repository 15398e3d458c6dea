/* SPDX-License-Identifier: BSD-2-Clause */
/* out.h - a buffer that a codec writes into: taken at its end, and given back. */
#ifndef TUAN_DAEMON_OUT_H
#define TUAN_DAEMON_OUT_H

#include "base/buf.h"
#include "base/mem.h"
#include "proto/codec.h"

static inline struct tuan_out out_of(struct buf *buf)
{
    return (struct tuan_out){
        .data = buf->data, .len = buf->len, .cap = buf->cap, .grow = mem_realloc};
}

static inline void out_done(const struct tuan_out *out, struct buf *buf)
{
    *buf = (struct buf){.data = out->data, .len = out->len, .cap = out->cap};
}

#endif
