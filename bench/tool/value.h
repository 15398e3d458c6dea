/* SPDX-License-Identifier: BSD-2-Clause */
/* value.h - answers as JSON, and JSON for people or for a pipe. */
#ifndef TUAN_TOOL_VALUE_H
#define TUAN_TOOL_VALUE_H

#include <jansson.h>
#include <stdio.h>

#include "bench/tool/tool.h"

/* A new reference. Text that is no UTF-8 becomes "?". */
json_t *value_json(const struct tuan_value *value);

/* A word of a command line or of INFO: an integer if it is one in decimal, else a string (NULL: no
 * UTF-8). */
json_t *value_of_word(const char *text);

/* How `tool` asks for it: --json is JSON (in one line to a pipe); else a line per value, dotted
 * names and values aligned on a terminal, name=value to a pipe. */
void value_print(const struct tool *tool, const json_t *json);

/* Add JSON to the call being built, under that name (NULL: as a list's item). False: a kind that is
 * never sent. */
bool value_send(struct tuan_client *client, const char *name, const json_t *json);

#endif
