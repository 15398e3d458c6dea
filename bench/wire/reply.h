/* SPDX-License-Identifier: BSD-2-Clause */
/* reply.h - an answer as the generator sees it, behind any protocol.
 *
 * Texts point into the bytes that were decoded. */
#ifndef TUAN_WIRE_REPLY_H
#define TUAN_WIRE_REPLY_H

#include <stdbool.h>

#include "proto/vocab.h"

enum reply_field {
#define REPLY_FIELD(name, word) REPLY_##name,
#include "bench/wire/reply.def"
    REPLY_FIELDS
};

enum reply_class {
    CLASS_OK,
    CLASS_REFUSED, /* a rule of the business said no: full, expired, limits, ... */
    CLASS_ERROR,   /* anything else: overload, bad request, cut, timed out */
    CLASS_COUNT
};
extern const char *const class_words[CLASS_COUNT];

/* How a request ended. */
enum fate { FATE_ANSWERED, FATE_TIMED_OUT, FATE_CUT };

enum { REPLY_SEATS_MAX = 512 };
struct reply_seat { /* of ROOM.SEATS */
    struct tuan_str order, state;
};

struct reply {
    enum fate fate;
    enum reply_class class;
    enum tuan_err err;    /* of a refusal; TUAN_ERR_COUNT: a code nobody knows */
    struct tuan_str text; /* of a refusal: code and text */
    uint64_t given;       /* bit i: field i is there */
    struct {
        struct tuan_str text; /* len 0: a number */
        int64_t number;
    } field[REPLY_FIELDS];
    unsigned hint; /* the field that is expected next */
    uint32_t msgid;
    bool is_push;
    uint32_t seat_count;
    struct reply_seat seats[REPLY_SEATS_MAX];
};

void reply_reset(struct reply *reply);

/* The field of that name; REPLY_FIELDS: none that matters. Fields come in order, so it is mostly
 * the first one looked at. */
unsigned reply_find(struct reply *reply, const char *name, size_t len);
void reply_set_text(struct reply *reply, unsigned field, const char *text, size_t len);
void reply_set_number(struct reply *reply, unsigned field, int64_t number);

/* A seat of ROOM.SEATS: its fields as they come, whichever matter, then the whole of it. What is
 * beyond REPLY_SEATS_MAX is left out. */
void reply_seat_set(struct reply_seat *seat, struct tuan_str name, struct tuan_str text);
void reply_add_seat(struct reply *reply, const struct reply_seat *seat);

/* "CODE text ...": sets err and class. */
void reply_refuse(struct reply *reply, const char *text, size_t len);

static inline bool reply_has(const struct reply *reply, enum reply_field field)
{
    return (reply->given >> field & 1) != 0;
}
static inline int64_t reply_number(const struct reply *reply, enum reply_field field)
{
    return reply_has(reply, field) ? reply->field[field].number : 0;
}
static inline struct tuan_str reply_text(const struct reply *reply, enum reply_field field)
{
    return reply_has(reply, field) ? reply->field[field].text : (struct tuan_str){"", 0};
}
bool reply_text_is(const struct reply *reply, enum reply_field field, const char *word);

/* Is this error a business's no (true) or a failure (false)? */
bool error_is_business(enum tuan_err err);

#endif
