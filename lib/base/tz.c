/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/tz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"

#define ZONES "/usr/share/zoneinfo"

enum { NAME_MAX_LEN = 64, YEARS = 15, DAY_S = 86400, CHANGES_MAX = 60 };

static bool is_name(const char *name, size_t len)
{
    if (len == 0 || len > NAME_MAX_LEN || name[0] == '/') return false;
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool is_other = (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' || c == '/';
        if (!is_letter && !is_other) return false;
    }
    return true;
}

static bool is_known(const char *name, size_t len)
{
    char path[sizeof ZONES + NAME_MAX_LEN + 1];
    struct stat status;

    snprintf(path, sizeof path, "%s/%.*s", ZONES, (int)len, name);
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static int64_t offset_at(time_t moment)
{
    struct tm local;

    return localtime_r(&moment, &local) == NULL ? 0 : local.tm_gmtoff;
}

/* The first second of (from, to] that has the offset of `to`: zones change once a day at most. */
static time_t change_between(time_t from, time_t to)
{
    int64_t after = offset_at(to);

    while (to - from > 1) {
        time_t middle = from + (to - from) / 2;
        if (offset_at(middle) == after)
            to = middle;
        else
            from = middle;
    }
    return to;
}

static time_t start_of_last_year(int64_t now_ms)
{
    time_t now = (time_t)(now_ms / 1000);
    struct tm utc;

    if (gmtime_r(&now, &utc) == NULL) return 0;
    utc = (struct tm){.tm_year = utc.tm_year - 1, .tm_mday = 1};
    return timegm(&utc);
}

static size_t write_table(int64_t now_ms, char out[TZ_TABLE_MAX])
{
    time_t at = start_of_last_year(now_ms);
    time_t end = at + (time_t)YEARS * 366 * DAY_S;
    int64_t offset = offset_at(at);
    int changes = 0;
    size_t len = (size_t)snprintf(out, TZ_TABLE_MAX, "%lld", (long long)offset);

    for (; at < end && changes < CHANGES_MAX; at += DAY_S) {
        int64_t next = offset_at(at + DAY_S);
        if (next == offset) continue;
        len += (size_t)snprintf(out + len, TZ_TABLE_MAX - len, " %lld %lld",
                                (long long)change_between(at, at + DAY_S), (long long)next);
        if (len >= TZ_TABLE_MAX - 40) break;
        offset = next;
        changes++;
    }
    return len;
}

size_t tz_table(const char *name, size_t name_len, int64_t now_ms, char out[TZ_TABLE_MAX])
{
    char zone[NAME_MAX_LEN + 2];
    const char *before = getenv("TZ");
    char *kept = before == NULL ? NULL : mem_dup(before, strlen(before) + 1);

    if (!is_name(name, name_len) || !is_known(name, name_len)) {
        mem_free(kept);
        return 0;
    }
    snprintf(zone, sizeof zone, ":%.*s", (int)name_len, name);
    setenv("TZ", zone, 1);
    tzset();
    size_t len = write_table(now_ms, out);
    if (kept == NULL)
        unsetenv("TZ");
    else
        setenv("TZ", kept, 1);
    tzset();
    mem_free(kept);
    return len;
}
