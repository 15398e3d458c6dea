/* SPDX-License-Identifier: BSD-2-Clause */
/* session.c - what both protocols share: telling them apart, roles, running a command, giving up on
 * a reply. */
#include "daemon/session.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/admin.h"
#include "daemon/clock.h"
#include "daemon/feed_read.h"
#include "daemon/monitor.h"
#include "daemon/push.h"
#include "daemon/session_http.h"
#include "daemon/web.h"
#include "proto/resp.h"

void session_speaks(struct conn *conn, enum session_protocol protocol)
{
    struct session *session = conn_session(conn);

    session->protocol = protocol;
    conn_set_proto(conn, session_proto(session));
}

void session_accepted(void *context, struct conn *conn)
{
    struct session_host *host = context;
    struct session *session = conn_session(conn);

    session->resp_version = 2;
    session->error_form = TUAN_ERRORS_STRING;
    session->last = TUAN_CMD_COUNT;
    list_init(&session->watches);
    list_init(&session->feed_readers);
    list_init(&session->monitor.link);
    session->role = auth_is_needed(host->auth) ? TUAN_ROLE_ANY : TUAN_ROLE_OPERATOR;
    if (session->role == TUAN_ROLE_ANY) conn_set_alarm(conn, clock_boot_ms() + SESSION_AUTH_MS);
}

static void accept_http(struct conn *conn, enum session_protocol protocol)
{
    struct session *session = conn_session(conn);

    session_speaks(conn, protocol);
    list_init(&session->watches);
    list_init(&session->feed_readers);
    list_init(&session->monitor.link);
    session->role = TUAN_ROLE_READ;
    session->last = TUAN_CMD_COUNT;
    session_http_open(conn);
}

void session_accepted_web(void *context, struct conn *conn)
{
    (void)context;
    accept_http(conn, SESSION_WEB);
}

void session_accepted_admin(void *context, struct conn *conn)
{
    (void)context;
    accept_http(conn, SESSION_ADMIN);
}

static bool is_http(const struct session *session)
{
    return session->protocol == SESSION_WEB || session->protocol == SESSION_ADMIN;
}

/* On the rpc port: the time to authenticate in is over, or a slow reader is looked after. */
void session_alarm(void *context, struct conn *conn)
{
    struct session_host *host = context;
    const struct session *session = conn_session(conn);

    if (is_http(session)) {
        session_http_alarm(host, conn);
        return;
    }
    if (session->role != TUAN_ROLE_ANY) {
        push_alarm(host, conn);
        return;
    }
    host->metrics->auth_closes++;
    conn_close(conn);
}

/* Whoever sends nothing more is answered now, as if the time of what he waits for were over: he may
 * be gone, and then nobody should wait for him. A page that is left is gone. */
bool session_is_all_answered(void *context, struct conn *conn)
{
    const struct session *session = conn_session(conn);

    if (!is_http(session)) {
        push_answer_now(context, conn);
        return feed_read_answer_now(conn);
    }
    if (session->http.state >= SESSION_HTTP_WAITING) conn_close(conn);
    return true;
}

void session_ended(void *context, struct conn *conn)
{
    struct session *session = conn_session(conn);

    web_end(context, conn);
    push_end(context, conn);
    feed_read_end(conn);
    admin_move_end(session);
    monitor_end(session);
    session_leave_rate(context, session);
    mem_free(session->lib_name);
    mem_free(session->lib_version);
}

size_t session_frame_max(const struct session_host *host, const struct session *session)
{
    return session->role == TUAN_ROLE_ANY ? SESSION_AUTH_FRAME_MAX
                                          : (size_t)host->options->limit_frame;
}

/* ---- answering ---- */

static void write_reply(const struct session *session, enum tuan_cmd command, uint32_t msgid,
                        const struct tuan_reply *reply, struct tuan_out *out)
{
    if (session->protocol == SESSION_RPC)
        tuan_rpc_reply(out, msgid, session->error_form, command, reply);
    else
        tuan_resp_reply(out, session->resp_version, command, reply);
}

void session_refuse(struct session_host *host, struct conn *conn, enum tuan_cmd command,
                    uint32_t msgid)
{
    struct tuan_str text = {host->fault.text, (uint32_t)strlen(host->fault.text)};
    struct tuan_reply reply = {.err = host->fault.err, .text = text};

    assert(host->fault.err != TUAN_OK);
    if (host->retry_after_ms > 0)
        TUAN_SET(problem, &reply.problem, retry_after_ms, host->retry_after_ms);
    host->retry_after_ms = 0;
    write_reply(conn_session(conn), command, msgid, &reply, conn_out(conn));
    conn_out_done(conn, NULL, msgid);
    metrics_count(host->metrics, session_proto(conn_session(conn)), command, reply.err);
}

void session_bad_frame(struct session_host *host, struct conn *conn, uint32_t msgid, bool can_go_on)
{
    struct session *session = conn_session(conn);

    host->metrics->unreadable[session_proto(session)]++;
    session->bad_in_row++;
    session_refuse(host, conn, TUAN_CMD_COUNT, msgid);
    if (!can_go_on || session->bad_in_row >= SESSION_BAD_MAX) conn_finish(conn);
}

/* A stream ends with what it could not tell; its client comes again. */
static void give_up_http(struct session_host *host, struct conn *conn, enum tuan_err err,
                         uint32_t form, struct tuan_out *out)
{
    http_give_up(host, err, form, out);
    if (!(form & (HTTP_STARTS_STREAM | HTTP_IN_STREAM))) return;
    web_end(host, conn);
    conn_finish(conn);
}

void session_told(struct session_host *host, struct watcher *watcher, struct tuan_id room,
                  enum watch_why why)
{
    struct session_watch *watch = container_of(watcher, struct session_watch, watcher);

    switch (watch->kind) {
    case SESSION_WATCH_HTTP: web_told(host, watch->conn, why); return;
    case SESSION_WATCH_ROOM:
    case SESSION_WATCH_CAMPAIGN:
    case SESSION_WATCH_WAIT: push_told(host, watch, room, why); return;
    }
}

void session_give_up(void *context, struct conn *conn, const struct conn_lost *lost,
                     struct tuan_out *out)
{
    struct session_host *host = context;
    const struct session *session = conn_session(conn);
    struct tuan_reply reply = {.err = lost->is_write ? TUAN_ERR_UNKNOWN : TUAN_ERR_MIRROR_DOWN};

    host->metrics->total_error_replies++; /* it was counted as answered when it was parked */
    host->metrics->errors[reply.err]++;
    if (is_http(session)) {
        give_up_http(host, conn, reply.err, lost->msgid, out);
        return;
    }
    if (lost->is_push) {
        push_give_up(host, conn, out);
        return;
    }
    write_reply(session, TUAN_CMD_COUNT, lost->msgid, &reply, out);
}

/* ---- what took long ---- */

enum { SLOW_TOLD_EVERY_US = 1000 * 1000 };

/* One of many, for whoever reads the log only: SLOWLOG has the others. */
static void log_slow(struct session_host *host, const struct slow_request *slow)
{
    const struct slow_times *times = &slow->times;
    char name[2 * SLOWLOG_TEXT_MAX], trace[2 * TRACE_ID_MAX];

    if (host->turn_us < host->slow_told_us + SLOW_TOLD_EVERY_US) return;
    host->slow_told_us = host->turn_us;
    log_info("a request was slow",
             "command=%s took_us=%lld queue_us=%lld match_us=%lld store_us=%lld client=%s name=%s "
             "trace=%s slow_so_far=%lld",
             tuan_commands[slow->command].name, (long long)times->took_us,
             (long long)times->queue_us, (long long)times->match_us, (long long)times->store_us,
             slow->peer, log_quote(name, sizeof name, slow->name, strlen(slow->name)),
             log_quote(trace, sizeof trace, slow->trace, strlen(slow->trace)),
             (long long)host->metrics->slow_requests);
}

static void note_slow(struct session_host *host, struct conn *conn, enum tuan_cmd command,
                      const struct slow_times *times, uint32_t trace)
{
    const struct session *session = conn_session(conn);
    struct conn_facts facts;

    if (times->took_us < host->options->slowlog_slower_than_ms * 1000) return;
    host->metrics->slow_requests++;
    conn_describe(conn, &facts);
    const struct slow_request slow = {.at_ms = dispatch_now(host->dispatch),
                                      .command = command,
                                      .times = *times,
                                      .peer = facts.peer,
                                      .name = session->name,
                                      .trace = traces_find(&host->traces, trace)};
    slowlog_add(&host->slowlog, &slow);
    log_slow(host, &slow);
}

void session_left(void *context, struct conn *conn, const struct conn_left *left)
{
    struct session_host *host = context;
    int64_t took_us = host->turn_us - left->at_us;

    host->metrics->phase_store_us += took_us;
    histogram_add(&host->metrics->mirror_wait, HISTOGRAM_US, took_us, 1);
    latency_note(&host->latency, left->command, took_us);
    note_slow(host, conn, left->command,
              &(struct slow_times){.took_us = took_us, .store_us = took_us}, left->trace);
}

void session_read(struct session_host *host, struct conn *conn, int64_t from_us, int64_t to_us)
{
    const struct session *session = conn_session(conn);
    struct slow_times times = {.took_us = to_us - host->turn_us,
                               .queue_us = from_us - host->turn_us,
                               .match_us = to_us - from_us};

    host->metrics->phase_queue_us += times.queue_us;
    host->metrics->phase_match_us += times.match_us;
    if (session->last != TUAN_CMD_COUNT)
        note_slow(host, conn, session->last, &times, session->last_trace);
}

/* ---- running ---- */

static void run_in_engine(struct session_host *host, struct conn *conn, uint32_t msgid)
{
    struct dispatch_answer *answer = &host->answer;
    const struct session *session = conn_session(conn);

    session_judge(host, conn, session);
    if (host->command.id == TUAN_CMD_ROOM_GET && answer->reply.err == TUAN_OK &&
        session->protocol == SESSION_RESP)
        hot_room_write(&host->hot_room, session->resp_version, &answer->reply, conn_out(conn));
    else
        write_reply(session, host->command.id, msgid, &answer->reply, conn_out(conn));
    if (conn_out_done(conn, answer, msgid)) latency_this_turn(&host->latency, host->command.id);
    metrics_count(host->metrics, session_proto(session), host->command.id, answer->reply.err);
}

void session_run(struct session_host *host, struct conn *conn, uint32_t msgid)
{
    struct session *session = conn_session(conn);
    enum tuan_cmd id = host->command.id;
    const struct tuan_command_row *row = &tuan_commands[id];

    assert(id < TUAN_CMD_COUNT);
    session->bad_in_row = 0;
    session->last = id;
    host->trace =
        TUAN_GIVEN(&host->command, trace) ? traces_keep(&host->traces, host->command.arg.trace) : 0;
    session->last_trace = host->trace;
    monitor_show(host, conn);
    if (!session_may_run(host, session, row) || !session_has_room(host, id))
        session_refuse(host, conn, id, msgid);
    else if (row->kind == TUAN_KIND_DAEMON)
        admin_run(host, conn, msgid);
    else
        run_in_engine(host, conn, msgid);
}
