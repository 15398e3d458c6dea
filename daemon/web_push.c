/* SPDX-License-Identifier: BSD-2-Clause */
/* web_push.c - a room to its reader, now or later: answers, long polls, event streams. Either of
 * the last two holds its connection, so what is pipelined behind a long poll waits for its answer,
 * and a stream is the last thing that a connection does.
 *
 * An event is a room's whole status with its ETag as id, so a client that comes again with
 * Last-Event-ID has missed nothing, and a reader that is too slow may leave events out: he is told
 * `gap`, and what the room is by then.
 */
#include "base/hash.h"
#include "daemon/clock.h"
#include "daemon/web.h"

enum {
    BEAT_MS = 15000,
    BEHIND_MAX_BYTES = 64 * 1024, /* unread by a stream's reader: he is slow */
    BEHIND_BEATS_MAX = 2,         /* and now he is gone */
};

static struct session_http *http_of(struct conn *conn)
{
    return &((struct session *)conn_session(conn))->http;
}

void web_answer_room(const struct http_call *http, const struct web_room *room, int status)
{
    struct session_host *host = http->host;
    struct http_answer answer = {.status = status,
                                 .etag = room->etag,
                                 .max_age_s = web_room_max_age_s(room),
                                 .poll_after_ms =
                                     web_room_poll_after_ms(room, dispatch_now(host->dispatch))};

    if (status == 200) {
        answer.type = "application/json";
        answer.body = room->body;
    }
    http_answer(http, &answer, &host->answer);
}

/* ---- those who are answered later ---- */

/* The call that is answered now. */
static struct http_call call_of(struct session_host *host, struct conn *conn)
{
    const struct session_http *http = http_of(conn);

    return (struct http_call){
        .host = host, .conn = conn, .form = http->form, .origin = http->origin};
}

static void begin(const struct http_call *call, const struct web_room *room,
                  enum session_http_state state)
{
    struct session_http *http = http_of(call->conn);

    http->state = state;
    http->form = call->form;
    http->origin = call->origin;
    http->behind_ticks = 0;
    http->watch = (struct session_watch){
        .kind = SESSION_WATCH_HTTP, .conn = call->conn, .room = room->id, .version = room->version};
    watch_room(call->host->watch, &http->watch.watcher, room->id);
    conn_hold(call->conn);
}

void web_end(struct session_host *host, struct conn *conn)
{
    struct session_http *http = http_of(conn);

    host->metrics->http_waiting -= http->state == SESSION_HTTP_WAITING;
    host->metrics->http_streams -= http->state == SESSION_HTTP_STREAMING;
    watch_end(host->watch, &http->watch.watcher);
    http->state = SESSION_HTTP_IDLE;
}

/* ---- long polls ---- */

void web_wait(const struct http_call *call, const struct web_room *room, int64_t wait_ms)
{
    begin(call, room, SESSION_HTTP_WAITING);
    watch_until(call->host->watch, &http_of(call->conn)->watch.watcher, clock_boot_ms() + wait_ms);
    conn_set_alarm(call->conn, 0);
    call->host->metrics->http_waiting++;
}

static void answer_wait(struct session_host *host, struct conn *conn, enum watch_why why)
{
    struct http_call call = call_of(host, conn);
    const struct session_watch *watch = &http_of(conn)->watch;
    const struct web_room *room = web_room_read(host, watch->room);
    bool is_same = room != NULL && room->version == watch->version && why != WATCH_LOST;

    if (is_same && why == WATCH_CHANGED) return; /* nothing to be seen */
    web_end(host, conn);
    conn_unhold(conn);
    host->metrics->polls_unchanged += is_same;
    host->metrics->polls_told += !is_same;
    if (room == NULL)
        http_refuse(&call, &host->answer.reply, 0, &host->answer);
    else
        web_answer_room(&call, room, is_same ? 204 : 200);
}

/* ---- streams ---- */

/* Streams that all came at once, after a restart, are not to beat at once. */
static int64_t first_beat_ms(const struct conn *conn)
{
    return BEAT_MS / 2 + (int64_t)(hash_mix(conn_id(conn), 0) % (BEAT_MS / 2));
}

static void put_event(const struct web_room *room, struct tuan_out *out)
{
    tuan_out_text(out, "id: ");
    tuan_out_bytes(out, room->etag.ptr, room->etag.len);
    tuan_out_text(out, "\ndata: ");
    tuan_out_bytes(out, room->body.ptr, room->body.len);
    tuan_out_text(out, "\n\n");
}

static void end_stream(struct session_host *host, struct conn *conn)
{
    web_end(host, conn);
    conn_finish(conn);
}

void web_stream(const struct http_call *call, const struct web_room *room, bool is_known)
{
    struct session_host *host = call->host;
    struct tuan_out *out = conn_out(call->conn);
    bool is_head = call->form & HTTP_WITHOUT_BODY;

    http_stream_head(call, out);
    if (!is_head) tuan_out_text(out, "retry: 3000\n\n");
    if (!is_head && !is_known) put_event(room, out);
    conn_out_done(call->conn, &host->answer, call->form | HTTP_STARTS_STREAM);
    host->metrics->commands[METRIC_PROTO_HTTP][host->answer.command][TUAN_OK]++;
    if (is_head || room->is_ended) {
        conn_finish(call->conn);
        return;
    }
    begin(call, room, SESSION_HTTP_STREAMING);
    conn_set_alarm(call->conn, clock_boot_ms() + first_beat_ms(call->conn));
    host->metrics->http_streams++;
}

static void push_event(struct session_host *host, struct conn *conn, bool is_after_gap)
{
    struct session_watch *watch = &http_of(conn)->watch;
    const struct web_room *room = web_room_read(host, watch->room);

    if (room == NULL) { /* forgotten, or not to be read now: the client comes again */
        end_stream(host, conn);
        return;
    }
    if (room->version == watch->version && !is_after_gap) return;
    struct tuan_out *out = conn_out(conn);
    if (is_after_gap) tuan_out_text(out, "event: gap\ndata: {}\n\n");
    put_event(room, out);
    watch->version = room->version;
    host->answer.is_push = true;
    conn_out_done(conn, &host->answer, HTTP_IN_STREAM);
    host->metrics->http_events++;
    if (room->is_ended) end_stream(host, conn);
}

static void tell_stream(struct session_host *host, struct conn *conn, enum watch_why why)
{
    struct session_http *http = http_of(conn);

    if (why == WATCH_LOST) {
        end_stream(host, conn);
    } else if (http->behind_ticks > 0 || conn_unsent(conn, BEHIND_MAX_BYTES) > BEHIND_MAX_BYTES) {
        if (http->behind_ticks == 0) http->behind_ticks = 1;
    } else {
        push_event(host, conn, false);
    }
}

/* A comment keeps proxies from closing the connection, and shows us that the peer is gone. */
void web_beat(struct session_host *host, struct conn *conn)
{
    struct session_http *http = http_of(conn);
    bool is_slow = conn_unsent(conn, BEHIND_MAX_BYTES) > BEHIND_MAX_BYTES;

    conn_set_alarm(conn, clock_boot_ms() + BEAT_MS);
    if (http->behind_ticks > BEHIND_BEATS_MAX && is_slow) {
        host->metrics->slow_closes++;
        conn_close(conn);
    } else if (is_slow) {
        http->behind_ticks++;
    } else if (http->behind_ticks > 0) {
        http->behind_ticks = 0;
        host->metrics->http_gaps++;
        push_event(host, conn, true);
    } else {
        tuan_out_text(conn_out(conn), ":\n\n");
        conn_out_done(conn, NULL, HTTP_IN_STREAM);
    }
}

void web_told(struct session_host *host, struct conn *conn, enum watch_why why)
{
    if (http_of(conn)->state == SESSION_HTTP_WAITING)
        answer_wait(host, conn, why);
    else
        tell_stream(host, conn, why);
}
