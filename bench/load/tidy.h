/* SPDX-License-Identifier: BSD-2-Clause */
/* tidy.h - takes away what a load left on a tuand: rooms are failed, the refunds that this owes are
 * acknowledged, and the campaigns dropped. */
#ifndef TUAN_LOAD_TIDY_H
#define TUAN_LOAD_TIDY_H

#include "bench/wire/op.h"
#include "client/tuan.h"

/* What cannot be taken away is said on stderr. */
void tidy_tuan(struct tuan_client *client, const struct names *names, uint32_t campaigns,
               bool is_quiet);

#endif
