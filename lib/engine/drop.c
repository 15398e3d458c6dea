/* SPDX-License-Identifier: BSD-2-Clause */
/* drop.c - what a campaign keeps may be millions of ended rooms. So dropping it only makes it
 * invisible; what it keeps is forgotten by the sweep, one fact a thing, within its budget, and
 * survives a crash half done. */
#include "engine/drop.h"

#include <assert.h>

#include "engine/answer.h"
#include "engine/evolve.h"
#include "engine/room.h"

handler handle_CAMPAIGN_DROP;

void handle_CAMPAIGN_DROP(struct engine *e, const struct tuan_command *command,
                          struct engine_answer *answer)
{
    struct campaign *campaign = campaign_asked(e, command->arg.campaign, answer);

    if (campaign == NULL) return;
    depend_on(answer, campaign->record.at);
    if (campaign->rooms_live > 0 || campaign->refunds.count > 0) {
        refuse_because(e, answer, TUAN_ERR_CAMPAIGN_IN_USE,
                       "%lld of its rooms live, %zu of its refunds are open",
                       (long long)campaign->rooms_live, campaign->refunds.count);
        return;
    }
    struct tuan_campaign *body = BODY(e, campaign);
    FACT_OF(campaign_dropped, CAMPAIGN_DROPPED);
    FACT_SET(campaign_dropped, campaign, campaign->id);
    emit(e, &fact);
    view_campaign(e, campaign, body);
    depend_on(answer, campaign->record.at);
    answer_with(answer, &tuan_campaign_message, body);
}

static void drop_refund(struct engine *e, const struct refund *refund)
{
    FACT_OF(refund_dropped, REFUND_DROPPED);

    FACT_SET(refund_dropped, campaign, refund->campaign->id);
    FACT_SET(refund_dropped, refund, refund->id);
    emit(e, &fact);
}

static void drop_user(struct engine *e, const struct member *member)
{
    FACT_OF(user_rolled_up, USER_ROLLED_UP);

    FACT_SET(user_rolled_up, campaign, member->campaign->id);
    FACT_SET(user_rolled_up, user, ((struct tuan_str){member->id, member->id_len}));
    emit(e, &fact);
}

static void forget(struct engine *e, const struct campaign *campaign)
{
    FACT_OF(campaign_forgotten, CAMPAIGN_FORGOTTEN);

    FACT_SET(campaign_forgotten, campaign, campaign->id);
    emit(e, &fact);
}

void drop_step(struct engine *e, struct campaign *campaign)
{
    const struct list *room = list_first(&campaign->ended);
    const struct list *refund = list_first(&campaign->strays);
    const struct list *base = list_first(&campaign->bases);

    assert(campaign->is_dropped);
    if (room != NULL)
        room_drop(e, container_of((struct list *)(uintptr_t)room, struct room, life_link));
    else if (refund != NULL)
        drop_refund(e, container_of((struct list *)(uintptr_t)refund, struct refund, of_room));
    else if (base != NULL)
        drop_user(e,
                  container_of((struct list *)(uintptr_t)base, struct base, of_campaign)->member);
    else
        forget(e, campaign);
}
