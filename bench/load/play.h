/* SPDX-License-Identifier: BSD-2-Clause */
/* play.h - the load itself: arrivals become requests, answers become figures. */
#ifndef TUAN_LOAD_PLAY_H
#define TUAN_LOAD_PLAY_H

#include "bench/load/account.h"
#include "bench/load/recorder.h"
#include "bench/load/shoppers.h"
#include "bench/load/traffic.h"
#include "bench/load/watchers.h"

struct play {
    const struct plan *plan;
    struct drive *drive;
    struct traffic *traffic;
    struct account *account;
    struct recorder *recorder;
    struct watchers *watchers; /* NULL: nobody watches */
    struct shoppers *shoppers; /* recorded ones; NULL: by arrivals */
    bool is_durable, is_quiet;
    const char *label; /* before each live line */
    /* of the run: */
    struct pace pace;
    int64_t start_ns, next_ns, second_ns, cut_ns;
    int64_t span_ns;
};

enum drive_end play_run(struct play *play);

#endif
