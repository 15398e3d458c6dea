/* SPDX-License-Identifier: BSD-2-Clause */
/* schema.c - grows the tables of schema.h from the rows. */
#include "proto/write.h"

#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define LENGTH(literal) ((uint32_t)(sizeof(literal) - 1))

/* Labels: a head, the name, a tail, then zeros up to TUAN_LABEL_BYTES. No array holds the zero that
 * ends its literal. One of RESP starts a byte later where its length has one digit. */
#define CHARS(literal)    (LENGTH(literal) > 0 ? LENGTH(literal) : 1)
#define IS_SHORT(literal) (LENGTH(literal) < 10)
#define UNITS(literal)    ((char)('0' + LENGTH(literal) % 10))
#define TENS(literal)     ((char)(IS_SHORT(literal) ? '$' : '0' + LENGTH(literal) / 10))
#define BULK_OF(literal)                                                                           \
    {                                                                                              \
        (const char *)&(const struct {                                                             \
            char head[5], name[CHARS(literal)], tail[TUAN_LABEL_BYTES - 4 - LENGTH(literal)];      \
        }){{'$', TENS(literal), UNITS(literal), '\r', '\n'}, literal, "\r\n"} +                    \
            IS_SHORT(literal),                                                                     \
            LENGTH(literal) + 6 + !IS_SHORT(literal)                                               \
    }
#define KEY_OF(literal)                                                                            \
    {                                                                                              \
        (const char *)&(const struct {                                                             \
            char head[2], name[CHARS(literal)], tail[TUAN_LABEL_BYTES - 2 - LENGTH(literal)];      \
        }){",\"", literal, "\":"},                                                                 \
            LENGTH(literal) + 4                                                                    \
    }

/* The end of a row. */
#define NAME_OF(literal) LENGTH(literal), BULK_OF(literal), KEY_OF(literal)

/* A row's `of` names a word set for a WORD, a message for a LIST, nothing otherwise. */
#define OF_INT(of)   NULL, NULL
#define OF_FLAG(of)  NULL, NULL
#define OF_ID(of)    NULL, NULL
#define OF_TEXT(of)  NULL, NULL
#define OF_RID(of)   NULL, NULL
#define OF_WORD(of)  &tuan_##of##_words, NULL
#define OF_TAGS(of)  NULL, NULL
#define OF_NAMES(of) NULL, NULL
#define OF_RIDS(of)  NULL, NULL
#define OF_TIERS(of) NULL, NULL
#define OF_LIST(of)  NULL, &tuan_##of##_message
#define OF_MAP(of)   NULL, &tuan_##of##_message
#define OF_RULES(of) NULL, NULL

/* A default in C: a number for numbers, empty for all else. */
#define DEFAULT_INT(d)  (d)
#define DEFAULT_FLAG(d) (d)
#define DEFAULT_WORD(d) (d)
#define DEFAULT_ID(d)                                                                              \
    {                                                                                              \
        NULL, 0                                                                                    \
    }
#define DEFAULT_TEXT(d)                                                                            \
    {                                                                                              \
        NULL, 0                                                                                    \
    }
#define DEFAULT_RID(d)                                                                             \
    {                                                                                              \
        0, 0                                                                                       \
    }
#define DEFAULT_TAGS(d)                                                                            \
    {                                                                                              \
        NULL, 0                                                                                    \
    }
#define DEFAULT_NAMES(d)                                                                           \
    {                                                                                              \
        NULL, 0                                                                                    \
    }
#define DEFAULT_RIDS(d)                                                                            \
    {                                                                                              \
        NULL, 0                                                                                    \
    }
#define DEFAULT_TIERS(d)                                                                           \
    {                                                                                              \
        NULL, 0                                                                                    \
    }

#define TUAN_ENUM(set)                     static const struct tuan_word set##_rows[] = {
#define TUAN_WORD(set, name, number, word) {number, word, LENGTH(word), BULK_OF(word)},
#define TUAN_ENUM_END(set)                                                                         \
    }                                                                                              \
    ;                                                                                              \
    const struct tuan_words tuan_##set##_words = {#set, set##_rows, COUNT_OF(set##_rows)};
#include "proto/states.def"

#define TUAN_MESSAGE(name, doc) static const struct tuan_field name##_fields[] = {
#define TUAN_FIELD(message, type, member, wire, of, doc)                                           \
    {wire, doc, TUAN_##type,  offsetof(struct tuan_##message, member), OF_##type(of), 0,           \
     0,    0,   NAME_OF(wire)},
#define TUAN_MESSAGE_END(name)                                                                     \
    }                                                                                              \
    ;
#include "proto/messages.def"

#define MAP_BIT(type, bit)                                                                         \
    | (uint64_t)(TUAN_##type == TUAN_MAP || TUAN_##type == TUAN_RULES) << (bit)

#define TUAN_MESSAGE(name, doc)                                                                    \
    const struct tuan_message tuan_##name##_message = {                                            \
        #name, doc, name##_fields, COUNT_OF(name##_fields), sizeof(struct tuan_##name), 0
#define TUAN_FIELD(message, type, member, wire, of, doc) MAP_BIT(type, TUAN_F_##message##_##member)
#define TUAN_MESSAGE_END(name)                                                                     \
    }                                                                                              \
    ;
#include "proto/messages.def"

#define TUAN_RECORD(name, doc) static const struct tuan_field name##_fields[] = {
#define TUAN_RECORD_FIELD(record, type, member, of)                                                \
    {#member, "", TUAN_##type,     offsetof(struct tuan_##record, member), OF_##type(of), 0,       \
     0,       0,  NAME_OF(#member)},
#define TUAN_RECORD_END(name)                                                                      \
    }                                                                                              \
    ;
#include "proto/records.def"

#define TUAN_RECORD(name, doc)                                                                     \
    const struct tuan_message tuan_##name##_message = {                                            \
        #name, doc, name##_fields, COUNT_OF(name##_fields), sizeof(struct tuan_##name), 0
#define TUAN_RECORD_FIELD(record, type, member, of) MAP_BIT(type, TUAN_F_##record##_##member)
#define TUAN_RECORD_END(name)                                                                      \
    }                                                                                              \
    ;
#include "proto/records.def"

/* Facts: offsets count from the fact's own struct, whose first member is `given`. */
#define TUAN_FACT(NAME, name, number, doc) static const struct tuan_field name##_fact_fields[] = {
#define TUAN_FACT_FIELD(fact, type, member, of)                                                    \
    {#member, "", TUAN_##type,     offsetof(struct tuan_##fact##_fact, member), OF_##type(of), 0,  \
     0,       0,  NAME_OF(#member)},
#define TUAN_FACT_END(name)                                                                        \
    }                                                                                              \
    ;
#include "proto/facts.def"

static const struct tuan_message fact_messages[TUAN_FACT_TYPE_END] = {
#define TUAN_FACT(NAME, name, number, doc)                                                         \
    [number] = {#name, doc, name##_fact_fields, COUNT_OF(name##_fact_fields),                      \
                sizeof(struct tuan_##name##_fact), 0
#define TUAN_FACT_FIELD(fact, type, member, of) MAP_BIT(type, TUAN_F_##fact##_fact_##member)
#define TUAN_FACT_END(name)                                                                        \
    }                                                                                              \
    ,
#include "proto/facts.def"
};

const struct tuan_error_row tuan_errors[TUAN_ERR_COUNT] = {
    [TUAN_OK] = {"OK", 200, false, "", ""},
#define TUAN_ERROR(name, http, retryable, text, what_to_do)                                        \
    [TUAN_ERR_##name] = {#name, http, retryable, text, what_to_do},
#include "proto/errors.def"
};

const struct tuan_field tuan_arg_fields[TUAN_ARG_COUNT] = {
#define TUAN_ARG(member, wire, type, of, dflt, min, max, doc)                                      \
    {wire, doc, TUAN_##type,  offsetof(struct tuan_args, member), OF_##type(of), dflt,             \
     min,  max, NAME_OF(wire)},
#include "proto/args.def"
};

const struct tuan_args tuan_args_default = {
#define TUAN_ARG(member, wire, type, of, dflt, min, max, doc) .member = DEFAULT_##type(dflt),
#include "proto/args.def"
};

const struct tuan_field tuan_param_fields[TUAN_PARAM_COUNT] = {
#define TUAN_PARAM(member, wire, type, of, dflt, min, max, doc)                                    \
    {wire, doc, TUAN_##type,  offsetof(struct tuan_rules, member), OF_##type(of), dflt,            \
     min,  max, NAME_OF(wire)},
#include "proto/params.def"
};

const struct tuan_rules tuan_rules_default = {
#define TUAN_PARAM(member, wire, type, of, dflt, min, max, doc) .member = DEFAULT_##type(dflt),
#include "proto/params.def"
};

/* What open, join and match share. */
#define TUAN_JOIN_OPTIONS                                                                          \
    OPT(qty)                                                                                       \
    OPT(tier)                                                                                      \
    OPT(referrer)                                                                                  \
    OPT(referrer2)                                                                                 \
    OPT(channel) OPT(new_user) OPT(level) OPT(tags) OPT(price) OPT(hold_ms) OPT(profile) OPT(trace)

#define REQ(member)  {TUAN_USE_REQUIRED, TUAN_ARG_##member},
#define POS(member)  {TUAN_USE_POSITION, TUAN_ARG_##member},
#define REST(member) {TUAN_USE_REST, TUAN_ARG_##member},
#define OPT(member)  {TUAN_USE_OPTION, TUAN_ARG_##member},
#define PARAMS()     {TUAN_USE_PARAMS, TUAN_ARG_COUNT},

#define TUAN_COMMAND(name, wire, role, kind, args, summary)                                        \
    static const struct tuan_use name##_uses[] = {args{TUAN_USE_END, TUAN_ARG_COUNT}};
#include "proto/commands.def"

/* Once more, as the bits of those that must be given. */
#undef REQ
#undef POS
#undef REST
#undef OPT
#undef PARAMS
#define REQ(member) | UINT64_C(1) << TUAN_ARG_##member
#define POS(member)
#define REST(member)
#define OPT(member)
#define PARAMS()

const struct tuan_command_row tuan_commands[TUAN_CMD_COUNT] = {
#define TUAN_COMMAND(name, wire, role, kind, args, summary)                                        \
    {wire, summary, TUAN_ROLE_##role, TUAN_KIND_##kind, name##_uses, 0 args},
#include "proto/commands.def"
};

const struct tuan_message *tuan_fact_message(int64_t number)
{
    if (number <= 0 || number >= TUAN_FACT_TYPE_END || fact_messages[number].name == NULL)
        return NULL;
    return &fact_messages[number];
}

static inline tuan_sixteen lower(tuan_sixteen bytes)
{
    return bytes | ((tuan_sixteen)(bytes - 'A' <= 'Z' - 'A') & ('a' - 'A'));
}

static inline bool is_same_short(const char *a, const char *b, uint32_t len)
{
    return !tuan_any(lower(tuan_short(a, len)) ^ lower(tuan_short(b, len)));
}

static bool is_same(const char *a, const char *b, uint32_t len)
{
    if (len == 0) return true;
    for (; len > 16; len -= 16, a += 16, b += 16)
        if (!is_same_short(a, b, 16)) return false;
    return is_same_short(a, b, len);
}

bool tuan_str_equal_nocase(struct tuan_str a, struct tuan_str b)
{
    return a.len == b.len && is_same(a.ptr, b.ptr, a.len);
}

static bool is_named(const struct tuan_field *field, struct tuan_str name)
{
    return field->name_len == name.len && is_same(field->name, name.ptr, name.len);
}

/* One comparison of a length a row, unrolled by the compiler: together they cost less than one hash
 * of the name. */
enum tuan_cmd tuan_command_find(struct tuan_str name)
{
    if (name.len == 0 || name.len > 16) return TUAN_CMD_COUNT;
    const tuan_sixteen asked = lower(tuan_short(name.ptr, name.len));
#define TUAN_COMMAND(id, wire, role, kind, args, summary)                                          \
    _Static_assert(LENGTH(wire) <= 16, "found by sixteen bytes");                                  \
    if (name.len == LENGTH(wire) && !tuan_any(asked ^ tuan_short(wire, LENGTH(wire))))             \
        return TUAN_CMD_##id;
#include "proto/commands.def"
    return TUAN_CMD_COUNT;
}

enum tuan_err tuan_error_find(struct tuan_str name)
{
    for (int err = 1; err < TUAN_ERR_COUNT; err++)
        if (strlen(tuan_errors[err].name) == name.len &&
            memcmp(tuan_errors[err].name, name.ptr, name.len) == 0)
            return (enum tuan_err)err;
    return TUAN_ERR_COUNT;
}

enum tuan_arg tuan_arg_find(enum tuan_cmd command, struct tuan_str name)
{
    for (const struct tuan_use *use = tuan_commands[command].uses; use->kind != TUAN_USE_END; use++)
        if (use->kind != TUAN_USE_PARAMS && is_named(&tuan_arg_fields[use->arg], name))
            return use->arg;
    return TUAN_ARG_COUNT;
}

bool tuan_command_takes_params(enum tuan_cmd command)
{
    for (const struct tuan_use *use = tuan_commands[command].uses; use->kind != TUAN_USE_END; use++)
        if (use->kind == TUAN_USE_PARAMS) return true;
    return false;
}

enum tuan_param tuan_param_find(struct tuan_str name)
{
    for (int i = 0; i < TUAN_PARAM_COUNT; i++)
        if (is_named(&tuan_param_fields[i], name)) return (enum tuan_param)i;
    return TUAN_PARAM_COUNT;
}

uint32_t tuan_param_group(int param, int *end)
{
    const char *name = tuan_param_fields[param].name;
    const char *dot = strchr(name, '.');
    uint32_t len = dot == NULL ? 0 : (uint32_t)(dot - name);

    *end = param + 1;
    while (len > 0 && *end < TUAN_PARAM_COUNT &&
           strncmp(tuan_param_fields[*end].name, name, len + 1) == 0)
        ++*end;
    return len;
}

int64_t tuan_word_find(const struct tuan_words *words, struct tuan_str word)
{
    for (size_t i = 0; i < words->count; i++)
        if (words->words[i].len == word.len && is_same(words->words[i].word, word.ptr, word.len))
            return words->words[i].number;
    return 0;
}

/* Most sets are numbered from 1 without gaps, so that the first guess is right. */
const struct tuan_word *tuan_word_at(const struct tuan_words *words, int64_t number)
{
    if (number >= 1 && (uint64_t)number <= words->count &&
        words->words[number - 1].number == number)
        return &words->words[number - 1];
    for (size_t i = 0; i < words->count; i++)
        if (words->words[i].number == number) return &words->words[i];
    return NULL;
}

const char *tuan_word_text(const struct tuan_words *words, int64_t number)
{
    const struct tuan_word *found = tuan_word_at(words, number);
    return found == NULL ? "" : found->word;
}

struct tuan_str tuan_word_str(const struct tuan_words *words, int64_t number)
{
    const struct tuan_word *found = tuan_word_at(words, number);
    return found == NULL ? (struct tuan_str){"", 0} : (struct tuan_str){found->word, found->len};
}
