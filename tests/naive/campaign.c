/* SPDX-License-Identifier: BSD-2-Clause */
/* campaign.c - campaigns: made, changed, closed, dropped, counted. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "impl.h"

static size_t value_size(enum tuan_type type)
{
    switch (type) {
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_WORD: return sizeof(int64_t);
    case TUAN_ID:
    case TUAN_TEXT: return sizeof(struct tuan_str);
    case TUAN_TAGS: return sizeof(struct tuan_tags);
    case TUAN_NAMES: return sizeof(struct tuan_names);
    case TUAN_TIERS: return sizeof(struct tuan_tiers);
    case TUAN_RID:
    case TUAN_RIDS:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: break;
    }
    return 0;
}

static bool same_names(struct tuan_names a, struct tuan_names b)
{
    if (a.count != b.count) return false;
    for (uint32_t i = 0; i < a.count; i++)
        if (!n_same(a.items[i], b.items[i])) return false;
    return true;
}

static bool same_tags(struct tuan_tags a, struct tuan_tags b)
{
    if (a.count != b.count) return false;
    for (uint32_t i = 0; i < a.count; i++)
        if (!n_same(a.items[i].name, b.items[i].name) ||
            !n_same(a.items[i].value, b.items[i].value))
            return false;
    return true;
}

static bool same_tiers(struct tuan_tiers a, struct tuan_tiers b)
{
    return a.count == b.count &&
           (a.count == 0 || memcmp(a.items, b.items, a.count * sizeof *a.items) == 0);
}

static bool same_value(enum tuan_type type, const void *a, const void *b)
{
    switch (type) {
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_WORD: return *(const int64_t *)a == *(const int64_t *)b;
    case TUAN_ID:
    case TUAN_TEXT: return n_same(*(const struct tuan_str *)a, *(const struct tuan_str *)b);
    case TUAN_TAGS: return same_tags(*(const struct tuan_tags *)a, *(const struct tuan_tags *)b);
    case TUAN_NAMES:
        return same_names(*(const struct tuan_names *)a, *(const struct tuan_names *)b);
    case TUAN_TIERS:
        return same_tiers(*(const struct tuan_tiers *)a, *(const struct tuan_tiers *)b);
    case TUAN_RID:
    case TUAN_RIDS:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: break;
    }
    return true;
}

/* What is given over what there was; *is_new: something is other than before. */
static struct tuan_rules rules_over(const struct tuan_rules *before, const struct tuan_rules *given,
                                    bool *is_other)
{
    struct tuan_rules after = *before;

    *is_other = false;
    for (int i = 0; i < TUAN_PARAM_COUNT; i++) {
        const struct tuan_field *field = &tuan_param_fields[i];
        char *to = (char *)&after + field->offset;
        const char *from = (const char *)given + field->offset;
        if (!((given->given >> i) & 1)) continue;
        if (!((before->given >> i) & 1) || !same_value(field->type, to, from)) *is_other = true;
        memcpy(to, from, value_size(field->type));
    }
    after.given |= given->given;
    return after;
}

static struct n_campaign *campaign_add(struct naive *naive, struct tuan_str id)
{
    struct n_campaign *campaign = mem_zalloc(sizeof *campaign);

    naive->campaigns = n_grown(naive->campaigns, naive->campaign_count, &naive->campaign_room,
                               sizeof *naive->campaigns);
    campaign->id = id;
    naive->campaigns[naive->campaign_count++] = campaign;
    return campaign;
}

static void tell_put(struct naive *naive, const struct n_campaign *campaign)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_CAMPAIGN_PUT);

    TUAN_SET(campaign_put_fact, &fact.campaign_put, campaign, campaign->id);
    TUAN_SET(campaign_put_fact, &fact.campaign_put, revision, campaign->revision);
    n_tell(naive, NULL, &fact);
}

void n_campaign_put(struct naive *naive)
{
    const struct tuan_command *command = naive->command;
    struct n_campaign *campaign = n_find_campaign(naive, command->arg.campaign);
    bool is_other;

    if (campaign != NULL && campaign->is_closed) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_CLOSED);
        return;
    }
    if (TUAN_GIVEN(command, if_revision) &&
        command->arg.if_revision != (campaign == NULL ? 0 : campaign->revision)) {
        n_refuse(naive, TUAN_ERR_IDEMPOTENCY_CONFLICT);
        return;
    }
    struct tuan_rules sent = rules_over(campaign == NULL ? &tuan_rules_default : &campaign->sent,
                                        &command->rules, &is_other);
    struct tuan_rules rules = sent;
    n_rules_complete(&rules);
    if (campaign != NULL && !is_other) {
        n_answer_campaign(naive, campaign);
        return;
    }
    if (n_rules_are_bad(&rules, campaign == NULL, naive->now)) {
        n_refuse(naive, TUAN_ERR_BAD_ARGUMENT);
        return;
    }
    if (campaign == NULL) campaign = campaign_add(naive, command->arg.campaign);
    if (campaign->rules.end_at != rules.end_at) campaign->has_end_told = false;
    campaign->sent = sent;
    campaign->rules = rules;
    campaign->revision++;
    tell_put(naive, campaign);
    n_answer_campaign(naive, campaign);
}

void n_campaign_get(struct naive *naive)
{
    struct n_campaign *campaign = n_find_campaign(naive, naive->command->arg.campaign);

    if (campaign == NULL)
        n_refuse(naive, TUAN_ERR_CAMPAIGN_NOT_FOUND);
    else
        n_answer_campaign(naive, campaign);
}

void n_campaign_close(struct naive *naive)
{
    struct n_campaign *campaign = n_find_campaign(naive, naive->command->arg.campaign);
    int64_t rooms = naive->command->arg.close_rooms;

    if (campaign == NULL) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_NOT_FOUND);
        return;
    }
    if (!campaign->is_closed ||
        (rooms == TUAN_CLOSE_FAIL && campaign->close_rooms != TUAN_CLOSE_FAIL)) {
        struct tuan_fact fact = n_begin_fact(TUAN_FACT_CAMPAIGN_CLOSED);
        campaign->is_closed = true;
        campaign->close_rooms = rooms;
        TUAN_SET(campaign_closed_fact, &fact.campaign_closed, campaign, campaign->id);
        TUAN_SET(campaign_closed_fact, &fact.campaign_closed, rooms, rooms);
        n_tell(naive, NULL, &fact);
    }
    n_answer_campaign(naive, campaign);
}

static bool is_in_use(const struct naive *naive, const struct n_campaign *campaign)
{
    for (size_t i = 0; i < naive->room_count; i++)
        if (naive->rooms[i]->campaign == campaign && n_is_alive(naive->rooms[i])) return true;
    for (size_t i = 0; i < naive->refund_count; i++)
        if (naive->refunds[i]->campaign == campaign && !naive->refunds[i]->is_gone &&
            !naive->refunds[i]->is_acked)
            return true;
    return false;
}

void n_campaign_drop(struct naive *naive)
{
    struct n_campaign *campaign = n_find_campaign(naive, naive->command->arg.campaign);
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_CAMPAIGN_DROPPED);

    if (campaign == NULL) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_NOT_FOUND);
        return;
    }
    if (is_in_use(naive, campaign)) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_IN_USE);
        return;
    }
    TUAN_SET(campaign_dropped_fact, &fact.campaign_dropped, campaign, campaign->id);
    n_tell(naive, NULL, &fact);
    campaign->is_dropped = true;
    n_answer_campaign(naive, campaign);
}

static int order_ids(const void *a, const void *b)
{
    const struct tuan_str *one = &(*(struct n_campaign *const *)a)->id;
    const struct tuan_str *two = &(*(struct n_campaign *const *)b)->id;
    int order = memcmp(one->ptr, two->ptr, one->len < two->len ? one->len : two->len);

    return order != 0 ? order : (int)one->len - (int)two->len;
}

void n_campaign_list(struct naive *naive)
{
    struct n_campaign *all[64];
    size_t count = 0;

    for (size_t i = 0; i < naive->campaign_count && count < 64; i++)
        if (!naive->campaigns[i]->is_dropped) all[count++] = naive->campaigns[i];
    qsort(all, count, sizeof *all, order_ids);
    for (size_t i = 0; i < count; i++)
        n_fill_campaign(naive, all[i], &naive->campaign_list[i]);
    struct tuan_campaigns *out = &naive->body.campaigns;
    *out = (struct tuan_campaigns){.given = 0};
    struct tuan_list list = {naive->campaign_list, (uint32_t)count};
    TUAN_SET(campaigns, out, campaigns, list);
    TUAN_SET(campaigns, out, cursor, TUAN_STR(""));
    n_answer(naive, &tuan_campaigns_message);
}

static int order_spans(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;

    return one < two ? -1 : one > two;
}

/* The least span that is not below so many hundredths of all. */
static int64_t percentile(struct n_campaign *campaign, size_t hundredths)
{
    size_t count = campaign->fill_count;

    if (count == 0) return 0;
    qsort(campaign->fills, count, sizeof *campaign->fills, order_spans);
    size_t rank = (count * hundredths + 99) / 100;
    return campaign->fills[rank == 0 ? 0 : rank - 1];
}

void n_campaign_stats(struct naive *naive)
{
    struct n_campaign *campaign = n_find_campaign(naive, naive->command->arg.campaign);
    struct tuan_stats *out = &naive->body.stats;

    if (campaign == NULL) {
        n_refuse(naive, TUAN_ERR_CAMPAIGN_NOT_FOUND);
        return;
    }
    *out = (struct tuan_stats){.given = 0};
    naive->failures = campaign->failures;
    naive->failures.given = (UINT64_C(1) << TUAN_F_failures_COUNT) - 1;
    naive->percentiles = (struct tuan_percentiles){.given = 0};
    if (campaign->fill_count > 0) {
        TUAN_SET(percentiles, &naive->percentiles, p50, percentile(campaign, 50));
        TUAN_SET(percentiles, &naive->percentiles, p95, percentile(campaign, 95));
    }
    TUAN_SET(stats, out, campaign, campaign->id);
    TUAN_SET(stats, out, opened, campaign->opened);
    TUAN_SET(stats, out, joined, campaign->held - campaign->opened);
    TUAN_SET(stats, out, paid, campaign->paid);
    TUAN_SET(stats, out, formed, campaign->formed);
    TUAN_SET(stats, out, failed, &naive->failures);
    TUAN_SET(stats, out, merged, campaign->merged);
    TUAN_SET(stats, out, released, campaign->released);
    TUAN_SET(stats, out, refunded, campaign->due);
    TUAN_SET(stats, out, members_new, campaign->members_new);
    TUAN_SET(stats, out, members_old, campaign->members_old);
    TUAN_SET(stats, out, referred, campaign->referred);
    TUAN_SET(stats, out, amount, campaign->amount);
    TUAN_SET(stats, out, amount_referred, campaign->amount_referred);
    if (campaign->fill_count > 0) TUAN_SET(stats, out, fill_ms, &naive->percentiles);
    TUAN_SET(stats, out, now, naive->now);
    n_answer(naive, &tuan_stats_message);
}
