/* SPDX-License-Identifier: BSD-2-Clause */
/* session_admit.c - whether a request is taken up at all, before anything of it is judged: clients
 * have a rate, and replies that nobody has taken yet have a bound. What is turned away here has had
 * no effect and says when to come again. */
#include <stdio.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/session.h"

enum { BUSY_RETRY_MS = 100 };

/* The name of its token, else its address without the port. */
static void name_client(const struct conn *conn, const struct session *session,
                        char name[RATE_NAME_MAX])
{
    struct conn_facts facts;

    conn_describe(conn, &facts);
    const char *colon = strrchr(facts.peer, ':');
    if (session->user[0] != '\0')
        snprintf(name, RATE_NAME_MAX, "token %s", session->user);
    else
        snprintf(name, RATE_NAME_MAX, "%.*s",
                 (int)(colon == NULL ? strlen(facts.peer) : (size_t)(colon - facts.peer)),
                 facts.peer);
}

/* An operator's commands are not counted: his client may share its address, or its token's name,
 * with those whose rate he came to change. */
static bool is_operators(const struct session *session, enum tuan_cmd command)
{
    return command < TUAN_CMD_COUNT && tuan_commands[command].role == TUAN_ROLE_OPERATOR &&
           session->role == TUAN_ROLE_OPERATOR;
}

bool session_is_in_rate(struct session_host *host, struct conn *conn)
{
    struct session *session = conn_session(conn);
    int64_t per_second = host->options->limit_rate;
    char name[RATE_NAME_MAX];

    if (per_second == 0 || is_operators(session, host->command.id)) return true;
    if (session->rate == NULL) {
        name_client(conn, session, name);
        session->rate = rates_hold(host->rates, name, host->turn_us);
    }
    host->retry_after_ms = rate_take(session->rate, per_second, host->turn_us);
    if (host->retry_after_ms == 0) return true;
    return session_refuse_with(host, TUAN_ERR_RATE_LIMITED, "");
}

void session_leave_rate(struct session_host *host, struct session *session)
{
    if (session->rate != NULL) rates_give_back(host->rates, session->rate, clock_boot_us());
    session->rate = NULL;
}

bool session_is_overloaded(const struct session_host *host)
{
    return conns_output_bytes(host->conns) >= host->options->limit_output_all ||
           conns_parked(host->conns) >= host->options->limit_parked;
}

/* What makes things smaller or places money is never turned away, nor is an operator. */
static bool may_be_shed(enum tuan_cmd command)
{
    enum tuan_role role = tuan_commands[command].role;

    if (role == TUAN_ROLE_ANY || role == TUAN_ROLE_OPERATOR) return false;
    switch (command) {
    case TUAN_CMD_SEAT_PAY:
    case TUAN_CMD_SEAT_CANCEL:
    case TUAN_CMD_SEAT_LEAVE:
    case TUAN_CMD_SEAT_REFUND:
    case TUAN_CMD_REFUND_ACK:
    case TUAN_CMD_UNWATCH:
    case TUAN_CMD_INFO: return false;
    default: return true;
    }
}

bool session_has_room(struct session_host *host, enum tuan_cmd command)
{
    if (!session_is_overloaded(host) || !may_be_shed(command)) return true;
    host->retry_after_ms = BUSY_RETRY_MS;
    return session_refuse_with(host, TUAN_ERR_BUSY, "");
}
