/* SPDX-License-Identifier: BSD-2-Clause */
/* page.h - a JSON body that is written member by member: each puts the comma that it needs. The
 * context of page_text and page_number is the struct tuan_out, so that they fit struct info_sink.
 */
#ifndef TUAN_DAEMON_PAGE_H
#define TUAN_DAEMON_PAGE_H

#include "proto/codec.h"

void page_comma(struct tuan_out *out); /* unless an object or a list has just begun */
void page_name(struct tuan_out *out, const char *name);
void page_text(void *context, const char *name, const char *value);
void page_number(void *context, const char *name, int64_t value);

#endif
