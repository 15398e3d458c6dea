/* SPDX-License-Identifier: BSD-2-Clause */
/* draw.h - 抽獎: who wins in a room that forms, so that anyone can check it.
 *
 * A seed is drawn when the room opens and kept secret; its SHA-256 is public from then on. The
 * winners are the seats with the lowest SHA-256(seed ‖ order); the seed is published with them. So
 * nobody, the shop included, can choose a seed after he knows who sits there. (Commitment schemes:
 * Blum, "Coin flipping by telephone", 1981.)
 */
#ifndef TUAN_ENGINE_DRAW_H
#define TUAN_ENGINE_DRAW_H

#include "base/digest.h"
#include "engine/model.h"

struct lot {
    struct digest digest;
    const struct seat *seat;
};

struct draw {
    bool is_on;
    struct lot *lots; /* lowest first */
    uint32_t count, winners;
    bool *wins; /* by seat number - 1 */
};

/* 64 hexadecimal digits, good until the outbox is drained. */
struct tuan_str draw_make_seed(struct engine *e);
/* The digest of a seed as it is published: 64 hexadecimal digits in the arena. */
struct tuan_str draw_commit(struct engine *e, struct tuan_str seed);

/* Draw among the paid seats of a room that is about to form; off where its rules know no draw. */
void draw_lots(struct engine *e, const struct room *room, struct draw *draw);
/* Does this seat keep what it paid for: is there no draw, or has it won? */
bool draw_keeps(const struct draw *draw, const struct seat *seat);
struct tuan_list draw_winners(struct engine *e,
                              const struct draw *draw); /* of struct tuan_winner */

#endif
