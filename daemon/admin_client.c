/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_client.c - CLIENT: names of connections, who is connected, and who shall not be. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "daemon/admin.h"
#include "proto/resp.h"

/* What is shown in lists of words: printable, without spaces, as in Redis. */
static bool is_plain(struct tuan_str text)
{
    return text.len == 0 || tuan_id_is_valid(text);
}

bool admin_name_client(struct admin_call *call, struct tuan_str name)
{
    if (!is_plain(name) || name.len > SESSION_NAME_MAX) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT,
                   "a client's name is at most 64 bytes without spaces and control characters");
        return false;
    }
    if (name.len > 0) memcpy(call->session->name, name.ptr, name.len);
    call->session->name[name.len] = '\0';
    return true;
}

static void replace(char **old, struct tuan_str text)
{
    mem_free(*old);
    *old = mem_alloc((size_t)text.len + 1);
    if (text.len > 0) memcpy(*old, text.ptr, text.len);
    (*old)[text.len] = '\0';
}

/* CLIENT SETINFO LIB-NAME x | LIB-VER x */
static void set_info(struct admin_call *call)
{
    struct tuan_str name = admin_word(call, 0), value = admin_word(call, 1);

    if (admin_word_count(call) != 2 || !is_plain(value)) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT,
                   "CLIENT SETINFO takes LIB-NAME or LIB-VER, and a word");
        return;
    }
    if (tuan_str_equal_nocase(name, TUAN_STR("LIB-NAME"))) {
        replace(&call->session->lib_name, value);
    } else if (tuan_str_equal_nocase(name, TUAN_STR("LIB-VER"))) {
        replace(&call->session->lib_version, value);
    } else {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "CLIENT SETINFO knows LIB-NAME and LIB-VER");
        return;
    }
    admin_simple(call, "OK");
}

const char *admin_role_word(enum tuan_role role)
{
    switch (role) {
    case TUAN_ROLE_ANY: return "none";
    case TUAN_ROLE_READ: return "read";
    case TUAN_ROLE_CLIENT: return "client";
    case TUAN_ROLE_OPERATOR: return "operator";
    }
    return "";
}

const char *admin_protocol_word(const struct session *session)
{
    switch (session->protocol) {
    case SESSION_NEW: return "none";
    case SESSION_RPC: return "msgpack-rpc";
    case SESSION_RESP: return session->resp_version == 3 ? "resp3" : "resp2";
    case SESSION_WEB: return "http";
    case SESSION_ADMIN: return "http-admin";
    }
    return "";
}

static void print_client(struct conn *conn, struct buf *out)
{
    const struct session *session = conn_session(conn);
    struct conn_facts facts;

    conn_describe(conn, &facts);
    buf_printf(
        out, "id=%llu addr=%s fd=%d name=%s age=%lld idle=%lld flags=%s cmd=%s user=%s role=%s",
        (unsigned long long)facts.id, facts.peer, facts.fd, session->name,
        (long long)facts.age_ms / 1000, (long long)facts.idle_ms / 1000, facts.is_unix ? "U" : "N",
        session->last == TUAN_CMD_COUNT ? "NULL" : tuan_commands[session->last].name,
        session->user[0] != '\0' ? session->user : "default", admin_role_word(session->role));
    buf_printf(
        out,
        " qbuf=%zu omem=%zu parked=%u paused=%d tot-cmds=%lld lib-name=%s lib-ver=%s proto=%s\n",
        facts.input_bytes, facts.output_bytes, facts.parked, facts.is_paused,
        (long long)facts.requests, session->lib_name != NULL ? session->lib_name : "",
        session->lib_version != NULL ? session->lib_version : "", admin_protocol_word(session));
}

static void list(struct admin_call *call, bool is_all)
{
    const struct conns *conns = call->host->conns;
    struct buf text;

    buf_init(&text);
    if (!is_all) print_client(call->conn, &text);
    for (struct conn *conn = conns_next(conns, NULL); is_all && conn != NULL;
         conn = conns_next(conns, conn))
        print_client(conn, &text);
    admin_text(call, (struct tuan_str){text.data, (uint32_t)text.len});
    buf_free(&text);
}

/* ---- KILL ---- */

struct victims {
    bool is_old_form; /* CLIENT KILL addr: that one or an error, oneself too */
    bool spares_self;
    struct tuan_str id, addr; /* NULL: any */
};

static bool take_filters(struct admin_call *call, struct victims *victims)
{
    uint32_t count = admin_word_count(call);

    *victims = (struct victims){.is_old_form = count == 1, .spares_self = count != 1};
    if (count == 1) victims->addr = admin_word(call, 0);
    for (uint32_t i = 0; i + 1 < count; i += 2) {
        struct tuan_str name = admin_word(call, i), value = admin_word(call, i + 1);
        if (tuan_str_equal_nocase(name, TUAN_STR("ID")))
            victims->id = value;
        else if (tuan_str_equal_nocase(name, TUAN_STR("ADDR")))
            victims->addr = value;
        else if (tuan_str_equal_nocase(name, TUAN_STR("SKIPME")))
            victims->spares_self = !tuan_str_equal_nocase(value, TUAN_STR("no"));
        else
            return false;
    }
    return (count == 1 || count % 2 == 0) && (victims->id.ptr != NULL || victims->addr.ptr != NULL);
}

static bool is_victim(const struct admin_call *call, const struct victims *victims,
                      const struct conn *conn)
{
    struct conn_facts facts;
    char id[24];

    conn_describe(conn, &facts);
    snprintf(id, sizeof id, "%llu", (unsigned long long)facts.id);
    return !(victims->spares_self && conn == call->conn) &&
           (victims->id.ptr == NULL || tuan_str_equal(victims->id, admin_str(id))) &&
           (victims->addr.ptr == NULL || tuan_str_equal(victims->addr, admin_str(facts.peer)));
}

/* Who kills himself gets his answer first. */
static void kill_clients(struct admin_call *call)
{
    const struct conns *conns = call->host->conns;
    struct victims victims;
    int64_t killed = 0;

    if (!take_filters(call, &victims)) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT,
                   "CLIENT KILL takes an address, or ID n, ADDR a, SKIPME yes|no");
        return;
    }
    for (struct conn *conn = conns_next(conns, NULL), *next; conn != NULL; conn = next) {
        next = conns_next(conns, conn);
        if (!is_victim(call, &victims, conn)) continue;
        killed++;
        if (conn == call->conn)
            conn_finish(conn);
        else
            conn_close(conn);
    }
    if (!victims.is_old_form)
        admin_int(call, killed);
    else if (killed > 0)
        admin_simple(call, "OK");
    else
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "no such client");
}

static void get_name(struct admin_call *call)
{
    if (call->session->name[0] == '\0' && !call->is_rpc)
        tuan_resp_null(call->out, call->session->resp_version);
    else
        admin_text(call, admin_str(call->session->name));
}

void admin_client(struct admin_call *call)
{
    struct tuan_str action = call->command->arg.action;

    if (tuan_str_equal_nocase(action, TUAN_STR("ID"))) {
        admin_int(call, (int64_t)conn_id(call->conn));
    } else if (tuan_str_equal_nocase(action, TUAN_STR("SETNAME"))) {
        if (admin_name_client(call, admin_word(call, 0))) admin_simple(call, "OK");
    } else if (tuan_str_equal_nocase(action, TUAN_STR("GETNAME"))) {
        get_name(call);
    } else if (tuan_str_equal_nocase(action, TUAN_STR("SETINFO"))) {
        set_info(call);
    } else if (tuan_str_equal_nocase(action, TUAN_STR("NO-EVICT"))) {
        admin_simple(call, "OK"); /* nobody is evicted here */
    } else if (tuan_str_equal_nocase(action, TUAN_STR("INFO"))) {
        list(call, false);
    } else if (tuan_str_equal_nocase(action, TUAN_STR("KILL"))) {
        if (call->session->role == TUAN_ROLE_OPERATOR)
            kill_clients(call);
        else
            admin_fail(call, TUAN_ERR_NOPERM, "CLIENT KILL is an operator's");
    } else if (!tuan_str_equal_nocase(action, TUAN_STR("LIST"))) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "CLIENT %.*s is not served", (int)action.len,
                   action.ptr);
    } else if (call->session->role == TUAN_ROLE_ANY) { /* who else is here is not for everybody */
        admin_fail(call, TUAN_ERR_NOAUTH, "authenticate first");
    } else {
        list(call, true);
    }
}
