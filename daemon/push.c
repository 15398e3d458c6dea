/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/push.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/clock.h"
#include "daemon/push_text.h"

enum {
    BEHIND_MAX_BYTES = 256 * 1024, /* unread by a watcher: he is slow */
    BEHIND_CHECK_MS = 100,         /* does he read again? */
};

struct push {
    struct session_watch watch;
    struct list of_session;
    uint32_t msgid;    /* of ROOM.WAIT */
    uint32_t name_len; /* of a campaign */
    char name[TUAN_ID_MAX];
};

static struct push *push_of(struct session_watch *watch)
{
    return container_of(watch, struct push, watch);
}

/* ---- a connection's watches ---- */

static struct push *add(struct admin_call *call, enum session_watch_kind kind)
{
    struct push *push = mem_zalloc(sizeof *push);

    push->watch.kind = kind;
    push->watch.conn = call->conn;
    push->msgid = call->msgid;
    list_push_tail(&call->session->watches, &push->of_session);
    call->session->watch_count++;
    return push;
}

static void end(struct session_host *host, struct push *push)
{
    struct session *session = conn_session(push->watch.conn);

    watch_end(host->watch, &push->watch.watcher);
    list_remove(&push->of_session);
    session->watch_count--;
    mem_free(push);
}

void push_end(struct session_host *host, struct conn *conn)
{
    struct session *session = conn_session(conn);

    while (!list_is_empty(&session->watches))
        end(host, container_of(session->watches.next, struct push, of_session));
}

static bool has_name(const struct push *push, struct tuan_str name)
{
    return tuan_str_equal((struct tuan_str){push->name, push->name_len}, name);
}

static struct push *find_room(const struct session *session, struct tuan_id room)
{
    list_for_each (link, &session->watches) {
        struct push *push = container_of(link, struct push, of_session);
        if (push->watch.kind == SESSION_WATCH_ROOM && tuan_rid_equal(push->watch.room, room))
            return push;
    }
    return NULL;
}

static struct push *find_campaign(const struct session *session, struct tuan_str campaign)
{
    list_for_each (link, &session->watches) {
        struct push *push = container_of(link, struct push, of_session);
        if (push->watch.kind == SESSION_WATCH_CAMPAIGN && has_name(push, campaign)) return push;
    }
    return NULL;
}

/* ---- writing ---- */

static void write_gap(struct session_host *host, const struct session *session,
                      struct tuan_out *out)
{
    struct tuan_gap gap = {0};

    TUAN_SET(gap, &gap, now, dispatch_now(host->dispatch));
    push_text_write(out, session->protocol == SESSION_RPC, "gap", &tuan_gap_message, &gap);
    host->metrics->push_gaps++;
}

static void push_gap(struct session_host *host, struct conn *conn)
{
    struct dispatch_answer free_of_facts = {.is_push = true};

    write_gap(host, conn_session(conn), conn_out(conn));
    conn_out_done(conn, &free_of_facts, 0);
}

void push_give_up(struct session_host *host, struct conn *conn, struct tuan_out *out)
{
    write_gap(host, conn_session(conn), out);
}

/* Nothing is pushed any more until he is told. */
static void fall_behind(struct conn *conn)
{
    struct session *session = conn_session(conn);

    session->is_behind = true;
    conn_set_alarm(conn, clock_boot_ms() + BEHIND_CHECK_MS);
}

static bool is_behind(struct conn *conn)
{
    const struct session *session = conn_session(conn);

    if (!session->is_behind && conn_unsent(conn, BEHIND_MAX_BYTES) > BEHIND_MAX_BYTES)
        fall_behind(conn);
    return session->is_behind;
}

void push_alarm(struct session_host *host, struct conn *conn)
{
    struct session *session = conn_session(conn);

    if (!session->is_behind) return;
    if (conn_unsent(conn, BEHIND_MAX_BYTES) > BEHIND_MAX_BYTES / 2) {
        conn_set_alarm(conn, clock_boot_ms() + BEHIND_CHECK_MS);
        return;
    }
    session->is_behind = false;
    push_gap(host, conn);
}

/* ---- reading ---- */

/* Into host->answer, with so many of its seats at most; NULL: refused. version 0: whatever it is. */
static const struct tuan_room *read_room(struct session_host *host, struct tuan_id room,
                                         int64_t version, int64_t seats)
{
    struct tuan_command *command = &host->command;

    command->id = TUAN_CMD_ROOM_GET;
    command->given = UINT64_C(1) << TUAN_ARG_room | UINT64_C(1) << TUAN_ARG_seats;
    command->arg.room = room;
    command->arg.seats = seats;
    if (version > 0) {
        command->given |= UINT64_C(1) << TUAN_ARG_if_version;
        command->arg.if_version = version;
    }
    dispatch_command(host->dispatch, command, &host->answer);
    return host->answer.reply.err == TUAN_OK ? host->answer.reply.body : NULL;
}

static bool is_ended(const struct tuan_room *room)
{
    return room->state == TUAN_ROOM_FORMED || room->state == TUAN_ROOM_FAILED;
}

static const struct push_text *read_status(struct session_host *host, struct conn *conn,
                                           struct tuan_id room)
{
    const struct session *session = conn_session(conn);

    return push_text_read(host, session->protocol == SESSION_RPC, room);
}

static void push_status(struct session_host *host, struct conn *conn, const struct push_text *text)
{
    tuan_out_bytes(conn_out(conn), text->bytes.ptr, text->bytes.len);
    host->answer.is_push = true;
    conn_out_done(conn, &host->answer, 0);
    host->metrics->pushes++;
}

/* ---- WATCH, UNWATCH ---- */

static void answer_count(struct admin_call *call)
{
    struct tuan_watching watching = {0};

    TUAN_SET(watching, &watching, watches, call->session->watch_count);
    TUAN_SET(watching, &watching, now, dispatch_now(call->host->dispatch));
    admin_body(call, &tuan_watching_message, &watching);
}

/* What is watched must be there; false: refused, and answered. */
static bool check_rooms(struct admin_call *call, struct tuan_ids rooms)
{
    char text[TUAN_RID_CHARS];

    for (uint32_t i = 0; i < rooms.count; i++) {
        if (read_room(call->host, rooms.items[i], 0, 0) != NULL) continue;
        tuan_rid_print(rooms.items[i], text);
        admin_fail(call, call->host->answer.reply.err, "room %.20s cannot be watched", text);
        return false;
    }
    return true;
}

static bool check_campaign(struct admin_call *call, struct tuan_str campaign)
{
    struct tuan_command *command = &call->host->command;

    command->id = TUAN_CMD_CAMPAIGN_GET;
    command->given = UINT64_C(1) << TUAN_ARG_campaign;
    command->arg.campaign = campaign;
    dispatch_command(call->host->dispatch, command, &call->host->answer);
    if (call->host->answer.reply.err == TUAN_OK) return true;
    admin_fail(call, call->host->answer.reply.err, "campaign %.*s cannot be watched",
               (int)campaign.len, campaign.ptr);
    return false;
}

static bool check_watch(struct admin_call *call, struct tuan_ids rooms, struct tuan_str campaign)
{
    if (!call->is_rpc && call->session->resp_version < 3) {
        admin_fail(call, TUAN_ERR_BAD_REQUEST, "%s needs pushes, which RESP2 has not: HELLO 3",
                   tuan_commands[call->command->id].name);
        return false;
    }
    if (rooms.count == 0 && campaign.len == 0) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "room ids or a campaign are needed");
        return false;
    }
    if (call->session->watch_count + rooms.count + 1 > PUSH_WATCHES_MAX) {
        admin_fail(call, TUAN_ERR_TOO_MANY, "a connection watches at most %d", PUSH_WATCHES_MAX);
        return false;
    }
    return check_rooms(call, rooms) && (campaign.len == 0 || check_campaign(call, campaign));
}

static void start_room(struct admin_call *call, struct tuan_id id)
{
    const struct tuan_room *room = read_room(call->host, id, 0, 0);

    assert(room != NULL); /* nothing has happened since it was checked */
    if (is_ended(room) || find_room(call->session, id) != NULL) return;
    struct push *push = add(call, SESSION_WATCH_ROOM);
    push->watch.room = id;
    push->watch.version = room->version;
    watch_room(call->host->watch, &push->watch.watcher, id);
}

static void start_campaign(struct admin_call *call, struct tuan_str campaign)
{
    if (find_campaign(call->session, campaign) != NULL) return;
    struct push *push = add(call, SESSION_WATCH_CAMPAIGN);
    memcpy(push->name, campaign.ptr, campaign.len);
    push->name_len = campaign.len;
    watch_campaign(call->host->watch, &push->watch.watcher, campaign);
}

/* The reply comes first, then the statuses: so nothing is missed between a read and the watch. */
void push_watch(struct admin_call *call)
{
    struct tuan_ids rooms = call->command->arg.room_list;
    struct tuan_str campaign = call->command->arg.campaign;

    if (!check_watch(call, rooms, campaign)) return;
    for (uint32_t i = 0; i < rooms.count; i++)
        start_room(call, rooms.items[i]);
    if (campaign.len > 0) start_campaign(call, campaign);
    answer_count(call);
    conn_out_done(call->conn, NULL, call->msgid);
    call->is_answered = true;
    for (uint32_t i = 0; i < rooms.count; i++)
        push_status(call->host, call->conn, read_status(call->host, call->conn, rooms.items[i]));
}

void push_unwatch(struct admin_call *call)
{
    struct tuan_ids rooms = call->command->arg.room_list;
    struct tuan_str campaign = call->command->arg.campaign;
    struct push *push;

    for (uint32_t i = 0; i < rooms.count; i++)
        if ((push = find_room(call->session, rooms.items[i])) != NULL) end(call->host, push);
    if (campaign.len > 0 && (push = find_campaign(call->session, campaign)) != NULL)
        end(call->host, push);
    if (rooms.count == 0 && campaign.len == 0) push_end(call->host, call->conn);
    answer_count(call);
}

/* ---- ROOM.WAIT ---- */

/* The room as ROOM.GET if_version shows it. */
static void answer_wait(struct admin_call *call, struct tuan_id room, int64_t version,
                        int64_t seats)
{
    struct session_host *host = call->host;

    read_room(host, room, version, seats);
    call->err = host->answer.reply.err;
    call->out = conn_out(call->conn);
    admin_reply(call, &host->answer.reply);
    conn_out_done(call->conn, &host->answer, call->msgid);
    call->is_answered = true;
}

void push_wait(struct admin_call *call)
{
    struct tuan_id id = call->command->arg.room;
    int64_t version = call->command->arg.version, timeout_ms = call->command->arg.timeout_ms;
    int64_t seats = call->command->arg.seats;
    const struct tuan_room *room = read_room(call->host, id, 0, 0);
    bool is_full = call->session->watch_count >= PUSH_WATCHES_MAX;

    if (room == NULL || room->version != version || is_ended(room) || timeout_ms == 0) {
        answer_wait(call, id, version, seats);
        return;
    }
    if (is_full) {
        admin_fail(call, TUAN_ERR_TOO_MANY, "a connection watches at most %d", PUSH_WATCHES_MAX);
        return;
    }
    struct push *push = add(call, SESSION_WATCH_WAIT);
    push->watch.room = id;
    push->watch.version = version;
    push->watch.seats = seats;
    watch_room(call->host->watch, &push->watch.watcher, id);
    watch_until(call->host->watch, &push->watch.watcher, clock_boot_ms() + timeout_ms);
    if (!call->is_rpc) conn_hold(call->conn);
    call->is_late = true;
}

/* ---- being told ---- */

static void tell_wait(struct session_host *host, struct push *push, enum watch_why why)
{
    struct session_watch watch = push->watch;
    struct admin_call call = {.host = host,
                              .conn = watch.conn,
                              .session = conn_session(watch.conn),
                              .command = &host->command,
                              .msgid = push->msgid};

    const struct tuan_room *room = read_room(host, watch.room, 0, 0);
    bool is_same = room != NULL && room->version == watch.version;
    if (is_same && why == WATCH_CHANGED) return; /* nothing to be seen */
    end(host, push);
    call.is_rpc = call.session->protocol == SESSION_RPC;
    if (!call.is_rpc) conn_unhold(watch.conn);
    answer_wait(&call, watch.room, watch.version, watch.seats);
    host->metrics->waits_told++;
    metrics_count(host->metrics, session_proto(call.session), TUAN_CMD_ROOM_WAIT, call.err);
}

static struct push *find_wait(const struct session *session)
{
    list_for_each (link, &session->watches) {
        struct push *push = container_of(link, struct push, of_session);
        if (push->watch.kind == SESSION_WATCH_WAIT) return push;
    }
    return NULL;
}

void push_answer_now(struct session_host *host, struct conn *conn)
{
    struct push *push;

    while ((push = find_wait(conn_session(conn))) != NULL)
        tell_wait(host, push, WATCH_TIME_UP);
}

static void tell_room(struct session_host *host, struct push *push)
{
    struct conn *conn = push->watch.conn;
    const struct push_text *text = read_status(host, conn, push->watch.room);

    if (text == NULL || text->version == push->watch.version) {
        if (host->answer.reply.err == TUAN_ERR_ROOM_NOT_FOUND) end(host, push);
        return;
    }
    push->watch.version = text->version;
    push_status(host, conn, text);
    if (text->is_ended) end(host, push);
}

void push_told(struct session_host *host, struct session_watch *watch, struct tuan_id room,
               enum watch_why why)
{
    if (watch->kind == SESSION_WATCH_WAIT) {
        tell_wait(host, push_of(watch), why);
    } else if (is_behind(watch->conn)) {
        return;
    } else if (why == WATCH_LOST) {
        watch->version = 0; /* whatever comes is news */
        fall_behind(watch->conn);
    } else if (watch->kind == SESSION_WATCH_ROOM) {
        tell_room(host, push_of(watch));
    } else {
        const struct push_text *status = read_status(host, watch->conn, room);
        if (status != NULL) push_status(host, watch->conn, status);
    }
}
