/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/answer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { TEXT_MAX = 240 };

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

struct campaign *campaign_asked(struct engine *e, struct tuan_str id, struct engine_answer *answer)
{
    struct campaign *campaign = campaign_find(e, id);

    if (campaign != NULL && !campaign->is_dropped) return campaign;
    depend_on(answer, e->newest);
    refuse(answer, TUAN_ERR_CAMPAIGN_NOT_FOUND);
    return NULL;
}

struct room *room_asked(struct engine *e, struct tuan_id id, struct engine_answer *answer)
{
    struct room *room = room_find(e, id);

    if (room != NULL && !room->campaign->is_dropped) return room;
    depend_on(answer, e->newest);
    refuse(answer, TUAN_ERR_ROOM_NOT_FOUND);
    return NULL;
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

void answer_room(struct engine *e, struct engine_answer *answer, const struct room *room,
                 uint32_t seats)
{
    struct tuan_room *body = BODY(e, room);

    view_room(e, room, seats, body);
    depend_on(answer, room->record.at);
    answer_with(answer, &tuan_room_message, body);
}
