/* SPDX-License-Identifier: BSD-2-Clause */
/* crowd.c - who may take a seat: channels, new and known users, levels, tags, referrers. Judged
 * when the seat is taken, and never again. */
#include "engine/judge.h"
#include "engine/shelf.h"

static bool has_name(struct tuan_names names, struct tuan_str name)
{
    for (uint32_t i = 0; i < names.count; i++)
        if (tuan_str_equal(names.items[i], name)) return true;
    return false;
}

/* An absent channel passes a deny list, not an allow list. */
static bool channel_is_blocked(const struct tuan_rules *rules, struct tuan_str channel)
{
    if (channel.len > 0 && has_name(rules->channels_deny, channel)) return true;
    return rules->channels_allow.count > 0 &&
           (channel.len == 0 || !has_name(rules->channels_allow, channel));
}

static bool has_tag(struct tuan_tags tags, struct tuan_tag tag)
{
    for (uint32_t i = 0; i < tags.count; i++)
        if (tuan_str_equal(tags.items[i].name, tag.name))
            return tuan_str_equal(tags.items[i].value, tag.value);
    return false;
}

static bool has_tags(struct tuan_tags tags, struct tuan_tags required)
{
    for (uint32_t i = 0; i < required.count; i++)
        if (!has_tag(tags, required.items[i])) return false;
    return true;
}

static bool tags_fit(const struct room *room, struct tuan_tags tags)
{
    struct tuan_names names = room->revision->rules.match_tags;
    char his[SHELF_VALUES_MAX], its[SHELF_VALUES_MAX];

    return names.count == 0 || tuan_str_equal(shelf_values(names, tags, his),
                                              shelf_values(names, room_tags(room), its));
}

/* At most as many as the rules say, and he and they are all others. */
static bool referrers_are_valid(const struct tuan_rules *rules, const struct tuan_args *arg)
{
    if (arg->referrer.len == 0 && arg->referrer2.len == 0) return true;
    if (arg->referrer.len > 0 && rules->referrer_levels < 1) return false;
    if (arg->referrer2.len > 0 && (rules->referrer_levels < 2 || arg->referrer.len == 0))
        return false;
    return !tuan_str_equal(arg->referrer, arg->user) &&
           !tuan_str_equal(arg->referrer2, arg->user) &&
           (arg->referrer.len == 0 || !tuan_str_equal(arg->referrer, arg->referrer2));
}

static enum tuan_err judge_person(const struct wish *wish)
{
    const struct tuan_rules *rules = wish->rules;
    const struct tuan_args *arg = &wish->command->arg;

    if (wish->room == NULL && rules->leader_exempt) return TUAN_OK;
    if (channel_is_blocked(rules, arg->channel)) return TUAN_ERR_CHANNEL_BLOCKED;
    if (rules->joiner == TUAN_JOINER_NEW_USER && !arg->new_user) return TUAN_ERR_NOT_NEW_USER;
    if (rules->joiner == TUAN_JOINER_OLD_USER && arg->new_user) return TUAN_ERR_NOT_OLD_USER;
    if (arg->level < rules->level_min || !has_tags(arg->tags, rules->tags_required))
        return TUAN_ERR_CROWD_NOT_ALLOWED;
    return TUAN_OK;
}

enum tuan_err judge_crowd(const struct wish *wish, struct engine_answer *answer)
{
    enum tuan_err err = judge_person(wish);
    bool by_link = wish->command->id == TUAN_CMD_ROOM_JOIN && !wish->is_matched;

    if (err == TUAN_OK && by_link && !tags_fit(wish->room, wish->command->arg.tags)) {
        refuse_room(answer, TUAN_ERR_TAG_MISMATCH, wish->room);
        return TUAN_ERR_TAG_MISMATCH;
    }
    if (err == TUAN_OK && !referrers_are_valid(wish->rules, &wish->command->arg))
        err = TUAN_ERR_REFERRER_INVALID;
    if (err != TUAN_OK) refuse(answer, err);
    return err;
}
