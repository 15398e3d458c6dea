/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/objective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/spread.h"

enum { TEXT_MAX = 120 };

struct objective {
    char text[TEXT_MAX], which[48], measure[16];
    bool is_less; /* < */
    bool is_span; /* else a share or a rate */
    double limit; /* ns, a share from 0 to 1, or a second */
};

static const char *measure_key(const char *measure)
{
    for (size_t i = 0; i < spread_percentile_count; i++)
        if (strcmp(measure, spread_percentiles[i].word) == 0) return spread_percentiles[i].key;
    return strcmp(measure, "mean") == 0 || strcmp(measure, "max") == 0 ? measure : NULL;
}

static bool read_limit(struct objective *objective, const char *text)
{
    static const struct {
        const char *unit;
        double factor;
        bool is_span;
    } units[] = {{"ns", 1, true},    {"us", 1e3, true}, {"ms", 1e6, true}, {"s", 1e9, true},
                 {"%", 0.01, false}, {"k", 1e3, false}, {"", 1, false}};
    char *end;
    double value = strtod(text, &end);

    if (end == text || !isfinite(value) || value < 0) return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].unit) != 0) continue;
        objective->limit = value * units[i].factor;
        return units[i].is_span == objective->is_span;
    }
    return false;
}

static bool split(const char *left, size_t len, struct objective *objective)
{
    const char *dot = memchr(left, '.', len);
    /* The dot of p99.9 is not one between two words. */
    if (dot != NULL && left[0] == 'p' && left[1] >= '0' && left[1] <= '9') dot = NULL;
    size_t which = dot == NULL ? 0 : (size_t)(dot - left), measure = len - which - (dot != NULL);

    if (which >= sizeof objective->which || measure >= sizeof objective->measure) return false;
    memcpy(objective->which, left, which);
    memcpy(objective->measure, dot == NULL ? left : dot + 1, measure);
    objective->is_span = measure_key(objective->measure) != NULL;
    bool is_count = strcmp(objective->measure, "errors") == 0 ||
                    strcmp(objective->measure, "refused") == 0 ||
                    strcmp(objective->measure, "rate") == 0;
    return objective->is_span || (is_count && which == 0);
}

static bool parse(const char *text, size_t len, struct objective *objective)
{
    size_t left = 0;

    *objective = (struct objective){.text = ""};
    if (len >= TEXT_MAX) return false;
    memcpy(objective->text, text, len);
    left = strcspn(objective->text, "<>");
    if (objective->text[left] == '\0') return false;
    objective->is_less = objective->text[left] == '<';
    return split(objective->text, left, objective) &&
           read_limit(objective, objective->text + left + 1);
}

const char *objectives_check(const char *list)
{
    struct objective objective;

    for (size_t len; *list != '\0'; list += len + (list[len] == ',')) {
        len = strcspn(list, ",");
        if (!parse(list, len, &objective))
            return "a list like p99<5ms,pay.p99.9<20ms,errors<0.1%,rate>4900";
    }
    return NULL;
}

/* NULL: not measured. */
static const json_t *find_spread(const char *which, const json_t *run)
{
    const json_t *operations = json_object_get(run, "operations");
    const char *word, *class;

    if (which[0] == '\0') return json_object_get(run, "response");
    if (strcmp(which, "response") == 0 || strcmp(which, "service") == 0 ||
        strcmp(which, "lag") == 0)
        return json_object_get(run, which);
    for (size_t i = 0; i < json_array_size(operations); i++) {
        const json_t *each = json_array_get(operations, i);
        word = json_string_value(json_object_get(each, "operation"));
        class = json_string_value(json_object_get(each, "class"));
        if (strcmp(word, which) == 0 && strcmp(class, "ok") == 0)
            return json_object_get(each, "response");
    }
    return json_object_get(json_object_get(run, "domain"), which);
}

/* NAN: not measured. */
static double value_of(const struct objective *objective, const json_t *run)
{
    const json_t *totals = json_object_get(run, "totals");

    if (objective->is_span) {
        const json_t *spread = find_spread(objective->which, run);
        return spread_value(spread, "count") > 0
                   ? spread_value(spread, measure_key(objective->measure))
                   : (double)NAN;
    }
    if (strcmp(objective->measure, "rate") == 0) return spread_value(totals, "rate");
    const char *class = strcmp(objective->measure, "errors") == 0 ? "error" : "refused";
    double due = spread_value(totals, "due");
    return due > 0 ? spread_value(totals, class) / due : (double)NAN;
}

double objective_measure(const char *measure, const json_t *run)
{
    struct objective objective = {.text = ""};

    return split(measure, strlen(measure), &objective) ? value_of(&objective, run) : (double)NAN;
}

json_t *objectives_judge(const char *list, const json_t *run)
{
    struct objective objective;
    json_t *judged = json_array();

    for (size_t len; *list != '\0'; list += len + (list[len] == ',')) {
        len = strcspn(list, ",");
        if (!parse(list, len, &objective)) continue;
        double value = value_of(&objective, run);
        bool is_met = objective.is_less ? value < objective.limit : value > objective.limit;
        json_array_append_new(judged,
                              json_pack("{s:s, s:o, s:f, s:b}", "objective", objective.text,
                                        "value", isnan(value) ? json_null() : json_real(value),
                                        "limit", objective.limit, "met", is_met));
    }
    return judged;
}

bool objectives_met(const json_t *judged)
{
    for (size_t i = 0; i < json_array_size(judged); i++)
        if (!json_is_true(json_object_get(json_array_get(judged, i), "met"))) return false;
    return true;
}
