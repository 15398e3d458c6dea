/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/result.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/report/machine.h"
#include "bench/report/spread.h"
#include "bench/tool/clock.h"
#include "proto/schema.h"

#ifdef TUAN_SANITIZED
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

static void set_int(json_t *json, const char *name, int64_t value)
{
    json_object_set_new(json, name, json_integer(value));
}

static json_t *moment(int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    char text[40];

    gmtime_r(&seconds, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return json_string(text);
}

json_t *result_create(const struct plan *plan, json_t *command)
{
    return json_pack("{s:s, s:O, s:{s:s, s:s, s:b}, s:o, s:o, s:o, s:[]}", "schema", RESULT_SCHEMA,
                     "command", command, "tool", "version", TUAN_VERSION, "revision", TUAN_REVISION,
                     "sanitized", IS_SANITIZED, "machine", machine_json(), "started_at",
                     moment(clock_wall_ms()), "plan", plan_json(plan), "runs");
}

/* ---- a run ---- */

static json_t *operations_json(const struct recorder *recorder)
{
    json_t *operations = json_array();

    for (int op = 0; op < OP_COUNT; op++)
        for (int class = 0; class < CLASS_COUNT; class ++) {
            if (recorder->response[op][class] == NULL) continue;
            json_array_append_new(operations,
                                  json_pack("{s:s, s:s, s:o, s:o}", "operation", op_rows[op].word,
                                            "class", class_words[class], "response",
                                            spread_json(recorder->response[op][class]), "service",
                                            spread_json(recorder->service[op][class])));
        }
    return operations;
}

static void set_classes(json_t *json, const int64_t by_class[CLASS_COUNT])
{
    for (int class = 0; class < CLASS_COUNT; class ++)
        set_int(json, class_words[class], by_class[class]);
}

static json_t *seconds_json(const struct interval *intervals, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct interval *each = &intervals[i];
        json_t *json = json_object();
        set_int(json, "start_ms", each->start_ms);
        set_int(json, "span_ms", each->span_ms);
        json_object_set_new(json, "target", json_real(each->target));
        set_int(json, "due", each->due);
        set_classes(json, each->by_class);
        set_int(json, "p50_ns", each->p50_ns);
        set_int(json, "p99_ns", each->p99_ns);
        set_int(json, "max_ns", each->max_ns);
        set_int(json, "lag_p99_ns", each->lag_p99_ns);
        set_int(json, "lag_max_ns", each->lag_max_ns);
        set_int(json, "in_flight", each->in_flight);
        set_int(json, "queued", each->queued);
        json_object_set_new(json, "warmup", json_boolean(each->is_warmup));
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *stages_json(const struct outcome *outcome)
{
    const struct recorder *recorder = &outcome->recorder;
    const struct plan *plan = outcome->plan;
    json_t *list = json_array();
    int64_t start_ms = 0;

    for (size_t i = 0; i < recorder->stage_count; i++) {
        const struct stage_figures *each = &recorder->stages[i];
        const struct stage *stage = &plan->schedule.stages[i];
        json_t *json = json_object();
        set_int(json, "start_ms", start_ms);
        set_int(json, "span_ms", stage->span_ms);
        json_object_set_new(json, "target", json_real(plan->is_closed ? 0 : stage->rate));
        set_int(json, "due", each->due);
        set_classes(json, each->by_class);
        set_int(json, "p50_ns", histogram_percentile(&each->response, 50));
        set_int(json, "p99_ns", histogram_percentile(&each->response, 99));
        set_int(json, "max_ns", each->response.max);
        json_object_set_new(json, "warmup", json_boolean(recorder->has_warmup && i == 0));
        json_array_append_new(list, json);
        start_ms += stage->span_ms;
    }
    return list;
}

static json_t *totals_json(const struct outcome *outcome)
{
    const struct recorder *recorder = &outcome->recorder;
    json_t *json = json_object();

    set_int(json, "span_ms", outcome->span_ms);
    set_int(json, "due", recorder->due);
    for (int class = 0; class < CLASS_COUNT; class ++)
        set_int(json, class_words[class], recorder_total(recorder, (enum reply_class) class));
    set_int(json, "timed_out", recorder->timed_out);
    set_int(json, "cut", recorder->cut);
    set_int(json, "never_sent", outcome->counts.never_sent);
    set_int(json, "queued_max", outcome->counts.queued_max);
    set_int(json, "substituted", outcome->substituted);
    set_int(json, "rooms_watched", outcome->watched.watched);
    set_int(json, "formings_untold", outcome->watched.untold);
    set_int(json, "ends_untold", outcome->watched.late);
    set_int(json, "watch_gaps", outcome->watched.gaps);
    set_int(json, "connects", outcome->counts.connects);
    set_int(json, "connections_lost", outcome->counts.losses);
    json_object_set_new(json, "rate", json_real(outcome->achieved));
    json_object_set_new(json, "generator_cpu", json_real(outcome->cpu_share));
    json_object_set_new(json, "generator_bound", json_boolean(outcome->is_generator_bound));
    return json;
}

static json_t *refusals_json(const struct recorder *recorder)
{
    json_t *json = json_object();

    for (int err = 1; err <= TUAN_ERR_COUNT; err++)
        if (recorder->refusals[err] > 0)
            set_int(json, err == TUAN_ERR_COUNT ? "OTHER" : tuan_errors[err].name,
                    recorder->refusals[err]);
    return json;
}

static json_t *verified_json(const struct outcome *outcome)
{
    json_t *json = json_object(), *laws = json_object();

    for (int law = 0; law < LAWS; law++)
        set_int(laws, law_rows[law].word, outcome->laws.broken[law]);
    json_object_set_new(json, "complete", json_boolean(outcome->is_verified));
    set_int(json, "answers", outcome->answers);
    set_int(json, "seats", outcome->seats_checked);
    set_int(json, "rooms", outcome->rooms_checked);
    set_int(json, "rooms_forgotten", outcome->rooms_forgotten);
    set_int(json, "seats_uncertain", outcome->seats_uncertain);
    set_int(json, "violations", laws_broken(&outcome->laws));
    json_object_set_new(json, "broken", laws);
    json_object_set_new(json, "first", json_string(outcome->laws.first));
    return json;
}

json_t *result_run(const struct outcome *outcome)
{
    static const char *const ends[] = {"done", "stopped", "lost"};
    const struct recorder *recorder = &outcome->recorder;
    json_t *domain = json_object(), *json = json_object();

    for (int i = 0; i < DOMAINS; i++)
        if (recorder->domain[i] != NULL)
            json_object_set_new(domain, domain_words[i], spread_json(recorder->domain[i]));
    json_object_set_new(json, "target", json_string(outcome->target->name));
    json_object_set(json, "server", outcome->server);
    json_object_set_new(json, "started_at", moment(outcome->started_wall_ms));
    json_object_set_new(json, "end", json_string(ends[outcome->end]));
    json_object_set_new(json, "totals", totals_json(outcome));
    json_object_set_new(json, "response", spread_json(recorder->all_response));
    json_object_set_new(json, "service", spread_json(recorder->all_service));
    json_object_set_new(json, "lag", spread_json(recorder->lag));
    json_object_set_new(json, "operations", operations_json(recorder));
    json_object_set_new(json, "domain", domain);
    json_object_set_new(json, "refusals", refusals_json(recorder));
    json_object_set_new(json, "verified", verified_json(outcome));
    json_object_set_new(json, "stages", stages_json(outcome));
    json_object_set_new(json, "seconds", seconds_json(recorder->seconds, recorder->second_count));
    return json;
}

/* ---- files ---- */

json_t *result_read(const char *path)
{
    json_error_t error;
    json_t *result = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    const char *schema = json_string_value(json_object_get(result, "schema"));

    if (schema != NULL && strcmp(schema, RESULT_SCHEMA) == 0) return result;
    if (result == NULL)
        fprintf(stderr, "tuan bench: %s:%d: %s\n", path, error.line, error.text);
    else
        fprintf(stderr, "tuan bench: %s: not a result of schema %s\n", path, RESULT_SCHEMA);
    json_decref(result);
    return NULL;
}

bool result_write(const json_t *result, const char *path)
{
    char draft[4096];

    if (strcmp(path, "-") == 0)
        return json_dumpf(result, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9)) == 0 &&
               putchar('\n') != EOF;
    snprintf(draft, sizeof draft, "%s.new", path);
    if (json_dump_file(result, draft, JSON_COMPACT | JSON_REAL_PRECISION(9)) == 0 &&
        rename(draft, path) == 0)
        return true;
    fprintf(stderr, "tuan bench: %s: %s\n", path, strerror(errno));
    remove(draft);
    return false;
}
