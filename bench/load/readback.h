/* SPDX-License-Identifier: BSD-2-Clause */
/* readback.h - after the load: every room that was named is read, seat by seat, into the verifier.
 */
#ifndef TUAN_LOAD_READBACK_H
#define TUAN_LOAD_READBACK_H

#include "bench/load/drive.h"
#include "bench/load/verify.h"

struct readback {
    struct drive *drive;
    struct verify *verify;
    bool may_be_forgotten; /* the load outlasted the time that ended rooms are kept for */
    bool is_quiet;
    /* while it runs: */
    uint32_t next_room, under_way, failed;
    struct request *pages; /* the next pages of large rooms. Owned */
    uint32_t page_count, page_cap;
    int64_t started_ns, told_ns;
};

/* False: not all rooms could be read; said on stderr. */
bool readback_run(struct readback *readback);

#endif
