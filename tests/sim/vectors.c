/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 2000, ABOUT = 2000 };

struct words {
    char text[LINE_MAX_BYTES]; /* one after the other, each with a zero behind it */
    const char *at[VECTOR_WORDS_MAX];
    size_t lens[VECTOR_WORDS_MAX];
    size_t count;
};

static enum script script_named(const char *name)
{
    static const char *const names[] = {
#define SCRIPT(script_name, text) #script_name,
#include "daemon/mirror/scripts.def"
#undef SCRIPT
    };

    for (int i = 0; i < SCRIPT_COUNT; i++)
        if (strcmp(names[i], name) == 0) return (enum script)i;
    fprintf(stderr, "no script is called %s\n", name);
    abort();
}

/* Words are parted by spaces, or stand in quotes. */
static void split(const char *line, const struct vector_server *server, struct words *words)
{
    char *to = words->text;

    words->count = 0;
    while (*line != '\0') {
        char *start = to;
        bool is_quoted = *line == '"';
        line += is_quoted;
        while (*line != '\0' && *line != (is_quoted ? '"' : ' '))
            *to++ = *line++;
        *to++ = '\0';
        line += is_quoted && *line == '"';
        line += *line == ' ';
        words->at[words->count] = start;
        if (!is_quoted && *start == '@')
            words->at[words->count] = server->sha(server->context, script_named(start + 1));
        words->lens[words->count] = strlen(words->at[words->count]);
        words->count++;
    }
}

/* Is this one word of a reply what was expected? */
static bool word_fits(const char *expected, size_t len, const char *got, size_t got_len)
{
    if (len > 2 && strncmp(expected, ":~", 2) == 0) {
        long long about = strtoll(expected + 2, NULL, 10), number = strtoll(got + 1, NULL, 10);
        return *got == ':' && number <= about && number > about - ABOUT;
    }
    return len == got_len && memcmp(expected, got, len) == 0;
}

static bool error_fits(const char *expected, const char *got)
{
    const char *star = strchr(expected, '*');
    size_t head = star == NULL ? strlen(expected) : (size_t)(star - expected);

    return strncmp(expected, got, head) == 0 && (star == NULL || strstr(got, star + 1) != NULL);
}

static size_t word_length(const char *at)
{
    const char *end = *at == '"' ? strchr(at + 1, '"') : NULL;

    return end != NULL ? (size_t)(end + 1 - at) : strcspn(at, " ");
}

static bool fits(const char *expected, const char *got)
{
    if (*expected == '-') return error_fits(expected, got);
    while (*expected != '\0' && *got != '\0') {
        size_t len = word_length(expected), got_len = word_length(got);
        if (!word_fits(expected, len, got, got_len)) return false;
        expected += len + (expected[len] == ' ');
        got += got_len + (got[got_len] == ' ');
    }
    return *expected == *got;
}

int vectors_run(const char *path, const struct vector_server *server, int *asked)
{
    FILE *file = fopen(path, "re");
    char line[LINE_MAX_BYTES], request[LINE_MAX_BYTES] = "", title[LINE_MAX_BYTES] = "";
    struct buf reply = {0};
    struct words words;
    int others = 0;

    *asked = 0;
    if (file == NULL) return 1;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (*line == '#' || *line == '\0') continue;
        if (*line == '=') {
            memcpy(title, line, sizeof title);
            server->begin(server->context);
        } else if (*line == '!') {
            server->trouble(server->context, line + 2);
        } else if (*request == '\0') {
            memcpy(request, line, sizeof request);
        } else {
            split(request, server, &words);
            buf_reset(&reply);
            server->ask(server->context, words.at, words.lens, words.count, &reply);
            buf_append_byte(&reply, '\0');
            (*asked)++;
            if (!fits(line, reply.data)) {
                printf("%s\n  %s\n  expected %s\n  got      %s\n", title, request, line,
                       reply.data);
                others++;
            }
            *request = '\0';
        }
    }
    fclose(file);
    buf_free(&reply);
    return others;
}
