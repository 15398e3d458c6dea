/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of the mirror's snapshot: the first byte says of which kind, and what is read packs to
 * bytes that read the same for ever. */
#include "proto/pack.h"

#include "tests/fuzz/codec.h"

static const struct tuan_message *const kinds[] = {
#define TUAN_RECORD(name, doc) &tuan_##name##_message,
#define TUAN_RECORD_FIELD(record, type, member, of)
#define TUAN_RECORD_END(name)
#include "proto/records.def"
};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

/* Read one record and pack it again; false: there is none. */
static bool pack_again(const char *data, size_t len, const struct tuan_message *kind,
                       size_t *consumed, struct tuan_out *out)
{
    struct tuan_arena arena = fuzz_arena();
    void *record = fuzz_grow(NULL, kind->size);
    bool is_read = tuan_unpack_record(data, len, consumed, kind, record, &arena);

    if (is_read) tuan_pack_record(out, kind, record);
    free(record);
    return is_read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tuan_out once = FUZZ_OUT, twice = FUZZ_OUT;
    size_t consumed;

    if (size == 0) return 0;
    const struct tuan_message *kind = kinds[data[0] % KIND_COUNT];
    if (pack_again((const char *)data + 1, size - 1, kind, &consumed, &once)) {
        char *copy = fuzz_copy(once.data, once.len);
        assert(consumed > 0 && consumed < size);
        assert(pack_again(copy, once.len, kind, &consumed, &twice));
        assert(consumed == once.len);
        assert(twice.len == once.len && memcmp(twice.data, once.data, once.len) == 0);
        free(copy);
    }
    free(once.data);
    free(twice.data);
    return 0;
}
