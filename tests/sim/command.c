/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/command.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/mirror/form.h"

#define WRONGTYPE "WRONGTYPE Operation against a key holding the wrong kind of value"

/* ---- replies ---- */

void reply_bulk(struct buf *reply, struct mirror_bytes text)
{
    wire_arg(reply, text.ptr, text.len);
}

void reply_line(struct buf *reply, char kind, const char *text)
{
    buf_append_byte(reply, kind);
    buf_append_str(reply, text);
    buf_append(reply, "\r\n", 2);
}

void reply_nil(struct buf *reply)
{
    reply_line(reply, '$', "-1");
}

static void number_line(struct buf *reply, char kind, int64_t value)
{
    buf_append_byte(reply, kind);
    buf_append_int(reply, value);
    buf_append(reply, "\r\n", 2);
}

void reply_int(struct buf *reply, int64_t value)
{
    number_line(reply, ':', value);
}

void reply_array(struct buf *reply, size_t count)
{
    number_line(reply, '*', (int64_t)count);
}

/* ---- requests ---- */

/* "*12\r\n": the number behind one kind of byte. Returns where the next line starts, NULL: not
 * whole. What the mirror sends is well formed. */
static const char *read_count(const char *at, const char *end, char kind, size_t *out)
{
    size_t value = 0;

    if (at >= end) return NULL;
    assert(*at == kind);
    for (at++; at < end && *at != '\r'; at++)
        value = value * 10 + (size_t)(*at - '0');
    *out = value;
    return end - at < 2 ? NULL : at + 2;
}

size_t call_parse(struct mirror_bytes bytes, struct mirror_bytes *argv, size_t *argc)
{
    const char *end = bytes.ptr + bytes.len;
    const char *at = read_count(bytes.ptr, end, '*', argc);

    if (at == NULL) return 0;
    assert(*argc <= CALL_ARGS_MAX);
    for (size_t i = 0; i < *argc; i++) {
        at = read_count(at, end, '$', &argv[i].len);
        if (at == NULL || (size_t)(end - at) < argv[i].len + 2) return 0;
        argv[i].ptr = at;
        at += argv[i].len + 2;
    }
    return (size_t)(at - bytes.ptr);
}

bool call_is(const struct call *call, const char *name)
{
    size_t len = strlen(name);

    return call->argv[0].len == len && strncasecmp(call->argv[0].ptr, name, len) == 0;
}

enum script call_script(const struct call *call)
{
    char sha[SCRIPT_SHA_SIZE];

    if (!call_is(call, "EVALSHA") || call->argc < 3) return SCRIPT_NONE;
    for (int i = 0; i < SCRIPT_COUNT; i++) {
        script_sha((enum script)i, sha);
        if (bytes_equal(call->argv[1], bytes_of(sha))) return (enum script)i;
    }
    return SCRIPT_NONE;
}

enum call_kind call_kind(const struct call *call)
{
    static const char *const writes[] = {"SET",  "MSET", "HSET", "HSETNX",
                                         "HDEL", "DEL",  "XADD", "FLUSHALL"};
    enum script script = call_script(call);

    if (script == SCRIPT_TAKE || script == SCRIPT_RENEW || script == SCRIPT_RELEASE ||
        script == SCRIPT_TRIM || script == SCRIPT_PURGE)
        return CALL_WRITE_ANYHOW;
    if (script != SCRIPT_NONE) return CALL_WRITE;
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++)
        if (call_is(call, writes[i])) return CALL_WRITE;
    return CALL_READ;
}

/* ---- plain commands ---- */

static struct value *find(struct call *call, size_t arg)
{
    return store_find(call->store, call->argv[arg], call->now_ms);
}

static bool run_get(struct call *call)
{
    struct value *value = find(call, 1);

    if (value == NULL)
        reply_nil(call->reply);
    else if (value->type != VALUE_STRING)
        reply_line(call->reply, '-', WRONGTYPE);
    else
        reply_bulk(call->reply, blob_bytes(value->string));
    return false;
}

static bool run_set(struct call *call)
{
    for (size_t i = 1; i + 1 < call->argc; i += 2)
        store_set(call->store, call->argv[i], call->argv[i + 1], 0, call->now_ms);
    reply_line(call->reply, '+', "OK");
    return true;
}

static bool run_exists(struct call *call)
{
    int64_t count = 0;

    for (size_t i = 1; i < call->argc; i++)
        count += find(call, i) != NULL;
    reply_int(call->reply, count);
    return false;
}

static bool run_del(struct call *call)
{
    int64_t count = 0;

    for (size_t i = 1; i < call->argc; i++)
        count += store_delete(call->store, call->argv[i], call->now_ms);
    reply_int(call->reply, count);
    return count > 0;
}

static bool run_hset(struct call *call)
{
    struct value *value = store_make(call->store, call->argv[1], VALUE_HASH, call->now_ms);
    bool only_new = call_is(call, "HSETNX");
    int64_t count = 0;

    if (value == NULL) {
        reply_line(call->reply, '-', WRONGTYPE);
        return false;
    }
    for (size_t i = 2; i + 1 < call->argc; i += 2)
        if (!only_new || hash_find(&value->hash, call->argv[i]) == NULL)
            count += hash_set(&value->hash, call->argv[i], call->argv[i + 1]);
    reply_int(call->reply, count);
    return true;
}

static bool run_hgetall(struct call *call)
{
    struct value *value = find(call, 1);

    if (value == NULL) {
        reply_array(call->reply, 0);
        return false;
    }
    assert(value->type == VALUE_HASH);
    reply_array(call->reply, 2 * map_count(&value->hash.index));
    for (size_t i = 0; i < value->hash.used; i++) {
        if (value->hash.order[i] == NULL) continue;
        reply_bulk(call->reply, blob_bytes(value->hash.order[i]->name));
        reply_bulk(call->reply, blob_bytes(value->hash.order[i]->value));
    }
    return false;
}

/* The cursor is a place in the order; what goes leaves a hole, so that nothing is passed over. */
static bool run_hscan(struct call *call)
{
    struct value *value = find(call, 1);
    size_t at = strtoul(call->argv[2].ptr, NULL, 10);
    size_t count = strtoul(call->argv[4].ptr, NULL, 10);
    size_t end = 0, found = 0;
    char cursor[24];

    if (call->scan_max > 0 && count > call->scan_max) count = call->scan_max;
    if (value != NULL) end = value->hash.used;
    if (end > at + count) end = at + count;
    for (size_t i = at; i < end; i++)
        found += value->hash.order[i] != NULL;
    snprintf(cursor, sizeof cursor, "%zu", value == NULL || end == value->hash.used ? 0 : end);
    reply_array(call->reply, 2);
    reply_bulk(call->reply, bytes_of(cursor));
    reply_array(call->reply, 2 * found);
    for (size_t i = at; i < end; i++) {
        if (value->hash.order[i] == NULL) continue;
        reply_bulk(call->reply, blob_bytes(value->hash.order[i]->name));
        reply_bulk(call->reply, blob_bytes(value->hash.order[i]->value));
    }
    return false;
}

static void reply_entry(struct buf *reply, const struct stream_entry *entry)
{
    char id[48];

    snprintf(id, sizeof id, "%llu-%llu", (unsigned long long)entry->id.ms,
             (unsigned long long)entry->id.seq);
    reply_array(reply, 2);
    reply_bulk(reply, bytes_of(id));
    reply_array(reply, entry->field_count);
    buf_append(reply, entry->fields->data, entry->fields->len);
}

/* XRANGE key from|(from to|+ COUNT n */
static bool run_xrange(struct call *call)
{
    const struct value *value = find(call, 1);
    struct mirror_bytes from = call->argv[2], to = call->argv[3];
    struct stream_id low = {0, 0}, high = {UINT64_MAX, UINT64_MAX};
    size_t count = call->argc > 5 ? strtoul(call->argv[5].ptr, NULL, 10) : SIZE_MAX;
    bool is_after = from.ptr[0] == '(';

    if (is_after) from = (struct mirror_bytes){from.ptr + 1, from.len - 1};
    if (!bytes_equal(from, bytes_of("-"))) stream_id_parse(from, &low);
    if (!bytes_equal(to, bytes_of("+"))) stream_id_parse(to, &high);
    if (is_after) low.seq++;
    size_t begin = value == NULL ? 0 : stream_seek(&value->stream, low), end = begin;
    while (value != NULL && end < value->stream.count && end - begin < count &&
           !stream_id_less(high, value->stream.items[value->stream.first + end].id))
        end++;
    reply_array(call->reply, end - begin);
    for (size_t i = begin; i < end; i++)
        reply_entry(call->reply, &value->stream.items[value->stream.first + i]);
    return false;
}

static bool run_xlen(struct call *call)
{
    const struct value *value = find(call, 1);

    reply_int(call->reply, value == NULL ? 0 : (int64_t)value->stream.count);
    return false;
}

static bool run_flush(struct call *call)
{
    store_free(call->store);
    store_init(call->store);
    reply_line(call->reply, '+', "OK");
    return true;
}

bool call_run(struct call *call)
{
    static const struct {
        const char *name;
        bool (*run)(struct call *call);
    } rows[] = {
        {"GET", run_get},       {"SET", run_set},     {"MSET", run_set},
        {"EXISTS", run_exists}, {"DEL", run_del},     {"HSET", run_hset},
        {"HSETNX", run_hset},   {"HSCAN", run_hscan}, {"HGETALL", run_hgetall},
        {"XRANGE", run_xrange}, {"XLEN", run_xlen},   {"FLUSHALL", run_flush},
    };
    enum script script = call_script(call);

    if (script != SCRIPT_NONE) return script_run(script, call);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (call_is(call, rows[i].name)) return rows[i].run(call);
    reply_line(call->reply, '-', "ERR unknown command");
    return false;
}
