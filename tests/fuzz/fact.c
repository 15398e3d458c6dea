/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts of the mirror's log: what is read packs to bytes that read the same for ever. */
#include "proto/pack.h"

#include "tests/fuzz/codec.h"

/* Read one fact that must be there, and pack it again. */
static struct tuan_out pack_again(const struct tuan_out *packed)
{
    char *copy = fuzz_copy(packed->data, packed->len);
    struct tuan_arena arena = fuzz_arena();
    struct tuan_out out = FUZZ_OUT;
    struct tuan_fact fact;
    size_t consumed;

    assert(tuan_unpack_fact(copy, packed->len, &consumed, &fact, &arena));
    assert(consumed == packed->len);
    tuan_pack_fact(&out, &fact);
    free(copy);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tuan_arena arena = fuzz_arena();
    struct tuan_fact fact;
    size_t consumed;

    if (tuan_unpack_fact((const char *)data, size, &consumed, &fact, &arena)) {
        struct tuan_out once = FUZZ_OUT, twice;
        assert(consumed > 0 && consumed <= size);
        assert(tuan_fact_message(fact.type) != NULL);
        tuan_pack_fact(&once, &fact);
        twice = pack_again(&once);
        assert(twice.len == once.len && memcmp(twice.data, once.data, once.len) == 0);
        free(once.data);
        free(twice.data);
    }
    return 0;
}
