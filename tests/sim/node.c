/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/node.h"

#include <assert.h>
#include <stdio.h>

#include "base/mem.h"
#include "daemon/clock.h"
#include "daemon/partition.h"
#include "proto/resp.h"
#include "tests/sim/sim.h"

enum { TURN_US = 30, START_AGAIN_US = 100000, TURN_MAX_US = 1000000 };

void node_wake(struct sim *sim, uint32_t index, int64_t at_us)
{
    struct node *node = &sim->nodes[index];

    if (at_us < node->paused_until_us) at_us = node->paused_until_us;
    if (at_us < sim->now_us) at_us = sim->now_us;
    if (node->wake_us != 0 && node->wake_us <= at_us) return;
    node->wake_us = at_us;
    queue_add(&sim->queue, at_us, EVENT_NODE, index, ++node->wake_token);
}

/* ---- replies ---- */

static void push_outcome(struct session *session, const struct outcome *outcome)
{
    if (session->count == session->room) {
        size_t room = session->room == 0 ? 8 : session->room * 2;
        struct outcome *grown = mem_alloc(room * sizeof *grown);
        for (size_t i = 0; i < session->count; i++)
            grown[i] = session->outcomes[(session->first + i) % session->room];
        mem_free(session->outcomes);
        session->outcomes = grown;
        session->first = 0;
        session->room = room;
    }
    session->outcomes[(session->first + session->count++) % session->room] = *outcome;
}

static void tell(struct sim *sim, const struct node *node, const struct outcome *outcome)
{
    const char(*words)[REQUEST_WORD_MAX] = outcome->request.words;

    sim_tell(sim, "daemon %u answers client %u: %s %s %s %s %s -> %s, version %lld", node->index,
             outcome->request.client, words[0], words[1], words[2], words[3], words[4],
             outcome->err == TUAN_OK ? "ok" : tuan_errors[outcome->err].name,
             (long long)outcome->version);
}

/* A reply goes onto the wire. */
static void leave(struct sim *sim, struct node *node, const struct outcome *outcome)
{
    if (node->is_dying) return;
    tell(sim, node, outcome);
    oracle_reply(sim, node, outcome);
    client_answer(sim, outcome);
}

static void release(struct sim *sim, struct session *session)
{
    struct node *node = session->node;
    struct park_entry entry;
    enum park_fate fate;

    while ((fate = park_take(&node->park, &session->parked, clock_boot_ms(), &entry)) !=
           PARK_WAITS) {
        struct outcome *outcome = &session->outcomes[session->first];
        assert(session->count > 0);
        session->first = (session->first + 1) % session->room;
        session->count--;
        if (fate == PARK_REPLACED) {
            outcome->err = entry.is_write ? TUAN_ERR_UNKNOWN : TUAN_ERR_MIRROR_DOWN;
            outcome->has_room = false;
            outcome->order[0] = '\0';
            outcome->refund = (struct tuan_id){0, 0};
            outcome->dump = 0;
            outcome->wait_count = 0;
            sim->stats.replaced++;
        }
        leave(sim, node, outcome);
    }
}

static void on_advance(void *context, struct list *link)
{
    release(context, container_of(link, struct session, parked.link));
}

static bool on_is_committed(void *context, uint32_t partition, uint64_t position)
{
    (void)context;
    return dispatch_is_committed(posix_running()->dispatch, partition, position);
}

static void on_committed(void *context, uint32_t partition, uint64_t position)
{
    (void)context;
    park_committed(&posix_running()->park, partition, position);
}

static void on_dropped(void *context, uint32_t partition)
{
    (void)context;
    park_dropped(&posix_running()->park, partition);
}

/* ---- requests ---- */

/* What a reply shows of a room, and of a refund. */
static void look_at(const struct tuan_reply *reply, struct outcome *outcome)
{
    outcome->err = reply->err;
    if (reply->err != TUAN_OK) {
        outcome->has_room =
            TUAN_HAS(problem, &reply->problem, room) && TUAN_HAS(problem, &reply->problem, version);
        outcome->room = reply->problem.room;
        outcome->version = reply->problem.version;
    } else if (reply->message == &tuan_seat_message) {
        const struct tuan_seat *seat = reply->body;
        outcome->has_room = TUAN_HAS(seat, seat, room) && TUAN_HAS(seat, seat, version);
        outcome->room = seat->room;
        outcome->version = seat->version;
        if (outcome->has_room)
            snprintf(outcome->order, sizeof outcome->order, "%.*s %.*s", (int)seat->campaign.len,
                     seat->campaign.ptr, (int)seat->order.len, seat->order.ptr);
    } else if (reply->message == &tuan_room_message) {
        const struct tuan_room *room = reply->body;
        outcome->has_room = TUAN_HAS(room, room, version);
        outcome->room = room->room;
        outcome->version = room->version;
    } else if (reply->message == &tuan_refunds_message) {
        const struct tuan_refunds *page = reply->body;
        if (page->refunds.count > 0)
            outcome->refund = ((const struct tuan_refund *)page->refunds.items)[0].refund;
    }
}

static void answer(struct sim *sim, struct node *node, const struct request *request,
                   const struct dispatch_answer *answer, struct outcome *outcome)
{
    struct session *session = &node->sessions[request->client];
    struct park_reply reply = {.bytes = 1,
                               .deadline_ms = clock_boot_ms() + sim->config.mirror.timeout_ms};

    outcome->is_write = answer->is_write;
    for (uint32_t i = 0; i < answer->wait_count; i++) {
        outcome->waits[i] = answer->waits[i];
        outcome->fences[i] = node->watches[answer->waits[i].partition].fence;
    }
    outcome->wait_count = answer->wait_count;
    if (!park_must_wait(&node->park, &session->parked, answer)) {
        leave(sim, node, outcome);
        return;
    }
    push_outcome(session, outcome);
    park_add(&node->park, &session->parked, answer, &reply);
}

/* CAMPAIGN.DUMP, and .LOAD of what it told: as admin_move.c does it, but in one piece. */
static void move(struct sim *sim, struct node *node, const struct tuan_command *command,
                 struct dispatch_answer *answer, struct outcome *outcome)
{
    struct tuan_str campaign = command->arg.campaign;
    struct partition_moved moved;
    struct buf data = {0};

    if (command->id == TUAN_CMD_CAMPAIGN_DUMP) {
        dispatch_dump(node->dispatch, campaign, &data, &moved, answer);
        if (answer->reply.err == TUAN_OK) outcome->dump = sim_keep_dump(sim, &data);
    } else {
        struct mirror_bytes dump = sim_dump(sim, outcome->request.dump);
        buf_append(&data, dump.ptr, dump.len);
        dispatch_restore(node->dispatch, campaign, &data, &moved, answer);
        sim->stats.restored += answer->reply.err == TUAN_OK;
    }
    buf_free(&data);
}

static void run(struct sim *sim, struct node *node, const struct request *request)
{
    struct session *session = &node->sessions[request->client];
    struct outcome outcome = {.request = *request};
    struct tuan_str words[REQUEST_WORDS_MAX];
    _Alignas(16) char room[2048];
    struct tuan_arena arena = {.base = room, .cap = sizeof room};
    struct dispatch_answer answered;
    struct tuan_command command;
    struct tuan_fault fault;

    if (session->generation != request->generation) { /* of a connection that is no more */
        if (request->generation < session->generation) return;
        node_hang_up(sim, node, request->client);
        session->generation = request->generation;
    }
    for (uint32_t i = 0; i < request->word_count; i++)
        words[i] = request_word(request, i);
    outcome.err = tuan_resp_command(words, request->word_count, &command, &arena, &fault);
    if (outcome.err != TUAN_OK) {
        sim_flaw(sim, "a client's request is refused: %s", fault.text);
        return;
    }
    sim->stats.commands++;
    if (command.id == TUAN_CMD_CAMPAIGN_DUMP || command.id == TUAN_CMD_CAMPAIGN_LOAD)
        move(sim, node, &command, &answered, &outcome);
    else
        dispatch_command(node->dispatch, &command, &answered);
    look_at(&answered.reply, &outcome);
    answer(sim, node, request, &answered, &outcome);
}

bool node_ask(struct sim *sim, struct node *node, const struct request *request)
{
    if (!node->is_up) return false;
    if (node->inbox_count == node->inbox_room) {
        node->inbox_room = node->inbox_room == 0 ? 16 : node->inbox_room * 2;
        node->inbox = mem_realloc(node->inbox, node->inbox_room * sizeof *node->inbox);
    }
    node->inbox[node->inbox_count++] = *request;
    node_wake(sim, node->index, request->arrives_us);
    return true;
}

/* Each connection's requests in their order; when the next one arrives. */
static int64_t take_requests(struct sim *sim, struct node *node)
{
    int64_t next_us = INT64_MAX;
    size_t kept = 0, count = node->inbox_count;

    for (size_t i = 0; i < count; i++) {
        struct request request = node->inbox[i];
        if (request.arrives_us <= sim->now_us) {
            run(sim, node, &request);
            continue;
        }
        if (request.arrives_us < next_us) next_us = request.arrives_us;
        node->inbox[kept++] = request;
    }
    assert(node->inbox_count == count);
    node->inbox_count = kept;
    return next_us;
}

void node_hang_up(struct sim *sim, struct node *node, uint32_t client)
{
    struct session *session = &node->sessions[client];

    if (!node->is_up) return;
    posix_enter(sim, node);
    park_clear(&node->park, &session->parked);
    session->first = session->count = 0;
}

/* ---- turns ---- */

/* Nobody watches rooms here. */
static void on_happened(void *context, uint32_t partition, uint64_t position,
                        const struct tuan_fact *fact)
{
    (void)context, (void)partition, (void)position, (void)fact;
}

static void start(struct sim *sim, struct node *node)
{
    struct park_config park_config = {
        .context = sim, .is_committed = on_is_committed, .advance = on_advance};
    struct dispatch_config config = {
        .base = (struct event_base *)node,
        .mirror = sim->config.mirror,
        .sweep_budget = sim->config.sweep_budget,
        .feed_seats = sim->config.feed_seats,
        .context = sim,
        .committed = on_committed,
        .dropped = on_dropped,
        .happened = on_happened,
    };
    struct mirror_error error;

    snprintf(config.mirror.path, sizeof config.mirror.path, "/redis.sock");
    snprintf(config.mirror.owner, sizeof config.mirror.owner, "10.0.0.%u:8826", node->index);
    node->life++;
    node->dispatch = dispatch_create(&config, &error);
    if (node->dispatch == NULL) {
        node_wake(sim, node->index, sim->now_us + START_AGAIN_US);
        return;
    }
    park_init(&node->park, &park_config);
    node->is_up = true;
    sim->stats.starts++;
}

static int64_t give_up_late(struct sim *sim, struct node *node)
{
    int64_t boot_ms = clock_boot_ms(), next_ms = INT64_MAX;

    for (uint32_t i = 0; i < sim->config.clients; i++) {
        struct session *session = &node->sessions[i];
        if (park_deadline_ms(&session->parked) <= boot_ms) release(sim, session);
        if (park_deadline_ms(&session->parked) < next_ms)
            next_ms = park_deadline_ms(&session->parked);
    }
    return next_ms;
}

/* When the daemon itself would turn next, in the simulation's time. */
static int64_t next_turn_us(const struct sim *sim, const struct node *node, int64_t park_ms)
{
    int64_t next_ms = dispatch_next_boot_ms(node->dispatch);

    if (park_ms < next_ms) next_ms = park_ms;
    if (next_ms > (sim->now_us + node->boot_us + TURN_MAX_US) / 1000)
        return sim->now_us + TURN_MAX_US;
    int64_t at_us = next_ms * 1000 - node->boot_us;
    return at_us < sim->now_us + TURN_US ? sim->now_us + TURN_US : at_us;
}

void node_turn(struct sim *sim, uint32_t index, uint64_t token)
{
    struct node *node = &sim->nodes[index];
    int64_t next_us, request_us, park_ms;

    if (token != node->wake_token) return;
    node->wake_us = 0;
    if (sim->now_us < node->paused_until_us) {
        node_wake(sim, index, node->paused_until_us);
        return;
    }
    posix_enter(sim, node);
    if (!node->is_up) start(sim, node);
    if (!node->is_up) return;
    dispatch_turn_begin(node->dispatch);
    bool sockets_first = rng_below(&sim->rng, 2) == 0;
    if (sockets_first) posix_deliver(sim, node);
    request_us = take_requests(sim, node);
    if (!sockets_first) posix_deliver(sim, node);
    park_ms = give_up_late(sim, node);
    dispatch_turn_end(node->dispatch);
    if (node->is_dying) {
        node_crash(sim, node);
        return;
    }
    next_us = next_turn_us(sim, node, park_ms);
    node_wake(sim, index, request_us < next_us ? request_us : next_us);
}

/* ---- ends ---- */

static void end(struct sim *sim, struct node *node)
{
    if (!node->is_up) return;
    posix_enter(sim, node);
    dispatch_destroy(node->dispatch);
    node->dispatch = NULL;
    for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
        struct session *session = &node->sessions[i];
        park_clear(&node->park, &session->parked);
        session->first = session->count = 0;
        client_lost(sim, i, node->index);
    }
    park_destroy(&node->park);
    node->inbox_count = 0;
    node->is_up = node->is_dying = false;
    node->dies_after = 0;
    assert(node->events == NULL);
    spy_forget(sim, node);
}

void node_crash(struct sim *sim, struct node *node)
{
    node->is_dying = true;
    end(sim, node);
    node->is_dying = false;
    node->wake_us = 0;
    node_wake(sim, node->index, sim->now_us + sim_spread(sim, sim->config.still_us / 4 + 1));
}

/* In order: the lease is given back, the last requests go out. */
void node_stop(struct sim *sim, struct node *node)
{
    end(sim, node);
    node->wake_us = 0;
    node_wake(sim, node->index, sim->now_us + sim_spread(sim, sim->config.still_us / 4 + 1));
}

void node_init(struct sim *sim, uint32_t index)
{
    struct node *node = &sim->nodes[index];

    *node = (struct node){.index = index};
    node->boot_us = 1000000 + (int64_t)rng_below(&sim->rng, 1000000000);
    node->wall_us = INT64_C(1700000000000000);
    if (!sim->config.excuses) node->wall_us += (int64_t)rng_below(&sim->rng, 2000000);
    for (uint32_t i = 0; i < CLIENTS_MAX; i++)
        node->sessions[i] = (struct session){.node = node, .client = i};
    for (uint32_t i = 0; i < PARTITIONS_MAX; i++)
        node->watches[i].fence = HISTORY_NONE;
    node_wake(sim, index, sim->now_us + 1);
}

void node_free(struct sim *sim, struct node *node)
{
    node->is_dying = true; /* nothing goes out any more */
    end(sim, node);
    for (uint32_t i = 0; i < CLIENTS_MAX; i++)
        mem_free(node->sessions[i].outcomes);
    mem_free(node->inbox);
}

bool node_is_ready(const struct node *node)
{
    return node->is_up && dispatch_is_ready(node->dispatch);
}

bool node_owns(const struct node *node, uint32_t partition)
{
    return node->is_up && node->watches[partition].fence != HISTORY_NONE;
}
