/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/feed_read.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "daemon/clock.h"
#include "daemon/feed_cursor.h"
#include "daemon/feed_merge.h"

enum { LIMIT_DEFAULT = 100, SCAN_MS = 1000 };

/* One FEED.READ: it waits, or is `reading` while partitions owe it pages, or is ready. */
struct feed_reader {
    struct list of_session, of_readers;
    struct wheel_node timer; /* while it waits */
    struct feed_readers *readers;
    struct conn *conn; /* NULL: gone */
    uint32_t msgid;
    int64_t started_ms, wait_until_ms;
    size_t limit;
    struct mirror_feed_ask ask; /* what is the same for all partitions */
    uint32_t first;             /* the partitions it covers */
    struct feed_cursor cursor;
    uint32_t pages_due;
    bool is_failed, is_beyond, has_gap, is_from_start, was_ready;
    uint64_t announced[MIRROR_PARTITIONS_MAX]; /* when the pages were asked for */
    struct arena arena;
    struct feed_part parts[MIRROR_PARTITIONS_MAX];
};

struct feed_readers {
    struct session_host *host;
    struct list waiting, reading, ready;
    struct wheel timers;
    size_t count, waiting_count;
    int64_t look_ms; /* not before this are those who wait looked after again */
    struct tuan_out cursor_text;
};

/* ---- life ---- */

struct feed_readers *feed_readers_create(struct session_host *host)
{
    struct feed_readers *readers = mem_zalloc(sizeof *readers);

    readers->host = host;
    readers->cursor_text.grow = mem_realloc;
    list_init(&readers->waiting);
    list_init(&readers->reading);
    list_init(&readers->ready);
    wheel_init(&readers->timers, clock_boot_ms());
    return readers;
}

size_t feed_readers_waiting(const struct feed_readers *readers)
{
    return readers->waiting_count;
}

size_t feed_readers_timers(const struct feed_readers *readers)
{
    return wheel_count(&readers->timers);
}

static void leave_waiting(struct feed_reader *reader)
{
    list_remove(&reader->of_readers);
    wheel_remove(&reader->readers->timers, &reader->timer);
    reader->readers->waiting_count--;
}

static void free_reader(struct feed_reader *reader)
{
    reader->readers->count--;
    arena_free(&reader->arena);
    mem_free(reader);
}

static void free_all(struct list *readers)
{
    while (!list_is_empty(readers))
        free_reader(container_of(list_pop_head(readers), struct feed_reader, of_readers));
}

void feed_readers_destroy(struct feed_readers *readers)
{
    if (readers == NULL) return;
    assert(list_is_empty(&readers->waiting));
    free_all(&readers->reading);
    free_all(&readers->ready);
    mem_free(readers->cursor_text.data);
    mem_free(readers);
}

/* A page that is still owed finds nobody, and frees the reader. */
void feed_read_end(struct conn *conn)
{
    struct session *session = conn_session(conn);

    while (!list_is_empty(&session->feed_readers)) {
        struct feed_reader *reader =
            container_of(list_pop_head(&session->feed_readers), struct feed_reader, of_session);
        reader->conn = NULL;
        if (wheel_is_armed(&reader->timer)) {
            leave_waiting(reader);
            free_reader(reader);
        }
    }
}

/* ---- answering ---- */

static struct admin_call call_of(struct feed_reader *reader)
{
    struct session_host *host = reader->readers->host;
    struct admin_call call = {.host = host,
                              .conn = reader->conn,
                              .session = conn_session(reader->conn),
                              .command = &host->command,
                              .out = conn_out(reader->conn),
                              .msgid = reader->msgid};

    host->command.id = TUAN_CMD_FEED_READ;
    call.is_rpc = call.session->protocol == SESSION_RPC;
    if (!call.is_rpc) conn_unhold(reader->conn);
    return call;
}

static void finish(struct feed_reader *reader, struct admin_call *call)
{
    conn_out_done(reader->conn, NULL, reader->msgid);
    metrics_count(call->host->metrics, session_proto(call->session), TUAN_CMD_FEED_READ, call->err);
    list_remove(&reader->of_session);
    if (list_is_empty(&call->session->feed_readers)) conn_read_on(reader->conn);
    free_reader(reader);
}

static void refuse(struct feed_reader *reader, enum tuan_err err, const char *text)
{
    struct admin_call call = call_of(reader);

    admin_fail(&call, err, "%s", text);
    finish(reader, &call);
}

static void answer(struct feed_reader *reader, struct tuan_list events)
{
    struct admin_call call = call_of(reader);
    struct tuan_out *text = &reader->readers->cursor_text;
    struct tuan_feed feed = {0};

    text->len = 0;
    feed_cursor_print(&reader->cursor, text);
    TUAN_SET(feed, &feed, events, events);
    TUAN_SET(feed, &feed, cursor, ((struct tuan_str){text->data, (uint32_t)text->len}));
    if (reader->has_gap) TUAN_SET(feed, &feed, gap, 1);
    TUAN_SET(feed, &feed, now, dispatch_now(call.host->dispatch));
    admin_body(&call, &tuan_feed_message, &feed);
    finish(reader, &call);
}

/* ---- reading ---- */

/* A place before the oldest one kept: what stood between is not known any more. One behind the
 * newest is of another feed; or Redis lacks its end for a moment, after a failover, until the
 * mirror has put it back. The mirror may not have noticed that yet: but where this daemon knows
 * the batch to be committed, the reader has what Redis lacks, and stands at the end. */
static bool is_known(const struct feed_reader *reader, uint32_t partition,
                     struct mirror_event_id id)
{
    uint64_t position = mirror_position(id.epoch, id.number >> MIRROR_EVENT_BITS);

    return dispatch_is_mirrored(reader->readers->host->dispatch) &&
           dispatch_is_committed(reader->readers->host->dispatch, partition, position);
}

static void compare_ends(struct feed_reader *reader, uint32_t partition,
                         const struct mirror_feed_page *page, struct mirror_event_id after)
{
    if (reader->is_from_start || reader->ask.is_from_end) return;
    if (mirror_event_compare(after, page->last) > 0 && !is_known(reader, partition, after)) {
        if (reader->was_ready && dispatch_is_ready(reader->readers->host->dispatch))
            reader->is_beyond = true;
        else
            reader->is_failed = true;
    }
    if (page->is_trimmed && mirror_event_compare(after, page->first) < 0) reader->has_gap = true;
}

static void on_page(void *context, uint32_t partition, const struct mirror_feed_page *page)
{
    struct feed_reader *reader = context;
    uint32_t index = partition - reader->first;

    assert(reader->pages_due > 0 && index < reader->cursor.count);
    if (page == NULL) {
        reader->is_failed = true;
    } else if (reader->conn != NULL) {
        compare_ends(reader, partition, page, reader->cursor.ids[index]);
        feed_part_keep(&reader->parts[index], partition, page, &reader->arena);
    }
    if (--reader->pages_due > 0) return;
    list_remove(&reader->of_readers);
    list_push_tail(&reader->readers->ready, &reader->of_readers);
}

static void read_pages(struct feed_reader *reader)
{
    struct dispatch *dispatch = reader->readers->host->dispatch;
    uint32_t count = reader->cursor.count;

    arena_reset(&reader->arena);
    list_push_tail(&reader->readers->reading, &reader->of_readers);
    reader->was_ready = dispatch_is_ready(dispatch);
    reader->pages_due = count; /* a page may come at once */
    for (uint32_t i = 0; i < count; i++) {
        struct mirror_feed_ask ask = reader->ask;

        ask.partition = reader->first + i;
        ask.after = reader->cursor.ids[i];
        reader->announced[i] = dispatch_announced(dispatch, ask.partition);
        dispatch_feed_ask(dispatch, &ask);
    }
}

static void wait(struct feed_reader *reader)
{
    struct feed_readers *readers = reader->readers;

    list_push_tail(&readers->waiting, &reader->of_readers);
    wheel_add(&readers->timers, &reader->timer, reader->wait_until_ms);
    readers->waiting_count++;
}

/* All pages are in. */
static void take_pages(struct feed_reader *reader, int64_t boot_ms)
{
    bool is_end = true;

    if (reader->conn == NULL) {
        free_reader(reader);
        return;
    }
    if (reader->is_failed) {
        refuse(reader, TUAN_ERR_MIRROR_DOWN, "the mirror does not answer");
        return;
    }
    if (reader->is_beyond) {
        refuse(reader, TUAN_ERR_BAD_ARGUMENT, "after: behind the end of the feed: of another one?");
        return;
    }
    struct feed_merge merge = {.parts = reader->parts,
                               .count = reader->cursor.count,
                               .limit = reader->limit,
                               .arena = &reader->arena};
    struct tuan_list events = feed_merge(&merge, &reader->cursor, &is_end);
    bool may_go_on = events.count == 0 && !reader->has_gap;
    reader->ask.is_from_end = false;
    reader->is_from_start = false;
    if (may_go_on && !is_end && boot_ms < reader->started_ms + SCAN_MS)
        read_pages(reader);
    else if (may_go_on && is_end && boot_ms < reader->wait_until_ms)
        wait(reader);
    else
        answer(reader, events);
}

/* ---- turns ---- */

static bool has_news(const struct feed_reader *reader)
{
    const struct dispatch *dispatch = reader->readers->host->dispatch;

    for (uint32_t i = 0; i < reader->cursor.count; i++)
        if (dispatch_announced(dispatch, reader->first + i) != reader->announced[i]) return true;
    return false;
}

static void look_after_waiting(struct feed_readers *readers)
{
    list_for_each (link, &readers->waiting) {
        struct feed_reader *reader = container_of(link, struct feed_reader, of_readers);

        if (!has_news(reader)) continue;
        leave_waiting(reader);
        read_pages(reader);
    }
}

void feed_readers_turn(struct feed_readers *readers, int64_t boot_ms)
{
    struct wheel_node *due;

    if (readers->count == 0) return;
    if (boot_ms >= readers->look_ms) {
        look_after_waiting(readers);
        readers->look_ms = boot_ms + FEED_READ_PAUSE_MS;
    }
    while ((due = wheel_pop_due(&readers->timers, boot_ms)) != NULL) {
        struct feed_reader *reader = container_of(due, struct feed_reader, timer);
        leave_waiting(reader);
        read_pages(reader);
    }
    while (!list_is_empty(&readers->ready))
        take_pages(container_of(list_pop_head(&readers->ready), struct feed_reader, of_readers),
                   boot_ms);
}

int64_t feed_readers_next_ms(const struct feed_readers *readers)
{
    int64_t next_ms = wheel_next_ms(&readers->timers);

    if (!list_is_empty(&readers->ready)) return 0;
    list_for_each (link, &readers->waiting)
        if (has_news(container_of(link, struct feed_reader, of_readers)))
            return readers->look_ms < next_ms ? readers->look_ms : next_ms;
    return next_ms;
}

bool feed_read_answer_now(struct conn *conn)
{
    struct session *session = conn_session(conn);

    list_for_each (link, &session->feed_readers) {
        struct feed_reader *reader = container_of(link, struct feed_reader, of_session);

        reader->wait_until_ms = reader->started_ms;
        if (!wheel_is_armed(&reader->timer)) continue;
        leave_waiting(reader);
        read_pages(reader);
    }
    return list_is_empty(&session->feed_readers);
}

/* ---- FEED.READ ---- */

static bool set_cursor(struct admin_call *call, struct feed_reader *reader)
{
    struct tuan_str after = call->command->arg.after;
    struct feed_cursor given;
    uint32_t all = dispatch_partitions(call->host->dispatch);

    reader->ask.is_from_end = tuan_str_equal(after, TUAN_STR("$"));
    if (reader->ask.is_from_end) after.len = 0;
    reader->is_from_start = after.len == 0;
    if (!feed_cursor_parse(after, &given)) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "after: neither a cursor nor an event's id");
        return false;
    }
    if (given.count != 0 && given.count != reader->cursor.count && given.count != all) {
        admin_fail(call, TUAN_ERR_BAD_ARGUMENT, "after: of %u partitions, %u are read",
                   (unsigned)given.count, (unsigned)reader->cursor.count);
        return false;
    }
    /* A cursor of all partitions serves for a campaign in one of them too. */
    uint32_t from = given.count > reader->cursor.count ? reader->first : 0;
    for (uint32_t i = 0; given.count > 0 && i < reader->cursor.count; i++)
        reader->cursor.ids[i] = given.ids[from + i];
    return true;
}

static void set_range(struct admin_call *call, struct feed_reader *reader)
{
    struct tuan_str campaign = call->command->arg.campaign;

    reader->first = 0;
    reader->cursor.count = dispatch_partitions(call->host->dispatch);
    if (!TUAN_GIVEN(call->command, campaign)) return;
    reader->first = dispatch_partition_of(call->host->dispatch, campaign);
    reader->cursor.count = 1;
    memcpy(reader->ask.campaign.name, campaign.ptr, campaign.len);
    reader->ask.campaign.len = campaign.len;
}

/* Refused: there are too many. */
static bool has_place(struct admin_call *call)
{
    const struct feed_readers *readers = call->host->feed_readers;
    size_t of_one = 0;

    list_for_each (link, &call->session->feed_readers)
        of_one++;
    if (of_one >= FEED_READERS_OF_ONE_MAX)
        admin_fail(call, TUAN_ERR_BUSY, "%d readers of the feed are all that a connection may have",
                   FEED_READERS_OF_ONE_MAX);
    else if (readers->count >= FEED_READERS_MAX)
        admin_fail(call, TUAN_ERR_BUSY, "too many readers of the feed");
    return call->err == TUAN_OK;
}

void feed_read(struct admin_call *call)
{
    struct feed_readers *readers = call->host->feed_readers;
    const struct tuan_args *arg = &call->command->arg;
    int64_t boot_ms = clock_boot_ms();

    if (dispatch_partitions(call->host->dispatch) == 0) {
        admin_fail(call, TUAN_ERR_LOADING, "the data set is not known yet");
        return;
    }
    if (!has_place(call)) return;
    struct feed_reader *reader = mem_zalloc(sizeof *reader);
    readers->count++;
    *reader = (struct feed_reader){.readers = readers,
                                   .conn = call->conn,
                                   .msgid = call->msgid,
                                   .started_ms = boot_ms,
                                   .wait_until_ms = boot_ms + arg->wait_ms,
                                   .limit = arg->limit == 0 ? LIMIT_DEFAULT : (size_t)arg->limit};
    reader->ask.count = reader->limit;
    reader->ask.page = on_page;
    reader->ask.context = reader;
    set_range(call, reader);
    if (!set_cursor(call, reader)) {
        free_reader(reader);
        return;
    }
    list_push_tail(&call->session->feed_readers, &reader->of_session);
    if (!call->is_rpc) conn_hold(call->conn);
    call->is_late = true;
    read_pages(reader);
}
