/* SPDX-License-Identifier: BSD-2-Clause */
/* bench.c - `tuan bench`: what it can measure. */
#include <stdio.h>
#include <string.h>

#include "bench/load/load.h"

static const struct workload {
    const char *name;
    const char *summary;
    tool_command *run;
} workloads[] = {
    {"engine", "the engine alone, in this process: joins a second, bytes a room", bench_engine},
    {"quality", "which matching policy seats most shoppers, against what is possible at all",
     bench_quality},
};
#define WORKLOADS (sizeof workloads / sizeof workloads[0])

static void print_workloads(void)
{
    printf("\nOther measurements (each explains itself with --help):\n");
    for (size_t i = 0; i < WORKLOADS; i++)
        printf("  tuan bench %-10s %s\n", workloads[i].name, workloads[i].summary);
}

int bench_command(struct tool *tool, int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < WORKLOADS; i++)
        if (strcmp(workloads[i].name, argv[1]) == 0)
            return workloads[i].run(tool, argc - 1, argv + 1);
    bool wants_help = argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    int code = bench_load(tool, argc, argv);
    if (wants_help) print_workloads();
    return code;
}
