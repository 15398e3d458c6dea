/* SPDX-License-Identifier: BSD-2-Clause */
/* doctor_machine.c - what this machine gives a daemon and its Redis. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "bench/tool/doctor.h"
#include "bench/tool/info.h"

enum { BACKLOG_MIN = 1024, DESCRIPTORS_SPARE = 64 };

/* Its /proc/PID, if the daemon runs on this machine. */
static bool find_process(const struct doctor *doctor, char *out, size_t size)
{
    char path[64], name[64];

    if (doctor->info == NULL) return false;
    snprintf(out, size, "/proc/%" PRId64, info_number(doctor->info, "process_id"));
    snprintf(path, sizeof path, "%.40s/comm", out);
    return doctor_line(doctor, path, name, sizeof name) && strcmp(name, "tuand") == 0;
}

/* "Max open files            1024                 524288               files" */
static int64_t descriptors_of(const struct doctor *doctor, const char *process)
{
    static const char row[] = "Max open files";
    char path[512], line[256];
    int64_t limit = 0;

    snprintf(path, sizeof path, "%.200s%.60s/limits", doctor->root, process);
    FILE *file = fopen(path, "r");
    if (file == NULL) return 0;
    while (limit == 0 && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, row, sizeof row - 1) != 0) continue;
        const char *word = line + sizeof row - 1 + strspn(line + sizeof row - 1, " ");
        limit = strncmp(word, "unlimited", 9) == 0 ? INT64_MAX : strtoll(word, NULL, 10);
    }
    fclose(file);
    return limit;
}

void doctor_descriptors(const struct doctor *doctor, struct finding *out)
{
    char process[48];

    if (!find_process(doctor, process, sizeof process)) {
        finding_is(out, FINDING_SKIP, "", "no daemon on this machine");
        return;
    }
    int64_t limit = descriptors_of(doctor, process);
    int64_t wanted = info_number(doctor->info, "maxclients") + DESCRIPTORS_SPARE;
    if (limit >= wanted)
        finding_ok(out, "%" PRId64 " for %" PRId64 " connections", limit,
                   wanted - DESCRIPTORS_SPARE);
    else if (limit == 0)
        finding_is(out, FINDING_SKIP, "", "%s/limits cannot be read", process);
    else
        finding_is(out, FINDING_WARN,
                   "ulimit -n, or LimitNOFILE= in its unit; else a lower limit.connections",
                   "%" PRId64 " for %" PRId64 " connections", limit, wanted - DESCRIPTORS_SPARE);
}

/* A file of one number; false: told as skipped. */
static bool read_setting(const struct doctor *doctor, const char *path, struct finding *out,
                         int64_t *value)
{
    char line[64], *end;

    if (!doctor_line(doctor, path, line, sizeof line)) {
        finding_is(out, FINDING_SKIP, "", "%s cannot be read", path);
        return false;
    }
    *value = strtoll(line, &end, 10);
    return end != line;
}

void doctor_backlog(const struct doctor *doctor, struct finding *out)
{
    int64_t value = 0;

    if (!read_setting(doctor, "/proc/sys/net/core/somaxconn", out, &value)) return;
    finding_ok(out, "%" PRId64, value);
    if (value < BACKLOG_MIN)
        finding_is(out, FINDING_WARN, "sysctl net.core.somaxconn=4096", "%" PRId64, value);
}

void doctor_huge_pages(const struct doctor *doctor, struct finding *out)
{
    static const char path[] = "/sys/kernel/mm/transparent_hugepage/enabled";
    static const char advice[] = "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled";
    char line[128];

    if (!doctor_line(doctor, path, line, sizeof line))
        finding_is(out, FINDING_SKIP, "", "%s cannot be read", path);
    else if (strstr(line, "[always]") != NULL)
        finding_is(out, FINDING_WARN, advice, "always: a Redis that forks stalls on copying them");
    else
        finding_ok(out, "%s",
                   strstr(line, "[madvise]") != NULL ? "madvise"
                                                     : "never: nor does memory.huge_pages get any");
}

void doctor_overcommit(const struct doctor *doctor, struct finding *out)
{
    int64_t value = 0;

    if (!read_setting(doctor, "/proc/sys/vm/overcommit_memory", out, &value)) return;
    finding_ok(out, "%" PRId64, value);
    if (value != 1)
        finding_is(out, FINDING_WARN, "sysctl vm.overcommit_memory=1, where Redis runs",
                   "%" PRId64 ": Redis may fail to fork, and then to rewrite its log", value);
}

void doctor_clock(const struct doctor *doctor, struct finding *out)
{
    struct timex timex = {0};

    (void)doctor;
    if (adjtimex(&timex) < 0)
        finding_is(out, FINDING_SKIP, "", "the kernel does not tell");
    else if ((timex.status & STA_UNSYNC) == 0)
        finding_ok(out, "synchronized, within %ld ms", timex.maxerror / 1000);
    else
        finding_is(out, FINDING_WARN, "run chrony or systemd-timesyncd: payments are judged by it",
                   "not synchronized");
}
