/* SPDX-License-Identifier: BSD-2-Clause */
/* schema.h - the .def rows as tables, and look-ups between names and numbers.
 *
 * Every codec, the reference and the checks walk these tables; nobody keeps a second list. All of it is constant
 * and shared; nothing is allocated. Names on the wire are compared without regard to case.
 */
#ifndef TUAN_PROTO_SCHEMA_H
#define TUAN_PROTO_SCHEMA_H

#include "proto/vocab.h"

/* A name or word as a codec writes it, ready to be copied: of the TUAN_LABEL_BYTES that may be read, `len` count. */
enum { TUAN_LABEL_BYTES = 32 };
struct tuan_label {
    const char *bytes;
    uint32_t len;
};

struct tuan_word {
    int64_t number;
    const char *word;
    uint32_t len;           /* of the word */
    struct tuan_label bulk; /* RESP: "$4\r\nopen\r\n" */
};
struct tuan_words { /* a word set of states.def */
    const char *name;
    const struct tuan_word *words;
    size_t count;
};

/* One field of a message, fact or record; one argument; one parameter. */
struct tuan_field {
    const char *name;                 /* on the wire; "" for facts' and records' unnamed inline fields */
    const char *doc;
    enum tuan_type type;
    uint32_t offset;                  /* in its struct */
    const struct tuan_words *words;   /* of a WORD */
    const struct tuan_message *items; /* of a LIST or MAP */
    int64_t dflt, min, max;           /* arguments and parameters */
    uint32_t name_len;
    struct tuan_label bulk;           /* RESP: "$5\r\nstate\r\n" */
    struct tuan_label key;            /* JSON, behind a member or an object's brace: ",\"state\":" */
};

struct tuan_message {
    const char *name;
    const char *doc;
    const struct tuan_field *fields; /* field i is bit i of `given`, which is the struct's first member */
    size_t count;
    size_t size;   /* sizeof the struct: the stride of a list */
    uint64_t maps; /* the fields that are a MAP or RULES: in RESP theirs stand in this message's own map */
};

enum tuan_use_kind { TUAN_USE_END, TUAN_USE_REQUIRED, TUAN_USE_POSITION, TUAN_USE_REST, TUAN_USE_OPTION, TUAN_USE_PARAMS };
struct tuan_use {
    enum tuan_use_kind kind;
    enum tuan_arg arg;
};

struct tuan_command_row {
    const char *name; /* "room.match" */
    const char *summary;
    enum tuan_role role;
    enum tuan_kind kind;
    const struct tuan_use *uses; /* up to TUAN_USE_END */
    uint64_t required;           /* 1 << TUAN_ARG_x for each that must be given */
};

struct tuan_error_row {
    const char *name;
    int http;
    bool retryable;
    const char *text;
    const char *what_to_do;
};

extern const struct tuan_command_row tuan_commands[TUAN_CMD_COUNT];
extern const struct tuan_error_row tuan_errors[TUAN_ERR_COUNT];
extern const struct tuan_field tuan_arg_fields[TUAN_ARG_COUNT];   /* offsets in struct tuan_args */
extern const struct tuan_field tuan_param_fields[TUAN_PARAM_COUNT]; /* offsets in struct tuan_rules */
extern const struct tuan_args tuan_args_default;
extern const struct tuan_rules tuan_rules_default;

#define TUAN_MESSAGE(name, doc) extern const struct tuan_message tuan_##name##_message;
#define TUAN_FIELD(message, type, member, wire, of, doc)
#define TUAN_MESSAGE_END(name)
#include "proto/messages.def"

#define TUAN_RECORD(name, doc) extern const struct tuan_message tuan_##name##_message;
#define TUAN_RECORD_FIELD(record, type, member, of)
#define TUAN_RECORD_END(name)
#include "proto/records.def"

#define TUAN_ENUM(set) extern const struct tuan_words tuan_##set##_words;
#define TUAN_WORD(set, name, number, word)
#define TUAN_ENUM_END(set)
#include "proto/states.def"

/* The rows of a fact by its number; NULL if there is none. */
const struct tuan_message *tuan_fact_message(int64_t number);

/* The command of that name in any case ("ROOM.MATCH", "room.match"); TUAN_CMD_COUNT if there is none. */
enum tuan_cmd tuan_command_find(struct tuan_str name);

/* The argument that this command takes under that name (never a parameter); TUAN_ARG_COUNT if it takes none. */
enum tuan_arg tuan_arg_find(enum tuan_cmd command, struct tuan_str name);
bool tuan_command_takes_params(enum tuan_cmd command);
enum tuan_param tuan_param_find(struct tuan_str name);
/* Dotted parameters ("cut.min") are neighbours that share the part before the dot. The length of that part, 0 for a
 * parameter that stands alone; *end is the first parameter behind the group. */
uint32_t tuan_param_group(int param, int *end);

/* Is each parameter that is given in the range of its row? So it is where a codec read them; of stored ones, nobody
 * knows. */
bool tuan_rules_are_in_range(const struct tuan_rules *rules);

/* The error that is called so on the wire ("ROOM_FULL"); TUAN_ERR_COUNT if there is none. */
enum tuan_err tuan_error_find(struct tuan_str name);

/* A word's number, 0 if the set lacks it; a number's word, "" if the set lacks it. */
int64_t tuan_word_find(const struct tuan_words *words, struct tuan_str word);
const char *tuan_word_text(const struct tuan_words *words, int64_t number);
struct tuan_str tuan_word_str(const struct tuan_words *words, int64_t number);
const struct tuan_word *tuan_word_at(const struct tuan_words *words, int64_t number); /* NULL if the set lacks it */

static inline uint64_t tuan_eight_bytes(const char *at)
{
    uint64_t bytes;

    __builtin_memcpy(&bytes, at, sizeof bytes);
    return bytes;
}
/* Ids are short: eight bytes at a time, the last of which may overlap those before, are compared sooner than a function
 * is called. */
static inline bool tuan_bytes_equal(const char *a, const char *b, uint32_t len)
{
    if (len < 8) return len == 0 || __builtin_memcmp(a, b, len) == 0;
    for (uint32_t at = 8; at + 8 < len; at += 8)
        if (tuan_eight_bytes(a + at) != tuan_eight_bytes(b + at)) return false;
    return tuan_eight_bytes(a) == tuan_eight_bytes(b) &&
           tuan_eight_bytes(a + len - 8) == tuan_eight_bytes(b + len - 8);
}
static inline bool tuan_str_equal(struct tuan_str a, struct tuan_str b)
{
    return a.len == b.len && (a.ptr == b.ptr || tuan_bytes_equal(a.ptr, b.ptr, a.len));
}
bool tuan_str_equal_nocase(struct tuan_str a, struct tuan_str b);

/* Is this an id as the contract has it: 1-64 bytes of UTF-8 without control characters or spaces? */
bool tuan_id_is_valid(struct tuan_str str);
/* Is this UTF-8 without control characters (line breaks are control characters)? */
bool tuan_text_is_valid(struct tuan_str str);

/* Room and refund ids as 20 characters of Crockford base32 (upper case; reading accepts lower case and the look-alikes
 * o i l), and as 13 bytes, big-endian. Reading returns false for anything else. */
void tuan_rid_print(struct tuan_id id, char out[TUAN_RID_CHARS]);
bool tuan_rid_parse(struct tuan_str text, struct tuan_id *out);
void tuan_rid_pack(struct tuan_id id, unsigned char out[TUAN_RID_BYTES]);
struct tuan_id tuan_rid_unpack(const unsigned char in[TUAN_RID_BYTES]);
/* Below, at or above 0. */
static inline int tuan_rid_compare(struct tuan_id a, struct tuan_id b)
{
    if (a.hi != b.hi) return a.hi < b.hi ? -1 : 1;
    return (a.lo > b.lo) - (a.lo < b.lo);
}
static inline bool tuan_rid_equal(struct tuan_id a, struct tuan_id b)
{
    return a.lo == b.lo && a.hi == b.hi;
}
static inline bool tuan_rid_is_none(struct tuan_id id)
{
    return (id.hi | id.lo) == 0;
}
static inline uint32_t tuan_rid_partition(struct tuan_id id)
{
    return (uint32_t)(id.lo & ((1U << TUAN_PARTITION_BITS) - 1));
}

#endif
