/* SPDX-License-Identifier: BSD-2-Clause */
/* text.h - text in columns of a terminal: 中文 takes two cells a character, and no text may steer
 * the terminal. */
#ifndef TUAN_TOOL_TEXT_H
#define TUAN_TOOL_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Cells that UTF-8 text takes. Bytes that are no UTF-8 and control characters count (and are shown)
 * as one '?'. */
size_t text_width(const char *text, size_t len);

/* Append text in exactly `width` cells: cut with … or padded with spaces. */
void text_cell(struct buf *out, const char *text, size_t len, size_t width);
/* Append text with whatever could steer a terminal replaced by '?'. */
void text_safe(struct buf *out, const char *text, size_t len);

/* "0.4 s", "12 s", "3:05", "2:10:00": a span for people, in at most 8 cells. */
const char *text_span(char out[16], int64_t ms);
/* Minor units with two decimals: 990 is "9.90". */
const char *text_money(char out[32], int64_t minor);

#endif
