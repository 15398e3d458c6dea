/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/admin.h"

#include <assert.h>

#include "base/log.h"
#include "daemon/feed_read.h"
#include "daemon/monitor.h"
#include "daemon/push.h"

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
    case TUAN_CMD_SLOWLOG:  admin_slowlog(call); return;
    case TUAN_CMD_LATENCY:  admin_latency(call); return;
    case TUAN_CMD_MONITOR:  monitor_start(call); return;
    case TUAN_CMD_WATCH:    push_watch(call); return;
    case TUAN_CMD_UNWATCH:  push_unwatch(call); return;
    case TUAN_CMD_ROOM_WAIT: push_wait(call); return;
    case TUAN_CMD_FEED_READ: feed_read(call); return;
    case TUAN_CMD_CAMPAIGN_DUMP: admin_dump(call); return;
    case TUAN_CMD_CAMPAIGN_LOAD: admin_load(call); return;
    }
    /* clang-format on */
    assert(false && "a row says DAEMON and nobody answers it");
}

void admin_run(struct session_host *host, struct conn *conn, uint32_t msgid)
{
    struct session *session = conn_session(conn);
    enum tuan_cmd id = host->command.id; /* handlers may use the command for others */
    struct admin_call call = {.host = host,
                              .conn = conn,
                              .session = session,
                              .command = &host->command,
                              .out = conn_out(conn),
                              .msgid = msgid,
                              .is_rpc = session->protocol == SESSION_RPC,
                              .err = TUAN_OK};

    route(&call);
    if (!call.is_answered && !call.is_late) conn_out_done(conn, NULL, msgid);
    if (!call.is_late) metrics_count(host->metrics, session_proto(session), id, call.err);
    if (id == TUAN_CMD_QUIT ||
        (session->role == TUAN_ROLE_ANY && session->auth_tries >= SESSION_AUTH_TRIES_MAX))
        conn_finish(conn);
}
