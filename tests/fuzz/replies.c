/* SPDX-License-Identifier: BSD-2-Clause */
/* Redis's replies as the mirror reads them: in pieces (the first byte says how long) they are the
 * same as in one. */
#include "daemon/mirror/replies.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

struct seen {
    uint64_t digest; /* of all replies, in order */
    size_t count;
    bool is_bad;
};

static void add(struct seen *seen, const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        seen->digest = (seen->digest ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3;
}

static void see(struct seen *seen, const struct reply *reply)
{
    add(seen, &reply->type, sizeof reply->type);
    switch (reply->type) {
    case REPLY_NIL: break;
    case REPLY_INTEGER: add(seen, &reply->integer, sizeof reply->integer); break;
    case REPLY_ERROR: assert(wire_fate(reply->text) <= FATE_UNKNOWN); /* fall through */
    case REPLY_STRING:
    case REPLY_STATUS:
        assert(reply->text.ptr[reply->text.len] == '\0');
        add(seen, reply->text.ptr, reply->text.len);
        break;
    case REPLY_ARRAY:
        add(seen, &reply->count, sizeof reply->count);
        for (size_t i = 0; i < reply->count; i++)
            see(seen, &reply->elements[i]);
        break;
    }
}

static struct seen read_all(const uint8_t *data, size_t size, size_t piece)
{
    struct seen seen = {0};
    struct replies replies;

    replies_init(&replies);
    while (size > 0 && !seen.is_bad) {
        size_t len = piece < size ? piece : size;
        char *copy = malloc(len);
        const struct reply *reply;

        assert(copy != NULL);
        memcpy(copy, data, len);
        seen.is_bad = !replies_feed(&replies, copy, len);
        free(copy);
        data += len;
        size -= len;
        while (!seen.is_bad) {
            seen.is_bad = !replies_next(&replies, &reply);
            if (seen.is_bad || reply == NULL) break;
            see(&seen, reply);
            (void)reply_verdict(reply);
            (void)reply_text_at(reply, 1);
            seen.count++;
        }
    }
    replies_free(&replies);
    return seen;
}

/* Does it ask for several arrays of 100000 and more? Each costs ASan milliseconds and runs the same
 * lines: one will do. */
static bool is_too_slow(const uint8_t *data, size_t size)
{
    size_t heads = 0, digits = 0;
    bool is_head = false;

    for (size_t i = 0; i < size; i++) {
        is_head = data[i] == '*' || (is_head && data[i] >= '0' && data[i] <= '9');
        digits = is_head && data[i] != '*' ? digits + 1 : 0;
        heads += digits == 6;
    }
    return heads > 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || is_too_slow(data, size)) return 0;
    struct seen pieces = read_all(data + 1, size - 1, (size_t)data[0] + 1);
    struct seen whole = read_all(data + 1, size - 1, size - 1);

    assert(pieces.count == whole.count && pieces.digest == whole.digest);
    assert(pieces.is_bad == whole.is_bad);
    return 0;
}
