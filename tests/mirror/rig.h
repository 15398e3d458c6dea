/* SPDX-License-Identifier: BSD-2-Clause */
/* rig.h - a mirror on an event loop, with the stub behind it. */
#ifndef TUAN_TESTS_MIRROR_RIG_H
#define TUAN_TESTS_MIRROR_RIG_H

#include "tests/mirror/stub.h"

struct rig {
    struct event_base *base;
    struct event *timer;
    struct mirror *mirror;
    struct mirror_config config;
    struct mirror_error error;
    struct stub stub;
    /* Instead of the stub's own, if set. */
    const struct mirror_hooks *hooks;
    bool (*load_records)(void *context, uint32_t partition, const struct mirror_record *records,
                         size_t count);
};
void rig_config(struct mirror_config *config, const char *dir);
bool rig_start(struct rig *rig); /* config must be set */
void rig_stop(struct rig *rig);
void rig_turn(struct rig *rig, int wait_ms);
typedef bool rig_condition(struct rig *rig);
bool rig_run(struct rig *rig, rig_condition *condition, int timeout_ms);
void rig_run_for(struct rig *rig, int ms);
/* Submit one batch that sets or deletes some keys; also applies it. False: the gate is not open. */
bool rig_write(struct rig *rig, uint64_t seed, size_t event_count);
bool rig_is_ready(struct rig *rig);
bool rig_is_committed(struct rig *rig); /* ready, and all that was submitted is committed */
bool rig_is_lost(struct rig *rig);
bool rig_was_dropped(struct rig *rig);

#endif
