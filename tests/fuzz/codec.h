/* SPDX-License-Identifier: BSD-2-Clause */
/* codec.h - what the targets of proto share: scratch, exact copies, and what holds for whatever a
 * codec lets through. */
#ifndef TUAN_TESTS_FUZZ_CODEC_H
#define TUAN_TESTS_FUZZ_CODEC_H

#include <stdlib.h>
#include <string.h>

#include "proto/codec.h"
#include "proto/write.h"
#include "tests/fuzz/fuzz.h"

enum { FUZZ_FRAME_MAX = 6 * 1024, FUZZ_ARENA_SIZE = 1 << 20, FUZZ_REQUESTS_MAX = 8 };

static inline void *fuzz_grow(void *old, size_t size)
{
    void *grown = realloc(old, size);

    assert(grown != NULL);
    return grown;
}
#define FUZZ_OUT ((struct tuan_out){.grow = fuzz_grow})

/* The scratch, emptied: one for all inputs, since a fresh megabyte each would be most of the time.
 */
static inline struct tuan_arena fuzz_arena(void)
{
    static _Alignas(16) char bytes[FUZZ_ARENA_SIZE];

    return (struct tuan_arena){.base = bytes, .cap = sizeof bytes};
}

/* A copy behind whose last byte ASan stands. */
static inline char *fuzz_copy(const char *bytes, size_t len)
{
    char *copy = fuzz_grow(NULL, len == 0 ? 1 : len);

    if (len > 0) memcpy(copy, bytes, len);
    return copy;
}

/* Every refusal names an error, and what people read of it is one line of UTF-8. */
static inline void fuzz_check_fault(const struct tuan_fault *fault)
{
    size_t len = strnlen(fault->text, sizeof fault->text);

    assert(len > 0 && len < sizeof fault->text);
    assert(tuan_text_is_valid((struct tuan_str){fault->text, (uint32_t)len}));
    assert(fault->err > TUAN_OK && fault->err < TUAN_ERR_COUNT);
    struct tuan_reply reply = {.err = fault->err, .text = {fault->text, (uint32_t)len}};
    char line[TUAN_ERROR_LINE_MAX];
    size_t line_len = tuan_error_line(&reply, line);
    assert(line_len > len && line_len <= sizeof line);
    assert(tuan_text_is_valid((struct tuan_str){line, (uint32_t)line_len}));
}

static inline void fuzz_check_value(const struct tuan_field *field, const void *value)
{
    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG: {
        int64_t number = *(const int64_t *)value;
        assert(number >= field->min && number <= field->max);
        break;
    }
    case TUAN_WORD: assert(tuan_word_str(field->words, *(const int64_t *)value).len > 0); break;
    case TUAN_ID: assert(tuan_id_is_valid(*(const struct tuan_str *)value)); break;
    case TUAN_TEXT: assert(tuan_text_is_valid(*(const struct tuan_str *)value)); break;
    case TUAN_RID: assert(((const struct tuan_id *)value)->hi >> 36 == 0); break;
    default: break;
    }
}

/* A command that was accepted keeps to its rows. */
static inline void fuzz_check_command(const struct tuan_command *command)
{
    assert(command->id < TUAN_CMD_COUNT);
    assert(command->given >> (TUAN_ARG_COUNT - 1) <= 1);
    for (int i = 0; i < TUAN_ARG_COUNT; i++)
        if ((command->given >> i) & 1)
            fuzz_check_value(&tuan_arg_fields[i],
                             (const char *)&command->arg + tuan_arg_fields[i].offset);
    if (!tuan_command_takes_params(command->id)) return;
    for (int i = 0; i < TUAN_PARAM_COUNT; i++)
        if ((command->rules.given >> i) & 1)
            fuzz_check_value(&tuan_param_fields[i],
                             (const char *)&command->rules + tuan_param_fields[i].offset);
}

#endif
