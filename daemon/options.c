/* SPDX-License-Identifier: BSD-2-Clause */
/* options.c - the table, and the one way a value gets into it. */
#include "daemon/options.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/address.h"

enum { WHEN_START, WHEN_LIVE };

const struct option_row option_rows[OPTION_COUNT] = {
#define OPTION(member, key, type, of, dflt, min, max, when, flag, value, doc)                      \
    {key,                                                                                          \
     of,                                                                                           \
     dflt,                                                                                         \
     flag,                                                                                         \
     value,                                                                                        \
     doc,                                                                                          \
     OPTION_##type,                                                                                \
     min,                                                                                          \
     max,                                                                                          \
     WHEN_##when == WHEN_LIVE,                                                                     \
     offsetof(struct options, member)},
#include "daemon/options.def"
};

/* What was typed may be quoted in the line, so control characters do not get through. */
bool options_fail(struct options_fault *fault, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
    for (char *at = fault->text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f) *at = '?';
    return false;
}

static void *value_at(struct options *options, enum option id)
{
    return (char *)options + option_rows[id].offset;
}

static const void *value_of(const struct options *options, enum option id)
{
    return (const char *)options + option_rows[id].offset;
}

static bool is_text(enum option_type type)
{
    return type == OPTION_TEXT || type == OPTION_SECRET || type == OPTION_ADDRESS;
}

/* ---- reading a value ---- */

struct unit {
    const char *name;
    int64_t factor;
};
static const struct unit size_units[] = {
    {"", 1}, {"B", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}, {NULL, 0}};
static const struct unit ms_units[] = {{"", 1},      {"ms", 1},      {"s", 1000},
                                       {"m", 60000}, {"h", 3600000}, {NULL, 0}};
static const struct unit no_units[] = {{"", 1}, {NULL, 0}};

static bool read_number(const struct option_row *row, const char *text, int64_t *out,
                        struct options_fault *fault)
{
    const struct unit *unit = row->type == OPTION_SIZE ? size_units
                              : row->type == OPTION_MS ? ms_units
                                                       : no_units;
    char *end;

    if (*text < '0' || *text > '9')
        return options_fail(fault, "%s: '%s' is not a number", row->key, text);
    errno = 0;
    long long number = strtoll(text, &end, 10);
    while (*end == ' ')
        end++;
    while (unit->name != NULL && strcasecmp(unit->name, end) != 0)
        unit++;
    if (unit->name == NULL)
        return options_fail(fault, "%s: bad unit '%s' (%s)", row->key, end,
                            row->type == OPTION_SIZE ? "KiB, MiB or GiB"
                            : row->type == OPTION_MS ? "ms, s, m or h"
                                                     : "it takes none");
    if (errno == ERANGE || number > INT64_MAX / unit->factor || number * unit->factor < row->min ||
        number * unit->factor > row->max)
        return options_fail(fault, "%s: %s is not from %lld to %lld", row->key, text,
                            (long long)row->min, (long long)row->max);
    *out = number * unit->factor;
    return true;
}

static bool read_bool(const struct option_row *row, const char *text, int64_t *out,
                      struct options_fault *fault)
{
    static const char *const words[] = {"0", "1", "no", "yes", "off", "on", "false", "true"};

    for (int64_t i = 0; i < 8; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *out = i & 1;
            return true;
        }
    }
    return options_fail(fault, "%s: '%s' is not 0 or 1", row->key, text);
}

static bool read_word(const struct option_row *row, const char *text, int64_t *out,
                      struct options_fault *fault)
{
    size_t len = strlen(text);
    int64_t place = 0;

    for (const char *word = row->words; word != NULL; place++) {
        const char *end = strchr(word, '|');
        size_t word_len = end == NULL ? strlen(word) : (size_t)(end - word);
        if (word_len == len && strncasecmp(word, text, len) == 0) {
            *out = place;
            return true;
        }
        word = end == NULL ? NULL : end + 1;
    }
    return options_fail(fault, "%s: '%s' is not one of %s", row->key, text, row->words);
}

/* There a # behind a space starts a comment, and spaces around a value are dropped. */
static bool can_a_file_say(const char *text)
{
    size_t len = strlen(text);

    return text[0] != '#' && text[0] != ' ' && (len == 0 || text[len - 1] != ' ') &&
           strstr(text, " #") == NULL;
}

static bool check_text(const struct option_row *row, const char *text, struct options_fault *fault)
{
    struct sockaddr_storage address;
    struct options_redis redis;
    socklen_t size;

    if (strlen(text) >= OPTION_TEXT_MAX)
        return options_fail(fault, "%s: longer than %d bytes", row->key, OPTION_TEXT_MAX - 1);
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return options_fail(fault, "%s: holds control characters", row->key);
    if (!can_a_file_say(text))
        return options_fail(fault,
                            "%s: a value cannot begin with # or a space, end with a space, nor "
                            "hold # behind a space",
                            row->key);
    if (row->min > 0 && text[0] == '\0')
        return options_fail(fault, "%s: must not be empty", row->key);
    if (row->type == OPTION_ADDRESS && strcmp(text, "off") != 0 &&
        !address_parse(text, &address, &size))
        return options_fail(fault, "%s: '%s' is not ADDR:PORT, [ADDR]:PORT or off", row->key, text);
    if (row == &option_rows[OPTION_ID_mirror] && !options_parse_mirror(text, &redis))
        return options_fail(fault, "%s: '%s' is not %s", row->key, text, row->value);
    return true;
}

bool options_set(struct options *options, enum option id, const char *text,
                 struct option_origin origin, struct options_fault *fault)
{
    const struct option_row *row = &option_rows[id];
    void *value = value_at(options, id);
    bool is_good = false;

    assert(id < OPTION_COUNT);
    switch (row->type) {
    case OPTION_INT:
    case OPTION_SIZE:
    case OPTION_MS: is_good = read_number(row, text, value, fault); break;
    case OPTION_BOOL: is_good = read_bool(row, text, value, fault); break;
    case OPTION_WORD: is_good = read_word(row, text, value, fault); break;
    case OPTION_TEXT:
    case OPTION_SECRET:
    case OPTION_ADDRESS:
        is_good = check_text(row, text, fault);
        if (is_good) snprintf(value, OPTION_TEXT_MAX, "%s", text);
        break;
    }
    if (is_good) options->origin[id] = origin;
    return is_good;
}

void options_init(struct options *options)
{
    struct options_fault fault;

    *options = (struct options){0};
    for (int id = 0; id < OPTION_COUNT; id++) {
        bool is_good = options_set(options, (enum option)id, option_rows[id].dflt,
                                   (struct option_origin){OPTION_DEFAULT, 0}, &fault);
        assert(is_good); /* a default of options.def breaks its own row */
    }
}

/* ---- what concerns more than one ---- */

static bool parse_tail(const char *text, unsigned long max, unsigned long *out, char *stop)
{
    char *end;

    if (*text < '0' || *text > '9') return false;
    *out = strtoul(text, &end, 10);
    *stop = *end;
    return *out <= max;
}

bool options_parse_mirror(const char *text, struct options_redis *out)
{
    unsigned long port = 6379, db = 0;
    char stop = '\0';

    *out = (struct options_redis){.kind = OPTIONS_MIRROR_NONE};
    if (strcmp(text, "none") == 0) return true;
    if (strcmp(text, "private") == 0) {
        out->kind = OPTIONS_MIRROR_PRIVATE;
        return true;
    }
    if (strncmp(text, "unix:/", 6) == 0) {
        out->kind = OPTIONS_MIRROR_UNIX;
        snprintf(out->path, sizeof out->path, "%s", text + 5);
        return true;
    }
    if (strncmp(text, "redis://", 8) != 0) return false;
    out->kind = OPTIONS_MIRROR_TCP;
    text += 8;
    const char *slash = strchr(text, '/');
    const char *end = slash == NULL ? text + strlen(text) : slash;
    const char *colon = memrchr(text, ':', (size_t)(end - text));
    const char *host_end = colon == NULL ? end : colon;
    if (host_end == text || (size_t)(host_end - text) >= sizeof out->host) return false;
    memcpy(out->host, text, (size_t)(host_end - text));
    if (strpbrk(out->host, "@ ") != NULL) /* no secrets in arguments: mirror.password_file */
        return false;
    if (colon != NULL &&
        (!parse_tail(colon + 1, 65535, &port, &stop) || port == 0 || (stop != '\0' && stop != '/')))
        return false;
    if (slash != NULL && slash[1] != '\0' &&
        (!parse_tail(slash + 1, 1000, &db, &stop) || stop != '\0'))
        return false;
    out->port = (uint16_t)port;
    out->db = (uint32_t)db;
    return true;
}

FILE *options_open_secret(const char *path, struct options_fault *fault)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would make us wait */
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

    if (file == NULL) {
        options_fail(fault, "cannot read %s: %s", path, strerror(errno));
        if (fd >= 0) close(fd);
        return NULL;
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        options_fail(fault, "%s is not a file", path);
    } else if ((status.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)) != 0) {
        options_fail(
            fault, "%s holds a secret but others than its owner can read or write it: chmod 600 %s",
            path, path);
    } else {
        return file;
    }
    fclose(file);
    return NULL;
}

static const char *flag_of(const struct option_row *row)
{
    return row->flag[0] != '\0' ? row->flag : "--set";
}

void options_print_origin(const struct options *options, enum option id, char *out, size_t size)
{
    const struct option_origin *origin = &options->origin[id];

    switch (origin->source) {
    case OPTION_DEFAULT: snprintf(out, size, "default"); break;
    case OPTION_FILE: snprintf(out, size, "%s:%d", options->file, origin->line); break;
    case OPTION_ENVIRONMENT: snprintf(out, size, "environment"); break;
    case OPTION_FLAG: snprintf(out, size, "flag %s", flag_of(&option_rows[id])); break;
    case OPTION_RUNTIME: snprintf(out, size, "CONFIG SET"); break;
    }
}

static bool check_secrets(const struct options *options, struct options_fault *fault)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        const char *path = value_of(options, (enum option)id);
        struct options_fault why;
        char origin[OPTION_TEXT_MAX + 64];

        if (option_rows[id].type != OPTION_SECRET || path[0] == '\0') continue;
        FILE *file = options_open_secret(path, &why);
        if (file == NULL) {
            options_print_origin(options, (enum option)id, origin, sizeof origin);
            return options_fail(fault, "%s: %s: %.300s", origin, option_rows[id].key, why.text);
        }
        fclose(file);
    }
    return true;
}

/* The web port is not among those that need tokens: it shows what the public may see, and changes
 * nothing. */
static bool check_listener(const struct options *options, enum option id,
                           struct options_fault *fault)
{
    const char *text = value_of(options, id);
    struct sockaddr_storage address;
    socklen_t size;

    if (!address_parse(text, &address, &size) || address_is_loopback(&address) ||
        options->auth_file[0] != '\0')
        return true;
    return options_fail(
        fault,
        "%s = %s listens beyond this machine, where anybody could do anything: set auth.file "
        "(a line `role sha256hex name` a token), or listen on 127.0.0.1",
        option_rows[id].key, text);
}

bool options_check(const struct options *options, struct options_fault *fault)
{
    if (strcmp(options->rpc, "off") == 0 && options->rpc_unix[0] == '\0')
        return options_fail(fault, "rpc is off and rpc.unix is not set: nobody could connect");
    return check_listener(options, OPTION_ID_rpc, fault) &&
           check_listener(options, OPTION_ID_admin, fault) && check_secrets(options, fault);
}

/* ---- looking in ---- */

bool options_equal(const struct options *a, const struct options *b, enum option id)
{
    if (is_text(option_rows[id].type)) return strcmp(value_of(a, id), value_of(b, id)) == 0;
    return *(const int64_t *)value_of(a, id) == *(const int64_t *)value_of(b, id);
}

static void print_word(const char *words, int64_t place, char *out, size_t size)
{
    while (place-- > 0)
        words = strchr(words, '|') + 1;
    snprintf(out, size, "%.*s", (int)strcspn(words, "|"), words);
}

void options_print_value(const struct options *options, enum option id, char *out, size_t size)
{
    const struct option_row *row = &option_rows[id];
    const void *value = value_of(options, id);

    if (is_text(row->type))
        snprintf(out, size, "%s", (const char *)value);
    else if (row->type == OPTION_WORD)
        print_word(row->words, *(const int64_t *)value, out, size);
    else
        snprintf(out, size, "%lld", (long long)*(const int64_t *)value);
}
