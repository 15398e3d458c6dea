/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/support/mirror_desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- hooks ---- */

static void on_begin(void *context, uint32_t partition)
{
    struct desk *desk = context;

    (void)partition;
    desk->begun++;
}

static bool on_records(void *context, uint32_t partition, const struct mirror_record *records,
                       size_t count)
{
    struct desk *desk = context;

    (void)partition;
    (void)records;
    desk->records += count;
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

static bool on_is_behind(void *context, uint32_t partition)
{
    (void)partition;
    return ((struct desk *)context)->is_behind;
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

struct reply *desk_nil(struct desk *desk)
{
    return node(desk, REPLY_NIL);
}

struct reply *desk_text(struct desk *desk, const char *str)
{
    struct reply *reply = node(desk, REPLY_STRING);

    reply->text = bytes_of(str);
    return reply;
}

struct reply *desk_error(struct desk *desk, const char *str)
{
    struct reply *reply = desk_text(desk, str);

    reply->type = REPLY_ERROR;
    return reply;
}

struct reply *desk_verdict(struct desk *desk, int64_t number, const char *str)
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

void desk_answer(struct desk *desk, enum ask ask, const struct reply *reply)
{
    struct expected expected;

    assert_non_null(outbox_oldest(&desk->out));
    expected = outbox_pop(&desk->out);
    assert_int_equal(expected.ask, ask);
    machine_reply(&desk->machine, &expected, reply);
}

void desk_assert_quiet(const struct desk *desk)
{
    assert_null(outbox_oldest(&desk->out));
}

void desk_answer_renewal(struct desk *desk, const char *head)
{
    desk_answer(desk, ASK_RENEW, desk_verdict(desk, 1, head));
}

/* ---- the way to OWNING ---- */

const char *desk_head(const struct desk *desk, uint64_t seq)
{
    static char texts[8][FORM_HEAD_SIZE];
    static size_t turn;
    struct head head = desk->machine.fence;

    head.position += seq;
    form_print_head(texts[++turn % 8], &head);
    return texts[turn % 8];
}

struct reply *desk_empty_scan(struct desk *desk)
{
    static struct reply pair[2];
    struct reply *reply = node(desk, REPLY_ARRAY);

    pair[0] = (struct reply){.type = REPLY_STRING, .text = bytes_of("0")};
    pair[1] = (struct reply){.type = REPLY_ARRAY};
    reply->elements = pair;
    reply->count = 2;
    return reply;
}

struct reply *desk_entries(struct desk *desk, const struct desk_entry *rows, size_t count)
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

int desk_set_up(void **state)
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
    desk->hooks = (struct mirror_hooks){desk,          on_begin,     on_records,   on_batch,
                                        on_end,        on_committed, on_dropped,   on_slice_next,
                                        on_slice_done, on_oldest,    on_is_behind, on_mark};
    desk->world = (struct machine_world){desk, on_end_link, roll};
    lane_init(&lane, 0, &desk->out, &desk->scripts);
    machine_init(&desk->machine, &lane, &desk->config, &desk->hooks, &desk->world, &desk->counters);
    *state = desk;
    return 0;
}

int desk_tear_down(void **state)
{
    struct desk *desk = *state;

    machine_free(&desk->machine);
    outbox_free(&desk->out);
    free(desk);
    return 0;
}

void desk_take(struct desk *desk)
{
    static struct reply two[2];
    struct reply *ok = node(desk, REPLY_ARRAY);

    machine_link_up(&desk->machine, DATASET);
    desk_answer(desk, ASK_TAKE_HEAD, desk_text(desk, "0-1 0 " DATASET));
    two[0] = (struct reply){.type = REPLY_STRING, .text = bytes_of("OK")};
    two[1] = (struct reply){.type = REPLY_STRING, .text = bytes_of("0-1 0 " DATASET)};
    ok->elements = two;
    ok->count = 2;
    desk_answer(desk, ASK_TAKE, ok);
    assert_int_equal(desk->machine.state, MACHINE_RELOADING);
}

void desk_own(struct desk *desk)
{
    desk_take(desk);
    desk_answer(desk, ASK_LOAD_SNAP, desk_nil(desk));
    for (int i = 0; i < MIRROR_HASH_COUNT; i++)
        desk_answer(desk, ASK_LOAD_SCAN, desk_empty_scan(desk));
    desk_answer(desk, ASK_LOAD_RANGE,
                desk_entries(desk,
                             (struct desk_entry[]){
                                 {"0-1", NULL, "0", NULL},
                                 {"1-0", "0-1 0 " DATASET, desk->machine.fence.nonce, NULL}},
                             2));
    desk_answer(desk, ASK_LOAD_HEAD, desk_text(desk, desk_head(desk, 0)));
    assert_int_equal(desk->machine.state, MACHINE_OWNING);
    assert_int_equal(desk->machine.snapshot.covered, FORM_CREATION);
    desk_assert_quiet(desk);
    buf_reset(&desk->out.bytes);
}

uint64_t desk_submit(struct desk *desk, const char *bytes)
{
    struct buf batch = {0};

    buf_append_str(&batch, bytes);
    return machine_submit(&desk->machine, &batch, NULL, 0);
}

void desk_submit_many(struct desk *desk, size_t count)
{
    char bytes[32];

    for (size_t i = 0; i < count; i++) {
        snprintf(bytes, sizeof bytes, "batch-%zu", i);
        assert_true(desk_submit(desk, bytes) != 0);
    }
}

struct buf desk_sent_bytes(struct desk *desk)
{
    struct buf copy = {0};

    buf_append(&copy, desk->out.bytes.data, desk->out.bytes.len);
    buf_reset(&desk->out.bytes);
    return copy;
}

void desk_find(struct desk *desk, const char *head, const char *owner, const char *snap)
{
    desk_answer(desk, ASK_VERIFY_HEAD, head == NULL ? desk_nil(desk) : desk_text(desk, head));
    desk_answer(desk, ASK_VERIFY_OWNER, owner == NULL ? desk_nil(desk) : desk_text(desk, owner));
    desk_answer(desk, ASK_VERIFY_SNAP, snap == NULL ? desk_nil(desk) : desk_text(desk, snap));
}
