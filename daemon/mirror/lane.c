/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/mirror/lane.h"

#include <assert.h>
#include <stdio.h>

#include "daemon/mirror/form.h"

static const char *const key_names[KEY_COUNT] = {
    [KEY_LOG] = "log",
    [KEY_HEAD] = "head",
    [KEY_SNAP] = "snap",
    [KEY_FEED] = "feed",
    [KEY_OWNER] = "owner",
    [KEY_HASH + MIRROR_CAMPAIGNS] = "campaigns",
    [KEY_HASH + MIRROR_ROOMS] = "rooms",
    [KEY_HASH + MIRROR_USERS] = "users",
    [KEY_HASH + MIRROR_REFUNDS] = "refunds",
};

void lane_init(struct lane *lane, uint32_t partition, struct outbox *out,
               const struct scripts *scripts)
{
    *lane = (struct lane){.partition = partition, .out = out, .scripts = scripts};
    for (size_t i = 0; i < KEY_COUNT; i++)
        snprintf(lane->keys[i], KEY_SIZE, "tuan:{%u}:%s", (unsigned)partition, key_names[i]);
}

void lane_expect(struct lane *lane, enum ask ask, uint64_t echo)
{
    outbox_expect(lane->out, &(struct expected){.ask = ask,
                                                .partition = lane->partition,
                                                .generation = lane->generation,
                                                .echo = echo});
}

void lane_call(const struct lane *lane, struct buf *out, enum script script, const enum key *keys,
               size_t key_count, size_t argc)
{
    wire_begin(out, 3 + key_count + argc);
    wire_arg_str(out, "EVALSHA");
    wire_arg_str(out, lane->scripts->sha[script]);
    wire_arg_uint(out, key_count);
    for (size_t i = 0; i < key_count; i++)
        wire_arg_str(out, lane->keys[keys[i]]);
}

void lane_get(struct lane *lane, enum ask ask, enum key key, uint64_t echo)
{
    wire_begin(&lane->out->bytes, 2);
    wire_arg_str(&lane->out->bytes, "GET");
    wire_arg_str(&lane->out->bytes, lane->keys[key]);
    lane_expect(lane, ask, echo);
}

void lane_scan(struct lane *lane, enum mirror_hash hash, struct mirror_bytes cursor, size_t count)
{
    struct buf *out = &lane->out->bytes;

    wire_begin(out, 5);
    wire_arg_str(out, "HSCAN");
    wire_arg_str(out, lane->keys[KEY_HASH + hash]);
    wire_arg(out, cursor.ptr, cursor.len);
    wire_arg_str(out, "COUNT");
    wire_arg_uint(out, count);
    lane_expect(lane, ASK_LOAD_SCAN, hash);
}

void lane_log_range(struct lane *lane, enum ask ask, const struct lane_range *range)
{
    struct buf *out = &lane->out->bytes;
    char from[FORM_POSITION_SIZE + 1];
    char to[FORM_POSITION_SIZE] = "+";

    from[0] = '(';
    form_print_position(from + 1, range->from);
    if (range->to != 0) form_print_position(to, range->to);
    wire_begin(out, 6);
    wire_arg_str(out, "XRANGE");
    wire_arg_str(out, lane->keys[KEY_LOG]);
    wire_arg_str(out, range->is_after ? from : from + 1);
    wire_arg_str(out, to);
    wire_arg_str(out, "COUNT");
    wire_arg_uint(out, range->count);
    lane_expect(lane, ask, 0);
}

void lane_take(struct lane *lane, const struct lane_lease *lease)
{
    static const enum key keys[] = {KEY_LOG, KEY_HEAD, KEY_OWNER};
    struct buf *out = &lane->out->bytes;

    lane_call(lane, out, SCRIPT_TAKE, keys, 3, 4);
    wire_arg_str(out, lease->nonce);
    wire_arg_str(out, lease->holder);
    wire_arg_uint(out, (uint64_t)lease->lease_ms);
    wire_arg_uint(out, LANE_FORMAT);
    lane_expect(lane, ASK_TAKE, 0);
}

void lane_renew(struct lane *lane, const struct lane_lease *lease)
{
    static const enum key keys[] = {KEY_HEAD, KEY_OWNER};
    struct buf *out = &lane->out->bytes;

    lane_call(lane, out, SCRIPT_RENEW, keys, 2, 3);
    wire_arg_str(out, lease->nonce);
    wire_arg_str(out, lease->holder);
    wire_arg_uint(out, (uint64_t)lease->lease_ms);
    lane_expect(lane, ASK_RENEW, 0);
}

void lane_release(struct lane *lane, const char *nonce)
{
    static const enum key keys[] = {KEY_OWNER};

    lane_call(lane, &lane->out->bytes, SCRIPT_RELEASE, keys, 1, 1);
    wire_arg_str(&lane->out->bytes, nonce);
    lane_expect(lane, ASK_RELEASE, 0);
}

void lane_trim(struct lane *lane)
{
    static const enum key keys[] = {KEY_LOG, KEY_SNAP};

    lane_call(lane, &lane->out->bytes, SCRIPT_TRIM, keys, 2, 0);
    lane_expect(lane, ASK_TRIM, 0);
}

void lane_create(struct lane *lane, const char *dataset, uint32_t generation)
{
    enum key keys[KEY_COUNT];
    struct buf *out = &lane->out->bytes;

    for (size_t i = 0; i < KEY_COUNT; i++)
        keys[i] = (enum key)i;
    lane_call(lane, out, SCRIPT_CREATE, keys, KEY_COUNT, 2);
    wire_arg_str(out, dataset);
    wire_arg_uint(out, LANE_FORMAT);
    outbox_expect(lane->out, &(struct expected){.ask = ASK_HELLO_CREATE,
                                                .partition = UINT32_MAX,
                                                .generation = generation,
                                                .echo = lane->partition});
}

void lane_load_scripts(struct lane *lane)
{
    for (size_t i = 0; i < SCRIPT_COUNT; i++) {
        script_load(&lane->out->bytes, (enum script)i);
        lane_expect(lane, ASK_SCRIPT, i);
    }
}
