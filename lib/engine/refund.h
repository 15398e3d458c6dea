/* SPDX-License-Identifier: BSD-2-Clause */
/* refund.h - the ledger: what is owed back, oldest first, until the payment system has settled it.
 */
#ifndef TUAN_ENGINE_REFUND_H
#define TUAN_ENGINE_REFUND_H

#include "engine/model.h"

void refund_init_by_age(struct tree *tree);
void refund_init_by_campaign(struct tree *tree);
void refund_enter(struct engine *e, struct refund *refund); /* it is open */
void refund_leave(struct engine *e, struct refund *refund); /* it is settled */

/* Owe the money of a seat back. of_seat: the seat itself gives way to it. */
struct refund_claim {
    enum tuan_refund_reason reason;
    int64_t amount, paid_at;
    struct tuan_str payment;
    bool of_seat;
};
void refund_owe(struct engine *e, const struct seat *seat, const struct refund_claim *claim);
/* Owe a payment back that belongs to no seat; its order is spent. */
void refund_owe_stray(struct engine *e, const struct campaign *campaign, struct tuan_str order,
                      const struct refund_claim *claim);

#endif
