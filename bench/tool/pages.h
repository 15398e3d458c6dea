/* SPDX-License-Identifier: BSD-2-Clause */
/* pages.h - the files that are built into `tuan`. */
#ifndef TUAN_TOOL_PAGES_H
#define TUAN_TOOL_PAGES_H

#include "base/embed.h"

extern const struct embedded_folder shop_pages; /* bench/shop: the storefront of the demo */
extern const struct embedded_folder web_client; /* lib/client/web: what storefronts lift */

/* NULL: there is no such file. */
const struct embedded_file *pages_find(const struct embedded_folder *folder, const char *path);

#endif
