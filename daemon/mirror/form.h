/* SPDX-License-Identifier: BSD-2-Clause */
/* form.h - the texts that stand in Redis: positions, heads, snapshot marks and record values.
 *
 *     position  <epoch>-<seq>
 *     head      <position> <nonce> <dataset>
 *     snap      <covered> <slice number> <nonce> <dataset>
 *     record    <position> 1 <bytes>      or, deleted:  <position> x
 *
 * Parsers take bytes of strangers: they refuse, and never assert.
 */
#ifndef TUAN_DAEMON_MIRROR_FORM_H
#define TUAN_DAEMON_MIRROR_FORM_H

#include "base/buf.h"
#include "daemon/mirror/types.h"

enum {
    FORM_ID_SIZE = 33,       /* a nonce or a dataset: 32 hex digits and a zero */
    FORM_POSITION_SIZE = 48, /* any two 64-bit numbers */
    FORM_HEAD_SIZE = 128,
    FORM_SNAP_SIZE = 160,
    FORM_EPOCH_MAX = (1 << 24) - 1
};

/* The creation entry of every log. */
#define FORM_CREATION mirror_position(0, 1)
#define FORM_SEQ_MAX  ((UINT64_C(1) << MIRROR_SEQ_BITS) - 1)

struct head {
    uint64_t position;
    char nonce[FORM_ID_SIZE];
    char dataset[FORM_ID_SIZE];
};

struct snap {
    uint64_t covered;
    uint64_t number;
    char nonce[FORM_ID_SIZE];
    char dataset[FORM_ID_SIZE];
};

static inline struct mirror_bytes bytes_of(const char *str)
{
    return (struct mirror_bytes){str, __builtin_strlen(str)};
}
bool bytes_equal(struct mirror_bytes a, struct mirror_bytes b);

void form_print_position(char out[FORM_POSITION_SIZE], uint64_t position);
bool form_parse_position(struct mirror_bytes text, uint64_t *out);
void form_print_head(char out[FORM_HEAD_SIZE], const struct head *head);
bool form_parse_head(struct mirror_bytes text, struct head *out);
void form_print_snap(char out[FORM_SNAP_SIZE], const struct snap *snap);
bool form_parse_snap(struct mirror_bytes text, struct snap *out);

void form_print_event_id(char out[FORM_POSITION_SIZE], struct mirror_event_id id);
bool form_parse_event_id(struct mirror_bytes text, struct mirror_event_id *out);

/* The stored value of a record, appended to `out`. */
void form_append_record(struct buf *out, const struct mirror_record *record);
/* Fills `value`, `at` and `is_tombstone`; `value` points into `text`. */
bool form_parse_record(struct mirror_bytes text, struct mirror_record *out);

/* 32 hex digits. */
bool form_is_id(struct mirror_bytes text);
void form_print_id(char out[FORM_ID_SIZE], const unsigned char random[16]);

#endif
