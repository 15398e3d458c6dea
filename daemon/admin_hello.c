/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_hello.c - HELLO and AUTH: who are you, who am I. */
#include <string.h>

#include "base/log.h"
#include "daemon/admin.h"
#include "daemon/push.h"

enum { RPC_PROTOCOL = 1 };

bool admin_authenticate(struct admin_call *call, struct tuan_str name, struct tuan_str token)
{
    struct session_host *host = call->host;
    struct session *session = call->session;
    const char *found = "";
    struct conn_facts facts;

    if (!auth_is_needed(host->auth)) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "no tokens are set here (auth.file): send none");
        return false;
    }
    enum tuan_role role = auth_check(host->auth, name, token, &found);
    if (role != TUAN_ROLE_ANY) {
        session->role = role;
        session->auth_tries = 0;
        memcpy(session->user, found, strlen(found) + 1);
        digest_make(token.len == 0 ? "" : token.ptr, token.len, &session->token);
        session_leave_rate(host, session);
        conn_set_alarm(call->conn, 0);
        return true;
    }
    session->auth_tries++;
    host->metrics->auth_failures++;
    if (session->auth_tries == SESSION_AUTH_TRIES_MAX) host->metrics->auth_closes++;
    conn_describe(call->conn, &facts);
    log_limited(LOG_LEVEL_WARN, "a wrong token was sent", "client=%s", facts.peer);
    admin_fail(call, TUAN_ERR_NOAUTH, "the token is wrong");
    return false;
}

/* AUTH token, or AUTH name token. */
void admin_auth(struct admin_call *call)
{
    struct tuan_str first = call->command->arg.auth;
    uint32_t more = admin_word_count(call);
    bool is_in;

    if (more > 1) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "AUTH takes a token, or a name and a token");
        return;
    }
    if (more == 1)
        is_in = admin_authenticate(call, first, admin_word(call, 0));
    else
        is_in = admin_authenticate(call, (struct tuan_str){"", 0}, first);
    if (is_in) admin_simple(call, "OK");
}

/* Redis's form: HELLO protocol [AUTH name token] [SETNAME name]. False: refused, and answered. */
static bool take_words(struct admin_call *call)
{
    uint32_t count = admin_word_count(call);

    for (uint32_t i = 0; i < count;) {
        struct tuan_str word = admin_word(call, i);
        if (tuan_str_equal_nocase(word, TUAN_STR("AUTH")) && i + 2 < count) {
            if (!admin_authenticate(call, admin_word(call, i + 1), admin_word(call, i + 2)))
                return false;
            i += 3;
        } else if (tuan_str_equal_nocase(word, TUAN_STR("SETNAME")) && i + 1 < count) {
            if (!admin_name_client(call, admin_word(call, i + 1))) return false;
            i += 2;
        } else {
            admin_fail(call, TUAN_ERR_BAD_ARGUMENT,
                       "HELLO takes protocol [AUTH name token] [SETNAME name]");
            return false;
        }
    }
    return true;
}

static bool take_named(struct admin_call *call)
{
    const struct tuan_command *command = call->command;

    if (TUAN_GIVEN(command, auth) &&
        !admin_authenticate(call, (struct tuan_str){"", 0}, command->arg.auth))
        return false;
    if (TUAN_GIVEN(command, client) && !admin_name_client(call, command->arg.client)) return false;
    if (TUAN_GIVEN(command, errors) && call->is_rpc)
        call->session->error_form = (enum tuan_error_form)command->arg.errors;
    return true;
}

static bool take_protocol(struct admin_call *call)
{
    int64_t asked = call->command->arg.protocol;

    if (!TUAN_GIVEN(call->command, protocol)) return true;
    if (call->is_rpc ? asked != RPC_PROTOCOL : asked != 2 && asked != 3) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "NOPROTO: protocol is %s",
                   call->is_rpc ? "1" : "2 or 3");
        return false;
    }
    return true;
}

void admin_hello(struct admin_call *call)
{
    static const struct tuan_str features[] = {
        {"msgpack-rpc", 11}, {"resp2", 5}, {"resp3", 5}, {"errors-map", 10}};
    struct session_host *host = call->host;
    struct tuan_hello hello = {0};

    if (!take_protocol(call) || !take_words(call) || !take_named(call)) return;
    if (call->session->role == TUAN_ROLE_ANY) {
        admin_fail(call, TUAN_ERR_NOAUTH, "HELLO needs AUTH name token here");
        return;
    }
    if (!call->is_rpc && TUAN_GIVEN(call->command, protocol))
        call->session->resp_version = (int)call->command->arg.protocol;
    if (call->session->resp_version == 2) push_end(host, call->conn); /* it has no pushes */
    TUAN_SET(hello, &hello, server, TUAN_STR("tuan"));
    TUAN_SET(hello, &hello, version, TUAN_STR(TUAN_VERSION));
    TUAN_SET(hello, &hello, proto, call->is_rpc ? RPC_PROTOCOL : call->session->resp_version);
    TUAN_SET(hello, &hello, id, (int64_t)conn_id(call->conn));
    TUAN_SET(hello, &hello, mode, TUAN_STR("standalone"));
    TUAN_SET(hello, &hello, role, TUAN_STR("master"));
    TUAN_SET(hello, &hello, modules, ((struct tuan_names){NULL, 0}));
    TUAN_SET(hello, &hello, features,
             ((struct tuan_names){features, sizeof features / sizeof features[0]}));
    TUAN_SET(hello, &hello, frame_max, host->options->limit_frame);
    TUAN_SET(hello, &hello, in_flight_max, host->options->limit_in_flight);
    TUAN_SET(hello, &hello, now, dispatch_now(host->dispatch));
    admin_body(call, &tuan_hello_message, &hello);
}
