/* SPDX-License-Identifier: BSD-2-Clause */
/* cursor.h - reading msgpack that nobody vouches for: token by token, allocating nothing, never
 * beyond the end.
 *
 * A token is a scalar, a string, or the head of a container, whose elements are the tokens that
 * follow. Strings point into the bytes. Counts are what the bytes claim: whoever makes room for
 * them checks them against what is left.
 */
#ifndef TUAN_PROTO_CURSOR_H
#define TUAN_PROTO_CURSOR_H

#include "proto/codec.h"

enum { TUAN_DEPTH_MAX = 8, TUAN_ELEMENTS_MAX = 4096 }; /* of a request */

struct tuan_cursor {
    const unsigned char *at, *end;
    size_t need; /* after MORE: bytes from `at` on that are needed at least */
};

enum { TUAN_LEAD_NIL = 0xc0 }; /* the one byte of a nil */

enum tuan_token_kind {
    TUAN_TOKEN_BAD, /* 0xc1, which msgpack reserves */
    TUAN_TOKEN_NIL,
    TUAN_TOKEN_BOOL,
    TUAN_TOKEN_INT,
    TUAN_TOKEN_REAL, /* a float, or an integer beyond int64_t: fits nowhere */
    TUAN_TOKEN_STR,  /* str or bin */
    TUAN_TOKEN_EXT,
    TUAN_TOKEN_ARRAY,
    TUAN_TOKEN_MAP,
};
struct tuan_token {
    enum tuan_token_kind kind;
    int64_t number;      /* BOOL: 0 or 1 */
    struct tuan_str str; /* STR */
    uint32_t count;      /* ARRAY: elements; MAP: pairs */
};

static inline struct tuan_cursor tuan_cursor_over(const char *data, size_t len)
{
    const unsigned char *at = (const unsigned char *)data;
    return (struct tuan_cursor){.at = at, .end = len == 0 ? at : at + len};
}

/* Read one token and step behind it; unless DONE, the cursor stays. */
enum tuan_parse tuan_cursor_next(struct tuan_cursor *cursor, struct tuan_token *token);

/* Step behind a nil, if one is next. */
static inline bool tuan_cursor_skip_nil(struct tuan_cursor *cursor)
{
    bool is_nil = cursor->at < cursor->end && *cursor->at == TUAN_LEAD_NIL;

    cursor->at += is_nil;
    return is_nil;
}

/* Step behind one whole value of at most bytes_max bytes. BAD: not msgpack, or longer. *flaw tells
 * what a request must not hold though its end was found: TOO_DEEP, TOO_LARGE (elements),
 * BAD_REQUEST (ext); TUAN_OK if nothing. */
enum tuan_parse tuan_cursor_skip(struct tuan_cursor *cursor, size_t bytes_max, enum tuan_err *flaw);

#endif
