/* SPDX-License-Identifier: BSD-2-Clause */
/* ledger.h - naive bookkeeping over replies alone: what a suspicious app server would check.
 *
 * Each payment accepted ends in exactly one of a seat or a refund; held + paid never exceed size;
 * an ended room keeps its outcome; a room's version rises by the number of its facts.
 */
#ifndef TUAN_TESTS_ENGINE_LEDGER_H
#define TUAN_TESTS_ENGINE_LEDGER_H

#include "world.h"

struct ledger_room {
    char id[TUAN_RID_CHARS + 1];
    char state[16], reason[24];
    int64_t version;
};
struct ledger_payment {
    char campaign[16], order[24], payment[24];
};
struct ledger {
    struct ledger_room *rooms;
    size_t room_count, room_room;
    struct ledger_payment *payments;
    size_t payment_count, payment_room;
    char flaw[200];
};

void ledger_clear(struct ledger *ledger);
/* A reply that shows a seat or a room. */
void ledger_see_reply(struct ledger *ledger, const struct pairs *pairs);
/* SEAT.PAY with a payment id was answered without an error. */
void ledger_see_payment(struct ledger *ledger, const char *campaign, const char *order,
                        const char *payment);
/* The order was forgotten (keep_ms) and means another request now. */
void ledger_forget_order(struct ledger *ledger, const char *campaign, const char *order);
/* Ask for all rooms and orders and hold them against the books. False: see flaw. */
bool ledger_settle(struct ledger *ledger, struct world *world);

#endif
