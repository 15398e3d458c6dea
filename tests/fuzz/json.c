/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands over the admin port: a name, a line's end, and a POST's body; or, behind a question
 * mark, a GET's pairs, a line each. */
#include "tests/fuzz/codec.h"

static enum tuan_err read_pairs(struct tuan_command *command, struct tuan_str pairs,
                                struct tuan_arena *arena, struct tuan_fault *fault)
{
    const char *at = pairs.ptr, *end = pairs.ptr + pairs.len;

    while (at < end) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        const char *stop = next == NULL ? end : next;
        const char *sign = memchr(at, '=', (size_t)(stop - at));
        const char *value = sign == NULL ? stop : sign + 1;
        struct tuan_str name = {at, (uint32_t)((sign == NULL ? stop : sign) - at)};
        enum tuan_err err = tuan_command_put_text(
            command, name, (struct tuan_str){value, (uint32_t)(stop - value)}, arena, fault);
        if (err != TUAN_OK) return err;
        at = next == NULL ? end : next + 1;
    }
    return tuan_command_finish(command, fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    const char *end = size == 0 ? NULL : memchr(bytes, '\n', size);
    struct tuan_arena arena = fuzz_arena();
    struct tuan_command command = {.id = TUAN_CMD_COUNT};
    struct tuan_fault fault;
    enum tuan_err err;

    if (end == NULL) return 0;
    struct tuan_str name = {bytes, (uint32_t)(end - bytes)};
    struct tuan_str body = {end + 1, (uint32_t)(size - name.len - 1)};
    if (body.len > 0 && body.ptr[0] == '?') {
        err = tuan_command_begin(&command, name, &fault);
        body = (struct tuan_str){body.ptr + 1, body.len - 1};
        if (err == TUAN_OK) err = read_pairs(&command, body, &arena, &fault);
    } else {
        err = tuan_json_command(name, body, &command, &arena, &fault);
    }
    if (err == TUAN_OK) {
        fuzz_check_command(&command);
    } else {
        fuzz_check_fault(&fault);
        assert(fault.err == err);
    }
    return 0;
}
