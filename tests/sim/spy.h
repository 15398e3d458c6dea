/* SPDX-License-Identifier: BSD-2-Clause */
/* spy.h - what dispatch.c and partition.c call in the simulator in place of the functions of these
 * names without `spy_` (see CMakeLists.txt): the same, and looked at.
 */
#ifndef TUAN_TESTS_SIM_SPY_H
#define TUAN_TESTS_SIM_SPY_H

#include "daemon/partition.h"

void spy_partition_load_begin(struct partition *partition);
bool spy_partition_load_records(struct partition *partition, const struct mirror_record *records,
                                size_t count);
bool spy_partition_load_batch(struct partition *partition, uint64_t position,
                              struct mirror_bytes batch);
bool spy_partition_load_end(struct partition *partition, uint64_t next);
void spy_partition_drop(struct partition *partition);
void spy_partition_close(struct partition *partition);
/* Grouping by less than 24 KiB, so that many batches are under way. */
bool spy_mirror_wants_batch(struct mirror *mirror, uint32_t partition, size_t bytes);

#endif
