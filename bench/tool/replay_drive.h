/* SPDX-License-Identifier: BSD-2-Clause */
/* replay_drive.h - what the loop (replay_drive.c) and the shoppers (replay_act.c) share. */
#ifndef TUAN_TOOL_REPLAY_DRIVE_H
#define TUAN_TOOL_REPLAY_DRIVE_H

#include "bench/tool/replay.h"

struct replay_action {
    struct replay_action *next; /* of the same user */
    struct event event;
    struct book_user *user;
    struct book_campaign *campaign;
    struct book_seat *seat;
    uint32_t msgid;
    enum replay_op op;
    int64_t sent_us;
    int repeats;
};

struct drive {
    struct replay *replay;
    struct map flights; /* actions by msgid */
    int64_t in_flight, puts_in_flight, puts_wanted;
    int64_t clock_offset_ms; /* the daemon's clock minus ours, by its newest answer */
    int64_t progress_us;
    struct event next;
    bool has_next;
};

/* His event is his last now; he starts on it if he is idle. False: the connection is lost. */
bool drive_submit(struct drive *drive, const struct event *event);

/* Send again what campaigns could not be made while the daemon's mirror was away. False: the
 * connection is lost. */
bool drive_put_again(struct drive *drive);

/* Note an answer and go on with what waited for it. False: the connection is lost, or a campaign
 * was refused. */
bool drive_take_answer(struct drive *drive, const struct tuan_answer *answer);

#endif
