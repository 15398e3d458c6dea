/* SPDX-License-Identifier: BSD-2-Clause */
/* packer.h - msgpack-c's packer writing to a tuan_out, for rpc_out.c and pack.c alone.
 *
 * Each value makes a packer of its own: the compiler then sees through the callback, which is worth
 * 20 ns a fact.
 */
#ifndef TUAN_PROTO_PACKER_H
#define TUAN_PROTO_PACKER_H

#include "proto/write.h"

#include <msgpack.h>

static inline int tuan_packer_write(void *data, const char *bytes, size_t len)
{
    struct tuan_out *out = data;

    tuan_put_bytes(tuan_out_room(out, len), bytes, len);
    out->len += len;
    return 0;
}

static inline msgpack_packer tuan_packer_to(struct tuan_out *out)
{
    msgpack_packer packer;

    msgpack_packer_init(&packer, out, tuan_packer_write);
    return packer;
}

static inline void tuan_pack_nil(struct tuan_out *out)
{
    msgpack_packer packer = tuan_packer_to(out);
    msgpack_pack_nil(&packer);
}

static inline void tuan_pack_int(struct tuan_out *out, int64_t value)
{
    msgpack_packer packer = tuan_packer_to(out);
    msgpack_pack_int64(&packer, value);
}

static inline void tuan_pack_array(struct tuan_out *out, size_t count)
{
    msgpack_packer packer = tuan_packer_to(out);
    msgpack_pack_array(&packer, count);
}

static inline void tuan_pack_map(struct tuan_out *out, size_t pairs)
{
    msgpack_packer packer = tuan_packer_to(out);
    msgpack_pack_map(&packer, pairs);
}

static inline void tuan_pack_text(struct tuan_out *out, const char *text, size_t len)
{
    msgpack_packer packer = tuan_packer_to(out);
    msgpack_pack_str(&packer, len);
    msgpack_pack_str_body(&packer, text, len);
}

static inline void tuan_pack_str(struct tuan_out *out, struct tuan_str str)
{
    tuan_pack_text(out, str.ptr, str.len);
}

static inline void tuan_pack_bin(struct tuan_out *out, const void *bytes, size_t len)
{
    msgpack_packer packer = tuan_packer_to(out);
    msgpack_pack_bin(&packer, len);
    msgpack_pack_bin_body(&packer, bytes, len);
}

#endif
