/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/feed_merge.h"

#include <string.h>

#include "daemon/mirror/form.h"

/* `at` stands first in an event, or second, behind the room's version. Our own text: what does not
 * fit was written by a stranger, and comes first. */
static int64_t time_of(struct mirror_bytes data)
{
    static const char name[] = "\"at\":";
    const size_t name_len = sizeof name - 1;
    const char *found =
        data.len == 0 ? NULL : memmem(data.ptr, data.len < 64 ? data.len : 64, name, name_len);
    int64_t value = 0;

    if (found == NULL) return 0;
    for (const char *at = found + name_len;
         at < data.ptr + data.len && *at >= '0' && *at <= '9' && value < INT64_MAX / 10 - 9; at++)
        value = value * 10 + (*at - '0');
    return value;
}

static struct tuan_str keep(struct arena *arena, struct mirror_bytes text)
{
    char *copy = arena_take(arena, text.len + 1);

    if (text.len > 0) memcpy(copy, text.ptr, text.len);
    return (struct tuan_str){copy, (uint32_t)text.len};
}

static void keep_event(struct tuan_feed_event *out, uint32_t partition,
                       const struct mirror_feed_entry *entry, struct arena *arena)
{
    char id[FORM_POSITION_SIZE];
    struct tuan_str room = {entry->event.room.ptr, (uint32_t)entry->event.room.len};
    struct tuan_id rid;

    *out = (struct tuan_feed_event){0};
    form_print_event_id(id, entry->id);
    TUAN_SET(feed_event, out, id, keep(arena, bytes_of(id)));
    TUAN_SET(feed_event, out, partition, partition);
    TUAN_SET(feed_event, out, type, keep(arena, entry->event.type));
    TUAN_SET(feed_event, out, campaign, keep(arena, entry->event.campaign));
    if (room.len > 0 && tuan_rid_parse(room, &rid)) TUAN_SET(feed_event, out, room, rid);
    TUAN_SET(feed_event, out, data, keep(arena, entry->event.data));
}

void feed_part_keep(struct feed_part *part, uint32_t partition, const struct mirror_feed_page *page,
                    struct arena *arena)
{
    size_t count = page->count;

    *part = (struct feed_part){.events = arena_take(arena, (count + 1) * sizeof *part->events),
                               .ids = arena_take(arena, (count + 1) * sizeof *part->ids),
                               .at_ms = arena_take(arena, (count + 1) * sizeof *part->at_ms),
                               .count = count,
                               .after = page->after,
                               .is_end = page->is_end};
    for (size_t i = 0; i < count; i++) {
        keep_event(&part->events[i], partition, &page->entries[i], arena);
        part->ids[i] = page->entries[i].id;
        part->at_ms[i] = time_of(page->entries[i].event.data);
    }
}

/* The part whose next event is the oldest; NULL if one is used up that has more behind its page:
 * what would come next is not known. */
static struct feed_part *pick(const struct feed_merge *merge)
{
    struct feed_part *oldest = NULL;

    for (uint32_t i = 0; i < merge->count; i++) {
        struct feed_part *part = &merge->parts[i];

        if (part->next == part->count && !part->is_end) return NULL;
        if (part->next == part->count) continue;
        if (oldest == NULL || part->at_ms[part->next] < oldest->at_ms[oldest->next]) oldest = part;
    }
    return oldest;
}

struct tuan_list feed_merge(struct feed_merge *merge, struct feed_cursor *cursor, bool *is_end)
{
    struct tuan_feed_event *events = arena_take(merge->arena, merge->limit * sizeof *events);
    size_t count = 0;
    struct feed_part *part;

    while (count < merge->limit && (part = pick(merge)) != NULL)
        events[count++] = part->events[part->next++];
    *is_end = true;
    for (uint32_t i = 0; i < merge->count; i++) {
        part = &merge->parts[i];
        if (part->next == part->count)
            cursor->ids[i] = part->after;
        else if (part->next > 0)
            cursor->ids[i] = part->ids[part->next - 1];
        *is_end = *is_end && part->is_end && part->next == part->count;
    }
    return (struct tuan_list){events, (uint32_t)count};
}
