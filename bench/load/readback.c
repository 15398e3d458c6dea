/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/readback.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bench/tool/clock.h"

#define SECOND_NS INT64_C(1000000000)

static int64_t next_ns(void *context)
{
    const struct readback *readback = context;

    if (readback->failed > 0) return -1;
    if (readback->page_count > 0 || readback->next_room < readback->verify->journal->room_count)
        return 0;
    return readback->under_way > 0 ? INT64_MAX : -1;
}

static bool take(void *context, int64_t due_ns, int64_t now_ns, struct request *request)
{
    struct readback *readback = context;

    (void)due_ns, (void)now_ns;
    readback->under_way++;
    if (readback->page_count > 0) {
        *request = readback->pages[--readback->page_count];
        return true;
    }
    const struct journal_room *room = &readback->verify->journal->rooms[readback->next_room];
    *request =
        (struct request){.op = OP_SEATS, .campaign = room->campaign, .room = readback->next_room++};
    memcpy(request->room_id, room->id, ROOM_ID_MAX);
    return true;
}

static void ask_next_page(struct readback *readback, const struct request *request,
                          struct tuan_str cursor)
{
    if (readback->page_count == readback->page_cap) {
        readback->page_cap = readback->page_cap == 0 ? 64 : readback->page_cap * 2;
        readback->pages =
            mem_realloc(readback->pages, readback->page_cap * sizeof *readback->pages);
    }
    struct request *page = &readback->pages[readback->page_count++];
    *page = *request;
    memcpy(page->cursor, cursor.ptr, cursor.len);
    page->cursor[cursor.len] = '\0';
}

static void ended(void *context, const struct flight *flight, const struct reply *reply,
                  int64_t now_ns)
{
    struct readback *readback = context;
    struct tuan_str cursor = reply_text(reply, REPLY_CURSOR);

    (void)now_ns;
    readback->under_way--;
    if (reply->class == CLASS_OK) {
        verify_room_seats(readback->verify, flight->request.room, reply);
        if (cursor.len > 0 && cursor.len < sizeof flight->request.cursor)
            ask_next_page(readback, &flight->request, cursor);
    } else if (reply->err == TUAN_ERR_ROOM_NOT_FOUND) {
        verify_room_unknown(readback->verify, flight->request.room, readback->may_be_forgotten);
    } else if (readback->failed++ == 0) {
        fprintf(stderr, "tuan bench: room %.*s could not be read back: %.*s\n", ROOM_ID_MAX,
                flight->request.room_id, (int)reply->text.len, reply->text.ptr);
    }
}

static void turn(void *context, int64_t now_ns)
{
    struct readback *readback = context;

    if (readback->is_quiet || now_ns < readback->told_ns) return;
    readback->told_ns = now_ns + SECOND_NS;
    if (now_ns - readback->started_ns < SECOND_NS) return;
    fprintf(stderr, "verifying: %u of %u rooms\n", readback->next_room,
            readback->verify->journal->room_count);
}

bool readback_run(struct readback *readback)
{
    static const uint32_t pipeline[GROUPS] = {16, 1};
    const struct drive_source source = {
        .context = readback, .next_ns = next_ns, .take = take, .ended = ended, .turn = turn};

    readback->started_ns = clock_now_ns();
    enum drive_end end = drive_run(readback->drive, &source, true, pipeline);
    mem_free(readback->pages);
    readback->pages = NULL;
    return end == DRIVE_DONE && readback->failed == 0;
}
