/* SPDX-License-Identifier: BSD-2-Clause */
/* take.h - who takes a seat, for the three files that judge and seat him. */
#ifndef TUAN_TESTS_NAIVE_TAKE_H
#define TUAN_TESTS_NAIVE_TAKE_H

#include "impl.h"

struct taker {
    const struct tuan_command *command;
    const struct tuan_args *arg;
    struct n_campaign *campaign;
    struct tuan_id rerouted_from;
    bool is_join; /* by link: its tags are asked for */
};

/* who.c: by the rules the seat will live under; room NULL: he opens one. */
enum tuan_err n_who_is_wrong(const struct taker *taker, const struct tuan_rules *rules,
                             const struct n_room *room);
enum tuan_err n_limit_is_reached(const struct naive *naive, const struct taker *taker, bool opens);

/* sit.c */
struct n_request n_request_of(const struct tuan_command *command);
bool n_has_tiers_at_open(const struct tuan_rules *rules);
void n_sit_down(struct naive *naive, const struct taker *taker, struct n_room *room, bool opens);
void n_open_room(struct naive *naive, const struct taker *taker);

#endif
