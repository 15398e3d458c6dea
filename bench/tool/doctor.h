/* SPDX-License-Identifier: BSD-2-Clause */
/* doctor.h - what a check of `tuan doctor` is given, and what it finds. */
#ifndef TUAN_TOOL_DOCTOR_H
#define TUAN_TOOL_DOCTOR_H

#include <jansson.h>

#include "bench/tool/tool.h"

struct doctor {
    const struct tool *tool;
    const char *root;    /* where /proc and /sys are: "" for our own */
    const json_t *info;  /* the daemon's; NULL: nobody serves there */
    const json_t *due;   /* REFUND.LIST; NULL: not told */
    int64_t asked_ms;    /* our clock, half way between question and answer */
    const char *missing; /* why there is no daemon */
};

enum finding_result { FINDING_OK, FINDING_WARN, FINDING_FAIL, FINDING_SKIP };
struct finding {
    enum finding_result result;
    char value[256];  /* what is */
    char advice[256]; /* what to do; "" if it is good */
};

typedef void doctor_check(const struct doctor *doctor, struct finding *out);
#define CHECK(name, title, doc) doctor_check doctor_##name;
#include "bench/tool/doctor.def"

void finding_ok(struct finding *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The value; then the caller gives the advice. */
void finding_is(struct finding *out, enum finding_result result, const char *advice,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The first line of a file below doctor->root, without its end; false: it cannot be read. */
bool doctor_line(const struct doctor *doctor, const char *path, char *out, size_t size);

#endif
