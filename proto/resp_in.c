/* SPDX-License-Identifier: BSD-2-Clause */
/* resp_in.c - RESP requests: from bytes to words, from words to a command. */
#include "proto/field.h"
#include "proto/resp.h"

#include <string.h>

enum { DIGITS_MAX = 10, CRLF = 2 };

struct reader {
    const char *data;
    size_t len, at, frame_max;
    struct tuan_fault *fault;
};

static enum tuan_parse refuse(struct reader *reader, enum tuan_err err, const char *text)
{
    tuan_fault_set(reader->fault, err, "%s", text);
    return TUAN_PARSE_BAD;
}

/* At `at`: what lacks a part of CR LF is refused at the first byte that differs. */
static inline enum tuan_parse read_crlf(struct reader *reader, size_t at)
{
    for (size_t i = 0; i < CRLF; i++) {
        if (at + i == reader->len) return TUAN_PARSE_MORE;
        if (reader->data[at + i] != "\r\n"[i])
            return refuse(reader, TUAN_ERR_BAD_REQUEST,
                          "a length or a string does not end with CR LF");
    }
    reader->at = at + CRLF;
    return TUAN_PARSE_DONE;
}

/* A mark, a decimal number, CR LF. No sign, no zero in front. */
static inline enum tuan_parse read_number(struct reader *reader, char mark, size_t *out)
{
    const char *data = reader->data;
    size_t len = reader->len, at = reader->at, first = at + 1, value = 0;

    if (at == len) return TUAN_PARSE_MORE;
    if (data[at] != mark)
        return refuse(reader, TUAN_ERR_BAD_REQUEST, "a request is an array of bulk strings");
    for (at = first;; at++) {
        if (at == len) return TUAN_PARSE_MORE;
        unsigned digit = (unsigned)(unsigned char)data[at] - '0';
        if (digit > 9) break;
        if (at - first == DIGITS_MAX || (value == 0 && at > first))
            return refuse(reader, TUAN_ERR_BAD_REQUEST, "a length is not a plain decimal number");
        value = value * 10 + digit;
    }
    if (at == first)
        return refuse(reader, TUAN_ERR_BAD_REQUEST, "a length is not a plain decimal number");
    *out = value;
    return read_crlf(reader, at);
}

static enum tuan_parse read_bulk(struct reader *reader, struct tuan_str *word)
{
    size_t size;
    enum tuan_parse got = read_number(reader, '$', &size);

    if (got != TUAN_PARSE_DONE) return got;
    if (reader->at + size + CRLF > reader->frame_max)
        return refuse(reader, TUAN_ERR_TOO_LARGE, "the request is larger than frame_max");
    if (reader->len - reader->at < size) {
        reader->at = reader->len;
        return TUAN_PARSE_MORE;
    }
    *word = (struct tuan_str){reader->data + reader->at, (uint32_t)size};
    return read_crlf(reader, reader->at + size);
}

/* "*-1" is the null array: as empty as "*0". */
static enum tuan_parse read_null_array(struct reader *reader)
{
    static const char null_array[] = "*-1";

    for (size_t i = 0; i < sizeof null_array - 1; i++) {
        if (i == reader->len) return TUAN_PARSE_MORE;
        if (reader->data[i] != null_array[i])
            return refuse(reader, TUAN_ERR_BAD_REQUEST, "a length is not a plain decimal number");
    }
    return read_crlf(reader, sizeof null_array - 1);
}

static enum tuan_parse read_array(struct reader *reader, struct tuan_str *argv, size_t argv_max,
                                  size_t *argc)
{
    size_t count;

    if (reader->len > 1 && reader->data[1] == '-') return read_null_array(reader);
    enum tuan_parse got = read_number(reader, '*', &count);
    if (got != TUAN_PARSE_DONE) return got;
    if (count > argv_max)
        return refuse(reader, TUAN_ERR_TOO_LARGE, "the request has too many words");
    for (size_t i = 0; i < count; i++) {
        got = read_bulk(reader, &argv[i]);
        if (got != TUAN_PARSE_DONE) return got;
    }
    *argc = count;
    return TUAN_PARSE_DONE;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A word in quotes, which stand around it whole: escapes would need bytes of our own. */
static enum tuan_parse read_quoted(struct reader *reader, size_t line_end, struct tuan_str *word)
{
    char quote = reader->data[reader->at];
    size_t first = ++reader->at;

    while (reader->at < line_end && reader->data[reader->at] != quote) {
        if (reader->data[reader->at] == '\\')
            return refuse(reader, TUAN_ERR_BAD_REQUEST,
                          "inline commands know no escapes: send RESP");
        reader->at++;
    }
    if (reader->at == line_end)
        return refuse(reader, TUAN_ERR_BAD_REQUEST, "a quote is not closed");
    *word = (struct tuan_str){reader->data + first, (uint32_t)(reader->at - first)};
    reader->at++;
    if (reader->at < line_end && !is_blank(reader->data[reader->at]))
        return refuse(reader, TUAN_ERR_BAD_REQUEST, "a closing quote ends its word");
    return TUAN_PARSE_DONE;
}

static enum tuan_parse read_plain(struct reader *reader, size_t line_end, struct tuan_str *word)
{
    size_t first = reader->at;

    while (reader->at < line_end && !is_blank(reader->data[reader->at])) {
        if (reader->data[reader->at] == '"' || reader->data[reader->at] == '\'')
            return refuse(reader, TUAN_ERR_BAD_REQUEST, "an opening quote starts its word");
        reader->at++;
    }
    *word = (struct tuan_str){reader->data + first, (uint32_t)(reader->at - first)};
    return TUAN_PARSE_DONE;
}

static enum tuan_parse read_words(struct reader *reader, size_t line_end, struct tuan_str *argv,
                                  size_t argv_max, size_t *argc)
{
    for (;;) {
        while (reader->at < line_end && is_blank(reader->data[reader->at]))
            reader->at++;
        if (reader->at == line_end) return TUAN_PARSE_DONE;
        if (*argc == argv_max)
            return refuse(reader, TUAN_ERR_TOO_LARGE, "the request has too many words");
        bool is_quoted = reader->data[reader->at] == '"' || reader->data[reader->at] == '\'';
        enum tuan_parse got = is_quoted ? read_quoted(reader, line_end, &argv[*argc])
                                        : read_plain(reader, line_end, &argv[*argc]);
        if (got != TUAN_PARSE_DONE) return got;
        ++*argc;
    }
}

/* One line of words, up to LF or CR LF. */
static enum tuan_parse read_inline(struct reader *reader, struct tuan_str *argv, size_t argv_max,
                                   size_t *argc)
{
    size_t shown = reader->len < reader->frame_max ? reader->len : reader->frame_max;
    const char *newline = memchr(reader->data, '\n', shown);

    if (newline == NULL && shown == reader->frame_max)
        return refuse(reader, TUAN_ERR_TOO_LARGE, "the line is longer than frame_max");
    if (newline == NULL) return TUAN_PARSE_MORE;
    size_t line_end = (size_t)(newline - reader->data);
    size_t words_end = line_end > 0 && newline[-1] == '\r' ? line_end - 1 : line_end;
    enum tuan_parse got = read_words(reader, words_end, argv, argv_max, argc);
    reader->at = line_end + 1;
    return got;
}

enum tuan_parse tuan_resp_parse(const char *data, size_t len, size_t frame_max,
                                struct tuan_str *argv, size_t argv_max, size_t *argc,
                                size_t *consumed, struct tuan_fault *fault)
{
    struct reader reader = {.data = data, .len = len, .frame_max = frame_max, .fault = fault};

    *argc = 0;
    *consumed = 0;
    if (len == 0) return TUAN_PARSE_MORE;
    enum tuan_parse got = data[0] == '*' ? read_array(&reader, argv, argv_max, argc)
                                         : read_inline(&reader, argv, argv_max, argc);
    if (got == TUAN_PARSE_DONE)
        *consumed = reader.at;
    else
        *argc = 0;
    return got;
}

/* The words that are left to be understood. */
struct words {
    const struct tuan_str *at;
    size_t left;
};

static enum tuan_err take_position(struct words *words, struct tuan_command *command,
                                   enum tuan_arg arg, struct tuan_arena *arena,
                                   struct tuan_fault *fault)
{
    struct tuan_place place;
    enum tuan_err err = tuan_command_place_arg(command, arg, &place, fault);

    if (err == TUAN_OK)
        err = tuan_field_from_text(place.field, place.object, *words->at, arena, fault);
    words->at++;
    words->left--;
    return err;
}

/* How many words belong to `rest`. No name of an argument is a room id, so where ids may stand a
 * name starts the options. */
static size_t count_rest(const struct tuan_command *command, enum tuan_arg rest,
                         const struct words *words)
{
    size_t count = 0;

    if (tuan_arg_fields[rest].type != TUAN_RIDS) return words->left;
    while (count < words->left && tuan_arg_find(command->id, words->at[count]) == TUAN_ARG_COUNT)
        count++;
    return count;
}

static enum tuan_err take_rest(struct words *words, struct tuan_command *command, enum tuan_arg arg,
                               struct tuan_arena *arena, struct tuan_fault *fault)
{
    struct tuan_making list;
    struct tuan_place place;
    size_t count = count_rest(command, arg, words);

    if (count == 0) return TUAN_OK;
    enum tuan_err err = tuan_command_place_arg(command, arg, &place, fault);
    if (err == TUAN_OK)
        err = tuan_list_begin(&list, place.field, place.object, count, arena, fault);
    for (; err == TUAN_OK && count > 0; count--, words->left--)
        err = tuan_list_put_str(&list, *words->at++);
    return err;
}

static enum tuan_err take_options(struct words *words, struct tuan_command *command,
                                  struct tuan_arena *arena, struct tuan_fault *fault)
{
    struct tuan_place place;
    enum tuan_err err = TUAN_OK;

    for (; err == TUAN_OK && words->left > 0; words->at += 2, words->left -= 2) {
        err = tuan_command_place(command, words->at[0], &place, fault);
        if (err == TUAN_OK && words->left == 1)
            return tuan_field_fault(place.field, "a name without a value", fault);
        if (err == TUAN_OK)
            err = tuan_field_from_text(place.field, place.object, words->at[1], arena, fault);
        if (err != TUAN_OK) return err;
    }
    return err;
}

enum tuan_err tuan_resp_command(const struct tuan_str *argv, size_t argc,
                                struct tuan_command *command, struct tuan_arena *arena,
                                struct tuan_fault *fault)
{
    if (argc == 0) return tuan_fault_set(fault, TUAN_ERR_BAD_REQUEST, "no words");
    struct words words = {argv + 1, argc - 1};
    enum tuan_err err = tuan_command_begin(command, argv[0], fault);

    if (err != TUAN_OK) return err;
    for (const struct tuan_use *use = tuan_commands[command->id].uses;
         words.left > 0 && err == TUAN_OK; use++) {
        if (use->kind == TUAN_USE_REQUIRED || use->kind == TUAN_USE_POSITION)
            err = take_position(&words, command, use->arg, arena, fault);
        else if (use->kind == TUAN_USE_REST)
            err = take_rest(&words, command, use->arg, arena, fault);
        else
            err = take_options(&words, command, arena, fault); /* or END: no name is known */
    }
    return err != TUAN_OK ? err : tuan_command_finish(command, fault);
}
