/* SPDX-License-Identifier: BSD-2-Clause */
/* laws.h - what was found wrong with a server's answers. */
#ifndef TUAN_LOAD_LAWS_H
#define TUAN_LOAD_LAWS_H

#include <stdint.h>

enum law {
#define LAW(name, word, text) LAW_##name,
#include "bench/load/laws.def"
    LAWS
};
struct law_row {
    const char *word, *text;
};
extern const struct law_row law_rows[LAWS];

struct laws { /* zeroed: none broken */
    int64_t broken[LAWS];
    enum law first_law;
    char first[320]; /* the first offender; "" */
};

void laws_break(struct laws *laws, enum law law, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int64_t laws_broken(const struct laws *laws);

#endif
