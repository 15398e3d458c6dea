/* SPDX-License-Identifier: BSD-2-Clause */
/* info.h - the daemon's INFO, for subcommands that read its numbers. */
#ifndef TUAN_TOOL_INFO_H
#define TUAN_TOOL_INFO_H

#include <jansson.h>

#include "bench/tool/tool.h"

/* {Section: {name: integer or text}}, a new reference; NULL: *code says why, told on stderr.
 * section: "everything" too; NULL: what INFO shows by itself. */
json_t *info_read(struct tuan_client *client, const char *section, int *code);

/* Of whatever section; 0 or "" if it is not there. */
int64_t info_number(const json_t *info, const char *name);
const char *info_text(const json_t *info, const char *name);

#endif
