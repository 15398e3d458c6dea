/* SPDX-License-Identifier: BSD-2-Clause */
/* zone.c - when a clock on the wall shows HH:MM next, asked of the C library and its own tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "impl.h"

enum { ZONE_MAX = 64, HOUR = 3600 };

bool n_zone_is_known(struct tuan_str zone)
{
    char path[128];

    if (zone.len == 0 || zone.len >= ZONE_MAX) return false;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", (int)zone.len, zone.ptr);
    return access(path, R_OK) == 0;
}

static void go_to(struct tuan_str zone)
{
    static char now[ZONE_MAX]; /* as the C library's zone, it is the process's */

    if (strlen(now) == zone.len && zone.len > 0 && memcmp(now, zone.ptr, zone.len) == 0) return;
    snprintf(now, sizeof now, "%.*s", (int)zone.len, zone.ptr);
    setenv("TZ", now, 1);
    tzset();
}

static long offset_at(time_t moment)
{
    struct tm local;

    localtime_r(&moment, &local);
    return local.tm_gmtoff;
}

/* The first moment at which a clock that shows `wall` (seconds, as if it were UTC) or more can be
 * seen on that day: in a gap the first moment after the jump, of two the first. */
static time_t first_showing(time_t wall)
{
    time_t best = 0, low = wall - 30 * HOUR;
    bool is_found = false;

    for (time_t at = wall - 30 * HOUR; at <= wall + 30 * HOUR; at += HOUR) {
        time_t moment = wall - offset_at(at);
        if (offset_at(moment) != wall - moment) continue;
        if (!is_found || moment < best) best = moment;
        is_found = true;
    }
    if (is_found) return best;
    for (time_t high = wall + 30 * HOUR; low < high;) { /* the jump: local time passes `wall` */
        time_t middle = low + (high - low) / 2;
        if (middle + offset_at(middle) > wall)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

int64_t n_zone_next(struct tuan_str zone, struct tuan_str cutoff, int64_t after)
{
    int hour = (cutoff.ptr[0] - '0') * 10 + cutoff.ptr[1] - '0';
    int minute = (cutoff.ptr[3] - '0') * 10 + cutoff.ptr[4] - '0';
    time_t start = (time_t)(after / 1000);

    go_to(zone);
    time_t day = (start + offset_at(start)) / 86400 - 1;
    for (int i = 0; i < 5; i++, day++) {
        int64_t moment = (int64_t)first_showing(day * 86400 + hour * HOUR + minute * 60) * 1000;
        if (moment > after) return moment;
    }
    return FAR_AWAY;
}

bool naive_knows_zone(struct tuan_str zone)
{
    return n_zone_is_known(zone);
}

long naive_offset(struct tuan_str zone, time_t moment)
{
    go_to(zone);
    return offset_at(moment);
}
