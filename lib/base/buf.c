/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "proto/decimal.h"

#define CAP_MIN 64

void buf_grow(struct buf *buf, size_t n)
{
    size_t cap = buf->cap < CAP_MIN ? CAP_MIN : buf->cap * 2;

    assert(buf->len <= buf->cap);
    assert(n <= SIZE_MAX / 4 && buf->cap <= SIZE_MAX / 4);
    if (cap < buf->len + n) cap = buf->len + n;
    buf->data = mem_realloc(buf->data, cap);
    buf->cap = cap;
}

void buf_append_int(struct buf *buf, int64_t value)
{
    char *end = tuan_put_int(buf_reserve(buf, TUAN_DECIMAL_MAX), value);

    buf->len = (size_t)(end - buf->data);
}

/* Print into what is left; if that was too short, the length is known, and the second try fits. */
void buf_printf(struct buf *buf, const char *format, ...)
{
    size_t room = buf->cap - buf->len;
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(buf_reserve(buf, room), room, format, args);
    va_end(args);
    assert(len >= 0);

    if ((size_t)len >= room) {
        room = (size_t)len + 1;
        va_start(args, format);
        len = vsnprintf(buf_reserve(buf, room), room, format, args);
        va_end(args);
        assert(len >= 0 && (size_t)len < room);
    }
    buf->len += (size_t)len;
}

void buf_consume_head(struct buf *buf, size_t n)
{
    assert(n <= buf->len);
    buf->len -= n;
    if (n > 0 && buf->len > 0) memmove(buf->data, buf->data + n, buf->len);
}

void buf_free(struct buf *buf)
{
    mem_free(buf->data);
    buf_init(buf);
}
