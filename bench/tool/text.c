/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

struct range {
    uint32_t first, last;
};
/* East Asian Width W and F (Unicode TR 11), in blocks; ambiguous characters such as ● count as one
 * cell. */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xac00, 0xd7a3},
    {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6},
    {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};
static const struct range no_cell[] = {
    {0x0300, 0x036f}, {0x200b, 0x200f}, {0x202a, 0x202e},
    {0x2060, 0x206f}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
};

static bool is_within(const struct range *ranges, size_t count, uint32_t point)
{
    for (size_t i = 0; i < count; i++)
        if (point >= ranges[i].first && point <= ranges[i].last) return true;
    return false;
}

struct glyph {
    size_t bytes, cells;
    bool is_shown; /* else '?' stands for it */
};

static struct glyph glyph_at(const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;
    const struct glyph unknown = {1, 1, false};
    size_t bytes = at[0] < 0x80   ? 1
                   : at[0] < 0xc2 ? 0
                   : at[0] < 0xe0 ? 2
                   : at[0] < 0xf0 ? 3
                   : at[0] < 0xf5 ? 4
                                  : 0;

    if (bytes == 1) return (struct glyph){1, 1, at[0] >= 0x20 && at[0] != 0x7f};
    if (bytes == 0 || bytes > len) return unknown;
    uint32_t point = at[0] & (0x7fU >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        if ((at[i] & 0xc0) != 0x80) return unknown;
        point = point << 6 | (at[i] & 0x3fU);
    }
    if (point < 0xa0) /* C1 controls steer terminals too */
        return (struct glyph){bytes, 1, false};
    if (is_within(no_cell, sizeof no_cell / sizeof no_cell[0],
                  point)) /* direction marks: never shown */
        return point < 0x0370 || point >= 0xfe00 ? (struct glyph){bytes, 0, true}
                                                 : (struct glyph){bytes, 1, false};
    return (struct glyph){bytes, is_within(wide, sizeof wide / sizeof wide[0], point) ? 2 : 1,
                          true};
}

static void append_glyph(struct buf *out, const char *text, struct glyph glyph)
{
    if (glyph.is_shown)
        buf_append(out, text, glyph.bytes);
    else
        buf_append_byte(out, '?');
}

size_t text_width(const char *text, size_t len)
{
    size_t width = 0;

    while (len > 0) {
        struct glyph glyph = glyph_at(text, len);
        width += glyph.cells;
        text += glyph.bytes;
        len -= glyph.bytes;
    }
    return width;
}

void text_cell(struct buf *out, const char *text, size_t len, size_t width)
{
    bool is_cut = text_width(text, len) > width;
    size_t used = 0, room = is_cut && width > 0 ? width - 1 : width;

    while (len > 0) {
        struct glyph glyph = glyph_at(text, len);
        if (used + glyph.cells > room) break;
        append_glyph(out, text, glyph);
        used += glyph.cells;
        text += glyph.bytes;
        len -= glyph.bytes;
    }
    if (is_cut && width > 0) {
        buf_append_str(out, "…");
        used++;
    }
    for (; used < width; used++)
        buf_append_byte(out, ' ');
}

void text_safe(struct buf *out, const char *text, size_t len)
{
    while (len > 0) {
        struct glyph glyph = glyph_at(text, len);
        append_glyph(out, text, glyph);
        text += glyph.bytes;
        len -= glyph.bytes;
    }
}

const char *text_span(char out[16], int64_t ms)
{
    int64_t s = ms / 1000;

    if (ms < 10000)
        snprintf(out, 16, "%.1f s", (double)(ms < 0 ? 0 : ms) / 1000.0);
    else if (s < 100)
        snprintf(out, 16, "%d s", (int)s);
    else if (s < 3600)
        snprintf(out, 16, "%d:%02d", (int)(s / 60), (int)(s % 60));
    else
        snprintf(out, 16, "%d:%02d:%02d", (int)(s / 3600 % 100000), (int)(s / 60 % 60),
                 (int)(s % 60));
    return out;
}

const char *text_money(char out[32], int64_t minor)
{
    snprintf(out, 32, "%" PRId64 ".%02d", minor / 100, (int)(minor % 100));
    return out;
}
