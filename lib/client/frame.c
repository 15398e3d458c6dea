/* SPDX-License-Identifier: BSD-2-Clause */
#include "client/frame.h"

#include <stdbool.h>

/* The forms of a head (msgpack spec, "formats"), by first byte from 0xc0 on. */
struct head {
    unsigned char size_bytes; /* of the length or count that follows the first byte */
    unsigned char fixed;      /* payload bytes beside that length */
    unsigned char children;   /* values per count: 1 array, 2 map */
};
static const struct head heads[0x20] = {
    [0x04] = {1, 0, 0},  [0x05] = {2, 0, 0}, [0x06] = {4, 0, 0}, /* bin */
    [0x07] = {1, 1, 0},  [0x08] = {2, 1, 0}, [0x09] = {4, 1, 0}, /* ext */
    [0x0a] = {0, 4, 0},  [0x0b] = {0, 8, 0},                     /* float */
    [0x0c] = {0, 1, 0},  [0x0d] = {0, 2, 0}, [0x0e] = {0, 4, 0},
    [0x0f] = {0, 8, 0}, /* uint */
    [0x10] = {0, 1, 0},  [0x11] = {0, 2, 0}, [0x12] = {0, 4, 0},
    [0x13] = {0, 8, 0}, /* int */
    [0x14] = {0, 2, 0},  [0x15] = {0, 3, 0}, [0x16] = {0, 5, 0},
    [0x17] = {0, 9, 0}, /* fixext */
    [0x18] = {0, 17, 0}, [0x19] = {1, 0, 0}, [0x1a] = {2, 0, 0},
    [0x1b] = {4, 0, 0}, /* fixext, str */
    [0x1c] = {2, 0, 1},  [0x1d] = {4, 0, 1}, [0x1e] = {2, 0, 2},
    [0x1f] = {4, 0, 2}, /* array, map */
};

struct item {
    uint64_t bytes;    /* head and payload */
    uint64_t children; /* values that follow it and belong to it */
};

static bool read_long_item(const unsigned char *at, size_t left, struct item *item)
{
    const struct head *head = &heads[at[0] - 0xc0];
    uint64_t size = 0;

    if (left < 1U + head->size_bytes) return false;
    for (unsigned i = 1; i <= head->size_bytes; i++)
        size = size << 8 | at[i];
    item->bytes = 1U + head->size_bytes + head->fixed + (head->children > 0 ? 0 : size);
    item->children = size * head->children;
    return true;
}

/* False: the head is not complete yet. */
static bool read_item(const unsigned char *at, size_t left, struct item *item)
{
    unsigned char first = at[0];

    *item = (struct item){1, 0};
    if (first >= 0xc0 && first < 0xe0) return read_long_item(at, left, item);
    if (first >= 0x80 && first < 0x90)
        item->children = (first & 0x0fU) * 2U;
    else if (first >= 0x90 && first < 0xa0)
        item->children = first & 0x0fU;
    else if (first >= 0xa0 && first < 0xc0)
        item->bytes += first & 0x1fU;
    return true;
}

enum frame_result frame_scan(struct frame *frame, const unsigned char *data, size_t len, size_t max)
{
    struct item item;

    if (frame->at == 0) frame->pending = 1;
    while (frame->pending > 0) {
        if (frame->at >= len || !read_item(data + frame->at, len - frame->at, &item))
            return FRAME_MORE;
        if (data[frame->at] == 0xc1) /* never used, says the spec */
            return FRAME_BAD;
        uint64_t pending = frame->pending - 1 + item.children;
        if (frame->at + item.bytes + pending > max) /* each pending value takes a byte at least */
            return FRAME_BAD;
        if (frame->at + item.bytes > len) return FRAME_MORE;
        frame->at += (size_t)item.bytes;
        frame->pending = pending;
    }
    return FRAME_DONE;
}
