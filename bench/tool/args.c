/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/tool/args.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static args_reader *rows_reader;
static void *rows_context;

static bool read_count(const char *text, long long *value, char **end)
{
    errno = 0;
    *value = strtoll(text, end, 10);
    return *end != text && errno == 0 && *value >= 0;
}

bool args_span(const char *text, long long *ms)
{
    static const struct {
        const char *unit;
        long long ms;
    } units[] = {{"", 1}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    char *end;

    if (!read_count(text, ms, &end)) return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i].unit) == 0) return !__builtin_mul_overflow(*ms, units[i].ms, ms);
    return false;
}

static bool store(const struct flag *flag, const char *text)
{
    long long number = 0;
    char *end = NULL;
    bool is_good = true;

    switch (flag->kind) {
    case FLAG_SWITCH: *(bool *)flag->out = true; return true;
    case FLAG_TEXT: *(const char **)flag->out = text; return true;
    case FLAG_COUNT: is_good = read_count(text, &number, &end) && *end == '\0'; break;
    case FLAG_SPAN: is_good = args_span(text, &number); break;
    }
    if (is_good)
        *(int64_t *)flag->out = number;
    else
        fprintf(stderr, "tuan: %s %s: not a %s\n", flag->name, text,
                flag->kind == FLAG_SPAN ? "span such as 500ms, 30s, 15m, 2h" : "number");
    return is_good;
}

static const struct flag *find_flag(const struct usage *usage, const char *word, size_t len)
{
    for (size_t i = 0; i < usage->count; i++) {
        const struct flag *flag = &usage->flags[i];
        if ((strlen(flag->name) == len && memcmp(flag->name, word, len) == 0) ||
            (flag->alias != NULL && strlen(flag->alias) == len &&
             memcmp(flag->alias, word, len) == 0))
            return flag;
    }
    return NULL;
}

/* One flag at argv[at]; returns how many words it took, 0 if it is wrong. */
static int take_flag(const struct usage *usage, int argc, char **argv, int at)
{
    const char *word = argv[at], *equals = strchr(word, '=');
    size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const struct flag *flag = find_flag(usage, word, len);

    if (flag == NULL) {
        fprintf(stderr, "tuan: no such flag: %s (--help lists them)\n", word);
        return 0;
    }
    if (flag->kind == FLAG_SWITCH) {
        if (equals != NULL) fprintf(stderr, "tuan: %s takes no value\n", flag->name);
        return equals == NULL && store(flag, NULL) ? 1 : 0;
    }
    if (equals != NULL) return store(flag, equals + 1) ? 1 : 0;
    if (at + 1 >= argc) {
        fprintf(stderr, "tuan: %s needs a value\n", flag->name);
        return 0;
    }
    return store(flag, argv[at + 1]) ? 2 : 0;
}

void args_help(const struct usage *usage)
{
    printf("%s\n\n%s\n", usage->line, usage->summary);
    for (size_t i = 0; i < usage->count; i++) {
        const struct flag *flag = &usage->flags[i];
        char left[64];
        snprintf(left, sizeof left, "%s%s%s %s", flag->alias == NULL ? "" : flag->alias,
                 flag->alias == NULL ? "" : ", ", flag->name,
                 flag->value == NULL ? "" : flag->value);
        printf("  %-22s %s", left, flag->doc);
        if ((flag->kind == FLAG_COUNT || flag->kind == FLAG_SPAN) && *(int64_t *)flag->out != 0)
            printf(" (%" PRId64 "%s)", *(int64_t *)flag->out, flag->kind == FLAG_SPAN ? " ms" : "");
        printf("\n");
    }
    printf("  %-22s %s\n", "--help", "this text");
}

void args_read_rows(args_reader *reader, void *context)
{
    rows_reader = reader;
    rows_context = context;
}

enum args_result args_parse(const struct usage *usage, int *argc, char **argv, bool stop_at_word)
{
    int kept = 1, at = 1;
    bool flags_ended = false;

    if (rows_reader != NULL) {
        rows_reader(rows_context, usage);
        return ARGS_BAD;
    }
    while (at < *argc) {
        const char *word = argv[at];
        if (flags_ended || word[0] != '-' || word[1] == '\0') {
            flags_ended |= stop_at_word;
            argv[kept++] = argv[at++];
        } else if (strcmp(word, "--") == 0) {
            flags_ended = true;
            at++;
        } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            args_help(usage);
            return ARGS_HELP;
        } else {
            int took = take_flag(usage, *argc, argv, at);
            if (took == 0) return ARGS_BAD;
            at += took;
        }
    }
    *argc = kept;
    return ARGS_OK;
}
