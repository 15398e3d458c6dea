/* SPDX-License-Identifier: BSD-2-Clause */
/* judge.h - the refusals of whoever wants a seat, in the order of the contract. */
#ifndef TUAN_ENGINE_JUDGE_H
#define TUAN_ENGINE_JUDGE_H

#include "engine/answer.h"
#include "engine/user.h"

/* A wish for a seat. */
struct wish {
    struct engine *e;
    const struct tuan_command *command;
    struct campaign *campaign;
    const struct tuan_rules *rules; /* those that will hold for the seat */
    struct room *room;              /* NULL: a new one */
    struct user user;               /* who wishes it */
    int64_t tier;                   /* to open with, or of the room; 0: none */
    bool is_matched;                /* the room is matching's choice, not the shopper's */
    struct tuan_id rerouted_from;   /* the room that was asked for, where it is another */
    int64_t print;                  /* fingerprint of the request */
};

/* Each: TUAN_OK, or the refusal with its details in the answer. */
enum tuan_err judge_campaign(const struct wish *wish, bool opens, struct engine_answer *answer);
enum tuan_err judge_room(const struct wish *wish, struct engine_answer *answer);
enum tuan_err judge_presence(const struct wish *wish, struct engine_answer *answer);
enum tuan_err judge_crowd(const struct wish *wish, struct engine_answer *answer);
enum tuan_err judge_free(const struct wish *wish, struct engine_answer *answer);
enum tuan_err judge_limits(const struct wish *wish, struct engine_answer *answer);
enum tuan_err judge_quota(const struct wish *wish, struct engine_answer *answer);

/* How the order was used before, if it was: answers for the caller (the seat again, or
 * IDEMPOTENCY_CONFLICT) and returns true. */
bool answer_if_seen(struct engine *e, const struct campaign *campaign,
                    const struct tuan_command *command, int64_t print,
                    struct engine_answer *answer);
/* Holds that he let expire in the last 24 hours. */
int64_t user_unpaid(struct user user, int64_t now_ms);

/* The fingerprint of a request: command, room or campaign as asked, user, qty, tier. */
int64_t request_print(const struct engine *e, const struct tuan_command *command);
/* Is the time over for which a seat that ended is remembered? */
bool seat_is_over(const struct engine *e, const struct seat *seat);
/* The seat of an order, unless its time is over. */
struct seat *seat_remembered(const struct engine *e, const struct campaign *campaign,
                             struct tuan_str order);

/* The order begins anew: a seat that it named before is not found by it any more. */
void forget_order(struct engine *e, const struct campaign *campaign, struct tuan_str order);

#endif
