/* SPDX-License-Identifier: BSD-2-Clause */
/* shown.h - what anybody was told, and when: what is asked afterwards may not fall behind it. */
#ifndef TUAN_TESTS_SIM_SHOWN_H
#define TUAN_TESTS_SIM_SHOWN_H

#include "base/map.h"
#include "proto/schema.h"

struct shown {
    struct map rooms, names;
};

void shown_init(struct shown *shown);
void shown_free(struct shown *shown);

void shown_see_room(struct shown *shown, struct tuan_id room, int64_t version, int64_t now_us);
/* The newest version that was told before this time; 0: none was. */
int64_t shown_version(const struct shown *shown, struct tuan_id room, int64_t before_us);

/* `name`: "campaign", told to be there, or "campaign order", whose seat was told; copied. */
void shown_see_name(struct shown *shown, const char *name, int64_t now_us);
bool shown_has_name(const struct shown *shown, const char *name, int64_t before_us);

#endif
