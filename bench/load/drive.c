/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/drive_impl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench/tool/clock.h"
#include "bench/tool/stop.h"

enum {
    EVENTS = 256,
    TAKE_MAX = 4096,     /* arrivals taken in one turn, before sockets get their turn */
    STICK = 16,          /* arrivals of one moment that share a connection's write */
    WAIT_MS = 100,       /* the longest sleep */
    RETRY_MS = 20,       /* between two attempts to connect */
    QUEUE_MAX = 1 << 22, /* due requests that may wait */
};

static const uint32_t EXTRA = UINT32_MAX; /* in place of a connection's index */

/* ---- sending ---- */

static uint32_t group_of(const struct drive *drive, enum op op)
{
    return drive->options.has_web && (op == OP_GET || op == OP_LIST) ? GROUP_WEB : GROUP_RPC;
}

/* A connection of the group with room for one more; UINT32_MAX: none. In a burst the same one is
 * kept for a few, since they leave in one write. */
static uint32_t pick_link(struct drive *drive, uint32_t group)
{
    uint32_t first = group * drive->options.connections, count = drive->options.connections;

    for (uint32_t tried = 0; tried <= count; tried++) {
        uint32_t index = first + drive->next_link[group];
        const struct link *link = &drive->links[index];
        if (link->state == LINK_UP && link->in_flight < drive->pipeline[group] &&
            drive->stuck[group] < STICK) {
            drive->stuck[group]++;
            return index;
        }
        drive->next_link[group] = (drive->next_link[group] + 1) % count;
        drive->stuck[group] = 0;
    }
    return UINT32_MAX;
}

static void put_on_link(struct drive *drive, uint32_t index, const struct request *request,
                        int64_t due_ns)
{
    struct link *link = &drive->links[index];
    uint32_t number = drive_flight_take(drive);
    struct flight *flight = &drive->flights[number];

    *flight =
        (struct flight){.due_ns = due_ns, .request = *request, .link = index, .is_used = true};
    drive->options.codecs[link->group]->encode(&link->out, &drive->wording, request, number);
    link_push(link, number);
    link->in_flight++;
    link->unsent++;
    drive->counts.in_flight++;
    if (link->is_dirty) return;
    link->is_dirty = true;
    drive->dirty[drive->dirty_count++] = index;
}

/* ---- taking what is due ---- */

static void send_queued(struct drive *drive)
{
    for (uint32_t group = 0; group < GROUPS; group++) {
        struct queue *queue = &drive->queues[group];
        const struct queued *first;
        while ((first = queue_first(queue)) != NULL) {
            uint32_t link = pick_link(drive, group);
            if (link == UINT32_MAX) break;
            put_on_link(drive, link, &first->request, first->due_ns);
            queue_pop(queue);
            drive->counts.queued--;
        }
    }
}

static void never_send(struct drive *drive, const struct request *request, int64_t due_ns,
                       int64_t now_ns)
{
    struct flight flight = {.due_ns = due_ns, .request = *request, .is_used = true};

    drive->counts.never_sent++;
    drive->counts.in_flight++; /* end_flight takes it back */
    drive_flight_fail(drive, &flight, FATE_CUT, now_ns);
}

static void queue_one(struct drive *drive, uint32_t group, const struct request *request,
                      int64_t due_ns)
{
    if (drive->counts.queued >= QUEUE_MAX) {
        never_send(drive, request, due_ns, clock_now_ns());
        return;
    }
    queue_push(&drive->queues[group], request, due_ns);
    if (++drive->counts.queued > drive->counts.queued_max)
        drive->counts.queued_max = drive->counts.queued;
}

static bool has_room(struct drive *drive)
{
    for (uint32_t i = 0; i < drive->link_count; i++)
        if (drive->links[i].state == LINK_UP &&
            drive->links[i].in_flight < drive->pipeline[drive->links[i].group])
            return true;
    return false;
}

/* Returns when the next is due. */
static int64_t take_due(struct drive *drive)
{
    const struct drive_source *source = drive->source;
    struct request request;

    send_queued(drive);
    for (int taken = 0; taken < TAKE_MAX; taken++) {
        int64_t due_ns = source->next_ns(source->context), now_ns;
        if (due_ns < 0) drive->is_over = true;
        if (due_ns < 0 || due_ns == INT64_MAX) return INT64_MAX;
        if (drive->is_closed && (drive->counts.queued > 0 || !has_room(drive))) return INT64_MAX;
        if (due_ns > (now_ns = clock_now_ns())) return due_ns;
        if (drive->is_closed) due_ns = now_ns;
        if (!source->take(source->context, due_ns, now_ns, &request)) continue;
        uint32_t group = group_of(drive, request.op);
        uint32_t link =
            queue_first(&drive->queues[group]) == NULL ? pick_link(drive, group) : UINT32_MAX;
        if (link == UINT32_MAX)
            queue_one(drive, group, &request, due_ns);
        else
            put_on_link(drive, link, &request, due_ns);
    }
    return 0;
}

/* ---- answers ---- */

/* The flight that the reply in drive->reply answers; UINT32_MAX: nobody asked. */
static uint32_t find_flight(struct drive *drive, struct link *link, const struct codec *codec)
{
    if (codec->is_ordered) return link->count > 0 ? link_first(link) : UINT32_MAX;
    uint32_t number = drive->reply.msgid;
    bool is_known = number < drive->flight_count && drive->flights[number].is_used &&
                    &drive->links[drive->flights[number].link] == link;
    return is_known ? number : UINT32_MAX;
}

/* One answer from the link's bytes. */
static enum decoded take_answer(struct drive *drive, struct link *link, int64_t now_ns)
{
    const struct codec *codec = drive->options.codecs[link->group];
    enum op op = OP_COUNT;
    size_t consumed = 0;

    if (link->in_at == link->in.len) return DECODED_MORE;
    if (codec->is_ordered && link->count > 0) op = drive->flights[link_first(link)].request.op;
    reply_reset(&drive->reply);
    enum decoded got = codec->decode(link->in.data + link->in_at, link->in.len - link->in_at, op,
                                     &drive->reply, &consumed);
    if (got != DECODED_ONE) return got;
    link->in_at += consumed;
    if (drive->reply.is_push) return got;
    uint32_t number = find_flight(drive, link, codec);
    if (number == UINT32_MAX) return DECODED_BAD;
    drive_flight_end(drive, &drive->flights[number], &drive->reply, now_ns);
    if (codec->is_ordered) link_pop(link);
    link->in_flight--;
    drive_flight_drop(drive, number);
    return got;
}

static void read_link(struct drive *drive, uint32_t index)
{
    struct link *link = &drive->links[index];
    bool is_alive = link_read(link);
    int64_t now_ns = clock_now_ns();
    enum decoded got;

    while ((got = take_answer(drive, link, now_ns)) == DECODED_ONE)
        ;
    if (got == DECODED_BAD)
        fprintf(stderr, "tuan bench: an answer that is not %s: the connection is dropped\n",
                drive->options.codecs[link->group]->name);
    if (!is_alive || got == DECODED_BAD) drive_link_lose(drive, index, now_ns);
}

static void handle(struct drive *drive, const struct epoll_event *event)
{
    uint32_t index = event->data.u32;
    struct link *link = &drive->links[index];

    if (index == EXTRA) {
        drive->source->extra(drive->source->context);
        return;
    }
    if (link->state == LINK_CONNECTING) drive_link_finish(drive, index, clock_now_ns());
    if (link->state == LINK_UP && (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        read_link(drive, index);
    if (link->state == LINK_UP && (event->events & EPOLLOUT) != 0 && link->wants_write)
        drive_link_flush(drive, index, clock_now_ns());
}

static void wait_for(struct drive *drive, int64_t due_ns)
{
    struct epoll_event events[EVENTS];
    int64_t left_ns = due_ns == INT64_MAX ? WAIT_MS * INT64_C(1000000) : due_ns - clock_now_ns();

    if (left_ns < 0) left_ns = 0;
    if (left_ns > WAIT_MS * INT64_C(1000000)) left_ns = WAIT_MS * INT64_C(1000000);
    struct timespec span = {.tv_nsec = (long)left_ns};
    int count = epoll_pwait2(drive->epoll, events, EVENTS, &span, NULL);
    for (int i = 0; i < count; i++)
        handle(drive, &events[i]);
}

/* ---- life ---- */

/* The user has had enough, or the server is gone: what has not left never will. */
static void drop_queued(struct drive *drive, int64_t now_ns)
{
    drive->is_over = true;
    for (uint32_t group = 0; group < GROUPS; group++) {
        const struct queued *first;
        while ((first = queue_first(&drive->queues[group])) != NULL) {
            never_send(drive, &first->request, first->due_ns, now_ns);
            queue_pop(&drive->queues[group]);
            drive->counts.queued--;
        }
    }
}

static void watch_extra(struct drive *drive, int how)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = EXTRA};

    if (drive->source->extra != NULL) epoll_ctl(drive->epoll, how, drive->source->extra_fd, &event);
}

enum drive_end drive_run(struct drive *drive, const struct drive_source *source, bool is_closed,
                         const uint32_t pipeline[GROUPS])
{
    drive->source = source;
    drive->is_closed = is_closed;
    drive->is_over = false;
    drive->pipeline = pipeline;
    drive->counts.queued_max = drive->counts.never_sent = 0;
    enum drive_end end = DRIVE_DONE;
    watch_extra(drive, EPOLL_CTL_ADD);
    while (!drive->is_over || drive->counts.in_flight > 0 || drive->counts.queued > 0) {
        int64_t due_ns = drive->is_over ? INT64_MAX : take_due(drive);
        if (drive->is_over) send_queued(drive);
        drive_links_flush(drive);
        wait_for(drive, drive->counts.queued > 0 && due_ns == 0 ? 0 : due_ns);
        int64_t now_ns = clock_now_ns();
        drive_flights_give_up(drive, now_ns);
        drive_links_retry(drive, now_ns);
        if (source->turn != NULL) source->turn(source->context, now_ns);
        if (stop_asked() && !drive->is_over) {
            end = DRIVE_STOPPED;
            drop_queued(drive, now_ns);
        }
        if (drive->down_since_ns > 0 && now_ns - drive->down_since_ns > drive->options.timeout_ns) {
            end = DRIVE_LOST;
            drop_queued(drive, now_ns);
            break;
        }
    }
    watch_extra(drive, EPOLL_CTL_DEL);
    return end;
}

void drive_cut(struct drive *drive)
{
    int64_t now_ns = clock_now_ns();

    for (uint32_t i = 0; i < drive->link_count; i++)
        if (drive->links[i].state != LINK_DOWN) drive_link_lose(drive, i, now_ns);
    drive->connect_started_ns = now_ns;
    drive->retry_ns = 0;
    drive_links_retry(drive, now_ns);
}

/* All up, or false. */
static bool connect_all(struct drive *drive)
{
    int64_t end_ns = clock_now_ns() + drive->options.timeout_ns;

    drive->connect_started_ns = clock_now_ns();
    while (drive->links_up < drive->link_count && clock_now_ns() < end_ns && !stop_asked()) {
        drive_links_retry(drive, clock_now_ns());
        wait_for(drive, clock_now_ns() + RETRY_MS * INT64_C(1000000));
        if (drive->links_up == 0 &&
            clock_now_ns() - drive->connect_started_ns > INT64_C(3000000000))
            return false;
    }
    return drive->links_up == drive->link_count;
}

struct drive *drive_create(const struct drive_options *options, const struct wording *wording)
{
    struct drive *drive = mem_zalloc(sizeof *drive);

    prctl(PR_SET_TIMERSLACK,
          1UL); /* sleep as exactly as the system can: 50 us late is a lot here */
    drive->options = *options;
    drive->wording = *wording;
    drive->epoll = epoll_create1(EPOLL_CLOEXEC);
    drive->link_count = options->connections * (options->has_web ? 2 : 1);
    drive->links = mem_zalloc(drive->link_count * sizeof *drive->links);
    drive->dirty = mem_alloc(drive->link_count * sizeof *drive->dirty);
    for (uint32_t i = 0; i < drive->link_count; i++)
        drive->links[i].group = i / options->connections;
    if (connect_all(drive)) return drive;
    fprintf(stderr, "tuan bench: %u of %u connections could be made (%s)\n", drive->links_up,
            drive->link_count,
            drive->links_up == 0 ? "is the server running there?" : "is there a limit on the way?");
    drive_destroy(drive);
    return NULL;
}

void drive_destroy(struct drive *drive)
{
    if (drive == NULL) return;
    for (uint32_t i = 0; i < drive->link_count; i++)
        link_free(&drive->links[i]);
    for (uint32_t group = 0; group < GROUPS; group++)
        queue_free(&drive->queues[group]);
    close(drive->epoll);
    mem_free(drive->links);
    mem_free(drive->dirty);
    mem_free(drive->flights);
    mem_free(drive->unused);
    mem_free(drive);
}

const struct drive_counts *drive_counts(const struct drive *drive)
{
    return &drive->counts;
}

struct wording *drive_wording(struct drive *drive)
{
    return &drive->wording;
}
