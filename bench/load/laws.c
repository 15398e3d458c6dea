/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/laws.h"

#include <stdarg.h>
#include <stdio.h>

const struct law_row law_rows[LAWS] = {
#define LAW(name, word, text) {word, text},
#include "bench/load/laws.def"
};

void laws_break(struct laws *laws, enum law law, const char *format, ...)
{
    va_list args;

    if (laws_broken(laws) == 0) {
        laws->first_law = law;
        va_start(args, format);
        vsnprintf(laws->first, sizeof laws->first, format, args);
        va_end(args);
    }
    laws->broken[law]++;
}

int64_t laws_broken(const struct laws *laws)
{
    int64_t sum = 0;

    for (int law = 0; law < LAWS; law++)
        sum += laws->broken[law];
    return sum;
}
