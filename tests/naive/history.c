/* SPDX-License-Identifier: BSD-2-Clause */
/* history.c - what happened in a room, against what the engine tells of it. */
#include <string.h>

#include "impl.h"

/* Where a seat went is told as long as its order is found there. */
static bool same_target(const struct naive *naive, const struct tuan_life *theirs,
                        const struct tuan_life *ours)
{
    if (TUAN_HAS(life, theirs, into)) return tuan_rid_equal(theirs->into, ours->into);
    const struct n_room *into = n_find_room(naive, ours->into);
    return into == NULL || n_is_past(naive, into);
}

static bool same_event(const struct naive *naive, const struct tuan_life *theirs,
                       const struct tuan_life *ours)
{
    if (theirs->event != ours->event || theirs->at != ours->at) return false;
    if (TUAN_HAS(life, ours, n) && theirs->n != ours->n) return false;
    if (TUAN_HAS(life, ours, released) && theirs->released != ours->released) return false;
    if (TUAN_HAS(life, ours, room_reason) && theirs->room_reason != ours->room_reason) return false;
    if (TUAN_HAS(life, ours, refund) && !tuan_rid_equal(theirs->refund, ours->refund)) return false;
    if (TUAN_HAS(life, ours, into) && !same_target(naive, theirs, ours)) return false;
    if (TUAN_HAS(life, ours, from) && !tuan_rid_equal(theirs->from, ours->from)) return false;
    return true;
}

/* A late payment takes a seat back: that it was released is not kept. */
static bool was_undone(const struct n_room *room, const struct tuan_life *life)
{
    if (life->event != TUAN_LIFE_SEAT_RELEASED || life->n < 1) return false;
    const struct n_seat *seat = &room->seats[life->n - 1];
    return seat->released != life->released || seat->ended_at != life->at;
}

void naive_check_history(struct naive *naive, const struct tuan_history *history)
{
    const struct n_room *room = n_find_room(naive, history->room);
    const struct tuan_life *theirs = history->events.items;
    bool is_told[LIFE_MAX] = {false};

    if (room == NULL || history->events.count >= LIFE_MAX || room->life_count >= LIFE_MAX) return;
    for (uint32_t i = 0; i < history->events.count; i++) {
        bool is_known = false;
        for (size_t s = 0; s < room->life_count && !is_known; s++) {
            if (is_told[s] || !same_event(naive, &theirs[i], &room->life[s])) continue;
            is_told[s] = is_known = true;
        }
        if (!is_known)
            n_flaw(naive, "history tells %s of seat %lld at %lld, which has not happened",
                   tuan_word_text(&tuan_life_event_words, theirs[i].event), (long long)theirs[i].n,
                   (long long)theirs[i].at);
        if (i > 0 && theirs[i].at < theirs[i - 1].at) n_flaw(naive, "history runs back");
    }
    for (size_t s = 0; s < room->life_count; s++)
        if (!is_told[s] && !was_undone(room, &room->life[s]))
            n_flaw(naive, "history does not tell %s of seat %lld at %lld",
                   tuan_word_text(&tuan_life_event_words, room->life[s].event),
                   (long long)room->life[s].n, (long long)room->life[s].at);
}
