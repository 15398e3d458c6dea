/* SPDX-License-Identifier: BSD-2-Clause */
/* refund.h - owing money back. */
#ifndef TUAN_ENGINE_REFUND_H
#define TUAN_ENGINE_REFUND_H

#include "engine/model.h"

/* Owe the money of a seat back. of_seat: the seat itself gives way to it. */
struct refund_claim {
    enum tuan_refund_reason reason;
    int64_t amount, paid_at;
    struct tuan_str payment;
    bool of_seat;
    int64_t quota; /* pieces given back with it */
};
/* For what was paid for this seat, which is something. */
struct refund_claim refund_claim(const struct seat *seat, enum tuan_refund_reason reason,
                                 int64_t amount);
struct tuan_id refund_owe(struct engine *e, const struct seat *seat,
                          const struct refund_claim *claim);
/* Owe a payment back that belongs to no seat; its order is spent. */
struct tuan_id refund_owe_stray(struct engine *e, const struct campaign *campaign,
                                struct tuan_str order, const struct refund_claim *claim);

#endif
