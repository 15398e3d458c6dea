/* SPDX-License-Identifier: BSD-2-Clause */
/* command.h - what Redis does with one request, as a function of its data alone.
 *
 * The plain commands that the mirror sends, and its scripts, written once more in C (script.c).
 * tests/sim/redis.vectors is run against this and against a real redis-server. Not here: moods of a
 * server (out of memory, loading, …), persistence, connections.
 */
#ifndef TUAN_TESTS_SIM_COMMAND_H
#define TUAN_TESTS_SIM_COMMAND_H

#include "base/buf.h"
#include "daemon/mirror/scripts.h"
#include "tests/sim/store.h"

enum { CALL_ARGS_MAX = 8192 };
#define SCRIPT_NONE SCRIPT_COUNT

struct call {
    struct store *store;
    const struct mirror_bytes *argv;
    size_t argc;
    int64_t now_ms;
    size_t scan_max; /* HSCAN answers at most so many; 0: as many as were asked for */
    struct buf *reply;
};

enum call_kind { CALL_READ, CALL_WRITE, CALL_WRITE_ANYHOW /* also without memory */ };
enum call_kind call_kind(const struct call *call);
bool call_is(const struct call *call, const char *name);
/* The script that an EVALSHA names; SCRIPT_NONE: it names none of ours, or this is no EVALSHA. */
enum script call_script(const struct call *call);
/* Answers, and returns whether the data may have changed. */
bool call_run(struct call *call);

/* One request at the head of `bytes`. Returns how long it is; 0: it is not whole yet. */
size_t call_parse(struct mirror_bytes bytes, struct mirror_bytes *argv, size_t *argc);

/* What SCRIPT LOAD answers here: not the true SHA-1, but as good as it. */
void script_sha(enum script script, char out[SCRIPT_SHA_SIZE]);
bool script_run(enum script script, struct call *call);

/* Replies. */
void reply_bulk(struct buf *reply, struct mirror_bytes text);
void reply_nil(struct buf *reply);
void reply_int(struct buf *reply, int64_t value);
void reply_array(struct buf *reply, size_t count);
void reply_line(struct buf *reply, char kind, const char *text);

#endif
