/* SPDX-License-Identifier: BSD-2-Clause */
/* The owner of one partition, driven by hand: no Redis, no loop, no clock. */
#include "daemon/mirror/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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
    /* room for replies */
    struct reply nodes[64];
    size_t node_count;
};

/* ---- hooks ---- */

static void on_begin(void *context, uint32_t partition)
{
    struct desk *desk = context;

    (void)partition;
    desk->begun++;
}

static bool on_record(void *context, uint32_t partition, const struct mirror_record *record)
{
    struct desk *desk = context;

    (void)partition;
    (void)record;
    desk->records++;
    return true;
}

static bool on_batch(void *context, uint32_t partition, uint64_t position,
                     struct mirror_bytes batch)
{
    struct desk *desk = context;

    (void)partition;
    (void)position;
    desk->batches++;
    return !bytes_equal(batch, bytes_of("bad"));
}

static bool on_end(void *context, uint32_t partition, uint64_t next)
{
    (void)context;
    (void)partition;
    (void)next;
    return true;
}

static void on_committed(void *context, uint32_t partition, uint64_t position)
{
    struct desk *desk = context;

    (void)partition;
    assert_true(position > desk->committed);
    desk->committed = position;
}

static void on_dropped(void *context, uint32_t partition)
{
    struct desk *desk = context;

    (void)partition;
    desk->dropped++;
    desk->committed = 0;
}

static bool on_slice_next(void *context, uint32_t partition, uint64_t older_than,
                          struct mirror_record *out)
{
    struct desk *desk = context;

    (void)partition;
    if (desk->taken_count == desk->dirty_count) return false;
    if (desk->dirty[desk->taken_count].first_dirty >= older_than) return false;
    *out = desk->dirty[desk->taken_count++];
    return true;
}

static void on_slice_done(void *context, uint32_t partition, bool stored)
{
    struct desk *desk = context;

    (void)partition;
    desk->slices_ok += stored;
    desk->slices_failed += !stored;
    if (!stored) desk->taken_count = 0;
}

static uint64_t on_oldest(void *context, uint32_t partition)
{
    (void)partition;
    return ((struct desk *)context)->oldest;
}

static void on_mark(void *context, uint32_t partition, uint64_t position, struct mirror_bytes batch)
{
    (void)partition;
    (void)position;
    (void)batch;
    ((struct desk *)context)->marks++;
}

static void on_end_link(void *context, const char *why)
{
    struct desk *desk = context;

    snprintf(desk->ended, sizeof desk->ended, "%s", why);
}

static void roll(void *context, unsigned char out[16])
{
    memset(out, ++((struct desk *)context)->dice, 16);
}

/* ---- replies ---- */

static struct reply *node(struct desk *desk, enum reply_type type)
{
    struct reply *reply = &desk->nodes[desk->node_count++ % 64];

    *reply = (struct reply){.type = type};
    return reply;
}

static struct reply *nil(struct desk *desk)
{
    return node(desk, REPLY_NIL);
}

static struct reply *text(struct desk *desk, const char *str)
{
    struct reply *reply = node(desk, REPLY_STRING);

    reply->text = bytes_of(str);
    return reply;
}

static struct reply *error(struct desk *desk, const char *str)
{
    struct reply *reply = text(desk, str);

    reply->type = REPLY_ERROR;
    return reply;
}

/* {number, text, number}: what append answers. */
static struct reply *verdict(struct desk *desk, int64_t number, const char *str)
{
    static struct reply elements[64][3];
    struct reply *reply = node(desk, REPLY_ARRAY);
    struct reply *three = elements[desk->node_count % 64];

    three[0] = (struct reply){.type = REPLY_INTEGER, .integer = number};
    three[1] = (struct reply){.type = REPLY_STRING, .text = bytes_of(str)};
    three[2] = (struct reply){.type = REPLY_INTEGER};
    reply->elements = three;
    reply->count = 3;
    return reply;
}

/* The oldest question must be `ask`; this is its answer. */
static void answer(struct desk *desk, enum ask ask, const struct reply *reply)
{
    struct expected expected;

    assert_non_null(outbox_oldest(&desk->out));
    expected = outbox_pop(&desk->out);
    assert_int_equal(expected.ask, ask);
    machine_reply(&desk->machine, &expected, reply);
}

static void assert_quiet(const struct desk *desk)
{
    assert_null(outbox_oldest(&desk->out));
}

/* Skip questions whose answers say nothing here. */
static void answer_renewal(struct desk *desk, const char *head)
{
    answer(desk, ASK_RENEW, verdict(desk, 1, head));
}

/* ---- the way to OWNING ---- */

static const char *head_text(const struct desk *desk, uint64_t seq)
{
    static char texts[8][FORM_HEAD_SIZE];
    static size_t turn;
    struct head head = desk->machine.fence;

    head.position += seq;
    form_print_head(texts[++turn % 8], &head);
    return texts[turn % 8];
}

static struct reply *empty_scan(struct desk *desk)
{
    static struct reply pair[2];
    struct reply *reply = node(desk, REPLY_ARRAY);

    pair[0] = (struct reply){.type = REPLY_STRING, .text = bytes_of("0")};
    pair[1] = (struct reply){.type = REPLY_ARRAY};
    reply->elements = pair;
    reply->count = 2;
    return reply;
}

struct row {
    const char *id, *p, *n, *b;
};

/* An XRANGE reply. */
static struct reply *entries(struct desk *desk, const struct row *rows, size_t count)
{
    static struct reply outer[8], pairs[8][2], fields[8][6];
    struct reply *reply = node(desk, REPLY_ARRAY);

    for (size_t i = 0; i < count; i++) {
        const char *const words[6] = {"p", rows[i].p, "n", rows[i].n, "b", rows[i].b};

        for (size_t j = 0; j < 6; j++)
            fields[i][j] = (struct reply){.type = REPLY_STRING,
                                          .text = bytes_of(words[j] == NULL ? "" : words[j])};
        pairs[i][0] = (struct reply){.type = REPLY_STRING, .text = bytes_of(rows[i].id)};
        pairs[i][1] = (struct reply){.type = REPLY_ARRAY, .elements = fields[i]};
        pairs[i][1].count = rows[i].b == NULL ? 4 : 6;
        outer[i] = (struct reply){.type = REPLY_ARRAY, .elements = pairs[i], .count = 2};
    }
    reply->elements = outer;
    reply->count = count;
    return reply;
}

static int set_up(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct lane lane;

    outbox_init(&desk->out);
    desk->out.now_ms = 1000;
    for (size_t i = 0; i < SCRIPT_COUNT; i++)
        memset(desk->scripts.sha[i], 'a' + (int)i, SCRIPT_SHA_SIZE - 1);
    desk->config = (struct mirror_config){.owner = OWNER,
                                          .lease_ms = 3000,
                                          .timeout_ms = 1000,
                                          .keep_bytes = 100000,
                                          .flight_bytes_max = 100000,
                                          .flight_batches_max = 100,
                                          .snapshot_every_ms = 1000000,
                                          .snapshot_every_bytes = 1000000,
                                          .mode = MIRROR_UNIX};
    desk->hooks = (struct mirror_hooks){desk,          on_begin,     on_record,  on_batch,
                                        on_end,        on_committed, on_dropped, on_slice_next,
                                        on_slice_done, on_oldest,    on_mark};
    desk->world = (struct machine_world){desk, on_end_link, roll};
    lane_init(&lane, 0, &desk->out, &desk->scripts);
    machine_init(&desk->machine, &lane, &desk->config, &desk->hooks, &desk->world, &desk->counters);
    *state = desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;

    machine_free(&desk->machine);
    outbox_free(&desk->out);
    free(desk);
    return 0;
}

static void take(struct desk *desk)
{
    static struct reply two[2];
    struct reply *ok = node(desk, REPLY_ARRAY);

    machine_link_up(&desk->machine, DATASET);
    answer(desk, ASK_TAKE_HEAD, text(desk, "0-1 0 " DATASET));
    two[0] = (struct reply){.type = REPLY_STRING, .text = bytes_of("OK")};
    two[1] = (struct reply){.type = REPLY_STRING, .text = bytes_of("0-1 0 " DATASET)};
    ok->elements = two;
    ok->count = 2;
    answer(desk, ASK_TAKE, ok);
    assert_int_equal(desk->machine.state, MACHINE_RELOADING);
}

static void own(struct desk *desk)
{
    take(desk);
    answer(desk, ASK_LOAD_SNAP, nil(desk));
    for (int i = 0; i < MIRROR_HASH_COUNT; i++)
        answer(desk, ASK_LOAD_SCAN, empty_scan(desk));
    answer(desk, ASK_LOAD_RANGE,
           entries(desk,
                   (struct row[]){{"0-1", NULL, "0", NULL},
                                  {"1-0", "0-1 0 " DATASET, desk->machine.fence.nonce, NULL}},
                   2));
    answer(desk, ASK_LOAD_HEAD, text(desk, head_text(desk, 0)));
    assert_int_equal(desk->machine.state, MACHINE_OWNING);
    assert_int_equal(desk->machine.snapshot.covered, FORM_CREATION);
    assert_quiet(desk);
    buf_reset(&desk->out.bytes);
}

static uint64_t submit(struct desk *desk, const char *bytes)
{
    struct buf batch = {0};

    buf_append_str(&batch, bytes);
    return machine_submit(&desk->machine, &batch, NULL, 0);
}

static void submit_many(struct desk *desk, size_t count)
{
    char bytes[32];

    for (size_t i = 0; i < count; i++) {
        snprintf(bytes, sizeof bytes, "batch-%zu", i);
        assert_true(submit(desk, bytes) != 0);
    }
}

static struct buf sent_bytes(struct desk *desk)
{
    struct buf copy = {0};

    buf_append(&copy, desk->out.bytes.data, desk->out.bytes.len);
    buf_reset(&desk->out.bytes);
    return copy;
}

static void find(struct desk *desk, const char *head, const char *owner, const char *snap)
{
    answer(desk, ASK_VERIFY_HEAD, head == NULL ? nil(desk) : text(desk, head));
    answer(desk, ASK_VERIFY_OWNER, owner == NULL ? nil(desk) : text(desk, owner));
    answer(desk, ASK_VERIFY_SNAP, snap == NULL ? nil(desk) : text(desk, snap));
}

/* ---- the table of replies ---- */

static void append_replies_follow_the_table(void **state)
{
    static const struct {
        const char *head; /* NULL: own, at `seq` */
        uint64_t seq;
        enum machine_state leads_to;
        uint64_t committed_seq;
    } rows[] = {
        {"", 0, MACHINE_LOST, 0},
        {NULL, 1, MACHINE_OWNING, 1},
        {NULL, 3, MACHINE_OWNING, 3},
        {NULL, 0, MACHINE_RESENDING, 0},
        {"0-1 0 " DATASET, 0, MACHINE_RESENDING, 0},
        {"0-1 0 " OTHER, 0, MACHINE_STANDBY, 0},
        {"1-1 " OTHER " " DATASET, 0, MACHINE_STANDBY, 0},
        {"2-0 " OTHER " " DATASET, 0, MACHINE_STANDBY, 0},
        {NULL, 4, MACHINE_STANDBY, 0}, /* our name on what we never wrote */
        {"nonsense", 0, MACHINE_STANDBY, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct desk *desk;

        if (i > 0) tear_down(state);
        set_up(state);
        desk = *state;
        own(desk);
        submit_many(desk, 3);
        answer(
            desk, ASK_APPEND,
            verdict(desk, 0, rows[i].head == NULL ? head_text(desk, rows[i].seq) : rows[i].head));
        assert_int_equal(desk->machine.state, rows[i].leads_to);
        assert_int_equal(mirror_seq(desk->committed), rows[i].committed_seq);
        assert_int_equal(desk->dropped, rows[i].leads_to == MACHINE_STANDBY);
        assert_string_equal(desk->ended, "");
    }
}

static void append_commits_in_order(void **state)
{
    struct desk *desk = *state;

    own(desk);
    submit_many(desk, 3);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, seq)));
        assert_int_equal(desk->committed, mirror_position(1, seq));
    }
}

static void append_reply_with_a_wrong_echo_ends_the_link(void **state)
{
    struct desk *desk = *state;

    own(desk);
    submit_many(desk, 2);
    answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, 2)));
    assert_string_equal(desk->ended, "a reply out of turn");
    assert_int_equal(desk->committed, 0);
}

static void append_error_of_unknown_fate_ends_the_link(void **state)
{
    struct desk *desk = *state;

    own(desk);
    submit_many(desk, 1);
    answer(desk, ASK_APPEND, error(desk, "WRONGTYPE x script: abc, on @user_script:2."));
    assert_string_not_equal(desk->ended, "");
    assert_int_equal(desk->committed, 0);
}

static void errors_have_the_fate_of_the_table(void **state)
{
    static const struct {
        const char *error;
        enum fate fate;
    } rows[] = {
        {"OOM allow-oom flag is not set on the script, can not run it", FATE_NOT_DONE},
        {"OOM command not allowed script: x, on @user_script:1.", FATE_UNKNOWN},
        {"LOADING Redis is loading", FATE_NOT_DONE},
        {"BUSY Redis is busy", FATE_NOT_DONE},
        {"NOREPLICAS x", FATE_NOT_DONE},
        {"MISCONF x", FATE_NOT_DONE},
        {"NOSCRIPT No matching script.", FATE_NO_SCRIPT},
        {"READONLY x", FATE_WRONG_SERVER},
        {"MOVED 1 a:1", FATE_WRONG_SERVER},
        {"ASK 1 a:1", FATE_WRONG_SERVER},
        {"NOAUTH x", FATE_DENIED},
        {"WRONGTYPE x", FATE_DENIED},
        {"ERR whatever", FATE_UNKNOWN},
        {"OOMPH", FATE_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(wire_fate(bytes_of(rows[i].error)), rows[i].fate);
}

/* ---- gaps, repair, reconnect ---- */

static void a_gap_is_closed_with_the_same_bytes(void **state)
{
    struct desk *desk = *state;
    struct buf first, again, rest;

    own(desk);
    submit_many(desk, 3);
    first = sent_bytes(desk);
    answer(desk, ASK_APPEND, error(desk, "OOM"));
    answer(desk, ASK_APPEND, verdict(desk, 0, head_text(desk, 0)));
    submit_many(desk, 1); /* parks */
    machine_turn(&desk->machine);
    assert_int_equal(desk->machine.state, MACHINE_RESENDING);
    answer(desk, ASK_APPEND, error(desk, "OOM"));
    machine_turn(&desk->machine);
    assert_quiet(desk); /* the back-off */

    desk->out.now_ms += 50;
    machine_turn(&desk->machine);
    find(desk, head_text(desk, 0), OWNER " x", NULL);
    buf_reset(&desk->out.bytes);
    machine_turn(&desk->machine);
    answer_renewal(desk, head_text(desk, 0));
    answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, 1)));
    rest = sent_bytes(desk);
    for (uint64_t seq = 2; seq <= 4; seq++) {
        assert_int_equal(desk->machine.state, MACHINE_RESENDING);
        answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, seq)));
    }
    assert_int_equal(desk->machine.state, MACHINE_OWNING);
    assert_int_equal(desk->committed, mirror_position(1, 4));
    /* 2 and 3 went out again right behind the answer to 1. */
    assert_memory_equal(rest.data, first.data + desk->machine.ring.slots[1].len,
                        first.len - desk->machine.ring.slots[1].len);
    again = first;
    buf_free(&again);
    buf_free(&rest);
    assert_quiet(desk);
}

static void what_is_in_is_not_sent_again_after_a_cut(void **state)
{
    struct desk *desk = *state;
    struct buf first, again;

    own(desk);
    submit_many(desk, 3);
    first = sent_bytes(desk);
    outbox_reset(&desk->out);
    machine_link_down(&desk->machine, "cut");
    assert_int_equal(machine_gate(&desk->machine), MIRROR_GATE_DOWN);
    machine_link_up(&desk->machine, DATASET);
    find(desk, head_text(desk, 2), OWNER " x", NULL);
    assert_int_equal(desk->committed, mirror_position(1, 2)); /* A2 */
    answer_renewal(desk, head_text(desk, 2));
    again = sent_bytes(desk);
    assert_true(again.len > first.len / 3);
    assert_memory_equal(again.data + again.len - first.len / 3, first.data + first.len / 3 * 2,
                        first.len / 3);
    answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, 3)));
    assert_int_equal(desk->machine.state, MACHINE_OWNING);
    assert_int_equal(desk->counters.resends, 1);
    buf_free(&first);
    buf_free(&again);
}

static void own_three_and_cut(struct desk *desk)
{
    own(desk);
    submit_many(desk, 3);
    for (uint64_t seq = 1; seq <= 3; seq++)
        answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, seq)));
    machine_link_down(&desk->machine, "cut");
    machine_link_up(&desk->machine, DATASET);
    buf_reset(&desk->out.bytes);
}

static void a_lost_tail_is_repaired(void **state)
{
    struct desk *desk = *state;

    own_three_and_cut(desk);
    find(desk, head_text(desk, 1), NULL, NULL);
    assert_int_equal(desk->machine.state, MACHINE_RESENDING);
    assert_int_equal(desk->counters.repaired, 2);
    answer_renewal(desk, head_text(desk, 1));
    answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, 2)));
    answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, 3)));
    assert_int_equal(desk->machine.state, MACHINE_OWNING);
}

static void a_lost_fence_is_sent_again(void **state)
{
    struct desk *desk = *state;

    own_three_and_cut(desk);
    find(desk, "0-1 0 " DATASET, OWNER " x", NULL);
    assert_non_null(memmem(desk->out.bytes.data, desk->out.bytes.len, "\r\no\r\n", 5));
    answer_renewal(desk, "0-1 0 " DATASET);
    for (uint64_t seq = 0; seq <= 3; seq++)
        answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, seq)));
    assert_int_equal(desk->machine.state, MACHINE_OWNING);
}

static void another_named_owner_stops_a_repair(void **state)
{
    struct desk *desk = *state;

    own_three_and_cut(desk);
    find(desk, head_text(desk, 1), "host:12 x", NULL); /* R5; not OWNER, though it starts alike */
    assert_int_equal(desk->machine.state, MACHINE_STANDBY);
    assert_int_equal(desk->dropped, 1);
}

static void redis_further_back_than_the_ring_is_loaded_anew(void **state)
{
    struct desk *desk = *state;

    desk->config.keep_bytes = 0;
    own_three_and_cut(desk);
    find(desk, head_text(desk, 1), OWNER " x", NULL);
    assert_int_equal(desk->machine.state, MACHINE_TAKING);
    assert_int_equal(desk->counters.lost_acks, 2);
    assert_int_equal(desk->dropped, 1);
    assert_string_not_equal(desk->machine.alarm, "");
}

static void an_emptied_redis_is_lost_and_reads_go_on(void **state)
{
    struct desk *desk = *state;

    own_three_and_cut(desk);
    find(desk, NULL, NULL, NULL);
    assert_int_equal(desk->machine.state, MACHINE_LOST);
    assert_int_equal(desk->dropped, 0);
    assert_true(machine_may_read(&desk->machine, desk->out.now_ms));
    assert_int_equal(machine_gate(&desk->machine), MIRROR_GATE_DOWN);
    desk->out.now_ms += 500;
    machine_turn(&desk->machine);
    answer(desk, ASK_LOST_HEAD, nil(desk));
    assert_string_equal(desk->ended, "");
    desk->out.now_ms += 500;
    machine_turn(&desk->machine);
    answer(desk, ASK_LOST_HEAD, text(desk, head_text(desk, 3)));
    assert_string_not_equal(desk->ended, "");
}

static void a_take_of_unknown_fate_gets_a_new_nonce(void **state)
{
    struct desk *desk = *state;
    char nonce[FORM_ID_SIZE];

    machine_link_up(&desk->machine, DATASET);
    answer(desk, ASK_TAKE_HEAD, text(desk, "0-1 0 " DATASET));
    memcpy(nonce, desk->machine.fence.nonce, sizeof nonce);
    outbox_reset(&desk->out);
    machine_link_down(&desk->machine, "cut");
    machine_link_up(&desk->machine, DATASET);
    answer(desk, ASK_TAKE_HEAD, text(desk, "1-0 01010101010101010101010101010101 " DATASET));
    assert_string_not_equal(nonce, desk->machine.fence.nonce);
}

static void renew_finds_another_owner(void **state)
{
    struct desk *desk = *state;

    own(desk);
    desk->out.now_ms += 1000;
    machine_turn(&desk->machine);
    answer(desk, ASK_RENEW, verdict(desk, 0, "2-0 " OTHER " " DATASET));
    assert_int_equal(desk->machine.state, MACHINE_STANDBY);
}

/* ---- load ---- */

static void load_chain(struct desk *desk, const struct row *rows, size_t count)
{
    take(desk);
    answer(desk, ASK_LOAD_SNAP, nil(desk));
    for (int i = 0; i < MIRROR_HASH_COUNT; i++)
        answer(desk, ASK_LOAD_SCAN, empty_scan(desk));
    answer(desk, ASK_LOAD_RANGE, entries(desk, rows, count));
}

static void a_break_in_the_chain_is_not_served(void **state)
{
    static const struct row breaks[][3] = {
        {{"0-1", NULL, "0", NULL}, {"0-3", "0-2 0 " DATASET, "0", "x"}},         /* a hole */
        {{"0-1", NULL, "0", NULL}, {"0-2", "0-1 " OTHER " " DATASET, "0", "x"}}, /* another nonce */
        {{"0-2", "0-1 0 " DATASET, "0", "x"}},                             /* not from covered */
        {{"0-1", NULL, "0", NULL}, {"0-2", "0-1 0 " DATASET, "0", "bad"}}, /* the hook objects */
    };

    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++)
        for (int is_ours = 0; is_ours <= 1; is_ours++) {
            struct desk *desk;

            if (i > 0 || is_ours) tear_down(state);
            set_up(state);
            desk = *state;
            load_chain(desk, breaks[i], breaks[i][1].id == NULL ? 1 : 2);
            answer(desk, ASK_LOAD_HEAD,
                   text(desk, is_ours ? head_text(desk, 0) : "2-0 " OTHER " " DATASET));
            assert_int_equal(desk->machine.state, is_ours ? MACHINE_BROKEN : MACHINE_STANDBY);
            assert_int_equal(desk->dropped, 1);
        }
}

static void a_fence_above_ours_after_the_load_is_noticed(void **state)
{
    struct desk *desk = *state;

    load_chain(desk, NULL, 0);
    answer(desk, ASK_LOAD_HEAD, text(desk, "2-0 " OTHER " " DATASET)); /* T4 */
    assert_int_equal(desk->machine.state, MACHINE_STANDBY);
}

/* ---- slices ---- */

static void dirty_one(struct desk *desk)
{
    desk->dirty[0] = (struct mirror_record){.hash = MIRROR_ROOMS,
                                            .field = {"r1", 2},
                                            .value = {"v", 1},
                                            .at = mirror_position(1, 3),
                                            .first_dirty = mirror_position(1, 1)};
    desk->dirty_count = 1;
    desk->taken_count = 0;
}

/* Three committed batches, and a slice in flight. */
static void own_and_slice(struct desk *desk)
{
    desk->config.snapshot_every_bytes = 1;
    own(desk);
    submit_many(desk, 3);
    for (uint64_t seq = 1; seq <= 3; seq++)
        answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, seq)));
    dirty_one(desk);
    machine_turn(&desk->machine);
    assert_int_equal(desk->machine.snapshot.slice, SLICE_FLYING);
}

static void a_slice_covers_up_to_the_oldest_dirty_record_left(void **state)
{
    struct desk *desk = *state;

    desk->oldest = mirror_position(1, 2);
    own_and_slice(desk);
    assert_int_equal(desk->machine.snapshot.flying_covered, mirror_position(1, 1));
    answer(desk, ASK_SLICE, verdict(desk, 1, ""));
    assert_int_equal(desk->machine.snapshot.covered, mirror_position(1, 1));
    answer(desk, ASK_TRIM, nil(desk));
    assert_int_equal(desk->slices_ok, 1);
}

static void covered_never_goes_back(void **state)
{
    struct desk *desk = *state;

    own_and_slice(desk);
    assert_int_equal(desk->machine.snapshot.flying_covered, mirror_position(1, 3));
    answer(desk, ASK_SLICE, verdict(desk, 1, ""));
    answer(desk, ASK_TRIM, nil(desk));
    desk->oldest = mirror_position(1, 1);
    machine_turn(&desk->machine); /* nothing to store, nothing to cover: the round ends */
    assert_quiet(desk);
    assert_int_equal(desk->machine.snapshot.covered, mirror_position(1, 3));
}

static void a_slice_waits_until_all_batches_are_sent(void **state)
{
    struct desk *desk = *state;

    desk->config.snapshot_every_bytes = 1;
    desk->config.flight_batches_max = 1;
    own(desk);
    submit_many(desk, 2);
    dirty_one(desk);
    machine_turn(&desk->machine);
    assert_int_equal(desk->machine.snapshot.slice, SLICE_NONE); /* S3 */
    answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, 1)));
    dirty_one(desk);
    desk->dirty[0].at = mirror_position(1, 2);
    machine_turn(&desk->machine);
    assert_int_equal(desk->machine.snapshot.slice, SLICE_FLYING);
}

static void a_slice_of_unknown_fate_is_settled_by_the_mark(void **state)
{
    for (int is_in = 0; is_in <= 1; is_in++) {
        struct desk *desk;
        char mark[FORM_SNAP_SIZE];

        if (is_in) tear_down(state);
        set_up(state);
        desk = *state;
        own_and_slice(desk);
        memcpy(mark, desk->machine.snapshot.flying_mark, sizeof mark);
        outbox_reset(&desk->out);
        machine_link_down(&desk->machine, "cut");
        assert_int_equal(desk->slices_ok + desk->slices_failed, 0);
        machine_link_up(&desk->machine, DATASET);
        find(desk, head_text(desk, 3), OWNER " x", is_in ? mark : NULL);
        assert_int_equal(desk->slices_ok, is_in);
        assert_int_equal(desk->slices_failed, !is_in);
        assert_int_equal(desk->machine.snapshot.covered,
                         is_in ? mirror_position(1, 3) : FORM_CREATION);
        assert_false(desk->machine.snapshot.must_mark);
        answer_renewal(desk, head_text(desk, 3));
        if (is_in) continue;
        /* The same slice once more has another mark: a late twin cannot be taken for it (S4). */
        machine_turn(&desk->machine);
        assert_int_equal(desk->machine.snapshot.slice, SLICE_FLYING);
        assert_string_not_equal(desk->machine.snapshot.flying_mark, mark);
    }
}

static void lost_slices_make_the_log_after_them_dirty(void **state)
{
    struct desk *desk = *state;

    own_and_slice(desk);
    answer(desk, ASK_SLICE, verdict(desk, 1, ""));
    answer(desk, ASK_TRIM, nil(desk));
    machine_link_down(&desk->machine, "failover");
    machine_link_up(&desk->machine, DATASET);
    find(desk, head_text(desk, 3), OWNER " x", NULL); /* the mark is gone */
    answer_renewal(desk, head_text(desk, 3));
    assert_int_equal(desk->machine.snapshot.covered, FORM_CREATION);
    machine_turn(&desk->machine);
    assert_int_equal(desk->machine.snapshot.slice, SLICE_NONE);
    answer(desk, ASK_MARK_RANGE,
           entries(desk,
                   (struct row[]){
                       {"0-1", NULL, "0", NULL},
                       {"1-0", "0-1 0 " DATASET, desk->machine.fence.nonce, NULL},
                       {"1-1", head_text(desk, 0), desk->machine.fence.nonce, "a"},
                       {"1-2", head_text(desk, 1), desk->machine.fence.nonce, "b"},
                       {"1-3", head_text(desk, 2), desk->machine.fence.nonce, "c"},
                   },
                   5));
    assert_int_equal(desk->marks, 3);
    assert_false(desk->machine.snapshot.is_marking);
    assert_quiet(desk);
}

static void a_slice_refused_for_another_owner_fences(void **state)
{
    struct desk *desk = *state;

    own_and_slice(desk);
    answer(desk, ASK_SLICE, verdict(desk, 0, "2-0 " OTHER " " DATASET));
    assert_int_equal(desk->slices_failed, 1);
    assert_int_equal(desk->machine.state, MACHINE_STANDBY);
}

static void in_flight_is_bounded_and_the_gate_closes(void **state)
{
    struct desk *desk = *state;

    desk->config.flight_batches_max = 2;
    own(desk);
    submit_many(desk, 2);
    assert_int_equal(machine_gate(&desk->machine), MIRROR_GATE_BUSY);
    submit_many(desk, 3); /* the sweep may still have some */
    assert_int_equal(ring_in_flight(&desk->machine.ring), 2);
    answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, 1)));
    assert_int_equal(ring_in_flight(&desk->machine.ring), 2);
    answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, 2)));
    answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, 3)));
    answer(desk, ASK_APPEND, verdict(desk, 1, head_text(desk, 4)));
    assert_int_equal(machine_gate(&desk->machine), MIRROR_OPEN);
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
/* Sets up and tears down for each row of its own table. */
#define TABLE(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TABLE(append_replies_follow_the_table),
        ROW(append_commits_in_order),
        ROW(append_reply_with_a_wrong_echo_ends_the_link),
        ROW(append_error_of_unknown_fate_ends_the_link),
        cmocka_unit_test(errors_have_the_fate_of_the_table),
        ROW(a_gap_is_closed_with_the_same_bytes),
        ROW(what_is_in_is_not_sent_again_after_a_cut),
        ROW(a_lost_tail_is_repaired),
        ROW(a_lost_fence_is_sent_again),
        ROW(another_named_owner_stops_a_repair),
        ROW(redis_further_back_than_the_ring_is_loaded_anew),
        ROW(an_emptied_redis_is_lost_and_reads_go_on),
        ROW(a_take_of_unknown_fate_gets_a_new_nonce),
        ROW(renew_finds_another_owner),
        TABLE(a_break_in_the_chain_is_not_served),
        ROW(a_fence_above_ours_after_the_load_is_noticed),
        ROW(a_slice_covers_up_to_the_oldest_dirty_record_left),
        ROW(covered_never_goes_back),
        ROW(a_slice_waits_until_all_batches_are_sent),
        TABLE(a_slice_of_unknown_fate_is_settled_by_the_mark),
        ROW(lost_slices_make_the_log_after_them_dirty),
        ROW(a_slice_refused_for_another_owner_fences),
        ROW(in_flight_is_bounded_and_the_gate_closes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
