/* SPDX-License-Identifier: BSD-2-Clause */
/* text.c - what a string on the wire may be: ids, texts, and the base32 of room and refund ids. */
#include <endian.h>
#include <string.h>

#include "proto/schema.h"
#include "proto/write.h"

/* Length of the UTF-8 sequence at `at`, 0 if it is malformed, overlong, a surrogate or beyond
 * U+10FFFF (RFC 3629). */
static uint32_t utf8_length(const unsigned char *at, uint32_t left)
{
    unsigned char lead = at[0];
    uint32_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;

    if (length == 0 || length > left) return 0;
    for (uint32_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80) return 0;
    if ((lead == 0xe0 && at[1] < 0xa0) || (lead == 0xed && at[1] > 0x9f) ||
        (lead == 0xf0 && at[1] < 0x90) || (lead == 0xf4 && at[1] > 0x8f))
        return 0;
    return length;
}

static inline tuan_sixteen not_ascii_or_space(tuan_sixteen bytes)
{
    return (tuan_sixteen)(bytes - '!' > '~' - '!');
}

/* C1 controls (U+0080 to U+009F) are control characters like those below the space. */
static bool is_text(struct tuan_str str, unsigned char first_allowed)
{
    const unsigned char *at = (const unsigned char *)str.ptr;
    uint32_t left = str.len;

    if (tuan_none_is(not_ascii_or_space, str.ptr, str.len)) return true;
    while (left > 0) {
        uint32_t length = 1;
        if (*at >= 0x80) {
            length = utf8_length(at, left);
            if (length == 0 || (at[0] == 0xc2 && at[1] < 0xa0)) return false;
        } else if (*at < first_allowed || *at == 0x7f) {
            return false;
        }
        at += length;
        left -= length;
    }
    return true;
}

bool tuan_id_is_valid(struct tuan_str str)
{
    return str.len >= 1 && str.len <= TUAN_ID_MAX && is_text(str, '!');
}

bool tuan_text_is_valid(struct tuan_str str)
{
    return is_text(str, ' ');
}

/* Two digits at a time. */
enum { DIGIT_BITS = 5, PAIR_BITS = 2 * DIGIT_BITS, PAIR_COUNT = 1 << PAIR_BITS };
/* clang-format off */
#define PAIRS(c)                                                                        \
    {c, '0'}, {c, '1'}, {c, '2'}, {c, '3'}, {c, '4'}, {c, '5'}, {c, '6'}, {c, '7'},     \
    {c, '8'}, {c, '9'}, {c, 'A'}, {c, 'B'}, {c, 'C'}, {c, 'D'}, {c, 'E'}, {c, 'F'},     \
    {c, 'G'}, {c, 'H'}, {c, 'J'}, {c, 'K'}, {c, 'M'}, {c, 'N'}, {c, 'P'}, {c, 'Q'},     \
    {c, 'R'}, {c, 'S'}, {c, 'T'}, {c, 'V'}, {c, 'W'}, {c, 'X'}, {c, 'Y'}, {c, 'Z'},
static const char rid_pairs[PAIR_COUNT][2] = {
    PAIRS('0') PAIRS('1') PAIRS('2') PAIRS('3') PAIRS('4') PAIRS('5') PAIRS('6') PAIRS('7')
    PAIRS('8') PAIRS('9') PAIRS('A') PAIRS('B') PAIRS('C') PAIRS('D') PAIRS('E') PAIRS('F')
    PAIRS('G') PAIRS('H') PAIRS('J') PAIRS('K') PAIRS('M') PAIRS('N') PAIRS('P') PAIRS('Q')
    PAIRS('R') PAIRS('S') PAIRS('T') PAIRS('V') PAIRS('W') PAIRS('X') PAIRS('Y') PAIRS('Z')
};
/* clang-format on */

enum { HALF_CHARS = TUAN_RID_CHARS / 2, HALF_BITS = DIGIT_BITS * HALF_CHARS };

static inline void print_half(uint64_t half, char out[HALF_CHARS])
{
    for (int i = HALF_CHARS - 2; i >= 0; i -= 2, half >>= PAIR_BITS)
        memcpy(out + i, rid_pairs[half % PAIR_COUNT], 2);
}

void tuan_rid_print(struct tuan_id id, char out[TUAN_RID_CHARS])
{
    print_half(id.hi << (64 - HALF_BITS) | id.lo >> HALF_BITS, out);
    print_half(id.lo, out + HALF_CHARS);
}

/* One more than the digit that a character means; 0: none. */
static const unsigned char rid_digits[256] = {
    ['0'] = 1,  ['O'] = 1,  ['o'] = 1,  ['1'] = 2,  ['I'] = 2,  ['i'] = 2,  ['L'] = 2,  ['l'] = 2,
    ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10,
    ['A'] = 11, ['a'] = 11, ['B'] = 12, ['b'] = 12, ['C'] = 13, ['c'] = 13, ['D'] = 14, ['d'] = 14,
    ['E'] = 15, ['e'] = 15, ['F'] = 16, ['f'] = 16, ['G'] = 17, ['g'] = 17, ['H'] = 18, ['h'] = 18,
    ['J'] = 19, ['j'] = 19, ['K'] = 20, ['k'] = 20, ['M'] = 21, ['m'] = 21, ['N'] = 22, ['n'] = 22,
    ['P'] = 23, ['p'] = 23, ['Q'] = 24, ['q'] = 24, ['R'] = 25, ['r'] = 25, ['S'] = 26, ['s'] = 26,
    ['T'] = 27, ['t'] = 27, ['V'] = 28, ['v'] = 28, ['W'] = 29, ['w'] = 29, ['X'] = 30, ['x'] = 30,
    ['Y'] = 31, ['y'] = 31, ['Z'] = 32, ['z'] = 32,
};

static inline bool parse_half(const char *text, uint64_t *half)
{
    *half = 0;
    for (int i = 0; i < HALF_CHARS; i++) {
        unsigned digit = rid_digits[(unsigned char)text[i]];
        if (digit == 0) return false;
        *half = *half << DIGIT_BITS | (digit - 1);
    }
    return true;
}

bool tuan_rid_parse(struct tuan_str text, struct tuan_id *out)
{
    uint64_t high, low;

    if (text.len != TUAN_RID_CHARS || !parse_half(text.ptr, &high) ||
        !parse_half(text.ptr + HALF_CHARS, &low))
        return false;
    *out = (struct tuan_id){.hi = high >> (64 - HALF_BITS), .lo = high << HALF_BITS | low};
    return true;
}

/* Thirteen bytes are two words that overlap: the higher one is written first, and read behind the
 * lower one's place. */
enum { RID_LOW = TUAN_RID_BYTES - 8, RID_SPARE_BITS = 8 * (8 - RID_LOW) };

void tuan_rid_pack(struct tuan_id id, unsigned char out[TUAN_RID_BYTES])
{
    uint64_t high = htobe64(id.hi << RID_SPARE_BITS), low = htobe64(id.lo);

    memcpy(out, &high, sizeof high);
    memcpy(out + RID_LOW, &low, sizeof low);
}

struct tuan_id tuan_rid_unpack(const unsigned char in[TUAN_RID_BYTES])
{
    uint64_t high, low;

    memcpy(&high, in, sizeof high);
    memcpy(&low, in + RID_LOW, sizeof low);
    return (struct tuan_id){be64toh(high) >> RID_SPARE_BITS, be64toh(low)};
}
