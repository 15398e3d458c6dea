/* SPDX-License-Identifier: BSD-2-Clause */
/* log.h - what the process tells its operator, one line at a time.
 *
 *     log_info("mirror is up", "redis=%s position=%s", address, position);
 *     log_info("bye", "");                             when there is nothing to add
 *
 *     ts=2026-11-21T22:04:17.123Z level=info msg="mirror is up" redis=... position=...
 *
 * The message is a constant sentence to search for; whatever varies is a field. Both are literals
 * of ours; values that strangers chose go through log_quote(). In any case control bytes of the
 * line are shown as \xNN, so no value can start a new line or steer a terminal. A line is one
 * write(2) of at most LOG_LINE_MAX bytes, and ends in LOG_CUT when it was cut. A failed write is
 * counted and forgotten. Formatting does not change errno.
 *
 * This is the one module with a state of its own: one sink a process, for one thread.
 */
#ifndef TUAN_BASE_LOG_H
#define TUAN_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_MAX ((size_t)4096) /* with the newline; also what a pipe takes in one piece */
#define LOG_CUT      " [cut]"
#define LOG_LIMIT_MS 1000

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
#define LOG_LEVELS 4

enum log_format {
    LOG_FORMAT_AUTO,   /* text on a terminal, logfmt elsewhere */
    LOG_FORMAT_LOGFMT, /* key=value, for machines */
    LOG_FORMAT_TEXT    /* aligned, for people; coloured on a terminal */
};

struct log_config {
    int fd;                   /* not owned */
    enum log_level level_min; /* lines below are dropped, and not counted */
    enum log_format format;
    int64_t (*now_ms)(
        void); /* wall clock, ms since 1970; NULL: no ts, and log_limited() lets all pass */
};

/* The memory of one call site of log_limited(). Zeroed: nothing logged yet. */
struct log_limit {
    int64_t next_ms; /* the next line may go out at this time */
    uint64_t suppressed;
};

/* Start, or change course. Without it: descriptor 2, from info up, AUTO, no clock. */
void log_init(const struct log_config *config);

#define log_debug(message, ...) log_line(LOG_LEVEL_DEBUG, message, " " __VA_ARGS__)
#define log_info(message, ...)  log_line(LOG_LEVEL_INFO, message, " " __VA_ARGS__)
#define log_warn(message, ...)  log_line(LOG_LEVEL_WARN, message, " " __VA_ARGS__)
#define log_error(message, ...) log_line(LOG_LEVEL_ERROR, message, " " __VA_ARGS__)

/* At most one line per call site and LOG_LIMIT_MS; the next one says how many were suppressed. */
#define log_limited(level, message, ...)                                                           \
    do {                                                                                           \
        static struct log_limit log_limit_here;                                                    \
        log_line_limited(&log_limit_here, level, message, " " __VA_ARGS__);                        \
    } while (0)

/* Show any bytes as a "quoted" value in out[size], always with a final zero; what does not fit is
 * cut and ends in `..."`. Returns out. size >= 8. */
char *log_quote(char *out, size_t size, const void *bytes, size_t len);

/* Lines sent out at this level so far, and how many of all lines were lost in a failed write. */
uint64_t log_count(enum log_level level);
uint64_t log_failed_writes(void);

/* ---- behind the macros; `fields` starts with a space ---- */
void log_line(enum log_level level, const char *message, const char *fields, ...)
    __attribute__((format(printf, 3, 4)));
void log_line_limited(struct log_limit *limit, enum log_level level, const char *message,
                      const char *fields, ...) __attribute__((format(printf, 4, 5)));

#endif
