/* SPDX-License-Identifier: BSD-2-Clause */
/* plan.h - what is to be done: a row of plan.def each, from its default, a scenario file, flags. */
#ifndef TUAN_LOAD_PLAN_H
#define TUAN_LOAD_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/load/schedule.h"
#include "bench/wire/op.h"

#define PLAN_C_COUNT  int64_t
#define PLAN_C_SPAN   int64_t
#define PLAN_C_REAL   double
#define PLAN_C_TEXT   char *
#define PLAN_C_SWITCH bool

struct plan {
#define PLAN(member, key, kind, dflt, value, doc) PLAN_C_##kind member;
#include "bench/load/plan.def"
    char *scenario;   /* its name; "" */
    json_t *campaign; /* further parameters of CAMPAIGN.PUT; NULL: none. Owned */
    /* made by plan_check: */
    struct schedule schedule; /* warm-up first */
    double shares[OP_COUNT];  /* sum 1 */
    bool is_poisson, polls_web, speaks_rpc, pays, shares_prepared, verifies_rooms;
};

enum plan_row {
#define PLAN(member, key, kind, dflt, value, doc) PLAN_ROW_##member,
#include "bench/load/plan.def"
    PLAN_ROWS
};
struct plan_row_info {
    const char *key, *value, *doc, *dflt;
    bool is_switch;
};
extern const struct plan_row_info plan_rows[PLAN_ROWS];

void plan_init(struct plan *plan); /* defaults */
void plan_free(struct plan *plan);

/* One row from its text. NULL, or what is wrong (static). */
const char *plan_set(struct plan *plan, enum plan_row row, const char *text);

/* A scenario, or the "plan" of a result. False: said on stderr. origin: for messages. */
bool plan_read(struct plan *plan, const json_t *json, const char *origin);
json_t *plan_json(const struct plan *plan); /* a new reference: all rows; plan_read takes it back */

/* Whether it makes sense as a whole; fills what is derived. False: said on stderr. */
bool plan_check(struct plan *plan);

/* The schedule at another rate, for the search. */
void plan_set_rate(struct plan *plan, double rate);

#endif
