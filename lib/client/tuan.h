/* SPDX-License-Identifier: BSD-2-Clause */
/* tuan.h - libtuan: talk to tuand, the group-buy (拼團) matching daemon, over msgpack-rpc.
 *
 *     struct tuan_client_error error;
 *     struct tuan_client *client = tuan_client_connect("127.0.0.1:8826", NULL, &error);
 *     struct tuan_answer *seat = tuan_client_call(
 *         client, &error, "room.match campaign=%s user=%s order=%s", "tea", "u1", "o1");
 *     if (seat == NULL && strcmp(error.code, "OUT_OF_QUOTA") == 0) ...
 *     tuan_answer_int(seat, "missing", &missing);
 *     tuan_answer_free(seat);
 *     tuan_client_close(client);
 *
 * Methods, their arguments and the fields of their answers are those of proto/commands.def,
 * args.def and messages.def. Points in time are int64 milliseconds since 1970, spans milliseconds,
 * money int64 minor units.
 *
 * The caller's acts: the library never connects again by itself, never repeats a call, never exits,
 * prints or installs a signal handler, and has no globals. A call whose answer did not arrive
 * (TIMEOUT, CLOSED) may have happened: connect again and repeat it with the same `order`; the
 * daemon answers the seat as it is.
 *
 * Threads: a client, and the answers taken from it, belong to one thread at a time. Different
 * clients are independent of each other.
 *
 * Event loops: watch tuan_client_fd() for reading (for writing too while
 * tuan_client_wants_write()), then call tuan_client_receive(client, 0, ...) until it says
 * TUAN_CLIENT_TIMEOUT. A libevent face will stand on this.
 */
#ifndef TUAN_H
#define TUAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef TUAN_API
#define TUAN_API __attribute__((visibility("default")))
#endif

struct tuan_client; /* one connection */
struct tuan_answer; /* what one call was answered with, or a notification; owned by who received it
                     */
struct tuan_value;  /* a value inside an answer; lives as long as its answer */

/* What went wrong, by what the caller can do about it. */
enum tuan_client_failure {
    TUAN_CLIENT_FINE,
    TUAN_CLIENT_REFUSED,  /* the daemon said no: `code` is a row of errors.def */
    TUAN_CLIENT_ADDRESS,  /* the address cannot be read or resolved */
    TUAN_CLIENT_CONNECT,  /* nobody serves there, or not in time */
    TUAN_CLIENT_TIMEOUT,  /* no answer in time; the connection is still good */
    TUAN_CLIENT_CLOSED,   /* the connection is lost, and with it the answers that were still to come
                           */
    TUAN_CLIENT_PROTOCOL, /* the peer does not speak msgpack-rpc, or an answer exceeds frame_max:
                             now lost */
    TUAN_CLIENT_MISUSE,   /* the call was not built as it should be; nothing was sent */
    TUAN_CLIENT_MEMORY,   /* out of memory; the connection is lost if it was in the middle of
                             something */
};

/* Filled by a call that fails, untouched by one that succeeds. May be NULL everywhere. */
struct tuan_client_error {
    enum tuan_client_failure failure;
    char code[32];  /* "ROOM_FULL"; for failures that are not the daemon's: "TIMEOUT", "CLOSED", ...
                     */
    char text[256]; /* for people; may be cut */
};

/* Zero means the default. */
struct tuan_client_options {
    int connect_timeout_ms; /* 5000 */
    int call_timeout_ms;    /* deadline of tuan_client_call(): 10000; negative: none */
    size_t frame_max;       /* bytes of one answer: 16 MiB */
};

/* ---- a connection ---- */

/* Connect. address: "host:port", "host", "[v6 address]:port", "unix:/path" or "/path"; the port
 * defaults to 8826. options may be NULL. NULL on failure: ADDRESS, CONNECT, MEMORY. The caller
 * closes. */
TUAN_API struct tuan_client *tuan_client_connect(const char *address,
                                                 const struct tuan_client_options *options,
                                                 struct tuan_client_error *error);
/* NULL is legal. Answers already received live on. */
TUAN_API void tuan_client_close(struct tuan_client *client);

/* The socket, for an event loop; -1 once the connection is lost. Not the caller's to read, write or
 * close. */
TUAN_API int tuan_client_fd(const struct tuan_client *client);
TUAN_API bool tuan_client_wants_write(const struct tuan_client *client);

/* ---- one call, waited for ---- */

/* Call and wait for the answer, at most call_timeout_ms. request: the method, then `name=value`
 * words. A value is one printf conversion of its own (%s, %.*s, %d, %u, %ld, %lu, %lld, %llu, %zu),
 * so text from strangers is safe, or literal text without spaces (sent as an integer if it is one).
 * NULL if it failed or was refused; else the caller frees the answer. Answers of calls in flight
 * that arrive meanwhile are kept for tuan_client_receive(). */
TUAN_API struct tuan_answer *tuan_client_call(struct tuan_client *client,
                                              struct tuan_client_error *error, const char *request,
                                              ...) __attribute__((format(printf, 3, 4)));

/* ---- many calls in flight ---- */

/* Build a call: begin, its arguments in any order, end. Text is UTF-8 and is copied. A list or map
 * announces its count, and its items follow: in a list with name NULL, in a map with their names.
 */
TUAN_API void tuan_client_begin(struct tuan_client *client, const char *method);
TUAN_API void tuan_client_str(struct tuan_client *client, const char *name, const char *text);
TUAN_API void tuan_client_bytes(struct tuan_client *client, const char *name, const char *text,
                                size_t len);
TUAN_API void tuan_client_int(struct tuan_client *client, const char *name, int64_t value);
TUAN_API void tuan_client_list(struct tuan_client *client, const char *name, size_t count);
TUAN_API void tuan_client_map(struct tuan_client *client, const char *name, size_t count);

/* Queue the call; it leaves with the next flush or receive. Returns its msgid, by which its answer
 * is known (answers may come in any order; calls start in the order they were queued). 0 on
 * failure: MISUSE, CLOSED, MEMORY. */
TUAN_API uint32_t tuan_client_end(struct tuan_client *client, struct tuan_client_error *error);

/* Write what is queued, reading whatever comes meanwhile. timeout_ms: 0 does not wait, negative
 * waits for ever. False: TIMEOUT (the rest stays queued), CLOSED, PROTOCOL, MEMORY. */
TUAN_API bool tuan_client_flush(struct tuan_client *client, int timeout_ms,
                                struct tuan_client_error *error);

/* The next answer or notification, refusals included; flushes first. The caller frees it. NULL:
 * TIMEOUT, CLOSED, PROTOCOL, MEMORY. */
TUAN_API struct tuan_answer *tuan_client_receive(struct tuan_client *client, int timeout_ms,
                                                 struct tuan_client_error *error);

/* ---- an answer ---- */

TUAN_API void tuan_answer_free(struct tuan_answer *answer); /* NULL is legal */

TUAN_API uint32_t tuan_answer_msgid(const struct tuan_answer *answer); /* 0: a notification */
TUAN_API const char *
tuan_answer_method(const struct tuan_answer *answer); /* of a notification; else "" */

/* A refusal has a code ("ROOM_FULL") and a text ("no seat is free retry_after_ms=900 ..."); else
 * both are "". */
TUAN_API bool tuan_answer_is_refused(const struct tuan_answer *answer);
TUAN_API const char *tuan_answer_code(const struct tuan_answer *answer);
TUAN_API const char *tuan_answer_text(const struct tuan_answer *answer);
/* Copy the value of a `name=value` word of a refusal's text. False: not there, or size is too
 * small. */
TUAN_API bool tuan_answer_detail(const struct tuan_answer *answer, const char *name, char *out,
                                 size_t size);

/* The result; nil for a refusal. Of a notification: its first parameter. */
TUAN_API const struct tuan_value *tuan_answer_result(const struct tuan_answer *answer);

/* Fields of a result that is a map. False and nothing written: not there, not of that type, or size
 * too small. */
TUAN_API bool tuan_answer_int(const struct tuan_answer *answer, const char *name, int64_t *out);
TUAN_API bool tuan_answer_copy(const struct tuan_answer *answer, const char *name, char *out,
                               size_t size);

/* ---- values ---- */

enum tuan_value_kind {
    TUAN_VALUE_NIL,
    TUAN_VALUE_INT, /* true and false too, as 1 and 0 */
    TUAN_VALUE_TEXT,
    TUAN_VALUE_LIST,
    TUAN_VALUE_MAP,
    TUAN_VALUE_OTHER, /* a float, an extension: the daemon sends none */
};

/* All of these take NULL for "no such value": its kind is NIL, its count 0, nothing is found in it.
 */
TUAN_API enum tuan_value_kind tuan_value_kind(const struct tuan_value *value);
TUAN_API size_t
tuan_value_count(const struct tuan_value *value); /* items of a list, pairs of a map */
TUAN_API const struct tuan_value *tuan_value_at(const struct tuan_value *list_or_map, size_t index);
TUAN_API const struct tuan_value *tuan_value_key(const struct tuan_value *map, size_t index);
/* The value of that name in a map, NULL if it lacks it. */
TUAN_API const struct tuan_value *tuan_value_get(const struct tuan_value *map, const char *name);

TUAN_API bool tuan_value_int(const struct tuan_value *value, int64_t *out);
/* Text is not zero-terminated and may hold any byte. */
TUAN_API bool tuan_value_text(const struct tuan_value *value, const char **text, size_t *len);
/* As tuan_answer_copy(), zero-terminated; false also if the text holds a zero byte. */
TUAN_API bool tuan_value_copy(const struct tuan_value *value, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif
