/* SPDX-License-Identifier: BSD-2-Clause */
/* session_resp.c - the requests of a RESP connection, one after the other. The words of the next
 * one are read, where they are there, before the one in front is judged: in a pipeline the memory
 * that it needs is then on its way. Nothing else happens before its turn.
 */
#include "daemon/session.h"
#include "proto/resp.h"

/* The words of a request, as they were found at the front of what came. */
struct found {
    enum tuan_parse got;
    struct tuan_str *words;
    size_t argc, bytes;
    bool is_ahead; /* they were found while the request before was in front */
};

static void find(struct session_host *host, const struct session *session, const char *data,
                 size_t len, struct found *found)
{
    found->got = tuan_resp_parse(data, len, session_frame_max(host, session), found->words,
                                 SESSION_WORDS_MAX, &found->argc, &found->bytes, &host->fault);
}

static void foresee(const struct session_host *host, const struct tuan_str *words, size_t argc)
{
    enum { COMMAND, CAMPAIGN, USER, ORDER, JOIN_WORDS };

    if (argc < JOIN_WORDS) return;
    enum tuan_cmd command = tuan_command_find(words[COMMAND]);
    if (command == TUAN_CMD_ROOM_MATCH || command == TUAN_CMD_ROOM_OPEN)
        dispatch_foresee(host->dispatch, words[CAMPAIGN], words[USER], words[ORDER]);
}

/* What is no whole request is looked at again in its turn: more may have come, and who proves
 * meanwhile who he is may send longer ones. */
static void look_ahead(struct session_host *host, const struct session *session, const char *data,
                       size_t len, struct found *next)
{
    next->is_ahead = false;
    if (len == 0) return;
    find(host, session, data, len, next);
    next->is_ahead = next->got == TUAN_PARSE_DONE;
    if (next->is_ahead) foresee(host, next->words, next->argc);
}

static void run(struct session_host *host, struct conn *conn, const struct found *found)
{
    host->arena.used = 0;
    host->command.id = TUAN_CMD_COUNT;
    enum tuan_err read =
        tuan_resp_command(found->words, found->argc, &host->command, &host->arena, &host->fault);
    if (session_is_in_rate(host, conn) && read == TUAN_OK)
        session_run(host, conn, 0);
    else
        session_refuse(host, conn, host->command.id, 0);
}

size_t session_resp_input(struct session_host *host, struct conn *conn, const char *data,
                          size_t len)
{
    const struct session *session = conn_session(conn);
    struct found found[2] = {{.words = host->words[0]}, {.words = host->words[1]}};
    size_t at = 0;

    for (int turn = 0; at < len && conn_may_take(conn); turn = !turn) {
        struct found *now = &found[turn];
        if (!now->is_ahead) find(host, session, data + at, len - at, now);
        if (now->got == TUAN_PARSE_MORE) return at;
        if (now->got == TUAN_PARSE_BAD) {
            session_bad_frame(host, conn, 0, false);
            return len;
        }
        at += now->bytes;
        look_ahead(host, session, data + at, len - at, &found[!turn]);
        if (now->argc > 0) run(host, conn, now);
    }
    return at;
}
