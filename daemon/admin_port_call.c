/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_port_call.c - commands over HTTP: those that read by GET, an operator's acts by POST.
 *
 * What shoppers do comes by the rpc port alone. An act is answered as it is there: when the mirror
 * has it.
 */
#include <string.h>

#include "daemon/admin_port.h"
#include "daemon/monitor.h"
#include "proto/json.h"

enum { QUERY_MAX = 2048 };

static void answer_reply(const struct http_call *call)
{
    struct session_host *host = call->host;
    const struct tuan_reply *reply = &host->answer.reply;

    if (reply->err != TUAN_OK) {
        http_refuse(call, reply, 0, &host->answer);
        return;
    }
    host->page.len = 0;
    tuan_json_message(&host->page, reply->message, reply->body);
    http_page(call, 200, "application/json", &host->answer);
}

/* ---- reads ---- */

static bool take_query(struct session_host *host, struct tuan_str query, char *scratch)
{
    struct tuan_str name, value;
    size_t size = QUERY_MAX;

    while (tuan_http_next_pair(&query, &name, &value)) {
        if (!tuan_http_decode(name, scratch, size, &name))
            return session_refuse_with(host, TUAN_ERR_TOO_LARGE, "the query is too long");
        scratch += name.len;
        size -= name.len;
        if (!tuan_http_decode(value, scratch, size, &value))
            return session_refuse_with(host, TUAN_ERR_TOO_LARGE, "the query is too long");
        scratch += value.len;
        size -= value.len;
        if (tuan_command_put_text(&host->command, name, value, &host->arena, &host->fault) !=
            TUAN_OK)
            return false;
    }
    return tuan_command_finish(&host->command, &host->fault) == TUAN_OK;
}

static void run_read(const struct http_call *call, const struct tuan_http_request *request,
                     struct tuan_str name)
{
    struct session_host *host = call->host;
    char scratch[QUERY_MAX];

    host->arena.used = 0;
    tuan_command_begin(&host->command, name, &host->fault);
    if (!take_query(host, request->query, scratch)) {
        http_refuse_text(call, host->fault.err, host->fault.text);
        return;
    }
    session_judge(host, call->conn, conn_session(call->conn));
    answer_reply(call);
}

/* ---- acts ---- */

static void run_act(const struct http_call *call, const struct tuan_http_request *request,
                    struct tuan_str name)
{
    struct session_host *host = call->host;
    struct session *session = conn_session(call->conn);

    host->arena.used = 0;
    if (request->query.len > 0) {
        http_refuse_text(call, TUAN_ERR_BAD_REQUEST, "the arguments of an act are in its body");
        return;
    }
    if (tuan_json_command(name, request->body, &host->command, &host->arena, &host->fault) !=
        TUAN_OK) {
        http_refuse_text(call, host->fault.err, host->fault.text);
        return;
    }
    session->last = host->command.id;
    monitor_show(host, call->conn);
    session_judge(host, call->conn, session);
    answer_reply(call);
}

void admin_port_call(const struct http_call *http, const struct tuan_http_request *request,
                     struct tuan_str name)
{
    enum tuan_cmd command = tuan_command_find(name);
    const struct tuan_command_row *row = command == TUAN_CMD_COUNT ? NULL : &tuan_commands[command];
    bool is_read = row != NULL && row->kind == TUAN_KIND_READ;
    bool is_act = row != NULL && row->kind == TUAN_KIND_WRITE && row->role == TUAN_ROLE_OPERATOR;
    struct http_call call = *http;

    call.allow = is_act ? "POST" : "GET, HEAD";
    if (!is_read && !is_act)
        http_refuse_text(&call, TUAN_ERR_UNKNOWN_COMMAND,
                         row == NULL ? "no such resource" : "that command is for the rpc port");
    else if (is_act != (request->method == TUAN_HTTP_POST))
        http_refuse(&call, &(struct tuan_reply){.err = TUAN_ERR_BAD_REQUEST}, 405, NULL);
    else if (!admin_port_admits(&call, request, command))
        return;
    else if (is_act)
        run_act(&call, request, name);
    else
        run_read(&call, request, name);
}
