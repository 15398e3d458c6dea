/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- answers ---- */

static void check_echo(struct verify *verify, const struct request *request,
                       const struct reply *reply)
{
    char campaign[CAMPAIGN_ID_LEN];
    struct tuan_str told = reply_text(reply, REPLY_CAMPAIGN),
                    order = reply_text(reply, REPLY_ORDER);
    uint64_t number;
    bool has_order = op_rows[request->op].kind != OP_KIND_READ || request->op == OP_SEAT;

    names_campaign(verify->names, request->campaign, campaign);
    if (reply_has(reply, REPLY_CAMPAIGN) &&
        (told.len != CAMPAIGN_ID_LEN || memcmp(told.ptr, campaign, CAMPAIGN_ID_LEN) != 0))
        laws_break(&verify->laws, LAW_ECHO, "%s of campaign %.*s was answered with campaign %.*s",
                   op_rows[request->op].word, CAMPAIGN_ID_LEN, campaign, (int)told.len, told.ptr);
    if (has_order && reply_has(reply, REPLY_ORDER) &&
        (!names_read('o', order, &number) || number != request->order))
        laws_break(&verify->laws, LAW_ECHO,
                   "%s of order o%012" PRIu64 " was answered with order %.*s",
                   op_rows[request->op].word, request->order, (int)order.len, order.ptr);
}

static void check_room_named(struct verify *verify, const struct request *request,
                             const struct reply *reply)
{
    struct tuan_str told = reply_text(reply, reply_has(reply, REPLY_ROOM) ? REPLY_ROOM : REPLY_ID);
    struct tuan_str asked = room_id_str(request->room_id);

    if (told.len == 0 || request->room == NO_ROOM || reply_has(reply, REPLY_REROUTED_FROM)) return;
    if (told.len != asked.len || memcmp(told.ptr, asked.ptr, told.len) != 0)
        laws_break(&verify->laws, LAW_ECHO, "%s of room %.*s was answered with room %.*s",
                   op_rows[request->op].word, (int)asked.len, asked.ptr, (int)told.len, told.ptr);
}

static void check_capacity(struct verify *verify, const struct reply *reply)
{
    int64_t taken = reply_number(reply, REPLY_HELD) + reply_number(reply, REPLY_PAID) +
                    reply_number(reply, REPLY_VIRTUAL);
    struct tuan_str room = reply_text(reply, reply_has(reply, REPLY_ROOM) ? REPLY_ROOM : REPLY_ID);

    if (taken <= reply_number(reply, REPLY_SIZE)) return;
    laws_break(&verify->laws, LAW_CAPACITY,
               "room %.*s has %" PRId64 " held, %" PRId64 " paid and %" PRId64
               " virtual seats of %" PRId64,
               (int)room.len, room.ptr, reply_number(reply, REPLY_HELD),
               reply_number(reply, REPLY_PAID), reply_number(reply, REPLY_VIRTUAL),
               reply_number(reply, REPLY_SIZE));
}

void verify_answer(struct verify *verify, const struct request *request, const struct reply *reply)
{
    verify->answers++;
    check_echo(verify, request, reply);
    if (!reply_has(reply, REPLY_SIZE)) return; /* a list, or a pong */
    check_room_named(verify, request, reply);
    check_capacity(verify, reply);
}

void verify_push(struct verify *verify, const struct reply *reply)
{
    if (reply_has(reply, REPLY_SIZE)) check_capacity(verify, reply);
}

/* ---- rooms as told afterwards ---- */

static bool is_word(struct tuan_str text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

static void take_seat(struct verify *verify, uint32_t room, const struct reply_seat *told)
{
    struct journal *journal = verify->journal;
    struct journal_room *in = &journal->rooms[room];
    bool is_settled = is_word(told->state, "settled");
    bool is_live = is_word(told->state, "held") || is_word(told->state, "paid") || is_settled ||
                   is_word(told->state, "virtual");
    uint64_t order;

    in->told_live += is_live;
    in->told_settled += is_settled;
    if (is_word(told->state, "virtual")) return;
    if (!names_read('o', told->order, &order) || order >= journal->seat_count) {
        laws_break(&verify->laws, LAW_ONE_ROOM, "room %.*s shows order %.*s, which nobody placed",
                   ROOM_ID_MAX, in->id, (int)told->order.len, told->order.ptr);
        return;
    }
    struct journal_seat *seat = &journal->seats[order];
    seat->is_told_live = is_live;
    seat->is_told_money = (is_live && !is_word(told->state, "held")) ||
                          is_word(told->state, "refund_due") || is_word(told->state, "refunded");
    if (seat->fate == JOURNAL_REFUSED)
        laws_break(&verify->laws, LAW_NO_TRACE,
                   "order o%012" PRIu64 " was refused, but room %.*s shows it", order, ROOM_ID_MAX,
                   in->id);
    else if (seat->told++ > 0)
        laws_break(&verify->laws, LAW_ONE_ROOM,
                   "order o%012" PRIu64 " stands in room %.*s and in another", order, ROOM_ID_MAX,
                   in->id);
    else if (seat->fate == JOURNAL_SEATED && seat->room != room)
        laws_break(&verify->laws, LAW_ONE_ROOM,
                   "order o%012" PRIu64 " was acknowledged in room %.*s, but stands in %.*s", order,
                   ROOM_ID_MAX, journal->rooms[seat->room].id, ROOM_ID_MAX, in->id);
}

void verify_room_seats(struct verify *verify, uint32_t room, const struct reply *reply)
{
    struct journal_room *in = &verify->journal->rooms[room];

    if (!in->is_told) verify->rooms_checked++;
    in->is_told = true;
    for (uint32_t i = 0; i < reply->seat_count; i++)
        take_seat(verify, room, &reply->seats[i]);
    if (in->size > 0 && in->told_live > in->size)
        laws_break(&verify->laws, LAW_CAPACITY, "room %.*s shows %u live seats of %u", ROOM_ID_MAX,
                   in->id, in->told_live, in->size);
}

void verify_room_unknown(struct verify *verify, uint32_t room, bool may_be_forgotten)
{
    struct journal_room *in = &verify->journal->rooms[room];

    in->is_forgotten = may_be_forgotten;
    verify->rooms_forgotten += may_be_forgotten;
    if (!may_be_forgotten)
        laws_break(&verify->laws, LAW_KNOWN, "room %.*s, named in an answer, is not known",
                   ROOM_ID_MAX, in->id);
}

static void check_seat(struct verify *verify, uint64_t order)
{
    const struct journal_seat *seat = &verify->journal->seats[order];

    if (seat->fate == JOURNAL_UNCERTAIN || seat->fate == JOURNAL_ASKED) verify->seats_uncertain++;
    if (seat->fate != JOURNAL_SEATED || !verify->journal->rooms[seat->room].is_told) return;
    verify->seats_checked++;
    if (seat->told == 0)
        laws_break(&verify->laws, LAW_ONE_ROOM,
                   "order o%012" PRIu64 " was acknowledged in room %.*s, which does not show it",
                   order, ROOM_ID_MAX, verify->journal->rooms[seat->room].id);
    else if (seat->is_paid && !seat->is_pay_unknown && !seat->is_told_money)
        laws_break(&verify->laws, LAW_PAYMENT,
                   "order o%012" PRIu64 " was paid, but is neither a paid seat nor a refund",
                   order);
}

void verify_books(struct verify *verify)
{
    for (uint64_t order = 0; order < verify->journal->seat_count; order++)
        check_seat(verify, order);
}

/* ---- seats in time ---- */

struct edge {
    uint32_t room;
    uint32_t at_ms;
    int step;
};

/* At one moment, who leaves goes before who comes: spans are half-open. */
static int by_room_and_time(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;

    if (x->room != y->room) return x->room < y->room ? -1 : 1;
    if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
    return x->step - y->step;
}

void verify_overlap(struct verify *verify)
{
    const struct journal *journal = verify->journal;
    struct edge *edges = mem_alloc((size_t)(journal->seat_count * 2 + 1) * sizeof *edges);
    size_t count = 0;
    uint32_t taken = 0;

    for (uint64_t order = 0; order < journal->seat_count; order++) {
        const struct journal_seat *seat = &journal->seats[order];
        const bool is_over = seat->fate == JOURNAL_SEATED &&
                             journal->rooms[seat->room].seats > journal->rooms[seat->room].size;
        if (!is_over || seat->is_pay_unknown || seat->from_ms >= seat->until_ms) continue;
        edges[count++] = (struct edge){seat->room, seat->from_ms, 1};
        edges[count++] = (struct edge){seat->room, seat->until_ms, -1};
    }
    qsort(edges, count, sizeof *edges, by_room_and_time);
    for (size_t i = 0; i < count; i++) {
        const struct journal_room *room = &journal->rooms[edges[i].room];
        if (i == 0 || edges[i - 1].room != edges[i].room) taken = 0;
        taken = edges[i].step > 0 ? taken + 1 : taken - 1;
        if (edges[i].step > 0 && room->size > 0 && taken == room->size + 1)
            laws_break(&verify->laws, LAW_CAPACITY,
                       "room %.*s of %u seats was acknowledged to %u shoppers at once", ROOM_ID_MAX,
                       room->id, room->size, taken);
    }
    mem_free(edges);
}

/* ---- counts ---- */

static void compare(struct verify *verify, uint32_t campaign, const char *source, const char *what,
                    int64_t told, int64_t least, int64_t most)
{
    if (told < 0 || (told >= least && told <= most)) return;
    laws_break(&verify->laws, LAW_COUNTS,
               "campaign %u: %s counts %" PRId64 " %s, its answers say %" PRId64 "%s", campaign,
               source, told, what, least, least == most ? "" : " and more that are not known");
}

void verify_counted(struct verify *verify, uint32_t campaign, const char *source,
                    const struct verify_counts *told)
{
    const struct journal_counts *ours = &verify->journal->campaigns[campaign];

    compare(verify, campaign, source, "seats taken", told->seats, ours->seated,
            ours->seated + ours->seats_uncertain);
    compare(verify, campaign, source, "seats paid", told->paid, ours->paid,
            ours->paid + ours->pays_uncertain + ours->seats_uncertain);
    compare(verify, campaign, source, "rooms opened", told->rooms, ours->rooms,
            ours->rooms + ours->seats_uncertain);
}
