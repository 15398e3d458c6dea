/* SPDX-License-Identifier: BSD-2-Clause */
/* ticker.h - the newest formed rooms of a campaign, for shop pages: at most its parameter `ticker`.
 */
#ifndef TUAN_ENGINE_TICKER_H
#define TUAN_ENGINE_TICKER_H

#include "engine/model.h"

/* A room has formed, live or in what is loaded. */
void ticker_enter(struct engine *e, const struct room *room);

/* The room at this place, the newest first at 0; NULL: none there, or it is forgotten. */
const struct room *ticker_at(const struct engine *e, const struct campaign *campaign, uint32_t i);

#endif
