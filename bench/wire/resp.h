/* SPDX-License-Identifier: BSD-2-Clause */
/* resp.h - RESP2 and RESP3 as codecs use it: words out, one reply in. */
#ifndef TUAN_WIRE_RESP_H
#define TUAN_WIRE_RESP_H

#include "bench/wire/codec.h"

void resp_begin(struct buf *out, unsigned words);
void resp_word(struct buf *out, const char *word, size_t len);
void resp_text(struct buf *out, const char *word); /* zero-terminated */
void resp_number(struct buf *out, int64_t number);
void resp_campaign(struct buf *out, const struct wording *wording, uint32_t campaign);
void resp_person(struct buf *out, char mark, uint64_t number); /* 'u' a user, 'o' an order, … */
void resp_room(struct buf *out, const struct request *request);

/* One reply. positions: what the elements of a flat array are, in its order; NULL: arrays are pairs
 * of names and values. */
enum decoded resp_decode(const char *data, size_t len, const enum reply_field *positions,
                         unsigned position_count, struct reply *reply, size_t *consumed);

#endif
