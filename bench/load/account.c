/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/account.h"

#include "bench/tool/clock.h"
#include "proto/schema.h"

static int64_t server_now_ms(const struct account *account, const struct reply *reply)
{
    if (reply_has(reply, REPLY_NOW)) return reply_number(reply, REPLY_NOW);
    return clock_wall_ms() + account->clock_offset_ms;
}

/* The room that an answer tells of; what it tells is kept. */
static uint32_t note_room(struct account *account, const struct request *request,
                          const struct reply *reply, bool *is_new)
{
    struct journal *journal = account->journal;
    struct tuan_str id = reply_text(reply, REPLY_ROOM);
    uint32_t before = journal->room_count;

    if (id.len == 0 || id.len > ROOM_ID_MAX || !reply_has(reply, REPLY_SIZE)) return request->room;
    uint32_t index = journal_room(journal, id, request->campaign);
    struct journal_room *room = &journal->rooms[index];
    enum reply_field state = reply_has(reply, REPLY_ROOM_STATE) ? REPLY_ROOM_STATE : REPLY_STATE;
    *is_new = index == before;
    room->size = (uint32_t)reply_number(reply, REPLY_SIZE);
    if (reply_has(reply, REPLY_DEADLINE)) room->deadline_ms = reply_number(reply, REPLY_DEADLINE);
    room->state = (uint8_t)tuan_word_find(&tuan_room_state_words, reply_text(reply, state));
    return index;
}

static void note_seat(struct account *account, const struct request *request,
                      const struct reply *reply, struct noted *noted)
{
    int64_t now_ms = server_now_ms(account, reply), until_ms = INT64_MAX;

    noted->is_held = reply_text_is(reply, REPLY_SEAT, "held");
    noted->is_seated = noted->is_held || reply_text_is(reply, REPLY_SEAT, "paid") ||
                       reply_text_is(reply, REPLY_SEAT, "settled");
    if (noted->room == NO_ROOM || noted->room >= account->journal->room_count) {
        laws_break(&account->verify->laws, LAW_ECHO, "a seat was answered without its room");
        journal_doubt(account->journal, request->order);
        return;
    }
    if (noted->is_held) {
        /* A hold is his until its time, but for what ends its room before. */
        until_ms = account->trusts_holds ? reply_number(reply, REPLY_HOLD_UNTIL) : now_ms;
    } else if (!noted->is_seated) {
        until_ms = now_ms; /* of a repeat: it was his, and is no more */
    }
    journal_seat(account->journal, request->order, noted->room, now_ms, until_ms);
}

/* Until when he who gives a seat back certainly has it. A server that does not tell when it took it
 * may have given it to another before this answer was read, but not before it was asked. */
static int64_t given_back_ms(const struct account *account, const struct flight *flight,
                             const struct reply *reply)
{
    int64_t under_way_ms = (clock_now_ns() - flight->sent_ns) / 1000000 + 1;

    return server_now_ms(account, reply) - (reply_has(reply, REPLY_NOW) ? 0 : under_way_ms);
}

static void note_ok(struct account *account, const struct flight *flight, const struct reply *reply,
                    struct noted *noted)
{
    const struct request *request = &flight->request;

    verify_answer(account->verify, request, reply);
    noted->room = note_room(account, request, reply, &noted->is_new_room);
    switch (op_rows[request->op].kind) {
    case OP_KIND_SEAT: note_seat(account, request, reply, noted); break;
    case OP_KIND_PAY:
        if (reply_text_is(reply, REPLY_SEAT, "paid") || reply_text_is(reply, REPLY_SEAT, "settled"))
            journal_pay(account->journal, request->order, server_now_ms(account, reply));
        break;
    case OP_KIND_CANCEL:
        journal_give_back(account->journal, request->order, given_back_ms(account, flight, reply));
        break;
    case OP_KIND_READ:
    case OP_KIND_CHECK: return;
    }
    noted->has_formed = reply_text_is(reply, REPLY_ROOM_STATE, "formed");
}

/* An error is certainly without effect, but for these. */
static bool is_in_doubt(const struct flight *flight, const struct reply *reply)
{
    if (reply->fate != FATE_ANSWERED) return flight->sent_ns > 0;
    return reply->err == TUAN_ERR_UNKNOWN || reply->err == TUAN_ERR_COUNT;
}

struct noted account_note(struct account *account, const struct flight *flight,
                          const struct reply *reply)
{
    const struct request *request = &flight->request;
    struct noted noted = {.room = NO_ROOM};
    enum op_kind kind = op_rows[request->op].kind;

    if (reply->class == CLASS_OK) {
        note_ok(account, flight, reply, &noted);
        return noted;
    }
    bool is_doubt = is_in_doubt(flight, reply);
    noted.is_unknown = is_doubt && kind != OP_KIND_READ && kind != OP_KIND_CHECK;
    if (kind == OP_KIND_SEAT && is_doubt)
        journal_doubt(account->journal, request->order);
    else if (kind == OP_KIND_SEAT)
        journal_refuse(account->journal, request->order);
    else if ((kind == OP_KIND_PAY || kind == OP_KIND_CANCEL) && is_doubt)
        journal_doubt_pay(account->journal, request->order);
    return noted;
}
