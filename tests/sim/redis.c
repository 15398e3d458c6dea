/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/redis.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "daemon/mirror/form.h"
#include "tests/sim/command.h"
#include "tests/sim/sim.h"

/* ---- shadows ---- */

static void shadow_start(struct shadow *shadow, const struct store *store)
{
    shadow->is_kept = true;
    store_copy(&shadow->store, store);
}

static void shadow_forget_first(struct shadow *shadow)
{
    blob_drop(shadow->effects[shadow->first].request);
    shadow->first++;
    if (--shadow->count == 0) shadow->first = 0;
}

static void shadow_end(struct shadow *shadow)
{
    if (!shadow->is_kept) return;
    while (shadow->count > 0)
        shadow_forget_first(shadow);
    mem_free(shadow->effects);
    store_free(&shadow->store);
    *shadow = (struct shadow){.is_kept = false};
}

static void shadow_repeat(struct shadow *shadow, size_t count)
{
    static struct mirror_bytes argv[CALL_ARGS_MAX];
    struct buf reply = {0};

    for (; count > 0; count--) {
        const struct effect *effect = &shadow->effects[shadow->first];
        struct call call = {
            .store = &shadow->store, .argv = argv, .now_ms = effect->now_ms, .reply = &reply};
        call_parse(blob_bytes(effect->request), argv, &call.argc);
        call_run(&call);
        buf_reset(&reply);
        shadow_forget_first(shadow);
    }
    buf_free(&reply);
}

static void shadow_note(struct shadow *shadow, struct blob *request, int64_t now_ms)
{
    if (!shadow->is_kept) return;
    if (shadow->first + shadow->count == shadow->room) {
        if (shadow->count > 0)
            memmove(shadow->effects, shadow->effects + shadow->first,
                    shadow->count * sizeof *shadow->effects);
        shadow->first = 0;
        if (shadow->count * 2 >= shadow->room) {
            shadow->room = shadow->room == 0 ? 64 : shadow->room * 2;
            shadow->effects = mem_realloc(shadow->effects, shadow->room * sizeof *shadow->effects);
        }
    }
    shadow->effects[shadow->first + shadow->count++] = (struct effect){blob_hold(request), now_ms};
}

void redis_sync(struct sim *sim)
{
    struct server *server = redis_primary(&sim->redis);
    struct shadow *replica = &server->replica;

    if (server->disk.is_kept) shadow_repeat(&server->disk, server->disk.count);
    if (replica->is_kept) shadow_repeat(replica, rng_below(&sim->rng, replica->count + 1));
    if (sim->config.fault_us[FAULT_BACKUP] > 0 && sim->oracle.all_know && !server->is_emptied &&
        rng_below(&sim->rng, 8) == 0) {
        if (sim->redis.has_backup) store_free(&sim->redis.backup);
        store_copy(&sim->redis.backup, &server->store);
        sim->redis.has_backup = true;
    }
}

void redis_sync_all(struct sim *sim)
{
    struct server *server = redis_primary(&sim->redis);

    if (server->disk.is_kept) shadow_repeat(&server->disk, server->disk.count);
    if (server->replica.is_kept) shadow_repeat(&server->replica, server->replica.count);
}

/* ---- life ---- */

static void start_shadows(struct sim *sim, struct server *server)
{
    if (sim->config.fault_us[FAULT_LOSE] > 0) shadow_start(&server->disk, &server->store);
    if (sim->config.fault_us[FAULT_FAILOVER] > 0) shadow_start(&server->replica, &server->store);
}

void redis_start(struct sim *sim)
{
    struct server *server = redis_primary(&sim->redis);

    server->is_there = server->is_up = true;
    store_init(&server->store);
    for (uint32_t i = 0; i < PARTITIONS_MAX; i++)
        server->tips[i] = HISTORY_NONE;
    start_shadows(sim, server);
}

static void server_end(struct server *server)
{
    uint64_t token = server->token;

    if (!server->is_there) return;
    shadow_end(&server->disk);
    shadow_end(&server->replica);
    store_free(&server->store);
    if (server->is_emptied) store_free(&server->hidden);
    *server = (struct server){.token = token + 1};
}

void redis_free(struct redis *redis)
{
    server_end(&redis->servers[0]);
    server_end(&redis->servers[1]);
    if (redis->has_backup) store_free(&redis->backup);
}

bool redis_accepts(const struct redis *redis, int server)
{
    return redis->servers[server].is_there && redis->servers[server].is_up;
}

/* ---- requests ---- */

static void answer_info(const struct server *server, struct buf *reply)
{
    struct buf text = {0};

    buf_printf(&text,
               "# Server\r\nredis_version:7.0.15\r\nrun_id:%040d\r\nloading:%d\r\n"
               "maxmemory_policy:noeviction\r\naof_enabled:1\r\n",
               (int)server->token, server->mood == MOOD_LOADING);
    reply_bulk(reply, (struct mirror_bytes){text.data, text.len});
    buf_free(&text);
}

static void answer_role(const struct server *server, struct buf *reply)
{
    reply_array(reply, 3);
    reply_bulk(reply, bytes_of(server->mood == MOOD_READONLY ? "slave" : "master"));
    reply_int(reply, 0);
    reply_array(reply, 0);
}

static void answer_config(struct buf *reply)
{
    reply_array(reply, 4);
    reply_bulk(reply, bytes_of("appendfsync"));
    reply_bulk(reply, bytes_of("always"));
    reply_bulk(reply, bytes_of("aof-load-truncated"));
    reply_bulk(reply, bytes_of("no"));
}

static void answer_load(struct server *server, const struct call *call)
{
    char sha[SCRIPT_SHA_SIZE];

    for (int i = 0; i < SCRIPT_COUNT; i++) {
        if (!bytes_equal(call->argv[2], bytes_of(script_text((enum script)i)))) continue;
        script_sha((enum script)i, sha);
        server->known_scripts |= 1U << i;
        reply_bulk(call->reply, bytes_of(sha));
        return;
    }
    assert(false && "a script that nobody knows");
}

/* What the server is, not what it holds. True: answered. */
static bool answer_about(struct server *server, const struct call *call)
{
    if (call_is(call, "INFO"))
        answer_info(server, call->reply);
    else if (call_is(call, "ROLE"))
        answer_role(server, call->reply);
    else if (call_is(call, "CONFIG"))
        answer_config(call->reply);
    else if (call_is(call, "CLIENT") || call_is(call, "AUTH") || call_is(call, "SELECT"))
        reply_line(call->reply, '+', "OK");
    else
        return false;
    return true;
}

/* Why it is refused as a whole; NULL: it is not. */
static const char *refusal(const struct server *server, const struct call *call)
{
    bool is_script = call_is(call, "EVALSHA");
    enum call_kind kind = call_kind(call);

    if (server->mood == MOOD_LOADING) return "LOADING Redis is loading the dataset in memory";
    if (server->mood == MOOD_BUSY)
        return "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN "
               "NOSAVE.";
    if (is_script && ((server->known_scripts >> call_script(call)) & 1) == 0)
        return "NOSCRIPT No matching script. Please use EVAL.";
    if (kind == CALL_READ) return NULL;
    if (server->mood == MOOD_OOM && kind == CALL_WRITE)
        return is_script ? "OOM allow-oom flag is not set on the script, can not run it when used "
                           "memory > 'maxmemory'"
                         : "OOM command not allowed when used memory > 'maxmemory'.";
    if (server->mood == MOOD_MISCONF)
        return "MISCONF Errors writing to the AOF file: No space left on device";
    if (server->mood == MOOD_NOREPLICAS) return "NOREPLICAS Not enough good replicas to write.";
    if (server->mood == MOOD_READONLY)
        return is_script ? "READONLY Can not run script with write flag on readonly replica."
                         : "READONLY You can't write against a read only replica.";
    return NULL;
}

bool redis_answer(struct server *server, struct call *call)
{
    const char *why;

    if (server->mood != MOOD_BUSY && answer_about(server, call)) return false;
    why = server->is_lenient ? NULL : refusal(server, call);
    if (why == NULL && !call_is(call, "SCRIPT")) return call_run(call);
    if (why == NULL)
        answer_load(server, call);
    else
        reply_line(call->reply, '-', why);
    return false;
}

static void run(struct sim *sim, const struct conn *conn, struct call *call,
                struct mirror_bytes request)
{
    int index = conn->server;
    struct server *server = &sim->redis.servers[index];

    server->is_lenient = sim->config.flickers &&
                         server->known_scripts == (1U << SCRIPT_COUNT) - 1 &&
                         server->mood != MOOD_LOADING && server->mood != MOOD_READONLY &&
                         server->mood != MOOD_WELL && rng_below(&sim->rng, 3) == 0;
    if (!redis_answer(server, call)) return;
    struct blob *effect = blob_make(request.ptr, request.len);
    if (!server->is_emptied) {
        shadow_note(&server->disk, effect, call->now_ms);
        shadow_note(&server->replica, effect, call->now_ms);
    }
    blob_drop(effect);
    oracle_wrote(sim, index, call);
    bool is_rare = call_script(call) == SCRIPT_TAKE || call_script(call) == SCRIPT_SLICE ||
                   call_script(call) == SCRIPT_CREATE;
    if (is_rare && rng_below(&sim->rng, 6) == 0) sim_provoke(sim, conn->node);
}

void redis_take(struct sim *sim, struct conn *conn)
{
    static struct mirror_bytes argv[CALL_ARGS_MAX];
    struct server *server = &sim->redis.servers[conn->server];
    struct buf reply = {0};
    size_t at = 0, len, argc;

    assert(server->is_up);
    for (;; at += len) {
        struct mirror_bytes rest = {conn->input.data + at, conn->input.len - at};
        if (rest.len == 0 || (len = call_parse(rest, argv, &argc)) == 0) break;
        struct call call = {.store = &server->store,
                            .argv = argv,
                            .argc = argc,
                            .now_ms = sim->now_us / 1000,
                            .scan_max = sim->config.scan_max,
                            .reply = &reply};
        run(sim, conn, &call, (struct mirror_bytes){rest.ptr, len});
        sim->stats.requests++;
    }
    buf_consume_head(&conn->input, at);
    sim_trace(sim, reply.data, reply.len);
    net_answer(sim, conn, &reply);
    buf_free(&reply);
}

/* ---- trouble ---- */

static void trouble(struct sim *sim, int index)
{
    struct server *server = &sim->redis.servers[index];

    queue_add(&sim->queue, sim->now_us + sim_spread(sim, sim->config.still_us), EVENT_HEAL,
              (uint32_t)index, ++server->token);
}

static void kill_server(struct sim *sim, int index)
{
    struct server *server = &sim->redis.servers[index];

    server->is_up = false;
    server->mood = MOOD_LOADING; /* when it is up again */
    server->known_scripts = 0;
    net_server_gone(sim, index);
}

/* The store was exchanged: where are the heads now? */
static void find_tips(struct sim *sim, int index)
{
    struct server *server = &sim->redis.servers[index];

    for (uint32_t i = 0; i < sim->config.partitions; i++) {
        char key[32];
        struct value *value;
        struct head head;
        snprintf(key, sizeof key, "tuan:{%u}:head", i);
        value = store_find(&server->store, bytes_of(key), 0);
        server->tips[i] = HISTORY_NONE;
        if (value != NULL && form_parse_head(blob_bytes(value->string), &head))
            server->tips[i] = history_find(&sim->oracle.histories[i], head.nonce, head.position);
    }
}

static void exchange_store(struct sim *sim, int index, const struct store *with)
{
    struct server *server = &sim->redis.servers[index];
    struct store copy;

    store_copy(&copy, with);
    shadow_end(&server->disk);
    shadow_end(&server->replica);
    store_free(&server->store);
    server->store = copy;
    start_shadows(sim, server);
    find_tips(sim, index);
    oracle_rewound(sim);
}

static bool lose(struct sim *sim)
{
    struct server *server = redis_primary(&sim->redis);

    if (!server->disk.is_kept) return false;
    kill_server(sim, sim->redis.primary);
    shadow_repeat(&server->disk, rng_below(&sim->rng, server->disk.count + 1));
    exchange_store(sim, sim->redis.primary, &server->disk.store);
    trouble(sim, sim->redis.primary);
    return true;
}

static bool fail_over(struct sim *sim)
{
    int old = sim->redis.primary, new = 1 - old;
    struct server *from = &sim->redis.servers[old], *to = &sim->redis.servers[new];

    if (!from->replica.is_kept) return false;
    if (to->is_there) {
        net_server_gone(sim, new);
        server_end(to);
    }
    shadow_repeat(&from->replica, rng_below(&sim->rng, from->replica.count + 1));
    to->is_there = to->is_up = true;
    to->mood = MOOD_WELL;
    store_copy(&to->store, &from->replica.store);
    start_shadows(sim, to);
    sim->redis.primary = new;
    find_tips(sim, new);
    oracle_rewound(sim);
    shadow_end(&from->disk);
    shadow_end(&from->replica);
    if (rng_below(&sim->rng, 2) == 0) { /* the old one dies; else it goes on until it is healed */
        net_server_gone(sim, old);
        server_end(from);
    } else {
        trouble(sim, old);
    }
    return true;
}

static bool make_empty(struct sim *sim)
{
    struct server *server = redis_primary(&sim->redis);

    kill_server(sim, sim->redis.primary);
    server->hidden = server->store;
    server->is_emptied = true;
    server->mood = MOOD_WELL; /* it serves its emptiness */
    store_init(&server->store);
    trouble(sim, sim->redis.primary);
    return true;
}

static bool feel(struct sim *sim, enum mood mood)
{
    redis_primary(&sim->redis)->mood = mood;
    trouble(sim, sim->redis.primary);
    return true;
}

bool redis_fault(struct sim *sim, enum fault fault)
{
    struct server *server = redis_primary(&sim->redis);

    if (!server->is_up || server->mood != MOOD_WELL || server->is_emptied) return false;
    /* A key space that is lost before anybody remembers it is made anew, rightly. */
    if ((fault == FAULT_EMPTY || fault_rows[fault].loses) && !sim->oracle.all_know) return false;
    switch (fault) {
    case FAULT_RESTART:
        kill_server(sim, sim->redis.primary);
        trouble(sim, sim->redis.primary);
        return true;
    case FAULT_OOM: return feel(sim, MOOD_OOM);
    case FAULT_LOADING: return feel(sim, MOOD_LOADING);
    case FAULT_BUSY: return feel(sim, MOOD_BUSY);
    case FAULT_MISCONF: return feel(sim, MOOD_MISCONF);
    case FAULT_NOREPLICAS: return feel(sim, MOOD_NOREPLICAS);
    case FAULT_READONLY: return feel(sim, MOOD_READONLY);
    case FAULT_FORGET: server->known_scripts = 0; return true;
    case FAULT_EMPTY: return make_empty(sim);
    case FAULT_LOSE: return lose(sim);
    case FAULT_FAILOVER: return fail_over(sim);
    case FAULT_BACKUP:
        if (!sim->redis.has_backup) return false;
        kill_server(sim, sim->redis.primary);
        exchange_store(sim, sim->redis.primary, &sim->redis.backup);
        trouble(sim, sim->redis.primary);
        return true;
    default: assert(false && "no fault of Redis"); return false;
    }
}

/* Up again, then loading, then well; emptied, then killed once more and well. */
void redis_heal(struct sim *sim, int index, uint64_t token)
{
    struct server *server = &sim->redis.servers[index];

    if (!server->is_there || server->token != token) return;
    if (index != sim->redis.primary) {
        net_server_gone(sim, index);
        server_end(server);
    } else if (!server->is_up) {
        server->is_up = true;
        trouble(sim, index);
    } else if (server->is_emptied) {
        kill_server(sim, index);
        store_free(&server->store);
        server->store = server->hidden;
        server->is_emptied = false;
        trouble(sim, index);
    } else {
        server->mood = MOOD_WELL;
    }
}

void redis_heal_all(struct sim *sim)
{
    struct server *server = redis_primary(&sim->redis);
    int other = 1 - sim->redis.primary;

    if (sim->redis.servers[other].is_there) redis_heal(sim, other, sim->redis.servers[other].token);
    for (int i = 0; i < 3 || !server->is_up || server->mood != MOOD_WELL; i++)
        redis_heal(sim, sim->redis.primary, server->token);
}
