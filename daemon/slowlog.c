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

void slowlog_add(struct slowlog *slowlog, const struct slow_request *slow)
{
    struct slow_entry *entry = &slowlog->entries[slowlog->added % SLOWLOG_ROOM];

    entry->id = slowlog->added++;
    entry->at_ms = slow->at_ms;
    entry->times = slow->times;
    entry->command = slow->command;
    copy_text(entry->peer, slow->peer, sizeof entry->peer);
    copy_text(entry->name, slow->name, sizeof entry->name);
    copy_text(entry->trace, slow->trace, sizeof entry->trace);
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
