/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/slowlog.h"

#include <string.h>

/* At most `room` bytes, the NUL included. */
static void copy_text(char *to, const char *text, size_t room)
{
    size_t len = strlen(text);

    if (len > room - 1) len = room - 1;
    memcpy(to, text, len);
    to[len] = '\0';
}

void slowlog_add(struct slowlog *slowlog, int64_t at_ms, enum tuan_cmd command,
                 const struct slow_times *times, const char *peer, const char *name)
{
    struct slow_entry *entry = &slowlog->entries[slowlog->added % SLOWLOG_ROOM];

    entry->id = slowlog->added++;
    entry->at_ms = at_ms;
    entry->times = *times;
    entry->command = command;
    copy_text(entry->peer, peer, sizeof entry->peer);
    copy_text(entry->name, name, sizeof entry->name);
    if (slowlog->count < SLOWLOG_ROOM) slowlog->count++;
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
