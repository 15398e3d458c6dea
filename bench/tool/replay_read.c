/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/replay_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "proto/schema.h"

#define BACK_MAX_S 60

const char *const event_words[EVENT_KINDS] = {"pv", "fav", "cart", "buy"};

enum { FIELD_USER, FIELD_ITEM, FIELD_CATEGORY, FIELD_BEHAVIOUR, FIELD_TIME, FIELDS };

static bool copy_id(struct tuan_str field, char out[EVENT_ID_MAX + 1])
{
    if (field.len > EVENT_ID_MAX || !tuan_id_is_valid(field)) return false;
    memcpy(out, field.ptr, field.len);
    out[field.len] = '\0';
    return true;
}

static bool read_kind(struct tuan_str field, enum event_kind *kind)
{
    for (int i = 0; i < EVENT_KINDS; i++)
        if (strlen(event_words[i]) == field.len &&
            memcmp(event_words[i], field.ptr, field.len) == 0) {
            *kind = (enum event_kind)i;
            return true;
        }
    return false;
}

static bool read_time(struct tuan_str field, int64_t *at_s)
{
    char *end;

    if (field.len == 0 || field.ptr[0] < '0' || field.ptr[0] > '9') return false;
    errno = 0;
    *at_s = strtoll(field.ptr, &end, 10);
    return errno == 0 && end == field.ptr + field.len && *at_s < INT64_MAX / 1000000;
}

const char *event_parse(const char *row, struct event *event)
{
    struct tuan_str fields[FIELDS];

    for (int i = 0; i < FIELDS; i++) {
        size_t len = strcspn(row, ",");
        fields[i] = (struct tuan_str){row, (uint32_t)len};
        if ((row[len] == ',') != (i < FIELDS - 1)) return "not five fields";
        row += len + 1;
    }
    if (!copy_id(fields[FIELD_USER], event->user)) return "the user is no id";
    if (!copy_id(fields[FIELD_CATEGORY], event->category)) return "the category is no id";
    if (!read_kind(fields[FIELD_BEHAVIOUR], &event->kind))
        return "the behaviour is none of pv, fav, cart, buy";
    if (!read_time(fields[FIELD_TIME], &event->at_s)) return "the time is not in unix seconds";
    return NULL;
}

static void skip_row(struct reader *reader, const char *why)
{
    if (reader->skipped++ == 0)
        snprintf(reader->first_skipped, sizeof reader->first_skipped, "line %" PRId64 ": %s",
                 reader->lines, why);
}

/* One line of any length into row[]; false: the end. Too long: cut, so that it cannot be read. */
static bool read_row(struct reader *reader, char row[512])
{
    if (fgets(row, 512, reader->file) == NULL) return false;
    reader->lines++;
    size_t len = strlen(row);
    if (len > 0 && row[len - 1] != '\n' && !feof(reader->file)) {
        for (int c = getc(reader->file); c != '\n' && c != EOF;)
            c = getc(reader->file);
        row[0] = '\0';
        return true;
    }
    while (len > 0 && (row[len - 1] == '\n' || row[len - 1] == '\r'))
        row[--len] = '\0';
    return true;
}

bool reader_next(struct reader *reader, struct event *event)
{
    char row[512];

    while (read_row(reader, row)) {
        const char *why = event_parse(row, event);
        if (why != NULL) {
            if (reader->lines > 1) skip_row(reader, why);
            continue;
        }
        if (event->at_s < reader->newest_s - BACK_MAX_S) {
            skip_row(reader, "its time lies far behind the rows before it");
            continue;
        }
        if (event->at_s < reader->newest_s) event->at_s = reader->newest_s;
        reader->newest_s = event->at_s;
        event->line = reader->lines;
        return true;
    }
    return false;
}
