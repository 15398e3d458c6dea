/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/slowlog.h"

struct slow_entry *slowlog_add(struct slowlog *slowlog)
{
    struct slow_entry *entry = &slowlog->entries[slowlog->added % SLOWLOG_ROOM];

    *entry = (struct slow_entry){.id = slowlog->added++};
    if (slowlog->count < SLOWLOG_ROOM) slowlog->count++;
    return entry;
}

const struct slow_entry *slowlog_at(const struct slowlog *slowlog, size_t i)
{
    if (i >= slowlog->count) return NULL;
    return &slowlog->entries[(slowlog->added - 1 - (int64_t)i) % SLOWLOG_ROOM];
}

void slowlog_reset(struct slowlog *slowlog)
{
    slowlog->count = 0;
}
