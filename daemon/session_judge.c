/* SPDX-License-Identifier: BSD-2-Clause */
/* session_judge.c - who may send what, and what becomes of it, whichever port it came by. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/clock.h"
#include "daemon/session.h"

bool session_refuse_with(struct session_host *host, enum tuan_err err, const char *text)
{
    host->fault.err = err;
    snprintf(host->fault.text, sizeof host->fault.text, "%s", text);
    return false;
}

bool session_may_run(struct session_host *host, const struct session *session,
                     const struct tuan_command_row *row)
{
    if (row->role == TUAN_ROLE_ANY) return true;
    if (session->role == TUAN_ROLE_ANY) return session_refuse_with(host, TUAN_ERR_NOAUTH, "");
    if (session->role < row->role) return session_refuse_with(host, TUAN_ERR_NOPERM, "");
    if (row->kind == TUAN_KIND_WRITE && host->is_draining)
        return session_refuse_with(host, TUAN_ERR_SHUTTING_DOWN, "");
    if (row->kind != TUAN_KIND_LATER) return true;
    host->fault.err = TUAN_ERR_UNKNOWN_COMMAND;
    snprintf(host->fault.text, sizeof host->fault.text, "%s is not served yet", row->name);
    return false;
}

static bool is_still_known(const struct auth *auth, const struct session *session)
{
    if (session->protocol == SESSION_WEB || session->protocol == SESSION_ADMIN) return true;
    if (session->role == TUAN_ROLE_ANY) return true; /* has its three seconds */
    if (session->user[0] == '\0') return !auth_is_needed(auth);
    return auth_holds(auth, &session->token, session->user, session->role);
}

void session_check_tokens(struct session_host *host)
{
    for (struct conn *conn = conns_next(host->conns, NULL), *next; conn != NULL; conn = next) {
        next = conns_next(host->conns, conn);
        if (is_still_known(host->auth, conn_session(conn))) continue;
        host->metrics->auth_closes++;
        conn_finish(conn);
    }
}

/* What the engine cannot know: who asks, and the offsets of a time zone. */
static void complete_command(struct session_host *host, const struct session *session)
{
    struct tuan_command *command = &host->command;
    struct tuan_str zone = command->rules.cutoff_zone;
    const char *by = session->user[0] != '\0' ? session->user : session->name;

    command->by = (struct tuan_str){by, (uint32_t)strlen(by)};
    if (command->id != TUAN_CMD_CAMPAIGN_PUT) return;
    if (!((command->rules.given >> TUAN_PARAM_cutoff_zone) & 1) || zone.len == 0) return;
    size_t len = tz_table(zone.ptr, zone.len, clock_wall_ms(), host->zone);
    command->zone = (struct tuan_str){host->zone, (uint32_t)len};
}

/* What an operator does is told to the log, whether or not it was done. */
static void audit(const struct session_host *host, const struct conn *conn)
{
    const struct tuan_command *command = &host->command;
    const struct tuan_command_row *row = &tuan_commands[command->id];
    const struct tuan_str *reason = &command->arg.reason;
    enum tuan_err err = host->answer.reply.err;
    const char *id = traces_find(&host->traces, host->trace);
    char trace[2 * TRACE_ID_MAX], by[2 * AUTH_NAME_MAX], campaign[2 * TUAN_ID_MAX], quoted[320],
        room[TUAN_RID_CHARS + 1];
    struct conn_facts facts;

    if (row->role != TUAN_ROLE_OPERATOR || row->kind != TUAN_KIND_WRITE) return;
    conn_describe(conn, &facts);
    room[0] = room[TUAN_RID_CHARS] = '\0';
    if (TUAN_GIVEN(command, room)) tuan_rid_print(command->arg.room, room);
    log_info("an operator acts",
             "command=%s campaign=%s room=%s by=%s from=%s reason=%s outcome=%s trace=%s",
             row->name,
             log_quote(campaign, sizeof campaign, command->arg.campaign.ptr,
                       TUAN_GIVEN(command, campaign) ? command->arg.campaign.len : 0),
             room, log_quote(by, sizeof by, command->by.ptr, command->by.len), facts.peer,
             log_quote(quoted, sizeof quoted, reason->ptr,
                       TUAN_GIVEN(command, reason) ? reason->len : 0),
             err == TUAN_OK ? "ok" : tuan_errors[err].name,
             log_quote(trace, sizeof trace, id, strlen(id)));
}

void session_judge(struct session_host *host, const struct conn *conn,
                   const struct session *session)
{
    complete_command(host, session);
    dispatch_command(host->dispatch, &host->command, &host->answer);
    assert(host->answer.wait_count <= DISPATCH_PARTITIONS_MAX);
    host->answer.trace = host->trace;
    audit(host, conn);
}
