/* SPDX-License-Identifier: BSD-2-Clause */
/* campaign.c - CAMPAIGN.PUT, GET, LIST, CLOSE; STATS. A room lives under the rules it was opened
 * with: a change makes a new revision, and the old one stays as long as a room points at it. */
#include "engine/answer.h"
#include "engine/evolve.h"
#include "engine/fill.h"
#include "engine/rules.h"

handler handle_CAMPAIGN_PUT, handle_CAMPAIGN_GET, handle_CAMPAIGN_LIST, handle_CAMPAIGN_CLOSE,
    handle_STATS;

enum { PAGE_DEFAULT = 50, PAGE_MAX = 200 };

static void answer_campaign(struct engine *e, struct engine_answer *answer,
                            const struct campaign *campaign)
{
    struct tuan_campaign *body = BODY(e, campaign);

    view_campaign(e, campaign, body);
    depend_on(answer, campaign->record.at);
    answer_with(answer, &tuan_campaign_message, body);
}

/* May the campaign be put at all? */
static bool can_put(struct engine *e, const struct tuan_command *command,
                    const struct campaign *campaign, struct engine_answer *answer)
{
    int64_t revision = campaign == NULL ? 0 : campaign_rules(campaign)->number;
    bool is_going = campaign == NULL ? e->forgot == e->position : campaign->is_dropped;

    if (is_going) { /* its record and its tombstone must not be of one batch */
        refuse_because(e, answer, TUAN_ERR_CAMPAIGN_IN_USE,
                       "a campaign of that id is being dropped");
        return false;
    }
    if (campaign != NULL && campaign->is_closed) {
        refuse_because(e, answer, TUAN_ERR_CAMPAIGN_CLOSED, "a closed campaign is final");
        return false;
    }
    if (TUAN_GIVEN(command, if_revision) && command->arg.if_revision != revision) {
        refuse_because(e, answer, TUAN_ERR_IDEMPOTENCY_CONFLICT, "the campaign is at revision %lld",
                       (long long)revision);
        return false;
    }
    if (campaign == NULL && e->config.campaigns_max > 0 &&
        (int64_t)map_count(&e->campaigns) >= e->config.campaigns_max) {
        refuse_because(e, answer, TUAN_ERR_TOO_MANY,
                       "the daemon keeps no more campaigns (limit.campaigns)");
        return false;
    }
    return true;
}

void handle_CAMPAIGN_PUT(struct engine *e, const struct tuan_command *command,
                         struct engine_answer *answer)
{
    struct campaign *campaign = campaign_find(e, command->arg.campaign);
    struct tuan_rules rules =
        campaign == NULL ? tuan_rules_default : campaign_rules(campaign)->rules;

    depend_on(answer, campaign == NULL ? e->newest : campaign->record.at);
    if (!can_put(e, command, campaign, answer)) return;
    rules_change(&rules, &command->rules);
    rules_complete(&rules);
    bool has_zone = (command->rules.given >> TUAN_PARAM_cutoff_zone) & 1;
    struct tuan_str zone =
        has_zone || campaign == NULL ? command->zone : campaign_rules(campaign)->zone;
    struct tuan_str fault = rules_fault(e, &rules, campaign == NULL);
    if (fault.len == 0 && rules.cutoff_zone.len > 0 && zone.len == 0)
        fault = text_make(e, "cutoff_zone: %.*s is not known here", (int)rules.cutoff_zone.len,
                          rules.cutoff_zone.ptr);
    if (fault.len > 0) {
        refuse(answer, TUAN_ERR_BAD_ARGUMENT);
        answer->reply.text = fault;
        return;
    }
    if (campaign == NULL || !rules_equal(&rules, &campaign_rules(campaign)->rules)) {
        FACT_OF(e, campaign_put, CAMPAIGN_PUT);
        struct tuan_rules *kept =
            arena_take(&e->arena, sizeof *kept); /* facts live until the outbox is drained */
        *kept = rules;
        FACT_SET(campaign_put, campaign, command->arg.campaign);
        FACT_SET(campaign_put, revision,
                 campaign == NULL ? 1 : campaign_rules(campaign)->number + 1);
        FACT_SET(campaign_put, rules, kept);
        if (rules.cutoff_zone.len > 0) FACT_SET(campaign_put, zone, zone);
        emit(e, fact);
    }
    answer_campaign(e, answer, campaign_find(e, command->arg.campaign));
}

void handle_CAMPAIGN_GET(struct engine *e, const struct tuan_command *command,
                         struct engine_answer *answer)
{
    const struct campaign *campaign = campaign_asked(e, command->arg.campaign, answer);

    if (campaign != NULL) answer_campaign(e, answer, campaign);
}

void handle_CAMPAIGN_CLOSE(struct engine *e, const struct tuan_command *command,
                           struct engine_answer *answer)
{
    struct campaign *campaign = campaign_asked(e, command->arg.campaign, answer);
    int64_t rooms = command->arg.close_rooms;

    if (campaign == NULL) return;
    bool goes_further = campaign->close_rooms == TUAN_CLOSE_RUN_ON && rooms == TUAN_CLOSE_FAIL;
    if (!campaign->is_closed || goes_further) {
        FACT_OF(e, campaign_closed, CAMPAIGN_CLOSED);
        FACT_SET(campaign_closed, campaign, campaign->id);
        FACT_SET(campaign_closed, rooms, rooms);
        emit(e, fact);
    }
    answer_campaign(e, answer, campaign);
}

/* ---- CAMPAIGN.LIST ---- */

static struct campaign *of_node(const struct tree_node *node)
{
    return container_of((struct tree_node *)(uintptr_t)node, struct campaign, by_id);
}

/* The cursor is the id of the last campaign shown: that it may be gone by now does not matter. */
void handle_CAMPAIGN_LIST(struct engine *e, const struct tuan_command *command,
                          struct engine_answer *answer)
{
    const struct tuan_args *arg = &command->arg;
    int64_t limit = arg->limit == 0 ? PAGE_DEFAULT : arg->limit < PAGE_MAX ? arg->limit : PAGE_MAX;
    struct campaign place = {.id = arg->cursor};
    const struct tree_node *node = arg->cursor.len > 0
                                       ? tree_after(&e->campaigns_by_id, &place.by_id)
                                       : tree_first(&e->campaigns_by_id);
    struct tuan_campaigns *body = BODY(e, campaigns);
    struct tuan_campaign *items = arena_take(&e->arena, (size_t)limit * sizeof *items);
    uint32_t count = 0;

    depend_on(answer, e->newest);
    for (; node != NULL && count < limit; node = tree_next(node))
        if (!of_node(node)->is_dropped) view_campaign(e, of_node(node), &items[count++]);
    TUAN_SET(campaigns, body, campaigns, ((struct tuan_list){items, count}));
    TUAN_SET(campaigns, body, cursor,
             node == NULL || count == 0 ? TUAN_STR("") : items[count - 1].campaign);
    answer_with(answer, &tuan_campaigns_message, body);
}

/* ---- STATS ---- */

static const void *view_failures(struct engine *e, const struct campaign *campaign)
{
    struct tuan_failures *out = BODY(e, failures);

    TUAN_SET(failures, out, deadline, campaign->failed[FAILURE_DEADLINE]);
    TUAN_SET(failures, out, campaign_end, campaign->failed[FAILURE_CAMPAIGN_END]);
    TUAN_SET(failures, out, leader_unpaid, campaign->failed[FAILURE_LEADER_UNPAID]);
    TUAN_SET(failures, out, leader_left, campaign->failed[FAILURE_LEADER_LEFT]);
    TUAN_SET(failures, out, dissolved, campaign->failed[FAILURE_DISSOLVED]);
    return out;
}

static const void *view_fill(struct engine *e, const struct fill *fill)
{
    struct tuan_percentiles *out = BODY(e, percentiles);

    TUAN_SET(percentiles, out, p50, fill_percentile(fill, 0.50));
    TUAN_SET(percentiles, out, p95, fill_percentile(fill, 0.95));
    return out;
}

void handle_STATS(struct engine *e, const struct tuan_command *command,
                  struct engine_answer *answer)
{
    const struct campaign *campaign = campaign_asked(e, command->arg.campaign, answer);

    if (campaign == NULL) return;
    struct tuan_stats *body = BODY(e, stats);
    TUAN_SET(stats, body, campaign, campaign->id);
    TUAN_SET(stats, body, opened, campaign->rooms_opened);
    TUAN_SET(stats, body, joined, campaign->seats_held - campaign->rooms_opened);
    TUAN_SET(stats, body, paid, campaign->seats_paid);
    TUAN_SET(stats, body, formed, campaign->rooms_formed);
    TUAN_SET(stats, body, failed, view_failures(e, campaign));
    TUAN_SET(stats, body, merged, campaign->rooms_merged);
    TUAN_SET(stats, body, released, campaign->seats_released);
    TUAN_SET(stats, body, refunded, campaign->refunds_due);
    TUAN_SET(stats, body, members_new, campaign->members_new);
    TUAN_SET(stats, body, members_old, campaign->members_old);
    TUAN_SET(stats, body, referred, campaign->referred);
    TUAN_SET(stats, body, amount, campaign->amount);
    TUAN_SET(stats, body, amount_referred, campaign->amount_referred);
    if (campaign->fill != NULL) TUAN_SET(stats, body, fill_ms, view_fill(e, campaign->fill));
    TUAN_SET(stats, body, now, e->now_ms);
    depend_on(answer, campaign->record.at);
    answer_with(answer, &tuan_stats_message, body);
}
