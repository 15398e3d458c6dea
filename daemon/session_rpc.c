/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/session.h"

/* A call that wants no answer could fail unseen, so only commands that change nothing may be sent
 * that way; and those are of no use. All are counted, none is run. */
static void refuse_notification(struct session_host *host)
{
    host->metrics->notifications_refused++;
}

static void run_request(struct session_host *host, struct conn *conn,
                        const struct tuan_rpc_request *request)
{
    host->arena.used = 0;
    host->command.id = TUAN_CMD_COUNT;
    enum tuan_err read = tuan_rpc_command(request, &host->command, &host->arena, &host->fault);
    if (session_is_in_rate(host, conn) && read == TUAN_OK)
        session_run(host, conn, request->msgid);
    else
        session_refuse(host, conn, host->command.id, request->msgid);
}

size_t session_rpc_input(struct session_host *host, struct conn *conn, const char *data, size_t len)
{
    struct session *session = conn_session(conn);
    size_t at = 0;

    while (at < len && conn_may_take(conn)) {
        struct tuan_rpc_request request = {0};
        size_t consumed = 0;
        enum tuan_parse got = tuan_rpc_parse(data + at, len - at, session_frame_max(host, session),
                                             &request, &consumed, &host->fault);
        if (got == TUAN_PARSE_MORE) return at;
        at += consumed;
        if (got == TUAN_PARSE_BAD) {
            session_bad_frame(host, conn, request.msgid, consumed > 0);
            if (consumed == 0) return len;
        } else if (request.is_notification) {
            refuse_notification(host);
        } else {
            run_request(host, conn, &request);
        }
    }
    return at;
}
