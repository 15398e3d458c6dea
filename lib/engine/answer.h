/* SPDX-License-Identifier: BSD-2-Clause */
/* answer.h - replies: views of seats and rooms, refusals with their details. */
#ifndef TUAN_ENGINE_ANSWER_H
#define TUAN_ENGINE_ANSWER_H

#include "engine/model.h"

typedef void handler(struct engine *e, const struct tuan_command *command,
                     struct engine_answer *answer);

/* The answer was judged by this record (and may leave only when its newest batch is committed). */
static inline void depend_on(struct engine_answer *answer, uint64_t position)
{
    if (position > answer->depends_on) answer->depends_on = position;
}

/* Bodies live in e->arena until the next command. Zeroed. */
#define BODY(e, name) ((struct tuan_##name *)body_make((e), sizeof(struct tuan_##name)))
static inline void *body_make(struct engine *e, size_t size)
{
    return __builtin_memset(arena_take(&e->arena, size), 0, size);
}
void answer_with(struct engine_answer *answer, const struct tuan_message *message,
                 const void *body);

void refuse(struct engine_answer *answer, enum tuan_err err) __attribute__((cold));
/* With a more exact text, formatted into the arena. */
void refuse_because(struct engine *e, struct engine_answer *answer, enum tuan_err err,
                    const char *format, ...) __attribute__((cold, format(printf, 4, 5)));
/* About a room: its id, state and version. */
void refuse_room(struct engine_answer *answer, enum tuan_err err, const struct room *room)
    __attribute__((cold));

/* The campaign or room that a command names; NULL: there is none, and the answer says so. */
struct campaign *campaign_asked(struct engine *e, struct tuan_str id, struct engine_answer *answer);
struct room *room_asked(struct engine *e, struct tuan_id id, struct engine_answer *answer);

void view_seat(struct engine *e, const struct seat *seat, struct tuan_seat *out);
/* With so many of its first seats at most. */
void view_room(struct engine *e, const struct room *room, uint32_t seats, struct tuan_room *out);
void view_room_seat(const struct seat *seat, struct tuan_room_seat *out);
void view_virtual_seat(const struct room *room, uint32_t i, struct tuan_room_seat *out);
void view_refund(const struct refund *refund, struct tuan_refund *out);
void view_campaign(const struct engine *e, const struct campaign *campaign,
                   struct tuan_campaign *out);

void answer_seat(struct engine *e, struct engine_answer *answer, const struct seat *seat,
                 bool again);
void answer_room(struct engine *e, struct engine_answer *answer, const struct room *room,
                 uint32_t seats);

enum tuan_phase campaign_phase(const struct campaign *campaign, int64_t now_ms);

/* A formatted text in the arena. */
struct tuan_str text_make(struct engine *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
