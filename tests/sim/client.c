/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/client.h"

#include <assert.h>
#include <string.h>

#include "tests/sim/sim.h"

enum { BRISK_US = 20000 };

/* At the end nobody dawdles. */
static int64_t think_us(struct sim *sim)
{
    int64_t mean_us = sim->config.think_us;

    return sim_spread(sim, sim->is_closing && mean_us > BRISK_US ? BRISK_US : mean_us);
}

static void plan(struct sim *sim, struct client *client, int64_t in_us)
{
    queue_add(&sim->queue, sim->now_us + in_us, EVENT_CLIENT, client->index, ++client->token);
}

void client_init(struct sim *sim, uint32_t index)
{
    struct client *client = &sim->clients[index];

    *client = (struct client){.index = index, .generation = 0};
    plan(sim, client, (int64_t)rng_below(&sim->rng, 10000));
}

/* ---- its connection ---- */

/* All that has no answer will be asked again. */
static void lose_connection(struct sim *sim, struct client *client)
{
    client->is_connected = false;
    client->mail_first = client->mail_count = 0;
    for (uint32_t i = 0; i < PIPELINE_MAX; i++) {
        struct task *task = &client->tasks[i];
        if (task->state != TASK_SENT) continue;
        task->state = TASK_TO_SEND;
        task->again_us = sim->now_us + think_us(sim);
    }
}

void client_lost(struct sim *sim, uint32_t index, uint32_t node)
{
    struct client *client = &sim->clients[index];

    if (client->is_connected && client->node == node) lose_connection(sim, client);
}

/* The daemon hears of it at once, or with the next request of the next connection. */
void client_hang_up(struct sim *sim, uint32_t index)
{
    struct client *client = &sim->clients[index];

    if (!client->is_connected) return;
    if (rng_below(&sim->rng, 2) == 0) node_hang_up(sim, &sim->nodes[client->node], index);
    lose_connection(sim, client);
}

static void connect_somewhere(struct sim *sim, struct client *client)
{
    uint32_t node = (uint32_t)rng_below(&sim->rng, sim->config.nodes);

    if (!sim->nodes[node].is_up) return;
    client->node = node;
    client->generation++;
    client->is_connected = true;
}

/* ---- asking ---- */

static void send_task(struct sim *sim, struct client *client, struct task *task)
{
    struct request *request = &task->request;

    request->client = client->index;
    request->generation = client->generation;
    request->serial = ++sim->serial;
    request->arrives_us = sim->now_us + sim_spread(sim, sim->config.delay_us);
    if (request->arrives_us < client->last_us) request->arrives_us = client->last_us;
    client->last_us = request->arrives_us;
    request->sent_us = sim->now_us;
    task->state = TASK_SENT;
    if (!node_ask(sim, &sim->nodes[client->node], request)) lose_connection(sim, client);
}

static bool is_patient(const struct sim *sim, const struct task *task)
{
    int64_t calm_us = sim->config.mirror.timeout_ms * 3000;
    int64_t patience_us = sim->is_calm ? calm_us : sim->config.patience_us;

    return task->state != TASK_SENT || sim->now_us - task->request.sent_us < patience_us;
}

/* Nothing that it has asked is without an answer. */
static bool is_idle(const struct client *client)
{
    for (uint32_t i = 0; i < PIPELINE_MAX; i++)
        if (client->tasks[i].state == TASK_SENT) return false;
    return true;
}

static bool wanders_off(struct sim *sim, const struct client *client)
{
    return sim->config.wanders && !sim->is_calm && client->is_connected && is_idle(client) &&
           rng_below(&sim->rng, 3) == 0;
}

static void begin_task(struct sim *sim, struct client *client, struct task *task)
{
    if (sim->is_closing && client->has_closed) return;
    task->request = (struct request){.word_count = 0};
    if (sim->is_closing) {
        request_make_last(sim, client->index, &task->request);
        client->has_closed = true;
    } else {
        request_make(sim, &task->request);
    }
    task->state = TASK_TO_SEND;
    task->again_us = sim->now_us;
}

void client_act(struct sim *sim, uint32_t index, uint64_t token)
{
    struct client *client = &sim->clients[index];
    bool has_begun = false;

    if (token != client->token) return;
    for (uint32_t i = 0; i < sim->config.pipeline; i++)
        if (client->is_connected && !is_patient(sim, &client->tasks[i])) client_hang_up(sim, index);
    if (wanders_off(sim, client)) client_hang_up(sim, index);
    if (!client->is_connected) connect_somewhere(sim, client);
    for (uint32_t i = 0; client->is_connected && i < sim->config.pipeline; i++) {
        struct task *task = &client->tasks[i];
        if (task->state == TASK_NONE && !has_begun) {
            begin_task(sim, client, task);
            has_begun = true;
        }
        if (task->state == TASK_TO_SEND && task->again_us <= sim->now_us)
            send_task(sim, client, task);
    }
    plan(sim, client, think_us(sim));
}

/* ---- being answered ---- */

void client_answer(struct sim *sim, const struct outcome *outcome)
{
    struct client *client = &sim->clients[outcome->request.client];
    struct outcome *mail;

    if (!client->is_connected || client->generation != outcome->request.generation) return;
    assert(client->mail_count < MAIL_MAX);
    mail = &client->mail[(client->mail_first + client->mail_count++) % MAIL_MAX];
    *mail = *outcome;
    mail->arrives_us = sim->now_us + sim_spread(sim, sim->config.delay_us);
    queue_add(&sim->queue, mail->arrives_us, EVENT_ANSWER, client->index, 0);
}

static bool is_unsure(enum tuan_err err)
{
    return err == TUAN_ERR_UNKNOWN || err == TUAN_ERR_MIRROR_DOWN || err == TUAN_ERR_MIRROR_BUSY ||
           err == TUAN_ERR_LOADING || err == TUAN_ERR_NOT_OWNER || err == TUAN_ERR_SHUTTING_DOWN ||
           err == TUAN_ERR_BUSY;
}

/* What is dropped can be put anew when it is forgotten. */
static bool is_being_dropped(const struct outcome *outcome)
{
    return outcome->err == TUAN_ERR_CAMPAIGN_IN_USE &&
           request_is(&outcome->request, "CAMPAIGN.PUT");
}

/* Partitions may settle with different daemons: then nobody answers for all of them. */
static bool is_nobodys(const struct sim *sim, const struct outcome *outcome)
{
    bool spans = request_is(&outcome->request, "CAMPAIGN.LIST") ||
                 request_is(&outcome->request, "REFUND.LIST");

    return spans && outcome->err == TUAN_ERR_NOT_OWNER && sim->config.partitions > 1;
}

static void take(struct sim *sim, struct client *client, const struct outcome *outcome)
{
    for (uint32_t i = 0; i < PIPELINE_MAX; i++) {
        struct task *task = &client->tasks[i];
        if (task->state != TASK_SENT || task->request.serial != outcome->request.serial) continue;
        sim->stats.answers[outcome->err]++;
        bool is_told = !is_unsure(outcome->err) && !is_being_dropped(outcome);
        if (is_told || is_nobodys(sim, outcome)) {
            task->state = TASK_NONE;
            board_see(sim, outcome);
            if (sim->is_closing && outcome->err != TUAN_OK && client->has_closed &&
                strcmp(outcome->request.words[3], "last") == 0)
                sim_flaw(sim, "after all is healed a write is refused: %s",
                         tuan_errors[outcome->err].name);
            return;
        }
        task->state = TASK_TO_SEND;
        task->again_us = sim->now_us + think_us(sim);
        bool is_elsewhere = outcome->err == TUAN_ERR_NOT_OWNER || outcome->err == TUAN_ERR_LOADING;
        if (is_elsewhere && sim->config.nodes > 1 && rng_below(&sim->rng, 3) == 0)
            client_hang_up(sim, client->index);
        return;
    }
}

void client_get_mail(struct sim *sim, uint32_t index)
{
    struct client *client = &sim->clients[index];

    while (client->mail_count > 0 && client->mail[client->mail_first].arrives_us <= sim->now_us) {
        struct outcome outcome = client->mail[client->mail_first];
        client->mail_first = (client->mail_first + 1) % MAIL_MAX;
        client->mail_count--;
        take(sim, client, &outcome);
    }
}

bool client_is_done(const struct client *client)
{
    if (!client->has_closed) return false;
    for (uint32_t i = 0; i < PIPELINE_MAX; i++)
        if (client->tasks[i].state != TASK_NONE) return false;
    return true;
}
