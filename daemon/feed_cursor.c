/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/feed_cursor.h"

#include <string.h>

#include "daemon/mirror/form.h"

bool feed_cursor_parse(struct tuan_str text, struct feed_cursor *out)
{
    const char *at = text.ptr;
    size_t left = text.len;

    *out = (struct feed_cursor){0};
    while (left > 0) {
        const char *comma = memchr(at, ',', left);
        struct mirror_bytes word = {at, comma == NULL ? left : (size_t)(comma - at)};

        if (out->count == MIRROR_PARTITIONS_MAX) return false;
        struct mirror_event_id *id = &out->ids[out->count++];
        if (!bytes_equal(word, bytes_of("0")) && !form_parse_event_id(word, id)) return false;
        if (comma == NULL) return true;
        at = comma + 1;
        left -= word.len + 1;
    }
    return text.len == 0;
}

void feed_cursor_print(const struct feed_cursor *cursor, struct tuan_out *out)
{
    char text[FORM_POSITION_SIZE];

    for (uint32_t i = 0; i < cursor->count; i++) {
        struct mirror_event_id id = cursor->ids[i];

        if (i > 0) tuan_out_text(out, ",");
        if (id.epoch == 0 && id.number == 0) {
            tuan_out_text(out, "0");
            continue;
        }
        form_print_event_id(text, id);
        tuan_out_bytes(out, text, strlen(text));
    }
}
