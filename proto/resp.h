/* SPDX-License-Identifier: BSD-2-Clause */
/* resp.h - RESP2 and RESP3 (redis.io/docs/reference/protocol-spec): requests in, replies out.
 *
 * A request is an array of bulk strings, or one line of words (inline, for people with telnet).
 */
#ifndef TUAN_PROTO_RESP_H
#define TUAN_PROTO_RESP_H

#include "proto/codec.h"

/* Find one request at the start of data. DONE: argv[0..*argc) point into data, *consumed bytes are its own
 * (*argc may be 0: an empty line or array, to be skipped). MORE: show the same bytes again with more behind them.
 * BAD: the stream cannot be followed any more; fault says why (the caller answers and closes).
 * Never reads beyond data + len, refuses more than frame_max bytes or argv_max words as early as it can tell. */
enum tuan_parse tuan_resp_parse(const char *data, size_t len, size_t frame_max, struct tuan_str *argv,
                                size_t argv_max, size_t *argc, size_t *consumed, struct tuan_fault *fault);

/* The command that these words spell: required arguments by position, the rest `name value`. */
enum tuan_err tuan_resp_command(const struct tuan_str *argv, size_t argc, struct tuan_command *command,
                                struct tuan_arena *arena, struct tuan_fault *fault);

/* A reply of a command in RESP `version` 2 (maps as flat arrays) or 3 (maps). ROOM.MGET's `rooms` is a bare list. */
void tuan_resp_reply(struct tuan_out *out, int version, enum tuan_cmd command, const struct tuan_reply *reply);
/* "-CODE text name=value …": details of a reply's problem follow the text. */
void tuan_resp_error(struct tuan_out *out, const struct tuan_reply *reply);

/* The pieces, for answers whose shape Redis fixes (HELLO, COMMAND DOCS, CLIENT LIST, …). */
void tuan_resp_simple(struct tuan_out *out, const char *text);
void tuan_resp_bulk(struct tuan_out *out, struct tuan_str bytes);
void tuan_resp_int(struct tuan_out *out, int64_t value);
void tuan_resp_null(struct tuan_out *out, int version);
void tuan_resp_array(struct tuan_out *out, size_t count);
void tuan_resp_push(struct tuan_out *out, size_t count); /* RESP3 */
void tuan_resp_map(struct tuan_out *out, int version, size_t pairs);

#endif
