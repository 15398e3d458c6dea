/* SPDX-License-Identifier: BSD-2-Clause */
/* admin.h - the daemon's own commands: those whose row says DAEMON.
 *
 * RESP clients get the shapes Redis has; on msgpack-rpc an answer without rows in messages.def is
 * one text.
 */
#ifndef TUAN_DAEMON_ADMIN_H
#define TUAN_DAEMON_ADMIN_H

#include "daemon/session.h"

/* Answers host->command, which the connection may send. */
void admin_run(struct session_host *host, struct conn *conn, uint32_t msgid);

/* ---- between the admin files ---- */

struct admin_call {
    struct session_host *host;
    struct conn *conn;
    struct session *session;
    const struct tuan_command *command;
    struct tuan_out *out;
    uint32_t msgid;
    bool is_rpc;
    bool is_answered;  /* by the handler itself */
    bool is_late;      /* will be answered, and counted, later */
    enum tuan_err err; /* set by admin_fail */
};

void admin_text(struct admin_call *call, struct tuan_str text); /* bulk string, or text */
void admin_simple(struct admin_call *call, const char *text);   /* simple string, or text */
void admin_int(struct admin_call *call, int64_t value);         /* integer, or text */
void admin_body(struct admin_call *call, const struct tuan_message *message, const void *body);
void admin_reply(struct admin_call *call, const struct tuan_reply *reply);
void admin_fail(struct admin_call *call, enum tuan_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Word i behind the command's own arguments, empty if there is none. */
struct tuan_str admin_word(const struct admin_call *call, uint32_t i);
uint32_t admin_word_count(const struct admin_call *call);
struct tuan_str admin_str(const char *text);
const char *admin_role_word(enum tuan_role role);
const char *admin_protocol_word(const struct session *session);

void admin_hello(struct admin_call *call);
void admin_auth(struct admin_call *call);
void admin_info(struct admin_call *call);
void admin_command(struct admin_call *call);
void admin_client(struct admin_call *call);
void admin_config(struct admin_call *call);
void admin_slowlog(struct admin_call *call);
void admin_latency(struct admin_call *call);
void admin_dump(struct admin_call *call);
void admin_load(struct admin_call *call);
void admin_move_end(struct session *session); /* the pieces of a CAMPAIGN.LOAD that never ended */

/* A token for this connection; false: refused, and answered. */
bool admin_authenticate(struct admin_call *call, struct tuan_str name, struct tuan_str token);
bool admin_name_client(struct admin_call *call, struct tuan_str name);

#endif
