/* SPDX-License-Identifier: BSD-2-Clause */
/* target.h - who is measured: tuand, or a peer that does the same work another way. */
#ifndef TUAN_LOAD_TARGET_H
#define TUAN_LOAD_TARGET_H

#include <jansson.h>

#include "bench/load/plan.h"
#include "bench/load/verify.h"
#include "bench/wire/codec.h"

struct target {
    const char *name;
    const char *label;         /* before live lines, where there are several */
    const struct codec *codec; /* NULL: as the plan says */
    char rpc[128], web[128];
    void *state;     /* the target's own */
    bool pays;       /* the campaigns' seats are paid by SEAT.PAY; set by put_campaigns */
    bool is_durable; /* an answer means: it is on disk (or where the operator wants it) */
    bool may_watch;  /* knows WATCH */
    /* Make the campaigns, and one more that ends at due_at_ms (the target's clock; 0: none). False:
     * said on stderr, *exit_code set. */
    bool (*put_campaigns)(struct target *target, const struct plan *plan, struct wording *wording,
                          int64_t due_at_ms, int *exit_code);
    /* The server's own counts, from each place it keeps them, into the verifier. False: lost. */
    bool (*check_counts)(struct target *target, struct verify *verify, uint32_t campaigns);
    int64_t (*clock_ms)(struct target *target); /* its clock; -1: lost */
    json_t *(*describe)(struct target *target); /* version, settings: for the result */
    /* Leave nothing of what the load made. What cannot be taken away is said on stderr. */
    void (*tidy)(struct target *target, const struct wording *wording, uint32_t campaigns,
                 bool is_quiet);
    void (*close)(struct target *target);
};

/* A tuand at that address. False: said on stderr. */
bool target_open_tuan(struct target *target, const char *rpc);

#endif
