/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_answer.c - what the daemon's own commands answer with, in both protocols. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/admin.h"
#include "proto/resp.h"

struct tuan_str admin_str(const char *text)
{
    return (struct tuan_str){text, (uint32_t)strlen(text)};
}

void admin_text(struct admin_call *call, struct tuan_str text)
{
    if (call->is_rpc)
        tuan_rpc_text_reply(call->out, call->msgid, text);
    else
        tuan_resp_bulk(call->out, text);
}

void admin_simple(struct admin_call *call, const char *text)
{
    if (call->is_rpc)
        tuan_rpc_text_reply(call->out, call->msgid, admin_str(text));
    else
        tuan_resp_simple(call->out, text);
}

void admin_int(struct admin_call *call, int64_t value)
{
    char text[24];

    if (!call->is_rpc) {
        tuan_resp_int(call->out, value);
        return;
    }
    snprintf(text, sizeof text, "%lld", (long long)value);
    tuan_rpc_text_reply(call->out, call->msgid, admin_str(text));
}

void admin_reply(struct admin_call *call, const struct tuan_reply *reply)
{
    if (call->is_rpc)
        tuan_rpc_reply(call->out, call->msgid, call->session->error_form, call->command->id, reply);
    else
        tuan_resp_reply(call->out, call->session->resp_version, call->command->id, reply);
}

void admin_body(struct admin_call *call, const struct tuan_message *message, const void *body)
{
    admin_reply(call, &(struct tuan_reply){.message = message, .body = body});
}

void admin_fail(struct admin_call *call, enum tuan_err err, const char *format, ...)
{
    char text[200];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    call->err = err;
    admin_reply(call, &(struct tuan_reply){.err = err, .text = admin_str(text)});
}

struct tuan_str admin_word(const struct admin_call *call, uint32_t i)
{
    const struct tuan_names *words = &call->command->arg.words;

    return i < words->count ? words->items[i] : (struct tuan_str){"", 0};
}

uint32_t admin_word_count(const struct admin_call *call)
{
    return call->command->arg.words.count;
}
