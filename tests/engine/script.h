/* SPDX-License-Identifier: BSD-2-Clause */
/* script.h - stories: tables of commands, times and what they answer. README.md has the grammar.
 *
 * Every story is told once for each world_pass. After each step the world is checked.
 */
#ifndef TUAN_TESTS_ENGINE_SCRIPT_H
#define TUAN_TESTS_ENGINE_SCRIPT_H

#include "world.h"

enum { SCRIPT_WORDS_MAX = 128, SCRIPT_TEXT_MAX = 4096 };
#define SCRIPT_T0 INT64_C(1700000000000) /* time 0 of every story */

/* A step's line in pieces; words point into `text`. */
struct script_line {
    int64_t at_ms;
    const char *words[SCRIPT_WORDS_MAX]; /* the command */
    const char *wants[SCRIPT_WORDS_MAX]; /* behind "->" */
    const char *facts[SCRIPT_WORDS_MAX]; /* behind "|" */
    size_t word_count, want_count, fact_count;
    bool tells_facts;
    char text[SCRIPT_TEXT_MAX];
};

/* Values that a story has named: room=$r binds on its first use. */
struct script_names {
    struct script_name {
        char name[32], value[128];
    } items[64];
    size_t count;
};

/* NULL, or what is wrong with the line. */
const char *script_parse(struct script_line *line, const char *text);
/* A word of a command or a wanted value: $r, @1500 and plain. NULL: $r is not bound. The answer is
 * good until the names change or the next call with that scratch. */
const char *script_value(const struct script_names *names, const char *word, char scratch[32]);
/* Does the outcome meet the line? Binds names. False: why is in `flaw`. */
bool script_meets(const struct script_line *line, const struct outcome *outcome,
                  struct script_names *names, bool checks_facts, char *flaw, size_t flaw_size);

/* Tell all stories of a file; returns how many were not as told. */
struct script_counts {
    int stories, steps, failed;
};
void script_run(const char *path, struct script_counts *counts);

#endif
