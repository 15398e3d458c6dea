/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/answer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 240 };

void *body_make(struct engine *e, size_t size)
{
    return memset(arena_take(&e->arena, size), 0, size);
}

void answer_with(struct engine_answer *answer, const struct tuan_message *message, const void *body)
{
    answer->reply.message = message;
    answer->reply.body = body;
}

static struct tuan_str __attribute__((format(printf, 2, 0)))
text_format(struct engine *e, const char *format, va_list args)
{
    char *text = arena_take(&e->arena, TEXT_MAX);
    int len = vsnprintf(text, TEXT_MAX, format, args);

    assert(len >= 0);
    return (struct tuan_str){text, (uint32_t)(len < TEXT_MAX ? len : TEXT_MAX - 1)};
}

struct tuan_str text_make(struct engine *e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    struct tuan_str text = text_format(e, format, args);
    va_end(args);
    return text;
}

void refuse(struct engine_answer *answer, enum tuan_err err)
{
    assert(err != TUAN_OK);
    answer->reply.err = err;
}

void refuse_because(struct engine *e, struct engine_answer *answer, enum tuan_err err,
                    const char *format, ...)
{
    va_list args;

    refuse(answer, err);
    va_start(args, format);
    answer->reply.text = text_format(e, format, args);
    va_end(args);
}

void refuse_room(struct engine_answer *answer, enum tuan_err err, const struct room *room)
{
    struct tuan_problem *problem = &answer->reply.problem;

    refuse(answer, err);
    TUAN_SET(problem, problem, room, room->id);
    TUAN_SET(problem, problem, room_state, room->state);
    TUAN_SET(problem, problem, version, room->version);
    depend_on(answer, room->record.at);
}

/* ---- views ---- */

/* 還差: what must still be paid for. */
static int64_t room_missing(const struct room *room)
{
    return room_is_live(room) ? (int64_t)room->size - room->paid : 0;
}

static enum tuan_seat_role role_of(const struct seat *seat)
{
    return seat_leads(seat) ? TUAN_ROLE_LEADER : TUAN_ROLE_MEMBER;
}

static void view_seat_room(const struct seat *seat, struct tuan_seat *out)
{
    const struct room *room = seat->room;

    TUAN_SET(seat, out, room, room->id);
    TUAN_SET(seat, out, campaign, room->campaign->id);
    TUAN_SET(seat, out, room_state, room->state);
    TUAN_SET(seat, out, role, role_of(seat));
    TUAN_SET(seat, out, size, room->size);
    TUAN_SET(seat, out, paid, room->paid);
    TUAN_SET(seat, out, held, room->held);
    TUAN_SET(seat, out, missing, room_missing(room));
    TUAN_SET(seat, out, free, room_free(room));
    if (room->state != TUAN_ROOM_PENDING && room->deadline > 0)
        TUAN_SET(seat, out, deadline, room->deadline);
    TUAN_SET(seat, out, version, room->version);
}

void view_seat(struct engine *e, const struct seat *seat, struct tuan_seat *out)
{
    view_seat_room(seat, out);
    TUAN_SET(seat, out, order, seat_order(seat));
    TUAN_SET(seat, out, user, seat_user(seat));
    TUAN_SET(seat, out, state, seat->state);
    TUAN_SET(seat, out, now, e->now_ms);
    if (seat->hold != NULL) TUAN_SET(seat, out, hold_until, seat->hold->until);
    if (seat->price > 0) TUAN_SET(seat, out, price, seat->price);
    if (seat->qty != 1) TUAN_SET(seat, out, qty, seat->qty);
    if (seat->released != 0) TUAN_SET(seat, out, released, seat->released);
    if (seat->refunds != NULL) {
        TUAN_SET(seat, out, refund, seat->refunds->id);
        TUAN_SET(seat, out, reason, seat->refunds->reason);
    }
    if (seat->extra != NULL && !tuan_rid_is_none(seat->extra->rerouted_from))
        TUAN_SET(seat, out, rerouted_from, seat->extra->rerouted_from);
    if (seat->paid != NULL && seat->paid->differs) TUAN_SET(seat, out, amount_differs, 1);
}

static void view_room_seat(const struct seat *seat, struct tuan_room_seat *out)
{
    *out = (struct tuan_room_seat){0};
    TUAN_SET(room_seat, out, n, seat->n);
    TUAN_SET(room_seat, out, role, role_of(seat));
    TUAN_SET(room_seat, out, state, seat->state);
    TUAN_SET(room_seat, out, user, seat_user(seat));
    TUAN_SET(room_seat, out, order, seat_order(seat));
    TUAN_SET(room_seat, out, qty, seat->qty);
    TUAN_SET(room_seat, out, is_virtual, 0);
    TUAN_SET(room_seat, out, joined_at, seat->joined_at);
    if (seat->extra != NULL && seat->extra->profile.len > 0)
        TUAN_SET(room_seat, out, profile, seat->extra->profile);
}

/* Seats that were given back before the room's end are history, not status, whatever their money
 * became. */
static bool is_shown(const struct seat *seat)
{
    return seat->released == 0 || seat->released == TUAN_RELEASE_ROOM_ENDED;
}

/* The first seats of those that are shown, the leader's first. */
static void view_room_seats(struct engine *e, const struct room *room, struct tuan_room *out)
{
    struct tuan_room_seat *shown = arena_take(&e->arena, TUAN_STATUS_SEATS_MAX * sizeof *shown);
    uint32_t count = 0;
    int64_t total = 0;

    if (room->leader > 0 && is_shown(room->seats[room->leader - 1]))
        view_room_seat(room->seats[room->leader - 1], &shown[count++]);
    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct seat *seat = room->seats[i];
        if (!is_shown(seat)) continue;
        total++;
        if (seat->n != room->leader && count < TUAN_STATUS_SEATS_MAX)
            view_room_seat(seat, &shown[count++]);
    }
    TUAN_SET(room, out, seats, ((struct tuan_list){shown, count}));
    TUAN_SET(room, out, seats_total, total);
}

void view_room(struct engine *e, const struct room *room, struct tuan_room *out)
{
    TUAN_SET(room, out, room, room->id);
    TUAN_SET(room, out, campaign, room->campaign->id);
    TUAN_SET(room, out, state, room->state);
    if (room->reason != 0) TUAN_SET(room, out, reason, room->reason);
    TUAN_SET(room, out, size, room->size);
    TUAN_SET(room, out, paid, room->paid);
    TUAN_SET(room, out, held, room->held);
    TUAN_SET(room, out, missing, room_missing(room));
    TUAN_SET(room, out, free, room_free(room));
    TUAN_SET(room, out, virtuals, 0);
    TUAN_SET(room, out, version, room->version);
    TUAN_SET(room, out, opened_at, room->opened_at);
    if (room->state != TUAN_ROOM_PENDING && room->deadline > 0)
        TUAN_SET(room, out, deadline, room->deadline);
    if (room->state == TUAN_ROOM_FORMED) TUAN_SET(room, out, formed_at, room->ended_at);
    if (room->state == TUAN_ROOM_FAILED) TUAN_SET(room, out, failed_at, room->ended_at);
    if (room->leader > 0) TUAN_SET(room, out, leader, seat_user(room->seats[room->leader - 1]));
    TUAN_SET(room, out, now, e->now_ms);
    view_room_seats(e, room, out);
}

void view_refund(const struct refund *refund, struct tuan_refund *out)
{
    *out = (struct tuan_refund){0};
    TUAN_SET(refund, out, refund, refund->id);
    TUAN_SET(refund, out, campaign, refund->campaign->id);
    if (!tuan_rid_is_none(refund->room_id)) TUAN_SET(refund, out, room, refund->room_id);
    TUAN_SET(refund, out, order, refund->order);
    if (refund->user.len > 0) TUAN_SET(refund, out, user, refund->user);
    TUAN_SET(refund, out, reason, refund->reason);
    TUAN_SET(refund, out, amount, refund->amount);
    TUAN_SET(refund, out, at, refund->at);
    if (refund->acked_at > 0) TUAN_SET(refund, out, acked_at, refund->acked_at);
    if (refund->ref.len > 0) TUAN_SET(refund, out, ref, refund->ref);
}

enum tuan_phase campaign_phase(const struct campaign *campaign, int64_t now_ms)
{
    const struct tuan_rules *rules = &campaign_rules(campaign)->rules;

    if (campaign->is_closed) return TUAN_PHASE_CLOSED;
    if (rules->end_at > 0 && now_ms >= rules->end_at) return TUAN_PHASE_ENDED;
    if (rules->status == TUAN_STATUS_PAUSED) return TUAN_PHASE_PAUSED;
    return now_ms < rules->start_at ? TUAN_PHASE_SCHEDULED : TUAN_PHASE_RUNNING;
}

void view_campaign(const struct engine *e, const struct campaign *campaign,
                   struct tuan_campaign *out)
{
    const struct revision *revision = campaign_rules(campaign);

    *out = (struct tuan_campaign){0};
    TUAN_SET(campaign, out, campaign, campaign->id);
    TUAN_SET(campaign, out, phase, campaign_phase(campaign, e->now_ms));
    TUAN_SET(campaign, out, revision, revision->number);
    TUAN_SET(campaign, out, rules, &revision->rules);
    TUAN_SET(campaign, out, rooms_open, campaign->rooms_live);
    TUAN_SET(campaign, out, rooms_opened, campaign->rooms_opened);
    TUAN_SET(campaign, out, rooms_formed, campaign->rooms_formed);
    TUAN_SET(campaign, out, rooms_failed, campaign->rooms_failed);
    TUAN_SET(campaign, out, seats_held, campaign->seats_held);
    TUAN_SET(campaign, out, seats_paid, campaign->seats_paid);
    TUAN_SET(campaign, out, seats_released, campaign->seats_released);
    TUAN_SET(campaign, out, refunds_due, campaign->refunds_due);
    TUAN_SET(campaign, out, refunds_acked, campaign->refunds_acked);
    TUAN_SET(campaign, out, quota_used, campaign->quota_used);
    TUAN_SET(campaign, out, now, e->now_ms);
}

void answer_seat(struct engine *e, struct engine_answer *answer, const struct seat *seat,
                 bool again)
{
    struct tuan_seat *body = BODY(e, seat);

    view_seat(e, seat, body);
    if (again) TUAN_SET(seat, body, again, 1);
    depend_on(answer, seat->room->record.at);
    answer_with(answer, &tuan_seat_message, body);
}

void answer_room(struct engine *e, struct engine_answer *answer, const struct room *room)
{
    struct tuan_room *body = BODY(e, room);

    view_room(e, room, body);
    depend_on(answer, room->record.at);
    answer_with(answer, &tuan_room_message, body);
}
