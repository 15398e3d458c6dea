/* SPDX-License-Identifier: BSD-2-Clause */
/* drop.h - CAMPAIGN.DROP: a campaign is forgotten whole, piece by piece. */
#ifndef TUAN_ENGINE_DROP_H
#define TUAN_ENGINE_DROP_H

#include "engine/model.h"

/* Forget one thing that a dropped campaign keeps; the campaign itself at the end. */
void drop_step(struct engine *e, struct campaign *campaign);

/* At the end of loading: forget what went with something else, and is stored still. False:
 * something is missing that cannot have gone. */
bool drop_leftovers(struct engine *e);

#endif
