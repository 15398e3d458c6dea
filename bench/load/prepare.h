/* SPDX-License-Identifier: BSD-2-Clause */
/* prepare.h - the rooms that a load finds already there: opened, each led by a seat that is paid.
 */
#ifndef TUAN_LOAD_PREPARE_H
#define TUAN_LOAD_PREPARE_H

#include "bench/load/account.h"
#include "bench/load/traffic.h"

struct prepare {
    struct drive *drive;
    struct traffic *traffic;
    struct account *account;
    uint32_t campaign, campaigns; /* the first, and how many get rooms in turn */
    uint32_t rooms;               /* to open */
    bool pays, is_quiet;
    /* while it runs: */
    uint32_t asked, refused;
    int64_t under_way, started_ns, told_ns;
    struct orders to_pay;
    char first_refusal[160];
};

/* Open them as fast as the server takes them; progress on stderr from the second second on. False:
 * not all could be made; said on stderr. */
bool prepare_run(struct prepare *prepare);

#endif
