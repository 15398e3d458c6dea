/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/cut.h"

#include <assert.h>

#include "base/hash.h"

int64_t cut_sum(const struct room *room)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < room->seat_count; i++) {
        const struct seat *seat = room->seats[i];
        const struct extra *extra = seat_extra(seat);
        if (extra == NULL || extra->cut == 0) continue;
        if (seat_is_live(seat) || seat->state == TUAN_SEAT_SETTLED) sum += extra->cut;
    }
    return sum;
}

static uint64_t roll(const struct room *room, uint32_t n)
{
    unsigned char text[TUAN_RID_BYTES + sizeof(uint64_t)] = {0};

    tuan_rid_pack(room->id, text);
    for (size_t i = 0; i < sizeof n; i++)
        text[sizeof text - 1 - i] = (unsigned char)(n >> (8 * i));
    return hash_bytes(text, sizeof text, 0);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t cut_next(const struct room *room)
{
    const struct tuan_rules *rules = &room->revision->rules;

    if (rules->cut_total == 0 || room->seat_count == 0) return 0;
    int64_t rest = rules->cut_total - cut_sum(room);
    int64_t left = (int64_t)room_free(room) - 1; /* helpers after this one */
    int64_t high = least(rules->cut_max, rest - left * rules->cut_min);
    int64_t low = -least(-rules->cut_min, -(rest - left * rules->cut_max));
    assert(low <= high); /* rules_fault, and the cuts before */
    return low + (int64_t)(roll(room, room->seat_count + 1) % (uint64_t)(high - low + 1));
}
