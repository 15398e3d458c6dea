/* SPDX-License-Identifier: BSD-2-Clause */
/* replay_act.c - a shopper's event becomes calls, and answers go into the book.
 *
 * A shopper does one thing at a time: his next event waits for the answer to the one before. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "bench/tool/clock.h"
#include "bench/tool/replay_drive.h"

#define REPEATS_MAX 5

const char *const op_words[OPS] = {"room.list", "room.get", "room.match", "seat.pay",
                                   "campaign.put"};

static bool flight_has_msgid(const void *entry, const void *key)
{
    return ((const struct replay_action *)entry)->msgid == *(const uint32_t *)key;
}

int64_t replay_scaled_ms(const struct replay *replay, int64_t trace_ms)
{
    double scaled = (double)trace_ms / replay->options.scale;

    return scaled < 1 ? 1 : (int64_t)scaled;
}

int64_t replay_keep_ms(const struct replay *replay)
{
    int64_t scaled = replay_scaled_ms(replay, replay->options.keep_ms);

    return scaled < 60000 ? 60000 : scaled;
}

/* ---- calls ---- */

static void make_order(const struct replay_action *action, char order[BOOK_ID_MAX])
{
    snprintf(order, BOOK_ID_MAX, "o%" PRId64, action->event.line);
}

static void build_call(struct drive *drive, const struct replay_action *action)
{
    struct tuan_client *client = drive->replay->client;

    tuan_client_begin(client, op_words[action->op]);
    if (action->op == OP_GET)
        tuan_client_str(client, "room", action->campaign->last_room->id);
    else
        tuan_client_str(client, "campaign", action->campaign->id);
    if (action->op == OP_LIST) tuan_client_int(client, "limit", 10);
    if (action->op == OP_MATCH) tuan_client_str(client, "user", action->user->id);
    if (action->op == OP_MATCH || action->op == OP_PAY)
        tuan_client_str(client, "order", action->seat->order);
    if (action->op == OP_PAY) {
        tuan_client_int(client, "amount", drive->replay->options.price);
        tuan_client_str(client, "payment", action->seat->order);
    }
}

static bool send_action(struct drive *drive, struct replay_action *action, enum replay_op op)
{
    struct replay *replay = drive->replay;

    action->op = op;
    build_call(drive, action);
    action->msgid = tuan_client_end(replay->client, &replay->error);
    if (action->msgid == 0) return false;
    action->sent_us = clock_now_us();
    replay->stats.calls[op]++;
    map_insert(&drive->flights, hash_mix(action->msgid, 0), action);
    return true;
}

static bool put_campaign(struct drive *drive, struct book_campaign *campaign)
{
    struct replay *replay = drive->replay;
    const struct replay_options *options = &replay->options;
    struct tuan_client *client = replay->client;

    tuan_client_begin(client, op_words[OP_PUT]);
    tuan_client_str(client, "campaign", campaign->id);
    tuan_client_int(client, "size", options->size);
    if (options->min_success > 0) tuan_client_int(client, "min_success", options->min_success);
    tuan_client_int(client, "price", options->price);
    tuan_client_int(client, "room_ttl_ms", replay_scaled_ms(replay, options->ttl_ms));
    tuan_client_int(client, "hold_ms", replay_scaled_ms(replay, options->hold_ms));
    tuan_client_int(client, "late_grace_ms", replay_scaled_ms(replay, options->grace_ms));
    tuan_client_int(client, "keep_ms", replay_keep_ms(replay));
    replay->stats.calls[OP_PUT]++;
    drive->puts_in_flight++;
    campaign->put_msgid = tuan_client_end(client, &replay->error);
    return campaign->put_msgid != 0;
}

bool drive_put_again(struct drive *drive)
{
    struct book_campaign *campaign = drive->replay->book.campaigns;

    for (; drive->puts_wanted > 0 && campaign != NULL; campaign = campaign->next) {
        if (!campaign->wants_put) continue;
        campaign->wants_put = false;
        drive->puts_wanted--;
        if (!put_campaign(drive, campaign)) return false;
    }
    return true;
}

/* ---- what a shopper does next ---- */

/* His seat of that campaign that still waits for its payment; NULL if there is none. Drops those
 * that expired. */
static struct book_seat *find_hold(struct drive *drive, struct book_user *user,
                                   const struct book_campaign *campaign)
{
    int64_t now_ms = clock_wall_ms() + drive->clock_offset_ms;

    for (struct book_seat **at = &user->holds; *at != NULL;) {
        struct book_seat *seat = *at;
        if (seat->is_paid || seat->hold_until <= now_ms) {
            *at = seat->next_hold;
            continue;
        }
        if (seat->campaign == campaign) return seat;
        at = &seat->next_hold;
    }
    return NULL;
}

static bool match(struct drive *drive, struct replay_action *action)
{
    char order[BOOK_ID_MAX];

    make_order(action, order);
    action->seat = book_seat(&drive->replay->book, action->campaign, order, action->user);
    return send_action(drive, action, OP_MATCH);
}

/* False: the connection is lost. *is_done: there was nothing to do. */
static bool start_action(struct drive *drive, struct replay_action *action, bool *is_done)
{
    *is_done = false;
    switch (action->event.kind) {
    case EVENT_PV: return send_action(drive, action, OP_LIST);
    case EVENT_FAV:
        if (action->campaign->last_room != NULL) return send_action(drive, action, OP_GET);
        drive->replay->stats.nothing_to_see++;
        *is_done = true;
        return true;
    case EVENT_CART: return match(drive, action);
    case EVENT_BUY:
        action->seat = find_hold(drive, action->user, action->campaign);
        return action->seat != NULL ? send_action(drive, action, OP_PAY) : match(drive, action);
    case EVENT_KINDS: break;
    }
    assert(action->event.kind < EVENT_KINDS);
    return false;
}

/* The first of the user's actions is over: go on to those behind it. */
static bool finish_action(struct drive *drive, struct book_user *user)
{
    for (bool is_done = true; is_done;) {
        struct replay_action *action = user->actions;
        user->actions = action->next;
        pool_free(&drive->replay->book.pool, action, sizeof *action);
        drive->in_flight--;
        if (user->actions == NULL) {
            user->actions_tail = &user->actions;
            return true;
        }
        if (!start_action(drive, user->actions, &is_done)) return false;
    }
    return true;
}

bool drive_submit(struct drive *drive, const struct event *event)
{
    struct replay *replay = drive->replay;
    struct replay_action *action = pool_alloc(&replay->book.pool, sizeof *action);
    char id[BOOK_ID_MAX];
    bool is_done;

    *action = (struct replay_action){.event = *event};
    action->user = book_user(&replay->book, event->user);
    snprintf(id, sizeof id, "%s%s", replay->options.prefix, event->category);
    action->campaign = book_find_campaign(&replay->book, id);
    if (action->campaign == NULL) {
        action->campaign = book_campaign(&replay->book, id);
        if (!put_campaign(drive, action->campaign)) return false;
    }
    replay->stats.events++;
    replay->stats.by_kind[event->kind]++;
    drive->in_flight++;
    bool is_idle = action->user->actions == NULL;
    *action->user->actions_tail = action;
    action->user->actions_tail = &action->next;
    if (!is_idle) return true;
    if (!start_action(drive, action, &is_done)) return false;
    return !is_done || finish_action(drive, action->user);
}

/* ---- answers ---- */

struct book_room *replay_note_room(struct replay *replay, struct book_campaign *campaign,
                                   const struct tuan_value *value)
{
    char id[TUAN_RID_CHARS + 1];

    if (!tuan_value_copy(tuan_value_get(value, "room"), id, sizeof id)) return NULL;
    return book_room(&replay->book, campaign, id);
}

static void note_clock(struct drive *drive, const struct tuan_answer *answer)
{
    int64_t now_ms;

    if (tuan_answer_int(answer, "now", &now_ms)) drive->clock_offset_ms = now_ms - clock_wall_ms();
}

static void note_seat(struct drive *drive, struct replay_action *action,
                      const struct tuan_answer *answer)
{
    struct book_seat *seat = action->seat;
    struct book_room *room =
        replay_note_room(drive->replay, action->campaign, tuan_answer_result(answer));
    int64_t now_ms = 0, opened_deadline = 0;

    if (room != NULL) action->campaign->last_room = seat->room = room;
    if (room != NULL && tuan_answer_int(answer, "deadline", &opened_deadline))
        room->deadline = opened_deadline;
    if (action->op == OP_PAY) {
        if (tuan_answer_int(answer, "now", &now_ms) && now_ms >= seat->hold_until)
            action->campaign->late_payments++;
        seat->is_paid = true;
        seat->amount = drive->replay->options.price;
        return;
    }
    seat->is_acknowledged = true;
    seat->hold_until = 0;
    if (tuan_answer_int(answer, "hold_until", &seat->hold_until)) {
        seat->next_hold = action->user->holds;
        action->user->holds = seat;
    }
}

static enum tuan_err err_of(const char *code)
{
    enum tuan_err err = tuan_error_find((struct tuan_str){code, (uint32_t)strlen(code)});

    return err == TUAN_ERR_COUNT ? TUAN_OK : err; /* a code of a newer daemon */
}

/* True: the action goes on with another call. */
static bool note_refusal(struct drive *drive, struct replay_action *action,
                         const struct tuan_answer *answer, bool *is_sent)
{
    enum tuan_err err = err_of(tuan_answer_code(answer));
    bool is_write = action->op == OP_MATCH || action->op == OP_PAY;

    drive->replay->stats.refusals[err]++;
    if (err != TUAN_ERR_UNKNOWN && action->op == OP_MATCH) action->seat->is_refused = true;
    if (err != TUAN_ERR_UNKNOWN || !is_write) return false;
    if (action->repeats++ < REPEATS_MAX) {
        drive->replay->stats.repeats++;
        *is_sent = send_action(drive, action, action->op);
        return true;
    }
    action->seat->is_uncertain = action->campaign->is_uncertain = true;
    return false;
}

/* False: the connection is lost. */
static bool take_action_answer(struct drive *drive, struct replay_action *action,
                               const struct tuan_answer *answer)
{
    bool is_sent = true;

    histogram_add(&drive->replay->stats.latency_us[action->op], clock_now_us() - action->sent_us);
    if (tuan_answer_is_refused(answer)) {
        if (note_refusal(drive, action, answer, &is_sent)) return is_sent;
        return finish_action(drive, action->user);
    }
    note_clock(drive, answer);
    if (action->op == OP_MATCH || action->op == OP_PAY) note_seat(drive, action, answer);
    if (action->op == OP_MATCH && action->event.kind == EVENT_BUY)
        return send_action(drive, action, OP_PAY);
    return finish_action(drive, action->user);
}

static struct book_campaign *find_put(struct drive *drive, uint32_t msgid)
{
    struct book_campaign *campaign = drive->replay->book.campaigns;

    while (campaign != NULL && campaign->put_msgid != msgid)
        campaign = campaign->next;
    return campaign;
}

/* Answers of CAMPAIGN.PUT belong to no action: only a refusal matters, and ends the run unless it
 * will pass. */
static bool take_put_answer(struct drive *drive, const struct tuan_answer *answer)
{
    struct tuan_client_error *error = &drive->replay->error;

    drive->puts_in_flight--;
    if (!tuan_answer_is_refused(answer)) return true;
    enum tuan_err err = err_of(tuan_answer_code(answer));
    struct book_campaign *campaign = find_put(drive, tuan_answer_msgid(answer));
    drive->replay->stats.refusals[err]++;
    if (campaign != NULL && err != TUAN_OK && tuan_errors[err].retryable) {
        campaign->wants_put = true;
        drive->puts_wanted++;
        return true;
    }
    error->failure = TUAN_CLIENT_REFUSED;
    snprintf(error->code, sizeof error->code, "%s", tuan_answer_code(answer));
    snprintf(error->text, sizeof error->text, "campaign.put: %s", tuan_answer_text(answer));
    return false;
}

bool drive_take_answer(struct drive *drive, const struct tuan_answer *answer)
{
    uint32_t msgid = tuan_answer_msgid(answer);
    struct replay_action *action =
        map_find(&drive->flights, hash_mix(msgid, 0), flight_has_msgid, &msgid);

    if (action == NULL) return msgid == 0 || take_put_answer(drive, answer);
    map_remove(&drive->flights, hash_mix(msgid, 0), action);
    return take_action_answer(drive, action, answer);
}
