/* SPDX-License-Identifier: BSD-2-Clause */
/* fault.c - refusals as text: why a request was refused, and the line that an error is answered
 * with. */
#include "proto/field.h"
#include "proto/write.h"

#include <stdarg.h>
#include <stdio.h>

/* What a request holds may be quoted in its refusal, so nothing in it is trusted to be text. */
void tuan_text_mend(char *text, size_t len)
{
    if (tuan_text_is_valid((struct tuan_str){text, (uint32_t)len})) return;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) text[i] = '?';
    if (tuan_text_is_valid((struct tuan_str){text, (uint32_t)len})) return;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] >= 0x80) text[i] = '?';
}

/* Bytes up to `max` that end with a whole character. */
static size_t cut_length(const char *text, size_t len, size_t max)
{
    if (len <= max) return len;
    while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    return max;
}

enum tuan_err tuan_fault_set(struct tuan_fault *fault, enum tuan_err err, const char *format, ...)
{
    char text[2 * sizeof fault->text];
    va_list args;

    va_start(args, format);
    int printed = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t len = printed < 0 ? 0 : (size_t)printed;
    len = cut_length(text, len < sizeof text ? len : sizeof text - 1, sizeof fault->text - 1);
    tuan_text_mend(text, len);
    memcpy(fault->text, text, len);
    fault->text[len] = '\0';
    fault->err = err;
    return err;
}

struct tuan_str tuan_error_text(const struct tuan_reply *reply)
{
    const char *text = tuan_errors[reply->err].text;
    if (reply->text.len > 0) return reply->text;
    return (struct tuan_str){text, (uint32_t)strlen(text)};
}

static void add_detail(struct tuan_out *line, const struct tuan_field *field, const void *value)
{
    char rid[TUAN_RID_CHARS];

    tuan_out_text(line, " ");
    tuan_out_bytes(line, field->name, field->name_len);
    tuan_out_text(line, "=");
    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG: tuan_out_int(line, *(const int64_t *)value); break;
    case TUAN_ID:
    case TUAN_TEXT: {
        const struct tuan_str *str = value;
        tuan_out_bytes(line, str->ptr, str->len);
        break;
    }
    case TUAN_RID:
        tuan_rid_print(*(const struct tuan_id *)value, rid);
        tuan_out_bytes(line, rid, sizeof rid);
        break;
    case TUAN_WORD: {
        struct tuan_str word = tuan_word_str(field->words, *(const int64_t *)value);
        tuan_out_bytes(line, word.ptr, word.len);
        break;
    }
    case TUAN_TAGS:
    case TUAN_NAMES:
    case TUAN_RIDS:
    case TUAN_TIERS:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: break; /* no detail is a list */
    }
}

/* The line is a buffer that never grows: text and ids are cut so that all of it fits. */
size_t tuan_error_line(const struct tuan_reply *reply, char line[TUAN_ERROR_LINE_MAX])
{
    enum { TEXT_MAX = 480 };
    struct tuan_out out = {.data = line, .cap = TUAN_ERROR_LINE_MAX};
    struct tuan_str text = tuan_error_text(reply);
    const char *code = tuan_errors[reply->err].name;

    tuan_out_bytes(&out, code, strlen(code));
    tuan_out_text(&out, " ");
    tuan_out_bytes(&out, text.ptr, cut_length(text.ptr, text.len, TEXT_MAX));
    for (uint64_t given = tuan_given(&tuan_problem_message, &reply->problem); given != 0;) {
        const struct tuan_field *field = &tuan_problem_message.fields[tuan_next_bit(&given)];
        add_detail(&out, field, tuan_field_at(field, &reply->problem));
    }
    tuan_text_mend(line, out.len);
    return out.len;
}
