/* SPDX-License-Identifier: BSD-2-Clause */
/* check.c - are two answers alike, and is all that can be read alike? */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "compare.h"
#include "pairs.h"

void both_flaw(struct both *both, const char *format, ...)
{
    va_list args;

    if (both->flaw[0] != '\0') return;
    va_start(args, format);
    vsnprintf(both->flaw, sizeof both->flaw, format, args);
    va_end(args);
}

/* ---- two messages ---- */

static bool same_str(struct tuan_str a, struct tuan_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool same_messages(const struct tuan_message *message, const void *a, const void *b);

static bool same_lists(const struct tuan_field *field, struct tuan_list a, struct tuan_list b)
{
    if (a.count != b.count) return false;
    for (uint32_t i = 0; i < a.count; i++)
        if (!same_messages(field->items, (const char *)a.items + i * field->items->size,
                           (const char *)b.items + i * field->items->size))
            return false;
    return true;
}

static bool same_rules(const struct tuan_rules *a, const struct tuan_rules *b)
{
    for (int i = 0; i < TUAN_PARAM_COUNT; i++) {
        const struct tuan_field *field = &tuan_param_fields[i];
        const void *one = (const char *)a + field->offset, *two = (const char *)b + field->offset;
        bool is_number =
            field->type == TUAN_INT || field->type == TUAN_FLAG || field->type == TUAN_WORD;
        bool is_text = field->type == TUAN_TEXT || field->type == TUAN_ID;
        uint32_t counts[2];
        if (is_number && *(const int64_t *)one != *(const int64_t *)two) return false;
        if (is_text && !same_str(*(const struct tuan_str *)one, *(const struct tuan_str *)two))
            return false;
        if (is_number || is_text) continue;
        memcpy(&counts[0], (const char *)one + sizeof(void *), sizeof counts[0]);
        memcpy(&counts[1], (const char *)two + sizeof(void *), sizeof counts[1]);
        if (counts[0] != counts[1]) return false;
    }
    return true;
}

/* Told within 7 %. */
static bool nearly_same(int64_t a, int64_t b)
{
    int64_t distance = a < b ? b - a : a - b;

    return distance * 100 <= b * 8 + 200;
}

static bool same_fields(const struct tuan_message *message, const struct tuan_field *field,
                        const void *a, const void *b)
{
    switch (field->type) {
    case TUAN_INT:
        if (message == &tuan_percentiles_message)
            return nearly_same(*(const int64_t *)a, *(const int64_t *)b);
        return *(const int64_t *)a == *(const int64_t *)b;
    case TUAN_FLAG:
    case TUAN_WORD: return *(const int64_t *)a == *(const int64_t *)b;
    case TUAN_ID:
    case TUAN_TEXT: {
        struct tuan_str one = *(const struct tuan_str *)a, two = *(const struct tuan_str *)b;
        if (message == &tuan_rooms_message) return one.len > 0 || two.len == 0; /* a hint */
        if (strcmp(field->name, "cursor") == 0) return (one.len == 0) == (two.len == 0);
        if (strcmp(field->name, "error") == 0)
            return one.len > 14 && memcmp(one.ptr, two.ptr, 14) == 0;
        return same_str(one, two);
    }
    case TUAN_RID: return tuan_rid_equal(*(const struct tuan_id *)a, *(const struct tuan_id *)b);
    case TUAN_LIST:
        return same_lists(field, *(const struct tuan_list *)a, *(const struct tuan_list *)b);
    case TUAN_MAP:
        return same_messages(field->items, *(const void *const *)a, *(const void *const *)b);
    case TUAN_RULES:
        return same_rules(*(const struct tuan_rules *const *)a,
                          *(const struct tuan_rules *const *)b);
    case TUAN_TAGS:
    case TUAN_NAMES:
    case TUAN_RIDS:
    case TUAN_TIERS: return true;
    }
    return true;
}

static bool same_messages(const struct tuan_message *message, const void *a, const void *b)
{
    uint64_t given[2];

    memcpy(&given[0], a, sizeof given[0]);
    memcpy(&given[1], b, sizeof given[1]);
    if (given[0] != given[1]) return false;
    for (size_t i = 0; i < message->count; i++)
        if (((given[0] >> i) & 1) &&
            !same_fields(message, &message->fields[i], (const char *)a + message->fields[i].offset,
                         (const char *)b + message->fields[i].offset))
            return false;
    return true;
}

/* ---- telling what differs ---- */

static const char *value_of(const struct pairs *pairs, const char *path)
{
    const char *value = pairs_find(pairs, path);

    return value == NULL ? "absent" : value;
}

static void tell_difference(struct both *both, const char *what, const struct tuan_message *message,
                            const void *theirs, const void *ours)
{
    struct pairs a = {.items = NULL}, b = {.items = NULL};
    char text[FLAW_BYTES / 2];
    size_t used = 0;

    text[0] = '\0';
    pairs_add_message(&a, "", message, theirs);
    pairs_add_message(&b, "", message, ours);
    for (size_t i = 0; i < a.count && used < sizeof text - 300; i++)
        if (strcmp(a.items[i].value, value_of(&b, a.items[i].path)) != 0)
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     "\n  %.80s: engine %.80s, naive %.80s", a.items[i].path,
                                     a.items[i].value, value_of(&b, a.items[i].path));
    for (size_t i = 0; i < b.count && used < sizeof text - 300; i++)
        if (pairs_find(&a, b.items[i].path) == NULL)
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     "\n  %.80s: engine absent, naive %.80s", b.items[i].path,
                                     b.items[i].value);
    both_flaw(both, "%s of %s differ:%s", what, message->name, text);
    pairs_clear(&a);
    pairs_clear(&b);
}

static const char *code_of(const struct tuan_reply *reply)
{
    return reply->err == TUAN_OK ? "OK" : tuan_errors[reply->err].name;
}

bool same_replies(struct both *both, const struct tuan_reply *theirs, const struct tuan_reply *ours)
{
    if (theirs->err != ours->err) {
        both_flaw(both, "the engine answers %s (%.*s), the naive one %s", code_of(theirs),
                  (int)theirs->text.len, theirs->text.len > 0 ? theirs->text.ptr : "",
                  code_of(ours));
        return false;
    }
    if (theirs->err != TUAN_OK) {
        if (same_messages(&tuan_problem_message, &theirs->problem, &ours->problem)) return true;
        tell_difference(both, tuan_errors[theirs->err].name, &tuan_problem_message,
                        &theirs->problem, &ours->problem);
        return false;
    }
    if (theirs->message != ours->message) {
        both_flaw(both, "the engine answers with %s, the naive one with %s", theirs->message->name,
                  ours->message->name);
        return false;
    }
    if (same_messages(theirs->message, theirs->body, ours->body)) return true;
    tell_difference(both, "answers", theirs->message, theirs->body, ours->body);
    return false;
}

/* ---- everything ---- */

static struct tuan_command begin(enum tuan_cmd id)
{
    struct tuan_command command = {.id = id, .arg = tuan_args_default};

    return command;
}

#define GIVE(command, member, value)                                                               \
    ((command)->arg.member = (value), (command)->given |= UINT64_C(1) << TUAN_ARG_##member)

static bool read_one(struct both *both, struct engine *engine, struct tuan_command *command)
{
    bool is_alike = both_judge(both, engine, command);
    char said[512];

    if (engine_fact_count(engine) > 0) both_flaw(both, "a read makes facts");
    if (is_alike || strncmp(both->flaw, "reading ", 8) == 0) return is_alike;
    snprintf(said, sizeof said, "%.480s", both->flaw);
    snprintf(both->flaw, sizeof both->flaw, "reading %s %.*s: %s", tuan_commands[command->id].name,
             (int)command->arg.order.len, command->arg.order.len > 0 ? command->arg.order.ptr : "",
             said);
    return false;
}

static bool check_campaign(struct both *both, struct engine *engine, struct tuan_str campaign)
{
    static const enum tuan_cmd reads[] = {TUAN_CMD_CAMPAIGN_GET, TUAN_CMD_STATS,
                                          TUAN_CMD_REFUND_LIST};
    char user[8];

    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        struct tuan_command command = begin(reads[i]);
        GIVE(&command, campaign, campaign);
        if (!read_one(both, engine, &command)) return false;
    }
    for (int i = 0; i < 7; i++) {
        struct tuan_command command = begin(TUAN_CMD_USER_SEATS);
        int len = snprintf(user, sizeof user, "u%d", i);
        GIVE(&command, campaign, campaign);
        GIVE(&command, user, ((struct tuan_str){user, (uint32_t)len}));
        if (!read_one(both, engine, &command)) return false;
        if (i % 3 != 0) continue;
        struct tuan_command list = begin(TUAN_CMD_ROOM_LIST);
        GIVE(&list, campaign, campaign);
        GIVE(&list, limit, 50);
        if (i > 0) GIVE(&list, user, ((struct tuan_str){user, (uint32_t)len}));
        if (!read_one(both, engine, &list)) return false;
    }
    return true;
}

static bool check_orders(struct both *both, struct engine *engine, struct tuan_str campaign)
{
    char order[12];

    for (int i = 0; i < 400; i += 1 + i / 64) {
        struct tuan_command command = begin(TUAN_CMD_SEAT_GET);
        int len = snprintf(order, sizeof order, "o%d", i);
        GIVE(&command, campaign, campaign);
        GIVE(&command, order, ((struct tuan_str){order, (uint32_t)len}));
        if (!read_one(both, engine, &command)) return false;
    }
    return true;
}

static bool check_history(struct both *both, struct engine *engine, struct tuan_id room)
{
    struct tuan_command command = begin(TUAN_CMD_ROOM_HISTORY);
    struct engine_answer answer;

    GIVE(&command, room, room);
    GIVE(&command, limit, 500);
    engine_apply(engine, &command, both->now, &answer);
    if (answer.reply.err == TUAN_OK) naive_check_history(both->naive, answer.reply.body);
    if (naive_flaw(both->naive)[0] != '\0') both_flaw(both, "%s", naive_flaw(both->naive));
    return both->flaw[0] == '\0';
}

bool both_check(struct both *both, struct engine *engine)
{
    static const struct tuan_str campaigns[] = {{"c0", 2}, {"c1", 2}};

    if (!both_advance(both, both->now)) return false;
    engine_audit(engine);
    for (size_t i = 0; i < both->room_count; i++) {
        struct tuan_command command = begin(TUAN_CMD_ROOM_GET);
        GIVE(&command, room, both->rooms[i].id);
        if (!read_one(both, engine, &command)) return false;
        command = begin(TUAN_CMD_ROOM_SEATS);
        GIVE(&command, room, both->rooms[i].id);
        GIVE(&command, limit, 500);
        if (!read_one(both, engine, &command)) return false;
        if (!check_history(both, engine, both->rooms[i].id)) return false;
    }
    for (size_t i = 0; i < 2; i++)
        if (!check_campaign(both, engine, campaigns[i]) ||
            !check_orders(both, engine, campaigns[i]))
            return false;
    struct tuan_command list = begin(TUAN_CMD_CAMPAIGN_LIST);
    if (!read_one(both, engine, &list)) return false;
    if (naive_check(both->naive)[0] != '\0') both_flaw(both, "%s", naive_check(both->naive));
    return both->flaw[0] == '\0';
}
