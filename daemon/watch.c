/* SPDX-License-Identifier: BSD-2-Clause */
/* watch.c - a topic is a room or a campaign that is watched, or a room of a watched campaign that
 * has changed.
 *
 * A room's topic goes in a circle: changed (in `changed`, until that may be shown), then told (its
 * watchers move to `telling`), then at rest for WATCH_PAUSE_MS, in which a further change only puts
 * it into `put_off`. Its timer brings it back. A topic without watchers is freed after its rest.
 */
#include "daemon/watch.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"

struct watch_topic {
    struct list watchers;
    size_t watcher_count; /* those in `telling` too */
    struct tuan_id room;  /* none: a campaign */
    /* of a room */
    struct list changed;          /* in changed or put_off */
    struct watch_topic *campaign; /* watched, as far as known */
    struct wheel_node timer;      /* the end of its rest */
    uint64_t position;            /* of the change that is to be told */
    int64_t rest_ms;              /* until when it rests */
    uint32_t partition;
    bool is_changed;
    /* of a campaign */
    size_t room_count; /* topics that point here */
    uint32_t name_len;
    char name[];
};

struct watch {
    struct watch_config config;
    struct map rooms, campaigns;
    struct list changed; /* topics of rooms */
    struct list put_off; /* those that have changed while they rest */
    struct list telling; /* watchers */
    size_t telling_count;
    struct wheel rests, ends;
    int64_t boot_ms;
    size_t count;
};

/* ---- topics ---- */

static uint64_t hash_room(struct tuan_id room)
{
    return hash_mix(room.hi, room.lo); /* unguessable ids need no seed */
}

static uint64_t hash_campaign(struct tuan_str name)
{
    return hash_bytes(name.ptr, name.len, 0); /* operators choose the names */
}

static bool topic_has_room(const void *entry, const void *key)
{
    return tuan_rid_equal(((const struct watch_topic *)entry)->room, *(const struct tuan_id *)key);
}

static struct tuan_str name_of(const struct watch_topic *topic)
{
    return (struct tuan_str){topic->name, topic->name_len};
}

static bool topic_has_name(const void *entry, const void *key)
{
    return tuan_str_equal(name_of(entry), *(const struct tuan_str *)key);
}

static struct watch_topic *find_room(const struct watch *watch, struct tuan_id room)
{
    return map_find(&watch->rooms, hash_room(room), topic_has_room, &room);
}

static struct watch_topic *find_campaign(const struct watch *watch, struct tuan_str name)
{
    return map_find(&watch->campaigns, hash_campaign(name), topic_has_name, &name);
}

static struct watch_topic *make_topic(size_t name_len)
{
    struct watch_topic *topic = mem_zalloc(sizeof *topic + name_len);

    list_init(&topic->watchers);
    list_init(&topic->changed);
    return topic;
}

static struct watch_topic *make_room(struct watch *watch, struct tuan_id room)
{
    struct watch_topic *topic = make_topic(0);

    topic->room = room;
    map_insert(&watch->rooms, hash_room(room), topic);
    return topic;
}

static struct watch_topic *make_campaign(struct watch *watch, struct tuan_str name)
{
    struct watch_topic *topic = make_topic(name.len);

    memcpy(topic->name, name.ptr, name.len);
    topic->name_len = name.len;
    map_insert(&watch->campaigns, hash_campaign(name), topic);
    return topic;
}

static void free_campaign_if_idle(struct watch *watch, struct watch_topic *topic)
{
    if (topic->watcher_count > 0 || topic->room_count > 0) return;
    map_remove(&watch->campaigns, hash_campaign(name_of(topic)), topic);
    mem_free(topic);
}

/* One that rests is kept, so that a new watcher does not shorten the rest. */
static void free_room_if_idle(struct watch *watch, struct watch_topic *topic)
{
    if (topic->watcher_count > 0 || topic->is_changed || wheel_is_armed(&topic->timer)) return;
    if (topic->rest_ms > watch->boot_ms) {
        wheel_add(&watch->rests, &topic->timer, topic->rest_ms);
        return;
    }
    map_remove(&watch->rooms, hash_room(topic->room), topic);
    if (topic->campaign != NULL) {
        topic->campaign->room_count--;
        free_campaign_if_idle(watch, topic->campaign);
    }
    mem_free(topic);
}

static void free_if_idle(struct watch *watch, struct watch_topic *topic)
{
    if (tuan_rid_is_none(topic->room))
        free_campaign_if_idle(watch, topic);
    else
        free_room_if_idle(watch, topic);
}

/* ---- watchers ---- */

static void leave_line(struct watch *watch, struct watcher *watcher)
{
    watch->telling_count -= watcher->why != 0;
    watcher->why = 0;
}

static void join(struct watch *watch, struct watcher *watcher, struct watch_topic *topic)
{
    assert(watcher->topic == NULL);
    watcher->topic = topic;
    list_push_tail(&topic->watchers, &watcher->link);
    topic->watcher_count++;
    watch->count++;
}

void watch_room(struct watch *watch, struct watcher *watcher, struct tuan_id room)
{
    struct watch_topic *topic = find_room(watch, room);

    assert(!tuan_rid_is_none(room));
    join(watch, watcher, topic == NULL ? make_room(watch, room) : topic);
}

void watch_campaign(struct watch *watch, struct watcher *watcher, struct tuan_str campaign)
{
    struct watch_topic *topic = find_campaign(watch, campaign);

    join(watch, watcher, topic == NULL ? make_campaign(watch, campaign) : topic);
}

void watch_until(struct watch *watch, struct watcher *watcher, int64_t boot_ms)
{
    assert(watcher->topic != NULL);
    wheel_remove(&watch->ends, &watcher->timer);
    wheel_add(&watch->ends, &watcher->timer, boot_ms);
}

void watch_end(struct watch *watch, struct watcher *watcher)
{
    struct watch_topic *topic = watcher->topic;

    if (topic == NULL) return;
    wheel_remove(&watch->ends, &watcher->timer);
    list_remove(&watcher->link);
    leave_line(watch, watcher);
    watcher->topic = NULL;
    watch->count--;
    topic->watcher_count--;
    free_if_idle(watch, topic);
}

struct watch *watch_create(const struct watch_config *config, int64_t boot_ms)
{
    struct watch *watch = mem_zalloc(sizeof *watch);

    watch->config = *config;
    watch->boot_ms = boot_ms;
    map_init(&watch->rooms, 0);
    map_init(&watch->campaigns, 0);
    list_init(&watch->changed);
    list_init(&watch->put_off);
    list_init(&watch->telling);
    wheel_init(&watch->rests, boot_ms);
    wheel_init(&watch->ends, boot_ms);
    return watch;
}

void watch_destroy(struct watch *watch)
{
    struct watch_topic *topic;

    if (watch == NULL) return;
    assert(watch->count == 0);
    for (size_t cursor = 0; (topic = map_next(&watch->rooms, &cursor)) != NULL;)
        mem_free(topic);
    for (size_t cursor = 0; (topic = map_next(&watch->campaigns, &cursor)) != NULL;)
        mem_free(topic);
    map_free(&watch->rooms);
    map_free(&watch->campaigns);
    mem_free(watch);
}

/* ---- changes ---- */

/* Keeps the first position of several: what comes later follows after the rest. */
static void mark(struct watch *watch, struct watch_topic *topic, uint32_t partition,
                 uint64_t position)
{
    if (topic->is_changed) return;
    topic->is_changed = true;
    topic->partition = partition;
    topic->position = position;
    list_push_tail(wheel_is_armed(&topic->timer) ? &watch->put_off : &watch->changed,
                   &topic->changed);
}

static void note_room(struct watch *watch, struct tuan_id room, struct tuan_str campaign,
                      uint32_t partition, uint64_t position)
{
    struct watch_topic *topic = find_room(watch, room);

    if (map_count(&watch->campaigns) > 0 && (topic == NULL || topic->campaign == NULL)) {
        struct watch_topic *wide = find_campaign(watch, campaign);
        if (wide != NULL) {
            if (topic == NULL) topic = make_room(watch, room);
            topic->campaign = wide;
            wide->room_count++;
        }
    }
    if (topic != NULL) mark(watch, topic, partition, position);
}

/* Every fact of a room has its campaign first, and its rooms under any name but `refund`. */
void watch_fact(struct watch *watch, uint32_t partition, uint64_t position,
                const struct tuan_fact *fact)
{
    const char *body = (const char *)&fact->given;

    if (map_count(&watch->rooms) + map_count(&watch->campaigns) == 0) return;
    const struct tuan_message *message = tuan_fact_message(fact->type);
    for (size_t i = 1; i < message->count; i++) {
        const struct tuan_field *field = &message->fields[i];
        if (field->type != TUAN_RID || !((fact->given >> i) & 1) ||
            strcmp(field->name, "refund") == 0)
            continue;
        note_room(watch, *(const struct tuan_id *)(const void *)(body + field->offset),
                  *(const struct tuan_str *)(const void *)(body + message->fields[0].offset),
                  partition, position);
    }
}

/* ---- telling ---- */

/* A watcher may end others while it is told, so lists are taken apart from their heads. */
static void move_all(struct list *from, struct list *to)
{
    for (struct list *link = list_pop_head(from); link != NULL; link = list_pop_head(from))
        list_push_tail(to, link);
}

static void line_up(struct watch *watch, struct watch_topic *topic, enum watch_why why)
{
    list_for_each (link, &topic->watchers) {
        container_of(link, struct watcher, link)->why = why;
        watch->telling_count++;
    }
    move_all(&topic->watchers, &watch->telling);
}

static void tell_campaign(struct watch *watch, struct watch_topic *campaign, struct tuan_id room)
{
    struct list rest;

    list_init(&rest);
    move_all(&campaign->watchers, &rest);
    for (struct list *link = list_pop_head(&rest); link != NULL; link = list_pop_head(&rest)) {
        list_push_tail(&campaign->watchers, link);
        watch->config.tell(watch->config.context, container_of(link, struct watcher, link), room,
                           WATCH_CHANGED);
    }
}

static void tell_topic(struct watch *watch, struct watch_topic *topic)
{
    struct tuan_id room = topic->room;
    struct watch_topic *campaign = topic->campaign;

    topic->is_changed = false;
    topic->rest_ms = watch->boot_ms + WATCH_PAUSE_MS;
    line_up(watch, topic, WATCH_CHANGED);
    wheel_add(&watch->rests, &topic->timer, topic->rest_ms);
    if (campaign != NULL) tell_campaign(watch, campaign, room);
}

static void tell_changed(struct watch *watch)
{
    struct list changed;

    list_init(&changed);
    move_all(&watch->changed, &changed);
    for (struct list *link = list_pop_head(&changed); link != NULL;
         link = list_pop_head(&changed)) {
        struct watch_topic *topic = container_of(link, struct watch_topic, changed);
        if (watch->config.may_show(watch->config.context, topic->partition, topic->position))
            tell_topic(watch, topic);
        else
            list_push_tail(&watch->changed, link);
    }
}

static void tell_lined_up(struct watch *watch)
{
    for (int i = 0; i < WATCH_TELLS_MAX && !list_is_empty(&watch->telling); i++) {
        struct list *link = list_pop_head(&watch->telling);
        struct watcher *watcher = container_of(link, struct watcher, link);
        enum watch_why why = watcher->why;
        leave_line(watch, watcher);
        list_push_tail(&watcher->topic->watchers, link);
        watch->config.tell(watch->config.context, watcher, watcher->topic->room, why);
    }
}

static void end_rests(struct watch *watch)
{
    struct wheel_node *node;

    while ((node = wheel_pop_due(&watch->rests, watch->boot_ms)) != NULL) {
        struct watch_topic *topic = container_of(node, struct watch_topic, timer);
        if (topic->is_changed) {
            list_remove(&topic->changed);
            list_push_tail(&watch->changed, &topic->changed);
        } else {
            free_room_if_idle(watch, topic);
        }
    }
}

static void end_waits(struct watch *watch)
{
    struct wheel_node *node;

    while ((node = wheel_pop_due(&watch->ends, watch->boot_ms)) != NULL) {
        struct watcher *watcher = container_of(node, struct watcher, timer);
        struct tuan_id room = watcher->topic->room;
        watch_end(watch, watcher);
        watch->config.tell(watch->config.context, watcher, room, WATCH_TIME_UP);
    }
}

void watch_turn(struct watch *watch, int64_t boot_ms)
{
    watch->boot_ms = boot_ms;
    end_rests(watch);
    tell_changed(watch);
    tell_lined_up(watch);
    end_waits(watch);
}

/* Its position may never come. Should nobody watch the room, the end of its rest frees it. */
static void forget_change(struct watch *watch, struct watch_topic *topic)
{
    topic->is_changed = false;
    list_remove(&topic->changed);
    if (!wheel_is_armed(&topic->timer)) wheel_add(&watch->rests, &topic->timer, watch->boot_ms);
}

void watch_dropped(struct watch *watch)
{
    struct watch_topic *topic;

    for (size_t cursor = 0; (topic = map_next(&watch->rooms, &cursor)) != NULL;) {
        line_up(watch, topic, WATCH_LOST);
        forget_change(watch, topic);
    }
    for (size_t cursor = 0; (topic = map_next(&watch->campaigns, &cursor)) != NULL;)
        line_up(watch, topic, WATCH_LOST);
    list_for_each (link, &watch->telling)
        container_of(link, struct watcher, link)->why = WATCH_LOST;
}

int64_t watch_next_ms(const struct watch *watch)
{
    int64_t rest_ms = wheel_next_ms(&watch->rests), end_ms = wheel_next_ms(&watch->ends);

    if (!list_is_empty(&watch->telling)) return watch->boot_ms;
    return rest_ms < end_ms ? rest_ms : end_ms;
}

size_t watch_count(const struct watch *watch)
{
    return watch->count;
}

static size_t count_changed(const struct list *changed)
{
    size_t count = 0;

    list_for_each (link, changed) {
        const struct watch_topic *topic = container_of(link, struct watch_topic, changed);
        count += topic->watcher_count;
        if (topic->campaign != NULL) count += topic->campaign->watcher_count;
    }
    return count;
}

size_t watch_due(const struct watch *watch)
{
    return watch->telling_count + count_changed(&watch->changed) + count_changed(&watch->put_off);
}

size_t watch_timers(const struct watch *watch)
{
    return wheel_count(&watch->rests) + wheel_count(&watch->ends);
}
