/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/handshake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define VERSION_MIN 7
#define META_KEY    "tuan:meta"
#define META_FIELDS 4

static void expect(struct handshake *handshake, enum ask ask, uint64_t echo)
{
    outbox_expect(handshake->out, &(struct expected){.ask = ask,
                                                     .partition = UINT32_MAX,
                                                     .generation = handshake->generation,
                                                     .echo = echo});
}

/* A request of up to four words; NULL ends them. */
static void ask_words(struct handshake *handshake, enum ask ask, const char *const words[4])
{
    size_t count = 0;

    while (count < 4 && words[count] != NULL)
        count++;
    wire_begin(&handshake->out->bytes, count);
    for (size_t i = 0; i < count; i++)
        wire_arg_str(&handshake->out->bytes, words[i]);
    expect(handshake, ask, 0);
}

static void ask_meta(struct handshake *handshake)
{
    ask_words(handshake, ASK_HELLO_META, (const char *const[4]){"HGETALL", META_KEY});
}

static void ask_settings(struct handshake *handshake)
{
    ask_words(handshake, ASK_HELLO_INFO, (const char *const[4]){"INFO"});
    ask_words(handshake, ASK_HELLO_FSYNC,
              (const char *const[4]){"CONFIG", "GET", "appendfsync", "aof-load-truncated"});
}

void handshake_start(struct handshake *handshake)
{
    struct handshake fresh = {.config = handshake->config,
                              .out = handshake->out,
                              .scripts = handshake->scripts,
                              .generation = handshake->generation + 1};
    char db[16];

    *handshake = fresh;
    snprintf(db, sizeof db, "%u", (unsigned)handshake->config->mirror->db);
    if (handshake->config->password[0] != '\0')
        ask_words(handshake, ASK_HELLO_AUTH,
                  (const char *const[4]){"AUTH", handshake->config->password});
    ask_words(handshake, ASK_HELLO_NAME, (const char *const[4]){"CLIENT", "SETNAME", "tuan"});
    ask_settings(handshake);
    ask_words(handshake, ASK_HELLO_ROLE, (const char *const[4]){"ROLE"});
    if (handshake->config->mirror->db != 0)
        ask_words(handshake, ASK_HELLO_SELECT, (const char *const[4]){"SELECT", db});
    for (size_t i = 0; i < SCRIPT_COUNT; i++) {
        script_load(&handshake->out->bytes, (enum script)i);
        expect(handshake, ASK_HELLO_SCRIPT, i);
    }
    ask_meta(handshake);
}

void handshake_look_again(struct handshake *handshake)
{
    handshake->generation++;
    ask_meta(handshake);
}

void handshake_look_at_settings(struct handshake *handshake)
{
    handshake->is_over = true;
    ask_settings(handshake);
}

__attribute__((format(printf, 3, 4))) static enum handshake_step
stop(struct handshake *handshake, enum handshake_step step, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(handshake->why, sizeof handshake->why, format, args);
    va_end(args);
    handshake->generation++; /* whatever still comes in is of no interest */
    return step;
}

/* ---- who are you ---- */

/* The value of `name` in an INFO text, as a zero-ended string; empty if it is not there. */
static void info_value(struct mirror_bytes info, const char *name, char *out, size_t size)
{
    size_t name_len = strlen(name);
    const char *at = info.ptr;
    const char *end = info.ptr + info.len;

    out[0] = '\0';
    while (at < end) {
        const char *line_end = memchr(at, '\r', (size_t)(end - at));
        size_t len = (size_t)((line_end == NULL ? end : line_end) - at);

        if (len > name_len && memcmp(at, name, name_len) == 0 && at[name_len] == ':') {
            size_t value_len = len - name_len - 1;

            if (value_len >= size) value_len = size - 1;
            memcpy(out, at + name_len + 1, value_len);
            out[value_len] = '\0';
            return;
        }
        at += len;
        while (at < end && (*at == '\r' || *at == '\n'))
            at++;
    }
}

static enum handshake_step take_info(struct handshake *handshake, struct mirror_bytes info)
{
    char value[64];

    info_value(info, "redis_version", handshake->version, sizeof handshake->version);
    if (strtol(handshake->version, NULL, 10) < VERSION_MIN)
        return stop(handshake, HANDSHAKE_REFUSED, "Redis 7 or newer is needed, this is %s",
                    handshake->version);
    info_value(info, "loading", value, sizeof value);
    if (strcmp(value, "1") == 0)
        return stop(handshake, HANDSHAKE_RETRY, "Redis is loading its data");
    info_value(info, "maxmemory_policy", value, sizeof value);
    if (strcmp(value, "noeviction") != 0)
        return stop(handshake, HANDSHAKE_REFUSED,
                    "Redis evicts keys (maxmemory-policy %s): it must be noeviction", value);
    info_value(info, "aof_enabled", value, sizeof value);
    handshake->has_aof = strcmp(value, "1") == 0;
    info_value(info, "run_id", handshake->run_id, sizeof handshake->run_id);
    return HANDSHAKE_GOING;
}

static enum handshake_step take_role(struct handshake *handshake, const struct reply *reply)
{
    if (bytes_equal(reply_text_at(reply, 0), bytes_of("master"))) return HANDSHAKE_GOING;
    return stop(handshake, HANDSHAKE_RETRY, "this Redis is a replica: the primary is needed");
}

/* ---- which data set is this ---- */

/* The value beside a name in an array of pairs; empty if it is not there. */
static struct mirror_bytes reply_pair(const struct reply *pairs, const char *name)
{
    for (size_t i = 0; i + 1 < pairs->count; i += 2)
        if (bytes_equal(reply_text_at(pairs, i), bytes_of(name)))
            return reply_text_at(pairs, i + 1);
    return bytes_of("");
}

/* D2: what is set first stays, whoever sets it; then all go on with what is there. */
static void ask_to_make(struct handshake *handshake)
{
    unsigned char random[16];
    char dataset[FORM_ID_SIZE];
    char partitions[16];
    const char *const rows[META_FIELDS][2] = {
        {"dataset", dataset}, {"partitions", partitions}, {"format", "1"}, {"state", "making"}};

    handshake->config->random(NULL, random);
    form_print_id(dataset, random);
    snprintf(partitions, sizeof partitions, "%u", (unsigned)handshake->config->mirror->partitions);
    log_info("making a new key space in Redis", "dataset=%s partitions=%s", dataset, partitions);
    for (size_t i = 0; i < META_FIELDS; i++)
        ask_words(handshake, ASK_HELLO_MAKE,
                  (const char *const[4]){"HSETNX", META_KEY, rows[i][0], rows[i][1]});
    ask_meta(handshake);
}

/* D4: before a key space is made, make sure that none was. */
static enum handshake_step nothing_there(struct handshake *handshake)
{
    const struct mirror_config *mirror = handshake->config->mirror;

    if (handshake->config->remembered[0] != '\0' && !mirror->accept_dataset)
        return stop(handshake, HANDSHAKE_LOST, "Redis has lost the data set %s",
                    handshake->config->remembered);
    handshake->heads_awaited = mirror->partitions;
    handshake->found_head = false;
    for (uint32_t i = 0; i < mirror->partitions; i++) {
        struct lane lane;

        lane_init(&lane, i, handshake->out, handshake->scripts);
        ask_words(handshake, ASK_HELLO_HEAD, (const char *const[4]){"EXISTS", lane.keys[KEY_HEAD]});
    }
    return HANDSHAKE_GOING;
}

static enum handshake_step take_head(struct handshake *handshake, const struct reply *reply)
{
    if (reply->type != REPLY_INTEGER || reply->integer != 0) handshake->found_head = true;
    if (--handshake->heads_awaited > 0) return HANDSHAKE_GOING;
    if (handshake->found_head)
        return stop(handshake, HANDSHAKE_LOST, "Redis has partitions but no %s", META_KEY);
    if (handshake->config->mirror->create_never)
        return stop(handshake, HANDSHAKE_REFUSED,
                    "Redis has no key space, and mirror.create is never");
    ask_to_make(handshake);
    return HANDSHAKE_GOING;
}

static void ask_to_create(struct handshake *handshake)
{
    handshake->is_making = true;
    handshake->creates_awaited = handshake->partitions;
    for (uint32_t i = 0; i < handshake->partitions; i++) {
        struct lane lane;

        lane_init(&lane, i, handshake->out, handshake->scripts);
        lane_create(&lane, handshake->dataset, handshake->generation);
    }
}

/* Made now, or by another who makes the same key space (D2). */
static enum handshake_step take_create(struct handshake *handshake, const struct reply *reply)
{
    struct head head;

    if (!form_parse_head(reply_text_at(reply, 1), &head) ||
        strcmp(head.dataset, handshake->dataset) != 0)
        return stop(handshake, HANDSHAKE_REFUSED,
                    "Redis holds keys of an unfinished or other key space (LOG_BROKEN)");
    if (--handshake->creates_awaited > 0) return HANDSHAKE_GOING;
    ask_words(handshake, ASK_HELLO_MADE, (const char *const[4]){"HSET", META_KEY, "state", "made"});
    ask_meta(handshake);
    return HANDSHAKE_GOING;
}

/* D5. */
static enum handshake_step compare_dataset(struct handshake *handshake)
{
    const char *remembered = handshake->config->remembered;

    handshake->is_exchanged = remembered[0] != '\0' && strcmp(remembered, handshake->dataset) != 0;
    if (!handshake->is_exchanged || handshake->config->mirror->accept_dataset)
        return HANDSHAKE_DONE;
    return stop(handshake, HANDSHAKE_REFUSED,
                "Redis holds the data set %s, this directory belongs to %s (--accept-dataset)",
                handshake->dataset, remembered);
}

static enum handshake_step take_meta(struct handshake *handshake, const struct reply *meta)
{
    struct mirror_bytes dataset = reply_pair(meta, "dataset");
    struct mirror_bytes partitions = reply_pair(meta, "partitions");
    struct mirror_bytes state = reply_pair(meta, "state");

    if (meta->type != REPLY_ARRAY)
        return stop(handshake, HANDSHAKE_REFUSED, "%s is not what we made", META_KEY);
    /* Whoever began to make the key space may have been cut off, or refused for a moment, between
     * two of its fields: no partition was made then, and what is missing can still be set. */
    if (!bytes_equal(state, bytes_of("made")) && meta->count < 2 * META_FIELDS)
        return nothing_there(handshake);
    handshake->partitions = (uint32_t)strtoul(partitions.ptr, NULL, 10);
    if (!form_is_id(dataset) || handshake->partitions == 0)
        return stop(handshake, HANDSHAKE_REFUSED, "%s cannot be read", META_KEY);
    if (handshake->partitions > MIRROR_PARTITIONS_MAX)
        return stop(handshake, HANDSHAKE_REFUSED,
                    "the key space has %u partitions, at most %d are served", handshake->partitions,
                    MIRROR_PARTITIONS_MAX);
    if (!bytes_equal(reply_pair(meta, "format"), bytes_of("1")))
        return stop(handshake, HANDSHAKE_REFUSED, "the key space is of a newer format");
    memcpy(handshake->dataset, dataset.ptr, dataset.len);
    handshake->dataset[dataset.len] = '\0';
    if (bytes_equal(state, bytes_of("made"))) return compare_dataset(handshake);
    if (!bytes_equal(state, bytes_of("making")) || handshake->is_making)
        return stop(handshake, HANDSHAKE_REFUSED, "%s cannot be read", META_KEY);
    ask_to_create(handshake);
    return HANDSHAKE_GOING;
}

/* ---- replies ---- */

static enum handshake_step take_error(struct handshake *handshake, enum ask ask,
                                      struct mirror_bytes error)
{
    char text[120];

    if (ask == ASK_HELLO_FSYNC) return HANDSHAKE_GOING; /* not everyone may ask */
    if (handshake->is_over) return HANDSHAKE_GOING;     /* the partitions' calls meet it, too */
    log_quote(text, sizeof text, error.ptr, error.len);
    if (wire_fate(error) == FATE_DENIED || ask == ASK_HELLO_AUTH || ask == ASK_HELLO_SELECT)
        return stop(handshake, HANDSHAKE_REFUSED, "Redis denies access: %s", text);
    return stop(handshake, HANDSHAKE_RETRY, "Redis answers %s", text);
}

static void take_fsync(struct handshake *handshake, const struct reply *reply)
{
    struct mirror_bytes value = reply_pair(reply, "appendfsync");

    if (value.len < sizeof handshake->fsync && value.len > 0)
        snprintf(handshake->fsync, sizeof handshake->fsync, "%.*s", (int)value.len, value.ptr);
    handshake->mends_torn_log =
        bytes_equal(reply_pair(reply, "aof-load-truncated"), bytes_of("yes"));
}

enum handshake_step handshake_reply(struct handshake *handshake, const struct expected *expected,
                                    const struct reply *reply)
{
    if (expected->generation != handshake->generation) return HANDSHAKE_GOING;
    if (reply->type == REPLY_ERROR) return take_error(handshake, expected->ask, reply->text);
    switch (expected->ask) {
    case ASK_HELLO_INFO:
        if (reply_is_text(reply)) return take_info(handshake, reply->text);
        return stop(handshake, HANDSHAKE_RETRY, "Redis tells nothing about itself");
    case ASK_HELLO_ROLE: return take_role(handshake, reply);
    case ASK_HELLO_FSYNC: take_fsync(handshake, reply); return HANDSHAKE_GOING;
    case ASK_HELLO_SCRIPT:
        if (script_note(handshake->scripts, (enum script)expected->echo, reply))
            return HANDSHAKE_GOING;
        return stop(handshake, HANDSHAKE_RETRY, "Redis does not take our scripts");
    case ASK_HELLO_META: return take_meta(handshake, reply);
    case ASK_HELLO_HEAD: return take_head(handshake, reply);
    case ASK_HELLO_CREATE: return take_create(handshake, reply);
    default: return HANDSHAKE_GOING;
    }
}

void handshake_promise(const struct handshake *handshake, char *out, size_t size)
{
    if (!handshake->has_aof)
        snprintf(out, size,
                 "Redis keeps no append-only file: if it ends, what it had not saved is lost");
    else if (handshake->fsync[0] == '\0')
        snprintf(out, size,
                 "Redis does not tell its appendfsync: a crash of it may lose acknowledged facts");
    else if (strcmp(handshake->fsync, "always") != 0)
        snprintf(out, size, "appendfsync %s: a crash of Redis may lose its last seconds",
                 handshake->fsync);
    else if (handshake->mends_torn_log)
        snprintf(out, size,
                 "aof-load-truncated yes: Redis may bring back, at its second start after a crash, "
                 "half a write of before; set it to no, and mend with redis-check-aof --fix");
    else
        out[0] = '\0';
}
