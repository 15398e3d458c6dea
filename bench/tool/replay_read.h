/* SPDX-License-Identifier: BSD-2-Clause */
/* replay_read.h - recorded shopper events: lines of `user,item,category,behaviour,unix seconds`.
 *
 * Time in a trace runs forward: a row up to 60 s behind the newest is taken to have happened at the
 * newest's time; one further back, or one that cannot be read, is skipped and counted. A first row
 * that cannot be read is a header. */
#ifndef TUAN_TOOL_REPLAY_READ_H
#define TUAN_TOOL_REPLAY_READ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define EVENT_ID_MAX 40 /* bytes of a user or category, so that ids made of them stay ids */

enum event_kind { EVENT_PV, EVENT_FAV, EVENT_CART, EVENT_BUY, EVENT_KINDS };
extern const char *const event_words[EVENT_KINDS];

struct event {
    int64_t line; /* from 1 */
    int64_t at_s;
    enum event_kind kind;
    char user[EVENT_ID_MAX + 1];
    char category[EVENT_ID_MAX + 1];
};

/* Zeroed but for `file`: at the start. */
struct reader {
    FILE *file; /* not owned */
    int64_t lines, skipped;
    int64_t newest_s;
    char first_skipped[160]; /* which row was skipped first, and why */
};

/* The next event; false: the end. */
bool reader_next(struct reader *reader, struct event *event);

/* One row (without its line break). NULL, or what is wrong with it. Does not set event->line. */
const char *event_parse(const char *row, struct event *event);

#endif
