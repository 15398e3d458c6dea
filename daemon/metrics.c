/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/metrics.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct metric_row metric_rows[] = {
#define METRIC(member, section, kind, prometheus, doc)                                             \
    {#member, prometheus, doc, METRIC_##section, METRIC_##kind, offsetof(struct metrics, member)},
#include "daemon/metrics.def"
};
const size_t metric_row_count = sizeof metric_rows / sizeof metric_rows[0];

const char *const metric_section_names[METRIC_SECTION_COUNT] = {
    [METRIC_SERVER] = "Server",     [METRIC_CLIENTS] = "Clients",   [METRIC_WEB] = "Web",
    [METRIC_MEMORY] = "Memory",     [METRIC_MIRROR] = "Mirror",     [METRIC_STATS] = "Stats",
    [METRIC_MATCHING] = "Matching", [METRIC_KEYSPACE] = "Keyspace",
};

int64_t metric_value(const struct metrics *metrics, const struct metric_row *row)
{
    int64_t value;

    memcpy(&value, (const char *)metrics + row->offset, sizeof value);
    return value;
}

void metrics_count(struct metrics *metrics, enum tuan_cmd command, enum tuan_err err)
{
    assert(err < TUAN_ERR_COUNT);
    metrics->total_commands_processed++;
    if (err != TUAN_OK) {
        metrics->total_error_replies++;
        metrics->errors[err]++;
    }
    if (command == TUAN_CMD_COUNT) return;
    if (err == TUAN_OK)
        metrics->commands_done[command]++;
    else
        metrics->commands_refused[command]++;
}

static int64_t read_resident_bytes(void)
{
    long long pages_all = 0, pages_resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL) return 0;
    int found = fscanf(file, "%lld %lld", &pages_all, &pages_resident);
    fclose(file);
    return found == 2 ? pages_resident * sysconf(_SC_PAGESIZE) : 0;
}

/* jemalloc's, where it is linked; the only place that knows of it. */
extern int mallctl(const char *name, void *old, size_t *old_len, void *fresh, size_t fresh_len)
    __attribute__((weak));

static int64_t read_allocated_bytes(void)
{
    uint64_t epoch = 1;
    size_t allocated = 0, len = sizeof epoch;

    if (mallctl == NULL) return 0;
    mallctl("epoch", &epoch, &len, &epoch, len);
    len = sizeof allocated;
    return mallctl("stats.allocated", &allocated, &len, NULL, 0) == 0 ? (int64_t)allocated : 0;
}

void metrics_sample_memory(struct metrics *metrics)
{
    metrics->used_memory_rss = read_resident_bytes();
    metrics->used_memory = read_allocated_bytes();
    if (metrics->used_memory == 0) metrics->used_memory = metrics->used_memory_rss;
}
