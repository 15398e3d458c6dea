/* SPDX-License-Identifier: BSD-2-Clause */
/* drop.h - CAMPAIGN.DROP: a campaign is forgotten whole, piece by piece. */
#ifndef TUAN_ENGINE_DROP_H
#define TUAN_ENGINE_DROP_H

#include "engine/model.h"

/* Forget one thing that a dropped campaign keeps; the campaign itself at the end. */
void drop_step(struct engine *e, struct campaign *campaign);

/* While loading: of a forgotten campaign only the campaign's own tombstone may be stored yet.
 * Forget the rest of it. */
void drop_leftovers(struct engine *e);

#endif
