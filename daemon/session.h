/* SPDX-License-Identifier: BSD-2-Clause */
/* session.h - what a connection says: which protocol, who it is, request after request to its
 * answer.
 *
 * struct session_host is what all sessions of a daemon share; the server fills and owns it. Its
 * scratch members hold one request at a time, so nothing is allocated for a request.
 */
#ifndef TUAN_DAEMON_SESSION_H
#define TUAN_DAEMON_SESSION_H

#include "base/tz.h"
#include "daemon/auth.h"
#include "daemon/conn.h"
#include "daemon/dispatch.h"
#include "daemon/hot_room.h"
#include "daemon/latency.h"
#include "daemon/metrics.h"
#include "daemon/options.h"
#include "daemon/rate.h"
#include "daemon/slowlog.h"
#include "daemon/trace.h"
#include "daemon/watch.h"
#include "proto/codec.h"
#include "proto/rpc.h"

enum {
    SESSION_WORDS_MAX = 1024, /* of a RESP request */
    SESSION_NAME_MAX = 64,
    SESSION_BAD_MAX = 8, /* unreadable requests in a row */
    SESSION_AUTH_TRIES_MAX = 3,
    SESSION_AUTH_MS = 3000,        /* to authenticate in, where tokens are asked for */
    SESSION_AUTH_FRAME_MAX = 4096, /* bytes of a request before that */
};

struct session_host {
    struct options *options;
    struct metrics *metrics;
    struct dispatch *dispatch;
    struct conns *conns;
    struct auth *auth;
    struct rates *rates;
    bool has_served;         /* loaded once: what comes later is trouble, not loading */
    bool is_draining;        /* writes are refused */
    bool is_asked_to_stop;   /* SHUTDOWN: the server drains at the end of this turn */
    int64_t started_ms;      /* clock_boot_ms() */
    int64_t started_wall_ms; /* clock_wall_ms() */
    const char *rpc_address; /* as bound, for INFO */
    const char *web_address, *admin_address;
    const char *libevent_version;
    /* Take over options that may change while running, all or nothing; false: the fault says why.
     */
    bool (*reconfigure)(void *context, const struct options *fresh, struct options_fault *fault);
    void *reconfigure_context;
    struct watch *watch;
    struct web_rooms *web_rooms;
    struct push_texts *push_texts;
    struct feed_readers *feed_readers;
    struct list monitors; /* struct session_monitor */
    struct latency latency;
    struct slowlog slowlog;
    int64_t slow_told_us; /* when the log was told of a slow request last */
    struct traces traces;
    uint32_t trace;  /* of the request under way; 0: none */
    int64_t turn_us; /* clock_boot_us() at the start of this turn */

    struct tuan_arena arena;
    struct tuan_command command;
    struct tuan_fault fault;
    int64_t retry_after_ms; /* with the fault: when trying again makes sense; 0: not told */
    struct dispatch_answer answer;
    struct tuan_str words[2][SESSION_WORDS_MAX]; /* of a request, and of the one behind it */
    char zone[TZ_TABLE_MAX];
    struct hot_room hot_room; /* of ROOM.GET */
    struct tuan_out page;     /* a body of HTTP */
    char date[32];            /* of HTTP, at date_s */
    int64_t date_s;
};

/* NEW: on the rpc port, before its first byte. */
enum session_protocol { SESSION_NEW, SESSION_RESP, SESSION_RPC, SESSION_WEB, SESSION_ADMIN };

/* What a connection waits for: one answer, or pushes. */
enum session_watch_kind {
    SESSION_WATCH_HTTP,
    SESSION_WATCH_ROOM,
    SESSION_WATCH_CAMPAIGN,
    SESSION_WATCH_WAIT, /* ROOM.WAIT */
};
struct session_watch {
    struct watcher watcher;
    enum session_watch_kind kind;
    struct conn *conn;
    struct tuan_id room;
    int64_t version; /* that the peer knows */
    int64_t seats;   /* how many of them it wants to be told at most, if it waits */
};

/* Who has said MONITOR. */
struct session_monitor {
    struct list link; /* in host->monitors */
    struct conn *conn;
    uint64_t missed; /* requests that were not shown, because it does not read */
};

enum session_http_state {
    SESSION_HTTP_IDLE,
    SESSION_HTTP_READING,   /* a request has started to come */
    SESSION_HTTP_WAITING,   /* a long poll */
    SESSION_HTTP_STREAMING, /* events */
};
struct session_http {
    enum session_http_state state;
    uint32_t form;          /* of the request that is answered later: http_answer.h */
    struct tuan_str origin; /* likewise */
    struct session_watch watch;
    int behind_ticks; /* a stream whose reader is slow: for how many heartbeats */
};

struct session {
    enum session_protocol protocol; /* by session_speaks */
    int resp_version;
    enum tuan_role role;             /* TUAN_ROLE_ANY: not authenticated */
    enum tuan_error_form error_form; /* msgpack-rpc */
    int bad_in_row, auth_tries;
    enum tuan_cmd last; /* for CLIENT LIST and the slow log */
    uint32_t last_trace;
    char name[SESSION_NAME_MAX + 1]; /* by CLIENT SETNAME; may be empty */
    char user[AUTH_NAME_MAX + 1];    /* the name of its token; may be empty */
    struct digest token;             /* where user is not empty */
    struct rate *rate;               /* NULL: not asked for yet */
    char *lib_name, *lib_version;    /* by CLIENT SETINFO; may be NULL */
    struct session_http http;
    struct list watches; /* of the rpc port: push.c */
    uint32_t watch_count;
    struct list feed_readers; /* of the rpc port: feed_read.c */
    struct admin_move *move;  /* a CAMPAIGN.LOAD that has begun; NULL: none. admin_move.c */
    struct session_monitor monitor;
    bool is_behind; /* reads its pushes too slowly: is told `gap` when it reads again */
};

static inline enum metric_proto session_proto(const struct session *session)
{
    switch (session->protocol) {
    case SESSION_NEW: return METRIC_PROTO_NEW;
    case SESSION_RESP: return METRIC_PROTO_RESP;
    case SESSION_RPC: return METRIC_PROTO_MSGPACK;
    case SESSION_WEB:
    case SESSION_ADMIN: return METRIC_PROTO_HTTP;
    }
    return METRIC_PROTO_NEW;
}

/* The hooks of struct conns_config and listener_config; context is the host. */
void session_accepted(void *context, struct conn *conn);
void session_accepted_web(void *context, struct conn *conn);
void session_accepted_admin(void *context, struct conn *conn);
size_t session_input(void *context, struct conn *conn, const char *data, size_t len);
void session_give_up(void *context, struct conn *conn, const struct conn_lost *lost,
                     struct tuan_out *out);
void session_left(void *context, struct conn *conn, const struct conn_left *left);
void session_alarm(void *context, struct conn *conn);
bool session_is_all_answered(void *context, struct conn *conn);
void session_ended(void *context, struct conn *conn);
void session_told(struct session_host *host, struct watcher *watcher, struct tuan_id room,
                  enum watch_why why);

/* ---- between the session files ---- */

size_t session_resp_input(struct session_host *host, struct conn *conn, const char *data,
                          size_t len);
size_t session_rpc_input(struct session_host *host, struct conn *conn, const char *data,
                         size_t len);
size_t session_frame_max(const struct session_host *host, const struct session *session);

/* The protocol is known. */
void session_speaks(struct conn *conn, enum session_protocol protocol);

/* What the connection sent has been taken, between these clock_boot_us(). */
void session_read(struct session_host *host, struct conn *conn, int64_t from_us, int64_t to_us);
/* host->command was read from the connection: judge and answer it. */
void session_run(struct session_host *host, struct conn *conn, uint32_t msgid);
/* host->fault says why there is no command (TUAN_CMD_COUNT) or why it was refused. */
void session_refuse(struct session_host *host, struct conn *conn, enum tuan_cmd command,
                    uint32_t msgid);
/* May host->command (its id is TUAN_CMD_COUNT if it could not be told) be taken up now? False:
 * host->fault says why not (RATE_LIMITED). */
bool session_is_in_rate(struct session_host *host, struct conn *conn);
/* The connection's client is another one from now on, or none. */
void session_leave_rate(struct session_host *host, struct session *session);
/* More replies wait than the daemon may hold. */
bool session_is_overloaded(const struct session_host *host);
/* Is there room for what this command makes? False: host->fault says why not (BUSY). */
bool session_has_room(struct session_host *host, enum tuan_cmd command);
/* The tokens have changed: who came with one that is no more, or before there were any, is sent
 * away when his replies are out. */
void session_check_tokens(struct session_host *host);
/* Say in host->fault why; false, for the caller to return. */
bool session_refuse_with(struct session_host *host, enum tuan_err err, const char *text);
/* May it send this now? False: host->fault says why not. */
bool session_may_run(struct session_host *host, const struct session *session,
                     const struct tuan_command_row *row);
/* host->command goes to the engine, and its answer to host->answer; an operator's act also to the
 * log. */
void session_judge(struct session_host *host, const struct conn *conn,
                   const struct session *session);
/* Bytes that are no request: answered, counted, and the connection ends after too many of them. */
void session_bad_frame(struct session_host *host, struct conn *conn, uint32_t msgid,
                       bool can_go_on);

#endif
