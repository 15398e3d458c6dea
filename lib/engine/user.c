/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/user.h"

#include <assert.h>

/* ---- finding ---- */

struct sought {
    const struct campaign *campaign;
    struct tuan_str name;
};

static bool user_has_key(const void *entry, const void *key)
{
    const struct sought *wanted = key;
    struct user user = user_of_entry((void *)(uintptr_t)entry);

    if (user.seat != NULL)
        return user.seat->room->campaign == wanted->campaign &&
               tuan_str_equal(seat_user(user.seat), wanted->name);
    return user.member->campaign == wanted->campaign &&
           tuan_str_equal(member_user(user.member), wanted->name);
}

struct user user_seek(const struct engine *e, const struct campaign *campaign, struct tuan_str name)
{
    struct memo_name *memo = e->memo->user;
    struct sought key = {campaign, name};

    if (name.len > TUAN_ID_MAX) return (struct user){NULL, NULL};
    memo_turn(e, memo, campaign, name);
    if (!memo->is_sought) memo_note(memo, map_find(&e->members, memo->hash, user_has_key, &key));
    return user_of_entry(memo->found);
}

/* He who was sought last is found so from now on. */
static void enter(struct engine *e, void *entry)
{
    map_insert(&e->members, e->memo->user->hash, entry);
    memo_note(e->memo->user, entry);
}

static void leave(struct engine *e, const struct campaign *campaign, struct tuan_str name,
                  const void *entry)
{
    e->memo->user->campaign = NULL;
    map_remove(&e->members, name_hash(e, campaign, name), entry);
}

static void *entry_of_seat(struct seat *seat)
{
    return (char *)seat + 1;
}

/* ---- members ---- */

static size_t member_bytes(uint32_t id_len)
{
    return POOL_BYTES_WITH(struct member, id, (size_t)id_len);
}

/* Of him who was sought last. */
static struct member *member_make(struct engine *e, struct campaign *campaign, struct tuan_str name)
{
    struct member *member = pool_alloc(&e->pool, member_bytes(name.len));

    *member = (struct member){.campaign = campaign, .id_len = (uint8_t)name.len};
    name_copy(member->id, name);
    enter(e, member);
    return member;
}

static void member_leave(struct engine *e, struct member *member)
{
    leave(e, member->campaign, member_user(member), member);
    member->next_dead = e->dead_members;
    e->dead_members = member;
}

void members_free(struct engine *e, struct member *dead)
{
    for (struct member *member; (member = dead) != NULL;) {
        dead = member->next_dead;
        pool_free(&e->pool, member, member_bytes(member->id_len));
    }
}

struct base *member_base(struct engine *e, struct member *member)
{
    if (member->base == NULL) {
        member->base = pool_alloc(&e->pool, sizeof *member->base);
        *member->base = (struct base){.member = member};
        record_init(&member->base->record, ENGINE_USER);
        list_init(&member->base->of_campaign);
        list_push_tail(&member->campaign->bases, &member->base->of_campaign);
    }
    return member->base;
}

void member_bury(struct engine *e, struct member *member)
{
    assert(member->seats.first == NULL);
    leave_tombstone(e, &member->base->record, e->position);
    list_remove(&member->base->of_campaign);
    pool_free(&e->pool, member->base, sizeof *member->base);
    member->base = NULL;
    member_leave(e, member);
}

/* ---- counts ---- */

struct user_counts user_counts(struct user user)
{
    const struct member *member = user.member;

    if (member != NULL) return (struct user_counts){member->opens, member->joins, member->qty};
    if (user.seat == NULL || !seat_counts(user.seat)) return (struct user_counts){0, 0, 0};
    return (struct user_counts){user.seat->opened, !user.seat->opened, seat_qty(user.seat)};
}

void user_count(struct seat *seat, int sign)
{
    const struct kin *kin = seat_kin(seat);

    if (kin == NULL) return;
    struct member *member = kin->member;
    if (seat_counts(seat)) {
        member->opens += (uint32_t)(sign * seat->opened);
        member->joins += (uint32_t)(sign * !seat->opened);
        member->qty += sign * (int64_t)seat_qty(seat);
    }
    if (seat_is_waiting(seat)) member->live = (uint32_t)((int)member->live + sign);
}

/* ---- seats ---- */

static bool rid_is_less(struct tuan_id a, struct tuan_id b)
{
    return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo;
}

/* Newest first; what happened in one millisecond is ordered by ids, so that a restart finds the
 * same order. */
static bool seat_is_newer(const struct seat *a, const struct seat *b)
{
    if (a->joined_at != b->joined_at) return a->joined_at > b->joined_at;
    return a->room == b->room ? a->n > b->n : rid_is_less(b->room->id, a->room->id);
}

static void list_kin(struct kin *kin)
{
    struct thin_link **at = &kin->member->seats.first;

    while (*at != NULL && seat_is_newer(seat_of_kin(*at), kin->seat))
        at = &(*at)->next;
    thin_insert(at, &kin->link);
}

static void kin_make(struct engine *e, struct member *member, struct seat *seat)
{
    struct kin *kin = pool_alloc(&e->pool, sizeof *kin);

    *kin = (struct kin){.member = member, .seat = seat};
    seat_add_part(seat, PART_KIN, &kin->part);
    list_kin(kin);
}

struct member *user_keep(struct engine *e, struct campaign *campaign, struct tuan_str name)
{
    struct user user = user_find(e, campaign, name);

    if (user.member != NULL) return user.member;
    if (user.seat == NULL) return member_make(e, campaign, name);
    map_remove(&e->members, e->memo->user->hash, entry_of_seat(user.seat));
    struct member *member = member_make(e, campaign, name);
    kin_make(e, member, user.seat);
    user_count(user.seat, 1);
    return member;
}

void user_gain(struct engine *e, struct seat *seat, struct tuan_str name)
{
    struct campaign *campaign = seat->room->campaign;
    struct user user = user_find(e, campaign, name);

    if (user.member == NULL && user.seat == NULL) {
        enter(e, entry_of_seat(seat));
        return;
    }
    kin_make(e, user_keep(e, campaign, name), seat);
    user_count(seat, 1);
}

void user_lose(struct engine *e, struct seat *seat)
{
    struct kin *kin = seat_kin(seat);

    if (kin == NULL) {
        leave(e, seat->room->campaign, seat_user(seat), entry_of_seat(seat));
        return;
    }
    struct member *member = kin->member;
    thin_remove(&kin->link);
    seat_remove_part(seat, PART_KIN);
    pool_free(&e->pool, kin, sizeof *kin);
    if (member->seats.first == NULL && member->base == NULL) member_leave(e, member);
}
