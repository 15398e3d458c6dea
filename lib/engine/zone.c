/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/zone.h"

#include <stdbool.h>

enum { DAY_S = 86400, CHANGES_MAX = 64 };

int zone_minutes(struct tuan_str text)
{
    int digits[5];

    if (text.len != 5 || text.ptr[2] != ':') return -1;
    for (int i = 0; i < 5; i++) {
        digits[i] = text.ptr[i] - '0';
        if (i != 2 && (digits[i] < 0 || digits[i] > 9)) return -1;
    }
    int hours = digits[0] * 10 + digits[1], minutes = digits[3] * 10 + digits[4];
    return hours > 23 || minutes > 59 ? -1 : hours * 60 + minutes;
}

/* An offset and from when to when it holds, in seconds since 1970. */
struct span {
    int64_t from, to, offset;
};

static bool read_number(const char **at, const char *end, int64_t *out)
{
    int64_t value = 0;

    while (*at < end && **at == ' ')
        (*at)++;
    bool is_negative = *at < end && **at == '-';
    *at += is_negative;
    if (*at == end || **at < '0' || **at > '9') return false;
    for (; *at < end && **at >= '0' && **at <= '9' && value < INT64_C(1000000000000); (*at)++)
        value = value * 10 + (**at - '0');
    *out = is_negative ? -value : value;
    return true;
}

static int read_spans(struct tuan_str table, struct span spans[CHANGES_MAX])
{
    const char *at = table.ptr, *end = table.ptr + table.len;
    int64_t from = INT64_MIN, offset, to;
    int count = 0;

    while (count < CHANGES_MAX && read_number(&at, end, &offset)) {
        bool is_last = !read_number(&at, end, &to);
        if (offset < -DAY_S || offset > DAY_S || (!is_last && to <= from)) return 0;
        spans[count++] = (struct span){from, is_last ? INT64_MAX : to, offset};
        if (is_last) return count;
        from = to;
    }
    return count;
}

/* When clocks show `wall` (seconds since 1970, had they always shown UTC) first; where they jump
 * over it, the moment of the jump. */
static int64_t moment_of(const struct span *spans, int count, int64_t wall)
{
    for (int i = 0; i < count; i++) {
        int64_t moment = wall - spans[i].offset;
        if (moment < spans[i].from) return spans[i].from; /* the span before ended already */
        if (moment < spans[i].to) return moment;
    }
    return wall - spans[count - 1].offset;
}

static int64_t offset_at(const struct span *spans, int count, int64_t moment)
{
    for (int i = 0; i < count; i++)
        if (moment < spans[i].to) return spans[i].offset;
    return spans[count - 1].offset;
}

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

int64_t zone_next_ms(struct tuan_str table, int minutes, int64_t now_ms)
{
    struct span spans[CHANGES_MAX];
    int count = table.len == 0 ? 0 : read_spans(table, spans);

    if (count == 0 || minutes < 0) return 0;
    int64_t now_s = floor_div(now_ms, 1000);
    int64_t day = floor_div(now_s + offset_at(spans, count, now_s), DAY_S) - 1;
    int64_t moment;
    do
        moment = moment_of(spans, count, day++ * DAY_S + (int64_t)minutes * 60) * 1000;
    while (moment <= now_ms);
    return moment;
}
