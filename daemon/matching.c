/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/matching.h"

#include <assert.h>

#include "engine/engine.h"

static void count_word(int64_t words[METRIC_WORDS_MAX], int64_t number)
{
    assert(number > 0 && number < METRIC_WORDS_MAX);
    words[number]++;
}

struct forming {
    struct metrics *metrics;
    int64_t now_ms;
};

static void note_wait(void *context, int64_t joined_at)
{
    const struct forming *forming = context;

    histogram_add(&forming->metrics->match_wait, HISTOGRAM_LONG_MS, forming->now_ms - joined_at, 1);
}

/* Did its deadline end it? */
static bool is_due(int64_t reason)
{
    return reason == TUAN_REASON_DEADLINE || reason == TUAN_REASON_CAMPAIGN_END ||
           reason == TUAN_REASON_DEADLINE_TIER || reason == TUAN_REASON_DEADLINE_MIN ||
           reason == TUAN_REASON_VIRTUAL;
}

static void note_lag(struct metrics *metrics, const struct engine_ending *ending, int64_t reason)
{
    int64_t lag_ms = ending->ended_at - ending->deadline;

    if (is_due(reason) && ending->deadline > 0 && lag_ms >= 0)
        histogram_add(&metrics->expiry_lag, HISTOGRAM_MS, lag_ms, 1);
}

static void note_formed(struct metrics *metrics, const struct dispatch *dispatch,
                        uint32_t partition, const struct tuan_room_formed_fact *fact)
{
    struct forming forming = {metrics, dispatch_now(dispatch)};
    struct engine_ending ending = {.seat = note_wait, .context = &forming};

    count_word(metrics->formed, fact->reason);
    if (!dispatch_ending(dispatch, partition, fact->room, &ending)) return;
    histogram_add(&metrics->fill, HISTOGRAM_LONG_MS, ending.ended_at - ending.opened_at, 1);
    histogram_add(&metrics->formed_seats, HISTOGRAM_ONES, ending.paid, 1);
    note_lag(metrics, &ending, fact->reason);
}

static void note_failed(struct metrics *metrics, const struct dispatch *dispatch,
                        uint32_t partition, const struct tuan_room_failed_fact *fact)
{
    struct engine_ending ending = {0};

    count_word(metrics->failed, fact->reason);
    if (dispatch_ending(dispatch, partition, fact->room, &ending))
        note_lag(metrics, &ending, fact->reason);
}

void matching_fact(struct metrics *metrics, const struct dispatch *dispatch, uint32_t partition,
                   const struct tuan_fact *fact)
{
    switch (fact->type) {
    case TUAN_FACT_ROOM_OPENED: metrics->rooms_opened++; return;
    case TUAN_FACT_SEAT_HELD:
        metrics->seats_taken++;
        metrics->seats_settled += !TUAN_HAS(seat_held_fact, &fact->seat_held, hold_until);
        return;
    case TUAN_FACT_SEAT_PAID: metrics->seats_settled++; return;
    case TUAN_FACT_SEAT_RELEASED: count_word(metrics->released, fact->seat_released.why); return;
    case TUAN_FACT_ROOM_FORMED:
        note_formed(metrics, dispatch, partition, &fact->room_formed);
        return;
    case TUAN_FACT_ROOM_FAILED:
        note_failed(metrics, dispatch, partition, &fact->room_failed);
        return;
    case TUAN_FACT_REFUND_DUE: count_word(metrics->owed, fact->refund_due.reason); return;
    case TUAN_FACT_REFUND_ACKED: metrics->refunds_acked++; return;
    default: return;
    }
}
