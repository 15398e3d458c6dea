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

/* From the number of bits, as in "Bit Twiddling Hacks" (Anderson): 1233 / 4096 is log10(2). */
static unsigned digits_of(uint64_t value)
{
    static const uint64_t powers[] = {
        0,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
        10000000000000000000U,
    };
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    unsigned least = bits * 1233 >> 12;

    return least + (value >= powers[least]);
}

/* Two digits at a time, from the last one on: divisions are what printing a number costs. */
char *tuan_put_decimal(char *at, uint64_t value)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233"
        "34353637383940414243444546474849505152535455565758596061626364656667"
        "6869707172737475767778798081828384858687888990919293949596979899";
    char *end = at + digits_of(value), *first = end;

    while (value >= 100) {
        first -= 2;
        memcpy(first, pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10)
        memcpy(at, pairs + value * 2, 2);
    else
        *at = (char)('0' + value);
    return end;
}

char *tuan_put_int(char *at, int64_t value)
{
    if (value >= 0) return tuan_put_decimal(at, (uint64_t)value);
    *at = '-';
    return tuan_put_decimal(at + 1, 0 - (uint64_t)value);
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
