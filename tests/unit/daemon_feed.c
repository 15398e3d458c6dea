/* SPDX-License-Identifier: BSD-2-Clause */
/* The feed in memory, cursors as text, and pages of several partitions put into one. */
#include "daemon/feed_cursor.h"
#include "daemon/feed_merge.h"
#include "daemon/feed_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

#define CLAIM(name) static void name(void **state __attribute__((unused)))

enum { EPOCH = 7 };

static struct mirror_bytes bytes(const char *text)
{
    return (struct mirror_bytes){text, strlen(text)};
}

static struct mirror_event_id id(uint64_t seq)
{
    return mirror_event_id(mirror_position(EPOCH, seq), 0);
}

static void push(struct feed_ring *ring, uint64_t seq, const char *campaign)
{
    const struct mirror_event event = {
        .type = bytes("room_opened"), .campaign = bytes(campaign), .data = bytes("{\"at\":1}")};

    feed_ring_push(ring, id(seq), &event);
}

/* A page as "[1 2] after 2 end trimmed", by sequence numbers. */
static void note_page(void *context, uint32_t partition, const struct mirror_feed_page *page)
{
    char *out = context;
    int len = sprintf(out, "%u[", (unsigned)partition);

    for (size_t i = 0; i < page->count; i++)
        len += sprintf(out + len, " %llu",
                       (unsigned long long)(page->entries[i].id.number >> MIRROR_EVENT_BITS));
    sprintf(out + len, " ] after %llu%s%s",
            (unsigned long long)(page->after.number >> MIRROR_EVENT_BITS),
            page->is_end ? " end" : "", page->is_trimmed ? " trimmed" : "");
}

static const char *read_ring(const struct feed_ring *ring, struct mirror_event_id after,
                             size_t count, const char *campaign)
{
    static char out[256];
    struct mirror_feed_ask ask = {
        .after = after, .count = count, .context = out, .page = note_page};

    memcpy(ask.campaign.name, campaign, strlen(campaign));
    ask.campaign.len = strlen(campaign);
    feed_ring_read(ring, &ask);
    return out;
}

CLAIM(the_ring_gives_pages_and_forgets_the_oldest)
{
    struct feed_ring *ring = feed_ring_create(4);
    struct mirror_event_id none = {0};

    assert_string_equal(read_ring(ring, none, 10, ""), "0[ ] after 0 end");
    for (uint64_t seq = 1; seq <= 4; seq++)
        push(ring, seq, seq % 2 == 0 ? "even" : "odd");
    assert_string_equal(read_ring(ring, none, 10, ""), "0[ 1 2 3 4 ] after 4 end");
    assert_string_equal(read_ring(ring, none, 3, ""), "0[ 1 2 3 ] after 3");
    assert_string_equal(read_ring(ring, id(3), 3, ""), "0[ 4 ] after 4 end");
    assert_string_equal(read_ring(ring, id(1), 1, "even"), "0[ 2 ] after 2");
    assert_string_equal(read_ring(ring, none, 9, "odd"), "0[ 1 3 ] after 4 end");
    for (uint64_t seq = 5; seq <= 9; seq++)
        push(ring, seq, "odd");
    assert_string_equal(read_ring(ring, id(6), 10, ""), "0[ 7 8 9 ] after 9 end trimmed");
    assert_string_equal(read_ring(ring, none, 10, ""), "0[ 6 7 8 9 ] after 9 end trimmed");
    feed_ring_destroy(ring);
}

CLAIM(an_id_of_an_earlier_start_counts_as_trimmed)
{
    struct feed_ring *ring = feed_ring_create(4);

    push(ring, 1, "tea");
    struct mirror_event_id earlier = {EPOCH - 1, 5};
    assert_string_equal(read_ring(ring, earlier, 10, ""), "0[ 1 ] after 1 end trimmed");
    feed_ring_destroy(ring);
}

CLAIM(a_ring_that_is_full_in_bytes_forgets_too)
{
    struct feed_ring *ring = feed_ring_create(1000);
    size_t half = FEED_RING_BYTES_MAX / 2;
    char *data = mem_zalloc(half);
    const struct mirror_event event = {.type = bytes("t"), .data = {data, half}};

    for (uint64_t seq = 1; seq <= 3; seq++)
        feed_ring_push(ring, id(seq), &event);
    assert_string_equal(read_ring(ring, id(1), 10, ""), "0[ 3 ] after 3 end trimmed");
    mem_free(data);
    feed_ring_destroy(ring);
}

/* Of the event `seq`: its own letter, so often; now and then it is a big one. */
static size_t length_of(uint64_t seq)
{
    return (size_t)(seq % 97 == 0 ? 300000 + seq : seq * 37 % 5000);
}

static void check_texts(void *context, uint32_t partition, const struct mirror_feed_page *page)
{
    size_t *seen = context;

    (void)partition;
    for (; *seen < page->count; ++*seen) {
        const struct mirror_feed_entry *entry = &page->entries[*seen];
        uint64_t seq = entry->id.number >> MIRROR_EVENT_BITS;
        assert_int_equal(entry->event.data.len, length_of(seq));
        for (size_t i = 0; i < entry->event.data.len; i++)
            if (entry->event.data.ptr[i] != (char)('a' + seq % 26)) fail_msg("byte %zu", i);
        assert_memory_equal(entry->event.type.ptr, "type", entry->event.type.len);
        assert_int_equal(entry->event.room.len, 0);
    }
}

CLAIM(texts_of_any_length_stay_what_they_were)
{
    enum { KEPT = 200, PUSHED = 2000 };
    struct feed_ring *ring = feed_ring_create(KEPT);
    char *data = mem_alloc(length_of(0) + length_of(97) + PUSHED);

    for (uint64_t seq = 1; seq <= PUSHED; seq++) {
        memset(data, (int)('a' + seq % 26), length_of(seq));
        const struct mirror_event event = {.type = bytes("type"), .data = {data, length_of(seq)}};
        feed_ring_push(ring, id(seq), &event);
        if (seq % 100 != 0) continue;
        size_t seen = 0;
        feed_ring_read(ring, &(struct mirror_feed_ask){
                                 .count = PUSHED, .context = &seen, .page = check_texts});
        assert_int_equal(seen, seq < KEPT ? seq : KEPT);
    }
    mem_free(data);
    feed_ring_destroy(ring);
}

/* What the cursor says when it is printed again; "refused". */
static const char *echo(const char *text)
{
    static char printed[700];
    struct feed_cursor cursor;
    struct tuan_out out = {.grow = mem_realloc};

    if (!feed_cursor_parse((struct tuan_str){text, (uint32_t)strlen(text)}, &cursor))
        return "refused";
    feed_cursor_print(&cursor, &out);
    snprintf(printed, sizeof printed, "%.*s", (int)out.len, out.len == 0 ? "" : out.data);
    mem_free(out.data);
    return printed;
}

CLAIM(a_cursor_is_an_id_for_each_partition)
{
    static const char *const good[] = {"", "0", "1-1048576", "5-1048576,0,3-7",
                                       "16777215-1152921504606846975"};
    static const char *const bad[] = {
        "1",    "1-",     "-1",  "1-1,",        ",",
        ",1-1", "1-1,,0", "a-1", "1-1 ",        "+1-1",
        "1-+1", "0x1-1",  "1.0", "1-1048576-1", "1-99999999999999999999"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_string_equal(echo(good[i]), good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_string_equal(echo(bad[i]), "refused");
    assert_string_equal(echo("0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"), "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0");
    assert_string_equal(echo("0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"), "refused");
}

/* A partition's page: its events' times, and whether there is more behind them. */
struct told {
    int64_t at[4];
    size_t count;
    bool is_end;
};

static void make_part(struct feed_part *part, uint32_t partition, const struct told *told,
                      struct arena *arena)
{
    struct mirror_feed_entry entries[4];
    char data[4][32];

    for (size_t i = 0; i < told->count; i++) {
        snprintf(data[i], sizeof data[i], "{\"version\":1,\"at\":%lld}", (long long)told->at[i]);
        entries[i] = (struct mirror_feed_entry){
            .id = id(i + 1), .event = {.type = bytes("t"), .data = bytes(data[i])}};
    }
    const struct mirror_feed_page page = {
        .entries = entries, .count = told->count, .after = id(9), .is_end = told->is_end};
    feed_part_keep(part, partition, &page, arena);
}

/* The merged events as "partition@id", and the cursor. */
static const char *merged(const struct told *told, uint32_t count, size_t limit)
{
    static char text[512];
    struct arena arena = {0};
    struct feed_part parts[3];
    struct feed_cursor cursor = {.count = count};
    bool is_end;
    int len = 0;

    for (uint32_t i = 0; i < count; i++)
        make_part(&parts[i], i, &told[i], &arena);
    struct feed_merge merge = {parts, count, limit, &arena};
    struct tuan_list list = feed_merge(&merge, &cursor, &is_end);
    const struct tuan_feed_event *events = list.items;
    for (uint32_t i = 0; i < list.count; i++)
        len += sprintf(text + len, "%d ", (int)events[i].partition);
    len += sprintf(text + len, "|");
    for (uint32_t i = 0; i < count; i++)
        len += sprintf(text + len, " %llu",
                       (unsigned long long)(cursor.ids[i].number >> MIRROR_EVENT_BITS));
    sprintf(text + len, "%s", is_end ? " end" : "");
    arena_free(&arena);
    return text;
}

CLAIM(pages_are_merged_by_time_as_far_as_all_of_them_reach)
{
    const struct told all[] = {{{10, 40}, 2, true}, {{20, 30}, 2, true}, {{0}, 0, true}};
    const struct told more[] = {{{10, 15}, 2, false}, {{20, 30}, 2, true}};

    assert_string_equal(merged(all, 3, 10), "0 1 1 0 | 9 9 9 end");
    assert_string_equal(merged(all, 3, 2), "0 1 | 1 1 9");
    assert_string_equal(merged(more, 2, 10), "0 0 | 9 0"); /* partition 0 may have 16 next */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ring_gives_pages_and_forgets_the_oldest),
        cmocka_unit_test(an_id_of_an_earlier_start_counts_as_trimmed),
        cmocka_unit_test(a_ring_that_is_full_in_bytes_forgets_too),
        cmocka_unit_test(texts_of_any_length_stay_what_they_were),
        cmocka_unit_test(a_cursor_is_an_id_for_each_partition),
        cmocka_unit_test(pages_are_merged_by_time_as_far_as_all_of_them_reach),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
