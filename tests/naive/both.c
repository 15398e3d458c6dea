/* SPDX-License-Identifier: BSD-2-Clause */
/* both.c - one command or one due moment at a time, by both engines. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "compare.h"
#include "proto/resp.h"

enum { ARENA_BYTES = 1 << 20, BUDGET = 1 << 30 };

static void fill_random(void *context, void *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)out)[i] = (unsigned char)rng_u64(context);
}

void both_init(struct both *both, uint64_t seed, struct tally *tally)
{
    memset(both, 0, sizeof *both);
    rng_seed(&both->rng, seed);
    rng_seed(&both->dice, seed ^ 0x5eed);
    both->config = (struct engine_config){
        .partition = 5, .hash_seed = seed, .random = fill_random, .random_context = &both->rng};
    both->engine = engine_create(&both->config);
    engine_set_position(both->engine, 1);
    both->naive = naive_create();
    both->now = T0;
    both->tally = tally;
    both->arena = (struct tuan_arena){.base = mem_alloc(ARENA_BYTES), .cap = ARENA_BYTES};
    both->rooms = mem_alloc(NAMES_MAX * sizeof *both->rooms);
    both->refunds = mem_alloc(NAMES_MAX * sizeof *both->refunds);
    both->facts = mem_alloc(FACTS_MAX * sizeof *both->facts);
    both->logs = rng_below(&both->dice, 8) == 0;
}

void both_clear(struct both *both)
{
    engine_destroy(both->engine);
    naive_destroy(both->naive);
    store_clear(&both->store);
    mem_free(both->arena.base);
    mem_free(both->rooms);
    mem_free(both->refunds);
    mem_free(both->facts);
}

/* ---- facts ---- */

static void note_id(struct drawn *list, size_t *count, struct tuan_str order, struct tuan_id id)
{
    if (*count == NAMES_MAX) return;
    struct drawn *drawn = &list[(*count)++];
    snprintf(drawn->order, sizeof drawn->order, "%.*s", (int)order.len, order.ptr);
    drawn->id = id;
}

static void count_fact(struct tally *tally, const struct tuan_fact *fact)
{
    tally->facts[fact->type]++;
    if (fact->type == TUAN_FACT_ROOM_FORMED) tally->reasons[fact->room_formed.reason]++;
    if (fact->type == TUAN_FACT_ROOM_FAILED) tally->reasons[fact->room_failed.reason]++;
    if (fact->type == TUAN_FACT_REFUND_DUE) tally->refunds[fact->refund_due.reason]++;
}

static void show_facts(struct both *both, struct engine *engine)
{
    size_t count = engine_fact_count(engine);

    if (count > FACTS_MAX) both_flaw(both, "%zu facts in one step", count);
    for (size_t i = 0; i < count && i < FACTS_MAX; i++) {
        const struct tuan_fact *fact = engine_fact(engine, i);
        both->facts[i] = fact;
        if (both->tally != NULL) count_fact(both->tally, fact);
        if (fact->type == TUAN_FACT_SEAT_HELD && fact->seat_held.n == 1)
            note_id(both->rooms, &both->room_count, fact->seat_held.order, fact->seat_held.room);
        if (fact->type == TUAN_FACT_REFUND_DUE)
            note_id(both->refunds, &both->refund_count, fact->refund_due.order,
                    fact->refund_due.refund);
        if (both->tells) printf("      %s\n", tuan_fact_message(fact->type)->name);
    }
    naive_show_facts(both->naive, both->facts, count);
}

static void drain(struct both *both)
{
    if (engine_fact_count(both->engine) > 0) {
        both->position++;
        if (both->logs) store_log(&both->store, both->engine, both->position, both->now);
    }
    engine_drain(both->engine);
    engine_set_position(both->engine, both->position + 1);
}

/* ---- time ---- */

bool both_advance(struct both *both, int64_t now)
{
    for (int rounds = 0; both->flaw[0] == '\0'; rounds++) {
        int64_t theirs = engine_next_deadline_ms(both->engine);
        int64_t ours = naive_next_due_ms(both->naive);
        int64_t due = theirs < ours ? theirs : ours;
        if (due > now) break;
        if (due > both->now) both->now = due;
        if (theirs > ours && theirs > both->now)
            both_flaw(both, "the engine wants to wake at %lld, something is due at %lld",
                      (long long)(theirs - T0), (long long)(ours - T0));
        while (engine_expire(both->engine, both->now, BUDGET))
            if (engine_fact_count(both->engine) > FACTS_MAX) break;
        show_facts(both, both->engine);
        naive_expire(both->naive, both->now);
        if (naive_flaw(both->naive)[0] != '\0')
            both_flaw(both, "at %lld: %s", (long long)(both->now - T0), naive_flaw(both->naive));
        drain(both);
        if (rounds > 10000) both_flaw(both, "engine_next_deadline_ms spins");
    }
    if (now > both->now) both->now = now;
    return both->flaw[0] == '\0';
}

/* ---- commands ---- */

static struct tuan_str keep(struct both *both, const char *text, size_t len)
{
    char *copy = tuan_arena_take(&both->arena, len + 1);

    assert(copy != NULL);
    memcpy(copy, text, len);
    return (struct tuan_str){copy, (uint32_t)len};
}

static struct tuan_id find_drawn(const struct drawn *list, size_t count, const char *order,
                                 long which)
{
    struct tuan_id id = {0, 1};

    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].order, order) == 0 && (which < 0 || which-- == 0)) {
            id = list[i].id;
            if (which == -1 && list == NULL) break;
        }
    return id;
}

enum { ZONES_MAX = 16, TABLE_BYTES = 2048, ZONE_STEP = 1800 };

/* A zone's offsets and the seconds from which they hold. */
static void make_table(struct tuan_str zone, char table[TABLE_BYTES])
{
    const time_t first = T0 / 1000 - 31536000, last = first + 6 * 31536000;
    long now = naive_offset(zone, first);
    int len = snprintf(table, TABLE_BYTES, "%ld", now);

    for (time_t next = first; next < last && len < TABLE_BYTES - 64; next += ZONE_STEP) {
        long offset = naive_offset(zone, next);
        if (offset == now) continue;
        time_t at = next;
        while (naive_offset(zone, at - 1) == offset) /* the very second */
            at--;
        len += snprintf(table + len, TABLE_BYTES - (size_t)len, " %lld %ld", (long long)at, offset);
        now = offset;
    }
}

/* What the daemon hands over with a campaign. Zones do not change: their tables are made once. */
static struct tuan_str zone_table(struct tuan_str zone)
{
    static struct {
        char name[TUAN_ID_MAX + 1], table[TABLE_BYTES];
    } known[ZONES_MAX];

    if (zone.len == 0 || !naive_knows_zone(zone)) return (struct tuan_str){NULL, 0};
    for (size_t i = 0; i < ZONES_MAX; i++) {
        if (known[i].name[0] == '\0') {
            snprintf(known[i].name, sizeof known[i].name, "%.*s", (int)zone.len, zone.ptr);
            make_table(zone, known[i].table);
        }
        if (strlen(known[i].name) == zone.len && memcmp(known[i].name, zone.ptr, zone.len) == 0)
            return (struct tuan_str){known[i].table, (uint32_t)strlen(known[i].table)};
    }
    return (struct tuan_str){NULL, 0};
}

/* `$o7`, `$f0.o7`, `@1500`, or the word itself. */
static struct tuan_str resolve(struct both *both, const char *word)
{
    char text[TUAN_RID_CHARS + 1];
    char *end;

    if (word[0] == '@') {
        int len = snprintf(text, sizeof text, "%lld", (long long)T0 + strtoll(word + 1, NULL, 10));
        return keep(both, text, (size_t)len);
    }
    if (word[0] != '$') return keep(both, word, strlen(word));
    struct tuan_id id;
    if (word[1] == 'f') {
        long which = strtol(word + 2, &end, 10);
        id = find_drawn(both->refunds, both->refund_count, end + 1, which);
    } else {
        id = find_drawn(both->rooms, both->room_count, word + 1, -1);
    }
    tuan_rid_print(id, text);
    return keep(both, text, TUAN_RID_CHARS);
}

bool both_judge(struct both *both, struct engine *engine, const struct tuan_command *command)
{
    struct engine_answer answer;

    /* Half of them are seen coming, as in a pipeline; some of these do not come after all. */
    if (both->steps % 2 == 0)
        engine_foresee(engine, command->arg.campaign, command->arg.user, command->arg.order);
    if (both->steps % 3 == 0)
        engine_foresee(engine, command->arg.campaign, TUAN_STR("nobody"), command->arg.order);
    engine_apply(engine, command, both->now, &answer);
    both->last_err = answer.reply.err;
    show_facts(both, engine);
    naive_show_reply(both->naive, &answer.reply);
    const struct tuan_reply *ours = naive_apply(both->naive, command, both->now);
    if (naive_flaw(both->naive)[0] != '\0') both_flaw(both, "%s", naive_flaw(both->naive));
    same_replies(both, &answer.reply, ours);
    return both->flaw[0] == '\0';
}

bool both_step(struct both *both, const struct script *script, const struct step *step)
{
    struct tuan_str words[WORDS_MAX];
    struct tuan_command *command = tuan_arena_take(&both->arena, sizeof *command);
    struct tuan_fault fault;

    if (!both_advance(both, T0 + step->at)) return false;
    for (uint32_t i = 0; i < step->word_count; i++)
        words[i] = resolve(both, script->text + step->words[i]);
    both->steps++;
    enum tuan_err err = tuan_resp_command(words, step->word_count, command, &both->arena, &fault);
    command->zone = (struct tuan_str){NULL, 0};
    if (err == TUAN_OK && command->id == TUAN_CMD_CAMPAIGN_PUT &&
        ((command->rules.given >> TUAN_PARAM_cutoff_zone) & 1))
        command->zone = zone_table(command->rules.cutoff_zone);
    if (err == TUAN_ERR_TOO_LARGE) both_flaw(both, "the arena is full");
    if (err != TUAN_OK) return both->flaw[0] == '\0';
    both_judge(both, both->engine, command);
    if (both->tally != NULL) both->tally->errors[both->last_err]++;
    drain(both);
    return both->flaw[0] == '\0';
}
