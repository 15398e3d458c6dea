/* SPDX-License-Identifier: BSD-2-Clause */
/* stub.h - a tiny state behind the mirror's hooks.
 *
 * The state is a table of keys. A batch is lines: `key value` sets, `key` alone deletes. A key's
 * number says which hash its record is in. Each key remembers the batch that touched it last, so
 * what a record holds already is skipped, as in the real thing.
 */
#ifndef TUAN_TESTS_MIRROR_STUB_H
#define TUAN_TESTS_MIRROR_STUB_H

#include "daemon/mirror/mirror.h"

enum { STUB_KEYS = 600, STUB_VALUE_SIZE = 32 };

struct stub_record {
    char value[STUB_VALUE_SIZE]; /* empty: absent, or deleted if `at` is set */
    uint64_t at, first_dirty, old_first_dirty;
    bool is_flying;
};

struct stub {
    struct mirror_hooks hooks;
    struct stub_record records[STUB_KEYS];
    char slice_value[STUB_VALUE_SIZE];
    char slice_field[16];
    bool is_loaded, is_loading;
    uint64_t next, committed, last_batch;
    size_t loads, drops, records_loaded, batches_loaded, marks, slices_ok, slices_failed;
};

void stub_init(struct stub *stub);
void stub_apply(struct stub *stub, uint64_t position, struct mirror_bytes batch);
/* Same keys, values and positions? */
bool stub_equal(const struct stub *a, const struct stub *b);

#endif
