/* SPDX-License-Identifier: BSD-2-Clause */
/* cursor.c - the bounded msgpack reader (github.com/msgpack/msgpack, spec.md).
 *
 * msgpack-c's own unpacker builds a tree and believes the counts it reads: five bytes cost it
 * gigabytes of address space. Here a claim is only a claim until its bytes are there.
 */
#include "proto/cursor.h"

/* Leads 0xc0 to 0xdf: what they start, and the bytes of the number or length that follows. */
struct wide {
    unsigned char kind, width;
};
static const struct wide wide_leads[32] = {
    {TUAN_TOKEN_NIL, 0},   {TUAN_TOKEN_BAD, 0},   {TUAN_TOKEN_BOOL, 0}, {TUAN_TOKEN_BOOL, 0},
    {TUAN_TOKEN_STR, 1},   {TUAN_TOKEN_STR, 2},   {TUAN_TOKEN_STR, 4},  {TUAN_TOKEN_EXT, 1},
    {TUAN_TOKEN_EXT, 2},   {TUAN_TOKEN_EXT, 4},   {TUAN_TOKEN_REAL, 4}, {TUAN_TOKEN_REAL, 8},
    {TUAN_TOKEN_INT, 1},   {TUAN_TOKEN_INT, 2},   {TUAN_TOKEN_INT, 4},  {TUAN_TOKEN_INT, 8},
    {TUAN_TOKEN_INT, 1},   {TUAN_TOKEN_INT, 2},   {TUAN_TOKEN_INT, 4},  {TUAN_TOKEN_INT, 8},
    {TUAN_TOKEN_EXT, 0},   {TUAN_TOKEN_EXT, 0},   {TUAN_TOKEN_EXT, 0},  {TUAN_TOKEN_EXT, 0},
    {TUAN_TOKEN_EXT, 0},   {TUAN_TOKEN_STR, 1},   {TUAN_TOKEN_STR, 2},  {TUAN_TOKEN_STR, 4},
    {TUAN_TOKEN_ARRAY, 2}, {TUAN_TOKEN_ARRAY, 4}, {TUAN_TOKEN_MAP, 2},  {TUAN_TOKEN_MAP, 4},
};
enum { LEAD_WIDE = 0xc0, LEAD_TRUE = 0xc3, LEAD_INT8 = 0xd0, LEAD_FIXEXT1 = 0xd4 };

static uint64_t big_endian(const unsigned char *at, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++)
        value = (value << 8) | at[i];
    return value;
}

static enum tuan_parse more(struct tuan_cursor *cursor, size_t need)
{
    cursor->need = need;
    return TUAN_PARSE_MORE;
}

static enum tuan_parse step(struct tuan_cursor *cursor, size_t bytes)
{
    cursor->at += bytes;
    return TUAN_PARSE_DONE;
}

/* `body` bytes of payload behind `head` bytes of lead and length. */
static enum tuan_parse step_body(struct tuan_cursor *cursor, size_t head, size_t body,
                                 struct tuan_token *token)
{
    if ((size_t)(cursor->end - cursor->at) < head + body) return more(cursor, head + body);
    token->str = (struct tuan_str){(const char *)cursor->at + head, (uint32_t)body};
    return step(cursor, head + body);
}

static void set_int(struct tuan_token *token, unsigned char lead, uint64_t bits, unsigned width)
{
    unsigned shift = 64 - 8 * width;

    if (lead >= LEAD_INT8)
        token->number = (int64_t)(bits << shift) >> shift;
    else if (bits <= INT64_MAX)
        token->number = (int64_t)bits;
    else
        token->kind = TUAN_TOKEN_REAL;
}

static enum tuan_parse next_wide(struct tuan_cursor *cursor, struct tuan_token *token)
{
    unsigned char lead = *cursor->at;
    struct wide wide = wide_leads[lead - LEAD_WIDE];
    size_t head = 1 + (size_t)wide.width;

    if ((size_t)(cursor->end - cursor->at) < head) return more(cursor, head);
    uint64_t bits = big_endian(cursor->at + 1, wide.width);
    token->kind = wide.kind;
    switch (token->kind) {
    case TUAN_TOKEN_BAD: return TUAN_PARSE_BAD;
    case TUAN_TOKEN_BOOL: token->number = lead == LEAD_TRUE; break;
    case TUAN_TOKEN_INT: set_int(token, lead, bits, wide.width); break;
    case TUAN_TOKEN_STR: return step_body(cursor, head, bits, token);
    case TUAN_TOKEN_EXT: /* a type byte, then the payload */
        return step_body(cursor, head + 1, wide.width > 0 ? bits : 1U << (lead - LEAD_FIXEXT1),
                         token);
    case TUAN_TOKEN_ARRAY:
    case TUAN_TOKEN_MAP: token->count = (uint32_t)bits; break;
    case TUAN_TOKEN_NIL:
    case TUAN_TOKEN_REAL: break;
    }
    return step(cursor, head);
}

enum tuan_parse tuan_cursor_next(struct tuan_cursor *cursor, struct tuan_token *token)
{
    if (cursor->at == cursor->end) return more(cursor, 1);
    unsigned char lead = *cursor->at;
    if (lead >= 0xa0 && lead < 0xc0) {
        token->kind = TUAN_TOKEN_STR;
        return step_body(cursor, 1, lead & 0x1f, token);
    }
    if (lead >= 0xc0 && lead < 0xe0) return next_wide(cursor, token);
    if (lead < 0x80 || lead >= 0xe0) {
        token->kind = TUAN_TOKEN_INT;
        token->number = lead < 0x80 ? lead : lead - 0x100;
    } else {
        token->kind = lead < 0x90 ? TUAN_TOKEN_MAP : TUAN_TOKEN_ARRAY;
        token->count = lead & 0x0f;
    }
    return step(cursor, 1);
}

/* What is still to come: of the whole value, and of each container around the next token. */
struct skim {
    uint64_t pending, elements;
    uint64_t left[TUAN_DEPTH_MAX];
    int depth;
    enum tuan_err flaw;
};

static void enter(struct skim *skim, uint64_t count)
{
    skim->pending += count;
    skim->elements += count;
    if (skim->flaw == TUAN_OK && skim->elements > TUAN_ELEMENTS_MAX)
        skim->flaw = TUAN_ERR_TOO_LARGE;
    if (skim->flaw == TUAN_OK && skim->depth == TUAN_DEPTH_MAX) skim->flaw = TUAN_ERR_TOO_DEEP;
    if (skim->flaw == TUAN_OK) skim->left[skim->depth++] = count;
}

static void note(struct skim *skim, const struct tuan_token *token)
{
    skim->pending--;
    if (skim->depth > 0 && skim->flaw == TUAN_OK) skim->left[skim->depth - 1]--;
    if (token->kind == TUAN_TOKEN_ARRAY || token->kind == TUAN_TOKEN_MAP)
        enter(skim, (uint64_t)token->count * (token->kind == TUAN_TOKEN_MAP ? 2 : 1));
    else if (token->kind == TUAN_TOKEN_EXT && skim->flaw == TUAN_OK)
        skim->flaw = TUAN_ERR_BAD_REQUEST;
    while (skim->flaw == TUAN_OK && skim->depth > 0 && skim->left[skim->depth - 1] == 0)
        skim->depth--;
}

enum tuan_parse tuan_cursor_skip(struct tuan_cursor *cursor, size_t bytes_max, enum tuan_err *flaw)
{
    struct skim skim = {.pending = 1};
    const unsigned char *start = cursor->at;
    struct tuan_token token;
    enum tuan_parse got;

    *flaw = TUAN_OK;
    while (skim.pending > 0) {
        got = tuan_cursor_next(cursor, &token);
        size_t used = (size_t)(cursor->at - start);
        if (got == TUAN_PARSE_BAD) {
            *flaw = TUAN_ERR_BAD_REQUEST;
            return got;
        }
        if (got == TUAN_PARSE_DONE) note(&skim, &token);
        /* Each pending value is a byte at least, the next one `need` of them. */
        uint64_t least = used + skim.pending + (got == TUAN_PARSE_MORE ? cursor->need - 1 : 0);
        if (least > bytes_max) {
            *flaw = TUAN_ERR_TOO_LARGE;
            return TUAN_PARSE_BAD;
        }
        if (got == TUAN_PARSE_MORE) return got;
    }
    *flaw = skim.flaw;
    return TUAN_PARSE_DONE;
}
