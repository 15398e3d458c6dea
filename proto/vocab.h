/* SPDX-License-Identifier: BSD-2-Clause */
/* vocab.h - the words of tuan as C: everything here is grown from the .def rows beside it.
 *
 * Commands, replies, facts and records are plain structs. A reply, fact or record starts with `given`, one bit a
 * field in the order of its rows: a field whose bit is clear does not apply. Strings and lists are borrowed: they
 * point into memory of whoever filled the struct. No function here, no I/O, nothing of ours is included.
 *
 * The types of the rows and what they are in C:
 *   INT    int64_t           time (ms since 1970), span (ms), money (minor units), count
 *   FLAG   int64_t           0 or 1
 *   ID     struct tuan_str   1-64 bytes of UTF-8 without control characters or spaces
 *   TEXT   struct tuan_str   UTF-8
 *   RID    struct tuan_id    room or refund id: 100 bits, 20 characters on the wire; zero is none
 *   WORD   int64_t           a number of the word set named in the row; 0 is none
 *   TAGS   struct tuan_tags  names with values
 *   NAMES  struct tuan_names list of strings
 *   RIDS   struct tuan_ids   list of room ids
 *   TIERS  struct tuan_tiers list of size and price
 *   LIST   struct tuan_list  list of another message
 *   MAP    const void *      another message, in replies only; in RESP its fields stand in the outer map, dotted
 *   RULES  const struct tuan_rules *
 */
#ifndef TUAN_PROTO_VOCAB_H
#define TUAN_PROTO_VOCAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TUAN_ID_MAX = 64,            /* bytes of an id */
    TUAN_RID_CHARS = 20,         /* a room or refund id in Crockford base32 */
    TUAN_RID_BYTES = 13,         /* the same in facts and records, big-endian */
    TUAN_PARTITION_BITS = 10,    /* the lowest bits of a room or refund id */
    TUAN_TAGS_MAX = 8,
    TUAN_STATUS_SEATS_MAX = 20,  /* seats shown in a room's status */
};

struct tuan_str {
    const char *ptr;
    uint32_t len;
};
#define TUAN_STR(literal) ((struct tuan_str){(literal), (uint32_t)(sizeof(literal) - 1)})

struct tuan_id {
    uint64_t hi; /* 36 bits */
    uint64_t lo; /* 64 bits, the lowest TUAN_PARTITION_BITS name the partition */
};

struct tuan_tag {
    struct tuan_str name, value;
};
struct tuan_tags {
    const struct tuan_tag *items;
    uint32_t count;
};
struct tuan_names {
    const struct tuan_str *items;
    uint32_t count;
};
struct tuan_ids {
    const struct tuan_id *items;
    uint32_t count;
};
struct tuan_tier {
    int64_t size, price;
};
struct tuan_tiers {
    const struct tuan_tier *items;
    uint32_t count;
};
struct tuan_list {
    const void *items; /* an array of the message that the row names */
    uint32_t count;
};

enum tuan_type {
    TUAN_INT,
    TUAN_FLAG,
    TUAN_ID,
    TUAN_TEXT,
    TUAN_RID,
    TUAN_WORD,
    TUAN_TAGS,
    TUAN_NAMES,
    TUAN_RIDS,
    TUAN_TIERS,
    TUAN_LIST,
    TUAN_MAP,
    TUAN_RULES,
};

#define TUAN_C_INT   int64_t
#define TUAN_C_FLAG  int64_t
#define TUAN_C_ID    struct tuan_str
#define TUAN_C_TEXT  struct tuan_str
#define TUAN_C_RID   struct tuan_id
#define TUAN_C_WORD  int64_t
#define TUAN_C_TAGS  struct tuan_tags
#define TUAN_C_NAMES struct tuan_names
#define TUAN_C_RIDS  struct tuan_ids
#define TUAN_C_TIERS struct tuan_tiers
#define TUAN_C_LIST  struct tuan_list
#define TUAN_C_MAP   const void *
#define TUAN_C_RULES const struct tuan_rules *

/* Word sets: enum tuan_room_state { TUAN_ROOM_PENDING = 1, … } */
#define TUAN_ENUM(set)                     enum tuan_##set {
#define TUAN_WORD(set, name, number, word) TUAN_##name = (number),
#define TUAN_ENUM_END(set)                 };
#include "proto/states.def"

enum tuan_err {
    TUAN_OK,
#define TUAN_ERROR(name, http, retryable, text, what_to_do) TUAN_ERR_##name,
#include "proto/errors.def"
    TUAN_ERR_COUNT
};

enum tuan_cmd {
#define TUAN_COMMAND(name, wire, role, kind, args, summary) TUAN_CMD_##name,
#include "proto/commands.def"
    TUAN_CMD_COUNT
};

enum tuan_role { TUAN_ROLE_ANY, TUAN_ROLE_READ, TUAN_ROLE_CLIENT, TUAN_ROLE_OPERATOR };
enum tuan_kind { TUAN_KIND_WRITE, TUAN_KIND_READ, TUAN_KIND_DAEMON, TUAN_KIND_LATER };

enum tuan_arg {
#define TUAN_ARG(member, wire, type, of, dflt, min, max, doc) TUAN_ARG_##member,
#include "proto/args.def"
    TUAN_ARG_COUNT
};
_Static_assert(TUAN_ARG_COUNT <= 64, "struct tuan_command.given has a bit for each argument");

/* All arguments of all commands; those not given hold the default of their row. */
struct tuan_args {
#define TUAN_ARG(member, wire, type, of, dflt, min, max, doc) TUAN_C_##type member;
#include "proto/args.def"
};

enum tuan_param {
#define TUAN_PARAM(member, wire, type, of, dflt, min, max, doc) TUAN_PARAM_##member,
#include "proto/params.def"
    TUAN_PARAM_COUNT
};
_Static_assert(TUAN_PARAM_COUNT <= 64, "struct tuan_rules.given has a bit for each parameter");

/* The parameters of a campaign. Those not given hold their defaults. */
struct tuan_rules {
    uint64_t given;
#define TUAN_PARAM(member, wire, type, of, dflt, min, max, doc) TUAN_C_##type member;
#include "proto/params.def"
};

struct tuan_command {
    enum tuan_cmd id;
    uint64_t given;          /* 1 << TUAN_ARG_x for each argument that was sent */
    struct tuan_args arg;
    struct tuan_rules rules; /* CAMPAIGN.PUT: what was sent, by `given`; the rest is not set */
    /* Not sent, but added on the way to the engine: */
    struct tuan_str by;      /* who asks, as his token is named; empty: not known */
    struct tuan_str zone;    /* the offsets of rules.cutoff_zone (lib/engine/zone.h); empty: not known */
};
#define TUAN_GIVEN(command, member) (((command)->given >> TUAN_ARG_##member) & 1)

/* Messages: struct tuan_seat { uint64_t given; struct tuan_id room; … } and the bits TUAN_SEAT_HAS(room). */
#define TUAN_MESSAGE(name, doc)                          struct tuan_##name { uint64_t given;
#define TUAN_FIELD(message, type, member, wire, of, doc) TUAN_C_##type member;
#define TUAN_MESSAGE_END(name)                           };
#include "proto/messages.def"

#define TUAN_MESSAGE(name, doc)                          enum tuan_##name##_field {
#define TUAN_FIELD(message, type, member, wire, of, doc) TUAN_F_##message##_##member,
#define TUAN_MESSAGE_END(name)                           TUAN_F_##name##_COUNT };
#include "proto/messages.def"

#define TUAN_RECORD(name, doc)                      struct tuan_##name { uint64_t given;
#define TUAN_RECORD_FIELD(record, type, member, of) TUAN_C_##type member;
#define TUAN_RECORD_END(name)                       };
#include "proto/records.def"

#define TUAN_RECORD(name, doc)                      enum tuan_##name##_field {
#define TUAN_RECORD_FIELD(record, type, member, of) TUAN_F_##record##_##member,
#define TUAN_RECORD_END(name)                       TUAN_F_##name##_COUNT };
#include "proto/records.def"

#define TUAN_FACT(NAME, name, number, doc)      struct tuan_##name##_fact { uint64_t given;
#define TUAN_FACT_FIELD(fact, type, member, of) TUAN_C_##type member;
#define TUAN_FACT_END(name)                     };
#include "proto/facts.def"

#define TUAN_FACT(NAME, name, number, doc)      enum tuan_##name##_fact_field {
#define TUAN_FACT_FIELD(fact, type, member, of) TUAN_F_##fact##_fact_##member,
#define TUAN_FACT_END(name)                     TUAN_F_##name##_fact_COUNT };
#include "proto/facts.def"

enum tuan_fact_type {
#define TUAN_FACT(NAME, name, number, doc) TUAN_FACT_##NAME = (number),
#define TUAN_FACT_FIELD(fact, type, member, of)
#define TUAN_FACT_END(name)
#include "proto/facts.def"
    TUAN_FACT_TYPE_END
};

/* One fact: the member that `type` names is the live one. Every fact struct starts with `given`. */
struct tuan_fact {
    enum tuan_fact_type type;
    union {
        uint64_t given;
#define TUAN_FACT(NAME, name, number, doc) struct tuan_##name##_fact name;
#define TUAN_FACT_FIELD(fact, type, member, of)
#define TUAN_FACT_END(name)
#include "proto/facts.def"
    };
};

/* Set a field and its bit: TUAN_SET(seat, reply, size, 5). Test a bit: TUAN_HAS(seat, reply, size). */
#define TUAN_SET(message, object, member, value)                                                   \
    ((object)->member = (value), (object)->given |= UINT64_C(1) << TUAN_F_##message##_##member)
#define TUAN_HAS(message, object, member) (((object)->given >> TUAN_F_##message##_##member) & 1)

/* What a command is answered with: a body, or an error with details. */
struct tuan_message; /* schema.h */
struct tuan_reply {
    enum tuan_err err;
    const struct tuan_message *message; /* the rows of body; NULL on error */
    const void *body;                   /* the struct that `message` describes */
    struct tuan_str text;               /* on error: more exact than the row's text; may be empty */
    struct tuan_problem problem;        /* on error: details */
};

#endif
