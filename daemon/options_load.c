/* SPDX-License-Identifier: BSD-2-Clause */
/* options_load.c - the sources: file, environment, flags. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/options.h"

enum { LINE_MAX_LEN = 1024, ENV_NAME_MAX = 64 };

enum option options_find(const char *key)
{
    for (int id = 0; id < OPTION_COUNT; id++)
        if (strcmp(option_rows[id].key, key) == 0) return (enum option)id;
    return OPTION_COUNT;
}

/* Letters to add, drop or change to make a into b; both shorter than 64. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[64], len = strlen(b);

    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t above = row[j];
            size_t best = diagonal + (tolower((unsigned char)a[i - 1]) != b[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = above;
        }
    }
    return row[len];
}

const char *options_suggest(const char *key)
{
    const char *best = NULL;
    size_t least = 4;

    if (strlen(key) >= 64) return NULL;
    for (int id = 0; id < OPTION_COUNT; id++) {
        const char *known = option_rows[id].key;
        const char *dot = strchr(known, '.');
        size_t distance = edit_distance(key, known);
        if (dot != NULL && strcmp(key, dot + 1) == 0) /* the section was left out */
            distance = 1;
        if (distance < least && distance < strlen(known)) {
            least = distance;
            best = known;
        }
    }
    return best;
}

static bool fail_unknown(struct options_fault *fault, const char *where, const char *key)
{
    const char *meant = options_suggest(key);

    if (meant == NULL) return options_fail(fault, "%sunknown option '%.64s'", where, key);
    return options_fail(fault, "%sunknown option '%.64s': did you mean %s?", where, key, meant);
}

/* Put `where` in front of what went wrong. */
static bool fail_at(struct options_fault *fault, const char *where)
{
    struct options_fault inner = *fault;

    return options_fail(fault, "%s%.400s", where, inner.text);
}

/* ---- the file ---- */

static char *trim(char *text)
{
    char *end;

    while (*text == ' ' || *text == '\t')
        text++;
    end = text + strlen(text);
    while (end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r' || end[-1] == '\n'))
        end--;
    *end = '\0';
    return text;
}

/* A # starts a comment at the line's start or behind a space. */
static void cut_comment(char *line)
{
    for (char *at = line; *at != '\0'; at++) {
        if (*at == '#' && (at == line || at[-1] == ' ' || at[-1] == '\t')) {
            *at = '\0';
            return;
        }
    }
}

static bool read_line(struct options *options, char *text, int line, const char *where,
                      struct options_fault *fault)
{
    cut_comment(text);
    char *key = trim(text);
    char *equals = strchr(key, '=');

    if (*key == '\0') return true;
    if (equals == NULL)
        return options_fail(fault, "%s'%.64s' is not `section.key = value`", where, key);
    *equals = '\0';
    char *value = trim(equals + 1);
    key = trim(key);
    enum option id = options_find(key);
    if (id == OPTION_COUNT) return fail_unknown(fault, where, key);
    if (options->origin[id].source == OPTION_FILE)
        return options_fail(fault, "%s%s was set in line %d already", where, key,
                            options->origin[id].line);
    if (!options_set(options, id, value, (struct option_origin){OPTION_FILE, line}, fault))
        return fail_at(fault, where);
    return true;
}

bool options_next_line(FILE *file, char *out, size_t size, const char **flaw)
{
    size_t len = 0;
    int byte = getc(file);

    *flaw = NULL;
    if (byte == EOF) return false;
    for (; byte != EOF && byte != '\n'; byte = getc(file)) {
        if (byte == '\0') *flaw = "the line holds a zero byte";
        if (len + 1 == size)
            *flaw = "the line is too long";
        else
            out[len++] = (char)byte;
    }
    out[len] = '\0';
    return true;
}

bool options_read_file(struct options *options, const char *path, struct options_fault *fault)
{
    const char *flaw;
    char text[LINE_MAX_LEN], where[OPTION_TEXT_MAX + 32];
    FILE *file = fopen(path, "re");
    bool is_good = true;
    int line = 0;

    if (file == NULL) return options_fail(fault, "%s: %s", path, strerror(errno));
    snprintf(options->file, sizeof options->file, "%s", path);
    while (is_good && options_next_line(file, text, sizeof text, &flaw)) {
        snprintf(where, sizeof where, "%.255s:%d: ", path, ++line);
        is_good = flaw != NULL ? options_fail(fault, "%s%s", where, flaw)
                               : read_line(options, text, line, where, fault);
    }
    if (is_good && ferror(file)) is_good = options_fail(fault, "%s: %s", path, strerror(errno));
    fclose(file);
    return is_good;
}

/* ---- the environment ---- */

static void environment_name(const char *key, char out[ENV_NAME_MAX])
{
    snprintf(out, ENV_NAME_MAX, "TUAN_%s", key);
    for (char *at = out; *at != '\0'; at++)
        *at = (char)(*at == '.' ? '_' : toupper((unsigned char)*at));
}

static const char *find_variable(char *const *environment, const char *name)
{
    size_t len = strlen(name);

    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    return NULL;
}

bool options_read_environment(struct options *options, char *const *environment,
                              struct options_fault *fault)
{
    const struct option_origin origin = {OPTION_ENVIRONMENT, 0};
    const char *state = find_variable(environment, "STATE_DIRECTORY");

    /* systemd's; several are told apart by colons, and ours is the first */
    if (state != NULL && *state != '\0' &&
        options->origin[OPTION_ID_dir].source == OPTION_DEFAULT) {
        char dir[OPTION_TEXT_MAX];
        snprintf(dir, sizeof dir, "%.*s", (int)strcspn(state, ":"), state);
        if (!options_set(options, OPTION_ID_dir, dir, origin, fault))
            return fail_at(fault, "STATE_DIRECTORY: ");
    }
    for (int id = 0; id < OPTION_COUNT; id++) {
        char name[ENV_NAME_MAX], where[ENV_NAME_MAX + 4];
        environment_name(option_rows[id].key, name);
        const char *value = find_variable(environment, name);
        snprintf(where, sizeof where, "%s: ", name);
        if (value != NULL && !options_set(options, (enum option)id, value, origin, fault))
            return fail_at(fault, where);
    }
    return true;
}

/* ---- flags ---- */

struct flags {
    int argc, at;
    char *const *argv;
};

/* Is this argument `flag`, as `flag value` or `flag=value`? Then *value is its value, NULL if it is
 * missing. */
static bool take_value(struct flags *flags, const char *flag, const char **value)
{
    const char *arg = flags->argv[flags->at];
    size_t len = strlen(flag);

    if (len == 0 || strncmp(arg, flag, len) != 0 || (arg[len] != '\0' && arg[len] != '='))
        return false;
    if (arg[len] == '=')
        *value = arg + len + 1;
    else
        *value = flags->at + 1 < flags->argc ? flags->argv[++flags->at] : NULL;
    return true;
}

static bool take_set(struct options *options, const char *text, struct options_fault *fault)
{
    const struct option_origin origin = {OPTION_FLAG, 0};
    const char *equals = strchr(text, '=');
    char key[64];

    if (equals == NULL || (size_t)(equals - text) >= sizeof key)
        return options_fail(fault, "--set: '%.64s' is not key=value", text);
    snprintf(key, sizeof key, "%.*s", (int)(equals - text), text);
    enum option id = options_find(key);
    if (id == OPTION_COUNT) return fail_unknown(fault, "--set: ", key);
    if (!options_set(options, id, equals + 1, origin, fault)) return fail_at(fault, "--set: ");
    return true;
}

static bool take_action(const char *arg, struct options_line *line)
{
    static const struct {
        const char *flag;
        enum options_action action;
    } actions[] = {{"--check-config", OPTIONS_CHECK}, {"--dump-config", OPTIONS_DUMP},
                   {"--version", OPTIONS_VERSION},    {"-v", OPTIONS_VERSION},
                   {"--help", OPTIONS_HELP},          {"-h", OPTIONS_HELP}};

    if (strcmp(arg, "--accept-dataset") == 0) {
        line->accept_dataset = true;
        return true;
    }
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(arg, actions[i].flag) == 0) {
            line->action = actions[i].action;
            return true;
        }
    }
    return false;
}

static bool take_option(struct options *options, struct flags *flags, bool *is_taken,
                        struct options_fault *fault)
{
    const char *value = NULL;

    *is_taken = true;
    if (take_value(flags, "--config", &value)) /* read by options_load */
        return value != NULL || options_fail(fault, "--config needs a value: FILE");
    if (take_value(flags, "--set", &value))
        return value == NULL ? options_fail(fault, "--set needs key=value")
                             : take_set(options, value, fault);
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_row *row = &option_rows[id];
        if (!take_value(flags, row->flag, &value)) continue;
        if (value == NULL)
            return options_fail(fault, "%s needs a value: %s", row->flag, row->value);
        return options_set(options, (enum option)id, value, (struct option_origin){OPTION_FLAG, 0},
                           fault) ||
               fail_at(fault, "flag ");
    }
    *is_taken = false;
    return true;
}

bool options_read_flags(struct options *options, int argc, char *const *argv,
                        struct options_line *line, struct options_fault *fault)
{
    struct flags flags = {.argc = argc, .argv = argv};

    for (flags.at = 1; flags.at < argc; flags.at++) {
        const char *arg = argv[flags.at];
        bool is_taken = take_action(arg, line);
        if (!is_taken && !take_option(options, &flags, &is_taken, fault)) return false;
        if (!is_taken) return options_fail(fault, "unknown argument '%.64s' (tuand --help)", arg);
    }
    return true;
}

static const char *find_config(int argc, char *const *argv)
{
    struct flags flags = {.argc = argc, .argv = argv};
    const char *found = NULL, *value = NULL;

    for (flags.at = 1; flags.at < argc; flags.at++)
        if (take_value(&flags, "--config", &value)) found = value;
    return found;
}

bool options_load(struct options *options, int argc, char *const *argv, char *const *environment,
                  struct options_line *line, struct options_fault *fault)
{
    struct options ignored;
    const char *file = find_config(argc, argv);

    *line = (struct options_line){OPTIONS_RUN, false};
    options_init(options);
    options_init(&ignored); /* first look: --help must work beside a broken file, and flags are
                               judged first */
    if (!options_read_flags(&ignored, argc, argv, line, fault)) return false;
    if (line->action == OPTIONS_HELP || line->action == OPTIONS_VERSION) return true;
    return (file == NULL || options_read_file(options, file, fault)) &&
           options_read_environment(options, environment, fault) &&
           options_read_flags(options, argc, argv, line, fault) && options_check(options, fault);
}
