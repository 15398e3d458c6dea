/* SPDX-License-Identifier: BSD-2-Clause */
/* drive_link.c - the drive's connections: made, lost, made anew, written. */
#include <sys/epoll.h>
#include <sys/socket.h>

#include "bench/load/drive_impl.h"
#include "bench/tool/clock.h"

enum { RETRY_MS = 20 }; /* between two attempts to connect */

static void watch_link(struct drive *drive, uint32_t index, int how)
{
    struct link *link = &drive->links[index];
    struct epoll_event event = {.events = EPOLLIN | (link->wants_write ? EPOLLOUT : 0u),
                                .data.u32 = index};

    epoll_ctl(drive->epoll, how, link->fd, &event);
}

static void open_link(struct drive *drive, uint32_t index)
{
    struct link *link = &drive->links[index];

    if (link->state == LINK_DOWN && link_open(link, &drive->options.addresses[link->group]))
        watch_link(drive, index, EPOLL_CTL_ADD);
}

/* What was under way is cut. */
void drive_link_lose(struct drive *drive, uint32_t index, int64_t now_ns)
{
    struct link *link = &drive->links[index];

    if (link->state == LINK_UP) {
        drive->links_up--;
        drive->counts.losses++;
    }
    if (drive->links_up == 0 && drive->down_since_ns == 0) drive->down_since_ns = now_ns;
    link_close(link);
    for (uint32_t i = 0; i < drive->flight_count; i++) {
        struct flight *flight = &drive->flights[i];
        if (!flight->is_used || flight->link != index) continue;
        drive_flight_fail(drive, flight, FATE_CUT, now_ns);
        drive_flight_drop(drive, i);
    }
}

void drive_links_retry(struct drive *drive, int64_t now_ns)
{
    if (now_ns < drive->retry_ns || drive->links_up == drive->link_count) return;
    drive->retry_ns = now_ns + RETRY_MS * INT64_C(1000000);
    for (uint32_t i = 0; i < drive->link_count; i++)
        open_link(drive, i);
}

void drive_link_finish(struct drive *drive, uint32_t index, int64_t now_ns)
{
    struct link *link = &drive->links[index];
    int failed = 0;
    socklen_t len = sizeof failed;

    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &failed, &len) != 0 || failed != 0) {
        link_close(link);
        return;
    }
    link->state = LINK_UP;
    link->wants_write = false;
    watch_link(drive, index, EPOLL_CTL_MOD);
    drive->links_up++;
    drive->down_since_ns = 0;
    drive->counts.connects++;
    if (now_ns - drive->connect_started_ns > drive->counts.connect_ns_max)
        drive->counts.connect_ns_max = now_ns - drive->connect_started_ns;
}

/* Everything encoded since leaves; the stamp is taken just before. */
void drive_link_flush(struct drive *drive, uint32_t index, int64_t now_ns)
{
    struct link *link = &drive->links[index];

    link->is_dirty = false;
    if (link->state != LINK_UP) return;
    for (; link->unsent > 0; link->unsent--) {
        uint32_t at = (link->head + link->count - link->unsent) & (link->cap - 1);
        drive->flights[link->flights[at]].sent_ns = now_ns;
    }
    if (!drive->options.codecs[link->group]->is_ordered) link->head = link->count = 0;
    if (!link_flush(link)) {
        drive_link_lose(drive, index, now_ns);
        return;
    }
    bool is_full = link->out.len > 0;
    if (is_full == link->wants_write) return;
    link->wants_write = is_full;
    watch_link(drive, index, EPOLL_CTL_MOD);
}

void drive_links_flush(struct drive *drive)
{
    int64_t now_ns = drive->dirty_count > 0 ? clock_now_ns() : 0;

    for (uint32_t i = 0; i < drive->dirty_count; i++)
        drive_link_flush(drive, drive->dirty[i], now_ns);
    drive->dirty_count = 0;
}
