/* SPDX-License-Identifier: BSD-2-Clause */
/* write.h - what the encoders share among themselves; nobody outside proto includes it. */
#ifndef TUAN_PROTO_WRITE_H
#define TUAN_PROTO_WRITE_H

#include "proto/codec.h"
#include "proto/decimal.h"

#include <string.h>

/* tuan_out_reserve without the call where there is room already. */
static inline char *tuan_out_room(struct tuan_out *out, size_t more)
{
    if (out->cap - out->len >= more) return out->data + out->len;
    return tuan_out_reserve(out, more);
}

/* What was put stands up to here. */
static inline void tuan_out_end(struct tuan_out *out, const char *end)
{
    out->len = (size_t)(end - out->data);
}

/* The first `size` bytes and the last ones, which may overlap: size <= len <= 2 * size. */
static inline void tuan_put_both_ends(char *at, const char *bytes, size_t len, size_t size)
{
    memcpy(at, bytes, size);
    memcpy(at + len - size, bytes + len - size, size);
}

/* memcpy for the few bytes that ids are: two moves beat a call. Returns what is behind. */
static inline char *tuan_put_bytes(char *at, const char *bytes, size_t len)
{
    if (len > 32)
        memcpy(at, bytes, len);
    else if (len >= 16)
        tuan_put_both_ends(at, bytes, len, 16);
    else if (len >= 8)
        tuan_put_both_ends(at, bytes, len, 8);
    else if (len >= 4)
        tuan_put_both_ends(at, bytes, len, 4);
    else if (len >= 2)
        tuan_put_both_ends(at, bytes, len, 2);
    else if (len == 1)
        *at = *bytes;
    return at + len;
}

/* Sixteen bytes at a time. A comparison makes each byte 0 or ~0. What follows is inlined in any
 * case: where sizes and functions are known it is a few moves, and otherwise calls. */
#define TUAN_INLINED static inline __attribute__((always_inline))
typedef unsigned char tuan_sixteen __attribute__((vector_size(16)));
typedef uint64_t tuan_halves __attribute__((vector_size(16)));

TUAN_INLINED bool tuan_any(tuan_sixteen bytes)
{
    tuan_halves halves = (tuan_halves)bytes;
    return (halves[0] | halves[1]) != 0;
}

TUAN_INLINED uint64_t tuan_load(const char *bytes, size_t size)
{
    uint64_t loaded = 0;
    memcpy(&loaded, bytes, size);
    return loaded;
}

TUAN_INLINED tuan_sixteen tuan_both_ends(const char *bytes, size_t len, size_t size, uint64_t times)
{
    return (tuan_sixteen)(tuan_halves){tuan_load(bytes, size) * times,
                                       tuan_load(bytes + len - size, size) * times};
}

/* All of a string's 1 to 16 bytes, some more than once, and nothing else: what holds for these
 * holds for the string. */
TUAN_INLINED tuan_sixteen tuan_short(const char *bytes, size_t len)
{
    if (len >= 8) return tuan_both_ends(bytes, len, 8, 1);
    if (len >= 4) return tuan_both_ends(bytes, len, 4, UINT64_MAX / UINT32_MAX);
    if (len >= 2) return tuan_both_ends(bytes, len, 2, UINT64_MAX / UINT16_MAX);
    return tuan_both_ends(bytes, len, 1, UINT64_MAX / UINT8_MAX);
}

TUAN_INLINED tuan_sixteen tuan_sixteen_at(const char *bytes)
{
    return tuan_both_ends(bytes, 16, 8, 1);
}

/* Is none of these bytes odd? */
TUAN_INLINED bool tuan_none_is(tuan_sixteen (*odd)(tuan_sixteen bytes), const char *bytes,
                               size_t len)
{
    if (len == 0) return true;
    if (len <= 16) return !tuan_any(odd(tuan_short(bytes, len)));
    for (size_t at = 0; at + 16 < len; at += 16)
        if (tuan_any(odd(tuan_sixteen_at(bytes + at)))) return false;
    return !tuan_any(odd(tuan_sixteen_at(bytes + len - 16)));
}

/* Print a label at `at`, which has room for TUAN_LABEL_BYTES. */
static inline char *tuan_put_label(char *at, const struct tuan_label *label)
{
    memcpy(at, label->bytes, TUAN_LABEL_BYTES);
    return at + label->len;
}

/* The fields that a message has, as bits; those beyond its rows do not count. */
static inline uint64_t tuan_given(const struct tuan_message *message, const void *body)
{
    uint64_t given;
    memcpy(&given, body, sizeof given);
    return message->count >= 64 ? given : given & ((UINT64_C(1) << message->count) - 1);
}

static inline const void *tuan_field_at(const struct tuan_field *field, const void *object)
{
    return (const char *)object + field->offset;
}

/* Take the lowest set bit out of *bits: for (bits = …; bits != 0;) { i = tuan_next_bit(&bits); … }
 */
static inline int tuan_next_bit(uint64_t *bits)
{
    int lowest = __builtin_ctzll(*bits);
    *bits &= *bits - 1;
    return lowest;
}

/* The given parameters of RULES as bits; none for NULL. */
static inline uint64_t tuan_rules_given(const struct tuan_rules *rules)
{
    return rules == NULL ? 0 : rules->given & (UINT64_MAX >> (64 - TUAN_PARAM_COUNT));
}

/* What ROOM.MGET shows of a room: all it has, or the error alone. */
static inline uint64_t tuan_status_given(const struct tuan_room *room)
{
    uint64_t error = UINT64_C(1) << TUAN_F_room_error;
    return room->given & error ? error : tuan_given(&tuan_room_message, room);
}

/* "CODE text name=value …" of a refusal: one line of UTF-8 without control characters. */
enum { TUAN_ERROR_LINE_MAX = 1024 };
size_t tuan_error_line(const struct tuan_reply *reply, char line[TUAN_ERROR_LINE_MAX]);
/* Its text alone. */
struct tuan_str tuan_error_text(const struct tuan_reply *reply);
/* Turn control characters, and in broken UTF-8 all that is not ASCII, into '?'. */
void tuan_text_mend(char *text, size_t len);

void tuan_json_tags(struct tuan_out *out, struct tuan_tags tags);

#endif
