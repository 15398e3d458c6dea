/* SPDX-License-Identifier: BSD-2-Clause */
/* frame.h - where one msgpack value ends, in bytes that arrive in pieces.
 *
 * Looks at heads only and keeps its place, so that no byte is looked at twice, and nothing is
 * allocated because of a count: msgpack-c is shown a value only when all of it is there, and then
 * its counts are bounded by its bytes.
 */
#ifndef TUAN_CLIENT_FRAME_H
#define TUAN_CLIENT_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed: at the start of a value. */
struct frame {
    size_t at;        /* bytes understood so far; after DONE the length of the value */
    uint64_t pending; /* values still to come before the whole is complete; 0 at the start */
};

enum frame_result { FRAME_MORE, FRAME_DONE, FRAME_BAD };

/* Go on in data[0..len), the same bytes as before and more behind them. BAD: not msgpack, or longer
 * than max. */
enum frame_result frame_scan(struct frame *frame, const unsigned char *data, size_t len,
                             size_t max);

#endif
