/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/admin.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "proto/resp.h"

/* ---- answers ---- */

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

static void write_reply(struct admin_call *call, const struct tuan_reply *reply)
{
    if (call->is_rpc)
        tuan_rpc_reply(call->out, call->msgid, call->session->error_form, call->command->id, reply);
    else
        tuan_resp_reply(call->out, call->session->resp_version, call->command->id, reply);
}

void admin_body(struct admin_call *call, const struct tuan_message *message, const void *body)
{
    write_reply(call, &(struct tuan_reply){.message = message, .body = body});
}

void admin_fail(struct admin_call *call, enum tuan_err err, const char *format, ...)
{
    char text[200];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    call->err = err;
    write_reply(call, &(struct tuan_reply){.err = err, .text = admin_str(text)});
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

/* ---- the short ones ---- */

static void ping(struct admin_call *call)
{
    if (TUAN_GIVEN(call->command, message))
        admin_text(call, call->command->arg.message);
    else
        admin_simple(call, "PONG");
}

/* The reply leaves before the connection ends. */
static void quit(struct admin_call *call)
{
    admin_simple(call, "OK");
}

static void stop(struct admin_call *call)
{
    log_info("asked to shut down", "connection=%llu user=%s",
             (unsigned long long)conn_id(call->conn), call->session->user);
    call->host->is_asked_to_stop = true;
    admin_simple(call, "OK");
}

static void route(struct admin_call *call)
{
    /* clang-format off */
    switch ((int)call->command->id) {
    case TUAN_CMD_HELLO:    admin_hello(call); return;
    case TUAN_CMD_PING:     ping(call); return;
    case TUAN_CMD_AUTH:     admin_auth(call); return;
    case TUAN_CMD_QUIT:     quit(call); return;
    case TUAN_CMD_INFO:     admin_info(call); return;
    case TUAN_CMD_COMMAND:  admin_command(call); return;
    case TUAN_CMD_CLIENT:   admin_client(call); return;
    case TUAN_CMD_CONFIG:   admin_config(call); return;
    case TUAN_CMD_SHUTDOWN: stop(call); return;
    }
    /* clang-format on */
    assert(false && "a row says DAEMON and nobody answers it");
}

void admin_run(struct session_host *host, struct conn *conn, uint32_t msgid)
{
    struct session *session = conn_session(conn);
    struct admin_call call = {.host = host,
                              .conn = conn,
                              .session = session,
                              .command = &host->command,
                              .out = conn_out(conn),
                              .msgid = msgid,
                              .is_rpc = session->protocol == SESSION_RPC,
                              .err = TUAN_OK};

    route(&call);
    conn_out_done(conn, NULL, msgid);
    metrics_count(host->metrics, host->command.id, call.err);
    if (host->command.id == TUAN_CMD_QUIT ||
        (session->role == TUAN_ROLE_ANY && session->auth_tries >= SESSION_AUTH_TRIES_MAX))
        conn_finish(conn);
}
