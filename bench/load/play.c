/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/play.h"

#include <stdio.h>
#include <string.h>

#include "bench/tool/clock.h"

#define SECOND_NS INT64_C(1000000000)
#define MS_NS     INT64_C(1000000)

static size_t stage_of(const struct play *play, int64_t due_ns)
{
    return schedule_stage_at(&play->plan->schedule, due_ns - play->start_ns);
}

/* ---- the source ---- */

/* Arrivals come in order; the next one is looked up when the last was taken. */
static void step(struct play *play)
{
    int64_t at_ns = pace_next_ns(&play->pace);

    play->next_ns = at_ns < 0 ? -1 : play->start_ns + at_ns;
}

static int64_t next_ns(void *context)
{
    struct play *play = context;

    if (play->shoppers != NULL) {
        if (traffic_has_repeat(play->traffic)) return clock_now_ns();
        int64_t at_ns = shoppers_next_ns(play->shoppers);
        return at_ns < 0 || at_ns == INT64_MAX ? at_ns : play->start_ns + at_ns;
    }
    if (!play->plan->is_closed) return play->next_ns;
    return clock_now_ns() >= play->start_ns + play->span_ns ? -1 : play->start_ns;
}

static bool take(void *context, int64_t due_ns, int64_t now_ns, struct request *request)
{
    struct play *play = context;

    recorder_due(play->recorder, stage_of(play, due_ns), due_ns, now_ns);
    if (play->shoppers != NULL && !traffic_has_repeat(play->traffic))
        return shoppers_take(play->shoppers, play->traffic, request);
    traffic_choose(play->traffic, request);
    if (!play->plan->is_closed && play->shoppers == NULL) step(play);
    return true;
}

static void note_domain(struct play *play, const struct flight *flight, const struct noted *noted,
                        int64_t now_ns)
{
    enum op_kind kind = op_rows[flight->request.op].kind;
    bool is_warmup = flight->due_ns < play->start_ns + play->plan->warmup_ms * MS_NS;

    if (play->is_durable && (noted->is_seated || kind == OP_KIND_PAY) && !is_warmup)
        recorder_domain(play->recorder, DOMAIN_DURABLE, now_ns - flight->sent_ns);
    if (play->watchers == NULL || noted->room == NO_ROOM) return;
    if (noted->has_formed && kind != OP_KIND_READ)
        watchers_formed(play->watchers, noted->room, flight->sent_ns);
    else if (noted->is_new_room)
        watchers_opened(play->watchers, noted->room, now_ns);
}

static void ended(void *context, const struct flight *flight, const struct reply *reply,
                  int64_t now_ns)
{
    struct play *play = context;

    recorder_ended(play->recorder, stage_of(play, flight->due_ns), flight->request.op, reply,
                   flight->due_ns, flight->sent_ns, now_ns);
    struct noted noted = account_note(play->account, flight, reply);
    if (noted.is_unknown) noted.is_unknown = traffic_repeat(play->traffic, &flight->request);
    if (play->shoppers != NULL)
        shoppers_answered(play->shoppers, &flight->request, &noted, now_ns - play->start_ns);
    if (reply->class != CLASS_OK) return;
    if (noted.is_held && play->shoppers == NULL) traffic_held(play->traffic, flight->request.order);
    if (noted.is_seated && noted.is_new_room) traffic_seen_room(play->traffic, noted.room);
    note_domain(play, flight, &noted, now_ns);
}

static void extra(void *context)
{
    struct play *play = context;

    watchers_turn(play->watchers);
}

/* ---- once a second ---- */

static void tell(const struct play *play, const struct interval *second)
{
    char target[32];
    int64_t ok = second->by_class[CLASS_OK], refused = second->by_class[CLASS_REFUSED];
    double span_s = (double)second->span_ms / 1000;

    if (play->is_quiet || second->span_ms < 100) return;
    if (second->target > 0)
        snprintf(target, sizeof target, "%.0f/s due", second->target);
    else
        snprintf(target, sizeof target,
                 play->plan->is_closed    ? "closed"
                 : play->shoppers != NULL ? "recorded"
                                          : "draining");
    fprintf(stderr,
            "%s%5.1f s  %s  %8.0f/s done  ok %lld refused %lld error %lld  response p50 %.2f p99 "
            "%.2f max %.1f ms  in flight %lld queued %lld  generator lag p99 %.3f ms%s\n",
            play->label, (double)(second->start_ms + second->span_ms) / 1000, target,
            (double)(ok + refused + second->by_class[CLASS_ERROR]) / (span_s > 0 ? span_s : 1),
            (long long)ok, (long long)refused, (long long)second->by_class[CLASS_ERROR],
            (double)second->p50_ns / 1e6, (double)second->p99_ns / 1e6,
            (double)second->max_ns / 1e6, (long long)second->in_flight, (long long)second->queued,
            (double)second->lag_p99_ns / 1e6, second->is_warmup ? "  (warm-up)" : "");
}

static double target_at(const struct play *play, int64_t at_ns)
{
    if (play->plan->is_closed || play->shoppers != NULL) return 0;
    return schedule_rate_at(&play->pace.schedule, at_ns);
}

static void close_second(struct play *play, int64_t now_ns)
{
    const struct drive_counts *counts = drive_counts(play->drive);
    int64_t at_ns = play->second_ns - SECOND_NS - play->start_ns;

    tell(play, recorder_close_second(play->recorder, (now_ns - play->start_ns) / MS_NS,
                                     target_at(play, at_ns), counts->in_flight, counts->queued,
                                     at_ns < play->plan->warmup_ms * MS_NS));
    play->second_ns += SECOND_NS;
    if (play->second_ns <= now_ns) play->second_ns = now_ns + SECOND_NS;
}

static void turn(void *context, int64_t now_ns)
{
    struct play *play = context;

    drive_wording(play->drive)->now_ms = clock_wall_ms();
    if (now_ns >= play->second_ns) close_second(play, now_ns);
    if (now_ns < play->cut_ns || now_ns >= play->start_ns + play->span_ns) return;
    play->cut_ns = now_ns + play->plan->reconnect_ms * MS_NS;
    drive_cut(play->drive);
}

/* ---- the run ---- */

static void set_pipeline(const struct plan *plan, uint32_t pipeline[GROUPS])
{
    uint32_t told = (uint32_t)plan->pipeline;

    pipeline[GROUP_RPC] = told > 0 ? told : plan->is_closed ? 1 : 1024;
    pipeline[GROUP_WEB] = told > 0 ? told : 1;
}

enum drive_end play_run(struct play *play)
{
    const struct plan *plan = play->plan;
    struct drive_source source = {
        .context = play, .next_ns = next_ns, .take = take, .ended = ended, .turn = turn};
    uint32_t pipeline[GROUPS];

    set_pipeline(plan, pipeline);
    pace_init(&play->pace, &plan->schedule, plan->is_poisson, (uint64_t)plan->seed);
    play->start_ns = clock_now_ns() + 10 * MS_NS;
    play->span_ns = schedule_span_ms(&plan->schedule) * MS_NS;
    play->second_ns = play->start_ns + SECOND_NS;
    play->cut_ns = plan->reconnect_ms > 0
                       ? play->start_ns + (plan->warmup_ms + plan->reconnect_ms) * MS_NS
                       : INT64_MAX;
    if (play->watchers != NULL) {
        source.extra = extra;
        source.extra_fd = watchers_fd(play->watchers);
    }
    if (play->shoppers != NULL)
        shoppers_start(play->shoppers, plan->speed, play->span_ns);
    else
        step(play);
    enum drive_end end = drive_run(play->drive, &source, plan->is_closed, pipeline);
    int64_t now_ns = clock_now_ns();
    if (play->recorder->now.due > 0 || play->recorder->now.by_class[CLASS_OK] > 0)
        close_second(play, now_ns);
    return end;
}
