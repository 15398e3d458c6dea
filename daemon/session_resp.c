/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/session.h"
#include "proto/resp.h"

size_t session_resp_input(struct session_host *host, struct conn *conn, const char *data,
                          size_t len)
{
    struct session *session = conn_session(conn);
    size_t at = 0;

    while (at < len && conn_may_take(conn)) {
        size_t argc, consumed;
        enum tuan_parse got =
            tuan_resp_parse(data + at, len - at, session_frame_max(host, session), host->words,
                            SESSION_WORDS_MAX, &argc, &consumed, &host->fault);
        if (got == TUAN_PARSE_MORE) return at;
        if (got == TUAN_PARSE_BAD) {
            session_bad_frame(host, conn, 0, false);
            return len;
        }
        at += consumed;
        if (argc == 0) continue;
        host->arena.used = 0;
        host->command.id = TUAN_CMD_COUNT;
        if (!session_is_in_rate(host, conn))
            session_refuse(host, conn, TUAN_CMD_COUNT, 0);
        else if (tuan_resp_command(host->words, argc, &host->command, &host->arena, &host->fault) ==
                 TUAN_OK)
            session_run(host, conn, 0);
        else
            session_refuse(host, conn, host->command.id, 0);
    }
    return at;
}
