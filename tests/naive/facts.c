/* SPDX-License-Identifier: BSD-2-Clause */
/* facts.c - what happens is told as facts; each must be the next that the engine has told. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "impl.h"

/* Not compared: marks of the engine's own, and what nobody outside sees. */
static bool is_private(const char *name)
{
    return strcmp(name, "print") == 0 || strcmp(name, "zone") == 0 || strcmp(name, "rules") == 0;
}

static bool is_equal(const struct tuan_field *field, const void *a, const void *b)
{
    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_WORD: return *(const int64_t *)a == *(const int64_t *)b;
    case TUAN_ID:
    case TUAN_TEXT: return n_same(*(const struct tuan_str *)a, *(const struct tuan_str *)b);
    case TUAN_RID: return tuan_rid_equal(*(const struct tuan_id *)a, *(const struct tuan_id *)b);
    case TUAN_TAGS:
    case TUAN_NAMES:
    case TUAN_RIDS:
    case TUAN_TIERS:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: return true;
    }
    return true;
}

/* A flag or number that is absent is as good as 0, a text as good as "". */
static bool is_nothing(const struct tuan_field *field, const void *value)
{
    switch (field->type) {
    case TUAN_INT:
    case TUAN_FLAG:
    case TUAN_WORD: return *(const int64_t *)value == 0;
    case TUAN_ID:
    case TUAN_TEXT: return ((const struct tuan_str *)value)->len == 0;
    case TUAN_RID: return tuan_rid_is_none(*(const struct tuan_id *)value);
    case TUAN_TAGS:
    case TUAN_NAMES:
    case TUAN_RIDS:
    case TUAN_TIERS:
    case TUAN_LIST:
    case TUAN_MAP:
    case TUAN_RULES: return true;
    }
    return true;
}

static void show_value(char out[80], const struct tuan_field *field, bool is_given, const void *at)
{
    if (!is_given) {
        snprintf(out, 80, "absent");
    } else if (field->type == TUAN_ID || field->type == TUAN_TEXT) {
        const struct tuan_str *str = at;
        snprintf(out, 80, "'%.*s'", (int)(str->len > 70 ? 70 : str->len), str->ptr);
    } else if (field->type == TUAN_RID) {
        char text[TUAN_RID_CHARS];
        tuan_rid_print(*(const struct tuan_id *)at, text);
        snprintf(out, 80, "%.*s", TUAN_RID_CHARS, text);
    } else if (field->type == TUAN_WORD) {
        snprintf(out, 80, "%s", tuan_word_text(field->words, *(const int64_t *)at));
    } else {
        snprintf(out, 80, "%" PRId64, *(const int64_t *)at);
    }
}

static void compare_facts(struct naive *naive, const struct tuan_fact *theirs,
                          const struct tuan_fact *ours)
{
    const struct tuan_message *message = tuan_fact_message(ours->type);

    for (size_t i = 0; i < message->count; i++) {
        const struct tuan_field *field = &message->fields[i];
        const void *a = (const char *)&theirs->given + field->offset;
        const void *b = (const char *)&ours->given + field->offset;
        bool in_theirs = (theirs->given >> i) & 1, in_ours = (ours->given >> i) & 1;
        char shown[2][80];
        if (is_private(field->name)) continue;
        if (in_theirs && in_ours && is_equal(field, a, b)) continue;
        if ((!in_theirs || is_nothing(field, a)) && (!in_ours || is_nothing(field, b))) continue;
        show_value(shown[0], field, in_theirs, a);
        show_value(shown[1], field, in_ours, b);
        n_flaw(naive, "fact %s: %s is %s in the engine, %s in the naive one", message->name,
               field->name, shown[0], shown[1]);
    }
}

static struct n_room *room_named(const struct naive *naive, struct tuan_id id)
{
    for (size_t i = 0; i < naive->room_count; i++)
        if (!naive->rooms[i]->is_gone && tuan_rid_equal(naive->rooms[i]->id, id))
            return naive->rooms[i];
    return NULL;
}

/* When an order's time is over its seat may be taken out of the engine's index, now or later. */
static void follow_forgotten(struct naive *naive, const struct tuan_order_forgotten_fact *fact)
{
    struct n_room *room = room_named(naive, fact->room);

    if (room == NULL || fact->n < 1 || (size_t)fact->n > room->seat_count) {
        n_flaw(naive, "order_forgotten of a seat that is not there");
        return;
    }
    struct n_seat *seat = &room->seats[fact->n - 1];
    room->version++;
    if (seat->is_forgotten || room->campaign->is_dropped) return;
    if (seat == naive->leaving || n_is_past(naive, room)) return;
    if (seat->state != TUAN_SEAT_RELEASED || naive->now < seat->ended_at + room->rules.keep_ms)
        n_flaw(naive, "order_forgotten of a seat whose time is not over");
    seat->is_forgotten = true;
}

const struct tuan_fact *n_next_fact(struct naive *naive)
{
    while (naive->fact_at < naive->fact_count) {
        const struct tuan_fact *fact = naive->facts[naive->fact_at];
        if (fact->type == TUAN_FACT_ORDER_FORGOTTEN)
            follow_forgotten(naive, &fact->order_forgotten);
        else if (fact->type != TUAN_FACT_USER_ROLLED_UP)
            return fact;
        naive->fact_at++;
    }
    return NULL;
}

struct tuan_fact n_begin_fact(enum tuan_fact_type type)
{
    struct tuan_fact fact;

    memset(&fact, 0, sizeof fact);
    fact.type = type;
    return fact;
}

void n_tell(struct naive *naive, struct n_room *room, struct tuan_fact *fact)
{
    const struct tuan_fact *theirs = n_next_fact(naive);
    const char *name = tuan_fact_message(fact->type)->name;

    if (room != NULL) room->version++;
    if (theirs == NULL) {
        n_flaw(naive, "fact %s: the engine tells none", name);
        return;
    }
    naive->fact_at++;
    if (theirs->type != fact->type) {
        n_flaw(naive, "fact %s: the engine tells %s", name, tuan_fact_message(theirs->type)->name);
        return;
    }
    if (fact->type == TUAN_FACT_ROOM_OPENED) {
        TUAN_SET(room_opened_fact, &fact->room_opened, room, theirs->room_opened.room);
        TUAN_SET(room_opened_fact, &fact->room_opened, draw_seed, theirs->room_opened.draw_seed);
    }
    if (fact->type == TUAN_FACT_REFUND_DUE)
        TUAN_SET(refund_due_fact, &fact->refund_due, refund, theirs->refund_due.refund);
    compare_facts(naive, theirs, fact);
}

struct tuan_life *n_add_life(struct naive *naive, struct n_room *room, int64_t event)
{
    room->life = n_grown(room->life, room->life_count, &room->life_room, sizeof *room->life);
    struct tuan_life *life = &room->life[room->life_count++];
    *life = (struct tuan_life){.given = 0};
    TUAN_SET(life, life, at, naive->now);
    TUAN_SET(life, life, event, event);
    return life;
}
