/* SPDX-License-Identifier: BSD-2-Clause */
/* args.h - command lines as rows: each flag is one row, which parses, checks and explains it. */
#ifndef TUAN_TOOL_ARGS_H
#define TUAN_TOOL_ARGS_H

#include <stdbool.h>
#include <stddef.h>

enum flag_kind {
    FLAG_SWITCH, /* bool: no value */
    FLAG_TEXT,   /* const char *: borrowed from argv */
    FLAG_COUNT,  /* int64_t, at least 0 */
    FLAG_SPAN,   /* int64_t in ms: 500ms 30s 15m 2h 1d; a bare number is ms */
};

struct flag {
    const char *name;  /* "--speed" */
    const char *alias; /* "-s", or NULL */
    enum flag_kind kind;
    void *out;         /* holds the default before, the value after */
    const char *value; /* what stands for the value in the help: "N" */
    const char *doc;
};

struct usage {
    const char *line;    /* "tuan replay [FILE|-] [flags]" */
    const char *summary; /* paragraphs; ends in a newline */
    const struct flag *flags;
    size_t count;
};

enum args_result { ARGS_OK, ARGS_HELP, ARGS_BAD };

/* Take the flags out of argv; *argc and argv keep argv[0] and what is no flag, in order.
 * stop_at_word: leave all from the first word on as it is. `--` ends the flags. HELP: --help was
 * given and answered on stdout. BAD: said on stderr. */
enum args_result args_parse(const struct usage *usage, int *argc, char **argv, bool stop_at_word);

/* From now on args_parse only shows `reader` the rows that it is given, and answers BAD without a
 * word: what a subcommand takes can be asked for without running it. NULL: back to work. */
typedef void args_reader(void *context, const struct usage *usage);
void args_read_rows(args_reader *reader, void *context);

void args_help(const struct usage *usage);

/* "30s" in ms; false: not a span. */
bool args_span(const char *text, long long *ms);

#endif
