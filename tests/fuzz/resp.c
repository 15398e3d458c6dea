/* SPDX-License-Identifier: BSD-2-Clause */
/* RESP requests: a stream of them, each parsed and made a command. */
#include "proto/resp.h"

#include "tests/fuzz/codec.h"

enum { WORDS_MAX = 64 };

static enum tuan_parse parse(const char *data, size_t len, struct tuan_str *words, size_t *count,
                             size_t *consumed, struct tuan_fault *fault)
{
    return tuan_resp_parse(data, len, FUZZ_FRAME_MAX, words, WORDS_MAX, count, consumed, fault);
}

/* Without its last byte a whole request is not yet one, whatever comes behind. */
static void check_that_less_is_more(const char *data, size_t len)
{
    char *copy = fuzz_copy(data, len - 1);
    struct tuan_str words[WORDS_MAX];
    struct tuan_fault fault;
    size_t count, consumed;

    assert(parse(copy, len - 1, words, &count, &consumed, &fault) == TUAN_PARSE_MORE);
    free(copy);
}

static void run(const struct tuan_str *words, size_t count, struct tuan_arena *arena)
{
    struct tuan_command command = {.id = TUAN_CMD_COUNT};
    struct tuan_fault fault;

    arena->used = 0;
    enum tuan_err err = tuan_resp_command(words, count, &command, arena, &fault);
    if (err == TUAN_OK) {
        fuzz_check_command(&command);
        return;
    }
    fuzz_check_fault(&fault);
    assert(fault.err == err);
}

/* How many bytes the first request took; 0: the stream ends here. */
static size_t take_one(const char *data, size_t len, struct tuan_arena *arena)
{
    struct tuan_str words[WORDS_MAX];
    struct tuan_fault fault;
    size_t count, consumed;
    enum tuan_parse got = parse(data, len, words, &count, &consumed, &fault);

    if (got == TUAN_PARSE_BAD) fuzz_check_fault(&fault);
    if (got == TUAN_PARSE_MORE) assert(len <= FUZZ_FRAME_MAX);
    if (got != TUAN_PARSE_DONE) return 0;
    assert(consumed > 0 && consumed <= len && consumed <= FUZZ_FRAME_MAX && count <= WORDS_MAX);
    for (size_t i = 0; i < count; i++)
        assert(words[i].ptr >= data && words[i].ptr + words[i].len <= data + consumed);
    check_that_less_is_more(data, consumed);
    if (count > 0) run(words, count, arena);
    return consumed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tuan_arena arena = fuzz_arena();

    size_t at = 0, took = 1;
    for (int i = 0; i < FUZZ_REQUESTS_MAX && at < size && took > 0; i++) {
        took = take_one((const char *)data + at, size - at, &arena);
        at += took;
    }
    return 0;
}
