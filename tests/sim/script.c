/* SPDX-License-Identifier: BSD-2-Clause */
/* script.c - daemon/mirror/scripts.def once more, in C. The vectors hold the two together. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/mirror/form.h"
#include "tests/sim/command.h"

enum { SLICE_FIRST = 4 };

void script_sha(enum script script, char out[SCRIPT_SHA_SIZE])
{
    memset(out, 'a', SCRIPT_SHA_SIZE - 1);
    out[0] = (char)('0' + script);
    out[SCRIPT_SHA_SIZE - 1] = '\0';
}

/* KEYS and ARGV, counted from 1 as in Lua. */
static size_t key_count(const struct call *call)
{
    return strtoul(call->argv[2].ptr, NULL, 10);
}

static struct mirror_bytes key(const struct call *call, size_t n)
{
    assert(n >= 1 && n <= key_count(call));
    return call->argv[2 + n];
}

static size_t arg_count(const struct call *call)
{
    return call->argc - 3 - key_count(call);
}

static struct mirror_bytes arg(const struct call *call, size_t n)
{
    assert(n >= 1 && n <= arg_count(call));
    return call->argv[2 + key_count(call) + n];
}

static uint64_t number(struct mirror_bytes text)
{
    char copy[32];
    size_t len = text.len < sizeof copy ? text.len : sizeof copy - 1;

    memcpy(copy, text.ptr, len);
    copy[len] = '\0';
    return strtoull(copy, NULL, 10);
}

/* A string's bytes; ptr NULL: there is none. */
static struct mirror_bytes get(const struct call *call, struct mirror_bytes name)
{
    const struct value *value = store_find(call->store, name, call->now_ms);

    if (value == NULL) return (struct mirror_bytes){NULL, 0};
    assert(value->type == VALUE_STRING);
    return blob_bytes(value->string);
}

static void set(struct call *call, struct mirror_bytes name, struct mirror_bytes text,
                int64_t expires_ms)
{
    store_set(call->store, name, text, expires_ms, call->now_ms);
}

/* Word `n` (from 0) of a text of words. */
static struct mirror_bytes word(struct mirror_bytes text, int n)
{
    const char *at = text.ptr, *end = text.ptr + text.len;

    for (; n > 0 && at < end; n--) {
        const char *space = memchr(at, ' ', (size_t)(end - at));
        at = space == NULL ? end : space + 1;
    }
    const char *space = at < end ? memchr(at, ' ', (size_t)(end - at)) : NULL;
    return (struct mirror_bytes){at, (size_t)((space == NULL ? end : space) - at)};
}

/* XADD of pairs; false: it was refused. */
static bool add(struct call *call, struct mirror_bytes name, struct mirror_bytes id_text,
                const struct mirror_bytes *pairs, uint32_t count)
{
    struct stream_id id;
    struct buf text = {0};
    struct value *value;

    if (!stream_id_parse(id_text, &id)) return false;
    value = store_make(call->store, name, VALUE_STREAM, call->now_ms);
    if (value == NULL || !stream_id_less(value->stream.last, id)) return false;
    for (uint32_t i = 0; i < count; i++)
        reply_bulk(&text, pairs[i]);
    stream_add(&value->stream, id, blob_make(text.data, text.len), count);
    buf_free(&text);
    return true;
}

static void refuse(struct call *call, struct mirror_bytes head)
{
    reply_array(call->reply, 2);
    reply_int(call->reply, 0);
    reply_bulk(call->reply, head);
}

/* ---- the scripts ---- */

static int64_t add_events(struct call *call)
{
    int64_t refused = 0;

    for (size_t i = 10; i + 4 <= arg_count(call); i += 5) {
        const struct mirror_bytes pairs[] = {
            bytes_of("type"), arg(call, i + 1), bytes_of("campaign"), arg(call, i + 2),
            bytes_of("room"), arg(call, i + 3), bytes_of("data"),     arg(call, i + 4)};
        refused += !add(call, key(call, 3), arg(call, i), pairs, 8);
    }
    return refused;
}

static void trim_feed(struct call *call)
{
    struct value *feed = store_find(call->store, key(call, 3), call->now_ms);

    if (arg_count(call) <= 9 || feed == NULL || feed->type != VALUE_STREAM) return;
    stream_trim_about(&feed->stream, number(arg(call, 5)));
}

static bool run_append(struct call *call)
{
    const struct mirror_bytes pairs[] = {bytes_of("p"), arg(call, 2), bytes_of("n"), arg(call, 4),
                                         arg(call, 6),  arg(call, 7), arg(call, 8),  arg(call, 9)};
    struct mirror_bytes head = get(call, key(call, 2));
    int64_t refused;

    if (!bytes_equal(head, arg(call, 2))) {
        refuse(call, head);
        return false;
    }
    if (!add(call, key(call, 1), arg(call, 1), pairs, 8)) {
        reply_line(call->reply, '-',
                   "ERR The ID specified in XADD is equal or smaller than the target stream top "
                   "item script: ours, on @user_script:4.");
        return false;
    }
    set(call, key(call, 2), arg(call, 3), 0);
    refused = add_events(call);
    trim_feed(call);
    reply_array(call->reply, 3);
    reply_int(call->reply, 1);
    reply_bulk(call->reply, arg(call, 3));
    reply_int(call->reply, refused);
    return true;
}

static bool run_create(struct call *call)
{
    struct mirror_bytes head = get(call, key(call, 2));
    const struct mirror_bytes pairs[] = {bytes_of("n"), bytes_of("0"), bytes_of("d"),
                                         arg(call, 1),  bytes_of("v"), arg(call, 2)};
    char text[96];

    for (size_t i = 1; i <= key_count(call); i++) {
        if (store_find(call->store, key(call, i), call->now_ms) == NULL) continue;
        refuse(call, head);
        return false;
    }
    snprintf(text, sizeof text, "0-1 0 %.*s", (int)arg(call, 1).len, arg(call, 1).ptr);
    add(call, key(call, 1), bytes_of("0-1"), pairs, 6);
    set(call, key(call, 2), bytes_of(text), 0);
    reply_array(call->reply, 2);
    reply_int(call->reply, 1);
    reply_bulk(call->reply, bytes_of(text));
    return true;
}

static bool is_held(struct call *call)
{
    const struct value *owner = store_find(call->store, key(call, 3), call->now_ms);

    if (owner == NULL || bytes_equal(word(blob_bytes(owner->string), 0), arg(call, 2)))
        return false;
    reply_array(call->reply, 3);
    reply_bulk(call->reply, bytes_of("HELD"));
    reply_bulk(call->reply, blob_bytes(owner->string));
    reply_int(call->reply, owner->expires_ms == 0 ? -1 : owner->expires_ms - call->now_ms);
    return true;
}

/* The owner key: `holder nonce`, for a lease. */
static void lease(struct call *call, struct mirror_bytes name, struct mirror_bytes holder,
                  struct mirror_bytes nonce, struct mirror_bytes lease_ms)
{
    struct buf text = {0};

    buf_printf(&text, "%.*s %.*s", (int)holder.len, holder.ptr, (int)nonce.len, nonce.ptr);
    set(call, name, (struct mirror_bytes){text.data, text.len},
        call->now_ms + (int64_t)number(lease_ms));
    buf_free(&text);
}

static bool run_take(struct call *call)
{
    struct mirror_bytes found = get(call, key(call, 2));
    char head[FORM_HEAD_SIZE], next[FORM_HEAD_SIZE], id[FORM_POSITION_SIZE];
    struct mirror_bytes dataset;
    struct stream_id at;

    if (found.ptr == NULL) {
        reply_array(call->reply, 1);
        reply_bulk(call->reply, bytes_of("NODATA"));
        return false;
    }
    dataset = word(found, 2);
    if (!stream_id_parse(word(found, 0), &at) || word(found, 1).len == 0 || dataset.len == 0) {
        reply_array(call->reply, 2);
        reply_bulk(call->reply, bytes_of("BROKEN"));
        reply_bulk(call->reply, found);
        return false;
    }
    if (is_held(call)) return false;
    snprintf(head, sizeof head, "%.*s", (int)found.len, found.ptr);
    snprintf(id, sizeof id, "%llu-0", (unsigned long long)at.ms + 1);
    const struct mirror_bytes pairs[] = {bytes_of("p"), bytes_of(head), bytes_of("n"),
                                         arg(call, 1),  bytes_of("o"),  arg(call, 2),
                                         bytes_of("v"), arg(call, 4)};
    add(call, key(call, 1), bytes_of(id), pairs, 8);
    snprintf(next, sizeof next, "%s %.*s %.*s", id, (int)arg(call, 1).len, arg(call, 1).ptr,
             (int)dataset.len, dataset.ptr);
    set(call, key(call, 2), bytes_of(next), 0);
    lease(call, key(call, 3), arg(call, 2), arg(call, 1), arg(call, 3));
    reply_array(call->reply, 2);
    reply_bulk(call->reply, bytes_of("OK"));
    reply_bulk(call->reply, bytes_of(head));
    return true;
}

static bool run_renew(struct call *call)
{
    struct mirror_bytes head = get(call, key(call, 1));

    if (head.ptr == NULL || !bytes_equal(word(head, 1), arg(call, 1))) {
        refuse(call, head);
        return false;
    }
    lease(call, key(call, 2), arg(call, 2), arg(call, 1), arg(call, 3));
    reply_array(call->reply, 2);
    reply_int(call->reply, 1);
    reply_bulk(call->reply, head);
    return true;
}

static bool run_release(struct call *call)
{
    struct mirror_bytes owner = get(call, key(call, 1));
    bool is_ours = owner.ptr != NULL && bytes_equal(word(owner, 1), arg(call, 1));

    if (is_ours) store_delete(call->store, key(call, 1), call->now_ms);
    reply_int(call->reply, is_ours);
    return is_ours;
}

static bool run_slice(struct call *call)
{
    struct mirror_bytes head = get(call, key(call, 1));
    struct mirror_bytes snap = get(call, key(call, 2));
    struct stream_id at = {0, 0};

    if (head.ptr != NULL) stream_id_parse(word(head, 0), &at);
    if (head.ptr == NULL || !bytes_equal(word(head, 1), arg(call, 1)) ||
        at.seq < number(arg(call, SLICE_FIRST)) || !bytes_equal(snap, arg(call, 2))) {
        reply_array(call->reply, 3);
        reply_int(call->reply, 0);
        reply_bulk(call->reply, head);
        reply_bulk(call->reply, snap);
        return false;
    }
    for (size_t i = SLICE_FIRST + 1; i + 2 <= arg_count(call); i += 3) {
        struct value *hash =
            store_make(call->store, key(call, 2 + number(arg(call, i))), VALUE_HASH, call->now_ms);
        hash_set(&hash->hash, arg(call, i + 1), arg(call, i + 2));
    }
    set(call, key(call, 2), arg(call, 3), 0);
    reply_array(call->reply, 1);
    reply_int(call->reply, 1);
    return true;
}

static bool run_trim(struct call *call)
{
    struct mirror_bytes snap = get(call, key(call, 2));
    struct value *log = store_find(call->store, key(call, 1), call->now_ms);
    struct stream_id covered;
    size_t gone = 0;

    if (snap.ptr != NULL && log != NULL && stream_id_parse(word(snap, 0), &covered))
        gone = stream_trim_below(&log->stream, covered);
    reply_int(call->reply, (int64_t)gone);
    return gone > 0;
}

/* `<position> x`, at or below covered. */
static bool is_ripe(const struct field *field, struct stream_id covered)
{
    struct stream_id at;

    return field != NULL && bytes_equal(word(blob_bytes(field->value), 1), bytes_of("x")) &&
           stream_id_parse(word(blob_bytes(field->value), 0), &at) && !stream_id_less(covered, at);
}

static bool run_purge(struct call *call)
{
    struct mirror_bytes snap = get(call, key(call, 1));
    struct stream_id covered;
    int64_t gone = 0;

    if (snap.ptr == NULL || !stream_id_parse(word(snap, 0), &covered)) {
        reply_int(call->reply, 0);
        return false;
    }
    for (size_t i = 1; i + 1 <= arg_count(call); i += 2) {
        struct mirror_bytes name = key(call, 1 + number(arg(call, i)));
        struct value *hash = store_find(call->store, name, call->now_ms);
        if (hash == NULL || !is_ripe(hash_find(&hash->hash, arg(call, i + 1)), covered)) continue;
        hash_remove(&hash->hash, arg(call, i + 1));
        if (map_count(&hash->hash.index) == 0) store_delete(call->store, name, call->now_ms);
        gone++;
    }
    reply_int(call->reply, gone);
    return gone > 0;
}

bool script_run(enum script script, struct call *call)
{
    switch (script) {
    case SCRIPT_APPEND: return run_append(call);
    case SCRIPT_CREATE: return run_create(call);
    case SCRIPT_TAKE: return run_take(call);
    case SCRIPT_RENEW: return run_renew(call);
    case SCRIPT_RELEASE: return run_release(call);
    case SCRIPT_SLICE: return run_slice(call);
    case SCRIPT_TRIM: return run_trim(call);
    case SCRIPT_PURGE: return run_purge(call);
    case SCRIPT_FEED: /* nobody reads the feed here */
    case SCRIPT_COUNT: break;
    }
    assert(false && "no such script");
    return false;
}
