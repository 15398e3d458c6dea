/* SPDX-License-Identifier: BSD-2-Clause */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void ledger_clear(struct ledger *ledger)
{
    mem_free(ledger->rooms);
    mem_free(ledger->payments);
    *ledger = (struct ledger){.rooms = NULL};
}

static int64_t number(const struct pairs *pairs, const char *path)
{
    const char *value = pairs_find(pairs, path);

    return value == NULL ? -1 : atoll(value);
}

static void complain(struct ledger *ledger, const char *what, const char *which)
{
    if (ledger->flaw[0] == '\0') snprintf(ledger->flaw, sizeof ledger->flaw, "%s: %s", which, what);
}

/* ---- rooms ---- */

static struct ledger_room *room_of(struct ledger *ledger, const char *id)
{
    for (size_t i = 0; i < ledger->room_count; i++)
        if (strcmp(ledger->rooms[i].id, id) == 0) return &ledger->rooms[i];
    if (ledger->room_count == ledger->room_room) {
        ledger->room_room = ledger->room_room == 0 ? 64 : ledger->room_room * 2;
        ledger->rooms = mem_realloc(ledger->rooms, ledger->room_room * sizeof *ledger->rooms);
    }
    struct ledger_room *room = &ledger->rooms[ledger->room_count++];
    *room = (struct ledger_room){.version = 0};
    snprintf(room->id, sizeof room->id, "%s", id);
    return room;
}

static bool has_ended(const struct ledger_room *room)
{
    return strcmp(room->state, "formed") == 0 || strcmp(room->state, "failed") == 0;
}

/* "state" in a status, "room_state" in a seat. */
void ledger_see_reply(struct ledger *ledger, const struct pairs *pairs)
{
    const char *id = pairs_find(pairs, "room");
    bool is_seat = pairs_find(pairs, "room_state") != NULL;
    const char *state = pairs_find(pairs, is_seat ? "room_state" : "state");
    int64_t size = number(pairs, "size"), held = number(pairs, "held"),
            paid = number(pairs, "paid"), version = number(pairs, "version");

    if (id == NULL || state == NULL || size < 0) return;
    struct ledger_room *room = room_of(ledger, id);
    if (held + paid > size) complain(ledger, "more held and paid than its size", id);
    if (version < room->version) complain(ledger, "its version runs back", id);
    if (has_ended(room) && strcmp(room->state, state) != 0)
        complain(ledger, "another outcome than before", id);
    if (version == room->version && room->version > 0 && strcmp(room->state, state) != 0)
        complain(ledger, "another state at the same version", id);
    const char *reason = is_seat ? NULL : pairs_find(pairs, "reason");
    if (reason != NULL && room->reason[0] != '\0' && strcmp(reason, room->reason) != 0)
        complain(ledger, "another reason than before", id);
    if (reason != NULL) snprintf(room->reason, sizeof room->reason, "%s", reason);
    snprintf(room->state, sizeof room->state, "%s", state);
    room->version = version;
    bool is_live = !has_ended(room);
    if (number(pairs, "missing") != (is_live ? size - paid : 0))
        complain(ledger, "missing is wrong", id);
    if (number(pairs, "free") != (is_live ? size - held - paid : 0))
        complain(ledger, "free is wrong", id);
}

/* ---- payments ---- */

void ledger_see_payment(struct ledger *ledger, const char *campaign, const char *order,
                        const char *payment)
{
    for (size_t i = 0; i < ledger->payment_count; i++) {
        const struct ledger_payment *known = &ledger->payments[i];
        if (strcmp(known->payment, payment) == 0 && strcmp(known->order, order) == 0 &&
            strcmp(known->campaign, campaign) == 0)
            return;
    }
    if (ledger->payment_count == ledger->payment_room) {
        ledger->payment_room = ledger->payment_room == 0 ? 64 : ledger->payment_room * 2;
        ledger->payments =
            mem_realloc(ledger->payments, ledger->payment_room * sizeof *ledger->payments);
    }
    struct ledger_payment *entry = &ledger->payments[ledger->payment_count++];
    *entry = (struct ledger_payment){.order = ""};
    snprintf(entry->campaign, sizeof entry->campaign, "%s", campaign);
    snprintf(entry->order, sizeof entry->order, "%s", order);
    snprintf(entry->payment, sizeof entry->payment, "%s", payment);
}

void ledger_forget_order(struct ledger *ledger, const char *campaign, const char *order)
{
    size_t kept = 0;

    for (size_t i = 0; i < ledger->payment_count; i++) {
        const struct ledger_payment *entry = &ledger->payments[i];
        if (strcmp(entry->order, order) != 0 || strcmp(entry->campaign, campaign) != 0)
            ledger->payments[kept++] = *entry;
    }
    ledger->payment_count = kept;
}

/* ---- settling ---- */

static void ask(struct world *world, struct outcome *out, const char *command, const char *first,
                const char *second)
{
    struct tuan_str words[3] = {{command, (uint32_t)strlen(command)},
                                {first, (uint32_t)strlen(first)},
                                {second, second == NULL ? 0 : (uint32_t)strlen(second)}};

    world_do(world, words, second == NULL ? 2 : 3, out);
}

/* An order of n accepted payments: n refunds, or n - 1 and a seat that holds the money. */
static void settle_order(struct ledger *ledger, struct world *world, size_t first)
{
    const struct ledger_payment *entry = &ledger->payments[first];
    struct outcome outcome;
    int64_t count = 0;

    for (size_t i = 0; i < ledger->payment_count; i++) {
        bool same = strcmp(ledger->payments[i].order, entry->order) == 0 &&
                    strcmp(ledger->payments[i].campaign, entry->campaign) == 0;
        if (same && i < first) return; /* done with an earlier one */
        count += same;
    }
    ask(world, &outcome, "SEAT.GET", entry->campaign, entry->order);
    const char *state = pairs_find(&outcome.pairs, "seat");
    if (outcome.err == TUAN_OK && state != NULL) {
        bool seated = strcmp(state, "paid") == 0 || strcmp(state, "settled") == 0;
        int64_t refunds = number(&outcome.pairs, "refunds.#");
        int64_t placed = (refunds < 0 ? 0 : refunds) + seated;
        bool is_stray = pairs_find(&outcome.pairs, "room") == NULL; /* they go one by one */
        if ((placed != count && !(is_stray && placed > 0 && placed < count)) &&
            ledger->flaw[0] == '\0')
            snprintf(ledger->flaw, sizeof ledger->flaw,
                     "%s %s: %lld payments, %lld refunds, seat %s", entry->campaign, entry->order,
                     (long long)count, (long long)refunds, state);
    }
    outcome_clear(&outcome);
}

bool ledger_settle(struct ledger *ledger, struct world *world)
{
    for (size_t i = 0; i < ledger->room_count; i++) {
        struct outcome outcome;
        char id[TUAN_RID_CHARS + 1];
        memcpy(id, ledger->rooms[i].id, sizeof id);
        ask(world, &outcome, "ROOM.GET", id, NULL);
        if (outcome.err == TUAN_OK) ledger_see_reply(ledger, &outcome.pairs);
        outcome_clear(&outcome);
    }
    for (size_t i = 0; i < ledger->payment_count; i++)
        settle_order(ledger, world, i);
    return ledger->flaw[0] == '\0';
}
