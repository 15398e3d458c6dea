/* SPDX-License-Identifier: BSD-2-Clause */
/* sync.c - tuan_client_call(): one request from a format, and its answer waited for. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/internal.h"

static void fail(struct tuan_client *client, const char *why)
{
    if (client->call.misuse == NULL) client->call.misuse = why;
}

static bool is_integer(const char *text, size_t len)
{
    size_t at = len > 1 && text[0] == '-' ? 1 : 0;

    if (len == 0 || len > 18) return false;
    for (; at < len; at++)
        if (text[at] < '0' || text[at] > '9') return false;
    return true;
}

static void add_literal(struct tuan_client *client, const char *name, const char *text, size_t len)
{
    if (is_integer(text, len))
        tuan_client_int(client, name,
                        strtoll(text, NULL, 10)); /* stops at the space or end behind it */
    else
        tuan_client_bytes(client, name, text, len);
}

static bool spec_is(const char *spec, size_t len, const char *wanted)
{
    return strlen(wanted) == len && memcmp(spec, wanted, len) == 0;
}

/* One conversion takes exactly its argument from the list, so the list is passed by address. */
static void add_converted(struct tuan_client *client, const char *name, const char *spec,
                          size_t len, va_list *args)
{
    if (spec_is(spec, len, "%s")) {
        const char *text = va_arg(*args, const char *);
        if (text == NULL)
            fail(client, "a NULL text");
        else
            tuan_client_str(client, name, text);
    } else if (spec_is(spec, len, "%.*s")) {
        int bytes = va_arg(*args, int);
        const char *text = va_arg(*args, const char *);
        if (bytes < 0 || text == NULL)
            fail(client, "a NULL text or negative length");
        else
            tuan_client_bytes(client, name, text, (size_t)bytes);
    } else if (spec_is(spec, len, "%d") || spec_is(spec, len, "%i"))
        tuan_client_int(client, name, va_arg(*args, int));
    else if (spec_is(spec, len, "%u"))
        tuan_client_int(client, name, va_arg(*args, unsigned));
    else if (spec_is(spec, len, "%ld"))
        tuan_client_int(client, name, va_arg(*args, long));
    else if (spec_is(spec, len, "%lld"))
        tuan_client_int(client, name, va_arg(*args, long long));
    else if (spec_is(spec, len, "%lu") || spec_is(spec, len, "%zu"))
        tuan_client_int(client, name, (int64_t)va_arg(*args, unsigned long));
    else if (spec_is(spec, len, "%llu"))
        tuan_client_int(client, name, (int64_t)va_arg(*args, unsigned long long));
    else
        fail(client, "a conversion that tuan_client_call() does not know");
}

/* One `name=value` word of len bytes. */
static void add_word(struct tuan_client *client, const char *word, size_t len, va_list *args)
{
    const char *equals = memchr(word, '=', len);
    char name[64];

    if (equals == NULL || equals == word || (size_t)(equals - word) >= sizeof name) {
        fail(client, "a word that is not name=value");
        return;
    }
    memcpy(name, word, (size_t)(equals - word));
    name[equals - word] = '\0';
    const char *value = equals + 1;
    size_t value_len = len - (size_t)(value - word);
    if (memchr(value, '%', value_len) != NULL)
        add_converted(client, name, value, value_len, args);
    else
        add_literal(client, name, value, value_len);
}

static uint32_t queue_format(struct tuan_client *client, const char *request, va_list *args,
                             struct tuan_client_error *error)
{
    size_t len = strcspn(request, " ");
    char method[64] = "";

    if (len < sizeof method) memcpy(method, request, len);
    tuan_client_begin(client, method);
    while (client->call.misuse == NULL && request[len] != '\0') {
        request += len + strspn(request + len, " ");
        len = strcspn(request, " ");
        if (len > 0) add_word(client, request, len, args);
    }
    return tuan_client_end(client, error);
}

static void keep(struct tuan_client *client, struct tuan_answer *answer)
{
    *client->kept_tail = answer;
    client->kept_tail = answer_next(answer);
}

static void abandon(struct tuan_client *client, uint32_t msgid)
{
    if (client->abandoned_count == client->abandoned_cap) {
        size_t cap = client->abandoned_cap * 2 + 16;
        uint32_t *grown = realloc(client->abandoned, cap * sizeof *grown);
        if (grown == NULL) {
            client_lose(client, TUAN_CLIENT_MEMORY, "out of memory");
            return;
        }
        client->abandoned = grown;
        client->abandoned_cap = cap;
    }
    client->abandoned[client->abandoned_count++] = msgid;
}

static struct tuan_answer *wait_for(struct tuan_client *client, uint32_t msgid,
                                    struct tuan_client_error *error)
{
    int64_t deadline_ms = socket_deadline_ms(client->options.call_timeout_ms);

    for (;;) {
        struct tuan_answer *answer = stream_receive(client, deadline_ms, error);
        if (answer == NULL) {
            if (client->fd >= 0) abandon(client, msgid);
            return NULL;
        }
        if (tuan_answer_msgid(answer) == msgid) return answer;
        keep(client, answer);
    }
}

struct tuan_answer *tuan_client_call(struct tuan_client *client, struct tuan_client_error *error,
                                     const char *request, ...)
{
    va_list args;

    va_start(args, request);
    uint32_t msgid = queue_format(client, request, &args, error);
    va_end(args);
    if (msgid == 0) return NULL;
    struct tuan_answer *answer = wait_for(client, msgid, error);
    if (answer == NULL || !tuan_answer_is_refused(answer)) return answer;
    error_set(error, TUAN_CLIENT_REFUSED, "%s", tuan_answer_text(answer));
    if (error != NULL) snprintf(error->code, sizeof error->code, "%s", tuan_answer_code(answer));
    tuan_answer_free(answer);
    return NULL;
}
