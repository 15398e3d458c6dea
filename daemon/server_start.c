/* SPDX-License-Identifier: BSD-2-Clause */
/* server_start.c - putting the daemon together: what can fail fails here, with a line and an exit
 * code. */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/clock.h"
#include "daemon/entropy.h"
#include "daemon/feed_read.h"
#include "daemon/feed_ring.h"
#include "daemon/matching.h"
#include "daemon/notify.h"
#include "daemon/push_text.h"
#include "daemon/server_impl.h"
#include "daemon/web_room.h"
#include "engine/engine.h"

enum { STALL_MS = 10000, ARENA_MIN = 64 * 1024, ERROR_SIZE = 512 };

/* ---- hooks ---- */

static bool is_committed(void *context, uint32_t partition, uint64_t position)
{
    const struct server *server = context;

    return dispatch_is_committed(server->host.dispatch, partition, position);
}

static void on_committed(void *context, uint32_t partition, uint64_t position)
{
    struct server *server = context;

    server->metrics.mirror_last_commit = dispatch_now(server->host.dispatch);
    /* The mirror's answer may be what wakes us: what waited for it waited until now. */
    if (!server->is_in_turn) server->host.turn_us = clock_boot_us();
    conns_committed(server->host.conns, partition, position);
}

static void on_dropped(void *context, uint32_t partition)
{
    struct server *server = context;

    conns_dropped(server->host.conns, partition);
    web_rooms_clear(server->host.web_rooms);
    push_texts_clear(server->host.push_texts);
    watch_dropped(server->host.watch);
}

static void on_happened(void *context, uint32_t partition, uint64_t position,
                        const struct tuan_fact *fact)
{
    struct server *server = context;

    matching_fact(&server->metrics, server->host.dispatch, partition, fact);
    watch_fact(server->host.watch, partition, position, fact);
}

static bool may_show(void *context, uint32_t partition, uint64_t position)
{
    const struct server *server = context;

    return dispatch_may_show(server->host.dispatch, partition, position);
}

static void on_tell(void *context, struct watcher *watcher, struct tuan_id room, enum watch_why why)
{
    struct server *server = context;

    session_told(&server->host, watcher, room, why);
}

/* The connections' hooks have the server as context; sessions know the host only. */
static size_t on_input(void *context, struct conn *conn, const char *data, size_t len)
{
    struct server *server = context;
    return session_input(&server->host, conn, data, len);
}

static void on_give_up(void *context, struct conn *conn, const struct conn_lost *lost,
                       struct tuan_out *out)
{
    struct server *server = context;
    session_give_up(&server->host, conn, lost, out);
}

static void on_left(void *context, struct conn *conn, const struct conn_left *left)
{
    struct server *server = context;
    session_left(&server->host, conn, left);
}

static void on_alarm(void *context, struct conn *conn)
{
    struct server *server = context;
    session_alarm(&server->host, conn);
}

static bool is_all_answered(void *context, struct conn *conn)
{
    struct server *server = context;
    return session_is_all_answered(&server->host, conn);
}

static void on_ended(void *context, struct conn *conn)
{
    struct server *server = context;
    session_ended(&server->host, conn);
}

static void on_accepted(void *context, struct conn *conn)
{
    struct server *server = context;
    session_accepted(&server->host, conn);
}

static void on_accepted_web(void *context, struct conn *conn)
{
    struct server *server = context;
    session_accepted_web(&server->host, conn);
}

/* ---- parts ---- */

static bool open_base(struct server *server)
{
    struct event_config *config = event_config_new();

    event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME | EVENT_BASE_FLAG_PRECISE_TIMER);
    server->base = event_base_new_with_config(config);
    event_config_free(config);
    if (server->base == NULL) log_error("cannot make an event loop", "");
    return server->base != NULL;
}

static void open_conns(struct server *server)
{
    const struct options *options = &server->options;
    struct entropy entropy = {0};
    uint64_t seed;
    const struct conns_config config = {
        .base = server->base,
        .metrics = &server->metrics,
        .session_size = sizeof(struct session),
        .input_max = (size_t)options->limit_frame + 64 * 1024,
        .output_max = (size_t)options->limit_output,
        .in_flight_max = (uint32_t)options->limit_in_flight,
        .timeout_ms = options->mirror_timeout_ms,
        .stall_ms = STALL_MS,
        .context = server,
        .is_committed = is_committed,
        .turn = server_turn,
        .input = on_input,
        .give_up = on_give_up,
        .left = on_left,
        .alarm = on_alarm,
        .is_all_answered = is_all_answered,
        .ended = on_ended,
    };

    server->host.conns = conns_create(&config);
    entropy_take(&entropy, &seed, sizeof seed);
    server->host.rates = rates_create(seed);
}

static void open_watch(struct server *server)
{
    const struct watch_config config = {.context = server, .may_show = may_show, .tell = on_tell};

    server->host.watch = watch_create(&config, clock_boot_ms());
    server->host.web_rooms = web_rooms_create((size_t)server->options.web_cache);
    server->host.push_texts = push_texts_create();
    server->host.feed_readers = feed_readers_create(&server->host);
}

static void on_accepted_admin(void *context, struct conn *conn)
{
    struct server *server = context;
    session_accepted_admin(&server->host, conn);
}

static const char http_refusal[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                                   "Retry-After: 1\r\nConnection: close\r\n\r\n";

enum port { PORT_RPC, PORT_WEB, PORT_ADMIN };
static const struct {
    void (*accepted)(void *context, struct conn *conn);
    const char *refusal, *farewell;
} ports[] = {
    [PORT_RPC] = {on_accepted, "-BUSY too many connections\r\n",
                  "-SHUTTING_DOWN nobody is let in any more\r\n"},
    [PORT_WEB] = {on_accepted_web, http_refusal, http_refusal},
    [PORT_ADMIN] = {on_accepted_admin, http_refusal, http_refusal},
};

static bool open_listener(struct server *server, struct listener **out, enum port port,
                          const char *address, bool is_unix)
{
    const struct listener_config config = {
        .base = server->base,
        .conns = server->host.conns,
        .metrics = &server->metrics,
        .rejected = port == PORT_ADMIN ? &server->metrics.rejected_admin
                                       : &server->metrics.rejected_connections,
        .connections_max =
            port == PORT_ADMIN ? &server->admin_connections_max : &server->connections_max,
        .refusal = ports[port].refusal,
        .farewell = ports[port].farewell,
        .context = server,
        .turn = server_turn,
        .accepted = ports[port].accepted};
    char error[ERROR_SIZE] = "";

    if (address[0] == '\0' || strcmp(address, "off") == 0) return true;
    *out = listener_open(&config, address, is_unix, error, sizeof error);
    if (*out == NULL) log_error("cannot listen", "error=\"%s\"", error);
    return *out != NULL;
}

static void on_mirror_answered(void *context, enum mirror_op op, int64_t took_us)
{
    struct metrics *metrics = context;

    histogram_add(&metrics->mirror_request[op], HISTOGRAM_US, took_us, 1);
}

static void on_mirror_failed(void *context, enum mirror_fault fault)
{
    struct metrics *metrics = context;

    metrics->mirror_errors[fault]++;
}

static void set_mirror(struct server *server, struct mirror_config *mirror)
{
    const struct options *options = &server->options;
    struct options_redis redis;

    bool is_good = options_parse_mirror(options->mirror, &redis);
    assert(is_good); /* checked when it was set */
    mirror->mode = redis.kind == OPTIONS_MIRROR_TCP    ? MIRROR_TCP
                   : redis.kind == OPTIONS_MIRROR_UNIX ? MIRROR_UNIX
                                                       : MIRROR_PRIVATE;
    snprintf(mirror->host, sizeof mirror->host, "%s", redis.host);
    snprintf(mirror->path, sizeof mirror->path, "%s", redis.path);
    snprintf(mirror->password_file, sizeof mirror->password_file, "%s",
             options->mirror_password_file);
    snprintf(mirror->dir, sizeof mirror->dir, "%s", options->dir);
    snprintf(mirror->owner, sizeof mirror->owner, "%s", server->host.rpc_address);
    mirror->port = redis.port;
    mirror->db = redis.db;
    mirror->partitions = mirror->mode == MIRROR_PRIVATE ? 1 : DISPATCH_PARTITIONS_MAX;
    mirror->create_never = options->mirror_create == OPTION_CREATE_NEVER;
    mirror->accept_dataset = server->line.accept_dataset;
    mirror->feed_max = (uint64_t)options->feed_max;
    mirror->lease_ms = options->mirror_lease_ms;
    mirror->timeout_ms = options->mirror_timeout_ms;
    mirror->keep_bytes = (size_t)options->mirror_keep;
    mirror->flight_bytes_max = (size_t)options->mirror_flight_bytes;
    mirror->flight_batches_max = (size_t)options->mirror_flight_batches;
    mirror->snapshot_every_ms = options->snapshot_every_ms;
    mirror->snapshot_every_bytes = (size_t)options->snapshot_every_bytes;
    mirror->meter = (struct mirror_meter){&server->metrics, on_mirror_answered, on_mirror_failed};
}

static bool open_dispatch(struct server *server, int *exit_code)
{
    const struct options *options = &server->options;
    struct dispatch_config config = {
        .base = server->base,
        .mirror_none = strcmp(options->mirror, "none") == 0,
        .ack_memory = options->mirror_ack == OPTION_ACK_MEMORY,
        .sweep_budget = (size_t)options->sweep_budget,
        .feed_seats = options->feed_seats != 0,
        .feed_max = options->feed_max < FEED_RING_EVENTS_MAX ? (size_t)options->feed_max
                                                             : FEED_RING_EVENTS_MAX,
        .rooms_max = options->limit_rooms,
        .campaigns_max = options->limit_campaigns,
        .seats_max = options->limit_seats,
        .huge_pages = options->memory_huge_pages != 0,
        .context = server,
        .committed = on_committed,
        .dropped = on_dropped,
        .happened = on_happened,
    };
    struct mirror_error error = {.exit_code = SERVER_EXIT_UNAVAILABLE};

    if (clock_wall_ms() > ENGINE_TIME_MAX) {
        *exit_code = SERVER_EXIT_CONFIG;
        log_error("cannot start", "error=\"the machine's clock is beyond the year 3084\"");
        return false;
    }
    set_mirror(server, &config.mirror);
    server->host.dispatch = dispatch_create(&config, &error);
    if (server->host.dispatch != NULL) return true;
    *exit_code = error.exit_code;
    log_error("cannot start", "error=\"%s\"", error.text);
    return false;
}

static bool open_auth(struct server *server)
{
    struct options_fault fault;

    server->host.auth = auth_open(server->options.auth_file, &fault);
    if (server->host.auth == NULL) log_error("bad configuration", "error=\"%s\"", fault.text);
    return server->host.auth != NULL;
}

static void set_host(struct server *server)
{
    size_t frame = (size_t)server->options.limit_frame;

    server->host.options = &server->options;
    server->host.metrics = &server->metrics;
    server->host.started_ms = clock_boot_ms();
    server->host.started_wall_ms = clock_wall_ms();
    server->beat_every_ms = notify_beat_ms();
    server->host.rpc_address = server->host.web_address = server->host.admin_address = "off";
    list_init(&server->host.monitors);
    server->host.page.grow = mem_realloc;
    server->host.reconfigure = server_reconfigure;
    server->host.reconfigure_context = server;
    server->host.date_s = -1;
    server->host.libevent_version = event_get_version();
    /* a list in a request takes more room laid out than written: 16 bytes for one of JSON */
    server->host.arena.cap = (frame > ARENA_MIN ? frame : ARENA_MIN) * 16;
    server->host.arena.base = mem_alloc(server->host.arena.cap);
}

bool server_open(struct server *server, int *exit_code)
{
    const struct options *options = &server->options;

    set_host(server);
    *exit_code = SERVER_EXIT_CONFIG;
    if (!open_auth(server)) return false;
    *exit_code = SERVER_EXIT_UNAVAILABLE;
    signal(SIGPIPE, SIG_IGN);
    server_limit_connections(server);
    if (!open_base(server) || !server_open_timer(server) || !server_watch_signals(server))
        return false;
    open_conns(server);
    open_watch(server);
    if (!open_listener(server, &server->rpc, PORT_RPC, options->rpc, false) ||
        !open_listener(server, &server->rpc_unix, PORT_RPC, options->rpc_unix, true) ||
        !open_listener(server, &server->web, PORT_WEB, options->web, false) ||
        !open_listener(server, &server->admin, PORT_ADMIN, options->admin, false))
        return false;
    if (server->rpc != NULL) server->host.rpc_address = listener_address(server->rpc);
    if (server->web != NULL) server->host.web_address = listener_address(server->web);
    if (server->admin != NULL) server->host.admin_address = listener_address(server->admin);
    return open_dispatch(server, exit_code);
}
