/* SPDX-License-Identifier: BSD-2-Clause */
/* picture.h - a picture of lines on a terminal, drawn again and again in its place. */
#ifndef TUAN_TOOL_PICTURE_H
#define TUAN_TOOL_PICTURE_H

#include <stddef.h>

#include "base/buf.h"

#define PICTURE_BOLD   "\033[1m"
#define PICTURE_DIM    "\033[2m"
#define PICTURE_GREEN  "\033[32m"
#define PICTURE_YELLOW "\033[33m"
#define PICTURE_RED    "\033[31m"
#define PICTURE_PLAIN  "\033[0m"

/* Zeroed: ready. */
struct picture {
    struct buf out;
    size_t lines, lines_before; /* of this drawing, and of the last */
};

void picture_begin(struct picture *picture);
void picture_end_line(struct picture *picture);
void picture_show(struct picture *picture); /* what was begun, over the last one */
/* The cursor comes back and the last picture stays; frees. */
void picture_close(struct picture *picture);

/* Append a text in exactly that many cells, and a space. */
void picture_cell(struct picture *picture, const char *text, size_t width);

/* Lines that the terminal has; 40 if it does not tell. */
size_t picture_rows(void);

#endif
