/* SPDX-License-Identifier: BSD-2-Clause */
/* op.h - one request as the generator means it, before any protocol.
 *
 * Ids are made of numbers, in the same width always, so that encoding is copying: campaign
 * "bench-XXXXXXXX-000000" (X: the run), user "u000000000001", order "o000000000001". The numbers
 * come back from the ids in the answers. */
#ifndef TUAN_WIRE_OP_H
#define TUAN_WIRE_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/vocab.h"

enum op {
#define LOAD_OP(name, word, kind, doc) OP_##name,
#include "bench/wire/op.def"
    OP_COUNT
};
enum op_kind { OP_KIND_SEAT, OP_KIND_PAY, OP_KIND_CANCEL, OP_KIND_READ, OP_KIND_CHECK };

struct op_row {
    const char *word;
    enum op_kind kind;
    const char *doc;
};
extern const struct op_row op_rows[OP_COUNT];

#define ROOM_ID_MAX TUAN_RID_CHARS
#define NO_ROOM     UINT32_MAX

struct request {
    enum op op;
    uint32_t campaign;         /* index */
    uint32_t room;             /* index in the journal; NO_ROOM: none */
    char room_id[ROOM_ID_MAX]; /* of that room; zeros behind a shorter one */
    uint64_t user, order;      /* numbers */
    bool pays_at_once;         /* a recorded shopper buys: his payment follows */
    uint32_t tries;            /* how often it was sent before */
    char cursor[24];           /* SEATS: of the next page; "" for the first */
};

enum { CAMPAIGN_ID_LEN = 21, PERSON_ID_LEN = 13 };

struct names {
    char campaign[CAMPAIGN_ID_LEN + 1]; /* "bench-XXXXXXXX-000000" */
};

void names_init(struct names *names, uint32_t run);
void names_campaign(const struct names *names, uint32_t campaign, char out[CAMPAIGN_ID_LEN]);
/* mark: 'u' or 'o' */
void names_person(char mark, uint64_t number, char out[PERSON_ID_LEN]);
/* The number in an id of ours; false: it is none. */
bool names_read(char mark, struct tuan_str id, uint64_t *number);
struct tuan_str room_id_str(const char *room_id);

#endif
