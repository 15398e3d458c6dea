/* SPDX-License-Identifier: BSD-2-Clause */
/* MessagePack-RPC requests: a stream of them, each parsed and made a command. */
#include "proto/rpc.h"

#include "tests/fuzz/codec.h"

/* Without its last byte a whole value is not yet one, whatever comes behind. */
static void check_that_less_is_more(const char *data, size_t len)
{
    char *copy = fuzz_copy(data, len - 1);
    struct tuan_rpc_request request = {0};
    struct tuan_fault fault;
    size_t consumed = 0;

    assert(tuan_rpc_parse(copy, len - 1, FUZZ_FRAME_MAX, &request, &consumed, &fault) ==
           TUAN_PARSE_MORE);
    free(copy);
}

static void run(const struct tuan_rpc_request *request, struct tuan_arena *arena)
{
    struct tuan_command command = {.id = TUAN_CMD_COUNT};
    struct tuan_fault fault;

    arena->used = 0;
    enum tuan_err err = tuan_rpc_command(request, &command, arena, &fault);
    if (err == TUAN_OK) {
        fuzz_check_command(&command);
        return;
    }
    fuzz_check_fault(&fault);
    assert(fault.err == err);
}

static void check_inside(struct tuan_str part, const char *data, size_t len)
{
    if (part.len > 0) assert(part.ptr >= data && part.ptr + part.len <= data + len);
}

/* How many bytes the first value took; 0: the stream ends here. */
static size_t take_one(const char *data, size_t len, struct tuan_arena *arena)
{
    struct tuan_rpc_request request = {0};
    struct tuan_fault fault;
    size_t consumed = 0;
    enum tuan_parse got = tuan_rpc_parse(data, len, FUZZ_FRAME_MAX, &request, &consumed, &fault);

    if (got == TUAN_PARSE_BAD) fuzz_check_fault(&fault);
    if (got == TUAN_PARSE_MORE) {
        assert(len <= FUZZ_FRAME_MAX);
        return 0;
    }
    assert(consumed <= len && consumed <= FUZZ_FRAME_MAX);
    if (consumed == 0) {
        assert(got == TUAN_PARSE_BAD);
        return 0;
    }
    check_that_less_is_more(data, consumed);
    if (got == TUAN_PARSE_BAD) return consumed; /* not a request, but its end is known */
    check_inside(request.method, data, consumed);
    check_inside(request.params, data, consumed);
    run(&request, arena);
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
