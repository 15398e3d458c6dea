/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/form.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/decimal.h"

#define EVENT_DIGITS_MAX  19
#define NUMBER_DIGITS_MAX 15 /* more than any part of a position needs, less than 64 bits hold */

bool bytes_equal(struct mirror_bytes a, struct mirror_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Take what stands before the next `stop` (or the end) off the front of `rest`. */
static struct mirror_bytes cut_word(struct mirror_bytes *rest, char stop)
{
    const char *end = rest->len > 0 ? memchr(rest->ptr, stop, rest->len) : NULL;
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->ptr);
    size_t skip = end == NULL ? len : len + 1;
    struct mirror_bytes word = {rest->ptr, len};

    rest->len -= skip;
    if (skip > 0) rest->ptr += skip;
    return word;
}

static bool parse_number(struct mirror_bytes text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;

    if (text.len == 0 || text.len > NUMBER_DIGITS_MAX) return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
        value = value * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    *out = value;
    return value <= max;
}

static void print_pair(char out[FORM_POSITION_SIZE], uint64_t first, uint64_t second)
{
    char *at = tuan_put_decimal(out, first);

    *at++ = '-';
    *tuan_put_decimal(at, second) = '\0';
}

void form_print_position(char out[FORM_POSITION_SIZE], uint64_t position)
{
    print_pair(out, mirror_epoch(position), mirror_seq(position));
}

bool form_parse_position(struct mirror_bytes text, uint64_t *out)
{
    struct mirror_bytes epoch_text = cut_word(&text, '-');
    uint64_t epoch;
    uint64_t seq;

    if (!parse_number(epoch_text, FORM_EPOCH_MAX, &epoch)) return false;
    if (!parse_number(text, FORM_SEQ_MAX, &seq)) return false;
    *out = mirror_position(epoch, seq);
    return true;
}

void form_print_event_id(char out[FORM_POSITION_SIZE], struct mirror_event_id id)
{
    print_pair(out, id.epoch, id.number);
}

/* Up to 2^60, in 19 digits: as far as sequence numbers and events can go. */
static bool parse_event_number(struct mirror_bytes text, uint64_t *out)
{
    char digits[EVENT_DIGITS_MAX + 1];

    if (text.len == 0 || text.len > EVENT_DIGITS_MAX) return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = '\0';
    *out = strtoull(digits, NULL, 10);
    return true;
}

/* A stranger's entry may have an epoch beyond ours. */
bool form_parse_event_id(struct mirror_bytes text, struct mirror_event_id *out)
{
    struct mirror_bytes epoch = cut_word(&text, '-');

    return parse_number(epoch, UINT64_MAX, &out->epoch) && parse_event_number(text, &out->number);
}

/* A nonce is an id, or "0" in the creation entry. */
static bool parse_id(struct mirror_bytes text, bool may_be_zero, char out[FORM_ID_SIZE])
{
    bool is_zero = text.len == 1 && text.ptr[0] == '0';

    if (!form_is_id(text) && !(may_be_zero && is_zero)) return false;
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return true;
}

void form_print_head(char out[FORM_HEAD_SIZE], const struct head *head)
{
    char position[FORM_POSITION_SIZE];

    form_print_position(position, head->position);
    snprintf(out, FORM_HEAD_SIZE, "%s %s %s", position, head->nonce, head->dataset);
}

bool form_parse_head(struct mirror_bytes text, struct head *out)
{
    struct mirror_bytes position = cut_word(&text, ' ');
    struct mirror_bytes nonce = cut_word(&text, ' ');

    return form_parse_position(position, &out->position) && parse_id(nonce, true, out->nonce) &&
           parse_id(text, false, out->dataset);
}

void form_print_snap(char out[FORM_SNAP_SIZE], const struct snap *snap)
{
    char covered[FORM_POSITION_SIZE];

    form_print_position(covered, snap->covered);
    snprintf(out, FORM_SNAP_SIZE, "%s %" PRIu64 " %s %s", covered, snap->number, snap->nonce,
             snap->dataset);
}

bool form_parse_snap(struct mirror_bytes text, struct snap *out)
{
    struct mirror_bytes covered = cut_word(&text, ' ');
    struct mirror_bytes number = cut_word(&text, ' ');
    struct mirror_bytes nonce = cut_word(&text, ' ');

    return form_parse_position(covered, &out->covered) &&
           parse_number(number, UINT64_MAX, &out->number) && parse_id(nonce, true, out->nonce) &&
           parse_id(text, false, out->dataset);
}

void form_append_record(struct buf *out, const struct mirror_record *record)
{
    char at[FORM_POSITION_SIZE];

    form_print_position(at, record->at);
    buf_append_str(out, at);
    buf_append_str(out, record->is_tombstone ? " x" : " 1 ");
    if (!record->is_tombstone) buf_append(out, record->value.ptr, record->value.len);
}

bool form_parse_record(struct mirror_bytes text, struct mirror_record *out)
{
    struct mirror_bytes at = cut_word(&text, ' ');

    if (!form_parse_position(at, &out->at)) return false;
    out->first_dirty = 0;
    out->is_tombstone = text.len == 1 && text.ptr[0] == 'x';
    out->value = (struct mirror_bytes){NULL, 0};
    if (out->is_tombstone) return true;
    if (text.len < 2 || text.ptr[0] != '1' || text.ptr[1] != ' ') return false;
    out->value = (struct mirror_bytes){text.ptr + 2, text.len - 2};
    return true;
}

bool form_is_id(struct mirror_bytes text)
{
    if (text.len != FORM_ID_SIZE - 1) return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    }
    return true;
}

void form_print_id(char out[FORM_ID_SIZE], const unsigned char random[16])
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < 16; i++) {
        out[2 * i] = hex[random[i] >> 4];
        out[2 * i + 1] = hex[random[i] & 15];
    }
    out[FORM_ID_SIZE - 1] = '\0';
}
