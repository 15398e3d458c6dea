/* SPDX-License-Identifier: BSD-2-Clause */
/* metrics.h - the daemon's numbers, each kept once: the rows of metrics.def as a struct and as a
 * table. */
#ifndef TUAN_DAEMON_METRICS_H
#define TUAN_DAEMON_METRICS_H

#include "proto/vocab.h"

enum metric_section {
    METRIC_SERVER,
    METRIC_CLIENTS,
    METRIC_WEB,
    METRIC_MEMORY,
    METRIC_MIRROR,
    METRIC_STATS,
    METRIC_MATCHING,
    METRIC_KEYSPACE,
    METRIC_SECTION_COUNT
};
enum metric_kind { METRIC_COUNTER, METRIC_COUNTER_US, METRIC_GAUGE, METRIC_GAUGE_MS };

struct metrics {
#define METRIC(member, section, kind, prometheus, doc) int64_t member;
#include "daemon/metrics.def"
    int64_t commands_done[TUAN_CMD_COUNT];    /* by command: answered with a result */
    int64_t commands_refused[TUAN_CMD_COUNT]; /* by command: answered with an error */
    int64_t errors[TUAN_ERR_COUNT];           /* by error, also where no command was known */
};

struct metric_row {
    const char *name, *prometheus, *doc;
    enum metric_section section;
    enum metric_kind kind;
    size_t offset; /* of an int64_t in struct metrics */
};
extern const struct metric_row metric_rows[];
extern const size_t metric_row_count;
extern const char *const metric_section_names[METRIC_SECTION_COUNT]; /* as INFO spells them */

int64_t metric_value(const struct metrics *metrics, const struct metric_row *row);

/* One request was answered; TUAN_OK is a result. TUAN_CMD_COUNT: the request named no command. */
void metrics_count(struct metrics *metrics, enum tuan_cmd command, enum tuan_err err);

/* Memory as the system and the allocator see it. */
void metrics_sample_memory(struct metrics *metrics);

#endif
