/* SPDX-License-Identifier: BSD-2-Clause */
/* json.h - messages as JSON objects (feed entries, the web, --json), written by hand since it is on hot paths.
 *
 * Strings are escaped for JSON and for HTML alike (<, >, & as \u003c …), so that no page can be broken by a profile.
 */
#ifndef TUAN_PROTO_JSON_H
#define TUAN_PROTO_JSON_H

#include "proto/codec.h"

void tuan_json_message(struct tuan_out *out, const struct tuan_message *message, const void *body);
/* {code, message, retryable, details of the problem} of a refusal. */
void tuan_json_error(struct tuan_out *out, const struct tuan_reply *reply);
void tuan_json_string(struct tuan_out *out, struct tuan_str text); /* with quotes */

#endif
