/* SPDX-License-Identifier: BSD-2-Clause */
/* options.h - what an operator may set: the rows of options.def as a struct, and where each value
 * came from.
 *
 * Sources, the later beats the earlier: default, file, environment, flags. A value is checked when
 * it is set, so a struct options never holds one that is out of its row's range. Every refusal is
 * one line for people that names where the fault is.
 */
#ifndef TUAN_DAEMON_OPTIONS_H
#define TUAN_DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { OPTION_TEXT_MAX = 256 };

enum option_type {
    OPTION_INT,
    OPTION_SIZE,
    OPTION_MS,
    OPTION_BOOL,
    OPTION_WORD, /* its place in the row's words */
    OPTION_TEXT,
    OPTION_SECRET,
    OPTION_ADDRESS,
};
/* clang-format off */
#define OPTION_MEMBER_INT(m)     int64_t m;
#define OPTION_MEMBER_SIZE(m)    int64_t m;
#define OPTION_MEMBER_MS(m)      int64_t m;
#define OPTION_MEMBER_BOOL(m)    int64_t m;
#define OPTION_MEMBER_WORD(m)    int64_t m;
#define OPTION_MEMBER_TEXT(m)    char m[OPTION_TEXT_MAX];
#define OPTION_MEMBER_SECRET(m)  char m[OPTION_TEXT_MAX];
#define OPTION_MEMBER_ADDRESS(m) char m[OPTION_TEXT_MAX];
/* clang-format on */

enum option {
#define OPTION(member, key, type, of, dflt, min, max, when, flag, value, doc) OPTION_ID_##member,
#include "daemon/options.def"
    OPTION_COUNT
};

enum option_source {
    OPTION_DEFAULT,
    OPTION_FILE,
    OPTION_ENVIRONMENT,
    OPTION_FLAG,
    OPTION_RUNTIME, /* CONFIG SET, until the next reload */
};
struct option_origin {
    enum option_source source;
    int line; /* of the file */
};

struct options {
#define OPTION(member, key, type, of, dflt, min, max, when, flag, value, doc)                      \
    OPTION_MEMBER_##type(member)
#include "daemon/options.def"
    struct option_origin origin[OPTION_COUNT];
    char file[OPTION_TEXT_MAX]; /* --config; may be empty */
};

/* The words of mirror.ack, mirror.create, log.level and log.format, in their order. */
enum { OPTION_ACK_DURABLE, OPTION_ACK_MEMORY };
enum { OPTION_CREATE_AUTO, OPTION_CREATE_NEVER };

struct option_row {
    const char *key, *words, *dflt, *flag, *value, *doc;
    enum option_type type;
    int64_t min, max;
    bool is_live;
    size_t offset;
};
extern const struct option_row option_rows[OPTION_COUNT];

struct options_fault {
    char text[512];
};
bool options_fail(struct options_fault *fault, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* returns false */

enum options_action { OPTIONS_RUN, OPTIONS_CHECK, OPTIONS_DUMP, OPTIONS_VERSION, OPTIONS_HELP };
struct options_line {
    enum options_action action;
    bool accept_dataset;
};

/* All sources in order, then options_check. `environment` as in environ(7). */
bool options_load(struct options *options, int argc, char *const *argv, char *const *environment,
                  struct options_line *line, struct options_fault *fault);
/* What no single row can tell: listening to the world without tokens, secrets that others can read,
 * … */
bool options_check(const struct options *options, struct options_fault *fault);

/* The parts of options_load. */
void options_init(struct options *options);
bool options_set(struct options *options, enum option id, const char *text,
                 struct option_origin origin, struct options_fault *fault);
bool options_read_file(struct options *options, const char *path, struct options_fault *fault);
bool options_read_environment(struct options *options, char *const *environment,
                              struct options_fault *fault);
bool options_read_flags(struct options *options, int argc, char *const *argv,
                        struct options_line *line, struct options_fault *fault);

/* Looking in. OPTION_COUNT: no such key. options_suggest: the nearest key, NULL if none is near. */
enum option options_find(const char *key);
const char *options_suggest(const char *key);
void options_print_value(const struct options *options, enum option id, char *out, size_t size);
void options_print_origin(const struct options *options, enum option id, char *out, size_t size);
bool options_equal(const struct options *a, const struct options *b, enum option id);
void options_dump(const struct options *options, FILE *out);
void options_help(FILE *out);

/* `mirror` taken apart. */
enum options_mirror {
    OPTIONS_MIRROR_NONE,
    OPTIONS_MIRROR_PRIVATE,
    OPTIONS_MIRROR_TCP,
    OPTIONS_MIRROR_UNIX
};
struct options_redis {
    enum options_mirror kind;
    char host[OPTION_TEXT_MAX]; /* TCP */
    char path[OPTION_TEXT_MAX]; /* UNIX */
    uint16_t port;
    uint32_t db;
};
bool options_parse_mirror(const char *text, struct options_redis *out);

/* Opens a file that holds a secret; NULL if it cannot be read, or if others than its owner could.
 */
FILE *options_open_secret(const char *path, struct options_fault *fault);

/* The next line of a file, without its end. False: there is none. *flaw: why it cannot be used, or
 * NULL. */
bool options_next_line(FILE *file, char *out, size_t size, const char **flaw);

#endif
