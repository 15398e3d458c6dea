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

enum { TUAN_PACKED_MAX = 9 }; /* bytes of a number, or of the head of anything else */

static inline int tuan_packer_write(void *data, const char *bytes, size_t len)
{
    char **at = data;

    *at = tuan_put_bytes(*at, bytes, len);
    return 0;
}

/* Writes at *at, where there is room, and moves it. */
static inline msgpack_packer tuan_packer_at(char **at)
{
    msgpack_packer packer;

    msgpack_packer_init(&packer, at, tuan_packer_write);
    return packer;
}

static inline void tuan_pack_nil(struct tuan_out *out)
{
    char *at = tuan_out_room(out, TUAN_PACKED_MAX);
    msgpack_packer packer = tuan_packer_at(&at);
    msgpack_pack_nil(&packer);
    tuan_out_end(out, at);
}

static inline void tuan_pack_int(struct tuan_out *out, int64_t value)
{
    char *at = tuan_out_room(out, TUAN_PACKED_MAX);
    msgpack_packer packer = tuan_packer_at(&at);
    msgpack_pack_int64(&packer, value);
    tuan_out_end(out, at);
}

static inline void tuan_pack_array(struct tuan_out *out, size_t count)
{
    char *at = tuan_out_room(out, TUAN_PACKED_MAX);
    msgpack_packer packer = tuan_packer_at(&at);
    msgpack_pack_array(&packer, count);
    tuan_out_end(out, at);
}

static inline void tuan_pack_map(struct tuan_out *out, size_t pairs)
{
    char *at = tuan_out_room(out, TUAN_PACKED_MAX);
    msgpack_packer packer = tuan_packer_at(&at);
    msgpack_pack_map(&packer, pairs);
    tuan_out_end(out, at);
}

static inline void tuan_pack_text(struct tuan_out *out, const char *text, size_t len)
{
    char *at = tuan_out_room(out, TUAN_PACKED_MAX + len);
    msgpack_packer packer = tuan_packer_at(&at);
    msgpack_pack_str(&packer, len);
    tuan_out_end(out, tuan_put_bytes(at, text, len));
}

static inline void tuan_pack_str(struct tuan_out *out, struct tuan_str str)
{
    tuan_pack_text(out, str.ptr, str.len);
}

static inline void tuan_pack_bin(struct tuan_out *out, const void *bytes, size_t len)
{
    char *at = tuan_out_room(out, TUAN_PACKED_MAX + len);
    msgpack_packer packer = tuan_packer_at(&at);
    msgpack_pack_bin(&packer, len);
    tuan_out_end(out, tuan_put_bytes(at, bytes, len));
}

#endif
