/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/journal.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

/* The map wants pointers that stay, and the rooms' array moves: it is given numbers instead, and
 * the key brings the array along. */
struct room_key {
    const struct journal *journal;
    char id[ROOM_ID_MAX];
};

static bool room_has_id(const void *entry, const void *key)
{
    const struct room_key *wanted = key;
    uintptr_t index = (uintptr_t)entry - 1;

    return memcmp(wanted->journal->rooms[index].id, wanted->id, ROOM_ID_MAX) == 0;
}

void journal_init(struct journal *journal, uint32_t campaigns, int64_t base_ms)
{
    *journal = (struct journal){.campaign_count = campaigns, .base_ms = base_ms};
    journal->campaigns = mem_zalloc(campaigns * sizeof *journal->campaigns);
    map_init(&journal->room_by_id, 1024);
}

void journal_free(struct journal *journal)
{
    map_free(&journal->room_by_id);
    mem_free(journal->campaigns);
    mem_free(journal->seats);
    mem_free(journal->rooms);
    *journal = (struct journal){0};
}

uint64_t journal_add(struct journal *journal, uint32_t campaign)
{
    if (journal->seat_count == journal->seat_cap) {
        journal->seat_cap = journal->seat_cap == 0 ? 4096 : journal->seat_cap * 2;
        journal->seats = mem_realloc(journal->seats, journal->seat_cap * sizeof *journal->seats);
    }
    assert(campaign < journal->campaign_count);
    journal->seats[journal->seat_count] =
        (struct journal_seat){.room = NO_ROOM, .campaign = campaign, .fate = JOURNAL_ASKED};
    return journal->seat_count++;
}

static struct room_key key_of(const struct journal *journal, struct tuan_str id, uint64_t *hash)
{
    struct room_key key = {.journal = journal};

    assert(id.len > 0 && id.len <= ROOM_ID_MAX);
    memcpy(key.id, id.ptr, id.len);
    *hash = hash_bytes(key.id, ROOM_ID_MAX, 0);
    return key;
}

uint32_t journal_find_room(const struct journal *journal, struct tuan_str id)
{
    uint64_t hash;
    struct room_key key = key_of(journal, id, &hash);
    const void *found = map_find(&journal->room_by_id, hash, room_has_id, &key);

    return found == NULL ? NO_ROOM : (uint32_t)((uintptr_t)found - 1);
}

uint32_t journal_room(struct journal *journal, struct tuan_str id, uint32_t campaign)
{
    uint64_t hash;
    struct room_key key = key_of(journal, id, &hash);
    const void *found = map_find(&journal->room_by_id, hash, room_has_id, &key);

    if (found != NULL) return (uint32_t)((uintptr_t)found - 1);
    if (journal->room_count == journal->room_cap) {
        journal->room_cap = journal->room_cap == 0 ? 1024 : journal->room_cap * 2;
        journal->rooms = mem_realloc(journal->rooms, journal->room_cap * sizeof *journal->rooms);
    }
    struct journal_room *room = &journal->rooms[journal->room_count];
    *room = (struct journal_room){.campaign = campaign};
    memcpy(room->id, key.id, ROOM_ID_MAX);
    journal->campaigns[campaign].rooms++;
    map_insert(&journal->room_by_id, hash, (void *)((uintptr_t)journal->room_count + 1));
    return journal->room_count++;
}

static uint32_t relative_ms(const struct journal *journal, int64_t at_ms)
{
    int64_t relative = at_ms - journal->base_ms;

    if (relative < 0) return 0;
    return relative >= UINT32_MAX ? UINT32_MAX : (uint32_t)relative;
}

/* What was in doubt, or is told again, is counted once. */
static void settle(struct journal *journal, struct journal_seat *seat, enum journal_fate fate)
{
    struct journal_counts *counts = &journal->campaigns[seat->campaign];

    if (seat->fate == JOURNAL_SEATED) {
        if (fate == JOURNAL_SEATED) return;
        counts->seated--;
    }
    if (seat->fate == JOURNAL_UNCERTAIN) counts->seats_uncertain--;
    seat->fate = (uint8_t)fate;
    counts->seated += fate == JOURNAL_SEATED;
    counts->seats_uncertain += fate == JOURNAL_UNCERTAIN;
}

void journal_seat(struct journal *journal, uint64_t order, uint32_t room, int64_t now_ms,
                  int64_t until_ms)
{
    struct journal_seat *seat = &journal->seats[order];
    bool is_new = seat->fate != JOURNAL_SEATED;

    assert(order < journal->seat_count && room < journal->room_count);
    settle(journal, seat, JOURNAL_SEATED);
    journal->rooms[room].seats += is_new;
    seat->room = room;
    if (is_new) seat->from_ms = relative_ms(journal, now_ms);
    seat->until_ms = relative_ms(journal, until_ms);
}

void journal_refuse(struct journal *journal, uint64_t order)
{
    settle(journal, &journal->seats[order], JOURNAL_REFUSED);
}

void journal_doubt(struct journal *journal, uint64_t order)
{
    settle(journal, &journal->seats[order], JOURNAL_UNCERTAIN);
}

void journal_pay(struct journal *journal, uint64_t order, int64_t now_ms)
{
    struct journal_seat *seat = &journal->seats[order];

    (void)now_ms;
    if (seat->is_pay_unknown) journal->campaigns[seat->campaign].pays_uncertain--;
    if (!seat->is_paid) journal->campaigns[seat->campaign].paid++;
    seat->is_pay_unknown = false;
    seat->is_paid = true;
    seat->until_ms = UINT32_MAX;
}

void journal_doubt_pay(struct journal *journal, uint64_t order)
{
    struct journal_seat *seat = &journal->seats[order];

    if (!seat->is_pay_unknown) journal->campaigns[seat->campaign].pays_uncertain++;
    seat->is_pay_unknown = true;
}

void journal_give_back(struct journal *journal, uint64_t order, int64_t now_ms)
{
    struct journal_seat *seat = &journal->seats[order];
    uint32_t at_ms = relative_ms(journal, now_ms);

    seat->is_given_back = true;
    if (at_ms < seat->until_ms) seat->until_ms = at_ms;
}
