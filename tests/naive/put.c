/* SPDX-License-Identifier: BSD-2-Clause */
/* put.c - campaigns by chance: a few parameters at a time, tiny numbers, some of them wrong. */
#include "make.h"

static void put_sizes(struct making *making)
{
    MAYBE(2, "size", "2", "3", "3", "4", "5");
    IF(PIECES) MAYBE(2, "count_by", "pieces", "pieces", "people");
    IF(MIN_SUCCESS) MAYBE(2, "min_success", "0", "1", "2", "2");
    IF(TIERS_AT_OPEN)
    if (dice(making, 2) == 0) {
        word(making, "tier_mode");
        word(making, "at_open");
        MAYBE(1, "tiers", "[{\"size\":2,\"price\":900},{\"size\":3,\"price\":700}]",
              "[{\"size\":2,\"price\":90},{\"size\":3,\"price\":80},{\"size\":4,\"price\":10}]",
              "[{\"size\":3,\"price\":500}]");
        return;
    }
    IF(TIERS_AT_DEADLINE)
    if (dice(making, 2) == 0) {
        word(making, "tier_mode");
        word(making, "at_deadline");
        MAYBE(1, "tiers", "[{\"size\":2,\"price\":900},{\"size\":3,\"price\":700}]",
              "[{\"size\":2,\"price\":90},{\"size\":3,\"price\":80},{\"size\":4,\"price\":10}]",
              "[{\"size\":2,\"price\":100},{\"size\":5,\"price\":60}]",
              "[{\"size\":3,\"price\":500},{\"size\":2,\"price\":600}]");
    }
}

static void put_times(struct making *making)
{
    MAYBE(2, "room_ttl_ms", "30000", "20000", "90000", "400000");
    MAYBE(2, "hold_ms", "500", "5000", "20000", "19000");
    MAYBE(2, "late_grace_ms", "0", "300", "3000");
    MAYBE(3, "clock_start", "open", "leader_paid");
    IF(LATE) MAYBE(2, "late_pay", "reseat", "reroute", "refund");
    IF(CUTOFF)
    {
        MAYBE(2, "cutoff", "02:30", "23:00", "00:00", "12:15", "01:00", "", "2:30", "24:00");
        MAYBE(2, "cutoff_zone", "Europe/Berlin", "Asia/Shanghai", "America/New_York",
              "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu", "Nowhere/Land", "");
        MAYBE(3, "room_ttl_ms", "0", "100000000", "30000");
    }
    IF(END)
    {
        MAYBE(2, "on_campaign_end", "cap", "run_on", "fail");
        MAYBE(6, "room_ttl_ms", "0");
        if (dice(making, 3) == 0) {
            word(making, "end_at");
            if (dice(making, 4) == 0)
                word(making, "0");
            else
                word(making, "@%lld",
                     (long long)(making->maker->now - 20 + (int64_t)dice(making, 200000)));
        }
        if (dice(making, 9) == 0) {
            word(making, "start_at");
            word(making, "@%lld", (long long)(making->maker->now + (int64_t)dice(making, 2000)));
        }
    }
}

static void put_cut(struct making *making)
{
    int64_t size = 2 + (int64_t)dice(making, 3), min = (int64_t)dice(making, 20);
    int64_t max = min + (int64_t)dice(making, 40);
    int64_t width = (size - 1) * (max - min) + 1;

    word(making, "size");
    word(making, "%lld", (long long)size);
    word(making, "payment");
    word(making, "none");
    word(making, "cut.min");
    word(making, "%lld", (long long)min);
    word(making, "cut.max");
    word(making, "%lld", (long long)max);
    word(making, "cut.total");
    word(making, "%lld",
         (long long)((size - 1) * min + (int64_t)dice(making, (uint64_t)width) +
                     (dice(making, 9) == 0)));
}

static void put_outcomes(struct making *making)
{
    IF(MERGE) MAYBE(2, "merge", "deadline", "deadline", "deadline", "off");
    IF(VIRTUAL)
    {
        MAYBE(2, "virtual.mode", "off", "all", "threshold_pct", "max_pct", "max_count");
        MAYBE(2, "virtual.value", "1", "2", "34", "50", "60", "100", "0", "120");
    }
    IF(DRAW) MAYBE(2, "draw.winners", "0", "1", "1", "2", "3");
    IF(LEAVE)
    {
        MAYBE(2, "leader_leave", "forbid", "succeed", "dissolve");
        MAYBE(2, "member_leave", "allow", "allow", "forbid");
    }
    IF(NO_PAYMENT) MAYBE(4, "payment", "none", "required", "required");
    IF(REROUTE) MAYBE(2, "full_join", "reroute", "reroute", "refuse");
}

static void put_crowd(struct making *making)
{
    IF(POLICIES) MAYBE(2, "match", "nearly_full", "oldest", "spread");
    IF(TAGS)
    {
        MAYBE(2, "match_tags", "[\"city\"]", "[\"city\",\"sex\"]", "[]", "[\"city\",\"city\"]");
        MAYBE(3, "relax_after_ms", "0", "1000", "10000");
    }
    IF(REFERRERS) MAYBE(2, "referrer_levels", "0", "1", "2");
    IF(RELAXED)
    {
        MAYBE(2, "one_open_per_user", "0", "0", "1");
        MAYBE(3, "seats_per_room_user", "1", "2", "3");
    }
    IF(CROWD)
    {
        MAYBE(3, "joiner", "any", "new_user", "old_user");
        MAYBE(2, "leader_exempt", "0", "1");
        MAYBE(4, "level_min", "0", "2");
        MAYBE(4, "tags_required", "{\"vip\":\"1\"}", "{}", "{\"city\":\"sh\"}");
        MAYBE(4, "channels_allow", "[\"wx\"]", "[]", "[\"wx\",\"app\"]");
        MAYBE(4, "channels_deny", "[\"bad\"]", "[]");
        MAYBE(6, "list_visible", "0", "1");
    }
}

static void put_limits(struct making *making)
{
    IF(LIMITS)
    {
        MAYBE(3, "opens_per_user", "0", "1", "2");
        MAYBE(3, "joins_per_user", "0", "1", "2", "4");
        MAYBE(3, "qty_per_user", "0", "3", "6");
        MAYBE(3, "qty_per_order", "0", "2", "3");
        MAYBE(3, "max_rooms", "0", "2", "4", "9");
        MAYBE(3, "unpaid_per_user", "0", "1", "2");
    }
    IF(QUOTA)
    {
        MAYBE(2, "quota", "0", "7", "20", "2");
        MAYBE(3, "reserve", "on_hold", "whole_room");
    }
    if (dice(making, 9) == 0) MAYBE(1, "name", "one", "two");
    if (dice(making, 12) == 0) MAYBE(1, "status", "paused", "on", "on");
}

void some_campaign(struct making *making)
{
    word(making, "c%d", dice(making, 8) == 0 ? 1 : 0);
}

void put_campaign(struct making *making, bool is_first)
{
    word(making, "CAMPAIGN.PUT");
    if (is_first)
        word(making, "c%d", (int)making->script->step_count & 1);
    else
        some_campaign(making);
    if (making->script->step_count < 2) {
        word(making, "price");
        word(making, "100");
        word(making, "keep_ms");
        word(making, "60000");
        word(making, "room_ttl_ms");
        word(making, "40000");
        return;
    }
    if (is_on(making, CUT) && dice(making, 2) == 0) {
        put_cut(making);
        return;
    }
    MAYBE(3, "price", "100", "0", "70");
    MAYBE(6, "keep_ms", "60000", "100000");
    put_sizes(making);
    put_times(making);
    put_outcomes(making);
    put_crowd(making);
    put_limits(making);
    MAYBE(30, "if_revision", "0", "1", "2", "3", "5");
}
