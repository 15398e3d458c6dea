/* SPDX-License-Identifier: BSD-2-Clause */
/* script.c - from a line of a story to its pieces, and from an outcome to yes or no. */
#include "script.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

/* The next word of *at, cut off in place; a quote around a whole word keeps its spaces. */
static char *next_word(char **at, bool *is_quoted)
{
    char *word = *at + strspn(*at, " \t\n");

    *is_quoted = *word == '\'' || *word == '"';
    if (*word == '\0' || *word == '#') return NULL;
    char *end = *is_quoted ? strchr(word + 1, *word) : word + strcspn(word, " \t\n");
    if (end == NULL) end = word + strlen(word);
    if (*is_quoted) word++;
    *at = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

static bool parse_number(const char *text, int64_t *out)
{
    int64_t value = 0;

    if (!isdigit((unsigned char)*text)) return false;
    for (; *text != '\0'; text++) {
        if (*text == '_') continue;
        if (!isdigit((unsigned char)*text)) return false;
        value = value * 10 + (*text - '0');
    }
    *out = value;
    return true;
}

const char *script_parse(struct script_line *line, const char *text)
{
    enum { COMMAND, WANTS, FACTS } part = COMMAND;
    bool is_quoted;

    *line = (struct script_line){.at_ms = 0};
    if (strlen(text) >= sizeof line->text) return "the line is too long";
    strcpy(line->text, text);
    char *at = line->text;
    char *word = next_word(&at, &is_quoted);
    if (word == NULL || !parse_number(word, &line->at_ms)) return "a step begins with its time";
    while ((word = next_word(&at, &is_quoted)) != NULL) {
        size_t *count = part == COMMAND ? &line->word_count
                        : part == WANTS ? &line->want_count
                                        : &line->fact_count;
        if (!is_quoted && part == COMMAND && strcmp(word, "->") == 0) {
            part = WANTS;
        } else if (!is_quoted && part == WANTS && strcmp(word, "|") == 0) {
            part = FACTS;
            line->tells_facts = true;
        } else if (*count == SCRIPT_WORDS_MAX) {
            return "too many words";
        } else {
            const char **list = part == COMMAND ? line->words
                                : part == WANTS ? line->wants
                                                : line->facts;
            list[(*count)++] = word;
        }
    }
    if (line->fact_count == 1 && strcmp(line->facts[0], "-") == 0) line->fact_count = 0;
    return line->word_count == 0 ? "no command" : part == COMMAND ? "no ->" : NULL;
}

/* ---- names ---- */

static struct script_name *find_name(const struct script_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i].name, name) == 0)
            return (struct script_name *)(uintptr_t)&names->items[i];
    return NULL;
}

const char *script_value(const struct script_names *names, const char *word, char scratch[32])
{
    int64_t offset;

    if (word[0] == '@' && parse_number(word + 1, &offset)) {
        snprintf(scratch, 32, "%lld", (long long)(SCRIPT_T0 + offset));
        return scratch;
    }
    if (word[0] != '$') return word;
    const struct script_name *name = find_name(names, word + 1);
    return name == NULL ? NULL : name->value;
}

static bool bind(struct script_names *names, const char *name, const char *value)
{
    struct script_name *item = &names->items[names->count];

    if (names->count == sizeof names->items / sizeof *names->items) return false;
    names->count++;
    snprintf(item->name, sizeof item->name, "%s", name);
    snprintf(item->value, sizeof item->value, "%s", value);
    return true;
}

/* ---- meeting ---- */

struct meeting {
    const struct outcome *outcome;
    struct script_names *names;
    char *flaw;
    size_t flaw_size;
};

/* "room=$r", "missing=1", "refund=-", "price=*" */
static bool meets_value(struct meeting *meeting, const char *want)
{
    char path[128], scratch[32];
    const char *equals = strchr(want, '=');

    snprintf(path, sizeof path, "%.*s", (int)(equals - want), want);
    const char *wanted = equals + 1;
    const char *got = pairs_find(&meeting->outcome->pairs, path);
    if (strcmp(wanted, "*") == 0 && got != NULL) return true;
    if (wanted[0] == '$' && got != NULL && find_name(meeting->names, wanted + 1) == NULL)
        return bind(meeting->names, wanted + 1, got);
    const char *value = script_value(meeting->names, wanted, scratch);
    if (strcmp(wanted, "-") == 0 ? got == NULL
                                 : got != NULL && value != NULL && strcmp(got, value) == 0)
        return true;
    snprintf(meeting->flaw, meeting->flaw_size, "%s is %s, not %s", path,
             got == NULL ? "absent" : got, value == NULL ? wanted : value);
    return false;
}

static bool meets_code(struct meeting *meeting, const char *code)
{
    const char *got = tuan_errors[meeting->outcome->err].name;

    if (meeting->outcome->err != TUAN_OK && strcmp(got, code) == 0) return true;
    snprintf(meeting->flaw, meeting->flaw_size, "%s, not %s",
             meeting->outcome->err == TUAN_OK ? "accepted" : got, code);
    return false;
}

static bool meets_want(struct meeting *meeting, const char *want)
{
    if (strcmp(want, "more") == 0) return meeting->outcome->more;
    if (strncmp(want, "text~", 5) == 0)
        return meeting->outcome->text != NULL && strstr(meeting->outcome->text, want + 5) != NULL;
    return strchr(want, '=') != NULL ? meets_value(meeting, want) : meets_code(meeting, want);
}

static bool meets_facts(struct meeting *meeting, const struct script_line *line)
{
    const struct outcome *outcome = meeting->outcome;
    bool same = outcome->fact_count == line->fact_count;

    for (size_t i = 0; same && i < line->fact_count; i++)
        same = strcmp(outcome->facts[i], line->facts[i]) == 0;
    if (!same) snprintf(meeting->flaw, meeting->flaw_size, "other facts");
    return same;
}

bool script_meets(const struct script_line *line, const struct outcome *outcome,
                  struct script_names *names, bool checks_facts, char *flaw, size_t flaw_size)
{
    struct meeting meeting = {outcome, names, flaw, flaw_size};
    bool wants_error = line->want_count > 0 && strchr(line->wants[0], '=') == NULL &&
                       isupper((unsigned char)line->wants[0][0]);

    if (!wants_error && outcome->err != TUAN_OK) {
        snprintf(flaw, flaw_size, "refused with %s", tuan_errors[outcome->err].name);
        return false;
    }
    for (size_t i = 0; i < line->want_count; i++) {
        snprintf(flaw, flaw_size, "not so: %s", line->wants[i]);
        if (!meets_want(&meeting, line->wants[i])) return false;
    }
    return !checks_facts || !line->tells_facts || meets_facts(&meeting, line);
}
