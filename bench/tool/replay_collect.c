/* SPDX-License-Identifier: BSD-2-Clause */
/* replay_collect.c - after the feeding: wait for the rooms' ends, then read the daemon's books into
 * ours. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/tool/clock.h"
#include "bench/tool/replay.h"
#include "bench/tool/stop.h"

#define ROOMS_A_CALL 100 /* of ROOM.MGET */
#define ASKS_AT_ONCE 256
#define END_PATIENCE_MS                                                                            \
    10000 /* a room may end so long after its deadline before it counts as stuck */

static bool lose(struct replay *replay, const struct tuan_client_error *error)
{
    replay->error = *error;
    return false;
}

static bool lose_refused(struct replay *replay, struct tuan_answer *answer)
{
    replay->error.failure = TUAN_CLIENT_REFUSED;
    snprintf(replay->error.code, sizeof replay->error.code, "%s", tuan_answer_code(answer));
    snprintf(replay->error.text, sizeof replay->error.text, "%s", tuan_answer_text(answer));
    tuan_answer_free(answer);
    return false;
}

static int64_t int_of(const struct tuan_value *map, const char *name)
{
    int64_t value = 0;

    tuan_value_int(tuan_value_get(map, name), &value);
    return value;
}

static int64_t word_of(const struct tuan_value *map, const char *name,
                       const struct tuan_words *words)
{
    const char *text = "";
    size_t len = 0;

    tuan_value_text(tuan_value_get(map, name), &text, &len);
    return tuan_word_find(words, (struct tuan_str){text, (uint32_t)len});
}

/* What ended longer ago than keep_ms may be forgotten. */
static enum book_fate fate_of_missing(const struct replay *replay)
{
    int64_t age_ms = (clock_now_us() - replay->stats.started_us) / 1000;

    return age_ms >= replay_keep_ms(replay) ? BOOK_FORGOTTEN : BOOK_MISSING;
}

/* ---- rooms ---- */

static void note_room(struct replay *replay, struct book_room *room, const struct tuan_value *told)
{
    const struct tuan_value *seats = tuan_value_get(told, "seats");

    if (tuan_value_get(told, "state") == NULL) {
        room->fate = fate_of_missing(replay);
        return;
    }
    room->fate = BOOK_TOLD;
    room->state = (enum tuan_room_state)word_of(told, "state", &tuan_room_state_words);
    room->reason = (enum tuan_room_reason)word_of(told, "reason", &tuan_room_reason_words);
    room->size = int_of(told, "size");
    room->paid = int_of(told, "paid");
    room->held = int_of(told, "held");
    room->virtuals = int_of(told, "virtual");
    room->opened_at = int_of(told, "opened_at");
    room->ended_at = int_of(told, "formed_at") + int_of(told, "failed_at");
    room->deadline = int_of(told, "deadline");
    room->seats_total = int_of(told, "seats_total");
    book_list_seats(&replay->book, room, tuan_value_count(seats));
    for (size_t i = 0; i < room->listed_count; i++) {
        const struct tuan_value *seat = tuan_value_at(seats, i);
        tuan_value_copy(tuan_value_get(seat, "order"), room->listed[i].order,
                        sizeof room->listed[i].order);
        room->listed[i].state =
            (enum tuan_seat_state)word_of(seat, "state", &tuan_seat_state_words);
    }
}

static bool room_has_ended(const struct book_room *room)
{
    return room->fate != BOOK_UNASKED && room->state != TUAN_ROOM_OPEN &&
           room->state != TUAN_ROOM_PENDING;
}

/* Ask for up to 100 rooms from *at on that have not ended, as known so far; *at moves on. */
static bool ask_rooms(struct replay *replay, struct book_room **at)
{
    struct book_room *asked[ROOMS_A_CALL];
    struct tuan_client_error error;
    size_t count = 0;

    for (; *at != NULL && count < ROOMS_A_CALL; *at = (*at)->next)
        if (!room_has_ended(*at)) asked[count++] = *at;
    if (count == 0) return true;
    tuan_client_begin(replay->client, "room.mget");
    tuan_client_list(replay->client, "room", count);
    for (size_t i = 0; i < count; i++)
        tuan_client_str(replay->client, NULL, asked[i]->id);
    struct tuan_answer *answer = NULL;
    if (tuan_client_end(replay->client, &error) != 0)
        answer = tuan_client_receive(replay->client, 10000, &error);
    if (answer == NULL) return lose(replay, &error);
    if (tuan_answer_is_refused(answer)) return lose_refused(replay, answer);
    for (size_t i = 0; i < count; i++)
        note_room(replay, asked[i], tuan_value_at(tuan_answer_result(answer), i));
    tuan_answer_free(answer);
    return true;
}

static int64_t count_running(const struct replay *replay, int64_t *last_deadline)
{
    int64_t running = 0;

    *last_deadline = 0;
    for (const struct book_room *room = replay->book.rooms; room != NULL; room = room->next) {
        if (room_has_ended(room)) continue;
        running++;
        if (room->deadline > *last_deadline) *last_deadline = room->deadline;
    }
    return running;
}

bool replay_await_rooms(struct replay *replay)
{
    int64_t progress_us = clock_now_us(), last_deadline, running;

    for (;;) {
        for (struct book_room *at = replay->book.rooms; at != NULL;)
            if (!ask_rooms(replay, &at)) return false;
        running = count_running(replay, &last_deadline);
        replay->stats.ended_us = clock_now_us();
        if (running == 0 || clock_wall_ms() > last_deadline + END_PATIENCE_MS) return true;
        if (stop_asked() && !replay->is_cut) { /* do not wait for the rooms: end them */
            replay->is_cut = true;
            if (!replay_close(replay)) return false;
        }
        if (replay->stats.ended_us - progress_us >= 1000000) {
            progress_us = replay->stats.ended_us;
            replay_progress(replay, 0);
            fprintf(stderr,
                    "waiting for %" PRId64 " rooms to end, the last one in %" PRId64 " ms\n",
                    running, last_deadline - clock_wall_ms());
        }
        clock_sleep_ms(100);
    }
}

/* ---- many small questions, pipelined ---- */

/* Each question asks about one entry of a list. */
struct question {
    void *(*next)(void *entry); /* NULL: the list's end */
    void (*build)(struct replay *replay, void *entry);
    void (*note)(struct replay *replay, void *entry, const struct tuan_answer *answer);
};

static bool ask_one(struct replay *replay, const struct question *question, void *entry,
                    uint32_t *msgid)
{
    question->build(replay, entry);
    *msgid = tuan_client_end(replay->client, &replay->error);
    return *msgid != 0;
}

/* The one refusal that is an answer to "is it there?". */
static bool says_not_found(const struct tuan_answer *answer)
{
    const char *code = tuan_answer_code(answer), *found = strstr(code, "_NOT_FOUND");

    return found != NULL && found[strlen("_NOT_FOUND")] == '\0';
}

static bool take_one(struct replay *replay, const struct question *question, void *const *entries,
                     const uint32_t *msgids, size_t count)
{
    struct tuan_client_error error;
    struct tuan_answer *answer = tuan_client_receive(replay->client, 30000, &error);

    if (answer == NULL) return lose(replay, &error);
    if (tuan_answer_is_refused(answer) && !says_not_found(answer))
        return lose_refused(replay, answer);
    for (size_t i = 0; i < count; i++)
        if (msgids[i] == tuan_answer_msgid(answer)) question->note(replay, entries[i], answer);
    tuan_answer_free(answer);
    return true;
}

static bool ask_all(struct replay *replay, const struct question *question, void *entry)
{
    void *entries[ASKS_AT_ONCE];
    uint32_t msgids[ASKS_AT_ONCE];

    while (entry != NULL) {
        size_t count = 0;
        for (; entry != NULL && count < ASKS_AT_ONCE; entry = question->next(entry), count++) {
            entries[count] = entry;
            if (!ask_one(replay, question, entry, &msgids[count])) return false;
        }
        for (size_t i = 0; i < count; i++)
            if (!take_one(replay, question, entries, msgids, count)) return false;
    }
    return true;
}

/* ---- seats ---- */

static void *next_seat(void *entry)
{
    return ((struct book_seat *)entry)->next;
}

static void build_seat(struct replay *replay, void *entry)
{
    const struct book_seat *seat = entry;

    tuan_client_begin(replay->client, "seat.get");
    tuan_client_str(replay->client, "campaign", seat->campaign->id);
    tuan_client_str(replay->client, "order", seat->order);
}

static void note_seat(struct replay *replay, void *entry, const struct tuan_answer *answer)
{
    struct book_seat *seat = entry;
    char user[BOOK_ID_MAX] = "";

    if (tuan_answer_is_refused(answer)) {
        seat->fate = fate_of_missing(replay);
        return;
    }
    tuan_answer_copy(answer, "user", user, sizeof user);
    seat->fate = strcmp(user, seat->user->id) == 0 ? BOOK_TOLD : BOOK_MISSING;
    seat->state =
        (enum tuan_seat_state)word_of(tuan_answer_result(answer), "seat", &tuan_seat_state_words);
    struct book_room *room = replay_note_room(replay, seat->campaign, tuan_answer_result(answer));
    if (room != NULL) seat->room = room;
    seat->is_acknowledged = true; /* also one whose first answer was UNKNOWN */
}

/* ---- campaigns ---- */

static void *next_campaign(void *entry)
{
    return ((struct book_campaign *)entry)->next;
}

static void build_campaign(struct replay *replay, void *entry)
{
    tuan_client_begin(replay->client, "campaign.get");
    tuan_client_str(replay->client, "campaign", ((const struct book_campaign *)entry)->id);
}

static void note_campaign(struct replay *replay, void *entry, const struct tuan_answer *answer)
{
    struct book_campaign *campaign = entry;
    const struct tuan_value *result = tuan_answer_result(answer);

    (void)replay;
    campaign->fate = tuan_answer_is_refused(answer) ? BOOK_MISSING : BOOK_TOLD;
#define NOTE_COUNTER(name) campaign->told.name = int_of(result, #name)
    NOTE_COUNTER(rooms_open);
    NOTE_COUNTER(rooms_opened);
    NOTE_COUNTER(rooms_formed);
    NOTE_COUNTER(rooms_failed);
    NOTE_COUNTER(seats_held);
    NOTE_COUNTER(seats_paid);
    NOTE_COUNTER(seats_released);
    NOTE_COUNTER(refunds_due);
#undef NOTE_COUNTER
}

/* ---- refunds ---- */

static void note_refund(struct replay *replay, struct book_campaign *campaign,
                        const struct tuan_value *told)
{
    char id[TUAN_RID_CHARS + 1] = "";

    if (!tuan_value_copy(tuan_value_get(told, "refund"), id, sizeof id)) return;
    struct book_refund *refund = book_add_refund(&replay->book, campaign, id);
    tuan_value_copy(tuan_value_get(told, "order"), refund->order, sizeof refund->order);
    tuan_value_copy(tuan_value_get(told, "user"), refund->user, sizeof refund->user);
    tuan_value_copy(tuan_value_get(told, "room"), refund->room, sizeof refund->room);
    refund->reason = (enum tuan_refund_reason)word_of(told, "reason", &tuan_refund_reason_words);
    refund->amount = int_of(told, "amount");
}

/* All pages of a campaign's open refunds. */
static bool collect_refunds(struct replay *replay, struct book_campaign *campaign)
{
    char cursor[160] = "";

    do {
        struct tuan_answer *answer =
            cursor[0] == '\0' ? tuan_client_call(replay->client, &replay->error,
                                                 "refund.list campaign=%s limit=500", campaign->id)
                              : tuan_client_call(replay->client, &replay->error,
                                                 "refund.list campaign=%s limit=500 cursor=%s",
                                                 campaign->id, cursor);
        if (answer == NULL) return false;
        const struct tuan_value *refunds = tuan_value_get(tuan_answer_result(answer), "refunds");
        for (size_t i = 0; i < tuan_value_count(refunds); i++)
            note_refund(replay, campaign, tuan_value_at(refunds, i));
        if (!tuan_answer_copy(answer, "cursor", cursor, sizeof cursor)) cursor[0] = '\0';
        tuan_answer_free(answer);
    } while (cursor[0] != '\0');
    return true;
}

bool replay_collect(struct replay *replay)
{
    const struct question about_seats = {next_seat, build_seat, note_seat};
    const struct question about_campaigns = {next_campaign, build_campaign, note_campaign};

    if (!ask_all(replay, &about_seats, replay->book.seats)) return false;
    for (struct book_room *at = replay->book.rooms; at != NULL;) /* rooms that only a seat named */
        if (!ask_rooms(replay, &at)) return false;
    for (struct book_campaign *campaign = replay->book.campaigns; campaign != NULL;
         campaign = campaign->next)
        if (!campaign->wants_put && !collect_refunds(replay, campaign)) return false;
    return ask_all(replay, &about_campaigns, replay->book.campaigns);
}

/* ---- leaving a shared daemon as it was ---- */

static void *next_refund(void *entry)
{
    return ((struct book_refund *)entry)->next;
}

static void build_ack(struct replay *replay, void *entry)
{
    tuan_client_begin(replay->client, "refund.ack");
    tuan_client_str(replay->client, "refund", ((const struct book_refund *)entry)->id);
    tuan_client_str(replay->client, "ref", "replay");
}

static void build_close(struct replay *replay, void *entry)
{
    tuan_client_begin(replay->client, "campaign.close");
    tuan_client_str(replay->client, "campaign", ((const struct book_campaign *)entry)->id);
    tuan_client_str(replay->client, "rooms", "fail");
}

static void note_nothing(struct replay *replay, void *entry, const struct tuan_answer *answer)
{
    (void)replay, (void)entry, (void)answer;
}

bool replay_close(struct replay *replay)
{
    const struct question closes = {next_campaign, build_close, note_nothing};

    return ask_all(replay, &closes, replay->book.campaigns);
}

bool replay_acknowledge(struct replay *replay)
{
    const struct question acks = {next_refund, build_ack, note_nothing};

    return ask_all(replay, &acks, replay->book.refunds);
}
