/* SPDX-License-Identifier: BSD-2-Clause */
/* oracle.c - what is checked with each write and each reply. Deep checks are in oracle_stored.c. */
#include "tests/sim/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "tests/sim/sim.h"

enum { EVENTS_FROM = 10, EVENT_WORDS = 5, DEEP_EVERY = 16 };

struct acked_payment {
    uint32_t partition;
    struct request request; /* SEAT.PAY campaign order payment p … */
};

void oracle_init(struct sim *sim)
{
    struct oracle *oracle = &sim->oracle;

    oracle->is_strict = true;
    shown_init(&oracle->shown);
    for (uint32_t i = 0; i < PARTITIONS_MAX; i++) {
        history_init(&oracle->histories[i], i, sim->config.feed_seats);
        truth_init(&oracle->truths[i], &oracle->histories[i]);
    }
}

void oracle_free(struct sim *sim)
{
    struct oracle *oracle = &sim->oracle;

    shown_free(&oracle->shown);
    mem_free(oracle->payments);
    for (uint32_t i = 0; i < PARTITIONS_MAX; i++) {
        truth_free(&oracle->truths[i]);
        history_free(&oracle->histories[i]);
    }
}

uint32_t oracle_partition(const struct sim *sim, struct tuan_str campaign)
{
    return (uint32_t)(hash_bytes(campaign.ptr, campaign.len, 0) % sim->config.partitions);
}

static void look_for_flaws(struct sim *sim, uint32_t partition)
{
    const struct history *history = &sim->oracle.histories[partition];
    const struct truth *truth = &sim->oracle.truths[partition];

    if (history->flaw[0] != '\0') sim_flaw(sim, "partition %u: %s", partition, history->flaw);
    if (truth->flaw[0] != '\0') sim_flaw(sim, "partition %u: %s", partition, truth->flaw);
}

/* ---- writes ---- */

/* "tuan:{2}:log" */
static uint32_t partition_of(struct mirror_bytes key)
{
    return (uint32_t)(key.ptr[6] - '0');
}

static struct mirror_bytes arg(const struct call *call, size_t n)
{
    size_t keys = strtoul(call->argv[2].ptr, NULL, 10);

    return 2 + keys + n < call->argc ? call->argv[2 + keys + n] : (struct mirror_bytes){NULL, 0};
}

static struct value *stored(const struct server *server, uint32_t partition, const char *what)
{
    char key[40];

    snprintf(key, sizeof key, "tuan:{%u}:%s", partition, what);
    return store_find((struct store *)(uintptr_t)&server->store, bytes_of(key), 0);
}

struct telling {
    struct sim *sim;
    const struct call *call;
    struct head head;
    uint32_t told;
};

/* The event that this fact makes stands next in the request, under the id that it must have. */
static bool tell_fact(void *context, const struct tuan_fact *fact)
{
    struct telling *telling = context;
    const char *type = books_event(fact, telling->sim->config.feed_seats);
    size_t at = EVENTS_FROM + telling->told * EVENT_WORDS;
    char id[48];

    if (type == NULL) return true;
    snprintf(id, sizeof id, "%llu-%llu", (unsigned long long)mirror_epoch(telling->head.position),
             (unsigned long long)((mirror_seq(telling->head.position) << 20) + telling->told));
    if (!bytes_equal(arg(telling->call, at), bytes_of(id)) ||
        !bytes_equal(arg(telling->call, at + 1), bytes_of(type)))
        sim_flaw(telling->sim, "event %s of a batch is not %s %s", id, id, type);
    telling->told++;
    return true;
}

/* F1, and ids that are a function of the position (§2). */
static void check_feed(struct sim *sim, const struct call *call, const struct server *server,
                       const struct entry_node *node, uint32_t partition)
{
    struct telling telling = {.sim = sim, .call = call, .head = node->head};
    const struct value *feed = stored(server, partition, "feed");
    struct stream_id last;

    if (node->batch == NULL) return;
    history_walk(blob_bytes(node->batch), tell_fact, &telling);
    if (telling.told == 0) return;
    last.ms = mirror_epoch(node->head.position);
    last.seq = (mirror_seq(node->head.position) << 20) + telling.told - 1;
    if (feed == NULL || feed->stream.last.ms != last.ms || feed->stream.last.seq != last.seq)
        sim_flaw(sim, "the feed does not end in the event of the newest batch");
}

static void appended(struct sim *sim, int index, const struct call *call, uint32_t partition)
{
    struct server *server = &sim->redis.servers[index];
    struct history *history = &sim->oracle.histories[partition];
    const struct stream *log = &stored(server, partition, "log")->stream;
    const struct stream_entry *entry = &log->items[log->first + log->count - 1];
    uint32_t parent = server->tips[partition], node;
    struct mirror_bytes pred = entry_field(entry, "p");
    char text[FORM_HEAD_SIZE] = "";
    struct head head;

    if (!form_parse_head(blob_bytes(stored(server, partition, "head")->string), &head) ||
        entry->id.ms != mirror_epoch(head.position) || entry->id.seq != mirror_seq(head.position))
        sim_flaw(sim, "the head is not the newest entry of the log");
    if (parent != HISTORY_NONE) form_print_head(text, &history->nodes[parent].head);
    if (!bytes_equal(pred, bytes_of(text))) sim_flaw(sim, "an entry follows another than it names");
    if (parent == HISTORY_NONE && history->count > 0)
        sim_flaw(sim, "a second key space is made"); /* D3, D4 */
    node = history_add(history, parent, &head, entry);
    if (call_script(call) == SCRIPT_APPEND)
        history->nodes[node].events = (uint32_t)((call->argc - 6 - 9) / EVENT_WORDS);
    server->tips[partition] = node;
    check_feed(sim, call, server, &history->nodes[node], partition);
    if (index == sim->redis.primary) history_lead_to(history, node);
    look_for_flaws(sim, partition);
    sim->stats.appends++;
}

/* A record of a slice is what the facts up to the head make of it (S1), and not ahead of them (S3).
 * That of a slice which runs late, from a connection that was cut, may be older (R2, S8). */
static void check_sliced(struct truth *truth, const struct mirror_record *record)
{
    const struct truth_record *entry = truth_find(truth, record->hash, record->field);

    if (entry == NULL || record->at >= entry->at) truth_compare(truth, record, "a slice");
}

static void sliced(struct sim *sim, const struct call *call, uint32_t partition)
{
    struct truth *truth = &sim->oracle.truths[partition];
    struct server *server = redis_primary(&sim->redis);

    if (server->tips[partition] != history_tip(&sim->oracle.histories[partition])) return;
    truth_sync(truth);
    for (size_t i = 5; arg(call, i + 2).ptr != NULL; i += 3) {
        struct mirror_record record = {.field = arg(call, i + 1)};
        record.hash = (enum mirror_hash)(strtoul(arg(call, i).ptr, NULL, 10) - 1);
        if (!form_parse_record(arg(call, i + 2), &record))
            sim_flaw(sim, "a slice holds what is no record");
        else
            check_sliced(truth, &record);
    }
    look_for_flaws(sim, partition);
    sim->stats.slices++;
    if (rng_below(&sim->entropy, DEEP_EVERY) == 0) oracle_check_stored(sim);
}

void oracle_wrote(struct sim *sim, int server, const struct call *call)
{
    switch (call_script(call)) {
    case SCRIPT_TAKE: sim->stats.takes++; /* fall through */
    case SCRIPT_APPEND:
    case SCRIPT_CREATE: appended(sim, server, call, partition_of(call->argv[3])); return;
    case SCRIPT_SLICE:
        if (server == sim->redis.primary) sliced(sim, call, partition_of(call->argv[3]));
        return;
    default: return;
    }
}

void oracle_rewound(struct sim *sim)
{
    const struct server *server = redis_primary(&sim->redis);

    if (!sim->config.may_lose) sim_flaw(sim, "the simulator loses what it must keep");
    for (uint32_t i = 0; i < sim->config.partitions; i++) {
        uint32_t lost = history_lead_to(&sim->oracle.histories[i], server->tips[i]);
        sim->stats.rewinds += lost > 0;
        look_for_flaws(sim, i);
    }
    sim->oracle.is_strict = false;
}

/* ---- replies ---- */

/* A1, A2: each position that the reply waited for is in a log; in the log, where nothing may be
 * lost. */
static void check_committed(struct sim *sim, struct node *node, const struct outcome *outcome)
{
    for (uint32_t i = 0; i < outcome->wait_count; i++) {
        const struct dispatch_wait *wait = &outcome->waits[i];
        struct history *history = &sim->oracle.histories[wait->partition];
        const struct entry_node *fence = &history->nodes[outcome->fences[i]];
        uint32_t at = history_find(history, fence->head.nonce, wait->position);
        if (at == HISTORY_NONE)
            sim_flaw(sim, "a reply leaves before Redis has the batch %llu-%llu that it shows",
                     (unsigned long long)mirror_epoch(wait->position),
                     (unsigned long long)mirror_seq(wait->position));
        else if (sim->oracle.is_strict && !history_is_on_path(history, at))
            sim_flaw(sim, "a reply rests on a batch that is not in the log any more");
        else
            history->nodes[at].ack_life = node->life * NODES_MAX + node->index + 1;
    }
}

/* A room shown in a version that no log holds is a dirty read. */
static void check_room(struct sim *sim, const struct outcome *outcome)
{
    uint32_t partition = tuan_rid_partition(outcome->room);
    const struct books_room *room =
        books_room(&sim->oracle.histories[partition].books, outcome->room);

    if (room != NULL && room->campaign->was_restored) return; /* it may show the life before */
    if (room == NULL || outcome->version > room->version)
        sim_flaw(sim, "%s shows version %lld of a room, the log knows %lld",
                 outcome->request.words[0], (long long)outcome->version,
                 room == NULL ? 0LL : (long long)room->version);
    if (outcome->err == TUAN_ERR_ROOM_FULL && room != NULL && !room->was_full)
        sim_flaw(sim, "a room is called full that never was");
}

/* ---- what falls behind what others were told before it was asked (T7) ---- */

/* An answer, a refusal, and what a repeated request is told again: all show a room as it is. */
static void check_version(struct sim *sim, const struct outcome *outcome)
{
    int64_t least = shown_version(&sim->oracle.shown, outcome->room, outcome->request.sent_us);
    const struct books_room *room =
        books_room(&sim->oracle.histories[tuan_rid_partition(outcome->room)].books, outcome->room);

    if (room != NULL && room->campaign->was_restored) return;
    if (outcome->version < least)
        sim_flaw(sim, "%s is told version %lld of a room after %lld was shown",
                 outcome->request.words[0], (long long)outcome->version, (long long)least);
}

/* One that was dropped may be gone, or put anew since. */
static void check_no_campaign(struct sim *sim, const struct request *request)
{
    struct tuan_str name = request_word(request, 1);
    const struct books *books = &sim->oracle.histories[oracle_partition(sim, name)].books;
    const struct books_campaign *campaign = books_campaign(books, name);

    if (campaign != NULL && campaign->was_dropped) return;
    if (shown_has_name(&sim->oracle.shown, request->words[1], request->sent_us))
        sim_flaw(sim, "%s is told of no campaign that was put before", request->words[0]);
}

static void check_no_room(struct sim *sim, const struct request *request)
{
    const struct books_room *room =
        books_room(&sim->oracle.histories[tuan_rid_partition(request->room)].books, request->room);
    bool was_shown = shown_version(&sim->oracle.shown, request->room, request->sent_us) > 0;

    if (was_shown && room != NULL && !room->is_dropped && !room->campaign->is_dropped &&
        !room->campaign->was_restored)
        sim_flaw(sim, "%s is told of no room that was shown before", request->words[0]);
}

/* SEAT.GET, .PAY or .CANCEL of an order that has its first seat, in a room that lives: it is
 * remembered. */
static void check_no_seat(struct sim *sim, const struct request *request)
{
    struct tuan_str campaign = request_word(request, 1), name = request_word(request, 2);
    const struct books *books = &sim->oracle.histories[oracle_partition(sim, campaign)].books;
    const struct books_order *order = books_order(books, campaign, name);

    if (order == NULL || order->seats != 1 || order->room == NULL) return;
    if (order->room->campaign->was_restored) return;
    if (order->room->state != TUAN_ROOM_PENDING && order->room->state != TUAN_ROOM_OPEN) return;
    if (shown_has_name(&sim->oracle.shown, order->name, request->sent_us))
        sim_flaw(sim, "%s is told of no seat of %s, which was shown before", request->words[0],
                 order->name);
}

/* Who names a refund has been told of it. */
static void check_no_refund(struct sim *sim, const struct request *request)
{
    uint32_t partition = tuan_rid_partition(request->refund);
    const struct books_payment *payment =
        books_refund(&sim->oracle.histories[partition].books, request->refund);

    if (payment != NULL && !payment->campaign->is_dropped && !payment->campaign->was_restored)
        sim_flaw(sim, "%s is told of no refund that was shown before", request->words[0]);
}

static void check_behind(struct sim *sim, const struct outcome *outcome)
{
    if (outcome->has_room) check_version(sim, outcome);
    switch (outcome->err) {
    case TUAN_ERR_CAMPAIGN_NOT_FOUND: check_no_campaign(sim, &outcome->request); return;
    case TUAN_ERR_ROOM_NOT_FOUND: check_no_room(sim, &outcome->request); return;
    case TUAN_ERR_SEAT_NOT_FOUND: check_no_seat(sim, &outcome->request); return;
    case TUAN_ERR_REFUND_NOT_FOUND: check_no_refund(sim, &outcome->request); return;
    default: return;
    }
}

static void see(struct sim *sim, const struct outcome *outcome)
{
    struct shown *shown = &sim->oracle.shown;

    if (outcome->has_room) shown_see_room(shown, outcome->room, outcome->version, sim->now_us);
    if (outcome->err == TUAN_OK && request_is(&outcome->request, "CAMPAIGN.PUT"))
        shown_see_name(shown, outcome->request.words[1], sim->now_us);
    if (outcome->order[0] != '\0') shown_see_name(shown, outcome->order, sim->now_us);
}

/* ---- what was said to be done ---- */

static void note_payment(struct sim *sim, const struct outcome *outcome, uint32_t partition)
{
    struct oracle *oracle = &sim->oracle;

    if (oracle->payment_count == oracle->payment_room) {
        oracle->payment_room = oracle->payment_room == 0 ? 64 : oracle->payment_room * 2;
        oracle->payments =
            mem_realloc(oracle->payments, oracle->payment_room * sizeof *oracle->payments);
    }
    oracle->payments[oracle->payment_count++] = (struct acked_payment){partition, outcome->request};
}

static struct books_payment *find_payment(const struct sim *sim, const struct request *request)
{
    uint32_t partition = oracle_partition(sim, request_word(request, 1));

    return books_payment(&sim->oracle.histories[partition].books, request_word(request, 1),
                         request_word(request, 2), request_word(request, 4));
}

/* What was said to be done stands in the log. */
static void check_done(struct sim *sim, const struct outcome *outcome)
{
    const struct request *request = &outcome->request;
    bool takes = request_is(request, "ROOM.OPEN") || request_is(request, "ROOM.MATCH");

    if (request_is(request, "SEAT.PAY")) {
        const struct books_payment *payment = find_payment(sim, request);
        bool is_stray = !outcome->has_room;
        if ((payment == NULL || payment->place == PLACE_NONE) && is_stray && sim->config.excuses) {
            sim->stats.excused++;
            return;
        }
        if (payment == NULL || payment->place == PLACE_NONE)
            sim_flaw(sim, "the payment %s of %s %s is acknowledged, and in no log",
                     request->words[4], request->words[1], request->words[2]);
        note_payment(sim, outcome, oracle_partition(sim, request_word(request, 1)));
    } else if (takes) {
        uint32_t partition = oracle_partition(sim, request_word(request, 1));
        if (books_order(&sim->oracle.histories[partition].books, request_word(request, 1),
                        request_word(request, 3)) == NULL)
            sim_flaw(sim, "a seat is acknowledged that is in no log");
    }
}

void oracle_reply(struct sim *sim, struct node *node, const struct outcome *outcome)
{
    sim_trace(sim, &outcome->err, sizeof outcome->err);
    sim_trace(sim, &outcome->version, sizeof outcome->version);
    check_committed(sim, node, outcome);
    if (!sim->oracle.is_strict) return;
    if (outcome->has_room) check_room(sim, outcome);
    check_behind(sim, outcome);
    if (outcome->err == TUAN_OK) check_done(sim, outcome);
    see(sim, outcome);
}

/* ---- the end ---- */

static void settle_payments(struct sim *sim)
{
    for (size_t i = 0; i < sim->oracle.payment_count; i++) {
        const struct request *request = &sim->oracle.payments[i].request;
        const struct books_payment *payment = find_payment(sim, request);
        if (payment == NULL || payment->place == PLACE_NONE)
            sim_flaw(sim, "the acknowledged payment %s of %s %s is nowhere", request->words[4],
                     request->words[1], request->words[2]);
    }
}

/* Where acknowledged facts may be lost, an owner that never dropped its state must have put them
 * back (R3, R4). */
static void settle_repairs(struct sim *sim, uint32_t partition)
{
    const struct history *history = &sim->oracle.histories[partition];

    for (uint32_t i = 0; i < history->count; i++) {
        const struct entry_node *entry = &history->nodes[i];
        if (entry->ack_life == 0 || history_holds(history, &entry->head)) continue;
        const struct node *node = &sim->nodes[(entry->ack_life - 1) % NODES_MAX];
        uint32_t fence = node->watches[partition].fence;
        bool still_owns = node->is_up && node->life == (entry->ack_life - 1) / NODES_MAX &&
                          fence != HISTORY_NONE &&
                          strcmp(history->nodes[fence].head.nonce, entry->head.nonce) == 0;
        if (still_owns)
            sim_flaw(sim, "the owner of partition %u lives, and an acknowledged batch is lost",
                     partition);
    }
}

void oracle_settle(struct sim *sim)
{
    oracle_check_stored(sim);
    if (sim->oracle.is_strict) settle_payments(sim);
    for (uint32_t i = 0; i < sim->config.partitions; i++) {
        settle_repairs(sim, i);
        engine_audit(sim->oracle.truths[i].engine);
        look_for_flaws(sim, i);
    }
}
