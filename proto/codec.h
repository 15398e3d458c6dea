/* SPDX-License-Identifier: BSD-2-Clause */
/* codec.h - what the codecs share: where they write, where they keep decoded lists, how they name a fault.
 *
 * A codec works on the caller's bytes. Decoding is bounded and allocates nothing: strings point into the request,
 * lists are laid into the caller's arena. Encoding appends to a tuan_out, which grows by the caller's function.
 */
#ifndef TUAN_PROTO_CODEC_H
#define TUAN_PROTO_CODEC_H

#include "proto/schema.h"

/* Bytes being written. grow(old, size) is realloc by another name and does not fail. */
struct tuan_out {
    char *data;
    size_t len, cap;
    void *(*grow)(void *old, size_t size);
};
char *tuan_out_reserve(struct tuan_out *out, size_t more); /* room for `more` bytes at data + len */
void tuan_out_bytes(struct tuan_out *out, const void *bytes, size_t len);
void tuan_out_int(struct tuan_out *out, int64_t value); /* in decimal */
#define tuan_out_text(out, literal) tuan_out_bytes((out), (literal), sizeof(literal) - 1)

/* Scratch for what a decoded command points to; emptied by the caller before each request. */
struct tuan_arena {
    char *base;
    size_t used, cap;
};
void *tuan_arena_take(struct tuan_arena *arena, size_t size); /* 16-aligned; NULL when full */

/* Why a request was refused: the error, and for people a text like "size: 1 is not from 2 to 10000": UTF-8, without
 * control characters whatever the request held, cut to fit. A parser's BAD has BAD_REQUEST, TOO_LARGE or TOO_DEEP. */
struct tuan_fault {
    char text[240];
    enum tuan_err err;
};

/* How far a parser got with the bytes it was shown. */
enum tuan_parse { TUAN_PARSE_MORE, TUAN_PARSE_DONE, TUAN_PARSE_BAD };

/* Building a command from words and values: the one place where arguments are checked against their rows
 * (known to this command, given once, type, range, UTF-8). Each returns TUAN_OK or an error and fills the fault.
 *   UNKNOWN_COMMAND  begin: no such name        BAD_ARGUMENT  anything else        TOO_LARGE  the arena is full */
enum tuan_err tuan_command_begin(struct tuan_command *command, struct tuan_str name, struct tuan_fault *fault);
/* An argument or parameter by its name, from its text form (as tuan_field_from_text). */
enum tuan_err tuan_command_put_text(struct tuan_command *command, struct tuan_str name, struct tuan_str text,
                                    struct tuan_arena *arena, struct tuan_fault *fault);
enum tuan_err tuan_command_finish(const struct tuan_command *command, struct tuan_fault *fault);
/* One field from its text form, as RESP, flags and files spell it: integers in decimal, lists and maps as JSON. */
enum tuan_err tuan_field_from_text(const struct tuan_field *field, void *object, struct tuan_str text,
                                   struct tuan_arena *arena, struct tuan_fault *fault);
/* A whole command whose arguments are one JSON object: names with a dot stand flat or in an object of their own, as in
 * answers; integers, true and false, lists and maps as JSON has them. */
enum tuan_err tuan_json_command(struct tuan_str name, struct tuan_str text, struct tuan_command *command,
                                struct tuan_arena *arena, struct tuan_fault *fault);

#endif
