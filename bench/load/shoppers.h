/* SPDX-License-Identifier: BSD-2-Clause */
/* shoppers.h - recorded shoppers as load: their events at their times, sped up.
 *
 * A category is a campaign. pv is ROOM.LIST, fav ROOM.GET of the campaign's newest room, cart
 * ROOM.MATCH whose hold is left alone, buy the payment of the seat he holds there, else ROOM.MATCH
 * whose payment follows at once. Events are recorded to the second; those of one second are spread
 * over it evenly, in their order. Times are ns since the start of the load. */
#ifndef TUAN_LOAD_SHOPPERS_H
#define TUAN_LOAD_SHOPPERS_H

#include "bench/load/account.h"
#include "bench/load/traffic.h"

struct shoppers;

/* Reads the trace ("-": standard input). NULL: said on stderr. */
struct shoppers *shoppers_read(const char *path);
void shoppers_free(struct shoppers *shoppers); /* NULL is legal */
uint32_t shoppers_campaigns(const struct shoppers *shoppers);

/* From the beginning: nobody has a seat, no room is known. What is due after end_ns is left out. */
void shoppers_start(struct shoppers *shoppers, double speed, int64_t end_ns);

/* As next_ns and take of drive_source. */
int64_t shoppers_next_ns(const struct shoppers *shoppers);
bool shoppers_take(struct shoppers *shoppers, struct traffic *traffic, struct request *request);
/* The request has ended. at_ns: since the start. */
void shoppers_answered(struct shoppers *shoppers, const struct request *request,
                       const struct noted *noted, int64_t at_ns);

#endif
