/* SPDX-License-Identifier: BSD-2-Clause */
/* buf.h - a growable run of bytes: append at the end, consume at the head.
 *
 * Not a string: there is no final zero, and any byte may be inside. `data` is NULL until the first
 * append, and moves when the buffer grows, so pointers into it live until the next append. Readers
 * may look at `data` and `len` directly; a writer who filled bytes from buf_reserve() adds to
 * `len`. The buffer has no limit of its own: whoever feeds it bytes of strangers checks the length.
 */
#ifndef TUAN_BASE_BUF_H
#define TUAN_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
    char *data;
    size_t len;
    size_t cap;
};

/* An empty buffer; allocates nothing. A zeroed struct is the same. */
static inline void buf_init(struct buf *buf)
{
    *buf = (struct buf){0};
}

/* The slow road of buf_reserve: at least doubles. */
void buf_grow(struct buf *buf, size_t n);

/* Room for n more bytes: returns where they go. The length stays as it is. */
static inline char *buf_reserve(struct buf *buf, size_t n)
{
    if (buf->data == NULL || buf->cap - buf->len < n) buf_grow(buf, n);
    return buf->data + buf->len;
}

static inline void buf_append(struct buf *buf, const void *bytes, size_t n)
{
    if (n == 0) return;
    memcpy(buf_reserve(buf, n), bytes, n);
    buf->len += n;
}

static inline void buf_append_byte(struct buf *buf, char byte)
{
    *buf_reserve(buf, 1) = byte;
    buf->len++;
}

static inline void buf_append_str(struct buf *buf, const char *str)
{
    buf_append(buf, str, strlen(str));
}

/* Decimal digits, with a minus sign where due. */
void buf_append_int(struct buf *buf, int64_t value);

/* What printf would print, without the final zero. */
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drop the first n bytes (n <= len). The rest moves to the front: consume once per turn, not once
 * per message. */
void buf_consume_head(struct buf *buf, size_t n);

/* Length 0; keeps the memory. */
static inline void buf_reset(struct buf *buf)
{
    buf->len = 0;
}

/* Gives the memory back and leaves an empty buffer, ready for use. */
void buf_free(struct buf *buf);

#endif
