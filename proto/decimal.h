/* SPDX-License-Identifier: BSD-2-Clause */
/* decimal.h - integers in decimal: the one printer, for every floor.
 *
 * Eight digits at a time: a number below 10^8 is split into halves, these into pairs, those into
 * digits, all parts of a step by one multiplication, since they lie side by side in a word.
 */
#ifndef TUAN_PROTO_DECIMAL_H
#define TUAN_PROTO_DECIMAL_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum { TUAN_DECIMAL_MAX = 20 }; /* characters of an int64_t or uint64_t */

/* The digits of a number below 10^8, a byte each, the first one in the lowest byte. */
static inline uint64_t tuan_eight_digits(uint64_t value)
{
    uint64_t fours = value / 10000 | (value % 10000) << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x0000007f0000007f); /* 1 / 100 */
    uint64_t pairs = hundreds | (fours - hundreds * 100) << 16;
    uint64_t tens = (pairs * 103 >> 10) & UINT64_C(0x000f000f000f000f); /* 1 / 10 */

    return tens | (pairs - tens * 10) << 8;
}

/* `count` digits, the first one in the lowest byte; eight bytes are written. */
static inline char *tuan_put_digits(char *at, uint64_t digits, unsigned count)
{
    uint64_t text = htole64(digits | UINT64_C(0x3030303030303030));

    memcpy(at, &text, sizeof text);
    return at + count;
}

/* From 1 to 10^8 - 1, without zeros in front. */
static inline char *tuan_put_leading(char *at, uint64_t value)
{
    uint64_t digits = tuan_eight_digits(value);
    unsigned zeros = (unsigned)__builtin_ctzll(digits) / 8;

    return tuan_put_digits(at, digits >> (8 * zeros), 8 - zeros);
}

/* Print at `at`, which has room for TUAN_DECIMAL_MAX, whatever the number; returns what is behind
 * it. */
static inline char *tuan_put_decimal(char *at, uint64_t value)
{
    enum { EIGHT = 100000000 };

    if (value < 10) {
        *at = (char)('0' + value);
        return at + 1;
    }
    if (value < EIGHT) return tuan_put_leading(at, value);
    if (value / EIGHT < EIGHT) {
        at = tuan_put_leading(at, value / EIGHT);
    } else {
        at = tuan_put_leading(at, value / EIGHT / EIGHT);
        at = tuan_put_digits(at, tuan_eight_digits(value / EIGHT % EIGHT), 8);
    }
    return tuan_put_digits(at, tuan_eight_digits(value % EIGHT), 8);
}

static inline char *tuan_put_int(char *at, int64_t value)
{
    if (value >= 0) return tuan_put_decimal(at, (uint64_t)value);
    *at = '-';
    return tuan_put_decimal(at + 1, 0 - (uint64_t)value);
}

#endif
