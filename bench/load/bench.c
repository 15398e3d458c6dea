/* SPDX-License-Identifier: BSD-2-Clause */
/* bench.c - `tuan bench`: the table of workloads. */
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

static void print_workloads(FILE *out)
{
    fprintf(out, "usage: tuan bench WORKLOAD [flags]\n\nWorkloads (each explains itself with "
                 "--help):\n");
    for (size_t i = 0; i < WORKLOADS; i++)
        fprintf(out, "  %-10s %s\n", workloads[i].name, workloads[i].summary);
    fprintf(out, "Workloads against a daemon are not served yet.\n");
}

int bench_command(struct tool *tool, int argc, char **argv)
{
    if (argc < 2) {
        print_workloads(stderr);
        return TOOL_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_workloads(stdout);
        return TOOL_OK;
    }
    for (size_t i = 0; i < WORKLOADS; i++)
        if (strcmp(workloads[i].name, argv[1]) == 0)
            return workloads[i].run(tool, argc - 1, argv + 1);
    fprintf(stderr, "tuan bench: no such workload: %s (--help lists them)\n", argv[1]);
    return TOOL_USAGE;
}
