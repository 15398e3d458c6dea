/* SPDX-License-Identifier: BSD-2-Clause */
/* load_record.h - a stored record as an object of the model, nothing derived from it yet. */
#ifndef TUAN_ENGINE_LOAD_RECORD_H
#define TUAN_ENGINE_LOAD_RECORD_H

#include "engine/model.h"

/* `record` is the struct that engine_record_message(kind) describes; one that comes twice is the
 * same twice. False: impossible values. */
bool record_load(struct engine *e, enum engine_kind kind, const void *record, uint64_t at);

/* While loading: what is wrong, for people (a constant), which engine_load_fault() tells. False. */
static inline bool misfit(struct engine *e, const char *what)
{
    e->misfit = what;
    return false;
}

/* Start to fetch the places in the maps where record_load() will look. */
void record_ahead(const struct engine *e, enum engine_kind kind, const void *record);

/* The rules that a room lives under. False: its campaign lacks them, or they lack its tier. */
bool room_resolve_rules(struct room *room);

#endif
