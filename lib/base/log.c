/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COLOUR_OFF    "\x1b[0m"
#define ESCAPED_MAX   8  /* \xc2\x9b */
#define MESSAGE_WIDTH 36 /* in text format, fields start in a column */

/* Whatever is written, the cut mark, the end of a colour and a newline still fit behind it. */
#define LINE_ROOM (LOG_LINE_MAX - (sizeof LOG_CUT - 1) - (sizeof COLOUR_OFF - 1) - 1)

struct line {
    size_t len;
    bool is_cut;
    char bytes[LOG_LINE_MAX];
};

static struct {
    struct log_config config;
    bool is_ready;
    bool is_coloured;
    uint64_t lines[LOG_LEVELS];
    uint64_t failed_writes;
} sink = {.config = {.fd = STDERR_FILENO, .level_min = LOG_LEVEL_INFO}};

static const struct {
    const char *name;
    const char *label;
    const char *colour;
} levels[LOG_LEVELS] = {
    [LOG_LEVEL_DEBUG] = {"debug", "DEBUG ", "\x1b[2m"},
    [LOG_LEVEL_INFO] = {"info", "INFO  ", "\x1b[32m"},
    [LOG_LEVEL_WARN] = {"warn", "WARN  ", "\x1b[33m"},
    [LOG_LEVEL_ERROR] = {"error", "ERROR ", "\x1b[31m"},
};

void log_init(const struct log_config *config)
{
    int saved_errno = errno;
    bool is_terminal = isatty(config->fd) == 1;

    sink.config = *config;
    if (config->format == LOG_FORMAT_AUTO)
        sink.config.format = is_terminal ? LOG_FORMAT_TEXT : LOG_FORMAT_LOGFMT;
    sink.is_coloured = is_terminal && sink.config.format == LOG_FORMAT_TEXT;
    sink.is_ready = true;
    errno = saved_errno;
}

static bool is_c1_control(const unsigned char *bytes, size_t len)
{
    return len >= 2 && bytes[0] == 0xc2 && bytes[1] >= 0x80 && bytes[1] <= 0x9f;
}

/* Render the character at `bytes` harmless. Returns how many bytes it took; *out_len says how many
 * it became. Control characters are 00-1f, 7f, and 80-9f as UTF-8 (c2 80 - c2 9f). */
static size_t escape_one(const unsigned char *bytes, size_t len, char out[ESCAPED_MAX],
                         size_t *out_len)
{
    static const char hex[] = "0123456789abcdef";
    size_t taken = is_c1_control(bytes, len) ? 2 : 1;

    if (taken == 1 && bytes[0] >= 0x20 && bytes[0] != 0x7f) {
        out[0] = (char)bytes[0];
        *out_len = 1;
        return 1;
    }
    *out_len = 0;
    for (size_t i = 0; i < taken; i++) {
        out[(*out_len)++] = '\\';
        out[(*out_len)++] = 'x';
        out[(*out_len)++] = hex[bytes[i] >> 4];
        out[(*out_len)++] = hex[bytes[i] & 15];
    }
    return taken;
}

static void put_raw(struct line *line, const char *str)
{
    size_t len = strlen(str);

    assert(line->len + len <= LOG_LINE_MAX);
    memcpy(line->bytes + line->len, str, len);
    line->len += len;
}

static void put_escaped(struct line *line, const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;

    for (size_t at = 0; at < len && !line->is_cut;) {
        char out[ESCAPED_MAX];
        size_t out_len;

        at += escape_one(bytes + at, len - at, out, &out_len);
        if (line->len + out_len > LINE_ROOM) {
            line->is_cut = true;
        } else {
            memcpy(line->bytes + line->len, out, out_len);
            line->len += out_len;
        }
    }
}

/* 2026-11-21T22:04:17.123, or without the date. */
static void put_time(struct line *line, bool has_date)
{
    char text[64];
    int64_t now_ms = sink.config.now_ms();
    int64_t ms = (now_ms % 1000 + 1000) % 1000;
    time_t seconds = (time_t)((now_ms - ms) / 1000);
    struct tm utc;

    if (gmtime_r(&seconds, &utc) == NULL) return;
    if (strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc) == 0) return;
    put_raw(line, has_date ? text : strchr(text, 'T') + 1);
    snprintf(text, sizeof text, ".%03d", (int)ms);
    put_raw(line, text);
}

static void put_head_logfmt(struct line *line, enum log_level level, const char *message)
{
    if (sink.config.now_ms != NULL) {
        put_raw(line, "ts=");
        put_time(line, true);
        put_raw(line, "Z ");
    }
    put_raw(line, "level=");
    put_raw(line, levels[level].name);
    put_raw(line, " msg=\"");
    put_escaped(line, message, strlen(message));
    put_raw(line, "\"");
}

static void put_head_text(struct line *line, enum log_level level, const char *message)
{
    size_t width = strlen(message);

    if (sink.config.now_ms != NULL) {
        put_time(line, false);
        put_raw(line, " ");
    }
    if (sink.is_coloured) put_raw(line, levels[level].colour);
    put_raw(line, levels[level].label);
    if (sink.is_coloured) put_raw(line, COLOUR_OFF);
    put_escaped(line, message, width);
    for (; width < MESSAGE_WIDTH; width++)
        put_raw(line, " ");
}

static void send_line(const struct line *line)
{
    ssize_t sent;

    do
        sent = write(sink.config.fd, line->bytes, line->len);
    while (sent < 0 && errno == EINTR);
    if (sent != (ssize_t)line->len) sink.failed_writes++;
}

__attribute__((format(printf, 3, 0))) static void put_line(enum log_level level,
                                                           const char *message, const char *fields,
                                                           va_list args, uint64_t suppressed)
{
    int saved_errno = errno;
    char text[LOG_LINE_MAX];
    struct line line = {.len = 0};
    int len = vsnprintf(text, sizeof text, fields, args);

    assert(len >= 1 && text[0] == ' '); /* the macros put the space there */
    if (sink.config.format == LOG_FORMAT_TEXT)
        put_head_text(&line, level, message);
    else
        put_head_logfmt(&line, level, message);
    if (len > 1)
        put_escaped(&line, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
    if (suppressed > 0) {
        snprintf(text, sizeof text, " suppressed=%llu", (unsigned long long)suppressed);
        put_escaped(&line, text, strlen(text));
    }
    while (line.len > 0 && line.bytes[line.len - 1] == ' ')
        line.len--;
    if (line.is_cut || (size_t)len >= sizeof text) put_raw(&line, LOG_CUT);
    put_raw(&line, "\n");
    send_line(&line);
    sink.lines[level]++;
    errno = saved_errno;
}

static bool is_wanted(enum log_level level)
{
    if (!sink.is_ready) {
        struct log_config as_it_is = sink.config;

        log_init(&as_it_is);
    }
    return level >= sink.config.level_min;
}

void log_line(enum log_level level, const char *message, const char *fields, ...)
{
    va_list args;

    if (!is_wanted(level)) return;
    va_start(args, fields);
    put_line(level, message, fields, args, 0);
    va_end(args);
}

/* True: this one must not go out. A clock that was set back opens the gate at once. */
static bool hold_back(struct log_limit *limit)
{
    int64_t now_ms;

    if (sink.config.now_ms == NULL) return false;
    now_ms = sink.config.now_ms();
    if (now_ms < limit->next_ms && now_ms >= limit->next_ms - LOG_LIMIT_MS) {
        limit->suppressed++;
        return true;
    }
    limit->next_ms = now_ms + LOG_LIMIT_MS;
    return false;
}

void log_line_limited(struct log_limit *limit, enum log_level level, const char *message,
                      const char *fields, ...)
{
    va_list args;

    if (!is_wanted(level) || hold_back(limit)) return;
    va_start(args, fields);
    put_line(level, message, fields, args, limit->suppressed);
    va_end(args);
    limit->suppressed = 0;
}

char *log_quote(char *out, size_t size, const void *bytes, size_t len)
{
    const unsigned char *in = bytes;
    size_t room = size - sizeof "...\"";
    size_t used = 0;

    assert(size >= 8);
    out[used++] = '"';
    for (size_t at = 0; at < len;) {
        char escaped[ESCAPED_MAX];
        size_t escaped_len;
        bool needs_backslash = in[at] == '"' || in[at] == '\\';

        at += escape_one(in + at, len - at, escaped, &escaped_len);
        if (used + escaped_len + needs_backslash > room) {
            memcpy(out + used, "...\"", sizeof "...\"");
            return out;
        }
        if (needs_backslash) out[used++] = '\\';
        memcpy(out + used, escaped, escaped_len);
        used += escaped_len;
    }
    memcpy(out + used, "\"", sizeof "\"");
    return out;
}

uint64_t log_count(enum log_level level)
{
    assert(level < LOG_LEVELS);
    return sink.lines[level];
}

uint64_t log_failed_writes(void)
{
    return sink.failed_writes;
}
