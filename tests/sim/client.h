/* SPDX-License-Identifier: BSD-2-Clause */
/* client.h - app servers: each asks over one connection to one daemon, several things at once,
 * about users and orders that overlap with the others', and repeats what it has no sure answer to:
 * the same words, on the same connection or another, at the same daemon or another.
 */
#ifndef TUAN_TESTS_SIM_CLIENT_H
#define TUAN_TESTS_SIM_CLIENT_H

#include "tests/sim/config.h"
#include "tests/sim/request.h"

struct sim;

enum { PIPELINE_MAX = 4, MAIL_MAX = 16, BOARD_MAX = 64, BOARD_ASKED_MAX = 16, BOARD_DUMPS_MAX = 4 };

enum task_state { TASK_NONE, TASK_TO_SEND, TASK_SENT };
struct task {
    enum task_state state;
    struct request request;
    int64_t again_us; /* TO_SEND: not before */
};

struct client {
    uint32_t index, node, generation;
    bool is_connected, has_closed;
    int64_t last_us; /* when the newest request arrives: they keep their order */
    uint64_t token;
    struct task tasks[PIPELINE_MAX];
    struct outcome mail[MAIL_MAX]; /* on their way to it */
    size_t mail_first, mail_count;
};

/* What all clients have heard of, newest ones overwriting oldest ones. */
struct board {
    struct tuan_id rooms[BOARD_MAX];
    uint32_t orders[BOARD_MAX]; /* campaign * 2^24 + number */
    struct tuan_id refunds[BOARD_MAX];
    struct request asked[BOARD_ASKED_MAX]; /* of one seat each: what may be asked again */
    struct board_dump {
        uint32_t campaign, number;
    } dumps[BOARD_DUMPS_MAX];
    uint32_t room_count, order_count, refund_count, asked_count, dump_count;
    uint32_t order_next, payment_next, put;
};

void client_init(struct sim *sim, uint32_t index);
void client_act(struct sim *sim, uint32_t index, uint64_t token);   /* EVENT_CLIENT */
void client_get_mail(struct sim *sim, uint32_t index);              /* EVENT_ANSWER */
void client_answer(struct sim *sim, const struct outcome *outcome); /* from the daemon */
void client_lost(struct sim *sim, uint32_t index, uint32_t node);   /* that daemon has ended */
void client_hang_up(struct sim *sim, uint32_t index);
bool client_is_done(const struct client *client); /* closing: all is answered */

/* commands.c: what to ask next. */
void request_make(struct sim *sim, struct request *request);
void request_make_last(struct sim *sim, uint32_t client, struct request *request);
void board_see(struct sim *sim, const struct outcome *outcome);

#endif
