/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/metrics.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/mirror/types.h"

#define ROW_OF_WORD(index, label, word, member, section, kind, prometheus, labels, doc)            \
    {#member "_" word, prometheus "{" labels label "=\"" word "\"}", doc, METRIC_##section,        \
     METRIC_##kind,    offsetof(struct metrics, member[index])},

const struct metric_row metric_rows[] = {
#define METRIC(member, section, kind, prometheus, doc)                                             \
    {#member, prometheus, doc, METRIC_##section, METRIC_##kind, offsetof(struct metrics, member)},
#define METRIC_BY(member, list, section, kind, prometheus, labels, doc)                            \
    METRIC_LIST_##list(ROW_OF_WORD, member, section, kind, prometheus, labels, doc)
#define METRIC_HISTOGRAM(member, section, unit, prometheus, doc)
#define METRIC_HISTOGRAM_BY(member, list, section, unit, prometheus, doc)
#include "daemon/metrics.def"
};
const size_t metric_row_count = sizeof metric_rows / sizeof metric_rows[0];

#define HISTOGRAM_OF_WORD(index, label, word, member, section, unit, prometheus, doc)              \
    {#member "_" word "_count",                                                                    \
     #member "_" word "_sum",                                                                      \
     prometheus,                                                                                   \
     doc,                                                                                          \
     label "=\"" word "\",",                                                                       \
     METRIC_##section,                                                                             \
     HISTOGRAM_##unit,                                                                             \
     offsetof(struct metrics, member[index])},

const struct metric_histogram_row metric_histogram_rows[] = {
#define METRIC(member, section, kind, prometheus, doc)
#define METRIC_BY(member, list, section, kind, prometheus, labels, doc)
#define METRIC_HISTOGRAM(member, section, unit, prometheus, doc)                                   \
    {#member "_count",                                                                             \
     #member "_sum",                                                                               \
     prometheus,                                                                                   \
     doc,                                                                                          \
     "",                                                                                           \
     METRIC_##section,                                                                             \
     HISTOGRAM_##unit,                                                                             \
     offsetof(struct metrics, member)},
#define METRIC_HISTOGRAM_BY(member, list, section, unit, prometheus, doc)                          \
    METRIC_LIST_##list(HISTOGRAM_OF_WORD, member, section, unit, prometheus, doc)
#include "daemon/metrics.def"
};
const size_t metric_histogram_row_count =
    sizeof metric_histogram_rows / sizeof metric_histogram_rows[0];

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

const struct histogram *metric_histogram(const struct metrics *metrics,
                                         const struct metric_histogram_row *row)
{
    return (const void *)((const char *)metrics + row->offset);
}

/* ---- counting ---- */

void metrics_count(struct metrics *metrics, enum metric_proto proto, enum tuan_cmd command,
                   enum tuan_err err)
{
    assert(err < TUAN_ERR_COUNT);
    metrics->total_commands_processed++;
    if (err != TUAN_OK) {
        metrics->total_error_replies++;
        metrics->errors[err]++;
    }
    if (command != TUAN_CMD_COUNT) metrics->commands[proto][command][err]++;
}

struct metric_outcomes metrics_outcomes(const struct metrics *metrics, enum tuan_cmd command)
{
    struct metric_outcomes outcomes = {0, 0};

    for (int proto = 0; proto < METRIC_PROTO_COUNT; proto++) {
        outcomes.done += metrics->commands[proto][command][TUAN_OK];
        for (int err = TUAN_OK + 1; err < TUAN_ERR_COUNT; err++)
            outcomes.refused += metrics->commands[proto][command][err];
    }
    return outcomes;
}

/* ---- sums ---- */

static int64_t sum_of(const int64_t words[METRIC_WORDS_MAX])
{
    int64_t sum = 0;

    for (int i = 0; i < METRIC_WORDS_MAX; i++)
        sum += words[i];
    return sum;
}

static enum metric_join join_of(enum tuan_err err)
{
    switch (err) {
    case TUAN_OK: return METRIC_JOIN_OK;
    case TUAN_ERR_ROOM_FULL:
    case TUAN_ERR_NO_JOINABLE_ROOM: return METRIC_JOIN_FULL;
    case TUAN_ERR_ROOM_EXPIRED:
    case TUAN_ERR_ROOM_CLOSED:
    case TUAN_ERR_CAMPAIGN_ENDED:
    case TUAN_ERR_CAMPAIGN_CLOSED: return METRIC_JOIN_EXPIRED;
    case TUAN_ERR_OWN_ROOM:
    case TUAN_ERR_ALREADY_IN_ROOM:
    case TUAN_ERR_ALREADY_IN_CAMPAIGN: return METRIC_JOIN_DUPLICATE;
    case TUAN_ERR_LIMIT_PER_ORDER:
    case TUAN_ERR_LIMIT_TOTAL:
    case TUAN_ERR_LIMIT_OPENS:
    case TUAN_ERR_LIMIT_JOINS:
    case TUAN_ERR_LIMIT_ROOMS:
    case TUAN_ERR_LIMIT_UNPAID:
    case TUAN_ERR_OUT_OF_QUOTA: return METRIC_JOIN_LIMITED;
    case TUAN_ERR_CHANNEL_BLOCKED:
    case TUAN_ERR_NOT_NEW_USER:
    case TUAN_ERR_NOT_OLD_USER:
    case TUAN_ERR_CROWD_NOT_ALLOWED:
    case TUAN_ERR_TAG_MISMATCH:
    case TUAN_ERR_REFERRER_INVALID: return METRIC_JOIN_EXCLUDED;
    default: return METRIC_JOIN_ERROR;
    }
}

static void sum_joins(struct metrics *metrics)
{
    static const enum tuan_cmd asking[] = {TUAN_CMD_ROOM_OPEN, TUAN_CMD_ROOM_JOIN,
                                           TUAN_CMD_ROOM_MATCH};

    memset(metrics->joins, 0, sizeof metrics->joins);
    for (size_t i = 0; i < sizeof asking / sizeof asking[0]; i++)
        for (int proto = 0; proto < METRIC_PROTO_COUNT; proto++)
            for (int err = TUAN_OK; err < TUAN_ERR_COUNT; err++)
                metrics->joins[join_of((enum tuan_err)err)] +=
                    metrics->commands[proto][asking[i]][err];
}

void metrics_sum_up(struct metrics *metrics)
{
    metrics->connected_clients = sum_of(metrics->connections);
    metrics->bad_frames = sum_of(metrics->unreadable);
    metrics->total_net_input_bytes = sum_of(metrics->net_input_bytes);
    metrics->total_net_output_bytes = sum_of(metrics->net_output_bytes);
    metrics->gaps_told = metrics->push_gaps + metrics->http_gaps;
    sum_joins(metrics);
}

/* ---- memory ---- */

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

const char *metrics_allocator(void)
{
    const char *version = "";
    size_t size = sizeof version;

    if (mallctl == NULL || mallctl("version", (void *)&version, &size, NULL, 0) != 0) return "";
    return version;
}

/* The first line of a small file; empty if it cannot be read. */
static void read_line(const char *path, char *out, int size)
{
    FILE *file = fopen(path, "re");

    out[0] = '\0';
    if (file == NULL) return;
    if (fgets(out, size, file) == NULL) out[0] = '\0';
    fclose(file);
    out[strcspn(out, "\n")] = '\0';
}

/* The least that a control group (version 2) of ours or one above it allows. */
static int64_t read_group_limit(int64_t limit)
{
    char group[512], path[sizeof group + 64], text[32];

    read_line("/proc/self/cgroup", group, sizeof group);
    if (strncmp(group, "0::/", 4) != 0) return limit;
    for (char *end = group + strlen(group); end != NULL; end = strrchr(group + 3, '/')) {
        *end = '\0';
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", group + 3);
        read_line(path, text, sizeof text);
        long long max = strtoll(text, NULL, 10); /* 0 for "max", or no such file */
        if (max > 0 && max < limit) limit = max;
    }
    return limit;
}

void metrics_sample_memory(struct metrics *metrics)
{
    metrics->memory_limit =
        read_group_limit((int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
    metrics->used_memory_rss = read_resident_bytes();
    metrics->used_memory = read_allocated_bytes();
    if (metrics->used_memory == 0) metrics->used_memory = metrics->used_memory_rss;
}
