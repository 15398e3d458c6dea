/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/wire/reply.h"

#include <string.h>

#include "proto/schema.h"

const char *const class_words[CLASS_COUNT] = {"ok", "refused", "error"};

static const struct {
    const char *name;
    size_t len;
} fields[REPLY_FIELDS] = {
#define REPLY_FIELD(name, word) {word, sizeof(word) - 1},
#include "bench/wire/reply.def"
};

void reply_reset(struct reply *reply)
{
    reply->fate = FATE_ANSWERED;
    reply->class = CLASS_OK;
    reply->err = TUAN_OK;
    reply->text = (struct tuan_str){"", 0};
    reply->given = 0;
    reply->hint = 0;
    reply->msgid = 0;
    reply->is_push = false;
    reply->seat_count = 0;
}

unsigned reply_find(struct reply *reply, const char *name, size_t len)
{
    unsigned at = reply->hint;

    for (unsigned tried = 0; tried < REPLY_FIELDS; tried++) {
        if (at >= REPLY_FIELDS) at = 0;
        if (fields[at].len == len && memcmp(fields[at].name, name, len) == 0) {
            reply->hint = at + 1;
            return at;
        }
        at++;
    }
    return REPLY_FIELDS;
}

void reply_set_text(struct reply *reply, unsigned field, const char *text, size_t len)
{
    if (field >= REPLY_FIELDS) return;
    reply->given |= UINT64_C(1) << field;
    reply->field[field].text = (struct tuan_str){text, (uint32_t)len};
    reply->field[field].number = 0;
    for (size_t i = 0; i < len && text[i] >= '0' && text[i] <= '9' && i < 18; i++)
        reply->field[field].number = reply->field[field].number * 10 + (text[i] - '0');
}

void reply_set_number(struct reply *reply, unsigned field, int64_t number)
{
    if (field >= REPLY_FIELDS) return;
    reply->given |= UINT64_C(1) << field;
    reply->field[field].text = (struct tuan_str){"", 0};
    reply->field[field].number = number;
}

static bool is_word(struct tuan_str text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

bool reply_text_is(const struct reply *reply, enum reply_field field, const char *word)
{
    return is_word(reply_text(reply, field), word);
}

void reply_seat_set(struct reply_seat *seat, struct tuan_str name, struct tuan_str text)
{
    if (is_word(name, "order")) seat->order = text;
    if (is_word(name, "state")) seat->state = text;
}

void reply_add_seat(struct reply *reply, const struct reply_seat *seat)
{
    if (reply->seat_count < REPLY_SEATS_MAX) reply->seats[reply->seat_count++] = *seat;
}

/* The rows of errors.def up to the journal's are the business's; then come the wire's and the
 * machine's. A seat or room that is not known is a failure: the generator asks for no others. */
bool error_is_business(enum tuan_err err)
{
    return err > TUAN_OK && err < TUAN_ERR_IDEMPOTENCY_CONFLICT &&
           err != TUAN_ERR_CAMPAIGN_NOT_FOUND;
}

void reply_refuse(struct reply *reply, const char *text, size_t len)
{
    const char *space = memchr(text, ' ', len);
    size_t code_len = space == NULL ? len : (size_t)(space - text);

    reply->text = (struct tuan_str){text, (uint32_t)len};
    reply->err = tuan_error_find((struct tuan_str){text, (uint32_t)code_len});
    reply->class =
        reply->err < TUAN_ERR_COUNT && error_is_business(reply->err) ? CLASS_REFUSED : CLASS_ERROR;
}
