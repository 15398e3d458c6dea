/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/run.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/hash.h"
#include "bench/load/play.h"
#include "bench/load/prepare.h"
#include "bench/load/readback.h"
#include "bench/tool/clock.h"
#include "bench/tool/stop.h"
#include "bench/tool/tool.h"

enum {
    DUE_ROOMS_A_MS = 8, /* that are made, at the least */
    DUE_WATCHED = 500,  /* of them, evenly */
    LINGER_MS = 10000,  /* for pushes that are still to come */
};

/* All that lives as long as the run. */
struct run {
    const struct run_options *options;
    const struct plan *plan;
    struct target *target;
    struct wording wording;
    struct journal journal;
    struct verify verify;
    struct account account;
    struct traffic traffic;
    struct drive *drive;
    struct watchers *watchers; /* NULL: nobody watches */
    uint32_t campaigns;        /* with the one whose rooms fall due */
    int64_t due_at_ms;         /* of the server's clock; 0: none do */
};

static int64_t cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/* ---- before ---- */

static void init_wording(struct wording *wording, const struct plan *plan)
{
    static uint32_t runs; /* of this process: runs of one millisecond differ too */
    uint64_t mark = hash_mix((uint64_t)clock_wall_ms(), ((uint64_t)getpid() << 32) + runs++);

    *wording = (struct wording){.price = plan->price,
                                .has_payment = plan->pays,
                                .size = plan->size,
                                .room_ttl_ms = plan->room_ttl_ms,
                                .hold_ms = plan->hold_ms,
                                .now_ms = clock_wall_ms()};
    names_init(&wording->names, (uint32_t)mark);
}

/* The server's clock minus ours. */
static bool measure_clock(struct target *target, int64_t *offset_ms)
{
    int64_t before_ms = clock_wall_ms(), told_ms = target->clock_ms(target);

    *offset_ms = told_ms - (before_ms + clock_wall_ms()) / 2;
    return told_ms >= 0;
}

static bool open_drive(struct run *run, int *exit_code)
{
    const struct codec *planned = run->plan->speaks_rpc ? &codec_rpc : &codec_resp;
    struct drive_options options = {
        .codecs = {run->target->codec != NULL ? run->target->codec : planned, &codec_http},
        .has_web = run->plan->polls_web && run->target->codec == NULL,
        .connections = (uint32_t)run->plan->connections,
        .timeout_ns = run->plan->timeout_ms * 1000000};

    *exit_code = TOOL_UNREACHABLE;
    if (!link_resolve(run->target->rpc, "8826", &options.addresses[GROUP_RPC])) return false;
    if (options.has_web && run->target->web[0] == '\0') {
        fprintf(stderr, "tuan bench: the server tells no web port\n");
        return false;
    }
    if (options.has_web && !link_resolve(run->target->web, "8827", &options.addresses[GROUP_WEB]))
        return false;
    run->drive = drive_create(&options, &run->wording);
    return run->drive != NULL;
}

static bool prepare(struct run *run, int *exit_code)
{
    struct prepare rooms = {.drive = run->drive,
                            .traffic = &run->traffic,
                            .account = &run->account,
                            .campaigns = (uint32_t)run->plan->campaigns,
                            .rooms = (uint32_t)run->plan->rooms,
                            .pays = run->plan->pays,
                            .is_quiet = run->options->is_quiet};

    if (rooms.rooms == 0) return true;
    *exit_code = TOOL_UNREACHABLE;
    if (!prepare_run(&rooms)) return false;
    run->traffic.prepared = run->journal.room_count;
    for (uint32_t room = 0; room < run->traffic.prepared; room++)
        traffic_seen_room(&run->traffic, room);
    return true;
}

/* ---- rooms that fall due ---- */

/* When to, so that there is time to make them: what is made faster waits. */
static int64_t foresee_due_ms(const struct run *run)
{
    const struct plan *plan = run->plan;
    int64_t making_ms = 2000 + (plan->due_rooms + plan->rooms) / DUE_ROOMS_A_MS;

    if (plan->due_rooms == 0) return 0;
    return clock_wall_ms() + run->account.clock_offset_ms + making_ms + plan->warmup_ms +
           plan->due_after_ms;
}

static int64_t start_ms(const struct run *run)
{
    return run->due_at_ms - run->account.clock_offset_ms - run->plan->due_after_ms -
           run->plan->warmup_ms;
}

/* Making them took longer than was foreseen, and they fall due already, or have. */
static bool is_too_late(const struct run *run)
{
    if (clock_wall_ms() - start_ms(run) < run->plan->due_after_ms) return false;
    fprintf(stderr, "tuan bench: the rooms took too long to make, and are due already: give "
                    "--due-after more, or fewer --due-rooms\n");
    return true;
}

static void wait_for_start(const struct run *run)
{
    int64_t left_ms = start_ms(run) - clock_wall_ms();

    if (left_ms > 1000 && !run->options->is_quiet)
        fprintf(stderr, "the load begins in %lld s\n", (long long)(left_ms / 1000));
    while ((left_ms = start_ms(run) - clock_wall_ms()) > 0 && !stop_asked())
        clock_sleep_ms(left_ms > 100 ? 100 : left_ms);
}

static bool prepare_due(struct run *run, int *exit_code)
{
    uint32_t first = run->journal.room_count;
    struct prepare rooms = {.drive = run->drive,
                            .traffic = &run->traffic,
                            .account = &run->account,
                            .campaign = (uint32_t)run->plan->campaigns,
                            .campaigns = 1,
                            .rooms = (uint32_t)run->plan->due_rooms,
                            .pays = run->plan->pays,
                            .is_quiet = run->options->is_quiet};

    if (rooms.rooms == 0) return true;
    *exit_code = TOOL_USAGE;
    bool is_made = prepare_run(&rooms);
    if (is_too_late(run)) return false;
    *exit_code = TOOL_UNREACHABLE;
    if (!is_made) return false;
    for (uint32_t i = 0; run->watchers != NULL && i < DUE_WATCHED && i < rooms.rooms; i++)
        watchers_watch(run->watchers,
                       first + (uint32_t)((uint64_t)i * rooms.rooms / DUE_WATCHED) % rooms.rooms);
    wait_for_start(run);
    return true;
}

static bool open_watchers(struct run *run, struct recorder *recorder, int *exit_code)
{
    struct watchers_options options = {.count = (uint32_t)run->plan->watchers,
                                       .rate = run->plan->watch_rate,
                                       .clock_offset_ms = run->account.clock_offset_ms};

    if (!run->target->may_watch || options.count == 0) return true;
    *exit_code = TOOL_UNREACHABLE;
    if (!link_resolve(run->target->rpc, "8826", &options.address)) return false;
    run->watchers = watchers_create(&options, &run->verify, recorder);
    return run->watchers != NULL;
}

static bool begin(struct run *run, struct recorder *recorder, int *exit_code)
{
    const struct plan *plan = run->plan;

    init_wording(&run->wording, plan);
    *exit_code = TOOL_UNREACHABLE;
    if (!measure_clock(run->target, &run->account.clock_offset_ms)) return false;
    run->due_at_ms = foresee_due_ms(run);
    run->campaigns = (uint32_t)plan->campaigns + (run->due_at_ms > 0);
    if (!run->target->put_campaigns(run->target, plan, &run->wording, run->due_at_ms, exit_code))
        return false;
    journal_init(&run->journal, run->campaigns, clock_wall_ms() + run->account.clock_offset_ms);
    run->verify = (struct verify){.journal = &run->journal, .names = &run->wording.names};
    run->account.journal = &run->journal;
    run->account.verify = &run->verify;
    run->account.trusts_holds = plan->campaign == NULL;
    traffic_init(&run->traffic, plan, &run->journal,
                 (uint64_t)plan->seed ^ UINT64_C(0x7261666669637473));
    return open_drive(run, exit_code) && open_watchers(run, recorder, exit_code) &&
           prepare(run, exit_code) && prepare_due(run, exit_code);
}

/* ---- the load ---- */

static void play(struct run *run, struct outcome *outcome)
{
    const struct plan *plan = run->plan;
    struct play play = {.plan = plan,
                        .drive = run->drive,
                        .traffic = &run->traffic,
                        .account = &run->account,
                        .recorder = &outcome->recorder,
                        .watchers = run->watchers,
                        .shoppers = run->options->shoppers,
                        .is_durable = run->target->is_durable,
                        .is_quiet = run->options->is_quiet,
                        .label = run->options->label};

    outcome->started_wall_ms = clock_wall_ms();
    int64_t cpu_before_us = cpu_us(), before_us = clock_now_us();
    outcome->end = play_run(&play);
    int64_t after_us = clock_now_us();
    outcome->cpu_share = (double)(cpu_us() - cpu_before_us) / (double)(after_us - before_us + 1);
    outcome->counts = *drive_counts(run->drive);
    if (run->watchers != NULL && outcome->end == DRIVE_DONE)
        watchers_linger(run->watchers, LINGER_MS);
    outcome->substituted = run->traffic.substituted;
    outcome->span_ms = after_us / 1000 - (play.start_ns / 1000000 + plan->warmup_ms);
    if (outcome->span_ms < 1) outcome->span_ms = 1;
    const struct recorder *recorder = &outcome->recorder;
    int64_t answers = (int64_t)recorder->all_response->count - recorder->timed_out - recorder->cut;
    outcome->achieved = (double)answers * 1000 / (double)outcome->span_ms;
    outcome->is_generator_bound =
        !plan->is_closed &&
        histogram_percentile(outcome->recorder.lag, 99) > plan->lag_max_ms * 1000000;
}

/* ---- after ---- */

static bool outlasted_keeping(const struct run *run, const struct outcome *outcome)
{
    const json_t *keep = json_object_get(run->plan->campaign, "keep_ms");

    return keep != NULL && clock_wall_ms() - outcome->started_wall_ms >= json_integer_value(keep);
}

static void check(struct run *run, struct outcome *outcome)
{
    struct readback readback = {.drive = run->drive,
                                .verify = &run->verify,
                                .may_be_forgotten = outlasted_keeping(run, outcome),
                                .is_quiet = run->options->is_quiet};

    if (outcome->end != DRIVE_DONE) return;
    verify_overlap(&run->verify);
    if (run->plan->verifies_rooms) {
        if (!readback_run(&readback)) return;
        verify_books(&run->verify);
    }
    outcome->is_verified = run->target->check_counts(run->target, &run->verify, run->campaigns);
}

static void conclude(struct run *run, struct outcome *outcome)
{
    outcome->laws = run->verify.laws;
    outcome->answers = run->verify.answers;
    outcome->seats_checked = run->verify.seats_checked;
    outcome->rooms_checked = run->verify.rooms_checked;
    outcome->rooms_forgotten = run->verify.rooms_forgotten;
    outcome->seats_uncertain = run->verify.seats_uncertain;
    if (run->watchers != NULL) outcome->watched = *watchers_counts(run->watchers);
    outcome->server = run->target->describe(run->target);
}

static void end_run(struct run *run)
{
    drive_destroy(run->drive);
    watchers_free(run->watchers);
    if (run->journal.campaigns != NULL) {
        traffic_free(&run->traffic);
        journal_free(&run->journal);
    }
}

void outcome_free(struct outcome *outcome)
{
    if (outcome->plan != NULL) recorder_free(&outcome->recorder);
    json_decref(outcome->server);
    *outcome = (struct outcome){0};
}

bool run_once(const struct run_options *options, struct outcome *outcome, int *exit_code)
{
    struct run run = {.options = options, .plan = options->plan, .target = options->target};

    *outcome = (struct outcome){.plan = options->plan, .target = options->target};
    recorder_init(&outcome->recorder, options->plan->schedule.count, options->plan->warmup_ms > 0);
    bool is_begun = begin(&run, &outcome->recorder, exit_code);
    if (is_begun) {
        play(&run, outcome);
        check(&run, outcome);
        conclude(&run, outcome);
    }
    if (!options->leaves_traces)
        options->target->tidy(options->target, &run.wording, run.campaigns, options->is_quiet);
    end_run(&run);
    if (!is_begun) outcome_free(outcome);
    return is_begun;
}
