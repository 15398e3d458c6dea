/* SPDX-License-Identifier: BSD-2-Clause */
/* doctor_finding.c - how a check says what it found, and reads a line of /proc or /sys. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/tool/doctor.h"

void finding_ok(struct finding *out, const char *format, ...)
{
    va_list args;

    *out = (struct finding){.result = FINDING_OK};
    va_start(args, format);
    vsnprintf(out->value, sizeof out->value, format, args);
    va_end(args);
}

void finding_is(struct finding *out, enum finding_result result, const char *advice,
                const char *format, ...)
{
    va_list args;

    *out = (struct finding){.result = result};
    snprintf(out->advice, sizeof out->advice, "%s", advice);
    va_start(args, format);
    vsnprintf(out->value, sizeof out->value, format, args);
    va_end(args);
}

bool doctor_line(const struct doctor *doctor, const char *path, char *out, size_t size)
{
    char whole[512];

    snprintf(whole, sizeof whole, "%.200s%.200s", doctor->root, path);
    FILE *file = fopen(whole, "r");
    if (file == NULL) return false;
    bool is_read = fgets(out, (int)size, file) != NULL;
    fclose(file);
    if (is_read) out[strcspn(out, "\n")] = '\0';
    return is_read;
}
