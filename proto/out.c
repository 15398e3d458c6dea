/* SPDX-License-Identifier: BSD-2-Clause */
/* out.c - bytes being written, and the arena that decoded lists are laid into. */
#include "proto/write.h"

enum { OUT_CAP_MIN = 256, ARENA_ALIGN = 16 };

char *tuan_out_reserve(struct tuan_out *out, size_t more)
{
    if (out->cap - out->len < more) {
        size_t cap = out->cap < OUT_CAP_MIN ? OUT_CAP_MIN : out->cap * 2;
        if (cap - out->len < more) cap = out->len + more;
        out->data = out->grow(out->data, cap);
        out->cap = cap;
    }
    return out->data + out->len;
}

void tuan_out_bytes(struct tuan_out *out, const void *bytes, size_t len)
{
    if (len == 0) return;
    memcpy(tuan_out_room(out, len), bytes, len);
    out->len += len;
}

void tuan_out_int(struct tuan_out *out, int64_t value)
{
    char *end = tuan_put_int(tuan_out_room(out, TUAN_DECIMAL_MAX), value);
    out->len = (size_t)(end - out->data);
}

void *tuan_arena_take(struct tuan_arena *arena, size_t size)
{
    size_t skew = ((uintptr_t)arena->base + arena->used) % ARENA_ALIGN;
    size_t pad = skew == 0 ? 0 : ARENA_ALIGN - skew;
    size_t left = arena->cap - arena->used;

    if (left < pad || left - pad < size) return NULL;
    void *taken = arena->base + arena->used + pad;
    arena->used += pad + size;
    return taken;
}
