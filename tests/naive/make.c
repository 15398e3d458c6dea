/* SPDX-License-Identifier: BSD-2-Clause */
/* make.c - commands by chance: few users, rooms and orders, tiny sizes, times close to what is due.
 *
 * Each episode is about a few kinds of rules. What is made depends on the seed and on what the
 * naive engine knows, so the same seed makes the same script as long as both engines agree. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "make.h"

uint64_t dice(struct making *making, uint64_t sides)
{
    struct maker *maker = making->maker;
    uint64_t drawn = 0;

    if (maker->bytes == NULL) return rng_below(&maker->rng, sides);
    for (uint64_t most = 1; most < sides && maker->bytes < maker->bytes_end; most <<= 8)
        drawn = drawn << 8 | *maker->bytes++;
    return drawn % sides;
}

bool is_on(const struct making *making, enum kind kind)
{
    return (making->maker->kinds >> kind) & 1;
}

void maker_init(struct maker *maker, uint64_t seed)
{
    *maker = (struct maker){.orders = 0};
    rng_seed(&maker->rng, seed);
    uint64_t of = rng_below(&maker->rng, 8);
    for (int kind = 0; kind < KINDS; kind++)
        if (of == 0 ? rng_below(&maker->rng, 4) != 0 : rng_below(&maker->rng, 2 + of) == 0)
            maker->kinds |= UINT64_C(1) << kind;
    /* Summer time: a day on which it begins or ends somewhere. */
    static const int64_t days[] = {0, INT64_C(11846000000), INT64_C(29988000000),
                                   INT64_C(12450000000)};
    maker->now = (maker->kinds >> CUTOFF) & 1 ? days[rng_below(&maker->rng, 4)] : 0;
}

/* ---- words ---- */

void word(struct making *making, const char *format, ...)
{
    struct script *script = making->script;
    va_list args;

    assert(making->step->word_count < WORDS_MAX && script->text_used + 256 < TEXT_BYTES);
    making->step->words[making->step->word_count++] = script->text_used;
    va_start(args, format);
    int len = vsnprintf(script->text + script->text_used, 256, format, args);
    va_end(args);
    script->text_used += (uint32_t)len + 1;
}

void one_of(struct making *making, uint64_t of, const char *name, const char *const *values,
            uint64_t count)
{
    if (dice(making, of) != 0 || making->step->word_count + 2 > WORDS_MAX - 8) return;
    word(making, "%s", name);
    word(making, "%s", values[dice(making, count)]);
}

/* ---- seats ---- */

static void some_order(struct making *making)
{
    struct maker *maker = making->maker;
    bool is_new = maker->orders == 0 || dice(making, 9) != 0;

    word(making, "o%d", is_new ? maker->orders++ : (int)dice(making, (uint64_t)maker->orders));
}

static void known_order(struct making *making)
{
    int recent = making->maker->orders < 12 ? making->maker->orders + 1 : 12;
    int order = making->maker->orders - (int)dice(making, (uint64_t)recent);

    word(making, "o%d", order < 0 ? 0 : order);
}

/* Campaign and order of a seat: mostly one in this state. */
static void known_seat(struct making *making, int64_t state)
{
    struct naive_look look;

    if (dice(making, 6) != 0 &&
        naive_look_seat(making->both->naive, state, dice(making, 64), &look)) {
        word(making, "%.*s", (int)look.campaign.len, look.campaign.ptr);
        word(making, "%.*s", (int)look.order.len, look.order.ptr);
        return;
    }
    some_campaign(making);
    known_order(making);
}

static void some_room(struct making *making)
{
    size_t count = making->both->room_count;
    size_t recent = count < 9 ? count : 9;

    struct naive_look look;

    if (dice(making, 4) != 0 && naive_look_room(making->both->naive, dice(making, 64), &look))
        word(making, "$%.*s", (int)look.order.len, look.order.ptr);
    else if (count == 0)
        word(making, "00000000000000000001");
    else
        word(making, "$%s", making->both->rooms[count - 1 - dice(making, recent)].order);
}

static void join_options(struct making *making)
{
    MAYBE(is_on(making, PIECES) || is_on(making, QUOTA) ? 2 : 6, "qty", "1", "2", "2", "3");
    MAYBE(9, "hold_ms", "1", "400", "50000");
    MAYBE(12, "profile", "nick");
    MAYBE(12, "price", "55", "0");
    IF(TIERS_AT_OPEN) MAYBE(4, "tier", "1", "2", "2", "3");
    IF(REFERRERS)
    {
        MAYBE(2, "referrer", "r1", "u1", "u2");
        MAYBE(4, "referrer2", "r2", "r1", "u3");
    }
    if (is_on(making, TAGS) || is_on(making, CROWD))
        MAYBE(2, "tags", "{\"city\":\"sh\"}", "{\"city\":\"bj\"}",
              "{\"city\":\"sh\",\"vip\":\"1\"}", "{\"city\":\"sh\",\"sex\":\"f\"}",
              "{\"sex\":\"f\"}", "{}");
    IF(CROWD)
    {
        MAYBE(3, "channel", "wx", "app", "bad");
        MAYBE(2, "new_user", "1", "0");
        MAYBE(3, "level", "1", "2", "3");
    }
    if (!is_on(making, CROWD)) MAYBE(5, "new_user", "1");
}

static void take(struct making *making)
{
    uint64_t kind = dice(making, is_on(making, MERGE) ? 14 : 10); /* more rooms, to be merged */
    bool joins = kind >= 3 && kind < 7;

    word(making, kind < 3 ? "ROOM.MATCH" : joins ? "ROOM.JOIN" : "ROOM.OPEN");
    if (joins)
        some_room(making);
    else
        some_campaign(making);
    word(making, "u%d", (int)dice(making, is_on(making, MERGE) ? 12 : 7));
    some_order(making);
    join_options(making);
    if (kind < 3) MAYBE(5, "open", "0", "1");
    if (kind >= 7) MAYBE(9, "listed", "0", "1");
}

static void pay(struct making *making)
{
    struct maker *maker = making->maker;

    word(making, "SEAT.PAY");
    uint64_t kind = dice(making, 12);
    known_seat(making, kind < 9 ? TUAN_SEAT_HELD : kind < 11 ? TUAN_SEAT_RELEASED : TUAN_SEAT_PAID);
    if (dice(making, 5) != 0) {
        bool is_new = maker->payments == 0 || dice(making, 5) != 0;
        word(making, "payment");
        word(making, "p%d",
             is_new ? maker->payments++ : (int)dice(making, (uint64_t)maker->payments));
    }
    MAYBE(2, "amount", "100", "100", "99", "5", "0");
    if (dice(making, 3) != 0) return;
    word(making, "paid_at");
    if (dice(making, 20) == 0)
        word(making, "0");
    else
        word(making, "@%lld",
             (long long)(maker->now - (int64_t)dice(making, 3000) + (int64_t)dice(making, 9)));
}

static void of_seat(struct making *making, const char *command, int64_t state)
{
    word(making, "%s", command);
    known_seat(making, state);
    MAYBE(9, "reason", "because");
}

static void acknowledge(struct making *making)
{
    size_t count = making->both->refund_count, which = 0, at;

    word(making, "REFUND.ACK");
    if (count == 0) {
        word(making, "00000000000000000001");
        return;
    }
    at = dice(making, 3) == 0 ? dice(making, count)
                              : count - 1 - dice(making, count < 6 ? count : 6);
    for (size_t i = 0; i < at; i++)
        which += strcmp(making->both->refunds[i].order, making->both->refunds[at].order) == 0;
    word(making, "$f%zu.%s", which, making->both->refunds[at].order);
    MAYBE(4, "ref", "x1", "x2");
}

static void by_hand(struct making *making)
{
    uint64_t kind = dice(making, 100);

    if (kind < 60 || !is_on(making, CLOSING)) {
        word(making, kind < 40 ? "ROOM.FORM" : "ROOM.DISSOLVE");
        some_room(making);
        MAYBE(4, "reason", "boss");
    } else if (kind < 80) {
        word(making, "CAMPAIGN.CLOSE");
        some_campaign(making);
        MAYBE(2, "rooms", "run_on", "fail");
    } else {
        word(making, "CAMPAIGN.DROP");
        some_campaign(making);
    }
}

static void read_something(struct making *making)
{
    uint64_t kind = dice(making, 6);

    if (kind == 0) {
        word(making, "ROOM.GET");
        some_room(making);
        MAYBE(2, "if_version", "2", "3", "4", "5", "6");
        MAYBE(3, "seats", "0", "1", "2", "20");
    } else if (kind == 1) {
        word(making, "ROOM.LIST");
        some_campaign(making);
        MAYBE(2, "user", "u0", "u1", "u2");
        MAYBE(2, "sort", "best", "newest");
        MAYBE(2, "limit", "1", "2", "50");
        MAYBE(3, "tags", "{\"city\":\"sh\"}", "{}");
        MAYBE(3, "seats", "0", "1", "3");
    } else if (kind == 2) {
        word(making, "ROOM.SEATS");
        some_room(making);
        MAYBE(2, "limit", "1", "2");
        MAYBE(2, "state", "held", "paid", "released", "settled", "refund_due");
    } else if (kind == 3) {
        word(making, "ROOM.MGET");
        some_room(making);
        word(making, "00000000000000000001");
        some_room(making);
        MAYBE(3, "seats", "0", "1", "2");
    } else if (kind == 4) {
        word(making, "USER.SEATS");
        some_campaign(making);
        word(making, "u%d", (int)dice(making, 7));
    } else {
        word(making, "REFUND.LIST");
        MAYBE(2, "campaign", "c0", "c1");
        MAYBE(2, "limit", "1", "3");
    }
}

/* ---- time ---- */

/* Often to the very moment at which something is due, or one before or behind it. */
static void pass_time(struct making *making)
{
    static const int64_t jumps[] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 10, 50, 100, 300, 1000};
    struct maker *maker = making->maker;
    int64_t due = naive_next_due_ms(making->both->naive);
    uint64_t kind = dice(making, 16);

    if (kind == 0 && due != INT64_MAX && due - T0 > maker->now &&
        due - T0 - maker->now < 200000000) {
        maker->now = due - T0 - 1 + (int64_t)dice(making, 3);
    } else if (kind == 1 && dice(making, 4) == 0) {
        maker->now += dice(making, 6) == 0 ? 61000 : 20000;
    } else {
        maker->now += jumps[dice(making, sizeof jumps / sizeof *jumps)];
    }
    making->step->at = maker->now;
}

void make_step(struct maker *maker, struct script *script, const struct both *both)
{
    struct step *step = &script->steps[script->step_count];
    struct making all = {maker, script, step, both}, *making = &all;

    step->word_count = 0;
    pass_time(making);
    uint64_t kind = dice(making, 100);
    if (script->step_count < 8)
        put_campaign(making, true);
    else if (kind < 44)
        take(making);
    else if (kind < 74)
        pay(making);
    else if (kind < 77)
        of_seat(making, "SEAT.CANCEL", TUAN_SEAT_HELD);
    else if (kind < 81)
        of_seat(making, "SEAT.LEAVE", TUAN_SEAT_PAID);
    else if (kind < 84) {
        of_seat(making, "SEAT.REFUND", TUAN_SEAT_SETTLED);
        MAYBE(2, "amount", "1", "5", "100", "0");
    } else if (kind < 90)
        acknowledge(making);
    else if (kind < 94)
        read_something(making);
    else if (kind < 96)
        by_hand(making);
    else if (is_on(making, EDITS))
        put_campaign(making, false);
    else
        take(making);
    script->step_count++;
}
