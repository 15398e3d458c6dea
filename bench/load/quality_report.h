/* SPDX-License-Identifier: BSD-2-Clause */
/* quality_report.h - what the runs showed: a table for people, JSON or CSV for programs. */
#ifndef TUAN_BENCH_QUALITY_REPORT_H
#define TUAN_BENCH_QUALITY_REPORT_H

#include "bench/load/quality.h"

struct quality_row {
    struct quality_rules rules;
    struct quality_result result;
};
struct quality_report {
    const char *source; /* the file, or how they were generated */
    int64_t seed;
    const struct arrivals *arrivals;
    int64_t bound_rooms;
    const struct quality_row *rows;
    size_t count; /* of rows, at least one */
};

void quality_print_table(const struct quality_report *report);
void quality_print_json(const struct quality_report *report);
void quality_print_csv(const struct quality_report *report);

#endif
