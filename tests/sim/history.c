/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/sim/history.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "proto/pack.h"

enum { ARENA_BYTES = 1 << 20 };

void history_init(struct history *history, uint32_t partition, bool tells_seats)
{
    *history = (struct history){.partition = partition, .tells_seats = tells_seats};
    map_init(&history->index, 64);
    books_init(&history->books);
}

void history_free(struct history *history)
{
    for (uint32_t i = 0; i < history->count; i++) {
        blob_drop(history->nodes[i].batch);
        mem_free(history->nodes[i].owner);
    }
    mem_free(history->nodes);
    mem_free(history->path);
    map_free(&history->index);
    books_free(&history->books);
}

/* ---- finding: the index holds numbers for pointers ---- */

struct history_key {
    const struct history *history;
    const char *nonce;
    uint64_t position;
};

static uint32_t number_of(const void *entry)
{
    return (uint32_t)((uintptr_t)entry - 1);
}

static bool node_is(const void *entry, const void *wanted)
{
    const struct history_key *key = wanted;
    const struct head *head = &key->history->nodes[number_of(entry)].head;

    return head->position == key->position && strcmp(head->nonce, key->nonce) == 0;
}

static uint64_t hash_node(const char *nonce, uint64_t position)
{
    return hash_mix(hash_bytes(nonce, strlen(nonce), 0), position);
}

uint32_t history_find(const struct history *history, const char *nonce, uint64_t position)
{
    struct history_key key = {history, nonce, position};
    const void *entry = map_find(&history->index, hash_node(nonce, position), node_is, &key);

    return entry == NULL ? HISTORY_NONE : number_of(entry);
}

static bool is_fence_of(const struct entry_node *node, const char *owner, uint64_t position)
{
    return node->head.position == position && node->owner != NULL &&
           strcmp(node->owner, owner) == 0;
}

uint32_t history_fence_of(const struct history *history, uint32_t tip, const char *owner,
                          uint64_t position)
{
    for (uint32_t at = tip; at != HISTORY_NONE; at = history->nodes[at].parent)
        if (is_fence_of(&history->nodes[at], owner, position)) return at;
    for (uint32_t i = history->count; i-- > 0;)
        if (is_fence_of(&history->nodes[i], owner, position)) return i;
    return HISTORY_NONE;
}

bool history_is_on_path(const struct history *history, uint32_t node)
{
    uint32_t depth = history->nodes[node].depth;

    return depth < history->path_len && history->path[depth] == node;
}

/* Positions rise along the path. */
bool history_holds(const struct history *history, const struct head *head)
{
    uint32_t low = 0, high = history->path_len;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (history->nodes[history->path[middle]].head.position < head->position)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == history->path_len) return false;
    const struct head *found = &history->nodes[history->path[low]].head;
    return found->position == head->position && strcmp(found->nonce, head->nonce) == 0;
}

/* ---- facts ---- */

bool history_walk(struct mirror_bytes batch, history_use *use, void *context)
{
    static _Alignas(16) char room[ARENA_BYTES];
    size_t at = 0;

    while (at < batch.len) {
        struct tuan_arena arena = {.base = room, .cap = sizeof room};
        struct tuan_fact fact;
        size_t used;
        if (!tuan_unpack_fact(batch.ptr + at, batch.len - at, &used, &fact, &arena)) return false;
        if (!use(context, &fact)) return false;
        at += used;
    }
    return true;
}

static bool enter(void *context, const struct tuan_fact *fact)
{
    struct history *history = context;

    books_enter(&history->books, fact);
    history->books.events += books_event(fact, history->tells_seats) != NULL;
    return true;
}

/* F1: the events of a batch are those that its facts make. */
static void check_events(struct history *history, uint32_t number, int64_t events_before)
{
    const struct entry_node *node = &history->nodes[number];
    int64_t made = history->books.events - events_before;

    if (made == node->events || history->flaw[0] != '\0') return;
    snprintf(history->flaw, sizeof history->flaw,
             "a batch came with %u events, its facts make %lld", node->events, (long long)made);
}

static void read_node(struct history *history, uint32_t number)
{
    const struct entry_node *node = &history->nodes[number];
    int64_t events_before = history->books.events;

    if (node->batch == NULL) return;
    if (!history_walk(blob_bytes(node->batch), enter, history) && history->flaw[0] == '\0')
        snprintf(history->flaw, sizeof history->flaw, "a batch in the log cannot be read");
    check_events(history, number, events_before);
    if (history->books.flaw[0] != '\0' && history->flaw[0] == '\0')
        snprintf(history->flaw, sizeof history->flaw, "the books: %s", history->books.flaw);
}

/* ---- growing ---- */

uint32_t history_add(struct history *history, uint32_t parent, const struct head *head,
                     const struct stream_entry *entry)
{
    struct mirror_bytes batch = entry_field(entry, "b"), owner = entry_field(entry, "o");
    uint32_t number = history->count;

    if (history->count == history->room) {
        history->room = history->room == 0 ? 256 : history->room * 2;
        history->nodes = mem_realloc(history->nodes, history->room * sizeof *history->nodes);
    }
    history->count++;
    history->nodes[number] = (struct entry_node){
        .head = *head,
        .parent = parent,
        .depth = parent == HISTORY_NONE ? 0 : history->nodes[parent].depth + 1,
        .batch = batch.ptr == NULL ? NULL : blob_make(batch.ptr, batch.len),
    };
    if (owner.ptr != NULL) {
        history->nodes[number].owner = mem_zalloc(owner.len + 1);
        memcpy(history->nodes[number].owner, owner.ptr, owner.len);
    }
    if (history_find(history, head->nonce, head->position) == HISTORY_NONE)
        map_insert(&history->index, hash_node(head->nonce, head->position),
                   (void *)((uintptr_t)number + 1));
    return number;
}

static void push(struct history *history, uint32_t number)
{
    if (history->path_len == history->path_room) {
        history->path_room = history->path_room == 0 ? 256 : history->path_room * 2;
        history->path = mem_realloc(history->path, history->path_room * sizeof *history->path);
    }
    history->path[history->path_len++] = number;
}

/* The books cannot forget: they are written anew. */
static void rewrite_books(struct history *history)
{
    books_free(&history->books);
    books_init(&history->books);
    for (uint32_t i = 0; i < history->path_len; i++)
        read_node(history, history->path[i]);
}

uint32_t history_lead_to(struct history *history, uint32_t number)
{
    uint32_t depth = number == HISTORY_NONE ? 0 : history->nodes[number].depth + 1;
    uint32_t common = depth < history->path_len ? depth : history->path_len;
    uint32_t lost, at = number;

    if (depth == history->path_len + 1 && history->nodes[number].parent == history_tip(history)) {
        push(history, number);
        read_node(history, number);
        return 0;
    }
    /* Where does the new path leave the old one? */
    for (uint32_t i = depth; i > common; i--)
        at = history->nodes[at].parent;
    while (common > 0 && history->path[common - 1] != at) {
        at = history->nodes[at].parent;
        common--;
    }
    lost = history->path_len - common;
    history->path_len = common;
    for (uint32_t i = common; i < depth; i++)
        push(history, 0);
    at = number;
    for (uint32_t i = depth; i > common; i--) {
        history->path[i - 1] = at;
        at = history->nodes[at].parent;
    }
    history->rewinds += lost > 0;
    if (lost > 0) {
        rewrite_books(history);
    } else {
        for (uint32_t i = common; i < depth; i++)
            read_node(history, history->path[i]);
    }
    return lost;
}
