/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/load/plan.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench/tool/args.h"

enum kind { KIND_COUNT, KIND_SPAN, KIND_REAL, KIND_TEXT, KIND_SWITCH };

static const struct {
    enum kind kind;
    size_t offset;
} slots[PLAN_ROWS] = {
#define PLAN(member, key, kind, dflt, value, doc) {KIND_##kind, offsetof(struct plan, member)},
#include "bench/load/plan.def"
};

const struct plan_row_info plan_rows[PLAN_ROWS] = {
#define PLAN(member, key, kind, dflt, value, doc)                                                  \
    {key, value, doc, dflt, KIND_##kind == KIND_SWITCH},
#include "bench/load/plan.def"
};

static void *slot_of(const struct plan *plan, size_t row)
{
    return (char *)(uintptr_t)plan + slots[row].offset;
}

static char *copy_text(const char *text)
{
    return mem_dup(text, strlen(text) + 1);
}

void plan_init(struct plan *plan)
{
    *plan = (struct plan){.scenario = copy_text("")};
    for (int row = 0; row < PLAN_ROWS; row++)
        plan_set(plan, (enum plan_row)row, plan_rows[row].dflt);
}

void plan_free(struct plan *plan)
{
    for (int row = 0; row < PLAN_ROWS; row++)
        if (slots[row].kind == KIND_TEXT) mem_free(*(char **)slot_of(plan, (size_t)row));
    mem_free(plan->scenario);
    json_decref(plan->campaign);
    *plan = (struct plan){0};
}

static const char *set_count(int64_t *out, const char *text)
{
    char *end;

    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || value < 0 || value > 1000000000)
        return "not a whole number from 0 to a thousand million";
    *out = value;
    return NULL;
}

static const char *set_real(double *out, const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !isfinite(value) || value < 0 || value > 1e9)
        return "not a number from 0";
    *out = value;
    return NULL;
}

const char *plan_set(struct plan *plan, enum plan_row row, const char *text)
{
    void *slot = slot_of(plan, row);
    long long span;

    switch (slots[row].kind) {
    case KIND_COUNT: return set_count(slot, text);
    case KIND_REAL: return set_real(slot, text);
    case KIND_SPAN:
        if (!args_span(text, &span) || span > INT64_C(366) * 86400000)
            return "not a span such as 500ms, 30s, 15m";
        *(int64_t *)slot = span;
        return NULL;
    case KIND_SWITCH:
        if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0) return "neither 0 nor 1";
        *(bool *)slot = text[0] == '1';
        return NULL;
    case KIND_TEXT: break;
    }
    mem_free(*(char **)slot);
    *(char **)slot = copy_text(text);
    return NULL;
}

/* ---- files ---- */

static const char *set_json(struct plan *plan, enum plan_row row, const json_t *value)
{
    char text[64];

    if (json_is_string(value)) return plan_set(plan, row, json_string_value(value));
    if (json_is_boolean(value)) return plan_set(plan, row, json_is_true(value) ? "1" : "0");
    if (!json_is_number(value)) return "neither text, number, true nor false";
    if (json_is_integer(value))
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
    else
        snprintf(text, sizeof text, "%.17g", json_real_value(value));
    return plan_set(plan, row, text);
}

static const char *read_key(struct plan *plan, const char *key, json_t *value)
{
    if (strcmp(key, "about") == 0) return NULL;
    if (strcmp(key, "scenario") == 0) {
        if (!json_is_string(value)) return "not a text";
        mem_free(plan->scenario);
        plan->scenario = copy_text(json_string_value(value));
        return NULL;
    }
    if (strcmp(key, "campaign") == 0) {
        if (!json_is_object(value)) return "not an object of campaign parameters";
        json_decref(plan->campaign);
        plan->campaign = json_deep_copy(value);
        return NULL;
    }
    for (int row = 0; row < PLAN_ROWS; row++)
        if (strcmp(plan_rows[row].key, key) == 0) return set_json(plan, (enum plan_row)row, value);
    return "no such key";
}

bool plan_read(struct plan *plan, const json_t *json, const char *origin)
{
    const char *key;
    json_t *value;

    if (!json_is_object(json)) {
        fprintf(stderr, "tuan bench: %s: not a JSON object\n", origin);
        return false;
    }
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        const char *wrong = read_key(plan, key, value);
        if (wrong == NULL) continue;
        fprintf(stderr, "tuan bench: %s: %s: %s\n", origin, key, wrong);
        return false;
    }
    return true;
}

json_t *plan_json(const struct plan *plan)
{
    json_t *json = json_object();

    json_object_set_new(json, "scenario", json_string(plan->scenario));
    for (size_t row = 0; row < PLAN_ROWS; row++) {
        const void *slot = slot_of(plan, row);
        json_t *value = NULL;
        switch (slots[row].kind) {
        case KIND_COUNT:
        case KIND_SPAN: value = json_integer(*(const int64_t *)slot); break;
        case KIND_REAL: value = json_real(*(const double *)slot); break;
        case KIND_SWITCH: value = json_boolean(*(const bool *)slot); break;
        case KIND_TEXT: value = json_string(*(char *const *)slot); break;
        }
        json_object_set_new(json, plan_rows[row].key, value);
    }
    if (plan->campaign != NULL) json_object_set(json, "campaign", plan->campaign);
    return json;
}

/* ---- the whole ---- */

static bool refuse(const char *key, const char *why)
{
    fprintf(stderr, "tuan bench: %s: %s\n", key, why);
    return false;
}

static bool is_one_of(const char *text, const char *first, const char *second, bool *is_first)
{
    *is_first = strcmp(text, first) == 0;
    return *is_first || strcmp(text, second) == 0;
}

static bool read_share(struct plan *plan, const char *item, size_t len)
{
    const char *equals = memchr(item, '=', len);
    char *end;

    if (equals == NULL) return false;
    double share = strtod(equals + 1, &end);
    if (end != item + len || end == equals + 1 || !(share >= 0 && share <= 1e6)) return false;
    for (int op = 0; op < OP_COUNT; op++) {
        if (op_rows[op].kind == OP_KIND_CHECK ||
            strlen(op_rows[op].word) != (size_t)(equals - item) ||
            memcmp(op_rows[op].word, item, (size_t)(equals - item)) != 0)
            continue;
        plan->shares[op] = share;
        return true;
    }
    return false;
}

static bool read_mix(struct plan *plan)
{
    double sum = 0;

    memset(plan->shares, 0, sizeof plan->shares);
    for (const char *at = plan->mix; *at != '\0';) {
        size_t len = strcspn(at, ",");
        if (!read_share(plan, at, len))
            return refuse("mix", "a list like match=1,pay=0.6,get=20 of open join match pay "
                                 "cancel get list seat ping");
        at += len + (at[len] == ',');
    }
    for (int op = 0; op < OP_COUNT; op++)
        sum += plan->shares[op];
    if (sum <= 0) return refuse("mix", "nothing to do");
    for (int op = 0; op < OP_COUNT; op++)
        plan->shares[op] /= sum;
    return true;
}

static bool read_words(struct plan *plan)
{
    bool is_none, is_off;

    if (!is_one_of(plan->arrivals, "poisson", "constant", &plan->is_poisson))
        return refuse("arrivals", "poisson or constant");
    plan->polls_web = strcmp(plan->protocol, "http") == 0;
    if (!plan->polls_web && !is_one_of(plan->protocol, "msgpack", "resp", &plan->speaks_rpc))
        return refuse("protocol", "resp, msgpack or http");
    if (!is_one_of(plan->payment, "none", "required", &is_none))
        return refuse("payment", "required or none");
    plan->pays = !is_none;
    if (!is_one_of(plan->share, "prepared", "recent", &plan->shares_prepared))
        return refuse("share", "recent or prepared");
    if (!is_one_of(plan->verify, "off", "all", &is_off)) return refuse("verify", "all or off");
    plan->verifies_rooms = !is_off;
    return true;
}

static bool check_numbers(const struct plan *plan)
{
    if (plan->size < 2 || plan->size > 10000) return refuse("size", "from 2 to 10000");
    if (plan->campaigns < 1 || plan->campaigns > 999999)
        return refuse("campaigns", "from 1 to 999999");
    if (plan->connections < 1 || plan->connections > 20000)
        return refuse("connections", "from 1 to 20000");
    if (plan->pipeline > 65536) return refuse("pipeline", "at most 65536");
    if (plan->zipf > 10) return refuse("zipf", "from 0 to 10");
    if (plan->duration_ms < 1) return refuse("duration", "not 0");
    if (plan->room_ttl_ms < 1 || plan->hold_ms < 1) return refuse("room_ttl, hold", "not 0");
    if (plan->timeout_ms < 1) return refuse("timeout", "not 0");
    if (plan->repeat < 1 || plan->repeat > 1000) return refuse("repeat", "from 1 to 1000");
    if (plan->watchers > 1000) return refuse("watchers", "at most 1000");
    if (plan->speed <= 0) return refuse("speed", "above 0");
    if (plan->due_rooms > 0 && plan->due_after_ms < 1) return refuse("due_after", "not 0");
    if (plan->trace[0] != '\0' && plan->is_closed)
        return refuse("trace", "recorded shoppers come at their own times, not in a closed loop");
    if (plan->shares_prepared && plan->rooms == 0)
        return refuse("share", "prepared rooms need --rooms");
    if (!plan->pays && (plan->shares[OP_PAY] > 0 || plan->shares[OP_CANCEL] > 0))
        return refuse("mix", "with payment none nothing is paid or cancelled");
    return true;
}

static bool read_schedule(struct plan *plan)
{
    struct schedule load;
    const char *wrong = schedule_parse(&load, plan->rate, plan->step, plan->duration_ms);

    if (wrong != NULL) return refuse("rate", wrong);
    plan->schedule.count = 0;
    if (plan->warmup_ms > 0)
        plan->schedule.stages[plan->schedule.count++] =
            (struct stage){load.stages[0].rate, plan->warmup_ms};
    for (size_t i = 0; i < load.count; i++)
        plan->schedule.stages[plan->schedule.count++] = load.stages[i];
    return true;
}

bool plan_check(struct plan *plan)
{
    return read_words(plan) && read_mix(plan) && check_numbers(plan) && read_schedule(plan);
}

void plan_set_rate(struct plan *plan, double rate)
{
    for (size_t i = 0; i < plan->schedule.count; i++)
        plan->schedule.stages[i].rate = rate;
}
