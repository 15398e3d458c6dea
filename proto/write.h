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

/* memcpy for the few bytes that names and ids are: two moves that may overlap beat a call. Returns
 * what is behind. */
static inline char *tuan_put_bytes(char *at, const char *bytes, size_t len)
{
    uint64_t first, last;
    uint32_t head, tail;

    if (len > 16) {
        memcpy(at, bytes, len);
    } else if (len >= 8) {
        memcpy(&first, bytes, sizeof first);
        memcpy(&last, bytes + len - sizeof last, sizeof last);
        memcpy(at, &first, sizeof first);
        memcpy(at + len - sizeof last, &last, sizeof last);
    } else if (len >= 4) {
        memcpy(&head, bytes, sizeof head);
        memcpy(&tail, bytes + len - sizeof tail, sizeof tail);
        memcpy(at, &head, sizeof head);
        memcpy(at + len - sizeof tail, &tail, sizeof tail);
    } else {
        for (size_t i = 0; i < len; i++)
            at[i] = bytes[i];
    }
    return at + len;
}

/* Eight bytes at a time (the tests on the bytes of a word are those of "Bit Twiddling Hacks",
 * Anderson). */
#define TUAN_EACH_BYTE(byte) (UINT64_MAX / 255 * (byte))
static inline bool tuan_some_below(uint64_t word, unsigned char limit) /* limit <= 128 */
{
    return ((word - TUAN_EACH_BYTE(limit)) & ~word & TUAN_EACH_BYTE(0x80)) != 0;
}
static inline bool tuan_some_equal(uint64_t word, unsigned char byte)
{
    return tuan_some_below(word ^ TUAN_EACH_BYTE(byte), 1);
}

/* Is every word of these bytes plain? The last one overlaps the one before; of fewer than eight
 * bytes the rest of the word is '0'. */
static inline bool tuan_words_are(bool (*is_plain)(uint64_t word), const char *bytes, size_t len)
{
    uint64_t word = TUAN_EACH_BYTE('0');

    if (len < sizeof word) {
        if (len > 0) memcpy(&word, bytes, len);
        return is_plain(word);
    }
    for (size_t at = 0; at + sizeof word <= len; at += sizeof word) {
        memcpy(&word, bytes + at, sizeof word);
        if (!is_plain(word)) return false;
    }
    memcpy(&word, bytes + len - sizeof word, sizeof word);
    return is_plain(word);
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
