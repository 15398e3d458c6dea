/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands over the admin port: a name, a line's end, and the body. */
#include "tests/fuzz/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    const char *end = size == 0 ? NULL : memchr(bytes, '\n', size);
    struct tuan_arena arena = fuzz_arena();
    struct tuan_command command = {.id = TUAN_CMD_COUNT};
    struct tuan_fault fault;

    if (end == NULL) return 0;
    struct tuan_str name = {bytes, (uint32_t)(end - bytes)};
    struct tuan_str body = {end + 1, (uint32_t)(size - name.len - 1)};
    enum tuan_err err = tuan_json_command(name, body, &command, &arena, &fault);
    if (err == TUAN_OK) {
        fuzz_check_command(&command);
    } else {
        fuzz_check_fault(&fault);
        assert(fault.err == err);
    }
    return 0;
}
