/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/watchers.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench/tool/clock.h"
#include "bench/tool/stop.h"
#include "bench/wire/resp.h"

enum {
    WATCHES_MAX = 900, /* the daemon allows 1000 a connection */
    UNWATCHED = UINT32_MAX,
    CLOCKS_MS = 50, /* that the two clocks may be apart from what was measured */
};

struct watched {
    uint32_t room;
    uint32_t told;          /* watchers that were told its end */
    int64_t told_ns;        /* the last of them */
    int64_t formed_sent_ns; /* 0: no answer has said so */
    bool is_over;
};

struct watchers {
    struct watchers_options options;
    struct verify *verify;
    const struct journal *journal;
    struct recorder *recorder;
    struct link *links;
    int epoll;
    struct watched *all;
    uint32_t count, cap, live;
    uint32_t *of_room, room_cap; /* by the journal's index: in `all`, or UNWATCHED */
    int64_t next_ns;             /* no other room is watched before */
    struct watchers_counts counts;
    struct reply reply;
};

/* ---- connections ---- */

static bool connect_one(struct watchers *watchers, struct link *link)
{
    int failed = 0;
    socklen_t len = sizeof failed;

    if (!link_open(link, &watchers->options.address)) return false;
    struct pollfd wait = {.fd = link->fd, .events = POLLOUT};
    if (poll(&wait, 1, 5000) != 1 ||
        getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &failed, &len) != 0 || failed != 0)
        return false;
    link->state = LINK_UP;
    resp_begin(&link->out, 2);
    resp_text(&link->out, "HELLO");
    resp_text(&link->out, "3");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = link};
    return epoll_ctl(watchers->epoll, EPOLL_CTL_ADD, link->fd, &event) == 0 && link_flush(link);
}

struct watchers *watchers_create(const struct watchers_options *options, struct verify *verify,
                                 struct recorder *recorder)
{
    struct watchers *watchers = mem_zalloc(sizeof *watchers);

    watchers->options = *options;
    watchers->verify = verify;
    watchers->journal = verify->journal;
    watchers->recorder = recorder;
    watchers->links = mem_zalloc(options->count * sizeof *watchers->links);
    watchers->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (uint32_t i = 0; i < options->count; i++) {
        if (connect_one(watchers, &watchers->links[i])) continue;
        fprintf(stderr, "tuan bench: a watcher could not connect\n");
        watchers_free(watchers);
        return NULL;
    }
    return watchers;
}

void watchers_free(struct watchers *watchers)
{
    if (watchers == NULL) return;
    for (uint32_t i = 0; i < watchers->options.count; i++)
        link_free(&watchers->links[i]);
    close(watchers->epoll);
    mem_free(watchers->links);
    mem_free(watchers->all);
    mem_free(watchers->of_room);
    mem_free(watchers);
}

int watchers_fd(const struct watchers *watchers)
{
    return watchers->epoll;
}

/* ---- which rooms ---- */

static struct watched *find(const struct watchers *watchers, uint32_t room)
{
    if (room >= watchers->room_cap || watchers->of_room[room] == UNWATCHED) return NULL;
    return &watchers->all[watchers->of_room[room]];
}

static void remember(struct watchers *watchers, uint32_t room)
{
    if (room >= watchers->room_cap) {
        uint32_t cap = watchers->room_cap == 0 ? 1024 : watchers->room_cap;
        while (cap <= room)
            cap *= 2;
        watchers->of_room = mem_realloc(watchers->of_room, cap * sizeof *watchers->of_room);
        memset(watchers->of_room + watchers->room_cap, 0xff,
               (cap - watchers->room_cap) * sizeof *watchers->of_room);
        watchers->room_cap = cap;
    }
    if (watchers->count == watchers->cap) {
        watchers->cap = watchers->cap == 0 ? 256 : watchers->cap * 2;
        watchers->all = mem_realloc(watchers->all, watchers->cap * sizeof *watchers->all);
    }
    watchers->of_room[room] = watchers->count;
    watchers->all[watchers->count++] = (struct watched){.room = room};
}

void watchers_watch(struct watchers *watchers, uint32_t room)
{
    struct tuan_str id = room_id_str(watchers->journal->rooms[room].id);

    if (watchers->live >= WATCHES_MAX || find(watchers, room) != NULL) return;
    remember(watchers, room);
    watchers->live++;
    watchers->counts.watched++;
    for (uint32_t i = 0; i < watchers->options.count; i++) {
        struct link *link = &watchers->links[i];
        if (link->state != LINK_UP) continue;
        resp_begin(&link->out, 2);
        resp_text(&link->out, "WATCH");
        resp_word(&link->out, id.ptr, id.len);
        if (!link_flush(link)) link_close(link);
    }
}

void watchers_opened(struct watchers *watchers, uint32_t room, int64_t now_ns)
{
    if (watchers->options.rate == 0 || now_ns < watchers->next_ns) return;
    watchers->next_ns = now_ns + INT64_C(1000000000) / watchers->options.rate;
    watchers_watch(watchers, room);
}

/* ---- what they are told ---- */

static void note_formed(struct watchers *watchers, struct watched *watched)
{
    if (watched->formed_sent_ns == 0 || watched->told < watchers->options.count) return;
    watchers->counts.told_formed++;
    recorder_domain(watchers->recorder, DOMAIN_TOLD, watched->told_ns - watched->formed_sent_ns);
}

void watchers_formed(struct watchers *watchers, uint32_t room, int64_t sent_ns)
{
    struct watched *watched = find(watchers, room);

    if (watched == NULL || watched->formed_sent_ns != 0) return;
    watched->formed_sent_ns = sent_ns;
    note_formed(watchers, watched);
}

static void note_end(struct watchers *watchers, struct watched *watched, bool has_formed)
{
    const struct journal_room *room = &watchers->journal->rooms[watched->room];

    watched->told++;
    watched->told_ns = clock_now_ns();
    if (!watched->is_over) watchers->live--;
    watched->is_over = true;
    if (has_formed) {
        note_formed(watchers, watched);
        return;
    }
    int64_t late_ms = clock_wall_ms() + watchers->options.clock_offset_ms - room->deadline_ms;
    if (room->deadline_ms == 0 || late_ms < -CLOCKS_MS) return; /* it failed for another reason */
    watchers->counts.told_failed++;
    recorder_domain(watchers->recorder, DOMAIN_ENDED, late_ms > 0 ? late_ms * 1000000 : 0);
}

static void take_push(struct watchers *watchers)
{
    const struct reply *reply = &watchers->reply;
    struct tuan_str id = reply_text(reply, REPLY_ID);
    bool has_formed = reply_text_is(reply, REPLY_STATE, "formed");

    if (!reply->is_push) return;
    if (id.len == 0 || id.len > ROOM_ID_MAX) {
        watchers->counts.gaps++;
        return;
    }
    verify_push(watchers->verify, reply);
    uint32_t room = journal_find_room(watchers->journal, id);
    struct watched *watched = room == NO_ROOM ? NULL : find(watchers, room);
    if (watched != NULL && (has_formed || reply_text_is(reply, REPLY_STATE, "failed")))
        note_end(watchers, watched, has_formed);
}

static void read_link(struct watchers *watchers, struct link *link)
{
    bool is_alive = link_read(link);
    enum decoded got = DECODED_ONE;
    size_t consumed = 0;

    while (got == DECODED_ONE && link->in_at < link->in.len) {
        reply_reset(&watchers->reply);
        got = resp_decode(link->in.data + link->in_at, link->in.len - link->in_at, NULL, 0,
                          &watchers->reply, &consumed);
        if (got != DECODED_ONE) break;
        take_push(watchers);
        link->in_at += consumed;
    }
    if (is_alive && got != DECODED_BAD) return;
    fprintf(stderr, "tuan bench: a watcher's connection is lost\n");
    link_close(link);
}

void watchers_turn(struct watchers *watchers)
{
    struct epoll_event events[64];
    int count = epoll_wait(watchers->epoll, events, 64, 0);

    for (int i = 0; i < count; i++)
        read_link(watchers, events[i].data.ptr);
}

static bool is_untold(const struct watchers *watchers, const struct watched *watched)
{
    return watched->formed_sent_ns > 0 && watched->told < watchers->options.count;
}

static bool is_late(const struct watchers *watchers, const struct watched *watched)
{
    int64_t deadline_ms = watchers->journal->rooms[watched->room].deadline_ms;

    return !watched->is_over && watched->formed_sent_ns == 0 && deadline_ms > 0 &&
           clock_wall_ms() + watchers->options.clock_offset_ms > deadline_ms;
}

static void count_untold(struct watchers *watchers)
{
    watchers->counts.untold = watchers->counts.late = 0;
    for (uint32_t i = 0; i < watchers->count; i++) {
        watchers->counts.untold += is_untold(watchers, &watchers->all[i]);
        watchers->counts.late += is_late(watchers, &watchers->all[i]);
    }
}

void watchers_linger(struct watchers *watchers, int64_t span_ms)
{
    int64_t end_us = clock_now_us() + span_ms * 1000;

    count_untold(watchers);
    while (watchers->counts.untold + watchers->counts.late > 0 && clock_now_us() < end_us &&
           !stop_asked()) {
        struct pollfd wait = {.fd = watchers->epoll, .events = POLLIN};
        (void)poll(&wait, 1, 20);
        watchers_turn(watchers);
        count_untold(watchers);
    }
}

const struct watchers_counts *watchers_counts(const struct watchers *watchers)
{
    return &watchers->counts;
}
