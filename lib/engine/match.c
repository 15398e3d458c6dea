/* SPDX-License-Identifier: BSD-2-Clause */
/* match.c - which room a joiner is sent to, and why the fullest first.
 *
 * A room that fills releases its people from waiting; a room that does not costs every one of them
 * a refund. So the default, nearly_full, sends a joiner where he completes a room soonest: to the
 * room with the fewest free seats (counted with holds, so that nobody is sent to a seat that
 * another is paying for), among those to the one with the soonest deadline, then to the oldest.
 * `oldest` is fair instead: first come, first served. `spread` takes any of the fullest, so that
 * many shoppers at once do not all run to one room. A policy is one row: how rooms are ordered in a
 * tree (policy.c), and where in it the walk for a joiner begins (here).
 *
 * A joiner must have time to pay: a room is passed over once its deadline is nearer than the hold,
 * at most a minute. Deadlines never move, so such a room leaves the index for good the first time
 * matching meets it; who knows its id may still join until the deadline.
 */
#include "engine/match.h"

#include <assert.h>

#include "engine/mates.h"
#include "engine/policy.h"

enum {
    PAY_WINDOW_MAX_MS = 60000,
    PARTS_MAX = 10000,
    PASSES_MAX = 2000, /* rooms of no use that one walk passes over */
    POLICIES_END = TUAN_MATCH_SPREAD + 1,
    FIRST_JOINER = 2, /* number of the seat after the opener's */
    STEPS_MAX = 8     /* foreseen on the path to a room */
};

/* ---- the index ---- */

static void index_leave(struct room *room)
{
    if (tree_holds(&room->match_link)) tree_remove(shelf_tree(room), &room->match_link);
}

/* The first of a tree is the next to fill. What its end will touch is fetched meanwhile, and the
 * room that will be the first after it. Once it lacks but one, the room after that, too, which that
 * one will be compared with; the path there is fetched before, a step whenever somebody sits down.
 * Where a million are open all of this is cold, and to meet it line by line costs more than a
 * tenth of a join. */
static void foresee(const struct tree *tree, const struct room *room)
{
    if (tree->first != &room->match_link) return;
    mem_prefetch(room->seats[0], sizeof *room->seats[0]);
    wheel_prefetch(&room->timer.node);
    tree_prefetch(&room->live_link);
    const struct tree_node *next = tree_next(&room->match_link);
    if (next == NULL) return;
    if (room_free(room) == 1)
        next = tree_next(next);
    else if (room->seat_count - FIRST_JOINER < STEPS_MAX)
        tree_prefetch_path(next, room->seat_count - FIRST_JOINER);
    if (next != NULL) mem_prefetch(policy_room(next), sizeof *room);
}

/* Most often it is the first of its tree, and the next one to fill: it stays there meanwhile. */
static void index_settle(struct room *room)
{
    bool stands = room->is_listed && room_free(room) > 0;
    struct tree *tree = shelf_tree(room);

    if (!stands) {
        index_leave(room);
    } else if (tree_holds(&room->match_link)) {
        tree_settle(tree, &room->match_link);
        foresee(tree, room);
    } else {
        tree_insert(tree, &room->match_link);
    }
}

static bool stands_on_shelf(const struct room *room)
{
    return room->state == TUAN_ROOM_OPEN && room->bucket != NULL;
}

void match_pause(struct engine *e, struct room *room)
{
    if (!stands_on_shelf(room)) return;
    e->seats_open -= room_free(room);
    mates_leave(room);
}

void match_go_on(struct engine *e, struct room *room)
{
    if (room->state != TUAN_ROOM_OPEN || room->seat_count == 0) return;
    if (room->bucket == NULL) shelf_put(e, room);
    e->seats_open += room_free(room);
    index_settle(room);
    mates_enter(room);
}

void match_leave(struct engine *e, struct room *room)
{
    if (!stands_on_shelf(room)) return;
    e->seats_open -= room_free(room);
    index_leave(room);
    mates_leave(room);
}

/* ---- who can be sent where ---- */

static int64_t pay_window_ms(const struct tuan_rules *rules)
{
    if (rules->payment == TUAN_PAYMENT_NONE)
        return 1; /* half-open: the deadline itself is too late */
    return rules->hold_ms < PAY_WINDOW_MAX_MS ? rules->hold_ms : PAY_WINDOW_MAX_MS;
}

static bool has_time(const struct room *room, int64_t now_ms)
{
    return room->deadline == 0 || room->deadline - now_ms >= pay_window_ms(&room->revision->rules);
}

static bool will_be_dissolved(const struct campaign *campaign)
{
    return campaign->is_closed && campaign->close_rooms == TUAN_CLOSE_FAIL;
}

/* Does its campaign let anyone in now? */
static bool is_admitting(const struct room *room, int64_t now_ms)
{
    const struct tuan_rules *rules = &campaign_rules(room->campaign)->rules;
    bool is_over = rules->end_at > 0 && now_ms >= rules->end_at &&
                   room->revision->rules.on_campaign_end != TUAN_END_RUN_ON;

    return rules->status != TUAN_STATUS_PAUSED && now_ms >= rules->start_at && !is_over &&
           !will_be_dissolved(room->campaign);
}

bool match_is_joinable(const struct room *room, int64_t now_ms)
{
    return room->state == TUAN_ROOM_OPEN && room_free(room) > 0 && has_time(room, now_ms) &&
           is_admitting(room, now_ms);
}

bool room_has_user(const struct room *room, struct user user)
{
    if (!user_is_waiting(user)) return false;
    user_for_each(seat, user)
    {
        if (seat->room == room && seat_is_live(seat)) return true;
    }
    return false;
}

/* ---- searching ---- */

/* One joiner's walk through one tree. */
struct search {
    struct engine *e;
    const struct seeker *seeker;
    bool only_looks; /* nothing may be touched, no random number drawn */
};

static uint32_t weight_in(const struct tree *tree, const struct seeker *seeker)
{
    return tree->root != NULL && policy_room(tree->root)->by_pieces ? (uint32_t)seeker->qty : 1;
}

/* Nobody is sent there any more. */
static bool is_past(const struct room *room, int64_t now_ms)
{
    return !has_time(room, now_ms) || will_be_dissolved(room->campaign);
}

/* Is this the room? */
static bool suits(const struct search *search, const struct room *room)
{
    int64_t now_ms = search->e->now_ms;

    if (search->seeker->pays && room->revision->rules.payment == TUAN_PAYMENT_NONE) return false;
    if (search->only_looks ? !match_is_joinable(room, now_ms) : is_past(room, now_ms)) return false;
    if (room == search->seeker->but) return false;
    return !room_has_user(room, search->seeker->user);
}

/* From `node` on, as long as rooms have this many free (0: however many). One that is past leaves
 * the index on the way. */
static struct room *walk(const struct search *search, struct tree_node *node, uint32_t free)
{
    while (node != NULL && (free == 0 || room_free(policy_room(node)) == free)) {
        struct room *room = policy_room(node);
        if (suits(search, room)) return room;
        node = tree_next(node);
        if (!search->only_looks && is_past(room, search->e->now_ms)) index_leave(room);
    }
    return NULL;
}

/* The first room with at least so many free in a tree that begins with the fewest. */
static struct tree_node *first_with(const struct tree *tree, uint32_t free)
{
    struct room place = {.state = TUAN_ROOM_OPEN,
                         .size = free,
                         .by_pieces = true,
                         .deadline = INT64_MIN,
                         .opened_at = INT64_MIN};

    return tree_after(tree, &place.match_link);
}

static struct room *pick_nearly_full(const struct search *search, struct tree *tree)
{
    uint32_t weight = weight_in(tree, search->seeker);

    return walk(search, weight == 1 ? tree_first(tree) : first_with(tree, weight), 0);
}

static struct room *pick_oldest(const struct search *search, struct tree *tree)
{
    struct room *oldest = NULL;

    if (tree->root == NULL || !policy_room(tree->root)->by_pieces)
        return walk(search, tree_first(tree), 0);
    uint32_t free = (uint32_t)search->seeker->qty;
    for (struct tree_node *node; (node = first_with(tree, free)) != NULL; free++) {
        free = room_free(policy_room(node));
        struct room *room = walk(search, node, free);
        if (room == NULL) continue;
        if (oldest == NULL || policy_is_older(room, oldest)) oldest = room;
    }
    return oldest;
}

/* Of the rooms with the fewest free, from a random one on, then those before it. */
static struct room *pick_spread(const struct search *search, struct tree *tree)
{
    uint32_t free = weight_in(tree, search->seeker);
    struct room *room = NULL;

    for (struct tree_node *node; room == NULL && (node = first_with(tree, free)) != NULL; free++) {
        struct room place = {.state = TUAN_ROOM_OPEN};
        free = place.size = room_free(policy_room(node));
        if (!search->only_looks) {
            search->e->config.random(search->e->config.random_context, &place.id, sizeof place.id);
            place.id.hi >>= 28;
            room = walk(search, tree_after(tree, &place.match_link), free);
        }
        if (room == NULL) room = walk(search, first_with(tree, free), free);
    }
    return room;
}

typedef struct room *policy_pick(const struct search *search, struct tree *tree);
static policy_pick *const picks[] = {
    [TUAN_MATCH_NEARLY_FULL] = pick_nearly_full,
    [TUAN_MATCH_OLDEST] = pick_oldest,
    [TUAN_MATCH_SPREAD] = pick_spread,
};

static bool is_better(enum tuan_match policy, const struct room *a, const struct room *b)
{
    if (policy == TUAN_MATCH_OLDEST) return policy_is_older(a, b);
    return policy_compare(policy)(&a->match_link, &b->match_link) < 0;
}

/* Rooms of one policy are compared by it, the best of each by the campaign's. (Pair by pair that
 * would be no order: a before b by their own, b before c and c before a by the campaign's.) */
struct best {
    struct room *of[POLICIES_END];
};

static void best_note(struct best *best, struct room *room)
{
    enum tuan_match policy;

    if (room == NULL) return;
    policy = (enum tuan_match)room->revision->rules.match;
    if (best->of[policy] == NULL || is_better(policy, room, best->of[policy]))
        best->of[policy] = room;
}

static struct room *best_of_all(const struct best *best, enum tuan_match policy)
{
    struct room *first = NULL;

    for (int i = 0; i < POLICIES_END; i++) {
        struct room *room = best->of[i];
        if (room != NULL && (first == NULL || is_better(policy, room, first))) first = room;
    }
    return first;
}

static bool is_over(const struct campaign *campaign, int64_t now_ms)
{
    int64_t end_at = campaign_rules(campaign)->rules.end_at;

    return end_at > 0 && now_ms >= end_at;
}

static struct room *best_on(const struct search *search, struct shelf *shelf)
{
    const struct seeker *seeker = search->seeker;
    policy_pick *pick = picks[shelf->policy];

    if (seeker->tier != 0 && shelf->tier != seeker->tier) return NULL;
    shelf_relax(shelf, search->e->now_ms);
    struct bucket *bucket = shelf_find(shelf, seeker->tags);
    struct room *room = bucket == NULL ? NULL : pick(search, &bucket->joinable);
    struct room *relaxed = shelf->relaxed.count == 0 ? NULL : pick(search, &shelf->relaxed);
    if (room == NULL || relaxed == NULL) return room == NULL ? relaxed : room;
    return is_better(shelf->policy, relaxed, room) ? relaxed : room;
}

static struct room *seek(const struct search *search, const struct campaign *campaign)
{
    bool only_running_on = is_over(campaign, search->e->now_ms);
    struct best best = {.of = {NULL}};

    list_for_each (link, &campaign->shelves) {
        struct shelf *shelf = container_of(link, struct shelf, link);
        bool is_the_one = link->next == link->prev; /* as most campaigns have it */
        if (only_running_on && !shelf->runs_on) continue;
        if (is_the_one) return best_on(search, shelf);
        best_note(&best, best_on(search, shelf));
    }
    return best_of_all(&best, (enum tuan_match)campaign_rules(campaign)->rules.match);
}

void match_relax(const struct campaign *campaign, int64_t now_ms)
{
    list_for_each (link, &campaign->shelves)
        shelf_relax(container_of(link, struct shelf, link), now_ms);
}

struct room *match_pick(struct engine *e, struct campaign *campaign, const struct seeker *seeker)
{
    const struct search search = {.e = e, .seeker = seeker};
    struct room *room = seek(&search, campaign);

    if (room != NULL) e->memo->room = room; /* its facts come next */
    return room;
}

const struct room *match_peek(struct engine *e, struct campaign *campaign,
                              const struct seeker *seeker)
{
    const struct search search = {.e = e, .seeker = seeker, .only_looks = true};

    return seek(&search, campaign);
}

/* ---- listing ---- */

/* Where `oldest` counts in pieces, its tree is sorted within each number of free pieces only. */
static bool is_in_parts(const struct tree *tree, enum tuan_match policy)
{
    return policy == TUAN_MATCH_OLDEST && tree->root != NULL && policy_room(tree->root)->by_pieces;
}

static size_t heads_of(const struct tree *tree, enum tuan_match policy)
{
    if (!is_in_parts(tree, policy)) return 1;
    return tree->count < PARTS_MAX ? tree->count : PARTS_MAX;
}

/* What follows on a head, in its part. */
static const struct tree_node *head_after(const struct tree_node *head)
{
    const struct room *room = policy_room(head);
    const struct tree_node *next = tree_next(head);
    bool in_parts = room->by_pieces && room->revision->rules.match == TUAN_MATCH_OLDEST;

    if (next == NULL || !in_parts) return next;
    return room_free(policy_room(next)) == room_free(room) ? next : NULL;
}

/* From this head on, the first room that he could be shown: not his own, and one that can be
 * joined, since those behind it would stand back for it in vain. */
static const struct tree_node *skip_unfit(struct match_walk *walk, const struct tree_node *head)
{
    for (; head != NULL; head = head_after(head)) {
        const struct room *room = policy_room(head);
        if (room_has_user(room, walk->user)) continue;
        if (walk->passes == 0 || match_is_joinable(room, walk->e->now_ms)) return head;
        walk->passes--;
    }
    return NULL;
}

static void add_head(struct match_walk *walk, const struct tree_node *head)
{
    head = skip_unfit(walk, head);
    if (head != NULL) walk->heads[walk->count++] = head;
}

static void add_parts(struct match_walk *walk, const struct tree *tree, const struct room *after)
{
    const struct tree_node *part = tree_first(tree);

    while (part != NULL) {
        uint32_t free = room_free(policy_room(part));
        struct room place = {.state = TUAN_ROOM_OPEN, .by_pieces = true, .size = free};
        const struct tree_node *head = part;
        if (after != NULL) {
            place.opened_at = after->opened_at;
            place.id = after->id;
            head = tree_after(tree, &place.match_link);
        }
        add_head(walk, head != NULL && room_free(policy_room(head)) == free ? head : NULL);
        part = first_with(tree, free + 1);
    }
}

static void add_heads(struct match_walk *walk, const struct tree *tree, enum tuan_match policy,
                      const struct room *after)
{
    if (is_in_parts(tree, policy)) {
        add_parts(walk, tree, after);
        return;
    }
    const struct tree_node *head =
        after == NULL ? tree_first(tree) : tree_after(tree, &after->match_link);
    add_head(walk, head);
}

static size_t count_heads(const struct campaign *campaign)
{
    size_t heads = 0;

    list_for_each (link, &campaign->shelves) {
        const struct shelf *shelf = container_of(link, struct shelf, link);
        list_for_each (at, &shelf->buckets)
            heads += heads_of(&container_of(at, struct bucket, link)->joinable, shelf->policy);
        heads += heads_of(&shelf->relaxed, shelf->policy);
    }
    return heads;
}

void match_walk_begin(struct match_walk *walk, struct engine *e, struct campaign *campaign,
                      const struct tuan_tags *tags, struct user user, const struct room *after)
{
    bool only_running_on = is_over(campaign, e->now_ms);

    match_relax(campaign, e->now_ms);
    *walk = (struct match_walk){
        .e = e,
        .policy = (enum tuan_match)campaign_rules(campaign)->rules.match,
        .user = user,
        .passes = PASSES_MAX,
        .heads = arena_take(&e->arena, (count_heads(campaign) + 1) * sizeof *walk->heads),
    };
    list_for_each (link, &campaign->shelves) {
        const struct shelf *shelf = container_of(link, struct shelf, link);
        const struct bucket *only = tags == NULL ? NULL : shelf_find(shelf, *tags);
        if (only_running_on && !shelf->runs_on) continue;
        list_for_each (at, &shelf->buckets) {
            const struct bucket *bucket = container_of(at, struct bucket, link);
            if (tags == NULL || bucket == only)
                add_heads(walk, &bucket->joinable, shelf->policy, after);
        }
        add_heads(walk, &shelf->relaxed, shelf->policy, after);
    }
}

const struct room *match_walk_next(struct match_walk *walk)
{
    struct best best = {.of = {NULL}};
    uint32_t at = 0;

    if (walk->count == 0) return NULL;
    for (uint32_t i = 0; i < walk->count; i++)
        best_note(&best, policy_room(walk->heads[i]));
    const struct room *room = best_of_all(&best, walk->policy);
    while (policy_room(walk->heads[at]) != room)
        at++;
    const struct tree_node *next = skip_unfit(walk, head_after(walk->heads[at]));
    walk->heads[at] = next != NULL ? next : walk->heads[--walk->count];
    return room;
}
