/* SPDX-License-Identifier: BSD-2-Clause */
/* The tie: one connection, its handshake, and a machine for each partition. A reply is the
 * handshake's or one machine's; a connection that ends, ends for all of them. What the machines may
 * do is in machine.h, why it is safe in README.md.
 */
#include "daemon/mirror/mirror.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/clock.h"
#include "daemon/mirror/directory.h"
#include "daemon/mirror/feed_link.h"
#include "daemon/mirror/handshake.h"
#include "daemon/mirror/link.h"
#include "daemon/mirror/machine.h"
#include "daemon/mirror/private.h"
#include "daemon/mirror/rewrite.h"
#include "daemon/mirror/settings.h"

#define SLOW_RETRY_MS 1000
#define DRAIN_MS      200

struct mirror {
    struct mirror_config config;
    struct mirror_hooks hooks;
    struct machine_world world;
    struct directory directory;
    struct private_redis redis;
    struct rewrite rewrite;
    char server[SETTINGS_SERVER_SIZE];
    char password[SETTINGS_PASSWORD_SIZE];
    char remembered[FORM_ID_SIZE];
    struct outbox out;
    struct link *link;
    struct scripts scripts;
    struct handshake_config handshake_config;
    struct handshake handshake;
    bool is_settled;       /* the handshake of this connection has passed */
    int64_t look_again_ms; /* LOST: the handshake asks again then; 0: not lost */
    int64_t settings_ms;   /* settled: the server's settings are asked for again then */
    int refused;
    char alarm[HANDSHAKE_WHY_SIZE];
    struct machine *machines;
    uint32_t machine_count;
    struct machine_counters counters;
    uint64_t connections;
    struct feed_link feed;
};

static void fill_random(void *context, unsigned char out[16])
{
    (void)context;
    if (getrandom(out, 16, 0) != 16) {
        log_error("getrandom failed", "error=\"%s\"", strerror(errno));
        abort(); /* nothing is safe without nonces */
    }
}

static void end_link(void *context, const char *why)
{
    struct mirror *mirror = context;

    link_end(mirror->link, why, 0);
}

static void set_alarm(struct mirror *mirror, const char *text)
{
    if (strcmp(mirror->alarm, text) == 0) return;
    log_error("mirror is not served", "server=%s reason=\"%s\"", mirror->server, text);
    snprintf(mirror->alarm, sizeof mirror->alarm, "%s", text);
}

/* ---- the connection ---- */

static void on_up(void *context)
{
    struct mirror *mirror = context;

    mirror->connections++;
    mirror->is_settled = false;
    mirror->look_again_ms = 0;
    handshake_start(&mirror->handshake);
}

static void on_down(void *context, const char *why)
{
    struct mirror *mirror = context;

    mirror->is_settled = false;
    mirror->look_again_ms = 0;
    for (uint32_t i = 0; i < mirror->machine_count; i++)
        if (mirror->machines[i].state != MACHINE_OFFLINE)
            machine_link_down(&mirror->machines[i], why);
}

static void make_machines(struct mirror *mirror)
{
    mirror->machine_count = mirror->handshake.partitions;
    mirror->machines = mem_zalloc(mirror->machine_count * sizeof *mirror->machines);
    for (uint32_t i = 0; i < mirror->machine_count; i++) {
        struct lane lane;

        lane_init(&lane, i, &mirror->out, &mirror->scripts);
        machine_init(&mirror->machines[i], &lane, &mirror->config, &mirror->hooks, &mirror->world,
                     &mirror->counters);
    }
}

/* D1: on disk before anything of it is served. */
static bool remember(struct mirror *mirror)
{
    const char *dataset = mirror->handshake.dataset;

    if (strcmp(mirror->remembered, dataset) == 0) return true;
    if (mirror->handshake.is_exchanged)
        log_warn("another data set is accepted", "was=%s is=%s", mirror->remembered, dataset);
    if (!directory_remember(&mirror->directory, mirror->server, dataset)) {
        set_alarm(mirror, "the data set cannot be noted in the data directory");
        link_end(mirror->link, mirror->alarm, SLOW_RETRY_MS);
        return false;
    }
    memcpy(mirror->remembered, dataset, FORM_ID_SIZE);
    return true;
}

static void handshake_done(struct mirror *mirror)
{
    if (mirror->machines != NULL && mirror->machine_count != mirror->handshake.partitions) {
        set_alarm(mirror, "Redis holds another number of partitions: start anew");
        mirror->refused = SETTINGS_BAD_CONFIG;
        link_end(mirror->link, mirror->alarm, SLOW_RETRY_MS);
        return;
    }
    if (!remember(mirror)) return;
    if (mirror->machines == NULL) make_machines(mirror);
    log_info("connected to Redis", "server=%s run_id=%s dataset=%s partitions=%u", mirror->server,
             mirror->handshake.run_id, mirror->handshake.dataset,
             (unsigned)mirror->handshake.partitions);
    link_settled(mirror->link);
    mirror->is_settled = true;
    mirror->settings_ms = mirror->out.now_ms + HANDSHAKE_SETTINGS_MS;
    mirror->look_again_ms = 0;
    mirror->refused = 0;
    mirror->alarm[0] = '\0';
    for (uint32_t i = 0; i < mirror->machine_count; i++)
        machine_link_up(&mirror->machines[i], mirror->handshake.dataset);
}

static void handshake_lost(struct mirror *mirror)
{
    set_alarm(mirror, mirror->handshake.why);
    mirror->look_again_ms = mirror->out.now_ms + HANDSHAKE_LOOK_MS;
    for (uint32_t i = 0; i < mirror->machine_count; i++)
        if (mirror->machines[i].state != MACHINE_LOST)
            machine_data_lost(&mirror->machines[i], mirror->handshake.why);
}

static void on_handshake(struct mirror *mirror, enum handshake_step step)
{
    switch (step) {
    case HANDSHAKE_GOING: return;
    case HANDSHAKE_DONE: handshake_done(mirror); return;
    case HANDSHAKE_LOST: handshake_lost(mirror); return;
    case HANDSHAKE_RETRY: link_end(mirror->link, mirror->handshake.why, 0); return;
    case HANDSHAKE_REFUSED:
        set_alarm(mirror, mirror->handshake.why);
        mirror->refused = SETTINGS_BAD_CONFIG;
        link_end(mirror->link, mirror->handshake.why, SLOW_RETRY_MS);
        return;
    }
}

static void on_reply(void *context, const struct expected *expected, const struct reply *reply)
{
    struct mirror *mirror = context;

    if (expected->partition == UINT32_MAX) {
        on_handshake(mirror, handshake_reply(&mirror->handshake, expected, reply));
        return;
    }
    assert(expected->partition < mirror->machine_count);
    machine_reply(&mirror->machines[expected->partition], expected, reply);
}

/* ---- start ---- */

static bool open_link(struct mirror *mirror, struct event_base *base, struct mirror_error *error)
{
    const struct link_hooks hooks = {mirror, on_up, on_reply, on_down};
    const struct mirror_config *config = &mirror->config;
    bool is_private = config->mode == MIRROR_PRIVATE;
    struct link_address address = {.is_unix = config->mode != MIRROR_TCP,
                                   .port = config->port,
                                   .backoff_min_ms = is_private ? 10 : 50,
                                   .backoff_max_ms = is_private ? 100 : 1000,
                                   .meter = &config->meter};
    const char *path = is_private ? mirror->redis.socket : config->path;

    if (address.is_unix && strlen(path) >= sizeof address.path)
        return settings_fail(error, SETTINGS_BAD_CONFIG,
                             "the path of the mirror's socket is too long");
    snprintf(address.path, sizeof address.path, "%.107s", path);
    snprintf(address.host, sizeof address.host, "%s", config->host);
    mirror->link = link_create(base, &address, !is_private, &mirror->out, &hooks, error->text,
                               sizeof error->text);
    if (mirror->link != NULL &&
        feed_link_open(&mirror->feed, base, &address, error->text, sizeof error->text))
        return true;
    return settings_fail(error, SETTINGS_NO_MIRROR, NULL);
}

/* Addresses are not unique (every host's 127.0.0.1): what holds a lease is the data directory,
 * which is locked, by an id that it keeps. The address before it is for whom looks for the owner.
 */
static bool name_holder(struct mirror *mirror, struct mirror_error *error)
{
    char id[FORM_ID_SIZE];
    char address[96];
    unsigned char random[16];

    if (mirror->config.mode == MIRROR_PRIVATE) return true;
    if (!directory_recall(&mirror->directory, DIRECTORY_SELF, id)) id[0] = '\0';
    if (id[0] == '\0') {
        fill_random(mirror, random);
        form_print_id(id, random);
        if (!directory_remember(&mirror->directory, DIRECTORY_SELF, id))
            return settings_fail(error, SETTINGS_BAD_CONFIG,
                                 "the data directory cannot be written");
    }
    snprintf(address, sizeof address, "%.95s", mirror->config.owner);
    snprintf(mirror->config.owner, sizeof mirror->config.owner, "%.90s#%s", address, id);
    return true;
}

static bool start(struct mirror *mirror, struct event_base *base, struct mirror_error *error)
{
    if (!settings_fix(&mirror->config, mirror->server, error)) return false;
    if (!settings_read_password(&mirror->config, mirror->password, error)) return false;
    error->exit_code =
        directory_open(&mirror->directory, mirror->config.dir, error->text, sizeof error->text);
    if (error->exit_code != 0) return false;
    if (!directory_recall(&mirror->directory, mirror->server, mirror->remembered))
        return settings_fail(error, SETTINGS_BAD_CONFIG,
                             "the file `dataset` in the data directory is damaged");
    if (!name_holder(mirror, error)) return false;
    if (mirror->config.mode == MIRROR_PRIVATE) {
        error->exit_code =
            private_create(&mirror->redis, &mirror->directory, error->text, sizeof error->text);
        if (error->exit_code != 0) return false;
    }
    return open_link(mirror, base, error);
}

struct mirror *mirror_create(struct event_base *base, const struct mirror_config *config,
                             const struct mirror_hooks *hooks, struct mirror_error *error)
{
    struct mirror *mirror = mem_zalloc(sizeof *mirror);

    *error = (struct mirror_error){0};
    mirror->config = *config;
    mirror->hooks = *hooks;
    mirror->world = (struct machine_world){mirror, end_link, fill_random};
    mirror->directory.lock_fd = -1;
    mirror->handshake_config = (struct handshake_config){&mirror->config, mirror->password,
                                                         mirror->remembered, fill_random};
    mirror->handshake = (struct handshake){
        .config = &mirror->handshake_config, .out = &mirror->out, .scripts = &mirror->scripts};
    mirror->feed = (struct feed_link){
        .config = &mirror->config, .password = mirror->password, .scripts = &mirror->scripts};
    outbox_init(&mirror->out);
    mirror->out.now_ms = clock_boot_ms();
    if (start(mirror, base, error)) return mirror;
    mirror_destroy(mirror);
    return NULL;
}

void mirror_destroy(struct mirror *mirror)
{
    if (mirror == NULL) return;
    if (mirror->is_settled) {
        for (uint32_t i = 0; i < mirror->machine_count; i++)
            machine_leave(&mirror->machines[i]);
        link_drain(mirror->link, DRAIN_MS);
    }
    feed_link_close(&mirror->feed);
    link_destroy(mirror->link);
    private_destroy(&mirror->redis);
    for (uint32_t i = 0; i < mirror->machine_count; i++)
        machine_free(&mirror->machines[i]);
    mem_free(mirror->machines);
    outbox_free(&mirror->out);
    directory_close(&mirror->directory);
    mem_free(mirror);
}

/* ---- use ---- */

static struct machine *machine_of(const struct mirror *mirror, uint32_t partition)
{
    assert(partition < mirror->machine_count);
    return &mirror->machines[partition];
}

uint32_t mirror_partitions(const struct mirror *mirror)
{
    return mirror->machine_count;
}

enum mirror_gate mirror_gate(const struct mirror *mirror, uint32_t partition)
{
    if (partition >= mirror->machine_count) return MIRROR_GATE_LOADING;
    return machine_gate(machine_of(mirror, partition));
}

bool mirror_wants_batch(struct mirror *mirror, uint32_t partition, size_t bytes)
{
    return machine_wants_batch(machine_of(mirror, partition), bytes);
}

bool mirror_may_read(const struct mirror *mirror, uint32_t partition)
{
    /* The clock is read here: after a long sleep this may be asked before the next turn. It costs
     * as much as all else of this, and a private mirror has no lease that could be over. */
    int64_t now_ms = mirror->config.mode == MIRROR_PRIVATE ? mirror->out.now_ms : clock_boot_ms();

    return partition < mirror->machine_count &&
           machine_may_read(machine_of(mirror, partition), now_ms);
}

uint64_t mirror_submit(struct mirror *mirror, uint32_t partition, struct buf *batch,
                       const struct mirror_event *events, size_t event_count)
{
    return machine_submit(machine_of(mirror, partition), batch, events, event_count);
}

uint64_t mirror_next_position(const struct mirror *mirror, uint32_t partition)
{
    return machine_next_position(machine_of(mirror, partition));
}

void mirror_feed_ask(struct mirror *mirror, const struct mirror_feed_ask *ask)
{
    feed_link_ask(&mirror->feed, ask, clock_boot_ms());
}

/* The machine that is worst off: not owning for the longest time. NULL: all own. */
static const struct machine *worst(const struct mirror *mirror)
{
    const struct machine *found = NULL;

    for (uint32_t i = 0; i < mirror->machine_count; i++) {
        const struct machine *machine = &mirror->machines[i];

        if (machine->state == MACHINE_OWNING) continue;
        if (found == NULL || machine->troubled_ms < found->troubled_ms) found = machine;
    }
    return found;
}

static bool is_ready(const struct mirror *mirror)
{
    return mirror->is_settled && link_is_up(mirror->link) && worst(mirror) == NULL;
}

static void turn_private(struct mirror *mirror, int64_t boot_ms)
{
    private_turn(&mirror->redis, boot_ms);
    if (boot_ms >= rewrite_next_ms(&mirror->rewrite) && is_ready(mirror))
        rewrite_turn(&mirror->rewrite, &mirror->redis, boot_ms);
}

void mirror_turn(struct mirror *mirror, int64_t boot_ms)
{
    mirror->out.now_ms = boot_ms;
    if (mirror->config.mode == MIRROR_PRIVATE) turn_private(mirror, boot_ms);
    if (mirror->is_settled && link_is_up(mirror->link)) {
        for (uint32_t i = 0; i < mirror->machine_count; i++)
            machine_turn(&mirror->machines[i]);
        if (boot_ms >= mirror->settings_ms) {
            mirror->settings_ms = boot_ms + HANDSHAKE_SETTINGS_MS;
            handshake_look_at_settings(&mirror->handshake);
        }
    }
    if (mirror->look_again_ms != 0 && boot_ms >= mirror->look_again_ms &&
        link_is_up(mirror->link)) {
        mirror->look_again_ms = boot_ms + HANDSHAKE_LOOK_MS;
        handshake_look_again(&mirror->handshake);
    }
    link_turn(mirror->link, boot_ms, mirror->config.timeout_ms);
    feed_link_turn(&mirror->feed, boot_ms);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t mirror_next_ms(const struct mirror *mirror)
{
    int64_t next_ms = earlier(link_next_ms(mirror->link, mirror->config.timeout_ms),
                              feed_link_next_ms(&mirror->feed));

    if (mirror->config.mode == MIRROR_PRIVATE)
        next_ms = earlier(next_ms, private_next_ms(&mirror->redis));
    if (mirror->config.mode == MIRROR_PRIVATE && is_ready(mirror))
        next_ms = earlier(next_ms, rewrite_next_ms(&mirror->rewrite));
    if (mirror->look_again_ms != 0) next_ms = earlier(next_ms, mirror->look_again_ms);
    if (mirror->is_settled) next_ms = earlier(next_ms, mirror->settings_ms);
    if (mirror->is_settled)
        for (uint32_t i = 0; i < mirror->machine_count; i++)
            next_ms = earlier(next_ms, machine_next_ms(&mirror->machines[i]));
    return next_ms;
}

/* ---- telling ---- */

static void add_machine(struct mirror_info *out, const struct machine *machine, int64_t now_ms)
{
    int64_t frozen_ms = ring_oldest_ms(&machine->ring);

    out->slices += machine->snapshot.slices_stored;
    out->records_stored += machine->snapshot.records_stored;
    out->flight_bytes += machine->ring.uncommitted_bytes;
    if (frozen_ms != 0 && now_ms - frozen_ms > out->oldest_unacked_ms)
        out->oldest_unacked_ms = now_ms - frozen_ms;
    if (out->alarm[0] == '\0')
        snprintf(out->alarm, sizeof out->alarm, "%s",
                 machine->alarm[0] != '\0' ? machine->alarm : machine->loss);
}

static const char *state_of(const struct mirror *mirror)
{
    const struct machine *machine = worst(mirror);

    if (!link_is_up(mirror->link)) return "connecting";
    if (mirror->look_again_ms != 0) return "lost";
    if (!mirror->is_settled) return "handshaking";
    return machine == NULL ? "owning" : machine_state_name(machine->state);
}

void mirror_info(const struct mirror *mirror, struct mirror_info *out)
{
    const struct machine_counters *counters = &mirror->counters;

    *out = (struct mirror_info){
        .state = state_of(mirror),
        .refused = mirror->refused,
        .ready = is_ready(mirror),
        .batches = counters->batches,
        .batch_bytes = counters->batch_bytes,
        .commits = counters->commits,
        .resends = counters->resends,
        .events_refused = counters->events_refused,
        .repaired = counters->repaired,
        .lost_acks = counters->lost_acks,
        .reconnects = mirror->connections > 0 ? mirror->connections - 1 : 0,
    };
    snprintf(out->server, sizeof out->server, "%s", mirror->server);
    snprintf(out->version, sizeof out->version, "%s", mirror->handshake.version);
    snprintf(out->alarm, sizeof out->alarm, "%.199s",
             mirror->alarm[0] != '\0' ? mirror->alarm : mirror->redis.alarm);
    if (mirror->is_settled)
        handshake_promise(&mirror->handshake, out->promise, sizeof out->promise);
    memcpy(out->dataset, mirror->remembered, FORM_ID_SIZE);
    for (uint32_t i = 0; i < mirror->machine_count; i++)
        add_machine(out, &mirror->machines[i], mirror->out.now_ms);
}
