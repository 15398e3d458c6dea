/* SPDX-License-Identifier: BSD-2-Clause */
/* sit.c - a seat is taken, a room opened: holds, cuts, prices, quota. */
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "take.h"

struct n_request n_request_of(const struct tuan_command *command)
{
    bool is_join = command->id == TUAN_CMD_ROOM_JOIN;

    return (struct n_request){command->id,
                              is_join ? command->arg.room : (struct tuan_id){0, 0},
                              is_join ? (struct tuan_str){NULL, 0} : command->arg.campaign,
                              command->arg.user,
                              command->arg.qty,
                              command->arg.tier};
}

bool n_has_tiers_at_open(const struct tuan_rules *rules)
{
    return rules->tiers.count > 0 && rules->tier_mode == TUAN_TIER_AT_OPEN;
}

/* ---- seats ---- */

struct n_seat *n_seat_add(struct n_room *room)
{
    room->seats = n_grown(room->seats, room->seat_count, &room->seat_room, sizeof *room->seats);
    struct n_seat *seat = &room->seats[room->seat_count++];
    memset(seat, 0, sizeof *seat);
    seat->n = (int64_t)room->seat_count;
    return seat;
}

/* What this helper cuts off: a share of the rest that leaves the others theirs. */
static void seat_cut(const struct n_room *room, struct n_seat *seat)
{
    const struct tuan_rules *rules = &room->rules;
    int64_t rest = rules->cut_total, left = room->size - n_live_seats(room);
    unsigned char bytes[TUAN_RID_BYTES + 8];

    if (rules->cut_total == 0 || seat->n == 1) return;
    for (size_t i = 0; i < room->seat_count; i++)
        if (n_is_live(&room->seats[i]) && room->seats[i].has_cut) rest -= room->seats[i].cut;
    int64_t low = rest - left * rules->cut_max, high = rest - left * rules->cut_min;
    if (low < rules->cut_min) low = rules->cut_min;
    if (high > rules->cut_max) high = rules->cut_max;
    if (left == 0) low = high = rest;
    tuan_rid_pack(room->id, bytes);
    for (int i = 0; i < 8; i++)
        bytes[TUAN_RID_BYTES + i] = (unsigned char)((uint64_t)seat->n >> (56 - 8 * i));
    uint64_t width = (uint64_t)(high - low) + 1;
    seat->cut = low + (int64_t)(hash_bytes(bytes, sizeof bytes, 0) % width);
    seat->has_cut = true;
}

/* Its hold, its share of the quota, its fact. */
void n_seat_put(struct naive *naive, struct n_room *room, struct n_seat *seat)
{
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_SEAT_HELD);
    struct tuan_seat_held_fact *held = &fact.seat_held;
    bool is_held = seat->state == TUAN_SEAT_HELD;

    seat->joined_at = naive->now;
    seat->taken = naive->taken++;
    seat->quota = room->rules.reserve == TUAN_RESERVE_ON_HOLD ? seat->qty : 0;
    room->campaign->quota_used += seat->quota;
    room->campaign->held++;
    if (!is_held) room->campaign->paid++;
    seat_cut(room, seat);
    TUAN_SET(seat_held_fact, held, campaign, room->campaign->id);
    TUAN_SET(seat_held_fact, held, room, room->id);
    TUAN_SET(seat_held_fact, held, n, seat->n);
    TUAN_SET(seat_held_fact, held, user, seat->user);
    TUAN_SET(seat_held_fact, held, order, seat->order);
    if (is_held) TUAN_SET(seat_held_fact, held, hold_until, seat->hold_until);
    if (is_held) TUAN_SET(seat_held_fact, held, release_at, seat->release_at);
    if (seat->qty != 1) TUAN_SET(seat_held_fact, held, qty, seat->qty);
    TUAN_SET(seat_held_fact, held, quota, seat->quota);
    if (seat->role == TUAN_ROLE_LEADER) TUAN_SET(seat_held_fact, held, role, seat->role);
    TUAN_SET(seat_held_fact, held, price, seat->price);
    TUAN_SET(seat_held_fact, held, rerouted_from, seat->rerouted_from);
    TUAN_SET(seat_held_fact, held, profile, seat->profile);
    TUAN_SET(seat_held_fact, held, referrer, seat->referrer);
    TUAN_SET(seat_held_fact, held, referrer2, seat->referrer2);
    TUAN_SET(seat_held_fact, held, channel, seat->channel);
    TUAN_SET(seat_held_fact, held, new_user, seat->new_user);
    TUAN_SET(seat_held_fact, held, level, seat->level);
    if (seat->has_cut) TUAN_SET(seat_held_fact, held, cut, seat->cut);
    n_tell(naive, room, &fact);
    struct tuan_life *life = n_add_life(naive, room, TUAN_LIFE_SEAT_HELD);
    TUAN_SET(life, life, n, seat->n);
}

static int64_t price_of(const struct taker *taker, const struct n_room *room)
{
    const struct tuan_rules *rules = &room->rules;

    if (TUAN_GIVEN(taker->command, price)) return taker->arg->price;
    if (n_has_tiers_at_open(rules)) return rules->tiers.items[room->tier - 1].price;
    if (rules->tiers.count > 0) return rules->tiers.items[0].price;
    return rules->price;
}

void n_set_hold(const struct naive *naive, const struct n_room *room, struct n_seat *seat,
                int64_t hold)
{
    const struct tuan_rules *rules = &room->rules;

    seat->hold_until = naive->now + hold;
    if (room->deadline != FAR_AWAY && seat->hold_until > room->deadline)
        seat->hold_until = room->deadline;
    if (rules->end_at != 0 && rules->on_campaign_end != TUAN_END_RUN_ON &&
        seat->hold_until > rules->end_at)
        seat->hold_until = rules->end_at;
    seat->release_at = seat->hold_until + rules->late_grace_ms;
    if (room->deadline != FAR_AWAY && seat->release_at > room->deadline)
        seat->release_at = room->deadline;
}

static int64_t hold_of(const struct taker *taker, const struct n_room *room)
{
    bool is_shorter =
        TUAN_GIVEN(taker->command, hold_ms) && taker->arg->hold_ms < room->rules.hold_ms;

    return is_shorter ? taker->arg->hold_ms : room->rules.hold_ms;
}

void n_sit_down(struct naive *naive, const struct taker *taker, struct n_room *room, bool opens)
{
    struct n_seat *seat = n_seat_add(room);
    const struct tuan_args *arg = taker->arg;

    seat->request = n_request_of(taker->command);
    seat->user = arg->user;
    seat->order = arg->order;
    seat->role = opens ? TUAN_ROLE_LEADER : TUAN_ROLE_MEMBER;
    seat->opened = opens;
    seat->qty = arg->qty;
    seat->tier = room->tier;
    seat->price = price_of(taker, room);
    seat->rerouted_from = taker->rerouted_from;
    seat->profile = arg->profile;
    seat->referrer = arg->referrer;
    seat->referrer2 = arg->referrer2;
    seat->channel = arg->channel;
    seat->new_user = arg->new_user;
    seat->level = arg->level;
    seat->tags = arg->tags;
    seat->state = TUAN_SEAT_PAID;
    seat->is_free = room->rules.payment == TUAN_PAYMENT_NONE;
    if (room->rules.payment == TUAN_PAYMENT_REQUIRED) {
        seat->state = TUAN_SEAT_HELD;
        n_set_hold(naive, room, seat, hold_of(taker, room));
    }
    n_seat_put(naive, room, seat);
    n_room_full_forms(naive, room);
    n_answer_seat(naive, (struct n_spot){room, &room->seats[room->seat_count - 1]}, false);
}

/* ---- opening ---- */

static struct n_room *room_add(struct naive *naive, const struct taker *taker)
{
    struct n_room *room = mem_zalloc(sizeof *room);
    const struct tuan_rules *rules = &taker->campaign->rules;
    bool is_pending = taker->command->id == TUAN_CMD_ROOM_OPEN &&
                      rules->clock_start == TUAN_CLOCK_LEADER_PAID &&
                      rules->payment == TUAN_PAYMENT_REQUIRED;

    naive->rooms =
        n_grown(naive->rooms, naive->room_count, &naive->room_room, sizeof *naive->rooms);
    naive->rooms[naive->room_count++] = room;
    room->campaign = taker->campaign;
    room->rules = *rules;
    room->revision = taker->campaign->revision;
    room->state = is_pending ? TUAN_ROOM_PENDING : TUAN_ROOM_OPEN;
    room->opened_at = naive->now;
    room->deadline = FAR_AWAY;
    room->size = rules->size;
    if (n_has_tiers_at_open(rules)) {
        room->tier = TUAN_GIVEN(taker->command, tier) ? taker->arg->tier : 1;
        room->size = rules->tiers.items[room->tier - 1].size;
    }
    room->listed = taker->command->id == TUAN_CMD_ROOM_OPEN ? taker->arg->listed == 1 : true;
    room->quota = rules->reserve == TUAN_RESERVE_WHOLE_ROOM ? room->size : 0;
    if (!is_pending) n_room_set_deadline(room, naive->now);
    return room;
}

static int hex_digit(char digit)
{
    return digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10;
}

static void take_seed(struct naive *naive, struct n_room *room, struct tuan_str seed)
{
    if (room->rules.draw_winners == 0) {
        if (seed.len > 0) n_flaw(naive, "a room without a draw has a seed");
        return;
    }
    room->has_seed = true;
    if (seed.len == 32) {
        memcpy(room->seed, seed.ptr, 32);
    } else if (seed.len == 64) {
        for (int i = 0; i < 32; i++)
            room->seed[i] =
                (unsigned char)(hex_digit(seed.ptr[2 * i]) * 16 + hex_digit(seed.ptr[2 * i + 1]));
    } else {
        n_flaw(naive, "a seed of %u bytes", seed.len);
    }
}

void n_open_room(struct naive *naive, const struct taker *taker)
{
    struct n_room *room = room_add(naive, taker);
    struct tuan_fact fact = n_begin_fact(TUAN_FACT_ROOM_OPENED);
    struct tuan_room_opened_fact *opened = &fact.room_opened;

    taker->campaign->opened++;
    taker->campaign->quota_used += room->quota;
    TUAN_SET(room_opened_fact, opened, campaign, taker->campaign->id);
    TUAN_SET(room_opened_fact, opened, revision, room->revision);
    TUAN_SET(room_opened_fact, opened, state, room->state);
    TUAN_SET(room_opened_fact, opened, size, room->size);
    if (room->deadline != FAR_AWAY) TUAN_SET(room_opened_fact, opened, deadline, room->deadline);
    TUAN_SET(room_opened_fact, opened, listed, room->listed);
    TUAN_SET(room_opened_fact, opened, ends_campaign, room->is_cut_short);
    TUAN_SET(room_opened_fact, opened, quota, room->quota);
    TUAN_SET(room_opened_fact, opened, tier, room->tier);
    TUAN_SET(room_opened_fact, opened, pieces, room->rules.count_by == TUAN_COUNT_PIECES);
    n_tell(naive, room, &fact);
    room->id = opened->room;
    take_seed(naive, room, opened->draw_seed);
    n_add_life(naive, room, TUAN_LIFE_ROOM_OPENED);
    n_sit_down(naive, taker, room, true);
}
