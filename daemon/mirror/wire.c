/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/wire.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/mirror/form.h"
#include "proto/decimal.h"

#define EXPECTED_CAP_MIN 64

void outbox_init(struct outbox *out)
{
    *out = (struct outbox){0};
    out->expected_cap = EXPECTED_CAP_MIN;
    out->expected = mem_alloc(out->expected_cap * sizeof *out->expected);
}

void outbox_free(struct outbox *out)
{
    buf_free(&out->bytes);
    mem_free(out->expected);
    *out = (struct outbox){0};
}

void outbox_reset(struct outbox *out)
{
    buf_reset(&out->bytes);
    out->expected_first = 0;
    out->expected_count = 0;
    out->expected_sent = 0;
}

void outbox_urge(struct outbox *out)
{
    if (out->urge != NULL) out->urge(out->urge_context);
}

static void grow_expected(struct outbox *out)
{
    size_t cap = out->expected_cap * 2;
    struct expected *grown = mem_alloc(cap * sizeof *grown);

    for (size_t i = 0; i < out->expected_count; i++)
        grown[i] = out->expected[(out->expected_first + i) & (out->expected_cap - 1)];
    mem_free(out->expected);
    out->expected = grown;
    out->expected_cap = cap;
    out->expected_first = 0;
}

void outbox_expect(struct outbox *out, const struct expected *expected)
{
    struct expected *slot;

    if (out->expected_count == out->expected_cap) grow_expected(out);
    slot = &out->expected[(out->expected_first + out->expected_count) & (out->expected_cap - 1)];
    *slot = *expected;
    slot->asked_ms = out->now_ms;
    out->expected_count++;
}

void outbox_sent(struct outbox *out, int64_t now_us)
{
    for (; out->expected_sent < out->expected_count; out->expected_sent++)
        out->expected[(out->expected_first + out->expected_sent) & (out->expected_cap - 1)]
            .sent_us = now_us;
}

const struct expected *outbox_oldest(const struct outbox *out)
{
    return out->expected_count > 0 ? &out->expected[out->expected_first] : NULL;
}

struct expected outbox_pop(struct outbox *out)
{
    struct expected oldest = out->expected[out->expected_first];

    assert(out->expected_count > 0);
    out->expected_first = (out->expected_first + 1) & (out->expected_cap - 1);
    out->expected_count--;
    if (out->expected_sent > 0) out->expected_sent--;
    return oldest;
}

enum mirror_op wire_op(enum ask ask)
{
    switch (ask) {
    case ASK_APPEND: return MIRROR_OP_APPEND;
    case ASK_VERIFY_HEAD:
    case ASK_VERIFY_SNAP:
    case ASK_VERIFY_OWNER:
    case ASK_LOST_HEAD:
    case ASK_MARK_RANGE: return MIRROR_OP_LOOK;
    case ASK_TAKE_HEAD:
    case ASK_TAKE:
    case ASK_RENEW:
    case ASK_RELEASE: return MIRROR_OP_LEASE;
    case ASK_LOAD_SNAP:
    case ASK_LOAD_SCAN:
    case ASK_LOAD_RANGE:
    case ASK_LOAD_HEAD: return MIRROR_OP_LOAD;
    case ASK_SLICE: return MIRROR_OP_SLICE;
    case ASK_TRIM:
    case ASK_PURGE: return MIRROR_OP_TRIM;
    case ASK_FEED: return MIRROR_OP_FEED;
    case ASK_SCRIPT:
    case ASK_HELLO_AUTH:
    case ASK_HELLO_NAME:
    case ASK_HELLO_SELECT:
    case ASK_HELLO_INFO:
    case ASK_HELLO_ROLE:
    case ASK_HELLO_FSYNC:
    case ASK_HELLO_SCRIPT:
    case ASK_HELLO_META:
    case ASK_HELLO_HEAD:
    case ASK_HELLO_MAKE:
    case ASK_HELLO_CREATE:
    case ASK_HELLO_MADE: break;
    }
    return MIRROR_OP_HANDSHAKE;
}

enum { CRLF = 2, LENGTH_MAX = 1 + TUAN_DECIMAL_MAX + CRLF };

static char *put_end(char *at)
{
    memcpy(at, "\r\n", CRLF);
    return at + CRLF;
}

static char *put_length(char *at, char kind, size_t length)
{
    *at = kind;
    return put_end(tuan_put_decimal(at + 1, length));
}

static void end_at(struct buf *out, const char *end)
{
    out->len = (size_t)(end - out->data);
}

void wire_begin(struct buf *out, size_t argc)
{
    end_at(out, put_length(buf_reserve(out, LENGTH_MAX), '*', argc));
}

/* One look for room: a batch has several of these for every fact. */
void wire_arg(struct buf *out, const void *bytes, size_t len)
{
    char *at = put_length(buf_reserve(out, LENGTH_MAX + len + CRLF), '$', len);

    if (len > 0) memcpy(at, bytes, len);
    end_at(out, put_end(at + len));
}

void wire_arg_str(struct buf *out, const char *str)
{
    wire_arg(out, str, strlen(str));
}

void wire_arg_uint(struct buf *out, uint64_t value)
{
    char digits[TUAN_DECIMAL_MAX];

    wire_arg(out, digits, (size_t)(tuan_put_decimal(digits, value) - digits));
}

int64_t reply_verdict(const struct reply *reply)
{
    if (!reply_is_array(reply, 1) || reply->elements[0].type != REPLY_INTEGER) return -1;
    return reply->elements[0].integer;
}

struct mirror_bytes reply_text_at(const struct reply *reply, size_t index)
{
    if (!reply_is_array(reply, index + 1) || !reply_is_text(&reply->elements[index]))
        return (struct mirror_bytes){"", 0};
    return reply->elements[index].text;
}

static bool starts_with(struct mirror_bytes text, const char *word)
{
    size_t len = strlen(word);

    return text.len >= len && memcmp(text.ptr, word, len) == 0 &&
           (text.len == len || text.ptr[len] == ' ');
}

enum fate wire_fate(struct mirror_bytes error)
{
    static const struct {
        const char *word;
        enum fate fate;
    } rows[] = {
        {"OOM", FATE_NOT_DONE},        {"LOADING", FATE_NOT_DONE},
        {"BUSY", FATE_NOT_DONE},       {"MASTERDOWN", FATE_NOT_DONE},
        {"TRYAGAIN", FATE_NOT_DONE},   {"CLUSTERDOWN", FATE_NOT_DONE},
        {"NOREPLICAS", FATE_NOT_DONE}, {"MISCONF", FATE_NOT_DONE},
        {"NOSCRIPT", FATE_NO_SCRIPT},  {"READONLY", FATE_WRONG_SERVER},
        {"MOVED", FATE_WRONG_SERVER},  {"ASK", FATE_WRONG_SERVER},
        {"NOAUTH", FATE_DENIED},       {"NOPERM", FATE_DENIED},
        {"WRONGPASS", FATE_DENIED},    {"CROSSSLOT", FATE_DENIED},
        {"WRONGTYPE", FATE_DENIED},
    };

    /* An error out of the middle of a script: something may have been written before it. */
    if (memmem(error.ptr, error.len, " script:", 8) != NULL) return FATE_UNKNOWN;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (starts_with(error, rows[i].word)) return rows[i].fate;
    return FATE_UNKNOWN;
}

enum mirror_fault wire_fault(enum fate fate)
{
    switch (fate) {
    case FATE_NOT_DONE: return MIRROR_FAULT_NOT_NOW;
    case FATE_NO_SCRIPT: return MIRROR_FAULT_NO_SCRIPT;
    case FATE_WRONG_SERVER: return MIRROR_FAULT_NOT_PRIMARY;
    case FATE_DENIED: return MIRROR_FAULT_DENIED;
    case FATE_UNKNOWN: break;
    }
    return MIRROR_FAULT_UNKNOWN;
}
