/* SPDX-License-Identifier: BSD-2-Clause */
/* account.h - an answer enters the books: the verifier looks at it, the journal keeps it. */
#ifndef TUAN_LOAD_ACCOUNT_H
#define TUAN_LOAD_ACCOUNT_H

#include "bench/load/drive.h"
#include "bench/load/verify.h"

struct account {
    struct journal *journal;
    struct verify *verify;
    int64_t clock_offset_ms; /* the server's clock minus ours (wall), as measured at the start */
    bool trusts_holds; /* the campaigns' rooms cannot end, so a hold is certain until its time */
};

struct noted {
    bool is_seated;  /* a seat is his now: held or paid */
    bool is_held;    /* ... and waits for its payment */
    bool is_unknown; /* to be repeated with the same order */
    bool has_formed; /* its room is whole now */
    bool is_new_room;
    uint32_t room; /* NO_ROOM: the answer names none */
};

struct noted account_note(struct account *account, const struct flight *flight,
                          const struct reply *reply);

#endif
