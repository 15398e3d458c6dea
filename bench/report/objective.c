/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/report/objective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "bench/load/recorder.h"
#include "bench/report/spread.h"

enum { TEXT_MAX = 120 };

enum measure {
    MEASURE_PERCENTILE,
    MEASURE_MEAN,
    MEASURE_MAX,
    MEASURE_ERRORS,
    MEASURE_REFUSED,
    MEASURE_RATE
};
static const struct {
    const char *word;
    enum measure measure;
} plain_measures[] = {{"mean", MEASURE_MEAN},
                      {"max", MEASURE_MAX},
                      {"errors", MEASURE_ERRORS},
                      {"refused", MEASURE_REFUSED},
                      {"rate", MEASURE_RATE}};

struct objective {
    char text[TEXT_MAX];
    const char *class, *operation; /* of which answers; NULL: ok, and all */
    const char *latency;           /* NULL: response */
    enum measure measure;
    double percent; /* of a percentile */
    bool is_less;   /* < */
    double limit;   /* ns, a share from 0 to 1, or a second */
};

static bool is_span(const struct objective *objective)
{
    return objective->measure <= MEASURE_MAX;
}

/* ---- what is written ---- */

static bool read_measure(struct objective *objective, const char *word)
{
    for (size_t i = 0; i < spread_percentile_count; i++) {
        if (strcmp(word, spread_percentiles[i].word) != 0) continue;
        objective->measure = MEASURE_PERCENTILE;
        objective->percent = spread_percentiles[i].percent;
        return true;
    }
    for (size_t i = 0; i < sizeof plain_measures / sizeof plain_measures[0]; i++) {
        if (strcmp(word, plain_measures[i].word) != 0) continue;
        objective->measure = plain_measures[i].measure;
        return true;
    }
    return false;
}

static bool take(const char **into, const char *word)
{
    if (*into != NULL) return false; /* said twice */
    *into = word;
    return true;
}

/* A word of WHICH. */
static bool read_which(struct objective *objective, const char *word)
{
    static const char *const latencies[] = {"response", "service", "lag"};

    for (int class = 0; class < CLASS_COUNT; class ++)
        if (strcmp(word, class_words[class]) == 0)
            return take(&objective->class, class_words[class]);
    for (int op = 0; op < OP_COUNT; op++)
        if (strcmp(word, op_rows[op].word) == 0)
            return take(&objective->operation, op_rows[op].word);
    for (size_t i = 0; i < sizeof latencies / sizeof latencies[0]; i++)
        if (strcmp(word, latencies[i]) == 0) return take(&objective->latency, latencies[i]);
    for (int domain = 0; domain < DOMAINS; domain++)
        if (strcmp(word, domain_words[domain]) == 0)
            return take(&objective->latency, domain_words[domain]);
    return false;
}

static bool is_of_answers(const struct objective *objective)
{
    return objective->latency == NULL || strcmp(objective->latency, "response") == 0 ||
           strcmp(objective->latency, "service") == 0;
}

/* [WHICH.]MEASURE, which is cut into its words. */
static bool read_left(struct objective *objective, char *left)
{
    while (!read_measure(objective, left)) { /* the dot of p99.9 is not one between two words */
        char *dot = strchr(left, '.');
        if (dot == NULL) return false;
        *dot = '\0';
        if (!read_which(objective, left)) return false;
        left = dot + 1;
    }
    bool is_narrowed = objective->class != NULL || objective->operation != NULL;
    if (!is_span(objective)) return !is_narrowed && objective->latency == NULL;
    return !is_narrowed || is_of_answers(objective);
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
        return units[i].is_span == is_span(objective);
    }
    return false;
}

static bool parse(const char *text, size_t len, struct objective *objective)
{
    char words[TEXT_MAX];

    *objective = (struct objective){.text = ""};
    if (len >= TEXT_MAX) return false;
    memcpy(objective->text, text, len);
    memcpy(words, objective->text, sizeof words);
    size_t left = strcspn(words, "<>");
    if (words[left] == '\0') return false;
    objective->is_less = words[left] == '<';
    words[left] = '\0';
    return read_left(objective, words) && read_limit(objective, words + left + 1);
}

const char *objectives_check(const char *list)
{
    struct objective objective;

    for (size_t len; *list != '\0'; list += len + (list[len] == ',')) {
        len = strcspn(list, ",");
        if (!parse(list, len, &objective))
            return "a list like p99<5ms,pay.p99.9<20ms,refused.p99<5ms,errors<0.1%,rate>4900";
    }
    return NULL;
}

void objectives_complete(const char *told, struct buf *out)
{
    buf_append_str(out, told);
    if (told[0] != '\0' && strstr(told, "errors") == NULL) buf_append_str(out, ",errors<1%");
    buf_append(out, "", 1);
}

/* ---- against a run ---- */

static void gather(const struct objective *objective, const json_t *run,
                   struct histogram *histogram)
{
    const char *latency = objective->latency == NULL ? "response" : objective->latency;

    if (is_of_answers(objective)) {
        const char *class = objective->class == NULL ? class_words[CLASS_OK] : objective->class;
        spread_gather(run, class, objective->operation, latency, histogram);
    } else if (strcmp(latency, "lag") == 0) {
        (void)spread_read(json_object_get(run, latency), histogram);
    } else {
        (void)spread_read(json_object_get(json_object_get(run, "domain"), latency), histogram);
    }
}

static double span_of(const struct objective *objective, const json_t *run)
{
    struct histogram *histogram = mem_zalloc(sizeof *histogram);
    double span = (double)NAN;

    gather(objective, run, histogram);
    if (histogram->count > 0)
        span = objective->measure == MEASURE_MEAN ? histogram_mean(histogram)
               : objective->measure == MEASURE_MAX
                   ? (double)histogram->max
                   : (double)histogram_percentile(histogram, objective->percent);
    mem_free(histogram);
    return span;
}

/* NAN: not measured. */
static double value_of(const struct objective *objective, const json_t *run)
{
    const json_t *totals = json_object_get(run, "totals");

    if (is_span(objective)) return span_of(objective, run);
    if (objective->measure == MEASURE_RATE) return spread_value(totals, "rate");
    enum reply_class class = objective->measure == MEASURE_ERRORS ? CLASS_ERROR : CLASS_REFUSED;
    double due = spread_value(totals, "due");
    return due > 0 ? spread_value(totals, class_words[class]) / due : (double)NAN;
}

double objective_measure(const char *measure, const json_t *run)
{
    struct objective objective = {.text = ""};
    char words[TEXT_MAX] = "";

    if (strlen(measure) >= sizeof words) return (double)NAN;
    memcpy(words, measure, strlen(measure));
    return read_left(&objective, words) ? value_of(&objective, run) : (double)NAN;
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
