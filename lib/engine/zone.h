/* SPDX-License-Identifier: BSD-2-Clause */
/* zone.h - local times of day as moments, from a table of a zone's offsets.
 *
 * The engine knows no time zones: whoever has the zone database hands it a table with the campaign,
 * "OFFSET AT OFFSET AT OFFSET …": seconds east of UTC, and the seconds since 1970 from which the
 * next offset holds, rising. "28800" is a zone that never changes. Beyond its last change the last
 * offset holds.
 */
#ifndef TUAN_ENGINE_ZONE_H
#define TUAN_ENGINE_ZONE_H

#include "proto/vocab.h"

/* Minutes since midnight of "HH:MM"; -1: it is none. */
int zone_minutes(struct tuan_str text);

/* The first moment after `now_ms` at which clocks of the zone show this time of day. On a day when
 * they jump over it, that is the first moment after the jump; when they show it twice, the first
 * time counts. 0: the table is none. */
int64_t zone_next_ms(struct tuan_str table, int minutes, int64_t now_ms);

#endif
