/* SPDX-License-Identifier: BSD-2-Clause */
/* who.c - may this user take a seat: who he is, how much he has, what is left. */
#include "take.h"

static bool is_named(struct tuan_names names, struct tuan_str name)
{
    for (uint32_t i = 0; i < names.count; i++)
        if (n_same(names.items[i], name)) return true;
    return false;
}

static bool lacks_tags(const struct tuan_rules *rules, struct tuan_tags tags)
{
    for (uint32_t i = 0; i < rules->tags_required.count; i++) {
        const struct tuan_tag *tag = &rules->tags_required.items[i];
        if (!n_same(n_tag_value(tags, tag->name), tag->value)) return true;
    }
    return false;
}

static bool other_tags(const struct n_room *room, struct tuan_tags tags)
{
    for (uint32_t i = 0; i < room->rules.match_tags.count; i++) {
        struct tuan_str name = room->rules.match_tags.items[i];
        if (!n_same(n_tag_value(tags, name), n_tag_value(room->seats[0].tags, name))) return true;
    }
    return false;
}

static enum tuan_err referrers_are_wrong(const struct taker *taker, const struct tuan_rules *rules)
{
    struct tuan_str one = taker->arg->referrer, two = taker->arg->referrer2;
    int64_t count = (one.len > 0) + (two.len > 0);

    if (count > rules->referrer_levels || (two.len > 0 && one.len == 0) ||
        n_same(one, taker->arg->user) || n_same(two, taker->arg->user) ||
        (two.len > 0 && n_same(one, two)))
        return TUAN_ERR_REFERRER_INVALID;
    return TUAN_OK;
}

/* By the rules the seat will live under; room NULL: he opens one. */
enum tuan_err n_who_is_wrong(const struct taker *taker, const struct tuan_rules *rules,
                             const struct n_room *room)
{
    const struct tuan_args *arg = taker->arg;
    struct tuan_str channel = arg->channel;

    if (room == NULL && rules->leader_exempt) return referrers_are_wrong(taker, rules);
    if (channel.len > 0 && is_named(rules->channels_deny, channel)) return TUAN_ERR_CHANNEL_BLOCKED;
    if (rules->channels_allow.count > 0 &&
        (channel.len == 0 || !is_named(rules->channels_allow, channel)))
        return TUAN_ERR_CHANNEL_BLOCKED;
    if (rules->joiner == TUAN_JOINER_NEW_USER && !arg->new_user) return TUAN_ERR_NOT_NEW_USER;
    if (rules->joiner == TUAN_JOINER_OLD_USER && arg->new_user) return TUAN_ERR_NOT_OLD_USER;
    if (arg->level < rules->level_min || lacks_tags(rules, arg->tags))
        return TUAN_ERR_CROWD_NOT_ALLOWED;
    if (room != NULL && taker->is_join && other_tags(room, arg->tags)) return TUAN_ERR_TAG_MISMATCH;
    return referrers_are_wrong(taker, rules);
}

static int64_t rooms_counted(const struct naive *naive, const struct n_campaign *campaign)
{
    int64_t count = campaign->formed;

    for (size_t i = 0; i < naive->room_count; i++)
        count += naive->rooms[i]->campaign == campaign && n_is_alive(naive->rooms[i]);
    return count;
}

static bool is_beyond(int64_t limit, int64_t used, int64_t more)
{
    return limit > 0 && used + more > limit;
}

enum tuan_err n_limit_is_reached(const struct naive *naive, const struct taker *taker, bool opens)
{
    const struct tuan_rules *rules = &taker->campaign->rules;
    struct n_limits used = n_limits_of(naive, taker->campaign, taker->arg->user);
    int64_t qty = taker->arg->qty;

    if (is_beyond(rules->qty_per_order, 0, qty)) return TUAN_ERR_LIMIT_PER_ORDER;
    if (is_beyond(rules->qty_per_user, used.qty, qty)) return TUAN_ERR_LIMIT_TOTAL;
    if (opens && is_beyond(rules->opens_per_user, used.opens, 1)) return TUAN_ERR_LIMIT_OPENS;
    if (!opens && is_beyond(rules->joins_per_user, used.joins, 1)) return TUAN_ERR_LIMIT_JOINS;
    if (opens && is_beyond(rules->max_rooms, rooms_counted(naive, taker->campaign), 1))
        return TUAN_ERR_LIMIT_ROOMS;
    if (is_beyond(rules->unpaid_per_user, used.unpaid, 1)) return TUAN_ERR_LIMIT_UNPAID;
    return TUAN_OK;
}

bool n_has_quota(const struct n_campaign *campaign, int64_t more)
{
    return campaign->rules.quota == 0 || more == 0 ||
           campaign->quota_used + more <= campaign->rules.quota;
}
