/* SPDX-License-Identifier: BSD-2-Clause */
/* embed.h - files that are built into a program: what tuan_embed (embed.cmake) makes of a folder.
 *
 *     tuan_embed(my_target console_pages ${CMAKE_CURRENT_SOURCE_DIR}/console)
 *
 * gives my_target this, to be declared where it is used:
 *
 *     extern const struct embedded_folder console_pages;
 */
#ifndef TUAN_BASE_EMBED_H
#define TUAN_BASE_EMBED_H

#include <stddef.h>

struct embedded_file {
    const char *path; /* in the folder, with / between: "main.js" */
    const char *type; /* for Content-Type */
    const char *etag; /* a strong one without its quotes: of the bytes */
    const unsigned char *data;
    size_t len;
};

struct embedded_folder {
    const struct embedded_file *files; /* by path, as strcmp has them */
    size_t count;
};

#endif
