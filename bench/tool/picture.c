/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/picture.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/tool/text.h"

#define HIDE_CURSOR "\033[?25l\033[?7l" /* and no line wraps, whatever the width */
#define SHOW_CURSOR "\033[?25h\033[?7h"
#define CLEAR_RIGHT "\033[K"
#define CLEAR_BELOW "\033[J"

enum { ROWS_DEFAULT = 40 };

void picture_begin(struct picture *picture)
{
    buf_reset(&picture->out);
    picture->lines = 0;
    buf_append_str(&picture->out, HIDE_CURSOR);
    if (picture->lines_before > 0) buf_printf(&picture->out, "\033[%zuA", picture->lines_before);
}

void picture_end_line(struct picture *picture)
{
    buf_append_str(&picture->out, CLEAR_RIGHT "\n");
    picture->lines++;
}

void picture_show(struct picture *picture)
{
    buf_append_str(&picture->out, CLEAR_BELOW);
    fwrite(picture->out.data, 1, picture->out.len, stdout);
    fflush(stdout);
    picture->lines_before = picture->lines;
}

void picture_close(struct picture *picture)
{
    if (picture->lines_before > 0) printf(SHOW_CURSOR);
    fflush(stdout);
    buf_free(&picture->out);
}

void picture_cell(struct picture *picture, const char *text, size_t width)
{
    text_cell(&picture->out, text, strlen(text), width);
    buf_append_byte(&picture->out, ' ');
}

size_t picture_rows(void)
{
    struct winsize size = {0};

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 ? ROWS_DEFAULT
                                                                            : size.ws_row;
}
