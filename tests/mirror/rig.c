/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/mirror/rig.h"

#include <assert.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "daemon/clock.h"

void rig_config(struct mirror_config *config, const char *dir)
{
    *config = (struct mirror_config){
        .mode = MIRROR_UNIX,
        .owner = "127.0.0.1:8826",
        .partitions = 1,
        .feed_max = 1000,
        .lease_ms = 3000,
        .timeout_ms = 1000,
        .keep_bytes = 64 * 1024 * 1024,
        .flight_bytes_max = 4 * 1024 * 1024,
        .flight_batches_max = 1024,
        .snapshot_every_ms = 50,
        .snapshot_every_bytes = 1024 * 1024,
    };
    snprintf(config->dir, sizeof config->dir, "%s/data", dir);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
}

bool rig_start(struct rig *rig)
{
    stub_init(&rig->stub);
    if (rig->load_records != NULL) rig->stub.hooks.load_records = rig->load_records;
    if (rig->hooks != NULL) rig->stub.hooks = *rig->hooks;
    rig->base = event_base_new();
    rig->timer = event_new(rig->base, -1, 0, on_timer, NULL);
    rig->mirror = mirror_create(rig->base, &rig->config, &rig->stub.hooks, &rig->error);
    return rig->mirror != NULL;
}

void rig_stop(struct rig *rig)
{
    mirror_destroy(rig->mirror);
    event_free(rig->timer);
    event_base_free(rig->base);
    rig->mirror = NULL;
    rig->base = NULL;
}

void rig_turn(struct rig *rig, int wait_ms)
{
    int64_t left_ms;

    mirror_turn(rig->mirror, clock_boot_ms());
    left_ms = mirror_next_ms(rig->mirror) - clock_boot_ms();
    if (left_ms < 0) left_ms = 0;
    if (left_ms > wait_ms) left_ms = wait_ms;
    struct timeval wait = {left_ms / 1000, left_ms % 1000 * 1000};

    event_add(rig->timer, &wait);
    event_base_loop(rig->base, EVLOOP_ONCE);
}

bool rig_run(struct rig *rig, rig_condition *condition, int timeout_ms)
{
    int64_t until_ms = clock_boot_ms() + timeout_ms;

    while (!condition(rig)) {
        if (clock_boot_ms() > until_ms) {
            struct mirror_info info;

            mirror_info(rig->mirror, &info);
            fprintf(stderr, "timed out: state=%s alarm=%s batches=%llu resends=%llu\n", info.state,
                    info.alarm, (unsigned long long)info.batches, (unsigned long long)info.resends);
            return false;
        }
        rig_turn(rig, 20);
    }
    return true;
}

void rig_run_for(struct rig *rig, int ms)
{
    int64_t until_ms = clock_boot_ms() + ms;

    while (clock_boot_ms() < until_ms)
        rig_turn(rig, 5);
}

bool rig_write(struct rig *rig, uint64_t seed, size_t event_count)
{
    struct mirror_event events[16];
    struct buf batch = {0};
    uint64_t position;

    if (mirror_gate(rig->mirror, 0) != MIRROR_OPEN) return false;
    for (uint64_t i = 0; i < 5; i++) {
        uint64_t mixed = (seed * 5 + i) * UINT64_C(0x9e3779b97f4a7c15);

        if (mixed >> 61 == 0)
            buf_printf(&batch, "%llu\n", (unsigned long long)(mixed % STUB_KEYS));
        else
            buf_printf(&batch, "%llu v%llx\n", (unsigned long long)(mixed % STUB_KEYS),
                       (unsigned long long)(mixed >> 32));
    }
    for (size_t i = 0; i < event_count && i < 16; i++)
        events[i] = (struct mirror_event){{"room_formed", 11}, {"c1", 2}, {"r1", 2}, {"{}", 2}};
    position = mirror_next_position(rig->mirror, 0);
    assert(position == rig->stub.next);
    stub_apply(&rig->stub, position, (struct mirror_bytes){batch.data, batch.len});
    rig->stub.next++;
    position -= mirror_submit(rig->mirror, 0, &batch, events, event_count);
    assert(position == 0 && batch.data == NULL);
    return true;
}

bool rig_is_ready(struct rig *rig)
{
    struct mirror_info info;

    mirror_info(rig->mirror, &info);
    return info.ready;
}

bool rig_is_committed(struct rig *rig)
{
    return rig_is_ready(rig) && rig->stub.committed + 1 == rig->stub.next;
}

bool rig_is_lost(struct rig *rig)
{
    struct mirror_info info;

    mirror_info(rig->mirror, &info);
    return strcmp(info.state, "lost") == 0 && info.alarm[0] != '\0';
}

bool rig_was_dropped(struct rig *rig)
{
    return rig->stub.drops > 0;
}
