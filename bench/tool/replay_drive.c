/* SPDX-License-Identifier: BSD-2-Clause */
/* replay_drive.c - events leave at their time, as many in flight as allowed.
 *
 * One connection, many calls in flight; the daemon starts them in the order they are sent. What
 * counts against in_flight is events, those that wait for their shopper included, so that order is
 * kept whatever the speed. */
#include "bench/tool/replay_drive.h"

#include "bench/tool/clock.h"
#include "bench/tool/stop.h"

#define LOST_MS 30000 /* a call without an answer for so long is lost, and the run with it */

/* Take what has come; wait for the first of it until wait_ms. */
static bool take_answers(struct drive *drive, int wait_ms)
{
    struct tuan_client_error error;
    struct tuan_answer *answer;

    while ((answer = tuan_client_receive(drive->replay->client, wait_ms, &error)) != NULL) {
        bool is_good = drive_take_answer(drive, answer);
        tuan_answer_free(answer);
        if (!is_good) return false;
        wait_ms = 0;
    }
    if (error.failure == TUAN_CLIENT_TIMEOUT) return true;
    drive->replay->error = error;
    return false;
}

static bool read_next(struct drive *drive)
{
    struct replay *replay = drive->replay;
    bool is_enough =
        replay->options.events_max > 0 && replay->stats.events >= replay->options.events_max;

    drive->has_next = !is_enough && reader_next(&replay->reader, &drive->next);
    if (drive->has_next && replay->stats.events == 0) replay->stats.first_s = drive->next.at_s;
    if (drive->has_next) replay->stats.last_s = drive->next.at_s;
    return drive->has_next;
}

/* When the next event is to be sent, on our clock. */
static int64_t next_due_us(const struct drive *drive)
{
    const struct replay *replay = drive->replay;

    if (replay->options.speed <= 0) return 0;
    return replay->stats.started_us + (int64_t)((double)(drive->next.at_s - replay->stats.first_s) *
                                                1e6 / replay->options.speed);
}

/* Submit what is due and fits. */
static bool feed(struct drive *drive)
{
    struct replay_stats *stats = &drive->replay->stats;

    while (drive->has_next && drive->in_flight < drive->replay->options.in_flight) {
        int64_t due_us = next_due_us(drive), now_us = clock_now_us();
        if (due_us > now_us) return true;
        if (due_us > 0) histogram_add(&stats->late_us, now_us - due_us);
        if (!drive_submit(drive, &drive->next)) return false;
        read_next(drive);
    }
    return true;
}

static int wait_ms_of(const struct drive *drive)
{
    int64_t left_us = 1000000;

    if (drive->has_next && drive->in_flight < drive->replay->options.in_flight)
        left_us = next_due_us(drive) - clock_now_us();
    if (left_us <= 0) return 0;
    return left_us > 200000 ? 200 : (int)((left_us + 999) / 1000);
}

static bool is_any_lost(const struct drive *drive)
{
    const struct replay_action *action;
    size_t cursor = 0;

    while ((action = map_next(&drive->flights, &cursor)) != NULL)
        if (clock_now_us() - action->sent_us > (int64_t)LOST_MS * 1000) return true;
    return false;
}

/* Notice Ctrl-C; and once a second, tell how it goes and whether it goes. */
static bool look_around(struct drive *drive)
{
    int64_t now_us = clock_now_us();

    if (stop_asked()) {
        drive->replay->is_cut = true;
        drive->has_next = false;
    }
    if (now_us - drive->progress_us < 1000000) return true;
    drive->progress_us = now_us;
    replay_progress(drive->replay, drive->in_flight);
    if (!is_any_lost(drive)) return drive_put_again(drive);
    drive->replay->error = (struct tuan_client_error){TUAN_CLIENT_TIMEOUT, "TIMEOUT",
                                                      "a call has had no answer for 30 s"};
    return false;
}

bool replay_drive(struct replay *replay)
{
    struct drive drive = {.replay = replay};
    bool is_good = true;

    map_init(&drive.flights, 1024);
    replay->stats.started_us = drive.progress_us = clock_now_us();
    read_next(&drive);
    while (is_good && (drive.has_next || drive.in_flight > 0 || drive.puts_in_flight > 0 ||
                       (drive.puts_wanted > 0 && !replay->is_cut)))
        is_good = feed(&drive) && take_answers(&drive, wait_ms_of(&drive)) && look_around(&drive);
    replay->stats.fed_us = clock_now_us();
    map_free(&drive.flights);
    return is_good;
}
