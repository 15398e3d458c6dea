/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/shelf.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "engine/mates.h"
#include "engine/policy.h"

/* ---- values ---- */

static struct tuan_str value_of(struct tuan_tags tags, struct tuan_str name)
{
    for (uint32_t i = 0; i < tags.count; i++)
        if (tuan_str_equal(tags.items[i].name, name)) return tags.items[i].value;
    return (struct tuan_str){NULL, 0};
}

struct tuan_str shelf_values(struct tuan_names names, struct tuan_tags tags,
                             char text[SHELF_VALUES_MAX])
{
    uint32_t len = 0;

    assert(names.count <= TUAN_TAGS_MAX);
    for (uint32_t i = 0; i < names.count; i++) {
        struct tuan_str value = value_of(tags, names.items[i]);
        assert(value.len <= TUAN_ID_MAX);
        if (value.len > 0) memcpy(text + len, value.ptr, value.len);
        len += value.len;
        text[len++] = '\0';
    }
    return (struct tuan_str){text, len};
}

/* ---- shelves ---- */

static bool is_for(const struct shelf *shelf, const struct room *room)
{
    const struct tuan_rules *rules = &room->revision->rules;

    return shelf->policy == (enum tuan_match)rules->match && shelf->tier == room->tier &&
           shelf->by_pieces == room->by_pieces &&
           shelf->runs_on == (rules->on_campaign_end == TUAN_END_RUN_ON) &&
           names_equal(shelf->names, rules->match_tags);
}

/* When a room's tags begin to be ignored; INT64_MAX: never. */
static int64_t relax_at(const struct room *room)
{
    const struct tuan_rules *rules = &room->revision->rules;
    bool relaxes = rules->match_tags.count > 0 && rules->relax_after_ms > 0;

    return relaxes ? room->opened_at + rules->relax_after_ms : INT64_MAX;
}

static struct more *more_of(const struct tree_node *node)
{
    return container_of((struct tree_node *)(uintptr_t)node, struct more, relax_link);
}

static int compare_relaxing(const struct tree_node *left, const struct tree_node *right)
{
    const struct more *a = more_of(left), *b = more_of(right);

    if (a->relax_at != b->relax_at) return a->relax_at < b->relax_at ? -1 : 1;
    return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

static struct shelf *shelf_make(struct engine *e, struct room *room)
{
    const struct tuan_rules *rules = &room->revision->rules;
    struct shelf *shelf = pool_alloc(&e->pool, sizeof *shelf);

    *shelf = (struct shelf){.policy = (enum tuan_match)rules->match,
                            .tier = room->tier,
                            .by_pieces = room->by_pieces,
                            .runs_on = rules->on_campaign_end == TUAN_END_RUN_ON,
                            .names = names_copy(e, rules->match_tags)};
    list_init(&shelf->buckets);
    if (shelf->names.count > 0) map_init(&shelf->by_values, 0);
    tree_init(&shelf->relaxed, policy_compare(shelf->policy));
    tree_init(&shelf->relaxing, compare_relaxing);
    list_push_tail(&room->campaign->shelves, &shelf->link);
    return shelf;
}

static struct shelf *shelf_of(struct engine *e, struct room *room)
{
    list_for_each (link, &room->campaign->shelves) {
        struct shelf *shelf = container_of(link, struct shelf, link);
        if (is_for(shelf, room)) return shelf;
    }
    return shelf_make(e, room);
}

/* ---- buckets ---- */

static uint64_t values_hash(struct tuan_str values)
{
    return hash_bytes(values.ptr, values.len, 0);
}

static bool has_values(const void *entry, const void *key)
{
    return tuan_str_equal(((const struct bucket *)entry)->values, *(const struct tuan_str *)key);
}

struct bucket *shelf_find_by(const struct shelf *shelf, struct tuan_tags tags)
{
    char text[SHELF_VALUES_MAX];
    struct tuan_str values = shelf_values(shelf->names, tags, text);

    return map_find(&shelf->by_values, values_hash(values), has_values, &values);
}

static struct bucket *bucket_of(struct engine *e, struct shelf *shelf, const struct room *room)
{
    struct bucket *bucket = shelf_find(shelf, room_tags(room));
    char text[SHELF_VALUES_MAX];

    if (bucket != NULL) return bucket;
    struct tuan_str values = shelf_values(shelf->names, room_tags(room), text);
    bucket = pool_alloc(&e->pool, sizeof *bucket);
    *bucket = (struct bucket){.shelf = shelf, .values = str_copy(e, values)};
    tree_init(&bucket->joinable, policy_compare(shelf->policy));
    list_push_tail(&shelf->buckets, &bucket->link);
    shelf->bucket_count++;
    if (values.len > 0) map_insert(&shelf->by_values, values_hash(values), bucket);
    return bucket;
}

bool shelf_fits(const struct room *room, struct tuan_tags tags)
{
    if (room->more != NULL && room->more->is_relaxed) return true;
    return room->bucket != NULL && shelf_find(room->bucket->shelf, tags) == room->bucket;
}

bool shelf_is_crowded(const struct campaign *campaign, const struct tuan_rules *rules,
                      struct tuan_tags tags)
{
    uint32_t buckets = 0;

    if (rules->match_tags.count == 0) return false;
    list_for_each (link, &campaign->shelves) {
        const struct shelf *shelf = container_of(link, struct shelf, link);
        if (!names_equal(shelf->names, rules->match_tags)) continue;
        if (shelf_find(shelf, tags) != NULL) return false;
        buckets += shelf->bucket_count;
    }
    return buckets >= BUCKETS_MAX;
}

/* ---- putting and taking ---- */

void shelf_put(struct engine *e, struct room *room)
{
    struct shelf *shelf = shelf_of(e, room);

    assert(room->bucket == NULL);
    assert(room->state == TUAN_ROOM_OPEN && room->seat_count > 0);
    room->bucket = bucket_of(e, shelf, room);
    room->bucket->rooms++;
    shelf->rooms++;
    int64_t relaxes_at = relax_at(room);
    if (relaxes_at != INT64_MAX) {
        struct more *more = room_more(e, room);
        more->relax_at = relaxes_at;
        more->is_relaxed = relaxes_at <= e->now_ms;
        if (!more->is_relaxed) tree_insert(&shelf->relaxing, &more->relax_link);
    }
    mates_put(e, room);
}

void shelf_take(struct engine *e, struct room *room)
{
    struct bucket *bucket = room->bucket;

    if (bucket == NULL) return;
    struct shelf *shelf = bucket->shelf;
    assert(!tree_holds(&room->match_link));
    mates_take(e, room);
    if (room->more != NULL && tree_holds(&room->more->relax_link))
        tree_remove(&shelf->relaxing, &room->more->relax_link);
    room->bucket = NULL;
    shelf->rooms--;
    if (--bucket->rooms == 0) {
        list_remove(&bucket->link);
        shelf->bucket_count--;
        if (bucket->values.len > 0)
            map_remove(&shelf->by_values, values_hash(bucket->values), bucket);
        str_free(e, bucket->values);
        pool_free(&e->pool, bucket, sizeof *bucket);
    }
    if (shelf->rooms > 0) return;
    list_remove(&shelf->link);
    if (shelf->names.count > 0) map_free(&shelf->by_values);
    names_free(e, shelf->names);
    pool_free(&e->pool, shelf, sizeof *shelf);
}

void shelves_destroy(const struct campaign *campaign)
{
    list_for_each (link, &campaign->shelves) {
        struct shelf *shelf = container_of(link, struct shelf, link);
        if (shelf->names.count > 0) map_free(&shelf->by_values);
    }
}

struct tree *shelf_tree(const struct room *room)
{
    bool is_relaxed = room->more != NULL && room->more->is_relaxed;

    return is_relaxed ? &room->bucket->shelf->relaxed : &room->bucket->joinable;
}

void shelf_relax_due(struct shelf *shelf, int64_t now_ms)
{
    struct tree_node *node;

    while ((node = tree_first(&shelf->relaxing)) != NULL) {
        struct more *more = more_of(node);
        if (more->relax_at > now_ms) return;
        bool stands = tree_holds(&more->room->match_link);
        if (stands) tree_remove(shelf_tree(more->room), &more->room->match_link);
        tree_remove(&shelf->relaxing, node);
        more->is_relaxed = true;
        if (stands) tree_insert(shelf_tree(more->room), &more->room->match_link);
    }
}
