/* SPDX-License-Identifier: BSD-2-Clause */
/* internal.h - what the files of libtuan know of each other; not installed. */
#ifndef TUAN_CLIENT_INTERNAL_H
#define TUAN_CLIENT_INTERNAL_H

#include <msgpack.h>

#include "client/frame.h"
#include "client/tuan.h"

#define CALL_DEPTH_MAX 8

/* A call being built: its arguments are packed apart, since a map's count stands before its pairs.
 */
struct call {
    msgpack_sbuffer args;
    size_t arg_count;
    char method[64];
    bool is_begun;
    const char *misuse; /* the first thing that was wrong; NULL: nothing */
    size_t depth;       /* open lists and maps */
    struct {
        size_t left; /* items still to come */
        bool is_map;
    } nest[CALL_DEPTH_MAX];
};

struct tuan_client {
    int fd; /* -1: lost */
    struct tuan_client_options options;
    struct tuan_client_error lost; /* why; told to every later caller */
    struct call call;
    msgpack_sbuffer out;
    size_t out_sent; /* bytes of `out` that are written */
    char *in;
    size_t in_len, in_cap, in_used; /* in_used: bytes at the front that are answers already taken */
    struct frame frame;             /* the value that starts at in_used */
    uint32_t last_msgid;
    struct tuan_answer *kept_head; /* came while tuan_client_call() waited for another */
    struct tuan_answer **kept_tail;
    uint32_t *abandoned; /* calls given up: their answers are dropped when they come */
    size_t abandoned_count, abandoned_cap;
};

/* error.c */
void error_set(struct tuan_client_error *error, enum tuan_client_failure failure,
               const char *format, ...) __attribute__((format(printf, 3, 4)));

/* client.c */
void client_lose(struct tuan_client *client, enum tuan_client_failure failure, const char *text);
bool client_is_lost(const struct tuan_client *client, struct tuan_client_error *error);

/* socket.c: the only reader of the clock here. */
int64_t socket_now_ms(void);
int socket_dial(const char *address, int timeout_ms,
                struct tuan_client_error *error); /* -1 on failure */
/* Wait until `events` (poll's) or the point deadline_ms; INT64_MAX: for ever. Returns what
 * happened, 0: time is up. */
int socket_wait(int fd, short events, int64_t deadline_ms);
/* The point in time timeout_ms from now; negative: INT64_MAX. */
int64_t socket_deadline_ms(int timeout_ms);

/* answer.c: NULL if the bytes are no answer (*why says what they lack) or memory is out (*why
 * NULL). */
struct tuan_answer *answer_parse(const char *bytes, size_t len, const char **why);
struct tuan_answer **answer_next(struct tuan_answer *answer);

/* stream.c */
struct tuan_answer *stream_receive(struct tuan_client *client, int64_t deadline_ms,
                                   struct tuan_client_error *error);

#endif
