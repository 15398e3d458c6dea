/* SPDX-License-Identifier: BSD-2-Clause */
/* mirror_desk.h - the owner of one partition on a desk, driven by hand: no Redis, no loop, no
 * clock.
 *
 * A test makes the machine ask, answers its questions in order with replies laid out here, and
 * looks at what the hooks saw. Replies live on the desk and are good for the next few dozen
 * answers.
 */
#ifndef TUAN_TESTS_MIRROR_DESK_H
#define TUAN_TESTS_MIRROR_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/mirror/machine.h"

#define DATASET "dddddddddddddddddddddddddddddddd"
#define OTHER   "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
#define OWNER   "host:1"

struct desk {
    struct outbox out;
    struct scripts scripts;
    struct mirror_config config;
    struct mirror_hooks hooks;
    struct machine_world world;
    struct machine_counters counters;
    struct machine machine;
    unsigned char dice;
    char ended[100]; /* why the link was to be ended */
    /* what the hooks saw */
    uint64_t committed;
    size_t begun, records, batches, dropped, slices_ok, slices_failed, marks;
    struct mirror_record dirty[4];
    size_t dirty_count, taken_count;
    uint64_t oldest;
    bool is_behind; /* a sweep is */
    /* room for replies */
    struct reply nodes[64];
    size_t node_count;
};

/* cmocka's: each test has a desk of its own. */
int desk_set_up(void **state);
int desk_tear_down(void **state);
#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_set_up, desk_tear_down)
/* Sets up and tears down for each row of its own table. */
#define DESK_TABLE(name) cmocka_unit_test_teardown(name, desk_tear_down)

/* ---- replies ---- */
struct reply *desk_nil(struct desk *desk);
struct reply *desk_text(struct desk *desk, const char *str);
struct reply *desk_error(struct desk *desk, const char *str);
/* {number, text, number}: what append answers. */
struct reply *desk_verdict(struct desk *desk, int64_t number, const char *str);
struct reply *desk_empty_scan(struct desk *desk);
/* An XRANGE reply. */
struct desk_entry {
    const char *id, *p, *n, *b; /* b: NULL for a fence */
};
struct reply *desk_entries(struct desk *desk, const struct desk_entry *rows, size_t count);
/* The head of our own epoch at `seq`, as text. */
const char *desk_head(const struct desk *desk, uint64_t seq);

/* ---- questions ---- */
/* The oldest question must be `ask`; this is its answer. */
void desk_answer(struct desk *desk, enum ask ask, const struct reply *reply);
void desk_answer_renewal(struct desk *desk, const char *head);
/* What a new link asks first: head, owner, mark. NULL: Redis has none. */
void desk_find(struct desk *desk, const char *head, const char *owner, const char *snap);
void desk_assert_quiet(const struct desk *desk); /* nothing is asked */

/* ---- the way to OWNING, and batches ---- */
void desk_take(struct desk *desk); /* up to RELOADING */
void desk_own(struct desk *desk);
uint64_t desk_submit(struct desk *desk, const char *bytes);
void desk_submit_many(struct desk *desk, size_t count);
struct buf desk_sent_bytes(struct desk *desk); /* since the last look; the caller frees them */

#endif
