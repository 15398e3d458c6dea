/* SPDX-License-Identifier: BSD-2-Clause */
/* seat.c - SEAT.CANCEL, SEAT.GET, USER.SEATS, and what operators do to rooms. */
#include <assert.h>

#include "engine/judge.h"
#include "engine/room.h"

handler handle_SEAT_CANCEL, handle_SEAT_GET, handle_USER_SEATS, handle_ROOM_FORM,
    handle_ROOM_DISSOLVE;

enum { USER_SEATS_MAX = 200 };

void handle_SEAT_CANCEL(struct engine *e, const struct tuan_command *command,
                        struct engine_answer *answer)
{
    struct campaign *campaign = campaign_asked(e, command->arg.campaign, answer);

    if (campaign == NULL) return;
    struct seat *seat = seat_remembered(e, campaign, command->arg.order);
    if (seat == NULL) {
        depend_on(answer, campaign->record.at);
        refuse(answer, TUAN_ERR_SEAT_NOT_FOUND);
        return;
    }
    room_retire(e, seat->room);
    seat = seat_remembered(e, campaign, command->arg.order); /* a merge may have moved it */
    bool again = seat->state == TUAN_SEAT_RELEASED;
    if (seat->state != TUAN_SEAT_HELD && !again) {
        refuse_room(answer, TUAN_ERR_CANNOT_CANCEL, seat->room);
        return;
    }
    if (!again) seat_release(e, seat, TUAN_RELEASE_CANCELLED, command->arg.reason);
    answer_seat(e, answer, seat, again);
}

/* ---- reading ---- */

static uint32_t count_refunds(const struct refund *first)
{
    uint32_t count = 0;

    for (const struct refund *refund = first; refund != NULL; refund = refund->next_of_seat)
        count++;
    return count;
}

static void view_refunds(const struct refund *first, struct tuan_refund *items, uint32_t *count,
                         struct engine_answer *answer)
{
    for (const struct refund *refund = first; refund != NULL; refund = refund->next_of_seat) {
        view_refund(refund, &items[(*count)++]);
        depend_on(answer, refund->record.at);
    }
}

/* Those of the rooms that a seat was moved from, too. */
static void view_all_refunds(struct engine *e, const struct seat *seat, struct tuan_seat *out,
                             struct engine_answer *answer)
{
    uint32_t count = 0;

    for (const struct seat *at = seat; at != NULL; at = seat_before(e, at))
        count += count_refunds(seat_refunds(at));
    if (count == 0) return;
    struct tuan_refund *items = arena_take(&e->arena, count * sizeof *items);
    count = 0;
    for (const struct seat *at = seat; at != NULL; at = seat_before(e, at))
        view_refunds(seat_refunds(at), items, &count, answer);
    TUAN_SET(seat, out, refunds, ((struct tuan_list){items, count}));
}

static void view_stray(struct engine *e, const struct refund *refund, struct tuan_seat *out,
                       struct engine_answer *answer)
{
    TUAN_SET(seat, out, campaign, refund->campaign->id);
    TUAN_SET(seat, out, order, refund_order(refund));
    TUAN_SET(seat, out, state, stray_state(refund));
    TUAN_SET(seat, out, now, e->now_ms);
    TUAN_SET(seat, out, refund, refund->id);
    TUAN_SET(seat, out, reason, refund->reason);
    struct tuan_refund *items = arena_take(&e->arena, count_refunds(refund) * sizeof *items);
    uint32_t count = 0;
    view_refunds(refund, items, &count, answer);
    TUAN_SET(seat, out, refunds, ((struct tuan_list){items, count}));
}

void handle_SEAT_GET(struct engine *e, const struct tuan_command *command,
                     struct engine_answer *answer)
{
    const struct campaign *campaign = campaign_asked(e, command->arg.campaign, answer);

    if (campaign == NULL) return;
    const struct seat *seat = seat_remembered(e, campaign, command->arg.order);
    const struct refund *stray = seat == NULL ? stray_find(e, campaign, command->arg.order) : NULL;
    if (seat == NULL && stray == NULL) {
        depend_on(answer, campaign->record.at);
        refuse(answer, TUAN_ERR_SEAT_NOT_FOUND);
        return;
    }
    struct tuan_seat *body = BODY(e, seat);
    if (seat != NULL) {
        view_seat(e, seat, body);
        depend_on(answer, seat->room->record.at);
        view_all_refunds(e, seat, body, answer);
    } else {
        view_stray(e, stray, body, answer);
    }
    answer_with(answer, &tuan_seat_message, body);
}

static void view_limits(struct user user, const struct tuan_rules *rules, int64_t now_ms,
                        struct tuan_user_seats *out)
{
    struct user_counts used = user_counts(user);

    TUAN_SET(user_seats, out, opens, used.opens);
    TUAN_SET(user_seats, out, joins, used.joins);
    TUAN_SET(user_seats, out, qty, used.qty);
    if (rules->opens_per_user > 0)
        TUAN_SET(user_seats, out, opens_left,
                 used.opens < rules->opens_per_user ? rules->opens_per_user - used.opens : 0);
    if (rules->joins_per_user > 0)
        TUAN_SET(user_seats, out, joins_left,
                 used.joins < rules->joins_per_user ? rules->joins_per_user - used.joins : 0);
    if (rules->qty_per_user > 0)
        TUAN_SET(user_seats, out, qty_left,
                 used.qty < rules->qty_per_user ? rules->qty_per_user - used.qty : 0);
    if (rules->unpaid_per_user == 0) return;
    int64_t unpaid = user_unpaid(user, now_ms);
    TUAN_SET(user_seats, out, unpaid, unpaid);
    TUAN_SET(user_seats, out, unpaid_left,
             unpaid < rules->unpaid_per_user ? rules->unpaid_per_user - unpaid : 0);
}

static uint32_t count_seats(struct user user, uint32_t most)
{
    uint32_t count = 0;

    for (const struct seat *at = user_newest(user); at != NULL && count < most; at = seat_older(at))
        count++;
    return count;
}

void handle_USER_SEATS(struct engine *e, const struct tuan_command *command,
                       struct engine_answer *answer)
{
    const struct campaign *campaign = campaign_asked(e, command->arg.campaign, answer);

    if (campaign == NULL) return;
    depend_on(answer, campaign->record.at);
    struct user user = user_find(e, campaign, command->arg.user);
    struct tuan_user_seats *body = BODY(e, user_seats);
    uint32_t most = count_seats(user, USER_SEATS_MAX);
    struct tuan_seat *items = arena_take(&e->arena, (most + 1) * sizeof *items);
    uint32_t count = 0;
    user_for_each(seat, user)
    {
        if (count == most) break;
        if (seat_is_over(e, seat)) continue;
        items[count] = (struct tuan_seat){0};
        view_seat(e, seat, &items[count++]);
    }
    TUAN_SET(user_seats, body, campaign, campaign->id);
    TUAN_SET(user_seats, body, user, command->arg.user);
    TUAN_SET(user_seats, body, seats, ((struct tuan_list){items, count}));
    view_limits(user, &campaign_rules(campaign)->rules, e->now_ms, body);
    TUAN_SET(user_seats, body, now, e->now_ms);
    answer_with(answer, &tuan_user_seats_message, body);
}

/* ---- operators ---- */

static struct room *find_live_room(struct engine *e, struct tuan_id id,
                                   struct engine_answer *answer)
{
    struct room *room = room_asked(e, id, answer);

    if (room == NULL) return NULL;
    room_retire(e, room);
    if (room_is_live(room)) return room;
    refuse_room(answer, room_end_err(room), room);
    return NULL;
}

void handle_ROOM_FORM(struct engine *e, const struct tuan_command *command,
                      struct engine_answer *answer)
{
    struct room *room = find_live_room(e, command->arg.room, answer);

    if (room == NULL) return;
    if (room->state == TUAN_ROOM_PENDING) {
        refuse_room(answer, TUAN_ERR_LEADER_UNPAID, room);
        return;
    }
    if (room->held > 0) {
        refuse_room(answer, TUAN_ERR_FORCE_BLOCKED_UNPAID, room);
        return;
    }
    assert(room->paid > 0); /* an open room without a seat has failed */
    const struct act act = {command->arg.reason, command->by};
    room_form(e, room, TUAN_REASON_FORCED, &act);
    answer_room(e, answer, room, TUAN_STATUS_SEATS_MAX);
}

void handle_ROOM_DISSOLVE(struct engine *e, const struct tuan_command *command,
                          struct engine_answer *answer)
{
    struct room *room = find_live_room(e, command->arg.room, answer);

    if (room == NULL) return;
    const struct act act = {command->arg.reason, command->by};
    room_fail(e, room, TUAN_REASON_DISSOLVED, &act);
    answer_room(e, answer, room, TUAN_STATUS_SEATS_MAX);
}
